//! What each endpoint is to be told, and how each telling went.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::{Bulk, Column, Conn, Row};
use crate::store::StoreError;
use crate::time::{DAY_US, after_ms, at, us};
use crate::webhooks::config::WebhookConfig;
use crate::webhooks::events::{self, Event};
use crate::webhooks::{Endpoint, all, disable};

const HALF_DAY_MS: i64 = 12 * 3600 * 1_000;

/// One thing an endpoint is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Delivery {
    /// The event's id, which is also the header `webhook-id`.
    pub id: String,
    /// The event.
    pub event: String,
    /// The order it is about.
    pub order_no: String,
    /// `due`, `done` or `failed`.
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, while it is due.
    pub next_at: Option<Timestamp>,
    /// HTTP status of the last try, when there was an answer.
    pub status: Option<i64>,
    /// Why the last try failed.
    pub said: String,
    /// When it happened.
    pub at: Timestamp,
    /// When it was taken or given up.
    pub done_at: Option<Timestamp>,
    /// Row of the trail.
    #[serde(skip)]
    pub seq: i64,
    /// JSON as posted.
    #[serde(skip)]
    pub body: String,
}

/// How a try went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Went {
    /// Taken.
    Well(u16),
    /// Answered otherwise, or not at all.
    Badly {
        /// HTTP status, when there was an answer.
        status: Option<u16>,
        /// What was wrong.
        why: String,
    },
}

/// What is to be written down for endpoints, and up to which row of the trail that is all.
#[derive(Debug, Default)]
pub struct Spread {
    told: Vec<(String, i64, Event)>,
    through: i64,
    /// Whether there is more behind it.
    pub more: bool,
}

/// Looks behind the marks of the active endpoints; `None` when nothing has happened since.
///
/// # Errors
/// [`StoreError`].
pub fn look(conn: &Conn) -> Result<Option<Spread>, StoreError> {
    let endpoints: Vec<Endpoint> = all(conn)?.into_iter().filter(Endpoint::is_active).collect();
    let Some(after) = endpoints.iter().map(|endpoint| endpoint.seq).min() else { return Ok(None) };
    let window = events::changes(conn, after)?;
    if window.through == after {
        return Ok(None);
    }
    let mut spread = Spread { told: Vec::new(), through: window.through, more: window.more };
    for (merchant, event) in events::with_merchants(conn, &window.changes)? {
        let Some(seq) = events::seq_of(conn.cell(), &event.id) else { continue };
        let concerned = endpoints.iter().filter(|endpoint| {
            endpoint.merchant == merchant && endpoint.seq < seq && endpoint.wants(event.kind)
        });
        spread.told.extend(concerned.map(|endpoint| (endpoint.id.clone(), seq, event.clone())));
    }
    Ok(Some(spread))
}

/// Writes it down and moves the marks, in one transaction.
///
/// # Errors
/// [`StoreError`].
pub fn write(tx: &Conn, spread: &Spread, now: Timestamp) -> Result<(), StoreError> {
    if !spread.told.is_empty() {
        tx.bulk(&rows(spread, now)?)?;
    }
    tx.execute(
        "UPDATE webhook_endpoint SET seq = ?1 WHERE cell = {cell} AND state = 'active' AND seq < ?1",
        [spread.through],
    )?;
    Ok(())
}

fn rows(spread: &Spread, now: Timestamp) -> Result<Bulk<'static>, StoreError> {
    let bodies: Result<Vec<String>, StoreError> = spread
        .told
        .iter()
        .map(|(_, _, event)| serde_json::to_string(event).map_err(|e| StoreError::unreadable("an event", e)))
        .collect();
    let text = |of: fn(&(String, i64, Event)) -> &str| {
        Column::Text(spread.told.iter().map(|one| of(one).to_owned()).collect())
    };
    let columns = vec![
        text(|one| &one.0),
        Column::Int(spread.told.iter().map(|one| one.1).collect()),
        text(|one| one.2.kind.as_str()),
        text(|one| &one.2.data.order_no),
        Column::Text(bodies?),
        Column::Int(spread.told.iter().map(|one| us(one.2.timestamp)).collect()),
    ];
    Ok(Bulk::with(
        "INSERT INTO webhook_delivery (cell, endpoint, seq, event, order_no, body, state, next_us, at_us)
         SELECT {cell}, r.endpoint, r.seq, r.event, r.order_no, r.body, 'due', ?7, r.at_us
         FROM {r: endpoint t, seq i, event t, order_no t, body t, at_us i} WHERE true
         ON CONFLICT (cell, endpoint, seq) DO NOTHING",
        columns,
        vec![crate::db::Value::Int(us(now))],
    ))
}

const SELECT: &str =
    "SELECT seq, event, order_no, state, attempts, next_us, status, said, at_us, done_us, body
    FROM webhook_delivery WHERE cell = {cell} AND endpoint = ?1";

/// What is due for an endpoint, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn due(conn: &Conn, endpoint: &str, now: Timestamp, most: u32) -> Result<Vec<Delivery>, StoreError> {
    let sql = format!("{SELECT} AND state = 'due' AND next_us <= ?2 ORDER BY next_us, seq LIMIT ?3");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((endpoint, us(now), most), |row| Ok(read(row, conn.cell())))?;
    rows.collect::<Result<Vec<_>, _>>()?.into_iter().collect()
}

