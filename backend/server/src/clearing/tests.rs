//! The way of an order over HTTP on a real database, with a gateway of the tests' own behind the same HTTP.

use pickup_domain::declaration::DeclarationState;
use serde_json::{Value, json};

use super::*;
use crate::trail;

#[cfg(test)]
mod after;
#[cfg(test)]
pub(crate) mod bench;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod refusals;

use bench::Bench;

#[tokio::test]
async fn an_order_is_cleared_declared_and_released() {
    let bench = Bench::new().await;
    let order = bench.order("A-1", 0, &[("MLK-001", 2), ("WIN-003", 1)]).await;
    let (status, placed) = bench.post("/shop/v1/orders", &order).await;
    assert_eq!((status, placed["state"].as_str()), (201, Some("placed")), "{placed}");

    let (status, paid) = bench.pay(&order, |_| ()).await;
    assert_eq!((status, paid["state"].as_str()), (201, Some("cleared")), "{paid}");
    let cop_no = paid["cop_no"].as_str().unwrap();
    assert_eq!(bench.stock("MLK-001").await, (158, 2, 0));

    bench.send().await;
    let kinds: Vec<String> = bench.gateway.sent().into_iter().map(|m| m.kind).collect();
    assert_eq!(kinds, MESSAGES, "the list goes last");
    assert_eq!(bench.view("A-1").await["declaration"]["state"], "sent");

    for status in [2, 120, 800] {
        bench.receive(cop_no, status, "").await;
    }
    let view = bench.view("A-1").await;
    assert_eq!(view["declaration"]["state"], "released");
    assert_eq!(view["declaration"]["invt_no"].as_str().map(str::len), Some(18));
    assert_eq!(view["declaration"]["receipts"][0]["status"], 800);
    assert_eq!(view["parcel"]["state"], "ready");
    assert_eq!(bench.stock("MLK-001").await, (158, 0, 2), "held became gone out");
    assert_eq!(bench.problems().await, Vec::<trail::Problem>::new());
}

#[tokio::test]
async fn the_ticket_of_a_released_order_is_signed_and_drawn() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    assert_eq!(bench.get("/shop/v1/orders/A-1/ticket").await.0, 409, "no ticket before the release");
    bench.send().await;
    bench.receive(&cop_no, 800, "[Code:2600;Desc:放行]").await;
    let (status, answer) = bench.get("/shop/v1/orders/A-1/ticket").await;
    assert_eq!(status, 200);
    let secrets = &bench.shop.app.secrets;
    let ticket =
        pickup_protocol::Ticket::verify(answer["ticket"].as_str().unwrap(), |id| secrets.verifying(id))
            .unwrap();
    assert_eq!(json!(ticket.pickup), answer["pickup"]);
    let (status, drawing) = bench.get_text("/shop/v1/orders/A-1/ticket.svg").await;
    assert!(status == 200 && drawing.contains("<svg"), "{drawing}");
}

#[tokio::test]
async fn what_was_sent_is_signed_and_agrees_with_itself() {
    let bench = Bench::new().await;
    bench.cleared("A-1", 0).await;
    bench.send().await;
    for message in bench.gateway.sent() {
        let profiles = [pickup_customs::dsig::Profile::CEB_202205];
        let verified = pickup_customs::dsig::verify(&message.body, &profiles);
        assert!(verified.is_ok(), "{}: {:?}", message.kind, verified.err());
        let read = pickup_customs::AnyMessage::read(&message.body).unwrap();
        match read {
            pickup_customs::AnyMessage::Order(m) => {
                let head = &m.documents[0].head;
                assert_eq!(
                    (head.order_no.as_str(), head.actual_paid.fen()),
                    ("A-1", head.goods_value.fen() + head.tax_total.fen())
                );
            }
            pickup_customs::AnyMessage::Logistics(m) => assert_eq!(m.documents[0].head.pack_no, 1),
            pickup_customs::AnyMessage::Inventory(m) => {
                let head = &m.documents[0].head;
                assert_eq!((head.trade_mode.as_str(), head.traf_mode.as_str()), ("1210", "Y"));
                assert_eq!(
                    m.guid.as_str(),
                    message.id,
                    "the message id is stable and the message's own guid"
                );
            }
            other => panic!("{} is not part of a declaration", other.message_type()),
        }
    }
}

