//! Customs' side of announcement 179 as a double over HTTP: it asks, takes, refuses, hangs, drops and talks nonsense.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;

use axum::extract::{RawForm, State};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;
use crate::clearing::tests::bench::{Bench, serve};
use crate::tasks;

const GOOD: u8 = 0;
const REFUSES: u8 = 1;
const HANGS: u8 = 2;
const GARBAGE: u8 = 3;
const LOSES: u8 = 4;

#[derive(Default)]
struct Customs {
    got: Mutex<Vec<String>>,
    mood: AtomicU8,
}

async fn take(State(customs): State<Arc<Customs>>, RawForm(body): RawForm) -> (StatusCode, String) {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let text = decoded(body.strip_prefix("payExInfoStr=").unwrap());
    let say = |code: &str| json!({ "code": code, "message": "", "total": 0, "serviceTime": 1 }).to_string();
    let mood = customs.mood.load(Ordering::SeqCst);
    if mood == GOOD || mood == LOSES {
        customs.got.lock().unwrap().push(text);
    }
    match mood {
        REFUSES => (StatusCode::OK, say("20000")),
        HANGS => std::future::pending().await,
        GARBAGE => (StatusCode::OK, "<html>".to_owned()),
        LOSES => (StatusCode::BAD_GATEWAY, String::new()),
        _ => (StatusCode::OK, say("10000")),
    }
}

/// Percent-decoding of our own, so that a mistake in the encoder cannot hide.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        (bytes, rest) = match first {
            b'%' => {
                let hex = std::str::from_utf8(&tail[..2]).unwrap();
                ([bytes, vec![u8::from_str_radix(hex, 16).unwrap()]].concat(), &tail[2..])
            }
            b'+' => ([bytes, vec![b' ']].concat(), tail),
            other => ([bytes, vec![*other]].concat(), tail),
        };
    }
    String::from_utf8(bytes).unwrap()
}

struct World {
    bench: Bench,
    plat: Arc<PlatData>,
    customs: Arc<Customs>,
    open: String,
}

impl World {
    async fn new() -> Self {
        let customs = Arc::new(Customs::default());
        let router = Router::new().route("/upload", post(take)).with_state(Arc::clone(&customs));
        let url = format!("{}/upload", serve(router).await);
        let bench = Bench::with(|config, _| {
            let settings = &mut config.plat_data;
            settings.enabled = true;
            settings.upload_url = url;
            settings.timeout_ms = 300;
            settings.item_link = "https://shop.example/i/{sku}".to_owned();
            settings.payee_account = "9901000001".to_owned();
        })
        .await;
        let plat = PlatData::open(Arc::clone(&bench.shop)).await.unwrap();
        let open = serve(super::router(Arc::clone(&plat))).await;
        Self { bench, plat, customs, open }
    }

    /// Customs asks for an order.
    async fn ask(&self, session: &str, order_no: &str) -> Value {
        let asked = json!({ "orderNo": order_no, "sessionID": session, "serviceTime": 1 }).to_string();
        self.post(text::form("openReq", &asked)).await
    }

