//! Shops are told, once each, in spite of everything.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use reqwest::Method;
use serde_json::{Value, json};

use crate::clearing::tests::bench::{Bench, serve};
use crate::shop::tests::ask;
use crate::tasks;
use crate::webhooks::sign::Secret;
use crate::webhooks::{self, queue, sender};

/// A shop's endpoint: what it was told, and what it answers.
#[derive(Default)]
struct Ear {
    heard: Mutex<Vec<(HeaderMap, String)>>,
    answers: Mutex<Option<u16>>,
}

async fn hear(State(ear): State<Arc<Ear>>, headers: HeaderMap, body: String) -> StatusCode {
    ear.heard.lock().unwrap().push((headers, body));
    StatusCode::from_u16(ear.answers.lock().unwrap().unwrap_or(204)).unwrap()
}

impl Ear {
    fn say(&self, status: u16) {
        *self.answers.lock().unwrap() = Some(status);
    }

    fn events(&self) -> Vec<(String, String)> {
        let of = |(_, body): &(HeaderMap, String)| {
            let body: Value = serde_json::from_str(body).unwrap();
            let text = |path: &str| body.pointer(path).unwrap().as_str().unwrap().to_owned();
            (text("/type"), text("/data/order_no"))
        };
        let mut all: Vec<_> = self.heard.lock().unwrap().iter().map(of).collect();
        // Up to four are posted at once: in which order they are heard is not said.
        all.sort();
        all
    }

    fn ids(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().map(|(headers, _)| headers["webhook-id"].to_str().unwrap().to_owned()).collect()
    }
}

struct Stage {
    bench: Bench,
    ear: Arc<Ear>,
    url: String,
    client: reqwest::Client,
}

impl Stage {
    async fn new() -> Self {
        let bench = Bench::with(|config, _| config.webhooks.allow_private = true).await;
        let ear = Arc::new(Ear::default());
        let base = serve(Router::new().route("/hook", post(hear)).with_state(Arc::clone(&ear))).await;
        let client = sender::client(&bench.shop.app).unwrap();
        Self { bench, ear, url: format!("{base}/hook"), client }
    }

    async fn register(&self, events: &[&str]) -> Value {
        let body = json!({ "url": self.url, "events": events });
        let (status, made) = self.bench.post("/shop/v1/webhooks", &body).await;
        assert_eq!(status, 201, "{made}");
        made
    }

    /// One round of the sender, to its end.
    async fn round(&self) {
        let app = &self.bench.shop.app;
        while sender::spread(app).await.unwrap() {}
        for endpoint in app.store.read(webhooks::all).await.unwrap() {
            let (id, now) = (endpoint.id.clone(), app.now());
            let due = app.store.read(move |conn| queue::due(conn, &id, now, 100)).await.unwrap();
            if endpoint.is_active() {
                sender::tell(app, &self.client, endpoint, due).await.unwrap();
            }
        }
    }

    async fn shown(&self, made: &Value) -> Value {
        self.bench.get(&format!("/shop/v1/webhooks/{}", made["id"].as_str().unwrap())).await.1
    }

    async fn deliveries(&self, made: &Value, query: &str) -> Value {
        let path = format!("/shop/v1/webhooks/{}/deliveries{query}", made["id"].as_str().unwrap());
        self.bench.get(&path).await.1
    }
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(kind, order)| ((*kind).to_owned(), (*order).to_owned())).collect()
}

#[tokio::test]
async fn an_endpoint_whose_answer_was_not_kept_is_registered_once_and_its_secret_is_told_again() {
    let stage = Stage::new().await;
    let register = async |events: Value| {
        let body = json!({ "url": stage.url, "events": events });
        let request = ask(&stage.bench, Method::POST, "/shop/v1/webhooks").key(stage.bench.key());
        request.header("idempotency-key", "hook-1").json(&body).answer().await
    };
    let first = register(json!([])).await;
    assert_eq!(first.status, 201, "{}", first.body);
    // The process died between the work and the keeping of its answer.
    stage.bench.execute("DELETE FROM idempotency").await;
    let again = register(json!([])).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    stage.bench.execute("DELETE FROM idempotency").await;
    let other = register(json!(["order.released"])).await;
    assert_eq!((other.status, other.code()), (422, "IDEMPOTENCY_KEY_REUSED"));
    let list = stage.bench.get("/shop/v1/webhooks").await.1;
    assert_eq!(list["webhooks"].as_array().unwrap().len(), 1, "{list}");
}

