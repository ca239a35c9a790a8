//! Webhooks: shops are told what happens to their orders, signed, until they have taken it.
//!
//! [`events`] reads what has happened from the trail. [`queue`] follows the trail by a mark on each endpoint and writes down
//! what each is to be told, in the transaction that moves the mark: nothing is missed and nothing comes twice. [`sender`]
//! posts it, with growing waits after failures.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::{Conn, Row};
use crate::secrets::{Secrets, SecretsError};
use crate::store::StoreError;
use crate::tasks;
use crate::time::{at, us};
use crate::trail::{self, Change, Kind};

pub mod api;
pub mod config;
pub mod events;
pub mod guard;
pub mod queue;
pub mod sender;
pub mod sign;

#[cfg(test)]
mod tests;

use events::EventKind;
use sign::Secret;

/// Most endpoints of a merchant.
pub const ENDPOINTS_MOST: usize = 10;

/// Where a merchant wants to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// Where deliveries are posted to.
    pub url: String,
    /// What it is told; empty for everything.
    pub events: Vec<EventKind>,
    /// `active`, or `disabled` after it failed for days.
    pub state: String,
    /// When it was registered.
    pub made_at: Timestamp,
    /// Since when every delivery has failed.
    pub failing_since: Option<Timestamp>,
    /// Whose it is.
    #[serde(skip)]
    pub merchant: String,
    /// Row of the trail up to which its deliveries are written.
    #[serde(skip)]
    pub seq: i64,
    #[serde(skip)]
    sealed: Vec<u8>,
}

impl Endpoint {
    /// Whether it is told of this.
    #[must_use]
    pub fn wants(&self, kind: EventKind) -> bool {
        self.events.is_empty() || self.events.contains(&kind)
    }

    /// Whether deliveries are posted to it.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == "active"
    }

    /// What its deliveries are signed with.
    ///
    /// # Errors
    /// [`SecretsError`] when it was sealed for something else.
    pub fn secret(&self, secrets: &Secrets) -> Result<Secret, SecretsError> {
        Ok(Secret::from_bytes(secrets.open(&context(&self.id), &self.sealed)?.to_vec()))
    }
}

fn context(id: &str) -> String {
    format!("webhook/{id}")
}

const SELECT: &str = "SELECT id, url, events, state, made_us, failing_us, merchant, seq, secret
    FROM webhook_endpoint WHERE cell = {cell}";

/// Every endpoint, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn all(conn: &Conn) -> Result<Vec<Endpoint>, StoreError> {
    let sql = format!("{SELECT} ORDER BY made_us, id");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows: Vec<Result<Endpoint, StoreError>> =
        statement.query_map([], |row| Ok(read(row)))?.collect::<Result<_, _>>()?;
    rows.into_iter().collect()
}

/// A merchant's endpoints, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn of_merchant(conn: &Conn, merchant: &str) -> Result<Vec<Endpoint>, StoreError> {
    Ok(all(conn)?.into_iter().filter(|endpoint| endpoint.merchant == merchant).collect())
}

fn read(row: &Row) -> Result<Endpoint, StoreError> {
    let id: String = row.get(0)?;
    let events: String = row.get(2)?;
    let events = events.split(',').filter(|name| !name.is_empty()).map(str::parse);
    let what = || format!("events of webhook endpoint {id}");
    Ok(Endpoint {
        events: events.collect::<Result<_, _>>().map_err(|e| StoreError::unreadable(what(), e))?,
        url: row.get(1)?,
        state: row.get(3)?,
        made_at: at(row.get(4)?)?,
        failing_since: row.get::<_, Option<i64>>(5)?.map(at).transpose()?,
        merchant: row.get(6)?,
        seq: row.get(7)?,
        sealed: row.get(8)?,
        id,
    })
}

/// An endpoint to be registered.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Its id, where the request came under an idempotency key; else one is made.
    pub id: Option<String>,
    /// Whose.
    pub merchant: &'a str,
    /// Where it is told.
    pub url: &'a str,
    /// What it is told; nothing for all.
    pub events: &'a [EventKind],
}

/// The id of the endpoint that a request under an idempotency key registers: the same whenever it is sent.
#[must_use]
pub fn id_of(secrets: &Secrets, merchant: &str, key: &str) -> String {
    format!("we_{}", secrets.short_fingerprint("webhook-key", format!("{merchant}\n{key}").as_bytes()))
}

