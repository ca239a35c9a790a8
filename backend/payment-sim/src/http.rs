//! The company's HTTP interface, and `POST /sim/faults` that makes it fail.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::books::{Books, Payment, Refusal};
use crate::notify::notify;
use crate::page;
use crate::signature::{SIGNATURE, TIME, sign};

/// What goes wrong, for so many of the next requests each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Done, but never answered.
    pub hang_after: u32,
    /// Done, but answered 502.
    pub lose_answer: u32,
    /// Not done, answered 503.
    pub busy: u32,
    /// Answers signed with another key.
    pub bad_signature: u32,
    /// Declarations that customs rejects.
    pub reject: u32,
    /// Notifications that are sent twice.
    pub notify_twice: u32,
    /// Notifications signed with another key.
    pub notify_bad: u32,
    /// Notifications that are never sent.
    pub lose_notification: u32,
}

/// The company.
#[derive(Debug)]
pub struct Sim {
    secret: String,
    books: Mutex<Books>,
    faults: Mutex<Faults>,
    client: reqwest::Client,
}

impl Sim {
    /// A company with empty books and this shared key.
    #[must_use]
    pub fn new(secret: &str) -> Arc<Self> {
        let client = reqwest::Client::builder().no_proxy().build().unwrap_or_default();
        let (books, faults) = (Mutex::default(), Mutex::default());
        Arc::new(Self { secret: secret.to_owned(), books, faults, client })
    }

    /// The books, for a look.
    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Uses one of a fault up; whether there was one.
    fn fault(&self, which: impl FnOnce(&mut Faults) -> &mut u32) -> bool {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let left = which(&mut faults);
        let there = *left > 0;
        *left = left.saturating_sub(1);
        there
    }

    /// The payer's part, told to the shop: `pay`, `pay-other` (another person pays), `refuse` or `abandon`.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::Unknown`] for another word, too.
    pub fn ended(&self, out_no: &str, end: &str) -> Result<Payment, Refusal> {
        let payment = match end {
            "pay" => self.books().end(out_no, "paid"),
            "pay-other" => self.books().paid_by_another(out_no),
            "refuse" => self.books().end(out_no, "refused"),
            "abandon" => self.books().end(out_no, "abandoned"),
            _ => Err(Refusal::Unknown),
        }?;
        if !payment.notify_url.is_empty() && !self.fault(|f| &mut f.lose_notification) {
            let (twice, bad) = (self.fault(|f| &mut f.notify_twice), self.fault(|f| &mut f.notify_bad));
            tokio::spawn(notify(self.client.clone(), self.secret.clone(), payment.clone(), twice, bad));
        }
        Ok(payment)
    }

    fn is_signed(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let header = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("");
        sign(&self.secret, header(TIME), body) == header(SIGNATURE)
    }

    fn answer(&self, status: StatusCode, body: &Value) -> Response {
        let secret = if self.fault(|f| &mut f.bad_signature) { "another-key" } else { &self.secret };
        let (body, time) = (body.to_string(), Timestamp::now().as_millisecond().to_string());
        let signature = sign(secret, &time, body.as_bytes());
        (status, [(TIME, time), (SIGNATURE, signature)], body).into_response()
    }

