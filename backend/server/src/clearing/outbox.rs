//! Sends what waits in the outbox: built and signed once, stored, and then sent byte for byte until the gateway takes it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pickup_domain::declaration::DeclarationState;
use pickup_domain::hold::HoldState;
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use serde_json::json;

use crate::clearing::declare::{self, Numbers};
use crate::clearing::facts::Facts;
use crate::clearing::gateway::{Gateway, Outgoing};
use crate::clearing::{ClearingError, LIST, on_trail, receipts};
use crate::config::Config;
use crate::shop::{Shop, book};
use crate::store::StoreError;
use crate::time::us;
use crate::trail::Kind;

/// A message that waits.
#[derive(Clone, Debug)]
struct Waiting {
    id: String,
    order_id: String,
    kind: String,
    sealed: Option<Vec<u8>>,
    attempts: i64,
}

/// Sends everything that is due; the list of an order only after its order and waybill. Says how many were taken.
///
/// # Errors
/// [`ClearingError`] for a fault of our own. That the gateway does not take something is not an error: it is tried again.
pub async fn send_due<G: Gateway>(shop: &Arc<Shop>, gateway: &G) -> Result<usize, ClearingError> {
    let mut taken = 0;
    while let Some(waiting) = next(shop).await? {
        let at = shop.app.now();
        let body = match text_of(shop, &waiting).await {
            Ok(Some(body)) => body,
            Ok(None) => continue,
            Err(error) => {
                // One order that cannot be read must not keep the others waiting.
                tracing::error!(order = %waiting.order_id, %error, "a message could not be prepared");
                put_off(shop, waiting, &error, at).await?;
                continue;
            }
        };
        let outgoing = Outgoing { id: &waiting.id, kind: &waiting.kind, body: &body, at };
        match gateway.send(outgoing).await {
            Ok(()) => {
                let id = waiting.id.clone();
                shop.app.store.write(move |tx| mark_sent(tx, &waiting, at)).await?;
                tracing::info!(message = %id, "message taken by the customs gateway");
                taken += 1;
            }
            Err(error) => put_off(shop, waiting, &error, at).await?,
        }
    }
    Ok(taken)
}

async fn next(shop: &Arc<Shop>) -> Result<Option<Waiting>, ClearingError> {
    let now = us(shop.app.now());
    shop.app.store.read(move |conn| Ok(find_due(conn, now)?)).await
}

fn find_due(conn: &Connection, now_us: i64) -> Result<Option<Waiting>, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT m.id, m.order_id, m.kind, m.body, m.attempts FROM message m
             JOIN declaration d ON d.order_id = m.order_id
             WHERE m.sent_us IS NULL AND m.next_us <= ?1 AND d.state IN ('drafted', 'sent', 'accepted', 'review')
             AND (m.kind <> ?2 OR NOT EXISTS (
                SELECT 1 FROM message o WHERE o.order_id = m.order_id AND o.kind <> ?2 AND o.sent_us IS NULL))
             ORDER BY m.next_us, m.id LIMIT 1",
        )?
        .query_row((now_us, LIST), |row| {
            Ok(Waiting {
                id: row.get(0)?,
                order_id: row.get(1)?,
                kind: row.get(2)?,
                sealed: row.get(3)?,
                attempts: row.get(4)?,
            })
        })
        .optional()?)
}

/// The signed text: as stored, or built, signed and stored now. `None` when the order cannot be declared at all, which ends
/// it as an exception.
async fn text_of(shop: &Arc<Shop>, waiting: &Waiting) -> Result<Option<Vec<u8>>, ClearingError> {
    let context = context(&waiting.id);
    if let Some(sealed) = &waiting.sealed {
        return Ok(Some(shop.app.secrets.open(&context, sealed)?.to_vec()));
    }
    let (builder, wanted) = (Arc::clone(shop), waiting.clone());
    let built = shop.app.store.read(move |conn| build(conn, &builder, &wanted)).await;
    let text = match built {
        Ok(text) => text,
        Err(ClearingError::Build(error)) => {
            tracing::error!(order = %waiting.order_id, %error, "an order cannot be declared; it is cancelled");
            let (writer, order_id) = (Arc::clone(shop), waiting.order_id.clone());
            let why = error.to_string();
            shop.app
                .store
                .write(move |tx| receipts::give_up(tx, &writer, &order_id, HoldState::Voided, &why))
                .await?;
            return Ok(None);
        }
        Err(other) => return Err(other),
    };
    let (sealed, id) = (shop.app.secrets.seal(&context, text.as_bytes())?, waiting.id.clone());
    shop.app
        .store
        .write(move |tx| {
            tx.execute("UPDATE message SET body = ?1 WHERE id = ?2 AND body IS NULL", (sealed, id))?;
            Ok::<_, ClearingError>(())
        })
        .await?;
    Ok(Some(text.into_bytes()))
}