#[tokio::test]
async fn a_shop_is_told_what_happens_from_its_registration_on_signed() {
    let stage = Stage::new().await;
    stage.bench.cleared("W-0", 0).await;
    let made = stage.register(&[]).await;
    let cop_no = stage.bench.cleared("W-1", 0).await;
    stage.bench.send().await;
    stage.bench.receive(&cop_no, 800, "").await;
    stage.round().await;
    assert_eq!(stage.ear.events(), pairs(&[("order.cleared", "W-1"), ("order.released", "W-1")]));
    let heard = stage.ear.heard.lock().unwrap();
    let (headers, body) = &heard[0];
    let of = |name: &str| headers[name].to_str().unwrap();
    let secret = made["secret"].as_str().unwrap().strip_prefix("whsec_").unwrap();
    let secret = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, secret).unwrap();
    let expected =
        Secret::from_bytes(secret).sign(of("webhook-id"), of("webhook-timestamp").parse().unwrap(), body);
    assert_eq!(of("webhook-signature"), expected);
    assert_eq!(of("content-type"), "application/json");
}

#[tokio::test]
async fn a_shop_is_told_only_what_it_wants_and_only_of_its_own_orders() {
    let stage = Stage::new().await;
    stage.register(&["order.released", "order.cancelled"]).await;
    let cop_no = stage.bench.cleared("W-2", 0).await;
    stage.bench.cleared("W-3", 1).await;
    stage.bench.send().await;
    stage.bench.receive(&cop_no, 800, "").await;
    stage.bench.execute("UPDATE orders SET merchant = 'another' WHERE order_no = 'W-3'").await;
    let cancel = json!({ "request_id": "c", "reason": "买错了" });
    let order = stage.bench.order("W-4", 0, &[("MLK-001", 1)]).await;
    assert_eq!(stage.bench.post("/shop/v1/orders", &order).await.0, 201);
    assert_eq!(stage.bench.post("/shop/v1/orders/W-4/cancel", &cancel).await.0, 200);
    stage.round().await;
    assert_eq!(stage.ear.events(), pairs(&[("order.cancelled", "W-4"), ("order.released", "W-2")]));
}

#[tokio::test]
async fn nothing_is_told_twice_however_often_the_trail_is_read() {
    let stage = Stage::new().await;
    stage.register(&[]).await;
    for n in 0..3 {
        stage.bench.cleared(&format!("W-1{n}"), n % 2).await;
    }
    stage.round().await;
    stage.round().await;
    // As after a crash between writing the deliveries and moving the mark.
    stage.bench.execute("UPDATE webhook_endpoint SET seq = 0").await;
    stage.round().await;
    let mut ids = stage.ear.ids();
    let told = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((told, ids.len()), (3, 3));
}

#[tokio::test]
async fn a_failed_delivery_is_tried_again_under_the_same_id_after_growing_waits() {
    let stage = Stage::new().await;
    let made = stage.register(&[]).await;
    stage.ear.say(503);
    stage.bench.cleared("W-5", 0).await;
    stage.round().await;
    stage.round().await;
    assert_eq!(stage.ear.ids().len(), 1, "it is not tried again at once");
    let failed = stage.deliveries(&made, "?state=due").await["deliveries"][0].clone();
    assert_eq!((failed["attempts"].clone(), failed["status"].clone()), (json!(1), json!(503)));
    assert!(stage.shown(&made).await["failing_since"].is_string());
    stage.bench.pass(6);
    stage.round().await;
    stage.ear.say(200);
    stage.bench.pass(21);
    stage.round().await;
    let ids = stage.ear.ids();
    assert_eq!((ids.len(), ids.iter().all(|id| *id == ids[0])), (3, true));
    assert_eq!(stage.deliveries(&made, "?state=done").await["deliveries"][0]["attempts"], 3);
    assert!(stage.shown(&made).await["failing_since"].is_null());
}

#[tokio::test]
async fn an_endpoint_that_fails_for_days_is_disabled_with_a_task_and_goes_on_where_it_was_left() {
    let stage = Stage::new().await;
    let made = stage.register(&[]).await;
    stage.ear.say(500);
    stage.bench.cleared("W-6", 0).await;
    for _ in 0..20 {
        stage.round().await;
        stage.bench.pass(12 * 3600);
    }
    assert_eq!(stage.shown(&made).await["state"], "disabled");
    let open = stage.bench.shop.app.store.read(|conn| tasks::list(conn, false)).await.unwrap();
    assert_eq!(open.iter().filter(|task| task.kind == "webhook").count(), 1);
    let before = stage.ear.ids().len();
    stage.bench.cleared("W-7", 1).await;
    stage.round().await;
    assert_eq!(stage.ear.ids().len(), before, "a disabled endpoint is left alone");
    stage.ear.say(200);
    let path = format!("/shop/v1/webhooks/{}/enable", made["id"].as_str().unwrap());
    assert_eq!(stage.bench.post(&path, &json!({})).await.0, 200);
    stage.round().await;
    let told = stage.ear.events();
    assert!(told.contains(&("order.cleared".to_owned(), "W-7".to_owned())), "{told:?}");
    let open = stage.bench.shop.app.store.read(|conn| tasks::list(conn, false)).await.unwrap();
    assert!(open.iter().all(|task| task.kind != "webhook"));
    assert!(stage.bench.problems().await.is_empty());
}

