//! A parcel is out of its locker in the hands of staff: its door is free, and a person decides what becomes of it.

use jiff::Timestamp;
use pickup_domain::parcel::ParcelEvent;
use serde_json::{Value, json};

use super::overdue::manifest_changed;
use super::{Parcel, ParcelError, set_state};
use crate::db::Conn;
use crate::tasks;

/// Notes that staff have the parcel. The books are not touched: its goods went out when customs released them, and come back by
/// a cancellation or a return that customs grants.
///
/// # Errors
/// [`ParcelError::Illegal`] when it cannot have been taken out, such as one that was collected.
pub fn take_out(
    tx: &Conn,
    now: Timestamp,
    actor: &str,
    parcel: &Parcel,
    body: Value,
) -> Result<(), ParcelError> {
    let order_id = parcel.order_id;
    let state = parcel
        .state
        .apply(ParcelEvent::TakenBack)
        .map_err(|source| ParcelError::Illegal { order_id, source })?;
    manifest_changed(tx, parcel)?;
    tx.execute("DELETE FROM door WHERE cell = {cell} AND pickup = ?1", [parcel.number()])?;
    // It lies in no kiosk any more, also when it is set out again and waits too long a second time.
    tx.execute(
        "UPDATE parcel SET kiosk_id = NULL, door = NULL, stored_us = NULL WHERE cell = {cell} AND pickup = ?1",
        [parcel.number()],
    )?;
    set_state(tx, now, actor, parcel, state, body)?;
    if parcel.is_released() {
        let entity = parcel.number().to_string();
        let what = json!({ "pickup": parcel.pickup, "waybill": parcel.waybill, "from": parcel.state.as_str(),
            "door": parcel.door, "by": actor });
        tasks::raise(tx, now, tasks::Kind::TakenOut, &entity, Some(order_id), &what)?;
    }
    Ok(())
}
