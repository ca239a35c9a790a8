//! The queue with a service that takes messages, or does not.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;

use super::config::{MessagesConfig, Way};
use super::{Message, open, queue, webhook};
use crate::clearing::tests::bench::{Bench, serve};
use crate::payment::signature::Key;
use crate::store::StoreError;

/// A service that refuses so many of the next messages and keeps what it took, with whether the signature was right.
#[derive(Default)]
struct Service {
    refuse: AtomicU32,
    taken: Mutex<Vec<(Message, bool)>>,
}

async fn take(State(service): State<Arc<Service>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if service.refuse.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let header = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("");
    let signed = Key::new(b"k").verifies(header(webhook::TIME), &body, header(webhook::SIGNATURE));
    service.taken.lock().unwrap().push((serde_json::from_slice(&body).unwrap(), signed));
    StatusCode::NO_CONTENT
}

fn message() -> Message {
    Message {
        id: "1/released".to_owned(),
        to: "19900000001".to_owned(),
        lang: "en".to_owned(),
        text: "released".to_owned(),
    }
}

/// Puts a message twice, then carries it so many times, a while apart; how often one was taken.
async fn carried(refuse: u32, times: usize) -> (Vec<(Message, bool)>, String) {
    let (bench, service) = (Bench::new().await, Arc::new(Service::default()));
    service.refuse.store(refuse, Ordering::SeqCst);
    let base = serve(Router::new().route("/send", post(take)).with_state(Arc::clone(&service))).await;
    std::fs::write(bench.dir.join("messages.key"), "k\n").unwrap();
    let config = MessagesConfig {
        way: Way::Webhook,
        url: format!("{base}/send"),
        key_file: "messages.key".into(),
        give_up_after: 3,
        ..MessagesConfig::default()
    };
    let carrier = open(&config, &bench.dir).unwrap();
    let (app, now) = (Arc::clone(&bench.shop.app), bench.shop.app.now());
    let put = bench.shop.app.store.write(move |tx| {
        queue::put(tx, &app.secrets, &message(), None, now)?;
        queue::put(tx, &app.secrets, &message(), None, now)
    });
    assert!(!put.await.unwrap(), "the same id is the same message");
    for _ in 0..times {
        queue::carry(&bench.shop.app, &*carrier, &config).await.unwrap();
        bench.pass(60);
    }
    let state = bench.shop.app.store.read(|conn| {
        let sql = "SELECT state FROM text_message WHERE cell = {cell}";
        Ok::<String, StoreError>(conn.query_row(sql, [], |row| row.get(0))?)
    });
    let taken = service.taken.lock().unwrap().clone();
    (taken, state.await.unwrap())
}

#[tokio::test]
async fn a_service_gets_each_message_once_signed_and_again_while_it_refuses() {
    assert_eq!(carried(0, 2).await, (vec![(message(), true)], "sent".to_owned()));
    assert_eq!(carried(2, 4).await, (vec![(message(), true)], "sent".to_owned()));
}

#[tokio::test]
async fn a_message_nobody_takes_is_given_up() {
    assert_eq!(carried(9, 5).await, (Vec::new(), "failed".to_owned()));
}
