//! The sandbox company as a double over HTTP: it pays, waits, refuses, loses answers, hangs and is not itself.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::signature::{Key, SIGNATURE, TIME};
use super::*;
use crate::clearing::tests::bench::{Bench, serve};
use crate::tasks;

const GOOD: u8 = 0;
const LOSES: u8 = 1;
const HANGS: u8 = 2;
const REFUSES: u8 = 3;
const NOT_ITSELF: u8 = 4;
const WORKS_ON_IT: u8 = 5;
const SECRET: &str = "sandbox-key";

#[derive(Default)]
struct Double {
    refunds: Mutex<BTreeMap<String, i64>>,
    asked: Mutex<Vec<String>>,
    declared: Mutex<BTreeMap<String, String>>,
    mood: AtomicU8,
}

impl Double {
    fn be(&self, mood: u8) {
        self.mood.store(mood, Ordering::SeqCst);
    }

    fn mood(&self) -> u8 {
        self.mood.load(Ordering::SeqCst)
    }

    /// What was paid in all.
    fn paid(&self) -> i64 {
        self.refunds.lock().unwrap().values().sum()
    }

    fn answer(&self, status: StatusCode, body: &Value) -> Response {
        let (body, key) = (body.to_string(), if self.mood() == NOT_ITSELF { "other" } else { SECRET });
        let signature = Key::new(key.as_bytes()).sign("7", body.as_bytes());
        (status, [(TIME, "7".to_owned()), (SIGNATURE, signature)], body).into_response()
    }
}

fn read(headers: &HeaderMap, body: &[u8]) -> Value {
    let header = |name| headers.get(name).unwrap().to_str().unwrap();
    assert!(Key::new(SECRET.as_bytes()).verifies(header(TIME), body, header(SIGNATURE)));
    serde_json::from_slice(body).unwrap_or_default()
}

async fn refund(State(double): State<Arc<Double>>, headers: HeaderMap, body: Bytes) -> Response {
    let body = read(&headers, &body);
    let number = body["refund_no"].as_str().unwrap().to_owned();
    double.asked.lock().unwrap().push(number.clone());
    match double.mood() {
        REFUSES => {
            return double.answer(StatusCode::OK, &json!({ "state": "refused", "message": "余额不足" }));
        }
        WORKS_ON_IT => return double.answer(StatusCode::OK, &json!({ "state": "pending" })),
        _ => {}
    }
    double.refunds.lock().unwrap().insert(number, body["amount_fen"].as_i64().unwrap());
    match double.mood() {
        LOSES => StatusCode::BAD_GATEWAY.into_response(),
        HANGS => std::future::pending().await,
        _ => double.answer(StatusCode::OK, &json!({ "state": "done" })),
    }
}

