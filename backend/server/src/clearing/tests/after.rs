//! What comes after clearing: filing anew, cancelling, returning, tax bills, and receipts nobody asked for.

use jiff::civil::Date;
use pickup_domain::parcel::ParcelState;

use super::*;
use crate::books;
use crate::clearing::again::{self, Corrections};
use crate::clearing::applications::back::{self, BackError, Place};
use crate::console::{figures, finder};
use crate::parcels;
use crate::tasks::{self, Task};

mod ends;
mod papers;

const GUID: &str = "4CDE1CFD-EDED-46B1-946C-B8022E42FC94";
const INVT_NO: &str = "99012026I000000001";

impl Bench {
    async fn raw(&self, kind: &str, inside: &str) {
        let body = format!("<{kind} xmlns=\"http://www.chinaport.gov.cn/ceb\">{inside}</{kind}>");
        self.gateway.give(kind, body);
        receipts::take(&self.shop, &self.http).await.unwrap();
    }

    /// A 624 or 626 receipt.
    async fn answer(&self, cop_no: &str, status: i32) {
        let (kind, element) = match &cop_no[..2] {
            "BC" => ("CEB624Message", "InvtCancelReturn"),
            _ => ("CEB626Message", "InvtRefundReturn"),
        };
        let second = 10_000 + self.gateway.receipts_sent().len();
        let inside = format!(
            "<{element}><guid>{GUID}</guid><copNo>{cop_no}</copNo><preNo>B20261121000000009</preNo>\
             <invtNo>{INVT_NO}</invtNo><returnStatus>{status}</returnStatus>\
             <returnTime>202612{:02}{:02}{:02}{:02}000</returnTime><returnInfo>测试</returnInfo></{element}>",
            1 + second / 86_400,
            second / 3_600 % 24,
            second / 60 % 60,
            second % 60,
        );
        self.raw(kind, &inside).await;
    }

    async fn bill(&self, tax_no: &str, vat: &str) {
        let head = format!(
            "<Tax><TaxHeadRd><guid>{GUID}</guid><returnTime>20261222000000000</returnTime><invtNo>{INVT_NO}</invtNo>\
             <taxNo>{tax_no}</taxNo><customsTax>0</customsTax><valueAddedTax>{vat}</valueAddedTax>\
             <consumptionTax>0</consumptionTax><status>1</status></TaxHeadRd><TaxListRd><gnum>1</gnum>\
             <gcode>1901101010</gcode><taxPrice>1</taxPrice><customsTax>0</customsTax>\
             <valueAddedTax>{vat}</valueAddedTax><consumptionTax>0</consumptionTax></TaxListRd></Tax>"
        );
        self.raw("CEB816Message", &head).await;
    }

    async fn bill_state(&self, tax_no: &str, state: i32, duty_no: &str) {
        let head = format!(
            "<Tax><TaxHeadStatus><guid>{GUID}</guid><returnTime>20261223000000000</returnTime>\
             <invtNo>{INVT_NO}</invtNo><taxNo>{tax_no}</taxNo><status>{state}</status>\
             <entDutyNo>{duty_no}</entDutyNo></TaxHeadStatus></Tax>"
        );
        self.raw("CEB818Message", &head).await;
    }

    async fn tasks(&self) -> Vec<Task> {
        self.shop.app.store.read(|conn| tasks::list(conn, false)).await.unwrap()
    }

    async fn all_is_right(&self) {
        assert_eq!(self.problems().await, []);
        assert_eq!(self.shop.app.store.read(books::check).await.unwrap(), []);
        while finder::step(&self.shop.app).await.unwrap() {}
        let (first, last) = (Date::constant(2026, 1, 1), Date::constant(2027, 12, 31));
        let read = move |conn: &Conn| {
            Ok::<_, StoreError>((figures::taxes(conn, first, last)?, tax_bills::calendar(conn, first, last)?))
        };
        let (followed, counted) = self.shop.app.store.read(read).await.unwrap();
        assert_eq!(
            followed, counted,
            "what is owed, as the trail was followed and as the declarations have it"
        );
    }

    /// An order of milk powder, cleared and released.
    async fn released(&self) -> String {
        let cop_no = self.cleared("A-1", 0).await;
        self.send().await;
        for status in [2, 120, 800] {
            self.receive(&cop_no, status, "").await;
        }
        cop_no
    }

    /// The parcel of the only order was collected.
    async fn collected(&self) {
        let shop = Arc::clone(&self.shop);
        let done = self.shop.app.store.write(move |tx| -> Result<(), StoreError> {
            let now = shop.app.now();
            let parcel = parcels::by_order(tx, 1)?.unwrap();
            parcels::set_state(tx, now, "kiosk:K1", &parcel, ParcelState::Collected, json!({}))?;
            assert!(parcels::fulfil_order(tx, now, "kiosk:K1", &parcel)?);
            Ok(())
        });
        done.await.unwrap();
    }

