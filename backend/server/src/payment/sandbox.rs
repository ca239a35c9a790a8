//! The sandbox payment company over HTTP, as `pickup-payment-sim` plays it. docs/payment-data.md has the protocol.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::HeaderMap;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use pickup_domain::Money;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::checkout::{Begin, Checkout, Paid, Stands as Payment, Told};
use super::config::PaymentConfig;
use super::signature::{Key, SIGNATURE, TIME};
use super::{Company, CompanyError, DeclareAsk, DeclareState, RefundAsk, RefundState};

/// Why the sandbox cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address is missing.
    #[error("[payment] provider = \"sandbox\" needs url = \"http://…\"")]
    NoAddress,
    /// The key file.
    #[error("[payment] key_file {path}: {source}")]
    Key {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The HTTP client.
    #[error("no HTTP client can be made: {0}")]
    Client(#[from] reqwest::Error),
}

/// The sandbox company.
#[derive(Clone, Debug)]
pub struct Sandbox {
    client: reqwest::Client,
    base: String,
    payer_base: String,
    key: Key,
}

/// A payment as the company tells it.
#[derive(Deserialize)]
struct PaymentSaid {
    out_no: String,
    state: String,
    amount_fen: Money,
    #[serde(default)]
    transaction_id: String,
    #[serde(default)]
    payer_name: String,
    #[serde(default)]
    payer_id_number: String,
    #[serde(default)]
    paid_at: String,
}

#[derive(Deserialize)]
struct Stands {
    state: String,
    #[serde(default)]
    message: String,
}

impl Sandbox {
    /// The company of these settings; a relative key file counts from the data directory.
    ///
    /// # Errors
    /// [`SandboxError`].
    pub fn open(config: &PaymentConfig, data_dir: &Path) -> Result<Self, SandboxError> {
        if !config.url.starts_with("http") {
            return Err(SandboxError::NoAddress);
        }
        let path = data_dir.join(&config.key_file);
        let secret = std::fs::read_to_string(&path).map_err(|source| SandboxError::Key { path, source })?;
        let timeout = Duration::from_millis(u64::from(config.timeout_ms.max(1)));
        let payer_url = if config.payer_url.is_empty() { &config.url } else { &config.payer_url };
        Ok(Self {
            client: reqwest::Client::builder().timeout(timeout).no_proxy().build()?,
            base: config.url.trim_end_matches('/').to_owned(),
            payer_base: payer_url.trim_end_matches('/').to_owned(),
            key: Key::new(secret.trim().as_bytes()),
        })
    }

    /// Asks, and verifies that the company itself answers; `None` for 404.
    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Option<T>, CompanyError> {
        let body = if method == Method::GET { Vec::new() } else { body.to_string().into_bytes() };
        let time = Timestamp::now().as_millisecond().to_string();
        let request = self
            .client
            .request(method, format!("{}/pay/v1/{path}", self.base))
            .header("content-type", "application/json")
            .header(SIGNATURE, self.key.sign(&time, &body))
            .header(TIME, time)
            .body(body);
        let away = |error: reqwest::Error| CompanyError::Unreachable(error.to_string());
        let answer = request.send().await.map_err(away)?;
        let status = answer.status();
        let header = |name| answer.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let (time, signature) = (header(TIME), header(SIGNATURE));
        let body = answer.bytes().await.map_err(away)?;
        let text = || String::from_utf8_lossy(&body).chars().take(200).collect::<String>();
        let other = || CompanyError::Answer { status: status.as_u16(), text: text() };
        if status.is_server_error() {
            return Err(other());
        }
        if !self.key.verifies(&time, &body, &signature) {
            return Err(CompanyError::Signature);
        }
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if !status.is_success() {
            return Err(other());
        }
        serde_json::from_slice(&body).map(Some).map_err(|_| other())
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, CompanyError> {
        let stands = self.ask(Method::POST, path, body).await?;
        stands.ok_or_else(|| CompanyError::Answer { status: 404, text: path.to_owned() })
    }
}

impl Stands {
    fn refund(self) -> Result<RefundState, CompanyError> {
        match self.state.as_str() {
            "pending" => Ok(RefundState::Pending),
            "done" => Ok(RefundState::Done),
            "refused" => Ok(RefundState::Refused(self.message)),
            _ => Err(CompanyError::Answer { status: 200, text: self.state }),
        }
    }

    fn declaration(self) -> Result<DeclareState, CompanyError> {
        match self.state.as_str() {
            "submitted" => Ok(DeclareState::Submitted),
            "accepted" => Ok(DeclareState::Accepted),
            "rejected" => Ok(DeclareState::Rejected(self.message)),
            _ => Err(CompanyError::Answer { status: 200, text: self.state }),
        }
    }
}

impl Company for Sandbox {
    fn refund<'a>(&'a self, ask: &'a RefundAsk) -> BoxFuture<'a, Result<RefundState, CompanyError>> {
        let body = json!({
            "refund_no": ask.number, "transaction_id": ask.transaction, "amount_fen": ask.amount,
        });
        async move { self.post::<Stands>("refunds", &body).await?.refund() }.boxed()
    }

    fn refunded<'a>(&'a self, number: &'a str) -> BoxFuture<'a, Result<Option<RefundState>, CompanyError>> {
        async move {
            let found = self.ask(Method::GET, &format!("refunds/{number}"), &Value::Null).await?;
            found.map(Stands::refund).transpose()
        }
        .boxed()
    }

    fn declare<'a>(&'a self, ask: &'a DeclareAsk) -> BoxFuture<'a, Result<DeclareState, CompanyError>> {
        let body = json!({
            "order_no": ask.order_no, "transaction_id": ask.transaction, "amount_fen": ask.amount,
            "platform": ask.platform, "customs": ask.customs,
        });
        async move { self.post::<Stands>("declarations", &body).await?.declaration() }.boxed()
    }

    fn declared<'a>(
        &'a self,
        order_no: &'a str,
    ) -> BoxFuture<'a, Result<Option<DeclareState>, CompanyError>> {
        async move {
            let found = self.ask(Method::GET, &format!("declarations/{order_no}"), &Value::Null).await?;
            found.map(Stands::declaration).transpose()
        }
        .boxed()
    }

    fn redeclare<'a>(&'a self, order_no: &'a str) -> BoxFuture<'a, Result<DeclareState, CompanyError>> {
        async move {
            let path = format!("declarations/{order_no}/redeclare");
            self.post::<Stands>(&path, &json!({})).await?.declaration()
        }
        .boxed()
    }
}

