//! More time to collect: a parcel that is overdue, or will be, can be collected again, with a new ticket.

use jiff::Timestamp;
use pickup_domain::parcel::{ParcelEvent, ParcelState};
use pickup_protocol::Ticket;
use serde_json::json;

use super::overdue::manifest_changed;
use super::{Parcel, ParcelError, by_waybill, set_state};
use crate::db::Conn;
use crate::secrets::{Secrets, random};
use crate::store::StoreError;
use crate::tasks;
use crate::time::us;

/// Why a parcel gets no more time.
#[derive(Debug, thiserror::Error)]
pub enum ExtendError {
    /// The database, or a state that does not allow it.
    #[error(transparent)]
    Parcel(#[from] ParcelError),
    /// There is none.
    #[error("there is no parcel with waybill {0}")]
    None(String),
    /// Customs' release does not stand.
    #[error(
        "parcel {0} is not released, or its order was cancelled: it can not be collected however long it waits"
    )]
    NotReleased(String),
    /// The time is over already.
    #[error("{0} is not later than now and than the time it has")]
    NotLater(Timestamp),
}

impl From<StoreError> for ExtendError {
    fn from(cause: StoreError) -> Self {
        Self::Parcel(cause.into())
    }
}

impl From<crate::db::DbError> for ExtendError {
    fn from(cause: crate::db::DbError) -> Self {
        Self::Parcel(cause.into())
    }
}

/// Lets the parcel with this waybill number be collected until `until`. Behind its door it may be collected at once; one that
/// was taken out waits for staff to store it again. Its old ticket runs out as it says; the new one is in the order.
///
/// # Errors
/// [`ExtendError`].
pub fn extend(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    actor: &str,
    waybill: &str,
    until: Timestamp,
) -> Result<ParcelState, ExtendError> {
    let parcel = by_waybill(tx, waybill)?.ok_or_else(|| ExtendError::None(waybill.to_owned()))?;
    if !parcel.is_released() {
        return Err(ExtendError::NotReleased(waybill.to_owned()));
    }
    if until <= now || parcel.not_after.is_some_and(|has| until <= has) {
        return Err(ExtendError::NotLater(until));
    }
    let event = match parcel.state {
        ParcelState::InLocker | ParcelState::Overdue if parcel.door.is_some() => ParcelEvent::MoreTime,
        _ => ParcelEvent::SetOutAgain,
    };
    let order_id = parcel.order_id;
    let state = parcel.state.apply(event).map_err(|source| ParcelError::Illegal { order_id, source })?;
    let ticket = ticket(secrets, &parcel, until)?;
    tx.execute(
        "UPDATE parcel SET not_after_us = ?2, ticket = ?3 WHERE cell = {cell} AND pickup = ?1",
        (parcel.number(), us(until), ticket),
    )?;
    set_state(tx, now, actor, &parcel, state, json!({ "not_after": until, "before": parcel.not_after }))?;
    manifest_changed(tx, &parcel)?;
    let entity = parcel.number().to_string();
    tasks::settle_of_entity(tx, now, tasks::Kind::TakenOut, &entity, actor, "more time was given")?;
    Ok(state)
}

fn ticket(secrets: &Secrets, parcel: &Parcel, until: Timestamp) -> Result<String, ParcelError> {
    let ticket = Ticket {
        key_id: secrets.signing_id(),
        centre: parcel.centre,
        pickup: parcel.pickup,
        not_after_unix_s: u32::try_from(until.as_second()).unwrap_or(u32::MAX),
        nonce: random()?,
    };
    Ok(ticket.sign(secrets.signing()))
}
