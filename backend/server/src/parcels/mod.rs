//! Parcels: begun when an order is cleared, ready when customs has released it, and read back for the kiosks.
//!
//! The clearing side calls [`begin`] in the transaction that takes the holds, [`make_ready`] in the one that applies the
//! release, and [`take_back`] when the declaration came to nothing.

use jiff::Timestamp;
use pickup_domain::IdNumber;
use pickup_domain::china_time;
use pickup_domain::order::OrderEvent;
use pickup_domain::parcel::{ParcelEvent, ParcelState, Size};
use pickup_protocol::kiosk::Line;
use pickup_protocol::{IdentityDigest, PickupNumber, Ticket};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::secrets::{Secrets, SecretsError, random};
use crate::store::StoreError;
use crate::time::{after, us};
use crate::trail::{self, Change, Kind};

mod found;

pub use found::{Parcel, at_kiosk, by_order, by_pickup, by_waybill, pickup_number};

/// Why a parcel cannot be changed as asked.
#[derive(Debug, thiserror::Error)]
pub enum ParcelError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random numbers.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The order has no parcel.
    #[error("order {0} has no parcel: it was never cleared")]
    None(String),
    /// The event does not happen to a parcel in its state.
    #[error("parcel of order {order_id}: {source}")]
    Illegal {
        /// The order.
        order_id: String,
        /// What and in which state.
        source: pickup_domain::parcel::IllegalParcelEvent,
    },
}

impl From<rusqlite::Error> for ParcelError {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Store(cause.into())
    }
}

impl From<ParcelError> for StoreError {
    fn from(cause: ParcelError) -> Self {
        match cause {
            ParcelError::Store(cause) => cause,
            other => Self::unreadable("a parcel", other),
        }
    }
}

/// What the kiosk shows of a parcel and the slip says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The platform's order number.
    pub order_no: String,
    /// Who declares (申报企业).
    pub declarant: String,
    /// What is in it.
    pub lines: Vec<Line>,
    /// Sum of the lines in fen.
    pub goods_fen: i64,
    /// Tax in fen.
    pub tax_fen: i64,
}

/// A parcel to be packed.
#[derive(Clone, Debug)]
pub struct NewParcel<'a> {
    /// `orders.id`.
    pub order_id: &'a str,
    /// Waybill number: upper-case letters and digits, since it is the text of the label.
    pub waybill: &'a str,
    /// Number of the pickup centre.
    pub centre: u16,
    /// Smallest door it fits behind.
    pub size: Size,
    /// The buyer; only a salted digest is kept.
    pub buyer: &'a IdNumber,
    /// The buyer's name with the given name masked.
    pub buyer_masked: &'a str,
    /// What is in it.
    pub contents: &'a Contents,
}

/// Begins a parcel (`picking`) and gives its pickup number.
///
/// # Errors
/// [`ParcelError`]; a second parcel for the same order or waybill is refused by the database.
pub fn begin(
    tx: &Transaction<'_>,
    now: Timestamp,
    actor: &str,
    new: &NewParcel<'_>,
) -> Result<PickupNumber, ParcelError> {
    let identity = IdentityDigest::new(random()?, new.buyer);
    let contents = serde_json::to_string(new.contents)
        .map_err(|e| StoreError::unreadable("contents of a new parcel", e))?;
    let number: i64 = tx
        .prepare_cached(
            "INSERT INTO parcel (order_id, waybill, centre, size, state, identity_salt, identity_digest,
                buyer_masked, contents)
             VALUES (?1, ?2, ?3, ?4, 'picking', ?5, ?6, ?7, ?8) RETURNING pickup",
        )?
        .query_row(
            (
                new.order_id,
                new.waybill,
                new.centre,
                new.size.as_str(),
                identity.salt,
                identity.digest,
                new.buyer_masked,
                contents,
            ),
            |row| row.get(0),
        )?;
    let body = json!({ "order": new.order_id, "waybill": new.waybill, "centre": new.centre });
    put_on_trail(tx, now, actor, number, ParcelState::Picking, body)?;
    pickup_number(number).map_err(ParcelError::from)
}

/// A parcel that customs has released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadyParcel {
    /// Its pickup number.
    pub pickup: PickupNumber,
    /// Slip number: `S`, date in China, serial of the day.
    pub slip_no: String,
    /// The shopper's ticket, signed; the text of the QR code.
    pub ticket: String,
    /// Until when it can be collected.
    pub not_after: Timestamp,
}

