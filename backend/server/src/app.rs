//! What every part of the server shares: settings, database, keys, certificate authority and the clock.

use std::fmt;
use std::os::unix::fs::DirBuilderExt as _;
use std::sync::Arc;

use jiff::Timestamp;

use crate::ca::{Ca, CaError};
use crate::config::Config;
use crate::secrets::{Secrets, SecretsError};
use crate::store::{Store, StoreError};

/// Tells the time. Below the HTTP layer time is an argument; this is where it comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The data directory cannot be made.
    #[error("the data directory {path} cannot be made: {source}")]
    DataDir {
        /// Where.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The keys.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The certificate authority.
    #[error(transparent)]
    Ca(#[from] CaError),
}

/// What every part of the server shares.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The keys.
    pub secrets: Secrets,
    /// The certificate authority that kiosks trust and are certified by.
    pub ca: Ca,
    /// The clock.
    pub clock: Clock,
}

impl App {
    /// Opens the data directory, making whatever is missing.
    ///
    /// # Errors
    /// [`AppError`].
    pub fn open(config: Config, clock: Clock) -> Result<Arc<Self>, AppError> {
        let dir = &config.data_dir;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(|source| AppError::DataDir { path: dir.clone(), source })?;
        let secrets = Secrets::open_or_make(dir)?;
        let ca = Ca::open_or_make(dir, clock())?;
        let store = Store::open(&config.source()?)?;
        Ok(Arc::new(Self { config, store, secrets, ca, clock }))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}

/// The system's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(Timestamp::now)
}
