//! Takes receipts: each message is kept as it came, and its effects are written in the same transaction as its cursor.

use std::sync::Arc;

use jiff::Timestamp;
use pickup_customs::{Receipt as Paper, read_receipts};
use pickup_domain::china_time;
use pickup_domain::declaration::{Answers, DeclarationState, Effect, Receipt, Standing};
use pickup_domain::hold::HoldState;
use pickup_domain::order::{OrderEvent, OrderState};
use rusqlite::{OptionalExtension as _, Transaction};
use serde_json::{Value, json};

use crate::clearing::gateway::{Gateway, GatewayError, Incoming};
use crate::clearing::{ClearingError, accounts, on_trail, set_order};
use crate::parcels;
use crate::shop::Shop;
use crate::store::StoreError;
use crate::time::us;
use crate::trail::Kind;

const AT_ONCE: u32 = 50;

/// Why receipts were not taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The gateway.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// Our side.
    #[error(transparent)]
    Clearing(#[from] ClearingError),
}

/// Asks for receipts and applies them. Says how many messages were new.
///
/// # Errors
/// [`TakeError`]; what was not applied is asked for again.
pub async fn take<G: Gateway>(shop: &Arc<Shop>, gateway: &G) -> Result<usize, TakeError> {
    let cursor: i64 = shop
        .app
        .store
        .read(|conn| {
            let sql = "SELECT COALESCE(MAX(cursor), 0) FROM receipt";
            Ok::<_, ClearingError>(conn.query_row(sql, [], |row| row.get(0))?)
        })
        .await?;
    let incoming = gateway.receipts(cursor, AT_ONCE).await?;
    let count = incoming.len();
    for message in incoming {
        let writer = Arc::clone(shop);
        shop.app.store.write(move |tx| apply(tx, &writer, &message, writer.app.now())).await?;
    }
    Ok(count)
}

/// Applies one receipt message, once.
///
/// # Errors
/// [`ClearingError`]; the transaction must then be dropped.
pub fn apply(
    tx: &Transaction<'_>,
    shop: &Shop,
    message: &Incoming,
    now: Timestamp,
) -> Result<(), ClearingError> {
    let batch = match read_receipts(&message.body) {
        Ok(batch) => batch.receipts,
        Err(error) => {
            // Kept all the same: a person can read it, and the next ones must not wait behind it.
            tracing::error!(cursor = message.cursor, %error, "a receipt message cannot be read");
            Vec::new()
        }
    };
    let owner = match batch.first() {
        Some(paper) => order_of(tx, paper)?,
        None => None,
    };
    let sealed = shop.app.secrets.seal(&context(message.cursor), &message.body)?;
    let kept = tx
        .prepare_cached(
            "INSERT INTO receipt (cursor, kind, order_id, body, received_us) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (cursor) DO NOTHING",
        )?
        .execute((message.cursor, &message.kind, owner, sealed, us(now)))?;
    if kept == 0 {
        return Ok(());
    }
    for paper in &batch {
        apply_paper(tx, shop, paper, now)?;
    }
    Ok(())
}

/// What a receipt message is sealed under.
#[must_use]
pub fn context(cursor: i64) -> String {
    format!("receipt/{cursor}")
}

/// Ends an order that is not declared, as an exception of our own; its holds end as `holds` says.
///
/// # Errors
/// [`ClearingError`].
pub fn give_up(
    tx: &Transaction<'_>,
    shop: &Shop,
    order_id: &str,
    holds: HoldState,
    why: &str,
) -> Result<(), ClearingError> {
    let now = shop.app.now();
    let receipt = Receipt { answers: Answers::List, status: -1, at: now };
    let ended = accounts::end_holds(tx, order_id, holds)?;
    on_trail(tx, now, "system", Kind::Hold, order_id, holds.as_str(), json!({ "holds": ended }))?;
    let said = Said { actor: "system", body: json!({ "why": why }), pre_no: None, invt_no: None };
    take_receipt(tx, shop, order_id, receipt, &said, now)
}

/// What a receipt says beside its state.
struct Said {
    actor: &'static str,
    body: Value,
    pre_no: Option<String>,
    invt_no: Option<String>,
}

