//! The company over real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use pickup_payment_sim::signature::{SIGNATURE, TIME, sign};
use pickup_payment_sim::{Sim, router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const KEY: &str = "k";

struct World {
    base: String,
    sim: Arc<Sim>,
    client: reqwest::Client,
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

impl World {
    async fn new() -> Self {
        let sim = Sim::new(KEY);
        let base = serve(router(Arc::clone(&sim))).await;
        let client =
            reqwest::Client::builder().no_proxy().timeout(Duration::from_millis(500)).build().unwrap();
        Self { base, sim, client }
    }

    async fn post(&self, path: &str, body: &Value, key: &str) -> Option<(u16, bool, Value)> {
        let body = body.to_string();
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header("content-type", "application/json")
            .header(TIME, "1")
            .header(SIGNATURE, sign(key, "1", body.as_bytes()))
            .body(body);
        let answer = request.send().await.ok()?;
        let header = |name: &str| {
            answer.headers().get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let (status, time, signature) = (answer.status().as_u16(), header(TIME), header(SIGNATURE));
        let text = answer.text().await.ok()?;
        let genuine = sign(KEY, &time, text.as_bytes()) == signature;
        Some((status, genuine, serde_json::from_str(&text).unwrap_or_default()))
    }

    async fn faults(&self, faults: Value) {
        assert_eq!(self.post("/sim/faults", &faults, KEY).await.unwrap().0, 200);
    }
}

fn refund() -> Value {
    json!({ "refund_no": "R1", "transaction_id": "T1", "amount_fen": 500 })
}

#[tokio::test]
async fn every_fault_is_one_a_client_must_live_with_and_the_refund_is_paid_once() {
    let world = World::new().await;
    for faults in ["hang_after", "lose_answer", "busy", "bad_signature"] {
        world.faults(json!({ faults: 1 })).await;
        let broken = world.post("/pay/v1/refunds", &refund(), KEY).await;
        let fine = matches!(&broken, Some((200, true, _)));
        assert!(!fine, "{faults}: {broken:?}");
        let (status, genuine, body) = world.post("/pay/v1/refunds", &refund(), KEY).await.unwrap();
        assert_eq!((status, genuine, body["state"].as_str()), (200, true, Some("done")), "{faults}");
    }
    assert_eq!(world.sim.books().paid_back("T1"), 500);
}

#[tokio::test]
async fn who_does_not_have_the_key_is_refused() {
    let world = World::new().await;
    assert_eq!(world.post("/pay/v1/refunds", &refund(), "other").await.unwrap().0, 401);
    assert_eq!(world.sim.books().paid_back("T1"), 0);
}

#[tokio::test]
async fn a_payment_that_ended_is_told_signed_and_twice_when_so_wished() {
    let got: Arc<Mutex<Vec<(bool, Value)>>> = Arc::default();
    let kept = Arc::clone(&got);
    let shop = Router::new().route(
        "/notify",
        post(move |headers: HeaderMap, body: Bytes| async move {
            let header = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
            let genuine = sign(KEY, &header(TIME), &body) == header(SIGNATURE);
            kept.lock().unwrap().push((genuine, serde_json::from_slice(&body).unwrap()));
            "SUCCESS"
        }),
    );
    let notify_url = format!("{}/notify", serve(shop).await);
    let world = World::new().await;
    for (out_no, faults, wanted, genuine) in
        [("A-1", json!({ "notify_twice": 1 }), 2, true), ("A-2", json!({ "notify_bad": 1 }), 1, false)]
    {
        got.lock().unwrap().clear();
        world.faults(faults).await;
        let payment = json!({ "out_no": out_no, "amount_fen": 100, "notify_url": notify_url });
        assert_eq!(world.post("/pay/v1/payments", &payment, KEY).await.unwrap().0, 200);
        world.post(&format!("/pay/v1/payments/{out_no}/pay"), &json!({}), KEY).await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(5);
        while got.lock().unwrap().len() < wanted {
            assert!(Instant::now() < deadline, "{out_no} is told {wanted} times");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let all = got.lock().unwrap().clone();
        assert!(all.iter().all(|(real, body)| *real == genuine && body["state"] == "paid"), "{all:?}");
    }
}

#[tokio::test]
async fn the_payers_page_ends_the_payment_and_leads_back_to_the_shop() {
    let world = World::new().await;
    let browser =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for (n, end, state, payer) in
        [(1, "pay", "paid", "测试甲"), (2, "pay-other", "paid", "测试丑"), (3, "refuse", "refused", "测试甲")]
    {
        let out_no = format!("P-{n}");
        let asked = json!({
            "out_no": out_no, "amount_fen": 23_784, "return_url": "http://shop.test/back",
            "payer_name": "测试甲", "payer_id_number": "99010119900101006X",
        });
        assert_eq!(world.post("/pay/v1/payments", &asked, KEY).await.unwrap().0, 200);
        let page = browser.get(format!("{}/pay/page/{out_no}", world.base)).send().await.unwrap();
        let text = page.text().await.unwrap();
        assert!(text.contains("237.84") && !text.contains("99010119900101006X"), "{text}");
        let ended = browser.post(format!("{}/pay/page/{out_no}/{end}", world.base)).send().await.unwrap();
        assert_eq!(ended.status().as_u16(), 303);
        assert_eq!(ended.headers()["location"], "http://shop.test/back");
        let payment = world.sim.books().payment(&out_no).unwrap();
        assert_eq!((payment.state.as_str(), payment.payer_name.as_str()), (state, payer));
        assert_eq!(payment.paid_at.is_empty(), state != "paid");
    }
    let none = browser.get(format!("{}/pay/page/P-9", world.base)).send().await.unwrap();
    assert_eq!(none.status().as_u16(), 404);
}
