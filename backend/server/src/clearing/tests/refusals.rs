//! What is refused, with which code, and that it changes nothing.

use serde_json::{Value, json};

use super::bench::Bench;

type Spoil = fn(&mut Value);

async fn refused(bench: &Bench, change: impl FnOnce(&mut Value)) -> (u16, Vec<String>) {
    let mut order = bench.order("A-1", 0, &[("MLK-001", 2)]).await;
    change(&mut order);
    let before = bench.rows().await;
    let (status, answer) = bench.post("/shop/v1/orders", &order).await;
    assert_eq!(bench.rows().await, before, "a refusal changes nothing");
    let codes = answer["reasons"].as_array().map(|reasons| {
        for reason in reasons {
            let said = |key: &str| reason[key].as_str().is_some_and(|text| !text.is_empty());
            assert!(said("message_zh") && said("message_en"), "{reason}");
        }
        reasons.iter().map(|r| r["code"].as_str().unwrap().to_owned()).collect()
    });
    (status, codes.unwrap_or_else(|| vec![answer["code"].as_str().unwrap_or_default().to_owned()]))
}

#[tokio::test]
async fn each_fault_of_an_order_has_its_own_code() {
    let bench = Bench::new().await;
    let cases: [(&str, Spoil); 11] = [
        ("TOTAL_TAX", |o| {
            o["tax_fen"] = json!(1);
            o["total_fen"] = json!(o["goods_fen"].as_i64().unwrap() + 1);
        }),
        ("TOTAL_PAID", |o| o["total_fen"] = json!(1)),
        ("SKU_UNKNOWN", |o| o["lines"][0]["sku"] = json!("NO-SUCH")),
        ("BUYER_ID_CHECK_DIGIT", |o| o["buyer"]["id_number"] = json!("990101199001010060")),
        ("BUYER_MINOR", |o| o["buyer"]["id_number"] = json!("990101201009010240")),
        ("NOTICES_NOT_AGREED", |o| o["notices_agreed"] = json!(false)),
        ("CENTRE_UNKNOWN", |o| o["centre"] = json!(2)),
        ("PRICE_NOT_CATALOGUE", |o| o["lines"][0]["price_fen"] = json!(1)),
        ("QUANTITY_OVER_LIMIT", |o| o["lines"][0]["qty"] = json!(13)),
        ("STOCK_INSUFFICIENT", |o| o["lines"][0]["qty"] = json!(999)),
        ("LIMIT_SINGLE", |o| o["lines"][0]["qty"] = json!(999)),
    ];
    for (code, change) in cases {
        let (status, codes) = refused(&bench, change).await;
        assert_eq!(status, 422, "{code}");
        assert!(codes.iter().any(|c| c == code), "{code}: {codes:?}");
    }
}

#[tokio::test]
async fn goods_that_are_not_on_the_permitted_list_are_not_sold() {
    let bench = Bench::new().await;
    let (_, quote) = bench
        .post("/shop/v1/quotes", &json!({ "centre": 1, "lines": [{ "sku": "NUT-002", "qty": 1 }] }))
        .await;
    assert_eq!(quote["reasons"][0]["code"], "NOT_ON_PERMITTED_LIST");
    let (status, codes) = refused(&bench, |o| o["lines"][0]["sku"] = json!("NUT-002")).await;
    assert!(status == 422 && codes.contains(&"NOT_ON_PERMITTED_LIST".to_owned()));
}

#[tokio::test]
async fn what_is_no_order_at_all_is_malformed() {
    let bench = Bench::new().await;
    assert_eq!(
        refused(&bench, |o| o["surprise"] = json!(1)).await,
        (400, vec!["REQUEST_MALFORMED".to_owned()])
    );
    assert_eq!(refused(&bench, |o| o["total_fen"] = json!(1.5)).await.0, 400, "fen are whole numbers");
    assert_eq!(refused(&bench, |o| *o = json!([])).await.0, 400);
}

#[tokio::test]
async fn without_a_key_nobody_gets_anything() {
    let bench = Bench::new().await;
    let order = bench.order("A-1", 0, &[("MLK-001", 1)]).await;
    let (status, answer) = bench.post_without_key("/shop/v1/orders", &order).await;
    assert_eq!((status, answer["code"].as_str()), (401, Some("API_KEY_UNKNOWN")));
}