#[tokio::test]
async fn an_endpoint_that_says_it_is_gone_is_left_alone_at_once() {
    let stage = Stage::new().await;
    let made = stage.register(&[]).await;
    stage.ear.say(410);
    stage.bench.cleared("W-8", 0).await;
    stage.round().await;
    assert_eq!(stage.shown(&made).await["state"], "disabled");
}

#[tokio::test]
async fn a_delivery_is_told_again_when_the_shop_asks() {
    let stage = Stage::new().await;
    let made = stage.register(&[]).await;
    stage.bench.cleared("W-9", 0).await;
    stage.round().await;
    let id = stage.deliveries(&made, "").await["deliveries"][0]["id"].as_str().unwrap().to_owned();
    let at = |event: &str| {
        format!("/shop/v1/webhooks/{}/deliveries/{event}/redeliver", made["id"].as_str().unwrap())
    };
    let post =
        async |path: String| ask(&stage.bench, Method::POST, &path).key(stage.bench.key()).answer().await;
    assert_eq!(post(at(&id)).await.status, 202);
    assert_eq!(post(at("evt_1_999999")).await.status, 404);
    stage.round().await;
    assert_eq!(stage.ear.ids(), [id.clone(), id]);
}

#[tokio::test]
async fn the_same_events_can_be_asked_for_by_cursor() {
    let stage = Stage::new().await;
    let cop_no = stage.bench.cleared("W-20", 0).await;
    let (_, page) = stage.bench.get("/shop/v1/events").await;
    assert_eq!(page["events"][0]["type"], "order.cleared");
    stage.bench.send().await;
    stage.bench.receive(&cop_no, 100, "").await;
    let next = page["next"].as_str().unwrap();
    let (_, page) = stage.bench.get(&format!("/shop/v1/events?cursor={next}")).await;
    let kinds: Vec<&str> =
        page["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!((kinds.first(), page["more"].clone()), (Some(&"order.rejected"), json!(false)), "{page}");
    stage.bench.pass(3600);
    let now = stage.bench.shop.app.now();
    let (_, page) = stage.bench.get(&format!("/shop/v1/events?since={now}")).await;
    assert_eq!(page["events"], json!([]));
}

#[tokio::test]
async fn an_address_only_this_backend_can_reach_is_refused() {
    let bench = Bench::new().await;
    for url in ["http://shop.example.com/", "https://127.0.0.1/", "https://169.254.169.254/", "nonsense"] {
        let (status, answer) = bench.post("/shop/v1/webhooks", &json!({ "url": url })).await;
        assert_eq!((status, answer["code"].as_str()), (422, Some("WEBHOOK_URL")), "{url}");
    }
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_not_called() {
    let stage = Stage::new().await;
    let port = stage.url.split(':').nth(2).unwrap().to_owned();
    let guarded = Bench::new().await;
    let client = sender::client(&guarded.shop.app).unwrap();
    let told = client.post(format!("https://localhost:{port}")).send().await;
    assert!(told.unwrap_err().is_connect() && stage.ear.ids().is_empty());
}

#[tokio::test]
async fn endpoints_are_a_merchants_own_and_few() {
    let stage = Stage::new().await;
    let made = stage.register(&[]).await;
    assert!(stage.shown(&made).await.get("secret").is_none(), "the secret is shown once");
    for _ in 1..webhooks::ENDPOINTS_MOST {
        stage.register(&[]).await;
    }
    let body = json!({ "url": stage.url });
    assert_eq!(stage.bench.post("/shop/v1/webhooks", &body).await.1["code"], "WEBHOOKS_MOST");
    let path = format!("/shop/v1/webhooks/{}", made["id"].as_str().unwrap());
    let remove =
        async || ask(&stage.bench, Method::DELETE, &path).key(stage.bench.key()).answer().await.status;
    assert_eq!((remove().await, remove().await), (204, 404));
    stage.bench.execute("UPDATE webhook_endpoint SET merchant = 'another'").await;
    assert_eq!(stage.bench.get("/shop/v1/webhooks").await.1["webhooks"], json!([]));
}

#[tokio::test]
async fn a_dead_endpoint_keeps_no_other_waiting() {
    let stage = Stage::new().await;
    let dead = json!({ "url": "http://127.0.0.1:9/hook" });
    assert_eq!(stage.bench.post("/shop/v1/webhooks", &dead).await.0, 201);
    stage.register(&[]).await;
    let running = tokio::spawn(sender::run(Arc::clone(&stage.bench.shop)));
    stage.bench.cleared("W-30", 0).await;
    let deadline = Instant::now() + Duration::from_secs(20);
    while stage.ear.ids().is_empty() {
        assert!(Instant::now() < deadline, "the endpoint that lives was not told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.abort();
}
