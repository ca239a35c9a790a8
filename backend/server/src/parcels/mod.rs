//! Parcels: begun when an order is cleared, ready when customs has released it, and read back for the kiosks.
//!
//! The clearing side begins one in the transaction that takes the holds, calls [`make_ready`] in the one that applies the
//! release, and [`take_back`] when the declaration came to nothing.

use crate::db::{Bulk, Column, Conn, DbError, Value};
use jiff::Timestamp;
use pickup_domain::china_time;
use pickup_domain::order::OrderEvent;
use pickup_domain::parcel::ParcelState;
use pickup_protocol::Ticket;
use pickup_protocol::kiosk::Line;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::secrets::{Secrets, SecretsError, random};
use crate::store::StoreError;
use crate::tasks;
use crate::time::{after, us};
use crate::trail::{self, Change, Kind};

mod extend;
mod found;
mod out;
pub mod overdue;

pub use extend::{ExtendError, extend};
pub use found::{Parcel, at_kiosk, by_order, by_pickup, by_waybill, pickup_number};
pub use out::take_out;

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
        order_id: i64,
        /// What and in which state.
        source: pickup_domain::parcel::IllegalParcelEvent,
    },
}

impl From<DbError> for ParcelError {
    fn from(cause: DbError) -> Self {
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

/// Makes the parcels of these orders ready (`picking` → `ready`): allots each a slip number and signs its ticket, good for
/// `ticket_for_s` seconds. A parcel that is ready or further already stays as it is, so that a receipt may come twice.
///
/// # Errors
/// [`ParcelError`].
pub fn make_ready(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    actor: &str,
    orders: &[i64],
    ticket_for_s: u32,
) -> Result<(), ParcelError> {
    let read = Bulk::new(
        "SELECT r.id, p.centre, p.state FROM {r: id i} JOIN parcel p ON p.cell = {cell} AND p.pickup = r.id
         ORDER BY r.id",
        vec![Column::Int(in_order(orders))],
    );
    let not_after = after(now, ticket_for_s);
    let (mut ids, mut slips, mut tickets) = (Vec::new(), Vec::new(), Vec::new());
    for row in tx.bulk_rows(&[read])?.into_iter().flatten() {
        let (number, centre, word): (i64, u16, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if word != ParcelState::Picking.as_str() {
            continue;
        }
        let ticket = Ticket {
            key_id: secrets.signing_id(),
            centre,
            pickup: pickup_number(number)?,
            not_after_unix_s: u32::try_from(not_after.as_second()).unwrap_or(u32::MAX),
            nonce: random()?,
        };
        tickets.push(ticket.sign(secrets.signing()));
        slips.push(next_slip_number(tx, now)?);
        ids.push(number);
    }
    let state = ParcelState::Ready.as_str();
    let entities: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let changes: Vec<Change<'_>> = entities
        .iter()
        .zip(&slips)
        .map(|(entity, slip)| {
            let body = json!({ "slip": slip, "not_after": not_after });
            Change { actor, kind: Kind::Parcel, entity, state, body }
        })
        .collect();
    let trail = trail::chain(tx, now, &changes)?;
    let ready = Bulk::with(
        "UPDATE parcel SET state = 'ready', slip_no = r.slip, ticket = r.ticket, not_after_us = ?4, ready_us = ?5
         FROM {r: id i, slip t, ticket t} WHERE parcel.cell = {cell} AND parcel.pickup = r.id",
        vec![Column::Int(ids), Column::Text(slips), Column::Text(tickets)],
        vec![Value::Int(us(not_after)), Value::Int(us(now))],
    );
    tx.bulks(&[ready, trail])?;
    Ok(())
}

/// The orders by their numbers, so that what is allotted one after the other does not depend on the engine.
fn in_order(orders: &[i64]) -> Vec<i64> {
    let mut orders = orders.to_vec();
    orders.sort_unstable();
    orders
}

/// Takes back the order's parcel when it is not behind a door: the declaration came to nothing. A parcel behind a door
/// stays where it is for staff to fetch; no door opens for it since its declaration is not released.
///
/// # Errors
/// [`ParcelError`].
pub fn take_back(tx: &Conn, now: Timestamp, actor: &str, order_id: i64) -> Result<(), ParcelError> {
    let Some(parcel) = by_order(tx, order_id)? else { return Ok(()) };
    if !matches!(parcel.state, ParcelState::Picking | ParcelState::Ready) {
        return Ok(());
    }
    tx.execute("DELETE FROM door WHERE cell = {cell} AND pickup = ?1", [parcel.number()])?;
    let taken_back = ParcelState::BackToStock;
    tx.execute(
        "UPDATE parcel SET state = ?2 WHERE cell = {cell} AND pickup = ?1",
        (parcel.number(), taken_back.as_str()),
    )?;
    put_on_trail(tx, now, actor, parcel.number(), taken_back, json!({}))?;
    Ok(())
}

/// Puts the parcel into `state`, on the table and on the trail. The caller has asked the state machine.
///
/// # Errors
/// [`StoreError`].
pub fn set_state(
    tx: &Conn,
    now: Timestamp,
    actor: &str,
    parcel: &Parcel,
    state: ParcelState,
    body: serde_json::Value,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE parcel SET state = ?2 WHERE cell = {cell} AND pickup = ?1")?
        .execute((parcel.number(), state.as_str()))?;
    put_on_trail(tx, now, actor, parcel.number(), state, body)?;
    see_to_overdue(tx, now, actor, parcel, state)
}

/// A person decides what becomes of a parcel that is overdue, until it is not any more.
fn see_to_overdue(
    tx: &Conn,
    now: Timestamp,
    actor: &str,
    parcel: &Parcel,
    state: ParcelState,
) -> Result<(), StoreError> {
    let entity = parcel.number().to_string();
    match (parcel.state, state) {
        (ParcelState::Overdue, ParcelState::Overdue) => Ok(()),
        (_, ParcelState::Overdue) => {
            let body = json!({ "pickup": parcel.pickup, "waybill": parcel.waybill, "door": parcel.door,
                "until": parcel.not_after });
            tasks::raise(tx, now, tasks::Kind::Overdue, &entity, Some(parcel.order_id), &body)
        }
        (ParcelState::Overdue, _) => {
            let note = format!("the parcel is {}", state.as_str());
            tasks::settle_of_entity(tx, now, tasks::Kind::Overdue, &entity, actor, &note)
        }
        _ => Ok(()),
    }
}

/// Ends the order of a parcel that was handed over. `false` when the order is in no state for that (cancelled since).
///
/// # Errors
/// [`StoreError`].
pub fn fulfil_order(tx: &Conn, now: Timestamp, actor: &str, parcel: &Parcel) -> Result<bool, StoreError> {
    let Some(Ok(state)) = parcel.order_state.map(|state| state.apply(OrderEvent::HandedOver)) else {
        return Ok(false);
    };
    tx.execute(
        "UPDATE orders SET state = ?2 WHERE cell = {cell} AND id = ?1",
        (parcel.order_id, state.as_str()),
    )?;
    let body = json!({ "pickup": parcel.pickup });
    let change = Change {
        actor,
        kind: Kind::Order,
        entity: &parcel.order_id.to_string(),
        state: state.as_str(),
        body,
    };
    trail::append(tx, now, &change)?;
    Ok(true)
}

/// Has a person see to a report of a kiosk that is a fact and contradicts what is known here, such as goods that left after
/// their order was cancelled. `report` names it: one task per report, so that none hides another.
///
/// # Errors
/// [`StoreError`].
pub fn contradicts(
    tx: &Conn,
    now: Timestamp,
    parcel: &Parcel,
    report: &str,
    what: serde_json::Value,
) -> Result<(), StoreError> {
    let body = json!({ "pickup": parcel.pickup, "waybill": parcel.waybill, "report": what });
    tasks::raise(tx, now, tasks::Kind::Contradiction, report, Some(parcel.order_id), &body)
}

fn put_on_trail(
    tx: &Conn,
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
fn next_slip_number(tx: &Conn, now: Timestamp) -> Result<String, StoreError> {
    let day = china_time::yyyymmdd(now);
    let mut number = String::new();
    tx.move_on(|cell| {
        cell.slip_serial = if cell.slip_day == day { cell.slip_serial.saturating_add(1) } else { 1 };
        cell.slip_day.clone_from(&day);
        number = format!("S{day}{:06}", cell.slip_serial);
    })?;
    Ok(number)
}