#[tokio::test]
async fn a_repeated_order_gets_the_same_answer_and_another_body_a_conflict() {
    let bench = Bench::new().await;
    let order = bench.order("A-1", 0, &[("MLK-001", 1)]).await;
    let (first, answer) = bench.post("/shop/v1/orders", &order).await;
    let rows = bench.rows().await;
    assert_eq!((first, bench.post("/shop/v1/orders", &order).await), (201, (200, answer)));
    let other = bench.order("A-1", 0, &[("MLK-001", 2)]).await;
    let (status, refused) = bench.post("/shop/v1/orders", &other).await;
    assert_eq!((status, refused["code"].as_str()), (409, Some("ORDER_NO_TAKEN")));
    assert_eq!(bench.rows().await, rows);
}

#[tokio::test]
async fn a_repeated_payment_gets_the_same_answer_and_another_body_a_conflict() {
    let bench = Bench::new().await;
    let order = bench.order("A-1", 0, &[("MLK-001", 1)]).await;
    bench.post("/shop/v1/orders", &order).await;
    let (first, answer) = bench.pay(&order, |_| ()).await;
    let rows = bench.rows().await;
    assert_eq!((first, bench.pay(&order, |_| ()).await), (201, (200, answer)));
    assert_eq!(bench.pay(&order, |p| p["transaction_id"] = json!("PAY-2")).await.0, 409);
    assert_eq!(bench.rows().await, rows);
}

#[tokio::test]
async fn a_payer_who_is_not_the_buyer_clears_nothing() {
    let bench = Bench::new().await;
    let order = bench.order("A-1", 0, &[("MLK-001", 1)]).await;
    bench.post("/shop/v1/orders", &order).await;
    let rows = bench.rows().await;
    let other = bench.buyer(1);
    let (status, answer) =
        bench.pay(&order, |p| p["payer"] = json!({ "name": other.name, "id_number": other.id_number })).await;
    assert_eq!((status, answer["code"].as_str()), (422, Some("PAYER_NOT_BUYER")), "{answer}");
    let text = answer.to_string();
    assert!(!text.contains(&other.id_number) && !text.contains(&bench.buyer(0).id_number), "masked: {text}");
    let (status, answer) = bench.pay(&order, |p| p["amount_fen"] = json!(1)).await;
    assert_eq!((status, answer["code"].as_str()), (422, Some("PAYMENT_AMOUNT")));
    assert_eq!(bench.rows().await, rows);
    assert_eq!(bench.pay(&order, |_| ()).await.0, 201, "the right payment still goes through");
}

#[tokio::test]
async fn a_payment_number_pays_one_order() {
    let bench = Bench::new().await;
    for order_no in ["A-1", "A-2"] {
        let order = bench.order(order_no, 0, &[("MLK-001", 1)]).await;
        bench.post("/shop/v1/orders", &order).await;
        let (status, answer) = bench.pay(&order, |p| p["transaction_id"] = json!("PAY-SAME")).await;
        assert_eq!(status, if order_no == "A-1" { 201 } else { 409 }, "{answer}");
    }
    assert_eq!(bench.get("/shop/v1/orders/NONE").await.0, 404);
}

#[tokio::test]
async fn when_the_guarantee_does_not_reach_nothing_at_all_is_held() {
    let bench = Bench::new().await;
    let order = bench.order("A-1", 0, &[("MLK-001", 1)]).await;
    bench.post("/shop/v1/orders", &order).await;
    bench.execute("UPDATE account SET lim = 100 WHERE kind = 'guarantee'").await;
    let rows = bench.rows().await;
    let (status, answer) = bench.pay(&order, |_| ()).await;
    assert_eq!((status, answer["code"].as_str()), (422, Some("GUARANTEE_EXHAUSTED")), "{answer}");
    assert_eq!((bench.rows().await, bench.held_in_all().await), (rows, 0));
}

#[tokio::test]
async fn the_year_of_a_buyer_holds_what_was_cleared_before() {
    let bench = Bench::new().await;
    for n in 0..5 {
        let order = bench.order(&format!("A-{n}"), 0, &[("BTY-002", 10)]).await;
        assert_eq!(bench.post("/shop/v1/orders", &order).await.0, 201);
        assert_eq!(bench.pay(&order, |_| ()).await.0, 201);
    }
    // 5 × 4,680.00 are held; 2,600.00 are left.
    let order = bench.order("A-9", 0, &[("BTY-002", 6)]).await;
    let (status, answer) = bench.post("/shop/v1/orders", &order).await;
    assert_eq!((status, answer["code"].as_str()), (422, Some("LIMIT_ANNUAL")), "{answer}");
    assert_eq!(bench.post("/shop/v1/orders", &bench.order("A-9", 4, &[("BTY-002", 6)]).await).await.0, 201);
}
