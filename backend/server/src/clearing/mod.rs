//! Clearing: match the three documents, judge, hold stock, limit and guarantee together, and write the declaration.
//!
//! One transaction: what is needed is read, [`decide::decide`] decides as a pure function, and what it says is written.
//! Then [`outbox`] sends what waits and [`receipts`] takes what comes back; [`run`] does both for ever.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pickup_customs::{CopNo, Guid};
use pickup_domain::order::{Order, OrderEvent, OrderState, Payment};
use pickup_domain::{IdNumber, Reason, limits};
use rusqlite::{OptionalExtension as _, Transaction};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::centre;
use crate::parcels::{self, NewParcel, ParcelError};
use crate::secrets::SecretsError;
use crate::shop::{Shop, book};
use crate::store::StoreError;
use crate::time::{after, us};
use crate::trail::{self, Change, Kind};

pub mod accounts;
pub mod decide;
pub mod declare;
pub mod facts;
pub mod gateway;
pub mod outbox;
pub mod receipts;
pub mod signer;

use decide::{Decision, Reads, Writes};
use gateway::Gateway;

/// The messages of one declaration in the order they are sent: the list last.
pub const MESSAGES: [&str; 3] = ["CEB311Message", "CEB511Message", LIST];
/// The inventory list, which is the declaration itself.
pub const LIST: &str = "CEB621Message";

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

impl From<rusqlite::Error> for ClearingError {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Store(cause.into())
    }
}

/// A paid order that asks to be cleared.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// `orders.id`.
    pub order_id: &'a str,
    /// Who asks, for the trail.
    pub actor: &'a str,
    /// The order.
    pub order: &'a Order,
    /// Its payment.
    pub payment: &'a Payment,
    /// Keyed digest of the payment's request.
    pub digest: String,
}

/// What clearing came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Held and written; the answer for the shop.
    Cleared(Value),
    /// Refused with every reason; nothing was written.
    Refused(Vec<Reason>),
}

/// Matches, judges, holds and writes, or refuses and writes nothing.
///
/// # Errors
/// [`ClearingError`]; the transaction must then be dropped.
pub fn clear(
    tx: &Transaction<'_>,
    shop: &Shop,
    asked: &Asked<'_>,
    now: Timestamp,
) -> Result<Outcome, ClearingError> {
    let verdict = book::judge(tx, shop, asked.order, now, false)?;
    let centre = centre::find(tx, asked.order.centre)?;
    let buyer = asked.order.buyer.id_number.0.parse::<IdNumber>().ok();
    let (Some(centre), Some(buyer)) = (centre, buyer) else { return Ok(Outcome::Refused(verdict.reasons)) };
    let serial: i64 = tx.query_row("SELECT COUNT(*) FROM declaration", [], |row| row.get(0))?;
    let buyer_key = shop.app.secrets.buyer_key(&buyer);
    let reads = Reads {
        order: asked.order,
        payment: asked.payment,
        verdict,
        centre: &centre,
        operator: &shop.data.operator,
        product: &|sku| shop.product(sku),
        buyer_key: &buyer_key,
        serial: serial.saturating_add(1),
        now,
    };
    match decide::decide(reads) {
        Decision::Refuse(reasons) => Ok(Outcome::Refused(reasons)),
        Decision::Clear(writes) => write(tx, shop, asked, &buyer, &writes, now).map(Outcome::Cleared),
    }
}

fn write(
    tx: &Transaction<'_>,
    shop: &Shop,
    asked: &Asked<'_>,
    buyer: &IdNumber,
    writes: &Writes,
    now: Timestamp,
) -> Result<Value, ClearingError> {
    let cop_no = CopNo::generate("BP", now, writes.serial.unsigned_abs())?;
    take_holds(tx, shop, asked, writes, now)?;
    let body = json!({ "transaction_id": asked.payment.transaction_id });
    let state = advance(tx, asked, OrderState::Placed, OrderEvent::Paid, body, now)?;
    let state = advance(tx, asked, state, OrderEvent::Matched, json!({ "waybill": writes.waybill }), now)?;
    let body = json!({ "cop_no": cop_no.as_str(), "tax_fen": writes.facts.tax_fen });
    let state = advance(tx, asked, state, OrderEvent::Cleared, body, now)?;
    insert_declaration(tx, asked, &cop_no, writes, now)?;
    insert_messages(tx, asked.order_id, now)?;
    let parcel = NewParcel {
        order_id: asked.order_id,
        waybill: &writes.waybill,
        centre: writes.facts.centre,
        size: writes.size,
        buyer,
        buyer_masked: &writes.buyer_masked,
        contents: &writes.contents,
    };
    let pickup = parcels::begin(tx, now, asked.actor, &parcel)?;
    let answer = json!({
        "order_no": asked.order.order_no,
        "state": state.as_str(),
        "cop_no": cop_no.as_str(),
        "waybill": writes.waybill,
        "pickup": pickup,
        "tax_fen": writes.facts.tax_fen,
    });
    insert_payment(tx, shop, asked, &answer, now)?;
    Ok(answer)
}