#[tokio::test]
async fn a_refusal_gives_everything_back_and_marks_the_refund() {
    for status in [100, -621_018] {
        let bench = Bench::new().await;
        let before = bench.accounts().await;
        let cop_no = bench.cleared("A-1", 0).await;
        assert_ne!(bench.accounts().await, before);
        bench.send().await;
        bench.receive(&cop_no, status, "[Code:1313;Desc:订购人购买超过年度限额]").await;
        let view = bench.view("A-1").await;
        assert_eq!(
            (view["state"].as_str(), view["refund"].as_str()),
            (Some("cancelled"), Some("due")),
            "{view}"
        );
        assert_eq!(view["parcel"]["state"], "back_to_stock");
        assert_eq!(view["declaration"]["receipts"][0]["cause"], "annual_limit", "{view}");
        assert_eq!(bench.held_in_all().await, 0);
        assert_eq!(bench.get("/shop/v1/orders/A-1/ticket").await.0, 409);
        assert_eq!(bench.problems().await, []);
    }
}

#[tokio::test]
async fn receipts_twice_late_and_out_of_order_end_the_same() {
    let mut ends = Vec::new();
    for sequence in [[2, 120, 800, 800], [800, 120, 2, 120], [120, 800, 800, 2]] {
        let bench = Bench::new().await;
        let cop_no = bench.cleared("A-1", 0).await;
        bench.send().await;
        for status in sequence {
            bench.receive_at(&cop_no, status, "", i64::from(status)).await;
        }
        let view = bench.view("A-1").await;
        assert_eq!(view["declaration"]["state"], DeclarationState::Released.as_str());
        let posted = bench.trail_states("hold").await;
        assert_eq!(posted, ["posted"], "posted once");
        ends.push(bench.accounts().await);
    }
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[1], ends[2]);
}

#[tokio::test]
async fn a_receipt_message_seen_before_changes_nothing() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.receive(&cop_no, 800, "").await;
    let before = bench.rows().await;
    let again = bench.gateway.receipts_sent().remove(0);
    let (shop, now) = (Arc::clone(&bench.shop), bench.shop.app.now());
    let again = [receipts::Read::of(&shop, again).unwrap()];
    bench.shop.app.store.write(move |tx| receipts::apply(tx, &shop, &again, now)).await.unwrap();
    assert_eq!(bench.rows().await, before);
}

#[tokio::test]
async fn stock_is_sold_once() {
    let bench = Bench::new().await;
    // Twelve seats; no limit of pieces, but more than one is over the single limit, so buyers take nuts instead: 150 bags.
    for (order_no, buyer, bags) in [("A-1", 0, 60), ("A-2", 4, 60)] {
        let order = bench.order(order_no, buyer, &[("NUT-001", bags)]).await;
        assert_eq!(bench.post("/shop/v1/orders", &order).await.0, 201);
    }
    let third = bench.order("A-3", 5, &[("NUT-001", 60)]).await;
    assert_eq!(bench.post("/shop/v1/orders", &third).await.0, 201, "nothing is held before payment");
    assert_eq!(bench.pay_no("A-1", 0).await.0, 201);
    assert_eq!(bench.pay_no("A-2", 4).await.0, 201);
    let (status, refused) = bench.pay_no("A-3", 5).await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("STOCK_INSUFFICIENT")), "{refused}");
    assert_eq!(bench.stock("NUT-001").await, (30, 120, 0));
}