fn apply_paper(
    tx: &Transaction<'_>,
    shop: &Shop,
    paper: &Paper,
    now: Timestamp,
) -> Result<(), ClearingError> {
    let Some(order_id) = order_of(tx, paper)? else {
        tracing::warn!(
            kind = paper.message_type(),
            key = paper.key(),
            "a receipt belongs to nothing known here"
        );
        return Ok(());
    };
    let status = paper.status().code();
    let refused = status < 0 || status == 100;
    let answers_list = matches!(paper, Paper::Inventory(_));
    if !answers_list && !refused {
        return Ok(());
    }
    // A refused order or waybill ends the declaration too, unless customs has its list all the same.
    let status = if answers_list || status < 0 { status } else { -1 };
    let receipt = Receipt { answers: Answers::List, status, at: paper.time().timestamp() };
    let (pre_no, invt_no) = match paper {
        Paper::Inventory(list) => (list.pre_no.clone(), list.invt_no.clone()),
        _ => (None, None),
    };
    let body = json!({ "status": paper.status().code(), "info": paper.info(), "at": receipt.at });
    take_receipt(tx, shop, &order_id, receipt, &Said { actor: "customs", body, pre_no, invt_no }, now)
}

fn order_of(tx: &Transaction<'_>, paper: &Paper) -> Result<Option<String>, ClearingError> {
    let sql = match paper {
        Paper::Order(_) => {
            "SELECT id FROM orders WHERE order_no = ?1 AND state <> 'placed' ORDER BY id LIMIT 1"
        }
        Paper::Payment(_) => "SELECT order_id FROM payment WHERE transaction_id = ?1",
        Paper::Logistics(_) => "SELECT order_id FROM declaration WHERE waybill = ?1",
        Paper::Inventory(_) => "SELECT order_id FROM declaration WHERE cop_no = ?1",
        Paper::Message(_) => "SELECT order_id FROM message WHERE id = ?1",
    };
    Ok(tx.prepare_cached(sql)?.query_row([paper.key()], |row| row.get(0)).optional()?)
}

