//! Messages that wait to be carried: written in the transaction that makes them, kept sealed, tried until they are taken or
//! too old, each once under its id.

use jiff::Timestamp;

use super::config::MessagesConfig;
use super::{Carrier, CarrierError, Message};
use crate::App;
use crate::db::Conn;
use crate::secrets::Secrets;
use crate::store::StoreError;
use crate::time::{after_ms, backoff_ms, us};

/// Longest time between two tries, in milliseconds.
const LONGEST_WAIT_MS: u32 = 3_600_000;

/// Puts a message into the queue, unless one of its id is there; `basket` is what it belongs to.
///
/// # Errors
/// [`StoreError`].
pub fn put(
    tx: &Conn,
    secrets: &Secrets,
    message: &Message,
    basket: Option<i64>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let plain = serde_json::to_vec(message).map_err(|e| StoreError::unreadable("a text message", e))?;
    let sealed = secrets
        .seal(&context(&message.id), &plain)
        .map_err(|e| StoreError::unreadable("a text message", e))?;
    let put = tx.execute(
        "INSERT INTO text_message (cell, id, basket, body, state, next_us, made_us)
         VALUES ({cell}, ?1, ?2, ?3, 'due', ?4, ?4) ON CONFLICT (cell, id) DO NOTHING",
        (&message.id, basket, sealed, us(now)),
    )?;
    Ok(put > 0)
}

/// Whether a message of this id was written already.
///
/// # Errors
/// [`StoreError`].
pub fn has(conn: &Conn, id: &str) -> Result<bool, StoreError> {
    Ok(conn.prepare_cached("SELECT 1 FROM text_message WHERE cell = {cell} AND id = ?1")?.exists([id])?)
}

/// Hands everything that is due to the carrier; how many were taken.
///
/// # Errors
/// [`StoreError`]; that the carrier does not take one is noted with it.
pub async fn carry(app: &App, carrier: &dyn Carrier, config: &MessagesConfig) -> Result<usize, StoreError> {
    let mut taken = 0;
    loop {
        let now = us(app.now());
        let due = app.store.read(move |conn| due(conn, now)).await?;
        if due.is_empty() {
            return Ok(taken);
        }
        for (id, sealed, attempts) in due {
            let done = match read(&app.secrets, &id, &sealed) {
                Ok(message) => carrier.take(&message).await,
                Err(error) => Err(CarrierError::Unreachable(error.to_string())),
            };
            taken += usize::from(done.is_ok());
            let (now, config) = (app.now(), config.clone());
            app.store.write(move |tx| settle(tx, &id, attempts, &done, now, &config)).await?;
        }
    }
}

/// What a message is sealed under.
fn context(id: &str) -> String {
    format!("text/{id}")
}

fn due(conn: &Conn, now_us: i64) -> Result<Vec<(String, Vec<u8>, i64)>, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT id, body, attempts FROM text_message
             WHERE cell = {cell} AND state = 'due' AND next_us <= ?1 ORDER BY next_us, id LIMIT 50",
        )?
        .query_map([now_us], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?)
}

fn read(secrets: &Secrets, id: &str, sealed: &[u8]) -> Result<Message, StoreError> {
    let bad = |why: &dyn std::fmt::Display| StoreError::unreadable(format!("text message {id}"), why);
    let plain = secrets.open(&context(id), sealed).map_err(|e| bad(&e))?;
    serde_json::from_slice(&plain).map_err(|e| bad(&format!("{:?}", e.classify())))
}

fn settle(
    tx: &Conn,
    id: &str,
    attempts: i64,
    done: &Result<(), CarrierError>,
    now: Timestamp,
    config: &MessagesConfig,
) -> Result<(), StoreError> {
    let tried = attempts.saturating_add(1);
    let (state, said) = match done {
        Ok(()) => ("sent", String::new()),
        Err(error) if tried >= i64::from(config.give_up_after) => {
            tracing::error!(id, %error, "a text message is given up");
            ("failed", error.to_string())
        }
        Err(error) => {
            tracing::warn!(id, %error, "a text message is tried again");
            ("due", error.to_string())
        }
    };
    let next = after_ms(now, backoff_ms(config.retry_ms, attempts, LONGEST_WAIT_MS));
    tx.execute(
        "UPDATE text_message SET state = ?2, attempts = ?3, next_us = ?4, said = ?5
         WHERE cell = {cell} AND id = ?1",
        (id, state, tried, us(next), said),
    )?;
    Ok(())
}

/// Forgets messages that were made before `since` and have left, or were given up.
///
/// # Errors
/// [`StoreError`].
pub fn forget(tx: &Conn, since: Timestamp) -> Result<usize, StoreError> {
    let sql = "DELETE FROM text_message WHERE cell = {cell} AND state <> 'due' AND made_us < ?1";
    Ok(tx.execute(sql, [us(since)])?)
}