    async fn post(&self, body: String) -> Value {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client
            .post(format!("{}/platDataOpen", self.open))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    async fn put(&self, transaction: &str, raw: &Value) -> (u16, Value) {
        let shop = &self.bench;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client
            .put(format!("{}/shop/v1/payments/{transaction}/raw", shop.base))
            .bearer_auth(shop.key())
            .json(raw);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// An order that is paid and whose raw data are here.
    async fn ready(&self, order_no: &str, buyer: usize) {
        self.bench.cleared(order_no, buyer).await;
        assert_eq!(self.put(&format!("PAY-{order_no}"), &raw()).await.0, 201);
    }

    async fn upload(&self) -> usize {
        upload::all_due(&self.plat).await.unwrap()
    }

    fn got(&self) -> Vec<String> {
        self.customs.got.lock().unwrap().clone()
    }

    fn customs(&self, mood: u8) {
        self.customs.mood.store(mood, Ordering::SeqCst);
    }

    async fn open_tasks(&self) -> Vec<String> {
        let open = self.bench.shop.app.store.read(|conn| tasks::list(conn, false)).await.unwrap();
        open.into_iter().map(|task| format!("{}/{}", task.kind, task.entity)).collect()
    }
}

fn raw() -> Value {
    json!({ "request": "{\"out\": \"A-1\",\n\"名\":\"甲 乙+&=%\"}", "response": "<xml>成功</xml>" })
}

/// Verifies the signature over the pieces as they stand in the text, found by the names around them.
fn verify(world: &World, sent: &str) {
    let between = |from: &str, to: &str| {
        let start = sent.find(from).unwrap() + from.len();
        &sent[start..start + sent[start..].find(to).unwrap()]
    };
    let session = between("\"sessionID\":\"", "\",\"payExchangeInfoHead\":");
    let head = between("\"payExchangeInfoHead\":", ",\"payExchangeInfoLists\":");
    let lists = between("\"payExchangeInfoLists\":", ",\"serviceTime\":");
    let time = between("\"serviceTime\":\"", "\",\"certNo\"");
    let signed = format!(
        "\"sessionID\":\"{session}\"||\"payExchangeInfoHead\":\"{head}\"||\"payExchangeInfoLists\":\"{lists}\"||\"serviceTime\":\"{time}\""
    );
    let signature = STANDARD.decode(between("\"signValue\":\"", "\"}")).unwrap();
    let certificate = world.plat.signing.certificate();
    assert!(certificate.verifies(signed.as_bytes(), &signature));
    assert!(!certificate.verifies(signed.replace("142", "143").as_bytes(), &signature));
    assert!(certificate.has_serial(between("\"certNo\":\"", "\"")));
}

#[tokio::test]
async fn a_query_is_answered_and_the_payment_is_uploaded_unchanged_and_signed() {
    let world = World::new().await;
    world.ready("A-1", 0).await;
    let answer = world.ask("4a0d1b6e-0000-4000-8000-000000000001", "A-1").await;
    assert_eq!((answer["code"].as_str(), answer["message"].as_str()), (Some("10000"), Some("")));
    assert_eq!(world.upload().await, 1);
    let sent = world.got().remove(0);
    verify(&world, &sent);
    let value: Value = serde_json::from_str(&sent).unwrap();
    let head = &value["payExchangeInfoHead"];
    assert_eq!((&head["initalRequest"], &head["initalResponse"]), (&raw()["request"], &raw()["response"]));
    assert_eq!(head["payTransactionId"], "PAY-A-1");
    assert_eq!(head["ebpCode"], world.bench.shop.data.operator.platform.code);
    assert_eq!((&head["currency"], &head["tradingTime"]), (&json!("142"), &json!("20261121100000")));
    let list = &value["payExchangeInfoLists"][0];
    assert_eq!(list["orderNo"], "A-1");
    assert_eq!(list["goodsInfo"][0]["itemLink"], "https://shop.example/i/MLK-001");
    assert_eq!(world.bench.trail_states("payment_data").await, ["open", "done"]);
    assert_eq!(world.bench.problems().await, []);
}

#[tokio::test]
async fn a_session_asked_again_gets_the_same_answer_and_one_upload() {
    let world = World::new().await;
    world.ready("A-1", 0).await;
    for _ in 0..3 {
        assert_eq!(world.ask("S-1", "A-1").await["code"], "10000");
        world.upload().await;
    }
    assert_eq!(world.got().len(), 1);
    assert_eq!(world.ask("S-1", "A-2").await["code"], "20000", "another order under the same session");
    assert_eq!(world.ask("S-2", "A-1").await["code"], "10000");
    world.upload().await;
    assert_eq!(world.got().len(), 2, "another session is another query");
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_and_nothing_breaks() {
    let world = World::new().await;
    let order = world.bench.order("A-1", 0, &[("MLK-001", 1)]).await;
    assert_eq!(world.bench.post("/shop/v1/orders", &order).await.0, 201);
    assert_eq!(world.ask("S-1", "A-1").await["code"], "20000", "not paid");
    assert_eq!(world.ask("S-1", "NONE").await["code"], "20000");
    for (session, order_no) in [("", "A-1"), ("x".repeat(37).as_str(), "A-1"), ("a\"b", "A-1"), ("S-1", "")] {
        assert_eq!(world.ask(session, order_no).await["code"], "20000", "{session} {order_no}");
    }
    for body in ["", "openReq=", "openReq={}", "other=1", "openReq=%FF%FE", "openReq=[1]"] {
        assert_eq!(world.post(body.to_owned()).await["code"], "20000", "{body}");
    }
    assert_eq!((world.upload().await, world.got().len()), (0, 0));
}

#[tokio::test]
async fn an_upload_whose_answer_was_lost_is_sent_again_byte_for_byte() {
    for mood in [LOSES, HANGS, GARBAGE] {
        let world = World::new().await;
        world.ready("A-1", 0).await;
        world.customs(LOSES);
        world.ask("S-1", "A-1").await;
        assert_eq!(world.upload().await, 0);
        let first = world.got().remove(0);
        world.customs(mood);
        world.bench.pass(5);
        world.upload().await;
        world.customs(GOOD);
        world.bench.pass(60);
        assert_eq!(world.upload().await, 1);
        assert_eq!(world.got().last(), Some(&first), "mood {mood}");
    }
}

#[tokio::test]
async fn an_upload_that_customs_refuses_is_made_anew_until_it_is_taken() {
    let world = World::new().await;
    world.ready("A-1", 0).await;
    world.customs(REFUSES);
    world.ask("S-1", "A-1").await;
    for _ in 0..4 {
        assert_eq!(world.upload().await, 0);
        world.bench.pass(20);
    }
    assert_eq!(
        world.open_tasks().await,
        ["payment_data/S-1"],
        "a person is told when the deadline is missed"
    );
    world.customs(GOOD);
    world.bench.pass(60);
    assert_eq!(world.upload().await, 1);
    verify(&world, &world.got()[0]);
    assert_eq!(world.open_tasks().await, Vec::<String>::new());
}

#[tokio::test]
async fn after_a_day_a_person_takes_over_and_a_new_question_begins_anew() {
    let world = World::new().await;
    world.ready("A-1", 0).await;
    world.customs(REFUSES);
    world.ask("S-1", "A-1").await;
    world.upload().await;
    world.bench.pass(24 * 3600 + 60);
    world.upload().await;
    assert_eq!(world.bench.trail_states("payment_data").await, ["open", "failed"]);
    world.customs(GOOD);
    world.bench.pass(3600);
    assert_eq!(world.upload().await, 0, "it is not tried any more");
    world.ask("S-1", "A-1").await;
    assert_eq!(world.upload().await, 1);
}

#[tokio::test]
async fn raw_data_that_come_late_are_uploaded_when_they_are_there() {
    let world = World::new().await;
    world.bench.cleared("A-1", 0).await;
    world.ask("S-1", "A-1").await;
    assert_eq!(world.upload().await, 0);
    assert_eq!(world.put("PAY-A-1", &raw()).await.0, 201);
    assert_eq!(world.upload().await, 1, "at once");
}

#[tokio::test]
async fn raw_data_are_kept_once_sealed_and_by_their_own_merchant() {
    let world = World::new().await;
    world.ready("A-1", 0).await;
    assert_eq!(world.put("PAY-A-1", &raw()).await.0, 200, "again");
    assert_eq!(world.put("PAY-A-1", &json!({ "request": "x", "response": "y" })).await.0, 409);
    assert_eq!(world.put("PAY-NONE", &raw()).await.0, 404);
    for bad in
        [json!({ "request": "", "response": "y" }), json!({ "request": "x".repeat(8001), "response": "y" })]
    {
        assert_eq!(world.put("PAY-A-1", &bad).await.0, 400);
    }
    let secrets = &world.bench.shop.app.secrets;
    let sealed: Vec<u8> = world
        .bench
        .shop
        .app
        .store
        .read(|conn| {
            let sql = "SELECT body FROM payment_raw WHERE cell = {cell}";
            Ok::<_, crate::store::StoreError>(conn.query_row(sql, [], |row| row.get(0))?)
        })
        .await
        .unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("成功"));
    assert!(secrets.open(&raw::context("PAY-A-1"), &sealed).is_ok());
}

#[tokio::test]
async fn several_orders_of_one_payment_are_all_listed() {
    let world = World::new().await;
    world.bench.cleared("A-2", 4).await;
    world.bench.cleared("A-1", 0).await;
    let mut both = raw();
    both["order_nos"] = json!(["A-1", "A-2"]);
    both["total_fen"] = json!(99_900);
    assert_eq!(world.put("PAY-A-1", &both).await.0, 201);
    world.ask("S-1", "A-1").await;
    assert_eq!(world.upload().await, 1);
    let sent = world.got().remove(0);
    assert!(sent.contains("\"totalAmount\":999.00,"), "{sent}");
    let value: Value = serde_json::from_str(&sent).unwrap();
    let lists = value["payExchangeInfoLists"].as_array().unwrap();
    let numbers: Vec<&str> = lists.iter().map(|list| list["orderNo"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["A-1", "A-2"]);
}

#[tokio::test]
async fn payment_data_are_kept_three_years_and_no_longer() {
    let world = World::new().await;
    world.ready("A-1", 0).await;
    world.ask("S-1", "A-1").await;
    world.upload().await;
    let forget = || {
        let now = world.bench.shop.app.now();
        world.bench.shop.app.store.write(move |tx| raw::forget(tx, now))
    };
    world.bench.pass(3 * 365 * 24 * 3600);
    assert_eq!(forget().await.unwrap(), 0);
    world.bench.pass(4 * 24 * 3600);
    assert_eq!(forget().await.unwrap(), 2);
}

#[tokio::test]
async fn from_query_to_upload_it_takes_far_less_than_the_deadline() {
    let world = World::new().await;
    world.ready("A-1", 0).await;
    let running = tokio::spawn(super::run(Arc::clone(&world.plat)));
    let mut slowest = 0;
    for n in 0..20 {
        let start = Instant::now();
        world.ask(&format!("S-{n}"), "A-1").await;
        while world.got().len() <= n {
            assert!(start.elapsed().as_secs() < 30, "the deadline");
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        slowest = slowest.max(start.elapsed().as_millis());
    }
    running.abort();
    println!("from query to upload: at most {slowest} ms of 20");
    assert!(slowest < 10_000, "{slowest} ms");
}

#[tokio::test]
async fn one_upload_that_hangs_does_not_keep_the_others_waiting() {
    let world = World::new().await;
    for (n, order_no) in ["A-1", "A-2", "A-3"].into_iter().enumerate() {
        world.ready(order_no, [0, 4, 5][n]).await;
        world.ask(&format!("S-{n}"), order_no).await;
    }
    world.customs(HANGS);
    let start = Instant::now();
    world.upload().await;
    assert!(start.elapsed().as_millis() < 850, "three waits of 300 ms go side by side");
}
