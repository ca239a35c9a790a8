//! Sends what waits in the outbox: declarations that wait together are built into one message of each kind, signed once,
//! stored, and then sent byte for byte until the gateway takes them.

use std::sync::Arc;

use jiff::Timestamp;
use pickup_domain::hold::HoldState;
use serde_json::json;

use crate::clearing::applications::back;
use crate::clearing::gateway::{Gateway, GatewayError, Outgoing};
use crate::clearing::{ClearingError, LIST, again, build, effects, strays};
use crate::config::Config;
use crate::db::{Conn, OptionalExt as _};
use crate::secrets::{Secrets, SecretsError};
use crate::shop::Shop;
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::{self, us};
use crate::trail::{self, Change, Kind};

/// How often a message is tried that the gateway understands and does not take.
const POISON_AFTER: i64 = 3;

/// A message that waits.
#[derive(Clone, Debug)]
struct Waiting {
    id: String,
    batch: i64,
    kind: String,
    sealed: Vec<u8>,
    attempts: i64,
}

/// Builds and sends everything that is due; the lists of a batch only after its orders and waybills. Says how many messages
/// were taken.
///
/// # Errors
/// [`ClearingError`] for a fault of our own. That the gateway does not take something is not an error: it is tried again.
pub async fn send_due<G: Gateway>(shop: &Arc<Shop>, gateway: &G) -> Result<usize, ClearingError> {
    build::all_due(shop).await?;
    let mut taken = 0;
    while let Some(waiting) = next(shop).await? {
        let at = shop.app.now();
        if waiting.kind == LIST && waiting.attempts == 0 {
            let batch = waiting.batch;
            if shop.app.store.read(move |conn| is_short(conn, batch)).await? {
                let again =
                    move |tx: &Conn| if is_short(tx, batch)? { dissolve(tx, batch, at) } else { Ok(()) };
                shop.app.store.write(again).await?;
                build::all_due(shop).await?;
                continue;
            }
        }
        let body = match open(&shop.app.secrets, &context(&waiting.id), &waiting.sealed) {
            Ok(body) => body,
            Err(error) => {
                // One message that cannot be read must not keep the others waiting.
                put_off(shop, waiting, &error, at).await?;
                continue;
            }
        };
        let outgoing = Outgoing { id: &waiting.id, kind: &waiting.kind, body: &body, at };
        match gateway.send(outgoing).await {
            Ok(()) => {
                tracing::info!(message = %waiting.id, kind = %waiting.kind, "taken by the customs gateway");
                shop.app.store.write(move |tx| mark_sent(tx, &waiting, at)).await?;
                taken += 1;
            }
            Err(error) if is_poison(&error) && waiting.attempts.saturating_add(1) >= POISON_AFTER => {
                park(shop, waiting, &error, at).await?;
            }
            Err(error) => put_off(shop, waiting, &error, at).await?,
        }
    }
    Ok(taken)
}

/// Whether one of the orders of a batch came to nothing before its list went out: its order or waybill was refused.
fn is_short(conn: &Conn, batch: i64) -> Result<bool, StoreError> {
    let left: Option<i64> = conn
        .prepare_cached(
            "SELECT m.records - (SELECT COUNT(*) FROM declaration d
                WHERE d.cell = m.cell AND d.batch = m.batch AND d.state = 'drafted')
             FROM message m WHERE m.cell = {cell} AND m.batch = ?1 AND m.kind = ?2",
        )?
        .query_row((batch, LIST), |row| row.get(0))
        .optional()?;
    Ok(left.is_some_and(|left| left > 0))
}

/// Whether the gateway has understood the message and does not want it: sending it again will not help.
fn is_poison(error: &GatewayError) -> bool {
    // 408 and 429 ask to come again later.
    matches!(error, GatewayError::Answer { status, .. } if (400..500).contains(status) && ![408, 429].contains(status))
}

/// Keeps a message from being sent any more, and has a person look at it.
async fn park(
    shop: &Arc<Shop>,
    waiting: Waiting,
    error: &GatewayError,
    at: Timestamp,
) -> Result<(), ClearingError> {
    let why = error.to_string();
    shop.app
        .store
        .write(move |tx| {
            tx.execute(
                "UPDATE message SET attempts = attempts + 1, parked = ?2 WHERE cell = {cell} AND id = ?1",
                (&waiting.id, &why),
            )?;
            let body = json!({ "kind": waiting.kind, "why": why, "attempts": waiting.attempts + 1 });
            Ok(tasks::raise(tx, at, Task::Parked, &waiting.id, None, &body)?)
        })
        .await
}

