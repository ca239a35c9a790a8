//! Clearing: match the three documents, judge, hold stock, limit and guarantee together, and write the declaration.
//!
//! Orders that come at the same moment are cleared together in one transaction ([`clearer`], [`batch`]): what is needed is
//! read, [`decide::decide`] decides on each as a pure function, and what it says is written. Then [`outbox`] sends what
//! waits and [`receipts`] takes what comes back; [`run`] does both for ever.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pickup_domain::order::OrderState;
use serde_json::Value;

use crate::db::{Conn, DbError};
use crate::parcels::ParcelError;
use crate::secrets::SecretsError;
use crate::shop::Shop;
use crate::store::StoreError;
use crate::trail::{self, Change, Kind};

pub mod accounts;
pub mod again;
pub mod applications;
pub mod ask;
pub mod batch;
mod build;
pub mod certificates;
pub mod clearer;
pub mod decide;
pub mod declare;
mod earlier;
mod effects;
pub mod facts;
pub mod floor;
pub mod gateway;
pub mod outbox;
pub mod payback;
pub mod receipts;
mod rows;
pub mod signer;
mod standing;
pub mod strays;
pub mod tax_bills;

use gateway::Gateway;

/// The messages of one declaration in the order they are sent: the list last.
pub const MESSAGES: [&str; 3] = ["CEB311Message", "CEB511Message", LIST];
/// The inventory list, which is the declaration itself.
pub const LIST: &str = "CEB621Message";

/// How often it is looked whether a certificate runs out.
const LOOK_AT_CERTIFICATES: Duration = Duration::from_hours(6);

/// Why clearing, sending or taking receipts failed. What is refused by a rule is not in here.
#[derive(Debug, thiserror::Error)]
pub enum ClearingError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Keys or random numbers.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The parcel.
    #[error(transparent)]
    Parcel(#[from] ParcelError),
    /// A number that cannot be made.
    #[error(transparent)]
    CopNo(#[from] pickup_customs::CopNoError),
    /// The order is in no state for this.
    #[error(transparent)]
    Order(#[from] pickup_domain::order::IllegalOrderEvent),
    /// The order cannot be written as messages of customs.
    #[error(transparent)]
    Build(#[from] declare::BuildError),
}

impl From<DbError> for ClearingError {
    fn from(cause: DbError) -> Self {
        Self::Store(cause.into())
    }
}

/// Puts an order into `state`, on the table and on the trail. The caller has asked the state machine.
fn set_order(
    tx: &Conn,
    now: Timestamp,
    actor: &str,
    order_id: i64,
    state: OrderState,
    body: Value,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE orders SET state = ?1 WHERE cell = {cell} AND id = ?2")?
        .execute((state.as_str(), order_id))?;
    on_trail(tx, now, actor, Kind::Order, &order_id.to_string(), state.as_str(), body)
}

fn on_trail(
    tx: &Conn,
    now: Timestamp,
    actor: &str,
    kind: Kind,
    entity: &str,
    state: &str,
    body: Value,
) -> Result<(), StoreError> {
    trail::append(tx, now, &Change { actor, kind, entity, state, body })
}

/// Sends what waits and takes receipts, until dropped.
pub async fn run<G: Gateway>(shop: Arc<Shop>, gateway: Arc<G>) {
    tokio::join!(send_for_ever(&shop, &*gateway), take_for_ever(&shop, &*gateway));
}

async fn send_for_ever<G: Gateway>(shop: &Arc<Shop>, gateway: &G) {
    let poll = Duration::from_millis(u64::from(shop.app.config.customs_poll_ms.max(1)));
    let (mut looked, mut expired): (Option<std::time::Instant>, Option<std::time::Instant>) = (None, None);
    let patience = Duration::from_secs(u64::from(shop.app.config.hold_for_s / 10).clamp(1, 30));
    loop {
        if looked.is_none_or(|at| at.elapsed() > LOOK_AT_CERTIFICATES) {
            looked = Some(std::time::Instant::now());
            if let Err(error) = certificates::watch(shop).await {
                tracing::error!(%error, "the certificates could not be looked at");
            }
        }
        if let Err(error) = outbox::send_due(shop, gateway).await {
            tracing::error!(%error, "messages to customs could not be prepared");
        }
        if let Err(error) = applications::papers::all_due(shop).await {
            tracing::error!(%error, "applications to customs could not be prepared");
        }
        // It reads every hold: often enough for people, seldom enough for a million of them.
        if expired.is_none_or(|at| at.elapsed() > patience) {
            expired = Some(std::time::Instant::now());
            if let Err(error) = outbox::expire(shop).await {
                tracing::error!(%error, "holds that ran out could not be ended");
            }
        }
        // Whichever comes first: a new message, or the time to try again.
        let _ = tokio::time::timeout(poll, shop.outbox.notified()).await;
    }
}

async fn take_for_ever<G: Gateway>(shop: &Arc<Shop>, gateway: &G) {
    let poll = Duration::from_millis(u64::from(shop.app.config.customs_poll_ms.max(1)));
    let mut reachable = true;
    loop {
        match receipts::take(shop, gateway).await {
            Ok(taken) => {
                reachable = true;
                if taken > 0 {
                    continue;
                }
            }
            Err(error) if reachable => {
                reachable = false;
                tracing::warn!(%error, "receipts cannot be had from the customs gateway; trying on");
            }
            Err(_) => {}
        }
        tokio::time::sleep(poll).await;
    }
}

#[cfg(test)]
pub(crate) mod tests;
