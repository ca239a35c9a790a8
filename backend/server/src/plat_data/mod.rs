//! Payment data that customs may ask for (announcements 165 and 179 of 2018): customs asks for an order at `platDataOpen`
//! ([`ask`]), and the request and response of its payment are uploaded soon after ([`upload`]), signed over exactly the bytes
//! that are sent ([`text`]). docs/payment-data.md has the protocol.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use crate::clearing::signer;
use crate::secrets::SecretsError;
use crate::shop::Shop;
use crate::signing::software::Software;
use crate::signing::{self, OpenError, Signing};

pub mod ask;
pub mod config;
pub mod raw;
pub mod text;
pub mod upload;

/// How often what is due is looked for when nothing rings.
const LOOK: Duration = Duration::from_millis(500);
/// No query of customs is longer.
const MOST_BYTES: usize = 16 * 1024;
/// How often what was kept long enough is removed.
const FORGET: SignedDuration = SignedDuration::from_hours(1);

/// What answers customs' queries.
pub struct PlatData {
    /// Settings, database, keys, clock, catalogue.
    pub shop: Arc<Shop>,
    signing: Arc<dyn Signing>,
    client: reqwest::Client,
    rung: Notify,
}

/// Why queries cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum PlatDataError {
    /// The signer.
    #[error(transparent)]
    Signer(#[from] OpenError),
    /// The settings name a signer that is not there.
    #[error("[plat_data] signer = \"{0}\": there is no such signer among the [[signers]]")]
    NoSigner(String),
    /// The address is missing.
    #[error("[plat_data] is enabled and needs upload_url: see docs/payment-data.md")]
    NoAddress,
    /// The key of the data directory.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The HTTP client.
    #[error("no HTTP client can be made: {0}")]
    Client(#[from] reqwest::Error),
}

impl PlatData {
    /// Opens the signer, whose certificate must be the platform's.
    ///
    /// # Errors
    /// [`PlatDataError`].
    pub async fn open(shop: Arc<Shop>) -> Result<Arc<Self>, PlatDataError> {
        let (config, settings) = (&shop.app.config, &shop.app.config.plat_data);
        if settings.upload_url.is_empty() {
            return Err(PlatDataError::NoAddress);
        }
        let platform = &shop.data.operator.platform.code;
        let signing: Arc<dyn Signing> = if settings.signer.is_empty() {
            Arc::new(Software::new("customs-key.pem", platform, signer::key(&config.data_dir)?))
        } else {
            let named = config.signers.iter().find(|signer| signer.name == settings.signer);
            let named = named.ok_or_else(|| PlatDataError::NoSigner(settings.signer.clone()))?;
            signing::open(named, platform).await?
        };
        let timeout = Duration::from_millis(u64::from(settings.timeout_ms.max(1)));
        let client = reqwest::Client::builder().timeout(timeout).no_proxy().build()?;
        Ok(Arc::new(Self { shop, signing, client, rung: Notify::new() }))
    }

    fn now(&self) -> Timestamp {
        self.shop.app.now()
    }
}

/// The route that customs calls.
pub fn router(plat: Arc<PlatData>) -> Router {
    let limit = DefaultBodyLimit::max(MOST_BYTES);
    Router::new().route("/platDataOpen", post(ask::open).layer(limit)).with_state(plat)
}

/// Uploads what is asked for and removes what was kept long enough, until dropped.
pub async fn run(plat: Arc<PlatData>) {
    let mut forgotten = Timestamp::UNIX_EPOCH;
    loop {
        if let Err(error) = upload::all_due(&plat).await {
            tracing::error!(%error, "payment data could not be prepared");
        }
        let now = plat.now();
        if now.duration_since(forgotten) >= FORGET {
            forgotten = now;
            match plat.shop.app.store.write(move |tx| raw::forget(tx, now)).await {
                Ok(0) => {}
                Ok(rows) => tracing::info!(rows, "payment data kept long enough were removed"),
                Err(error) => tracing::error!(%error, "payment data kept long enough were not removed"),
            }
        }
        // Whichever comes first: a query, or the time to try again.
        let _ = tokio::time::timeout(LOOK, plat.rung.notified()).await;
    }
}

#[cfg(test)]
mod tests;