/// Has parked messages sent again: one, or all. Says how many.
///
/// # Errors
/// [`StoreError`].
pub fn send_again(tx: &Conn, id: Option<&str>, by: &str, now: Timestamp) -> Result<usize, StoreError> {
    let parked: Vec<String> = tx
        .prepare_cached("SELECT id FROM message WHERE cell = {cell} AND parked IS NOT NULL ORDER BY id")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut count = 0;
    for message in parked.iter().filter(|message| id.is_none_or(|id| id == message.as_str())) {
        tx.execute(
            "UPDATE message SET parked = NULL, attempts = 0, next_us = ?2 WHERE cell = {cell} AND id = ?1",
            (message, us(now)),
        )?;
        tasks::settle_of_entity(tx, now, Task::Parked, message, by, "sent again")?;
        count += 1;
    }
    Ok(count)
}

async fn next(shop: &Arc<Shop>) -> Result<Option<Waiting>, ClearingError> {
    let now = us(shop.app.now());
    shop.app.store.read(move |conn| Ok(find_due(conn, now)?)).await
}

fn find_due(conn: &Conn, now_us: i64) -> Result<Option<Waiting>, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT m.id, m.batch, m.kind, m.body, m.attempts FROM message m
             WHERE m.cell = {cell} AND m.sent_us IS NULL AND m.parked IS NULL AND m.next_us <= ?1
             AND (m.kind <> ?2 OR NOT EXISTS (
                SELECT 1 FROM message o
                WHERE o.cell = m.cell AND o.batch = m.batch AND o.kind <> ?2 AND o.sent_us IS NULL))
             ORDER BY m.next_us, m.batch, m.kind LIMIT 1",
        )?
        .query_row((now_us, LIST), |row| {
            Ok(Waiting {
                id: row.get(0)?,
                batch: row.get(1)?,
                kind: row.get(2)?,
                sealed: row.get(3)?,
                attempts: row.get(4)?,
            })
        })
        .optional()?)
}

/// What a message's text is sealed under: it holds identity numbers.
#[must_use]
pub fn context(id: &str) -> String {
    format!("message/{id}")
}

/// Seals a text, compressed.
///
/// # Errors
/// [`SecretsError`].
pub fn seal(secrets: &Secrets, context: &str, text: &[u8]) -> Result<Vec<u8>, SecretsError> {
    secrets.seal(context, &lz4_flex::compress_prepend_size(text))
}

