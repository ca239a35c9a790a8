//! The sandbox beside a backend, over HTTP.

use std::time::{Duration, Instant};

use axum::middleware::from_fn_with_state;
use reqwest::Method;
use serde_json::{Value, json};

use super::*;
use crate::clearing::tests::bench::{Bench, serve};
use crate::credentials;
use crate::store::StoreError;

/// A backend with its sandbox, and a key of the sandbox.
struct World {
    bench: Bench,
    base: String,
    key: String,
    _stop: watch::Sender<bool>,
}

struct Answer {
    status: u16,
    marked: bool,
    body: Value,
}

impl World {
    async fn new() -> Self {
        let bench = Bench::new().await;
        let app = &bench.shop.app;
        let (stop, until) = watch::channel(false);
        let sandbox = Sandbox::beside(Arc::clone(app), until);
        let routes = shop::router(Arc::clone(&bench.shop));
        let base = serve(routes.layer(from_fn_with_state(sandbox, choose))).await;
        let aside = open_app(&app.config, Arc::clone(&app.clock)).unwrap();
        let issuer = Arc::clone(&aside);
        let issued = aside.store.write(move |tx| {
            credentials::issue_shop_key(tx, &issuer.secrets, issuer.now(), "demo")
                .map_err(|e| StoreError::unreadable("a key", e))
        });
        let key = issued.await.unwrap();
        Self { bench, base, key, _stop: stop }
    }