fn build(conn: &Connection, shop: &Shop, waiting: &Waiting) -> Result<String, ClearingError> {
    let (sealed, facts, numbers): (Vec<u8>, String, Numbers) = conn
        .prepare_cached(
            "SELECT o.body, d.facts, d.cop_no, d.waybill, d.guid_order, d.guid_waybill, d.guid_list
             FROM orders o JOIN declaration d ON d.order_id = o.id WHERE o.id = ?1",
        )?
        .query_row([&waiting.order_id], |row| {
            let numbers = Numbers {
                cop_no: row.get(2)?,
                waybill: row.get(3)?,
                guid_order: row.get(4)?,
                guid_waybill: row.get(5)?,
                guid_list: row.get(6)?,
            };
            Ok((row.get(0)?, row.get(1)?, numbers))
        })?;
    let order = book::unseal(&shop.app.secrets, &waiting.order_id, &sealed)?;
    let operator = &shop.data.operator;
    let filing = declare::filing(&order, &Facts::read(&facts)?, &numbers, operator)?;
    Ok(declare::signed(&waiting.kind, &waiting.id, &filing, operator, &shop.signer)?)
}

/// What a message's text is sealed under: it holds an identity number.
#[must_use]
pub fn context(id: &str) -> String {
    format!("message/{id}")
}

fn mark_sent(tx: &Transaction<'_>, waiting: &Waiting, at: Timestamp) -> Result<(), ClearingError> {
    tx.prepare_cached(
        "UPDATE message SET sent_us = ?1, attempts = attempts + 1 WHERE id = ?2 AND sent_us IS NULL",
    )?
    .execute((us(at), &waiting.id))?;
    if waiting.kind != LIST {
        return Ok(());
    }
    let cop_no: Option<String> = tx
        .prepare_cached(
            "UPDATE declaration SET state = 'sent' WHERE order_id = ?1 AND state = 'drafted' RETURNING cop_no",
        )?
        .query_row([&waiting.order_id], |row| row.get(0))
        .optional()?;
    if let Some(cop_no) = cop_no {
        let state = DeclarationState::Sent;
        let body = json!({ "message": waiting.id });
        on_trail(tx, at, "system", Kind::Declaration, &cop_no, state.as_str(), body)?;
    }
    Ok(())
}

async fn put_off(
    shop: &Arc<Shop>,
    waiting: Waiting,
    error: &(dyn std::error::Error + Sync),
    at: Timestamp,
) -> Result<(), ClearingError> {
    let wait = wait_ms(&shop.app.config, waiting.attempts);
    tracing::warn!(message = %waiting.id, %error, wait_ms = wait, "a message was not taken; it is sent again");
    let next = at.checked_add(SignedDuration::from_millis(wait)).unwrap_or(Timestamp::MAX);
    shop.app
        .store
        .write(move |tx| {
            tx.execute(
                "UPDATE message SET attempts = attempts + 1, next_us = ?1 WHERE id = ?2",
                (us(next), &waiting.id),
            )?;
            Ok(())
        })
        .await
}

/// Gives up orders whose declaration was never even tried to be sent while their holds lasted. One whose list may have
/// reached the gateway stays held, since customs can still release it.
///
/// # Errors
/// [`ClearingError`].
pub async fn expire(shop: &Arc<Shop>) -> Result<usize, ClearingError> {
    let writer = Arc::clone(shop);
    shop.app
        .store
        .write(move |tx| {
            let mut due = tx.prepare_cached(
                "SELECT DISTINCT h.order_id FROM hold h JOIN message m ON m.order_id = h.order_id
                 WHERE h.state = 'held' AND h.expires_us <= ?1 AND m.kind = ?2 AND m.attempts = 0",
            )?;
            let now = us(writer.app.now());
            let orders: Vec<String> =
                due.query_map((now, LIST), |row| row.get(0))?.collect::<Result<_, _>>()?;
            for order_id in &orders {
                receipts::give_up(
                    tx,
                    &writer,
                    order_id,
                    HoldState::Expired,
                    "not sent while its holds lasted",
                )?;
            }
            Ok(orders.len())
        })
        .await
}

/// How long to wait before the next try: doubles with every failure up to the longest.
fn wait_ms(config: &Config, attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(0, 20)).unwrap_or(0);
    let wait = i64::from(config.customs_retry_ms.max(1)).saturating_mul(1_i64 << doublings);
    wait.min(i64::from(config.customs_retry_most_ms.max(1)))
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
    }
}