fn take_holds(
    tx: &Transaction<'_>,
    shop: &Shop,
    asked: &Asked<'_>,
    writes: &Writes,
    now: Timestamp,
) -> Result<(), ClearingError> {
    let expires = after(now, shop.app.config.hold_for_s);
    for (key, amount) in &writes.holds {
        if key.kind == accounts::Kind::Buyer {
            accounts::open(tx, key, limits::ANNUAL.fen())?;
        }
        accounts::hold(tx, asked.order_id, key, *amount, expires)?;
    }
    let holds: Vec<Value> =
        writes.holds.iter().map(|(key, amount)| json!({ "account": key, "amount": amount })).collect();
    on_trail(tx, now, asked.actor, Kind::Hold, asked.order_id, "held", json!({ "holds": holds }))?;
    Ok(())
}

fn advance(
    tx: &Transaction<'_>,
    asked: &Asked<'_>,
    state: OrderState,
    event: OrderEvent,
    body: Value,
    now: Timestamp,
) -> Result<OrderState, ClearingError> {
    let state = state.apply(event)?;
    set_order(tx, now, asked.actor, asked.order_id, state, body)?;
    Ok(state)
}

/// Puts an order into `state`, on the table and on the trail. The caller has asked the state machine.
fn set_order(
    tx: &Transaction<'_>,
    now: Timestamp,
    actor: &str,
    order_id: &str,
    state: OrderState,
    body: Value,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE orders SET state = ?1 WHERE id = ?2")?.execute((state.as_str(), order_id))?;
    on_trail(tx, now, actor, Kind::Order, order_id, state.as_str(), body)
}

fn insert_declaration(
    tx: &Transaction<'_>,
    asked: &Asked<'_>,
    cop_no: &CopNo,
    writes: &Writes,
    now: Timestamp,
) -> Result<(), ClearingError> {
    let facts = serde_json::to_string(&writes.facts).map_err(|e| StoreError::unreadable("new facts", e))?;
    let guid = || Guid::from_bytes(Uuid::new_v4().into_bytes()).to_string();
    tx.prepare_cached(
        "INSERT INTO declaration (order_id, cop_no, waybill, guid_order, guid_waybill, guid_list, state, facts, tax_fen,
            drafted_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'drafted', ?7, ?8, ?9)",
    )?
    .execute((
        asked.order_id,
        cop_no.as_str(),
        &writes.waybill,
        guid(),
        guid(),
        guid(),
        facts,
        writes.facts.tax_fen.fen(),
        us(now),
    ))?;
    let body = json!({ "order": asked.order_id, "waybill": writes.waybill });
    on_trail(tx, now, asked.actor, Kind::Declaration, cop_no.as_str(), "drafted", body)?;
    Ok(())
}

fn insert_messages(tx: &Transaction<'_>, order_id: &str, now: Timestamp) -> Result<(), ClearingError> {
    for kind in MESSAGES {
        let id = Guid::from_bytes(Uuid::now_v7().into_bytes());
        tx.prepare_cached("INSERT INTO message (id, order_id, kind, next_us) VALUES (?1, ?2, ?3, ?4)")?
            .execute((id.as_str(), order_id, kind, us(now)))?;
    }
    Ok(())
}

fn insert_payment(
    tx: &Transaction<'_>,
    shop: &Shop,
    asked: &Asked<'_>,
    answer: &Value,
    now: Timestamp,
) -> Result<(), ClearingError> {
    let plain = serde_json::to_vec(asked.payment).map_err(|e| StoreError::unreadable("a payment", e))?;
    let sealed = shop.app.secrets.seal(&format!("payment/{}", asked.order_id), &plain)?;
    tx.prepare_cached(
        "INSERT INTO payment (order_id, transaction_id, body_digest, body, amount_fen, answer, paid_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute((
        asked.order_id,
        &asked.payment.transaction_id,
        &asked.digest,
        sealed,
        asked.payment.amount_fen.fen(),
        answer.to_string(),
        us(now),
    ))?;
    Ok(())
}

/// What an earlier payment of the order was answered: `None` when there was none, `Some(None)` when it was another one.
///
/// # Errors
/// [`StoreError`].
pub fn earlier_answer(
    tx: &Transaction<'_>,
    order_id: &str,
    digest: &str,
) -> Result<Option<Option<Value>>, StoreError> {
    let row: Option<(String, String)> = tx
        .prepare_cached("SELECT body_digest, answer FROM payment WHERE order_id = ?1")?
        .query_row([order_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((kept, answer)) = row else { return Ok(None) };
    if kept != digest {
        return Ok(Some(None));
    }
    let answer = serde_json::from_str(&answer).map_err(|e| StoreError::unreadable("payment.answer", e))?;
    Ok(Some(Some(answer)))
}

/// Whether a payment number was used before.
///
/// # Errors
/// [`StoreError`].
pub fn transaction_used(tx: &Transaction<'_>, transaction_id: &str) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM payment WHERE transaction_id = ?1)";
    Ok(tx.prepare_cached(sql)?.query_row([transaction_id], |row| row.get(0))?)
}

fn on_trail(
    tx: &Transaction<'_>,
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
    loop {
        if let Err(error) = outbox::send_due(shop, gateway).await {
            tracing::error!(%error, "messages to customs could not be prepared");
        }
        if let Err(error) = outbox::expire(shop).await {
            tracing::error!(%error, "holds that ran out could not be ended");
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
mod tests;