    async fn ask(&self, key: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.request(method, format!("{}{path}", self.base)).bearer_auth(key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let marked = answer.headers().get("sandbox").is_some_and(|mark| mark == "true");
        Answer { status: answer.status().as_u16(), marked, body: answer.json().await.unwrap_or_default() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(&self.key, Method::GET, path, None).await
    }

    /// Buys a tin in the sandbox.
    async fn buy(&self, order_no: &str) {
        let quote = json!({ "centre": CENTRE, "lines": [{ "sku": "MLK-001", "qty": 1 }] });
        let quote = self.ask(&self.key, Method::POST, "/shop/v1/quotes", Some(&quote)).await.body;
        let buyer = self.bench.buyer(0);
        let order = json!({
            "order_no": order_no, "centre": CENTRE,
            "buyer": { "reg_no": buyer.reg_no, "name": buyer.name, "id_number": buyer.id_number,
                "telephone": buyer.telephone },
            "lines": quote["lines"], "goods_fen": quote["goods_fen"], "tax_fen": quote["tax_fen"],
            "total_fen": quote["total_fen"], "currency": "CNY", "notices_agreed": true,
        });
        let payment = json!({
            "transaction_id": format!("PAY-{order_no}"), "pay_code": self.bench.shop.data.operator.payment.code,
            "order_no": order_no, "amount_fen": quote["total_fen"], "currency": "CNY",
            "payer": { "name": buyer.name, "id_number": buyer.id_number },
            "paid_at": self.bench.shop.app.now().to_string(),
        });
        let purchase = json!({ "order": order, "payment": payment });
        let answer = self.ask(&self.key, Method::POST, "/shop/v1/purchases", Some(&purchase)).await;
        assert!(answer.status == 201 && answer.marked, "{} {}", answer.status, answer.body);
    }

    /// Waits until the declaration stands so, while the clock runs.
    async fn until(&self, order_no: &str, pointer: &str, wanted: &str) -> Value {
        let begun = Instant::now();
        loop {
            let view = self.get(&format!("/shop/v1/orders/{order_no}")).await.body;
            if view.pointer(pointer).and_then(Value::as_str) == Some(wanted) {
                return view;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{order_no} is not {wanted}: {view}");
            self.bench.pass(1);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn events(&self) -> Vec<(String, bool)> {
        let list = self.get("/shop/v1/events").await.body;
        let all = list["events"].as_array().cloned().unwrap_or_default();
        all.iter().map(|e| (e["type"].as_str().unwrap().to_owned(), e["sandbox"] == true)).collect()
    }
}

#[tokio::test]
async fn an_order_of_the_sandbox_is_released_by_itself_and_touches_nothing_real() {
    let world = World::new().await;
    let before = world.bench.rows().await;
    world.buy("SAND-1").await;
    let view = world.until("SAND-1", "/declaration/state", "released").await;
    assert_eq!(view["sandbox"], true);
    assert_eq!(view["parcel"]["state"], "ready");
    let events = world.events().await;
    assert!(events.contains(&("order.released".to_owned(), true)), "{events:?}");
    assert!(events.iter().all(|(_, marked)| *marked), "{events:?}");
    let after = world.bench.rows().await;
    assert_eq!(before, after, "nothing of the real database");
    assert_eq!(world.bench.held_in_all().await, 0, "no book, no limit, no guarantee");
    assert!(world.bench.gateway.sent().is_empty(), "nothing went to customs");
    assert_eq!(world.bench.get("/shop/v1/orders/SAND-1").await.0, 404);
}

#[tokio::test]
async fn the_end_of_an_orders_number_chooses_what_customs_says() {
    let world = World::new().await;
    for order_no in ["S-1-REJECT", "S-2-INSPECT", "S-3-WAIT"] {
        world.buy(order_no).await;
    }
    world.until("S-1-REJECT", "/state", "cancelled").await;
    world.until("S-2-INSPECT", "/declaration/state", "released").await;
    let receipts = world.get("/shop/v1/orders/S-2-INSPECT").await.body["declaration"]["receipts"].clone();
    let said: Vec<i64> =
        receipts.as_array().unwrap().iter().filter_map(|receipt| receipt["status"].as_i64()).collect();
    assert_eq!(said, [800, 500, 120]);
    world.until("S-3-WAIT", "/declaration/state", "accepted").await;
    let events = world.events().await;
    for wanted in ["order.rejected", "order.cancelled", "order.released"] {
        assert!(events.iter().any(|(kind, _)| kind == wanted), "{wanted}: {events:?}");
    }
}

#[tokio::test]
async fn a_parcel_is_deposited_collected_and_brought_back_by_itself_and_the_shop_is_told_of_each() {
    let world = World::new().await;
    let before = world.bench.rows().await;
    for order_no in ["S-5-DEPOSIT", "S-6-COLLECT", "S-7-RETURN"] {
        world.buy(order_no).await;
    }
    world.until("S-7-RETURN", "/state", "returned").await;
    world.until("S-6-COLLECT", "/parcel/state", "collected").await;
    let view = world.get("/shop/v1/orders/S-6-COLLECT").await.body;
    assert_eq!(view["state"], "fulfilled", "{view}");
    let view = world.until("S-5-DEPOSIT", "/parcel/state", "in_locker").await;
    assert_eq!(view["state"], "cleared", "{view}");
    let list = world.get("/shop/v1/events").await.body;
    let of = |order_no: &str| {
        let events = list["events"].as_array().unwrap().iter();
        let mine = events.filter(|e| e["data"]["order_no"] == order_no && e["sandbox"] == true);
        mine.map(|e| e["type"].as_str().unwrap().trim_start_matches("order.").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("S-5-DEPOSIT"), ["cleared", "released", "deposited"]);
    assert_eq!(of("S-6-COLLECT"), ["cleared", "released", "deposited", "collected"]);
    assert_eq!(of("S-7-RETURN"), ["cleared", "released", "deposited", "collected", "returned"]);
    assert_eq!(before, world.bench.rows().await, "no figure, order or task of a real centre");
    let aside = open_app(&world.bench.shop.app.config, Arc::clone(&world.bench.shop.app.clock)).unwrap();
    let differences = aside.store.read(crate::books::check).await.unwrap();
    assert!(differences.is_empty(), "its own books hold, too: {differences:?}");
}

#[tokio::test]
async fn a_return_that_the_shop_applies_for_is_granted_for_what_was_collected() {
    let world = World::new().await;
    world.buy("S-8-COLLECT").await;
    world.until("S-8-COLLECT", "/parcel/state", "collected").await;
    let asked = json!({ "request_id": "r-1", "reason": "test", "lines": [{ "sku": "MLK-001", "qty": 1 }] });
    let path = "/shop/v1/orders/S-8-COLLECT/returns";
    let answer = world.ask(&world.key, Method::POST, path, Some(&asked)).await;
    assert!((200..300).contains(&answer.status), "{} {}", answer.status, answer.body);
    world.until("S-8-COLLECT", "/state", "returned").await;
}

#[tokio::test]
async fn a_cancellation_is_granted_and_the_money_is_due() {
    let world = World::new().await;
    world.buy("S-4").await;
    world.until("S-4", "/declaration/state", "released").await;
    let asked = json!({ "request_id": "c-1", "reason": "test" });
    let answer = world.ask(&world.key, Method::POST, "/shop/v1/orders/S-4/cancel", Some(&asked)).await;
    assert!((200..300).contains(&answer.status), "{} {}", answer.status, answer.body);
    let view = world.until("S-4", "/state", "cancelled").await;
    assert_eq!(view["refund"], "due");
}

#[tokio::test]
async fn a_key_is_good_on_its_own_side_only() {
    let world = World::new().await;
    assert!(world.key.starts_with("BPT1"));
    let own = world.get("/shop/v1/goods").await;
    assert!(own.status == 200 && own.marked);
    let real = world.ask(world.bench.key(), Method::GET, "/shop/v1/goods", None).await;
    assert!(real.status == 200 && !real.marked);
    let disguised = world.bench.key().replacen("BPK1", "BPT1", 1);
    assert_eq!(world.ask(&disguised, Method::GET, "/shop/v1/goods", None).await.status, 401);
    let disguised = world.key.replacen("BPT1", "BPK1", 1);
    assert_eq!(world.ask(&disguised, Method::GET, "/shop/v1/goods", None).await.status, 401);
}

#[tokio::test]
async fn without_a_key_ever_issued_there_is_no_sandbox() {
    let bench = Bench::new().await;
    let (_stop, until) = watch::channel(false);
    let sandbox = Sandbox::beside(Arc::clone(&bench.shop.app), until);
    assert!(sandbox.open().await.unwrap().is_none());
    assert!(!folder(&bench.shop.app.config.data_dir).exists());
}

#[test]
fn no_real_backend_has_the_sandboxes_cell() {
    assert!(Config { cell: CELL, ..Config::default() }.check().is_err());
    assert!(Config { cell: CELL, sandbox: true, ..Config::default() }.check().is_ok());
}