/// Registers an endpoint: it is told what happens from now on.
///
/// # Errors
/// [`StoreError`], or [`SecretsError`] when the secret cannot be made or sealed.
pub fn add<E: From<StoreError> + From<SecretsError>>(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    new: New<'_>,
) -> Result<(Endpoint, Secret), E> {
    let New { id, merchant, url, events } = new;
    let secret = Secret::make()?;
    let id = id.unwrap_or_else(|| format!("we_{}", Uuid::now_v7().simple()));
    let sealed = secrets.seal(&context(&id), secret.as_bytes())?;
    // This transaction's own row of the trail comes behind it.
    let seq = tx.state().map_or(0, |cell| cell.trail_seq);
    let names = events.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(",");
    tx.execute(
        "INSERT INTO webhook_endpoint (cell, id, merchant, url, events, secret, state, seq, made_us)
         VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, 'active', ?6, ?7)",
        (&id, merchant, url, names, &sealed, seq, us(now)),
    )
    .map_err(StoreError::from)?;
    on_trail(tx, now, merchant, "webhook_added", &id)?;
    let endpoint = Endpoint {
        id,
        url: url.to_owned(),
        events: events.to_vec(),
        state: "active".to_owned(),
        made_at: now,
        failing_since: None,
        merchant: merchant.to_owned(),
        seq,
        sealed,
    };
    Ok((endpoint, secret))
}

/// Removes an endpoint with its deliveries. What was not told stays untold.
///
/// # Errors
/// [`StoreError`].
pub fn remove(tx: &Conn, now: Timestamp, endpoint: &Endpoint) -> Result<(), StoreError> {
    tx.execute("DELETE FROM webhook_delivery WHERE cell = {cell} AND endpoint = ?1", [&endpoint.id])?;
    tx.execute("DELETE FROM webhook_endpoint WHERE cell = {cell} AND id = ?1", [&endpoint.id])?;
    let by = format!("shop:{}", endpoint.merchant);
    tasks::settle_of_entity(tx, now, tasks::Kind::Webhook, &endpoint.id, &by, "removed")?;
    on_trail(tx, now, &endpoint.merchant, "webhook_removed", &endpoint.id)
}

/// Has a disabled endpoint told again, from where it was left.
///
/// # Errors
/// [`StoreError`].
pub fn enable(tx: &Conn, now: Timestamp, endpoint: &Endpoint, by: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE webhook_endpoint SET state = 'active', failing_us = NULL WHERE cell = {cell} AND id = ?1",
        [&endpoint.id],
    )?;
    tx.execute(
        "UPDATE webhook_delivery SET next_us = ?2, attempts = 0
         WHERE cell = {cell} AND endpoint = ?1 AND state = 'due'",
        (&endpoint.id, us(now)),
    )?;
    tasks::settle_of_entity(tx, now, tasks::Kind::Webhook, &endpoint.id, by, "enabled")?;
    on_trail(tx, now, &endpoint.merchant, "webhook_enabled", &endpoint.id)
}

/// Tells an endpoint nothing more until it is enabled, and has a person speak to the shop.
///
/// # Errors
/// [`StoreError`].
pub fn disable(tx: &Conn, now: Timestamp, endpoint: &Endpoint, why: &str) -> Result<(), StoreError> {
    let changed = tx.execute(
        "UPDATE webhook_endpoint SET state = 'disabled' WHERE cell = {cell} AND id = ?1 AND state = 'active'",
        [&endpoint.id],
    )?;
    if changed == 0 {
        return Ok(());
    }
    let body = json!({ "merchant": endpoint.merchant, "url": endpoint.url, "why": why });
    tasks::raise(tx, now, tasks::Kind::Webhook, &endpoint.id, None, &body)?;
    on_trail(tx, now, &endpoint.merchant, "webhook_disabled", &endpoint.id)
}

fn on_trail(tx: &Conn, now: Timestamp, merchant: &str, state: &str, id: &str) -> Result<(), StoreError> {
    let body = json!({ "endpoint": id });
    trail::append(tx, now, &Change { actor: "system", kind: Kind::Shop, entity: merchant, state, body })
}
