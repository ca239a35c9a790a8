//! Ways to the ports: each customs office has its own, several at once, behind the one gateway that clearing knows.
//!
//! Each port fills the inbox on its own ([`Ports::fill`]), where receipts get the one growing number that clearing reads by;
//! a port that is slow or away holds up no other. docs/gateways.md says what each way expects of the other side.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use crate::clearing::gateway::{Gateway, GatewayError, HttpGateway, Incoming, Outgoing};
use crate::demo::GatewayData;
use crate::shop::Shop;

pub mod config;
pub mod envelope;
mod inbox;
pub mod poll;
pub mod route;
pub mod spool;

use config::{PortConfig, Way};
use poll::PollGateway;
use spool::Spool;

/// Most receipts taken from a port at once.
const AT_ONCE: u32 = 500;

/// A receipt message as a port gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// What the port calls it: the same however often it gives it.
    pub source: String,
    /// Such as `CEB622Message`.
    pub kind: String,
    /// XML.
    pub body: Vec<u8>,
}

/// What a port gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Haul {
    /// Receipts, oldest first.
    pub receipts: Vec<Fetched>,
    /// How far it was read; handed back the next time.
    pub mark: String,
}

/// A way to a port.
enum Line {
    Http(HttpGateway),
    Poll(PollGateway),
    Spool(Spool),
}

struct Port {
    config: PortConfig,
    line: Line,
    reachable: AtomicBool,
}

/// All ports as one gateway.
pub struct Ports {
    shop: Arc<Shop>,
    ports: Vec<Port>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.ports.iter().map(|port| &port.config.code)).finish()
    }
}

impl Ports {
    /// The ports of the settings, whose rules [`config::check`] has found kept.
    ///
    /// # Errors
    /// [`GatewayError`] when a folder cannot be made or no HTTP client can.
    pub fn open(shop: Arc<Shop>) -> Result<Self, GatewayError> {
        let timeout = shop.app.config.customs_timeout_ms;
        let ours = &shop.data.operator.gateway;
        let open = |config: &PortConfig| {
            let line = Line::open(config, ours, timeout)?;
            Ok(Port { config: config.clone(), line, reachable: AtomicBool::new(true) })
        };
        let ports = shop.app.config.ports.iter().map(open).collect::<Result<_, GatewayError>>()?;
        Ok(Self { shop, ports })
    }

    /// Takes what every port has to give into the inbox, once; receipts that are new.
    pub async fn fill(&self) -> usize {
        let all = self.ports.iter().map(|port| self.fill_from(port));
        futures_util::future::join_all(all).await.into_iter().sum()
    }

    /// Fills the inbox from every port, each at its own pace, until dropped.
    pub async fn fill_for_ever(&self) {
        let pause = Duration::from_millis(u64::from(self.shop.app.config.customs_poll_ms.max(1)));
        let each = self.ports.iter().map(|port| async move {
            loop {
                if self.fill_from(port).await == 0 {
                    tokio::time::sleep(pause).await;
                }
            }
        });
        futures_util::future::join_all(each).await;
    }

    async fn fill_from(&self, port: &Port) -> usize {
        let taken = self.take_from(port).await;
        match taken {
            Ok(new) => {
                port.reachable.store(true, Ordering::Relaxed);
                new
            }
            Err(error) => {
                if port.reachable.swap(false, Ordering::Relaxed) {
                    tracing::warn!(port = port.config.code, %error, "receipts cannot be had from a port; trying on");
                }
                0
            }
        }
    }

    /// What a port gives is kept first, and only then done with there: a crash in between gives it twice, and it is
    /// known by its source.
    async fn take_from(&self, port: &Port) -> Result<usize, GatewayError> {
        let (app, code) = (&self.shop.app, &port.config.code);
        let mark = inbox::mark(app, code).await?;
        let haul = port.line.fetch(&mark, app.now()).await?;
        let kept = inbox::keep(app, code, &mark, haul).await?;
        if let Line::Spool(spool) = &port.line {
            spool.taken(&kept.sources).await?;
            for name in spool.failures().await? {
                inbox::report_failure(app, code, &name).await?;
            }
        }
        Ok(kept.new)
    }

    fn port(&self, code: &str) -> Option<&Port> {
        self.ports
            .iter()
            .find(|port| port.config.code == code)
            .or_else(|| self.ports.iter().find(|port| port.config.default))
            .or(self.ports.first())
    }
}

impl Gateway for Ports {
    async fn send(&self, message: Outgoing<'_>) -> Result<(), GatewayError> {
        let code = route::of_message(&self.shop, message.id).await?;
        let port = self.port(&code).ok_or_else(|| GatewayError::Kept("no port is configured".to_owned()))?;
        let body =
            envelope::wrap(port.config.payload, &message, &port.config, &self.shop.data.operator.gateway)?;
        port.line.send(Outgoing { body: &body, ..message }).await
    }

    async fn receipts(&self, after: i64, limit: u32) -> Result<Vec<Incoming>, GatewayError> {
        inbox::after(&self.shop.app, after, limit).await
    }
}

impl Line {
    fn open(config: &PortConfig, ours: &GatewayData, timeout_ms: u32) -> Result<Self, GatewayError> {
        let (dxp_id, receiver) = config.mailboxes(ours);
        Ok(match config.gateway {
            Way::Http => Self::Http(HttpGateway::new(&config.url, dxp_id, receiver, timeout_ms)?),
            Way::HttpPoll => Self::Poll(PollGateway::new(config, dxp_id, receiver, timeout_ms)?),
            Way::Spool => Self::Spool(Spool::open(&config.dir, config.settle_s)?),
        })
    }

    async fn send(&self, message: Outgoing<'_>) -> Result<(), GatewayError> {
        match self {
            Self::Http(line) => line.send(message).await,
            Self::Poll(line) => line.send(message).await,
            Self::Spool(line) => line.send(message).await,
        }
    }

    async fn fetch(&self, mark: &str, now: Timestamp) -> Result<Haul, GatewayError> {
        match self {
            Self::Http(line) => by_cursor(line, mark).await,
            Self::Poll(line) => line.fetch(mark, now).await,
            Self::Spool(line) => line.fetch(now, AT_ONCE).await,
        }
    }
}

async fn by_cursor(line: &HttpGateway, mark: &str) -> Result<Haul, GatewayError> {
    let after = mark.parse().unwrap_or(0);
    let given = line.receipts(after, AT_ONCE).await?;
    let last = given.iter().map(|one| one.cursor).max().unwrap_or(after);
    let fetched = |one: Incoming| {
        let (kind, body) = envelope::unwrap(&one.kind, one.body);
        Fetched { source: one.cursor.to_string(), kind, body }
    };
    Ok(Haul { receipts: given.into_iter().map(fetched).collect(), mark: last.to_string() })
}

#[cfg(test)]
mod tests;