#[tokio::test]
async fn the_catalogue_tells_price_tax_stock_and_picture() {
    let bench = Bench::new().await;
    let (_, answer) = bench.get("/shop/v1/goods").await;
    let goods = answer["goods"].as_array().unwrap();
    assert!(goods.len() >= 24);
    let milk = goods.iter().find(|g| g["sku"] == "MLK-001").unwrap();
    assert_eq!((milk["price_fen"].as_i64(), milk["tax_fen"].as_i64()), (Some(21_800), Some(1_984)));
    let (status, picture) = bench.get_text(milk["picture"].as_str().unwrap()).await;
    assert!(status == 200 && picture.starts_with("<svg"));
    assert_eq!(bench.get("/goods/NONE.svg").await.0, 404);
}

#[tokio::test]
async fn nothing_at_rest_shows_the_identity_number_or_the_name() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.receive(&cop_no, 800, "").await;
    let buyer = bench.buyer(0);
    for file in std::fs::read_dir(&bench.shop.app.config.data_dir).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for secret in [&buyer.id_number, &buyer.name, &buyer.telephone] {
            let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
            assert!(!found, "{} holds {} readable bytes", path.display(), secret.len());
        }
    }
}

#[tokio::test]
async fn an_order_too_long_for_customs_is_ended_and_not_tried_for_ever() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    let sql = "UPDATE dossier SET facts = replace(facts, '\"origin\":\"609\"', '\"origin\":\"60999\"')";
    bench.execute(sql).await;
    bench.send().await;
    let view = bench.view("A-1").await;
    assert_eq!((view["state"].as_str(), view["refund"].as_str()), (Some("cancelled"), Some("due")), "{view}");
    assert_eq!(view["declaration"]["cop_no"], Value::String(cop_no));
    assert_eq!(bench.held_in_all().await, 0);
}

/// With the official schema beside the repository, every article of the catalogue is filed and checked against it.
#[tokio::test]
async fn every_article_of_the_catalogue_is_filed_by_the_official_schema() {
    let shared = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/customs/xsd");
    let schema = shared.join("ceb-import-202205.xsd");
    let bench = Bench::new().await;
    let sellable: Vec<_> = bench
        .shop
        .data
        .articles
        .iter()
        .map(|a| &a.product)
        .filter(|p| p.permission.listed)
        .cloned()
        .collect();
    // Six articles at a time stay within the limits of one order; each buyer takes one order.
    for (n, group) in sellable.chunks(6).enumerate() {
        let single: Vec<_> = group.iter().filter(|p| p.price_fen < pickup_domain::limits::SINGLE).collect();
        let lines: Vec<(&str, i64)> = single.iter().map(|p| (p.sku.as_str(), 1)).collect();
        let order = bench.order(&format!("A-{n}"), [0, 1, 2, 4, 5, 6, 7][n], &lines).await;
        let (status, answer) = bench.post("/shop/v1/orders", &order).await;
        assert_eq!(status, 201, "{answer}");
        assert_eq!(bench.pay(&order, |_| ()).await.0, 201);
    }
    let seat = bench.order("A-9", 0, &[("APL-006", 1)]).await;
    assert_eq!(
        bench.post("/shop/v1/orders", &seat).await.0,
        201,
        "one item above the single limit is taxed in full"
    );
    assert_eq!(bench.pay(&seat, |_| ()).await.0, 201);
    bench.send().await;
    let sent = bench.gateway.sent();
    assert_eq!(sent.len(), 3, "one message of each kind carries them all");
    for (n, message) in sent.iter().enumerate().filter(|_| schema.exists()) {
        let file = bench.shop.app.config.data_dir.join(format!("{n}.xml"));
        std::fs::write(&file, &message.body).unwrap();
        let checked = std::process::Command::new("xmllint")
            .arg("--noout")
            .arg("--schema")
            .arg(&schema)
            .arg(&file)
            .output();
        let Ok(checked) = checked else { return };
        assert!(checked.status.success(), "{}: {}", message.kind, String::from_utf8_lossy(&checked.stderr));
    }
}
