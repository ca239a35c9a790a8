//! The settings of `backend.toml`, each with a default that works on one machine.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::db::PgAddress;
use crate::gateway::config::{self as ports, PortConfig, PortError};
use crate::payment::config::PaymentConfig;
use crate::phone::config::PhoneConfig;
use crate::plat_data::config::PlatDataConfig;
use crate::sandbox;
use crate::shop::config::ShopApiConfig;
use crate::signing::config::{self as signers, SignerConfig, SignerConfigError};
use crate::store::{Place, Source, StoreError};
use crate::webhooks::config::WebhookConfig;

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not what this program expects.
    #[error("{path}: {source}")]
    Parse {
        /// Which file.
        path: PathBuf,
        /// What and where.
        source: Box<toml::de::Error>,
    },
    /// A port.
    #[error(transparent)]
    Port(#[from] PortError),
    /// A signer.
    #[error(transparent)]
    Signer(#[from] SignerConfigError),
    /// The cell of sandboxes.
    #[error("cell {0} is the sandbox's: take another number")]
    SandboxCell(u16),
}

/// All settings. Unknown names are refused, so that a typing mistake is noticed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Directory of the database and the keys; made at the first start, for the owner alone. A relative path counts from
    /// the directory of the settings file.
    pub data_dir: PathBuf,
    /// The database: empty for the file `backend.db` in the data directory, or a PostgreSQL address such as
    /// `postgres://user@host/name` (over a socket or a private network: this connection is not encrypted).
    pub database: Database,
    /// Which cell of the database this process writes: the bonded books of one or more centres. One process a cell.
    pub cell: u16,
    /// Where shops and shoppers reach this backend (HTTP). Port 0 takes any free one; `READY` says which.
    pub shop_listen: SocketAddr,
    /// Where staff reach the console with a browser (HTTP; a proxy before it speaks TLS).
    pub console_listen: SocketAddr,
    /// After how many seconds without a request a session of the console ends.
    pub console_idle_s: u32,
    /// After how many seconds a session of the console ends in any case.
    pub console_session_s: u32,
    /// Whether browsers reach the pages without TLS, as on a developer's machine: cookies are then not kept from plain
    /// connections.
    pub plain_http: bool,
    /// Where kiosks reach this backend (HTTPS, mutual TLS).
    pub kiosk_listen: SocketAddr,
    /// Further names or addresses that kiosks use for this backend, for its certificate. `pickup-backend`, `localhost` and
    /// `127.0.0.1` are always in it.
    pub kiosk_names: Vec<String>,
    /// Base URL under which shoppers see this backend, for links in answers; empty for relative links.
    pub public_url: String,
    /// Whether messages are sent and receipts taken. `false` for a maintenance window of the port: orders are cleared and
    /// wait in the outbox.
    pub customs_enabled: bool,
    /// Ports, one per customs office; without any there is the one at `customs_url`.
    pub ports: Vec<PortConfig>,
    /// Who signs, beside the key in the data directory.
    pub signers: Vec<SignerConfig>,
    /// Payment data that customs may ask for.
    pub plat_data: PlatDataConfig,
    /// The payment company.
    pub payment: PaymentConfig,
    /// The shopper's pages.
    pub phone: PhoneConfig,
    /// The interface for shops.
    pub shop_api: ShopApiConfig,
    /// How shops are told what happens to their orders.
    pub webhooks: WebhookConfig,
    /// Base URL of the customs gateway, while there are no `ports`.
    pub customs_url: String,
    /// How often receipts are asked for, in milliseconds.
    pub customs_poll_ms: u32,
    /// How long to wait for an answer of the gateway, in milliseconds.
    pub customs_timeout_ms: u32,
    /// How long after a failed sending it is tried again, in milliseconds; doubles up to [`Config::customs_retry_most_ms`].
    pub customs_retry_ms: u32,
    /// Longest time between two tries, in milliseconds.
    pub customs_retry_most_ms: u32,
    /// By how many fen customs' tax may differ from ours before a person is asked to look.
    pub tax_tolerance_fen: u32,
    /// Whether shops may say that a state-authorised body authenticated the buyer's identity, so that somebody else may
    /// pay. `false` where the operator has not seen to it: then buyer and payer are one person.
    pub shops_authenticate: bool,
    /// How long stock, limit and guarantee are held for an order that customs has not answered, in seconds.
    pub hold_for_s: u32,
    /// How long a shopper has to collect once the parcel is ready, in seconds.
    pub ticket_for_s: u32,
    /// How long a kiosk may act on a release manifest without the network, in seconds.
    pub manifest_for_s: u32,
    /// How long a door stays reserved for a parcel whose deposit was never reported, in seconds. A kiosk that falls silent
    /// must not keep its own doors from it when it is back, nor the parcel from another kiosk.
    pub door_reserved_for_s: u32,
    /// Whether a staff badge that has no PIN opens staff mode. `false`: each badge needs its PIN.
    pub badges_without_pin: bool,
    /// Whether this is the sandbox for shops; the program says so, not the settings.
    #[serde(skip)]
    pub sandbox: bool,
}