/// Makes the order's parcel ready (`picking` → `ready`): allots the slip number and signs the ticket, good for
/// `ticket_for_s` seconds. A parcel that is ready or further already is given as it is, so that a receipt may come twice.
///
/// # Errors
/// [`ParcelError`] when the order has no parcel or it was taken back.
pub fn make_ready(
    tx: &Transaction<'_>,
    secrets: &Secrets,
    now: Timestamp,
    actor: &str,
    order_id: &str,
    ticket_for_s: u32,
) -> Result<ReadyParcel, ParcelError> {
    let parcel = by_order(tx, order_id)?.ok_or_else(|| ParcelError::None(order_id.to_owned()))?;
    if let Some(ready) = parcel.as_ready() {
        return Ok(ready);
    }
    let state = parcel
        .state
        .apply(ParcelEvent::Released)
        .map_err(|source| ParcelError::Illegal { order_id: order_id.to_owned(), source })?;
    let not_after = after(now, ticket_for_s);
    let slip_no = next_slip_number(tx, now)?;
    let ticket = Ticket {
        key_id: secrets.signing_id(),
        centre: parcel.centre,
        pickup: parcel.pickup,
        not_after_unix_s: u32::try_from(not_after.as_second()).unwrap_or(u32::MAX),
        nonce: random()?,
    }
    .sign(secrets.signing());
    tx.prepare_cached(
        "UPDATE parcel SET state = ?2, slip_no = ?3, ticket = ?4, not_after_us = ?5, ready_us = ?6 WHERE pickup = ?1",
    )?
    .execute((parcel.number(), state.as_str(), &slip_no, &ticket, us(not_after), us(now)))?;
    let body = json!({ "slip": slip_no, "not_after": not_after });
    put_on_trail(tx, now, actor, parcel.number(), state, body)?;
    Ok(ReadyParcel { pickup: parcel.pickup, slip_no, ticket, not_after })
}

/// Takes back the order's parcel when it is not behind a door: the declaration came to nothing. A parcel behind a door
/// stays where it is for staff to fetch; no door opens for it since its declaration is not released.
///
/// # Errors
/// [`ParcelError`].
pub fn take_back(
    tx: &Transaction<'_>,
    now: Timestamp,
    actor: &str,
    order_id: &str,
) -> Result<(), ParcelError> {
    let Some(parcel) = by_order(tx, order_id)? else { return Ok(()) };
    if !matches!(parcel.state, ParcelState::Picking | ParcelState::Ready) {
        return Ok(());
    }
    tx.execute("DELETE FROM door WHERE pickup = ?1", [parcel.number()])?;
    let taken_back = ParcelState::BackToStock;
    tx.execute("UPDATE parcel SET state = ?2 WHERE pickup = ?1", (parcel.number(), taken_back.as_str()))?;
    put_on_trail(tx, now, actor, parcel.number(), taken_back, json!({}))?;
    Ok(())
}

/// Puts the parcel into `state`, on the table and on the trail. The caller has asked the state machine.
///
/// # Errors
/// [`StoreError`].
pub fn set_state(
    tx: &Transaction<'_>,
    now: Timestamp,
    actor: &str,
    parcel: &Parcel,
    state: ParcelState,
    body: serde_json::Value,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE parcel SET state = ?2 WHERE pickup = ?1")?
        .execute((parcel.number(), state.as_str()))?;
    put_on_trail(tx, now, actor, parcel.number(), state, body)
}

/// Ends the order of a parcel that was handed over. `false` when the order is in no state for that (cancelled since).
///
/// # Errors
/// [`StoreError`].
pub fn fulfil_order(
    tx: &Transaction<'_>,
    now: Timestamp,
    actor: &str,
    parcel: &Parcel,
) -> Result<bool, StoreError> {
    let Some(Ok(state)) = parcel.order_state.map(|state| state.apply(OrderEvent::HandedOver)) else {
        return Ok(false);
    };
    tx.execute("UPDATE orders SET state = ?2 WHERE id = ?1", (&parcel.order_id, state.as_str()))?;
    let body = json!({ "pickup": parcel.pickup });
    let change = Change { actor, kind: Kind::Order, entity: &parcel.order_id, state: state.as_str(), body };
    trail::append(tx, now, &change)?;
    Ok(true)
}

fn put_on_trail(
    tx: &Transaction<'_>,
    now: Timestamp,
    actor: &str,
    number: i64,
    state: ParcelState,
    body: serde_json::Value,
) -> Result<(), StoreError> {
    let entity = number.to_string();
    trail::append(
        tx,
        now,
        &Change { actor, kind: Kind::Parcel, entity: &entity, state: state.as_str(), body },
    )
}

/// `S`, date in China, six digits that start over every day.
fn next_slip_number(tx: &Transaction<'_>, now: Timestamp) -> Result<String, StoreError> {
    let head = format!("S{}", china_time::yyyymmdd(now));
    let last: Option<String> = tx.query_row(
        "SELECT MAX(slip_no) FROM parcel WHERE slip_no >= ?1 AND slip_no < ?1 || 'Z'",
        [&head],
        |row| row.get(0),
    )?;
    let serial: u32 =
        last.as_deref().and_then(|l| l.strip_prefix(&head)).and_then(|s| s.parse().ok()).unwrap_or(0);
    Ok(format!("{head}{:06}", serial.saturating_add(1)))
}