fn take_receipt(
    tx: &Transaction<'_>,
    shop: &Shop,
    order_id: &str,
    receipt: Receipt,
    said: &Said,
    now: Timestamp,
) -> Result<(), ClearingError> {
    let found: Option<(String, String, String)> = tx
        .prepare_cached("SELECT cop_no, state, state_time FROM declaration WHERE order_id = ?1")?
        .query_row([order_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((cop_no, state, state_time)) = found else { return Ok(()) };
    let before = standing(&cop_no, &state, &state_time)?;
    tx.prepare_cached(
        "UPDATE declaration SET pre_no = COALESCE(pre_no, ?1), invt_no = COALESCE(invt_no, ?2) WHERE order_id = ?3",
    )?
    .execute((&said.pre_no, &said.invt_no, order_id))?;
    let (after, effect) = before.take(receipt);
    if after == before {
        return Ok(());
    }
    tx.prepare_cached("UPDATE declaration SET state = ?1, state_time = ?2 WHERE order_id = ?3")?
        .execute((after.state.as_str(), place(after), order_id))?;
    if after.state != before.state {
        on_trail(tx, now, said.actor, Kind::Declaration, &cop_no, after.state.as_str(), said.body.clone())?;
    }
    do_effect(tx, shop, order_id, effect, said.actor, now)
}

/// Where a declaration stands, from its two columns. `state_time` is the receipt's time (17 digits), then what it answers
/// and its status, so that receipts of the same millisecond keep their sequence.
fn standing(cop_no: &str, state: &str, state_time: &str) -> Result<Standing, StoreError> {
    let bad = || StoreError::unreadable(format!("declaration.state_time of {cop_no}"), state_time);
    let state = DeclarationState::from_word(state)
        .ok_or_else(|| StoreError::unreadable(format!("declaration.state of {cop_no}"), state))?;
    if state_time.is_empty() {
        return Ok(Standing { state, by: None });
    }
    let mut parts = state_time.split('/');
    let at = parts.next().and_then(china_time::parse_digits).ok_or_else(bad)?;
    let answers = match parts.next() {
        Some("list") => Answers::List,
        Some("cancel") => Answers::Cancel,
        Some("refund") => Answers::Refund,
        _ => return Err(bad()),
    };
    let status = parts.next().and_then(|s| s.parse().ok()).ok_or_else(bad)?;
    Ok(Standing { state, by: Some(Receipt { answers, status, at }) })
}

fn place(standing: Standing) -> String {
    let Some(receipt) = standing.by else { return String::new() };
    let answers = match receipt.answers {
        Answers::List => "list",
        Answers::Cancel => "cancel",
        Answers::Refund => "refund",
    };
    format!("{}/{answers}/{}", china_time::millis17(receipt.at), receipt.status)
}

fn do_effect(
    tx: &Transaction<'_>,
    shop: &Shop,
    order_id: &str,
    effect: Effect,
    actor: &str,
    now: Timestamp,
) -> Result<(), ClearingError> {
    match effect {
        Effect::None => Ok(()),
        Effect::Post => release(tx, shop, order_id, actor, now),
        Effect::Void => {
            let ended = accounts::end_holds(tx, order_id, HoldState::Voided)?;
            if ended > 0 {
                on_trail(tx, now, actor, Kind::Hold, order_id, "voided", json!({ "holds": ended }))?;
            }
            cancel(tx, order_id, actor, now)
        }
        Effect::Withdraw => {
            let given = accounts::give_back(tx, order_id)?;
            on_trail(tx, now, actor, Kind::Hold, order_id, "voided", json!({ "given_back": given }))?;
            cancel(tx, order_id, actor, now)
        }
    }
}

fn release(
    tx: &Transaction<'_>,
    shop: &Shop,
    order_id: &str,
    actor: &str,
    now: Timestamp,
) -> Result<(), ClearingError> {
    if order_state(tx, order_id)? != OrderState::Cleared {
        // The order was given up before customs answered: goods, limit and guarantee are not held for it any more.
        tracing::error!(
            order = order_id,
            "customs released an order that was cancelled here; a person must look"
        );
        return Ok(());
    }
    let ended = accounts::end_holds(tx, order_id, HoldState::Posted)?;
    on_trail(tx, now, actor, Kind::Hold, order_id, "posted", json!({ "holds": ended }))?;
    tx.execute("UPDATE declaration SET released_us = ?1 WHERE order_id = ?2", (us(now), order_id))?;
    parcels::make_ready(tx, &shop.app.secrets, now, actor, order_id, shop.app.config.ticket_for_s)?;
    Ok(())
}

fn cancel(tx: &Transaction<'_>, order_id: &str, actor: &str, now: Timestamp) -> Result<(), ClearingError> {
    parcels::take_back(tx, now, actor, order_id)?;
    let Ok(state) = order_state(tx, order_id)?.apply(OrderEvent::Cancelled) else { return Ok(()) };
    tx.execute("UPDATE orders SET refund = 'due' WHERE id = ?1 AND refund IS NULL", [order_id])?;
    set_order(tx, now, actor, order_id, state, json!({ "refund": "due" }))?;
    Ok(())
}

fn order_state(tx: &Transaction<'_>, order_id: &str) -> Result<OrderState, StoreError> {
    let word: String = tx
        .prepare_cached("SELECT state FROM orders WHERE id = ?1")?
        .query_row([order_id], |row| row.get(0))?;
    OrderState::from_word(&word).ok_or_else(|| StoreError::unreadable("orders.state", word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_declaration_stands_reads_back() {
        let receipt = Receipt {
            answers: Answers::List,
            status: -621_018,
            at: "2026-11-21T05:06:07.089Z".parse().unwrap(),
        };
        let standing_now = Standing { state: DeclarationState::Exception, by: Some(receipt) };
        let text = place(standing_now);
        assert_eq!(text, "20261121130607089/list/-621018");
        assert_eq!(standing("BP1", "exception", &text).unwrap(), standing_now);
        assert!(standing("BP1", "exception", "20261121130607089").is_err());
        assert_eq!(standing("BP1", "sent", "").unwrap(), Standing::new(true));
    }
}