/// Where the database is, as written. `Debug` does not show it: it may hold a password.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Database(pub String);

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            database: Database::default(),
            cell: 1,
            shop_listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            console_listen: SocketAddr::from(([127, 0, 0, 1], 8081)),
            console_idle_s: 30 * 60,
            console_session_s: 12 * 3600,
            plain_http: false,
            kiosk_listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
            kiosk_names: Vec::new(),
            public_url: String::new(),
            customs_enabled: true,
            ports: Vec::new(),
            signers: Vec::new(),
            plat_data: PlatDataConfig::default(),
            payment: PaymentConfig::default(),
            phone: PhoneConfig::default(),
            shop_api: ShopApiConfig::default(),
            webhooks: WebhookConfig::default(),
            customs_url: "http://127.0.0.1:8090".to_owned(),
            customs_poll_ms: 500,
            customs_timeout_ms: 10_000,
            customs_retry_ms: 500,
            customs_retry_most_ms: 60_000,
            tax_tolerance_fen: 100,
            shops_authenticate: false,
            hold_for_s: 3 * 24 * 3600,
            ticket_for_s: 7 * 24 * 3600,
            manifest_for_s: 24 * 3600,
            door_reserved_for_s: 10 * 60,
            badges_without_pin: false,
            sandbox: false,
        }
    }
}

impl Config {
    /// Reads a settings file. Without `path`, `backend.toml` of the working directory when there is one, else the defaults.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let given = path.map(Path::to_owned);
        let usual = || Some(PathBuf::from("backend.toml")).filter(|p| p.exists());
        let Some(path) = given.or_else(usual) else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(&path)
            .map_err(|source| ConfigError::Read { path: path.clone(), source })?;
        let mut config: Self = toml::from_str(&text)
            .map_err(|source| ConfigError::Parse { path: path.clone(), source: Box::new(source) })?;
        if let Some(dir) = path.parent() {
            config.data_dir = dir.join(&config.data_dir);
            config.ports.iter_mut().for_each(|port| port.dir = dir.join(&port.dir));
            config.signers.iter_mut().for_each(|signer| signer.relative_to(dir));
        }
        config.check()?;
        Ok(config)
    }

    /// Checks what one setting says of another.
    ///
    /// # Errors
    /// [`ConfigError`] with the first rule that is broken.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.cell == sandbox::CELL && !self.sandbox {
            return Err(ConfigError::SandboxCell(self.cell));
        }
        signers::check(&self.signers)?;
        let names: Vec<&str> = self.signers.iter().map(|signer| signer.name.as_str()).collect();
        Ok(ports::check(&self.ports, &names)?)
    }

    /// The port of a customs office: its own, else the default one; `None` while there are no ports.
    #[must_use]
    pub fn port_of(&self, office: &str) -> Option<&PortConfig> {
        let own = self.ports.iter().find(|port| port.code == office);
        own.or_else(|| self.ports.iter().find(|port| port.default)).or(self.ports.first())
    }
}

impl Config {
    /// The database and cell of these settings.
    ///
    /// # Errors
    /// [`StoreError`] when the address cannot be read.
    pub fn source(&self) -> Result<Source, StoreError> {
        let place = if self.database.0.is_empty() {
            Place::File(self.data_dir.join("backend.db"))
        } else {
            Place::Server(PgAddress::parse(&self.database.0)?)
        };
        Ok(Source { place, cell: i64::from(self.cell) })
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "Database(file)" } else { "Database(server)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_its_default() {
        let config: Config = toml::from_str("data_dir = '/tmp/x'\nshop_listen = '127.0.0.1:0'").unwrap();
        assert_eq!(config.shop_listen.port(), 0);
        assert_eq!(config.kiosk_listen.port(), 8443);
    }

    #[test]
    fn a_misspelt_setting_is_refused_by_name() {
        let error = toml::from_str::<Config>("shop_lisen = '127.0.0.1:0'").unwrap_err().to_string();
        assert!(error.contains("shop_lisen"), "{error}");
    }
}