    async fn give_up(&self) -> Result<(), String> {
        let shop = Arc::clone(&self.shop);
        let done = self.shop.app.store.write(move |tx| again::give_up(tx, &shop, 1, "测试"));
        done.await.map_err(|error| error.to_string())
    }

    async fn resubmit(&self, corrections: &str) -> Result<(), String> {
        let fixes: Corrections = serde_json::from_str(corrections).unwrap();
        let shop = Arc::clone(&self.shop);
        let done =
            self.shop.app.store.write(move |tx| again::resubmit(tx, 1, &fixes, "operator", shop.app.now()));
        done.await.map_err(|error| error.to_string())
    }

    async fn back(&self, cop_no: &str, place: Place) -> Result<(), BackError> {
        let (shop, cop_no) = (Arc::clone(&self.shop), cop_no.to_owned());
        let done =
            self.shop.app.store.write(move |tx| back::note(tx, &cop_no, place, "staff:W", shop.app.now()));
        done.await
    }
}

fn wish(id: &str) -> Value {
    json!({ "request_id": id, "reason": "买错了" })
}

fn goods(id: &str, qty: i64) -> Value {
    json!({ "request_id": id, "reason": "不合适", "lines": [{ "sku": "MLK-001", "qty": qty }] })
}

#[tokio::test]
async fn a_rejection_that_can_be_put_right_waits_for_a_person_and_is_filed_anew() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.receive(&cop_no, 2, "").await;
    bench.receive(&cop_no, 100, "[Code:22001;Desc:支付企业未备案]").await;
    assert_eq!(bench.view("A-1").await["state"], "cleared", "nothing is given up yet");
    assert!(bench.held_in_all().await > 0);
    let tasks = bench.tasks().await;
    assert_eq!((tasks.len(), tasks[0].kind.as_str(), tasks[0].order_id), (1, "refused", Some(1)));
    assert_eq!(tasks[0].body["cause"], "not_registered");

    bench.resubmit(r#"{"lines":[{"gnum":1,"spec":"900g|罐装"}],"gross_kg":"2.5"}"#).await.unwrap();
    assert_eq!(bench.tasks().await, []);
    bench.send().await;
    let sent: Vec<String> = bench
        .gateway
        .sent()
        .into_iter()
        .filter(|m| m.kind == LIST)
        .map(|m| String::from_utf8(m.body).unwrap())
        .collect();
    let field = |text: &str, name: &str| {
        let (_, after) = text.split_once(&format!("<ceb:{name}>")).unwrap();
        after.split('<').next().unwrap().to_owned()
    };
    assert_eq!(sent.len(), 2);
    assert_eq!(field(&sent[0], "copNo"), field(&sent[1], "copNo"));
    assert_ne!(field(&sent[0], "guid"), field(&sent[1], "guid"));
    assert!(field(&sent[0], "appTime") <= field(&sent[1], "appTime"));
    assert_eq!((field(&sent[0], "appType"), field(&sent[1], "appType")), ("1".into(), "2".into()));
    assert_eq!(field(&sent[1], "preNo"), "B20261121000000001");
    assert!(sent[1].contains("900g|罐装") && sent[1].contains("<ceb:grossWeight>2.5<"), "{}", sent[1]);

    bench.receive_at(&cop_no, 100, "[Code:22001;Desc:支付企业未备案]", 1).await;
    assert_eq!(bench.tasks().await, [], "the old rejection, once more");
    for status in [2, 120, 800] {
        bench.receive(&cop_no, status, "").await;
    }
    assert_eq!(bench.view("A-1").await["declaration"]["state"], "released");
    bench.all_is_right().await;
}

#[tokio::test]
async fn what_nobody_decides_on_is_given_up_when_its_hold_runs_out() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.receive(&cop_no, -999_999, "从未见过").await;
    let task = &bench.tasks().await[0];
    assert_eq!((task.kind.as_str(), task.body["cause"].as_str()), ("refused", Some("other")));
    bench.pass(4 * 86_400);
    assert_eq!(outbox::expire(&bench.shop).await.unwrap(), 1);
    let view = bench.view("A-1").await;
    assert_eq!((view["state"].as_str(), view["refund"].as_str()), (Some("cancelled"), Some("due")));
    assert_eq!((bench.held_in_all().await, bench.tasks().await.len()), (0, 0));
    bench.all_is_right().await;
}