async fn refunded(
    State(double): State<Arc<Double>>,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Response {
    read(&headers, b"");
    let known = double.refunds.lock().unwrap().contains_key(&number);
    let status = if known { StatusCode::OK } else { StatusCode::NOT_FOUND };
    double.answer(status, &json!({ "state": "done" }))
}

async fn declare(State(double): State<Arc<Double>>, headers: HeaderMap, body: Bytes) -> Response {
    let body = read(&headers, &body);
    let mut all = double.declared.lock().unwrap();
    let state =
        all.entry(body["order_no"].as_str().unwrap().to_owned()).or_insert_with(|| "submitted".to_owned());
    let answer = json!({ "state": state.clone(), "message": "身份信息不一致" });
    if *state == "submitted" {
        "accepted".clone_into(state);
    }
    if double.mood() == REFUSES {
        "rejected".clone_into(state);
    }
    drop(all);
    double.answer(StatusCode::OK, &answer)
}

async fn redeclare(State(double): State<Arc<Double>>, Path(order_no): Path<String>) -> Response {
    double.declared.lock().unwrap().insert(order_no, "accepted".to_owned());
    double.answer(StatusCode::OK, &json!({ "state": "submitted" }))
}

struct World {
    bench: Bench,
    double: Arc<Double>,
    company: Arc<dyn Company>,
}

impl World {
    async fn new() -> Self {
        let double = Arc::new(Double::default());
        let router = Router::new()
            .route("/pay/v1/refunds", post(refund))
            .route("/pay/v1/refunds/{number}", get(refunded))
            .route("/pay/v1/declarations", post(declare))
            .route("/pay/v1/declarations/{order_no}/redeclare", post(redeclare))
            .with_state(Arc::clone(&double));
        let url = serve(router).await;
        let bench = Bench::with(|config, dir| {
            std::fs::create_dir_all(dir).unwrap();
            std::fs::write(dir.join("pay.key"), format!("{SECRET}\n")).unwrap();
            let settings = &mut config.payment;
            settings.provider = Provider::Sandbox;
            settings.url = url;
            settings.key_file = "pay.key".into();
            settings.timeout_ms = 300;
            settings.tell_after = 3;
        })
        .await;
        let company = open(&bench.shop).unwrap().unwrap();
        Self { bench, double, company }
    }

    /// An order that customs refused.
    async fn refused(&self, order_no: &str, buyer: usize) -> i64 {
        let cop_no = self.bench.cleared(order_no, buyer).await;
        self.bench.send().await;
        self.bench.receive(&cop_no, 100, "[Code:1313;Desc:订购人购买超过年度限额]").await;
        let view = self.bench.view(order_no).await;
        assert_eq!(view["refund"], "due", "{view}");
        view["paybacks"][0]["amount_fen"].as_i64().unwrap()
    }

    async fn take(&self) -> usize {
        refund::all_due(&self.bench.shop, &*self.company).await.unwrap()
    }

    async fn payback(&self, order_no: &str) -> (Value, Value) {
        let view = self.bench.view(order_no).await;
        (view["paybacks"][0]["state"].clone(), view["refund"].clone())
    }

    async fn open_tasks(&self) -> Vec<String> {
        let open = self.bench.shop.app.store.read(|conn| tasks::list(conn, false)).await.unwrap();
        let ours = |kind: &str| kind == "payback" || kind == "payment_declaration";
        open.into_iter().filter(|t| ours(&t.kind)).map(|t| format!("{}/{}", t.kind, t.entity)).collect()
    }
}

#[tokio::test]
async fn what_a_refused_order_cost_goes_back_to_the_buyer_once() {
    let world = World::new().await;
    let amount = world.refused("A-1", 0).await;
    assert_eq!(world.take().await, 1);
    assert_eq!(world.take().await, 0);
    assert_eq!(world.payback("A-1").await, (json!("done"), json!("done")));
    assert_eq!(world.double.paid(), amount);
    assert_eq!(world.bench.trail_states("payback").await, ["requested", "done"]);
    assert_eq!(world.bench.problems().await, []);
    let number = world.double.asked.lock().unwrap()[0].clone();
    assert_eq!(world.company.refunded(&number).await, Ok(Some(RefundState::Done)));
    assert_eq!(world.company.refunded("NONE").await, Ok(None));
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_is_asked_for_again_under_the_same_number() {
    for mood in [LOSES, HANGS, NOT_ITSELF] {
        let world = World::new().await;
        let amount = world.refused("A-1", 0).await;
        world.double.be(mood);
        assert_eq!(world.take().await, 0);
        assert_eq!(world.payback("A-1").await.0, "requested");
        world.double.be(GOOD);
        assert_eq!(world.take().await, 0, "not before its time");
        world.bench.pass(60);
        assert_eq!(world.take().await, 1);
        let asked = world.double.asked.lock().unwrap().clone();
        assert_eq!((asked.len(), &asked[0]), (2, &asked[1]));
        assert_eq!(world.double.paid(), amount, "paid once");
        assert_eq!(world.bench.trail_states("payback").await, ["requested", "done"]);
    }
}

#[tokio::test]
async fn a_refund_the_company_refuses_or_never_does_is_a_persons_task() {
    let world = World::new().await;
    world.refused("A-1", 0).await;
    world.double.be(REFUSES);
    assert_eq!(world.take().await, 1);
    assert_eq!(world.payback("A-1").await, (json!("failed"), json!("due")));
    assert_eq!(world.open_tasks().await, ["payback/order/1"]);
    world.bench.pass(3600);
    assert_eq!((world.take().await, world.double.paid()), (0, 0));

    let world = World::new().await;
    world.refused("A-1", 0).await;
    world.double.be(LOSES);
    for _ in 0..3 {
        world.take().await;
        world.bench.pass(700);
    }
    assert_eq!(world.open_tasks().await, ["payback/order/1"], "after a few failures");
    world.double.be(GOOD);
    assert_eq!(world.take().await, 1, "it was tried on");
    assert_eq!(world.open_tasks().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_refund_that_takes_its_time_is_looked_after_until_it_is_done() {
    let world = World::new().await;
    world.refused("A-1", 0).await;
    world.double.be(WORKS_ON_IT);
    for _ in 0..5 {
        assert_eq!(world.take().await, 0);
        world.bench.pass(700);
    }
    assert_eq!(world.open_tasks().await, Vec::<String>::new(), "waiting is no failure");
    world.double.be(GOOD);
    assert_eq!(world.take().await, 1);
}

#[tokio::test]
async fn a_crash_at_any_wait_pays_once() {
    // The job is dropped at each of its waits in turn, as a crash would end it, and begun anew.
    for waits in 1..40 {
        let world = World::new().await;
        let amount = world.refused("A-1", 0).await;
        let ended = {
            let mut job = Box::pin(refund::all_due(&world.bench.shop, &*world.company));
            let mut polls = 0;
            std::future::poll_fn(|context| {
                polls += 1;
                match job.as_mut().poll(context) {
                    std::task::Poll::Ready(_) => std::task::Poll::Ready(true),
                    std::task::Poll::Pending if polls >= waits => std::task::Poll::Ready(false),
                    std::task::Poll::Pending => std::task::Poll::Pending,
                }
            })
            .await
        };
        world.bench.pass(60);
        world.take().await;
        assert_eq!(world.payback("A-1").await, (json!("done"), json!("done")), "{waits} waits");
        assert_eq!(world.double.paid(), amount);
        assert_eq!(world.bench.problems().await, []);
        if ended {
            assert!(waits > 4, "the job waits several times");
            return;
        }
    }
    panic!("the job never ended");
}

#[tokio::test]
async fn the_company_declares_payments_when_asked_and_rejected_ones_again() {
    let world = World::new().await;
    world.bench.cleared("A-1", 0).await;
    let declare = || declare::all_due(&world.bench.shop, &*world.company);
    assert_eq!(declare().await.unwrap(), 0, "submitted");
    world.bench.pass(60);
    assert_eq!(declare().await.unwrap(), 1);
    assert_eq!(world.bench.trail_states("payment_declaration").await, ["submitted", "accepted"]);

    world.double.be(REFUSES);
    world.bench.cleared("A-2", 4).await;
    for _ in 0..2 {
        declare().await.unwrap();
        world.bench.pass(60);
    }
    assert_eq!(world.open_tasks().await, ["payment_declaration/2"]);
    world.double.be(GOOD);
    assert_eq!(declare::redeclare(&world.bench.shop, &*world.company).await.unwrap(), 1);
    declare().await.unwrap();
    assert_eq!(world.open_tasks().await, Vec::<String>::new());
}

#[tokio::test]
async fn without_a_company_nothing_is_asked_and_what_is_not_built_is_said() {
    let bench = Bench::new().await;
    assert!(open(&bench.shop).unwrap().is_none());
    let bench = Bench::with(|config, _| config.payment.payment_declared_by = DeclaredBy::Us).await;
    assert!(open(&bench.shop).err().unwrap().to_string().contains("does not send CEB411"));
}
