//! The backend, as the kiosk calls it: version 1 of the kiosk protocol over mutual TLS.

use std::time::Duration;

use pickup_protocol::SignedManifest;
use pickup_protocol::kiosk::{
    Ack, ApiError, DepositPlanReply, DepositPlanRequest, GrantReply, GrantRequest, Hello, StaffReply,
    StaffRequest, Verdict, VerdictRequest,
};
use pickup_session::journal::Report;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How long an answer that a person waits for may take.
const ANSWER: Duration = Duration::from_secs(3);

/// A backend.
#[derive(Clone, Debug)]
pub struct Backend {
    client: reqwest::Client,
    root: String,
}

/// Why a call brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Not reachable, or not in time.
    #[error("the backend does not answer: {0}")]
    Away(#[from] reqwest::Error),
    /// It answered, and will answer the same again.
    #[error("the backend refuses: {code}: {sentence}")]
    Final {
        /// Its code.
        code: String,
        /// Its sentence.
        sentence: String,
    },
    /// It answered that something is wrong on its side.
    #[error("the backend failed with status {0}")]
    Failed(u16),
    /// Its answer is not of this version.
    #[error("the backend's answer cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl Backend {
    /// A backend at `root`, such as `https://backend:8443`.
    ///
    /// # Errors
    /// When no client can be set up.
    pub fn new(root: &str, tls: rustls::ClientConfig) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(Duration::from_secs(2))
            .timeout(ANSWER)
            .tcp_nodelay(true)
            .pool_idle_timeout(Duration::from_secs(120))
            .build()?;
        Ok(Self { client, root: format!("{root}{}", pickup_protocol::kiosk::PATH) })
    }

    /// Who we are, which keys are good, what time it is.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn hello(&self) -> Result<Hello, CallError> {
        self.answer(self.client.get(format!("{}/hello", self.root))).await
    }

    /// What lies released in our lockers.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn manifest(&self) -> Result<SignedManifest, CallError> {
        self.answer(self.client.get(format!("{}/manifest", self.root))).await
    }

    /// What is to be said of a ticket.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn verdict(&self, request: &VerdictRequest) -> Result<Verdict, CallError> {
        self.post("verdict", request).await
    }

    /// Whether a door may open.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn grant(&self, request: &GrantRequest) -> Result<GrantReply, CallError> {
        self.post("grants", request).await
    }

    /// Whose badge this is.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn staff(&self, badge: String) -> Result<StaffReply, CallError> {
        self.post("staff", &StaffRequest { badge }).await
    }

    /// Where a parcel goes.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn plan(&self, request: &DepositPlanRequest) -> Result<DepositPlanReply, CallError> {
        self.post("deposits/plan", request).await
    }

    /// Reports how something ended.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn report(&self, report: &Report) -> Result<Ack, CallError> {
        match report {
            Report::Handover(handover) => self.post("handovers", handover).await,
            Report::Deposit(deposit) => self.post("deposits", deposit).await,
            Report::Resolution(resolution) => self.post("resolutions", resolution).await,
        }
    }

    async fn post<A: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<A, CallError> {
        self.answer(self.client.post(format!("{}/{path}", self.root)).json(body)).await
    }

    async fn answer<A: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<A, CallError> {
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.bytes().await?;
        if status.is_success() {
            return Ok(serde_json::from_slice(&body)?);
        }
        match serde_json::from_slice::<ApiError>(&body) {
            Ok(error) if matches!(status.as_u16(), 400 | 403 | 404 | 409 | 422) => {
                Err(CallError::Final { code: error.code, sentence: error.message_en })
            }
            _ => Err(CallError::Failed(status.as_u16())),
        }
    }
}
