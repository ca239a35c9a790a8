//! Text messages to shoppers: what carries them behind one trait, and a queue in the database that loses none.
//!
//! [`queue`] keeps each message sealed until it is taken. The default carrier writes files ([`files`]); [`webhook`] hands
//! them to a service that sends text messages.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

pub mod config;
pub mod files;
pub mod queue;
pub mod webhook;

use config::{MessagesConfig, Way};

/// A text message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What it tells; the same id is the same message.
    pub id: String,
    /// Telephone.
    pub to: String,
    /// `zh` or `en`.
    pub lang: String,
    /// What it says.
    pub text: String,
}

// A telephone and a link that opens an order are nothing for a log.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({})", self.id)
    }
}

/// Why a message was not taken. Trying again later may help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CarrierError {
    /// The file cannot be written.
    #[error("{path}: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The service cannot be reached, or not in time.
    #[error("the message service cannot be reached: {0}")]
    Unreachable(String),
    /// The service does not want it.
    #[error("the message service answered {0}")]
    Answer(u16),
}

/// Carries text messages. One that comes twice under the same id may be dropped.
pub trait Carrier: Send + Sync {
    /// Takes a message.
    fn take<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<(), CarrierError>>;
}

/// Why there is no carrier.
#[derive(Debug, thiserror::Error)]
pub enum MessagesError {
    /// The address is missing.
    #[error("[phone.messages] way = \"webhook\" needs url = \"https://…\"")]
    NoAddress,
    /// The key file.
    #[error("[phone.messages] key_file {path}: {source}")]
    Key {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The HTTP client.
    #[error("no HTTP client can be made: {0}")]
    Client(#[from] reqwest::Error),
}

/// The carrier of the settings.
///
/// # Errors
/// [`MessagesError`].
pub fn open(config: &MessagesConfig, data_dir: &Path) -> Result<Arc<dyn Carrier>, MessagesError> {
    Ok(match config.way {
        Way::Files => Arc::new(files::Files::new(data_dir.join(&config.folder))),
        Way::Webhook => Arc::new(webhook::Webhook::open(config, data_dir)?),
    })
}

#[cfg(test)]
mod tests;