impl PaymentSaid {
    fn read(self) -> Result<Told, CompanyError> {
        let stands = match self.state.as_str() {
            "created" => Payment::Waiting,
            "refused" => Payment::Refused,
            "abandoned" => Payment::Abandoned,
            "paid" => Payment::Paid(Paid {
                at: self.paid_at.parse().unwrap_or_else(|_| Timestamp::now()),
                transaction: self.transaction_id,
                amount: self.amount_fen,
                payer_name: self.payer_name,
                payer_id_number: self.payer_id_number,
            }),
            _ => return Err(CompanyError::Answer { status: 200, text: self.state }),
        };
        Ok(Told { out_no: self.out_no, stands })
    }
}

impl Checkout for Sandbox {
    fn begin<'a>(&'a self, ask: &'a Begin) -> BoxFuture<'a, Result<String, CompanyError>> {
        let body = json!({
            "out_no": ask.out_no, "amount_fen": ask.amount, "notify_url": ask.notify_url,
            "return_url": ask.return_url, "payer_name": ask.payer_name, "payer_id_number": ask.payer_id_number,
        });
        async move {
            let said: PaymentSaid = self.post("payments", &body).await?;
            Ok(format!("{}/pay/page/{}?lang={}", self.payer_base, said.out_no, ask.lang))
        }
        .boxed()
    }

    fn stands<'a>(&'a self, out_no: &'a str) -> BoxFuture<'a, Result<Option<Payment>, CompanyError>> {
        async move {
            let found: Option<PaymentSaid> =
                self.ask(Method::GET, &format!("payments/{out_no}"), &Value::Null).await?;
            Ok(found.map(PaymentSaid::read).transpose()?.map(|told| told.stands))
        }
        .boxed()
    }

    fn told(&self, headers: &HeaderMap, body: &[u8]) -> Result<Told, CompanyError> {
        let header = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("");
        if !self.key.verifies(header(TIME), body, header(SIGNATURE)) {
            return Err(CompanyError::Signature);
        }
        // What cannot be read is not repeated: it may hold an identity number.
        let other =
            || CompanyError::Answer { status: 200, text: "a notification of another form".to_owned() };
        serde_json::from_slice::<PaymentSaid>(body).map_err(|_| other())?.read()
    }

    fn origin(&self) -> String {
        // What follows the host is left away.
        self.payer_base.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
    }

    fn thanks(&self) -> &'static str {
        "SUCCESS"
    }
}