#[tokio::test]
async fn a_fault_of_the_port_is_tried_again_five_times_before_a_person_is_asked() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    for attempt in 0..=5 {
        bench.send().await;
        let lists = bench.gateway.sent().into_iter().filter(|message| message.kind == LIST).count();
        assert_eq!(lists, attempt + 1);
        bench.receive(&cop_no, -621_014, "记录个人消费额失败").await;
        assert_eq!(bench.tasks().await.len(), usize::from(attempt == 5), "attempt {attempt}");
        bench.pass(120);
    }
    bench.give_up().await.unwrap();
    assert_eq!((bench.held_in_all().await, bench.tasks().await.len()), (0, 0));
    let error = bench.give_up().await.unwrap_err();
    assert!(error.contains("only one that was refused and is still held"), "{error}");
    bench.all_is_right().await;
}

#[tokio::test]
async fn what_the_port_cannot_send_on_is_sent_anew_and_then_goes_to_a_person() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    for attempt in 0..=5 {
        bench.send().await;
        bench.receive(&cop_no, 4, "发送海关失败").await;
        assert_eq!(bench.tasks().await.len(), usize::from(attempt == 5), "attempt {attempt}");
        bench.pass(120);
    }
    assert_eq!(bench.view("A-1").await["declaration"]["state"], "exception");
    bench.resubmit("{}").await.unwrap();
    bench.send().await;
    for status in [2, 120, 800] {
        bench.receive(&cop_no, status, "").await;
    }
    assert_eq!(bench.view("A-1").await["declaration"]["state"], "released");
    bench.all_is_right().await;
}

#[tokio::test]
async fn what_customs_has_after_all_is_not_filed_anew() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.receive(&cop_no, -621_014, "").await;
    assert_eq!(bench.view("A-1").await["declaration"]["state"], "drafted");
    bench.receive(&cop_no, 120, "").await;
    bench.pass(600);
    bench.send().await;
    let lists = bench.gateway.sent().into_iter().filter(|message| message.kind == LIST).count();
    assert_eq!(lists, 1);
    bench.receive(&cop_no, 800, "").await;
    assert_eq!(bench.view("A-1").await["declaration"]["state"], "released");
    bench.all_is_right().await;
}

#[tokio::test]
async fn an_order_nobody_has_seen_is_cancelled_at_once() {
    let bench = Bench::new().await;
    bench.cleared("A-1", 0).await;
    let (status, answer) = bench.post("/shop/v1/orders/A-1/cancel", &wish("c1")).await;
    assert_eq!((status, answer["state"].as_str()), (200, Some("cancelled")), "{answer}");
    bench.send().await;
    assert_eq!(bench.gateway.sent().len(), 0);
    assert_eq!(bench.held_in_all().await, 0);
    let again = bench.post("/shop/v1/orders/A-1/cancel", &wish("c2")).await;
    assert_eq!(again.0, 200);
    bench.all_is_right().await;
}

#[tokio::test]
async fn a_released_order_is_cancelled_by_customs_and_no_door_opens_meanwhile() {
    let bench = Bench::new().await;
    bench.released().await;
    let before = bench.accounts().await;
    let (status, answer) = bench.post("/shop/v1/orders/A-1/cancel", &wish("c1")).await;
    assert_eq!(status, 202, "{answer}");
    let cop_no = answer["application"]["cop_no"].as_str().unwrap().to_owned();
    let parcel = |conn: &Conn| parcels::by_order(conn, 1);
    assert!(!bench.shop.app.store.read(parcel).await.unwrap().unwrap().is_released());
    assert_eq!(bench.post("/shop/v1/orders/A-1/cancel", &wish("c1")).await.1, answer, "a repeat");
    let (status, other) = bench.post("/shop/v1/orders/A-1/cancel", &wish("c9")).await;
    assert_eq!((status, other["code"].as_str()), (409, Some("APPLICATION_OPEN")), "{other}");

    bench.send().await;
    let message = bench.gateway.sent().into_iter().find(|message| message.kind == "CEB623Message").unwrap();
    let verified = pickup_customs::dsig::verify(&message.body, &[pickup_customs::dsig::Profile::CEB_202205]);
    assert!(verified.is_ok(), "{:?}", verified.err());
    assert!(String::from_utf8(message.body).unwrap().contains(INVT_NO));
    assert_eq!(bench.view("A-1").await["applications"][0]["state"], "sent");
    for status in [2, 120, 399, 399] {
        bench.answer(&cop_no, status).await;
    }
    let view = bench.view("A-1").await;
    assert_eq!((view["state"].as_str(), view["refund"].as_str()), (Some("cancelled"), Some("due")), "{view}");
    assert_eq!(view["declaration"]["state"], "cancelled");
    assert_eq!(view["parcel"]["state"], "back_to_stock");
    assert_eq!(view["paybacks"][0]["id"], "order/1");
    assert_ne!(bench.accounts().await, before);
    assert_eq!(bench.accounts().await, [], "stock, limit and guarantee are free again");
    bench.all_is_right().await;
}