/// Opens what [`seal`] sealed.
///
/// # Errors
/// [`SecretsError`] when it was sealed for something else or is damaged.
pub fn open(secrets: &Secrets, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SecretsError> {
    let packed = secrets.open(context, sealed)?;
    lz4_flex::decompress_size_prepended(&packed).map_err(|_| SecretsError::Sealed(context.to_owned()))
}

fn mark_sent(tx: &Conn, waiting: &Waiting, at: Timestamp) -> Result<(), ClearingError> {
    tx.prepare_cached(
        "UPDATE message SET sent_us = ?1, attempts = attempts + 1
         WHERE cell = {cell} AND id = ?2 AND sent_us IS NULL",
    )?
    .execute((us(at), &waiting.id))?;
    let (sql, kind) = if waiting.kind == LIST {
        (SENT_DECLARATIONS, Kind::Declaration)
    } else {
        // Of an order's or a waybill's message there are none.
        (SENT_APPLICATIONS, Kind::Application)
    };
    let mut sent: Vec<String> =
        tx.prepare_cached(sql)?.query_map([waiting.batch], |row| row.get(0))?.collect::<Result<_, _>>()?;
    // In which order rows come back is the engine's choice.
    sent.sort_unstable();
    let body = json!({ "message": waiting.id });
    let changes: Vec<Change<'_>> = sent
        .iter()
        .map(|cop_no| Change { actor: "system", kind, entity: cop_no, state: "sent", body: body.clone() })
        .collect();
    tx.bulk(&trail::chain(tx, at, &changes)?)?;
    Ok(())
}

const SENT_DECLARATIONS: &str = "UPDATE declaration SET state = 'sent' WHERE cell = {cell} AND batch = ?1 AND state = 'drafted' RETURNING cop_no";
const SENT_APPLICATIONS: &str = "UPDATE application SET state = 'sent' WHERE cell = {cell} AND batch = ?1 AND state = 'drafted' RETURNING cop_no";

async fn put_off(
    shop: &Arc<Shop>,
    waiting: Waiting,
    error: &(dyn std::error::Error + Sync),
    at: Timestamp,
) -> Result<(), ClearingError> {
    let wait = jittered(wait_ms(&shop.app.config, waiting.attempts), waiting.batch, waiting.attempts);
    tracing::warn!(message = %waiting.id, %error, wait_ms = wait, "a message was not taken; it is sent again");
    let next = time::after_ms(at, wait);
    shop.app
        .store
        .write(move |tx| {
            tx.execute(
                "UPDATE message SET attempts = attempts + 1, next_us = ?1 WHERE cell = {cell} AND id = ?2",
                (us(next), &waiting.id),
            )?;
            Ok(())
        })
        .await
}

/// Gives up orders whose declaration was never even tried to be sent while their holds lasted. One of whose messages any
/// may have reached the gateway stays held, since customs can still release it.
///
/// # Errors
/// [`ClearingError`].
pub async fn expire(shop: &Arc<Shop>) -> Result<usize, ClearingError> {
    let reader = Arc::clone(shop);
    let due = shop.app.store.read(move |conn| {
        let now = reader.app.now();
        let any = !ran_out(conn, &reader)?.is_empty()
            || !again::undecided(conn, now)?.is_empty()
            || !strays::waiting(conn, now)?.is_empty()
            || !again::unanswered(conn, now)?.is_empty()
            || back::is_any_overdue(conn, now)?;
        Ok::<_, ClearingError>(any)
    });
    if !due.await? {
        return Ok(0);
    }
    let writer = Arc::clone(shop);
    shop.app
        .store
        .write(move |tx| {
            let due = ran_out(tx, &writer)?;
            for (order_id, batch) in &due {
                if let Some(batch) = batch {
                    dissolve(tx, *batch, writer.app.now())?;
                }
                let why = "not sent while its holds lasted";
                effects::give_up(tx, &writer, *order_id, HoldState::Expired, why)?;
            }
            let undecided = again::undecided(tx, writer.app.now())?;
            for order_id in &undecided {
                let why = "refused, and nobody decided while its holds lasted";
                effects::give_up(tx, &writer, *order_id, HoldState::Expired, why)?;
            }
            for (order_id, cop_no, state) in again::unanswered(tx, writer.app.now())? {
                let body = json!({ "state": state });
                tasks::raise(tx, writer.app.now(), Task::Unanswered, &cop_no, Some(order_id), &body)?;
            }
            strays::tell(tx, writer.app.now())?;
            back::overdue(tx, writer.app.now())?;
            Ok(due.len().saturating_add(undecided.len()))
        })
        .await
}

fn ran_out(conn: &Conn, shop: &Shop) -> Result<Vec<(i64, Option<i64>)>, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT h.order_id, d.batch FROM declaration d
             JOIN hold h ON h.cell = d.cell AND h.order_id = d.order_id AND h.state = 'held' AND h.expires_us <= ?1
             WHERE d.cell = {cell} AND d.state = 'drafted' AND (
                d.order_id IN (SELECT x.order_id FROM outbox x WHERE x.cell = {cell})
                OR d.batch IN (SELECT m.batch FROM message m WHERE m.cell = {cell} AND m.sent_us IS NULL))
             AND NOT EXISTS (
                SELECT 1 FROM message t WHERE t.cell = {cell} AND t.batch = d.batch AND t.attempts > 0)",
        )?
        .query_map([us(shop.app.now())], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?)
}

/// Takes a batch apart whose list nobody has seen yet; its declarations wait to be built anew. What was sent of it stays.
fn dissolve(tx: &Conn, batch: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.execute("DELETE FROM message WHERE cell = {cell} AND batch = ?1 AND sent_us IS NULL", [batch])?;
    tx.execute(
        "INSERT INTO outbox (cell, order_id, due_us)
         SELECT cell, order_id, ?2 FROM declaration WHERE cell = {cell} AND batch = ?1 AND state = 'drafted'
         ON CONFLICT (cell, order_id) DO NOTHING",
        (batch, us(now)),
    )?;
    tx.execute("UPDATE declaration SET batch = NULL WHERE cell = {cell} AND batch = ?1", [batch])?;
    Ok(())
}

/// Up to a quarter more or less, so that what failed together does not come again together. By batch and attempt, so that
/// it is the same whenever it is computed.
fn jittered(wait: i64, batch: i64, attempts: i64) -> i64 {
    let seed = batch.unsigned_abs().wrapping_mul(64).wrapping_add(attempts.unsigned_abs());
    let mixed = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let share = i64::try_from(mixed % 501).unwrap_or(250).saturating_sub(250);
    wait.saturating_add(wait.saturating_mul(share) / 1000)
}

/// How long to wait before the next try.
pub(super) fn wait_ms(config: &Config, attempts: i64) -> i64 {
    time::backoff_ms(config.customs_retry_ms, attempts, config.customs_retry_most_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_are_bounded() {
        let config = Config { customs_retry_ms: 500, customs_retry_most_ms: 3_000, ..Config::default() };
        let waits: Vec<i64> = (0..5).map(|n| wait_ms(&config, n)).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 3_000, 3_000]);
        assert_eq!(wait_ms(&config, i64::MAX), 3_000);
        let all: Vec<i64> = (0..200).map(|n| jittered(1_000, n, n % 5)).collect();
        assert!(all.iter().all(|wait| (750..=1_250).contains(wait)), "{all:?}");
        assert!(all.iter().min() < Some(&800) && all.iter().max() > Some(&1_200), "{all:?}");
    }
}
