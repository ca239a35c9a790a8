//! The shop API over a real socket.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::clearing::tests::bench::Bench;
use crate::credentials::keys::{self, NewKey, Scope};
use crate::store::StoreError;

mod document;
mod lists;
mod refusals;
mod requests;
mod scopes;

/// An answer with what stands in its headers.
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// A request with any method, key, headers and body.
pub struct Asking {
    request: reqwest::RequestBuilder,
}

pub fn ask(bench: &Bench, method: Method, path: &str) -> Asking {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    Asking { request: client.request(method, format!("{}{path}", bench.base)) }
}

impl Asking {
    pub fn key(self, key: &str) -> Self {
        Self { request: self.request.bearer_auth(key) }
    }

    pub fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value) }
    }

    pub fn json(self, body: &Value) -> Self {
        Self { request: self.request.json(body) }
    }

    pub fn text(self, body: impl Into<String>) -> Self {
        Self { request: self.request.body(body.into()) }
    }

    pub async fn answer(self) -> Answer {
        let answer = self.request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status, headers, body }
    }
}

/// A key with these scopes; its id and text.
pub async fn key_with(bench: &Bench, scopes: &[Scope]) -> (String, String) {
    let (app, now) = (std::sync::Arc::clone(&bench.shop.app), bench.shop.app.now());
    let new = NewKey {
        merchant: "demo".to_owned(),
        name: String::new(),
        scopes: scopes.to_vec(),
        expires_at: Some(now.checked_add(jiff::SignedDuration::from_hours(24)).unwrap()),
    };
    let issue = bench.shop.app.store.write(move |tx| {
        keys::issue(tx, &app.secrets, now, &new).map_err(|e| StoreError::unreadable("a test's key", e))
    });
    issue.await.unwrap()
}

fn ok(status: u16) -> bool {
    StatusCode::from_u16(status).unwrap().is_success()
}

fn quote() -> Value {
    json!({ "centre": 1, "lines": [{ "sku": "MLK-001", "qty": 1 }] })
}