/// An endpoint's deliveries before row `before` of the trail, newest first; those in `state` only, unless that is empty.
///
/// # Errors
/// [`StoreError`].
pub fn list(
    conn: &Conn,
    endpoint: &str,
    state: &str,
    before: i64,
    most: usize,
) -> Result<Vec<Delivery>, StoreError> {
    let sql = format!("{SELECT} AND (?2 = '' OR state = ?2) AND seq < ?3 ORDER BY seq DESC LIMIT ?4");
    let mut statement = conn.prepare_cached(&sql)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = statement.query_map((endpoint, state, before, most), |row| Ok(read(row, conn.cell())))?;
    rows.collect::<Result<Vec<_>, _>>()?.into_iter().collect()
}

fn read(row: &Row, cell: i64) -> Result<Delivery, StoreError> {
    let (seq, state): (i64, String) = (row.get(0)?, row.get(3)?);
    let next_us: i64 = row.get(5)?;
    Ok(Delivery {
        id: events::id(cell, seq),
        event: row.get(1)?,
        order_no: row.get(2)?,
        attempts: row.get(4)?,
        next_at: Some(next_us).filter(|_| state == "due").map(at).transpose()?,
        status: row.get(6)?,
        said: row.get(7)?,
        at: at(row.get(8)?)?,
        done_at: row.get::<_, Option<i64>>(9)?.map(at).transpose()?,
        body: row.get(10)?,
        seq,
        state,
    })
}

/// Notes how a try went; an endpoint that failed for too long, or says that it is gone, is disabled.
///
/// # Errors
/// [`StoreError`].
pub fn note(
    tx: &Conn,
    config: &WebhookConfig,
    endpoint: &Endpoint,
    delivery: &Delivery,
    went: &Went,
    now: Timestamp,
) -> Result<(), StoreError> {
    let attempts = delivery.attempts.saturating_add(1);
    let (status, why) = match went {
        Went::Well(status) => {
            tx.execute(
                "UPDATE webhook_delivery SET state = 'done', attempts = ?3, status = ?4, said = '', done_us = ?5
                 WHERE cell = {cell} AND endpoint = ?1 AND seq = ?2",
                (&endpoint.id, delivery.seq, attempts, *status, us(now)),
            )?;
            tx.execute(
                "UPDATE webhook_endpoint SET failing_us = NULL
                 WHERE cell = {cell} AND id = ?1 AND failing_us IS NOT NULL",
                [&endpoint.id],
            )?;
            return Ok(());
        }
        Went::Badly { status, why } => (*status, why),
    };
    let next = wait_ms(config, attempts).map(|wait| us(after_ms(now, wait)));
    let state = if next.is_some() { "due" } else { "failed" };
    let done = if next.is_some() { None } else { Some(us(now)) };
    tx.execute(
        "UPDATE webhook_delivery SET state = ?3, attempts = ?4, status = ?5, said = ?6, next_us = ?7, done_us = ?8
         WHERE cell = {cell} AND endpoint = ?1 AND seq = ?2",
        (&endpoint.id, delivery.seq, state, attempts, status, why, next.unwrap_or(us(now)), done),
    )?;
    tx.execute(
        "UPDATE webhook_endpoint SET failing_us = COALESCE(failing_us, ?2) WHERE cell = {cell} AND id = ?1",
        (&endpoint.id, us(now)),
    )?;
    let since = endpoint.failing_since.map_or(us(now), us);
    let failing_for_s = us(now).saturating_sub(since) / 1_000_000;
    if status == Some(410) || failing_for_s >= i64::from(config.give_up_after_s) {
        disable(tx, now, endpoint, why)?;
    }
    Ok(())
}

/// How long to wait after the `attempts`-th failure: four times as long as before, up to half a day; `None` when it was
/// tried for long enough.
#[must_use]
pub fn wait_ms(config: &WebhookConfig, attempts: i64) -> Option<i64> {
    let most = i64::from(config.give_up_after_s).saturating_mul(1_000);
    let (mut wait, mut sum) = (i64::from(config.retry_ms.max(1)), 0_i64);
    for _ in 1..attempts {
        sum = sum.saturating_add(wait);
        wait = wait.saturating_mul(4).min(HALF_DAY_MS);
        if sum >= most {
            return None;
        }
    }
    (sum < most).then_some(wait)
}

/// Has something told again, whatever came of it; `false` when it is not known (any more).
///
/// # Errors
/// [`StoreError`].
pub fn again(tx: &Conn, endpoint: &str, seq: i64, now: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE webhook_delivery SET state = 'due', attempts = 0, next_us = ?3, done_us = NULL
         WHERE cell = {cell} AND endpoint = ?1 AND seq = ?2",
        (endpoint, seq, us(now)),
    )?;
    Ok(changed > 0)
}

/// Forgets what was done or given up so many days ago.
///
/// # Errors
/// [`StoreError`].
pub fn forget(tx: &Conn, now: Timestamp, days: u32) -> Result<(), StoreError> {
    let before = us(now).saturating_sub(i64::from(days).saturating_mul(DAY_US));
    tx.execute(
        "DELETE FROM webhook_delivery WHERE cell = {cell} AND state <> 'due' AND done_us < ?1",
        [before],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end_after_days() {
        let config = WebhookConfig::default();
        let waits: Vec<i64> = (1..).map_while(|n| wait_ms(&config, n)).collect();
        assert!(waits.starts_with(&[5_000, 20_000, 80_000, 320_000]), "{waits:?}");
        assert!(waits.is_sorted() && waits.last() == Some(&HALF_DAY_MS));
        let days = waits.iter().sum::<i64>() / (24 * 3600 * 1_000);
        assert!((3..=4).contains(&days), "{days}");
    }
}
