//! What the kiosk asks the backend, over one kept connection.

use std::error::Error as _;
use std::time::Duration;

use pickup_protocol::SignedManifest;
use pickup_protocol::health::Health;
use pickup_protocol::kiosk::{
    Ack, ApiError, DepositPlanReply, DepositPlanRequest, GrantReply, GrantRequest, Hello, NumberRequest,
    PATH, StaffReply, StaffRequest, Verdict, VerdictRequest,
};
use pickup_protocol::work::{
    OpeningReply, OpeningRequest, Pin, SlipReply, SlipRequest, WishReply, WishRequest,
};
use pickup_session::journal::Report;
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::tls::Client;

/// A person waits for these.
const PERSON_WAITS: Duration = Duration::from_secs(3);
/// Nobody waits for these.
const NOBODY_WAITS: Duration = Duration::from_secs(10);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// No connection, or none in time.
    #[error("the backend does not answer: {0}{because}", because = because(.0))]
    Unreachable(#[source] reqwest::Error),
    /// It answers, but has a fault of its own.
    #[error("the backend answered {0}")]
    Broken(StatusCode),
    /// It will never take this.
    #[error("the backend refuses this: {} ({})", .0.message_en, .0.code)]
    Refused(ApiError),
}

/// What lies under an error of the HTTP client, which names only the address.
fn because(error: &reqwest::Error) -> String {
    std::iter::successors(error.source(), |cause| (*cause).source())
        .map(|cause| format!(": {cause}"))
        .collect()
}

impl BackendError {
    /// Whether the backend answers and wants nothing of us: revoked, or a request it cannot read.
    #[must_use]
    pub fn turns_us_away(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Broken(StatusCode::UNAUTHORIZED))
    }
}

/// The backend.
#[derive(Clone, Debug)]
pub struct Backend {
    client: Client,
}

impl Backend {
    /// The backend this client reaches.
    #[must_use]
    pub const fn new(client: Client) -> Self {
        Self { client }
    }

    /// Who we are, which keys are good, and the time.
    ///
    /// # Errors
    /// [`BackendError`], as for all of these.
    pub async fn hello(&self) -> Result<Hello, BackendError> {
        self.ask(Method::GET, "hello", None::<&()>, PERSON_WAITS).await
    }

    /// What lies released in our lockers.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn manifest(&self) -> Result<SignedManifest, BackendError> {
        self.ask(Method::GET, "manifest", None::<&()>, NOBODY_WAITS).await
    }

    /// What a ticket is good for.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn verdict(&self, request: &VerdictRequest) -> Result<Verdict, BackendError> {
        self.ask(Method::POST, "verdict", Some(request), PERSON_WAITS).await
    }

    /// What a typed pickup number is good for.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn number(&self, request: &NumberRequest) -> Result<Verdict, BackendError> {
        self.ask(Method::POST, "verdict/number", Some(request), PERSON_WAITS).await
    }

    /// Whether the door may open.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn grant(&self, request: &GrantRequest) -> Result<GrantReply, BackendError> {
        self.ask(Method::POST, "grants", Some(request), PERSON_WAITS).await
    }

    /// Whose badge this is.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn staff(&self, badge: String, pin: Option<Pin>) -> Result<StaffReply, BackendError> {
        self.ask(Method::POST, "staff", Some(&StaffRequest { badge, pin }), PERSON_WAITS).await
    }

    /// Where a parcel goes.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn plan(&self, request: &DepositPlanRequest) -> Result<DepositPlanReply, BackendError> {
        self.ask(Method::POST, "deposits/plan", Some(request), PERSON_WAITS).await
    }

    /// Whether staff may open a door.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn opening(&self, request: &OpeningRequest) -> Result<OpeningReply, BackendError> {
        self.ask(Method::POST, "openings", Some(request), PERSON_WAITS).await
    }

    /// Whether somebody at the console wants a door open.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn wishes(&self, request: &WishRequest) -> Result<WishReply, BackendError> {
        self.ask(Method::POST, "wishes", Some(request), NOBODY_WAITS).await
    }

    /// What a slip that is owed says.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn slip(&self, request: &SlipRequest) -> Result<SlipReply, BackendError> {
        self.ask(Method::POST, "slips", Some(request), PERSON_WAITS).await
    }

    /// Reports what happened.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn report(&self, report: &Report) -> Result<Ack, BackendError> {
        match report {
            Report::Handover(h) => self.ask(Method::POST, "handovers", Some(h), NOBODY_WAITS).await,
            Report::Deposit(d) => self.ask(Method::POST, "deposits", Some(d), NOBODY_WAITS).await,
            Report::Service(s) => self.ask(Method::POST, "service", Some(s), NOBODY_WAITS).await,
            Report::Resolution(r) => self.ask(Method::POST, "resolutions", Some(r), NOBODY_WAITS).await,
            Report::Opening(o) => self.ask(Method::POST, "openings/ended", Some(o), NOBODY_WAITS).await,
            Report::Slip(s) => self.ask(Method::POST, "slips/printed", Some(s), NOBODY_WAITS).await,
        }
    }

    /// Tells how the kiosk stands.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn health(&self, health: &Health) -> Result<serde_json::Value, BackendError> {
        self.ask(Method::POST, "health", Some(health), NOBODY_WAITS).await
    }

    /// Everything asked carries an id or changes nothing, so asking twice is safe.
    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
        within: Duration,
    ) -> Result<T, BackendError> {
        let url = self.client.url(&format!("{PATH}/{path}"));
        let once = || async {
            let mut request = self.client.http.request(method.clone(), url.clone()).timeout(within);
            if let Some(body) = body {
                request = request.json(body);
            }
            request.send().await
        };
        let answer = match once().await {
            // A kept connection that the other side has closed meanwhile shows only now.
            Err(error) if !error.is_timeout() && !error.is_connect() => once().await,
            answer => answer,
        };
        let answer = answer.map_err(BackendError::Unreachable)?;
        let status = answer.status();
        if status.is_success() {
            return answer.json().await.map_err(BackendError::Unreachable);
        }
        let lasting = status.is_client_error()
            && !matches!(
                status,
                StatusCode::UNAUTHORIZED | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
            );
        match answer.json().await {
            Ok(error) if lasting => Err(BackendError::Refused(error)),
            _ => Err(BackendError::Broken(status)),
        }
    }
}
