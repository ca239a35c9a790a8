//! Text messages to a service: `POST` of the message as JSON, signed with HMAC-SHA256 over the time, a line feed and the
//! body, as `x-message-time` (milliseconds since 1970) and `x-message-signature` (hex). Any answer 2xx means taken.

use std::path::Path;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::config::MessagesConfig;
use super::{Carrier, CarrierError, Message, MessagesError};
use crate::payment::signature::Key;

/// Header with the time of signing.
pub const TIME: &str = "x-message-time";
/// Header with the signature.
pub const SIGNATURE: &str = "x-message-signature";

/// A service that is told messages.
#[derive(Clone, Debug)]
pub struct Webhook {
    client: reqwest::Client,
    url: String,
    key: Key,
}

impl Webhook {
    /// The service of these settings.
    ///
    /// # Errors
    /// [`MessagesError`].
    pub fn open(config: &MessagesConfig, data_dir: &Path) -> Result<Self, MessagesError> {
        if !config.url.starts_with("http") {
            return Err(MessagesError::NoAddress);
        }
        let path = data_dir.join(&config.key_file);
        let secret = std::fs::read_to_string(&path).map_err(|source| MessagesError::Key { path, source })?;
        let timeout = Duration::from_millis(u64::from(config.timeout_ms.max(1)));
        Ok(Self {
            client: reqwest::Client::builder().timeout(timeout).no_proxy().build()?,
            url: config.url.clone(),
            key: Key::new(secret.trim().as_bytes()),
        })
    }
}

impl Carrier for Webhook {
    fn take<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), CarrierError>> {
        async move {
            let away = |e: &dyn std::fmt::Display| CarrierError::Unreachable(e.to_string());
            let body = serde_json::to_vec(message).map_err(|e| away(&e))?;
            let time = Timestamp::now().as_millisecond().to_string();
            let request = self
                .client
                .post(&self.url)
                .header("content-type", "application/json")
                .header(SIGNATURE, self.key.sign(&time, &body))
                .header(TIME, time)
                .body(body);
            let answer = request.send().await.map_err(|e| away(&e.without_url()))?;
            if answer.status().is_success() {
                return Ok(());
            }
            Err(CarrierError::Answer(answer.status().as_u16()))
        }
        .boxed()
    }
}