    /// Does a request that is signed, and fails it as told.
    async fn done<T: Serialize>(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        work: impl FnOnce(&mut Books) -> Result<T, Refusal>,
    ) -> Response {
        if !self.is_signed(headers, body) {
            return self.answer(StatusCode::UNAUTHORIZED, &json!({ "code": "SIGNATURE" }));
        }
        if self.fault(|f| &mut f.busy) {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        let done = work(&mut self.books());
        if self.fault(|f| &mut f.hang_after) {
            std::future::pending::<()>().await;
        }
        if self.fault(|f| &mut f.lose_answer) {
            return StatusCode::BAD_GATEWAY.into_response();
        }
        match done.map(serde_json::to_value) {
            Ok(Ok(value)) => self.answer(StatusCode::OK, &value),
            Ok(Err(_)) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Err(Refusal::Unknown) => self.answer(StatusCode::NOT_FOUND, &json!({ "code": "UNKNOWN" })),
            Err(Refusal::Conflict) => self.answer(StatusCode::CONFLICT, &json!({ "code": "CONFLICT" })),
            Err(Refusal::State) => self.answer(StatusCode::CONFLICT, &json!({ "code": "STATE" })),
        }
    }

    async fn read<T: DeserializeOwned, R: Serialize>(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        work: impl FnOnce(&mut Books, T) -> Result<R, Refusal>,
    ) -> Response {
        match serde_json::from_slice(body) {
            Ok(asked) => self.done(headers, body, |books| work(books, asked)).await,
            Err(_) => self.answer(StatusCode::BAD_REQUEST, &json!({ "code": "MALFORMED" })),
        }
    }
}

type Shared = State<Arc<Sim>>;

/// The routes.
pub fn router(sim: Arc<Sim>) -> Router {
    Router::new()
        .route("/pay/v1/payments", post(create))
        .route("/pay/v1/payments/{out_no}", get(payment))
        .route("/pay/v1/payments/{out_no}/{end}", post(end))
        .route("/pay/page/{out_no}", get(page::show))
        .route("/pay/page/{out_no}/{end}", post(page::end))
        .route("/pay/v1/refunds", post(refund))
        .route("/pay/v1/refunds/{number}", get(refunded))
        .route("/pay/v1/declarations", post(declare))
        .route("/pay/v1/declarations/{order_no}", get(declared))
        .route("/pay/v1/declarations/{order_no}/redeclare", post(redeclare))
        .route("/sim/faults", get(faults).post(set_faults))
        .with_state(sim)
}

async fn create(State(sim): Shared, headers: HeaderMap, body: Bytes) -> Response {
    sim.read(&headers, &body, Books::create).await
}

async fn payment(State(sim): Shared, Path(out_no): Path<String>, headers: HeaderMap) -> Response {
    sim.done(&headers, b"", |books| books.payment(&out_no)).await
}

/// `pay`, `refuse` or `abandon`: the payer's part, which needs no signature.
async fn end(State(sim): Shared, Path((out_no, end)): Path<(String, String)>) -> Response {
    match sim.ended(&out_no, &end) {
        Ok(payment) => sim.answer(StatusCode::OK, &json!(payment)),
        Err(Refusal::Unknown) => sim.answer(StatusCode::NOT_FOUND, &json!({ "code": "UNKNOWN" })),
        Err(_) => sim.answer(StatusCode::CONFLICT, &json!({ "code": "STATE" })),
    }
}

async fn refund(State(sim): Shared, headers: HeaderMap, body: Bytes) -> Response {
    sim.read(&headers, &body, Books::refund).await
}

async fn refunded(State(sim): Shared, Path(number): Path<String>, headers: HeaderMap) -> Response {
    sim.done(&headers, b"", |books| books.refunded(&number)).await
}

async fn declare(State(sim): Shared, headers: HeaderMap, body: Bytes) -> Response {
    let rejects = || sim.fault(|f| &mut f.reject);
    sim.read(&headers, &body, |books: &mut Books, asked| books.declare(asked, rejects)).await
}

async fn declared(State(sim): Shared, Path(order_no): Path<String>, headers: HeaderMap) -> Response {
    let rejects = || sim.fault(|f| &mut f.reject);
    sim.done(&headers, b"", |books| books.declared(&order_no, rejects)).await
}

async fn redeclare(
    State(sim): Shared,
    Path(order_no): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    sim.done(&headers, &body, |books| books.redeclare(&order_no)).await
}

async fn faults(State(sim): Shared) -> Json<Faults> {
    Json(sim.faults.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

async fn set_faults(State(sim): Shared, Json(faults): Json<Faults>) -> Json<Faults> {
    *sim.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults.clone();
    Json(faults)
}