#[tokio::test]
async fn a_refused_cancellation_opens_the_door_again_and_a_person_is_told() {
    let bench = Bench::new().await;
    bench.released().await;
    let (_, answer) = bench.post("/shop/v1/orders/A-1/cancel", &wish("c1")).await;
    bench.send().await;
    bench.answer(answer["application"]["cop_no"].as_str().unwrap(), 100).await;
    let parcel = |conn: &Conn| parcels::by_order(conn, 1);
    assert!(bench.shop.app.store.read(parcel).await.unwrap().unwrap().is_released());
    assert_eq!(bench.tasks().await[0].kind, "application_refused");
    bench.all_is_right().await;
}

#[tokio::test]
async fn goods_come_back_in_parts_and_limit_money_and_stock_with_them() {
    let bench = Bench::new().await;
    let order = bench.order("A-1", 0, &[("MLK-001", 3)]).await;
    assert_eq!(bench.post("/shop/v1/orders", &order).await.0, 201);
    let cop_no = bench.pay(&order, |_| ()).await.1["cop_no"].as_str().unwrap().to_owned();
    let (status, refused) = bench.post("/shop/v1/orders/A-1/returns", &goods("r0", 1)).await;
    assert_eq!((status, refused["code"].as_str()), (409, Some("ORDER_NOT_HANDED_OVER")));
    bench.send().await;
    for status in [2, 120, 800] {
        bench.receive(&cop_no, status, "").await;
    }
    bench.collected().await;
    assert_eq!(bench.stock("MLK-001").await, (157, 0, 3));
    assert_eq!(bench.post("/shop/v1/orders/A-1/cancel", &wish("c1")).await.0, 409, "handed over");

    let mut money = 0;
    for (n, qty) in [(1, 1), (2, 2)] {
        let (status, answer) = bench.post("/shop/v1/orders/A-1/returns", &goods(&format!("r{n}"), qty)).await;
        assert_eq!(status, 202, "{answer}");
        let application = answer["application"]["cop_no"].as_str().unwrap().to_owned();
        assert!(matches!(bench.back(&application, Place::Shelf).await, Err(BackError::NotGranted(_))));
        money += answer["application"]["credit"]["money"].as_i64().unwrap();
        bench.send().await;
        for status in [2, 120, 800] {
            bench.answer(&application, status).await;
        }
        let place = if n == 1 { Place::Shelf } else { Place::Aside };
        bench.back(&application, place).await.unwrap();
        assert!(matches!(bench.back(&application, place).await, Err(BackError::Again(_))));
        bench.all_is_right().await;
    }
    let view = bench.view("A-1").await;
    assert_eq!(view["state"], "returned");
    assert_eq!(view["declaration"]["state"], "refunded");
    assert_eq!(money, order["total_fen"].as_i64().unwrap(), "all parts together are what was paid");
    assert_eq!(bench.stock("MLK-001").await, (158, 0, 2), "what was set aside is not for sale");
    let left = bench.accounts().await;
    assert_eq!(left.len(), 1, "limit and guarantee are free again: {left:?}");
    let (status, more) = bench.post("/shop/v1/orders/A-1/returns", &goods("r3", 1)).await;
    assert_eq!((status, more["code"].as_str()), (409, Some("ORDER_RETURNED")), "{more}");
}

#[tokio::test]
async fn a_return_is_refused_after_thirty_days_and_goods_that_are_not_back_are_told() {
    let bench = Bench::new().await;
    let order = bench.order("A-1", 0, &[("MLK-001", 2)]).await;
    assert_eq!(bench.post("/shop/v1/orders", &order).await.0, 201);
    let list = bench.pay(&order, |_| ()).await.1["cop_no"].as_str().unwrap().to_owned();
    bench.send().await;
    bench.receive(&list, 800, "").await;
    bench.collected().await;
    let (_, answer) = bench.post("/shop/v1/orders/A-1/returns", &goods("r1", 1)).await;
    let cop_no = answer["application"]["cop_no"].as_str().unwrap();
    bench.send().await;
    bench.answer(cop_no, 800).await;
    bench.pass(31 * 86_400);
    let (status, late) = bench.post("/shop/v1/orders/A-1/returns", &goods("r2", 1)).await;
    assert_eq!(status, 422, "{late}");
    assert_eq!(late["code"], "RETURN_TOO_LATE");
    bench.pass(15 * 86_400);
    outbox::expire(&bench.shop).await.unwrap();
    assert_eq!(bench.tasks().await[0].kind, "not_back");
}
