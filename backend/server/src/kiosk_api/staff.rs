//! `POST /kiosk/v1/staff`: whose badge it is, and what waits for them at the kiosk.

use std::sync::Arc;

use crate::db::Conn;
use axum::extract::State;
use axum::{Extension, Json};
use jiff::{SignedDuration, Timestamp};
use pickup_domain::parcel::ParcelState;
use pickup_protocol::DoorNumber;
use pickup_protocol::kiosk::{Attention, StaffReply, StaffRequest};
use pickup_protocol::work::{Credential, OwedSlip, Removal, RemovalReason, Work};

use super::Kiosk;
use super::badge::{Shown, check};
use crate::App;
use crate::credentials::{Staff, staff_by_badge};
use crate::error::{Body, Fault};
use crate::parcels::{self, Parcel};
use crate::secrets::Secrets;
use crate::store::StoreError;
use crate::time::{at, us};

/// Slips that are owed, shown to staff at once; the oldest come first.
const OWED_AT_MOST: usize = 20;

/// Welcomes a member of staff of this centre.
pub async fn staff(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(request): Body<StaffRequest>,
) -> Result<Json<StaffReply>, Fault> {
    let StaffRequest { badge, pin } = request;
    let staff = match check(&app, &kiosk, Credential { badge, pin }).await? {
        Shown::By(staff) => staff,
        Shown::Pin(problem) => return Ok(Json(StaffReply::Pin { problem })),
        Shown::Refused(reason) => return Ok(Json(StaffReply::Refused { reason })),
    };
    let reserved_for = SignedDuration::from_secs(app.config.door_reserved_for_s.into());
    let since = app.now().checked_sub(reserved_for).unwrap_or(Timestamp::MIN);
    let waits = app.store.read(move |conn| {
        let attention = parcels::at_kiosk(conn, &kiosk.key, ParcelState::Attention)?
            .into_iter()
            .filter_map(|p| Some(Attention { pickup: p.pickup, waybill: p.waybill, door: p.door? }))
            .collect();
        Ok::<_, StoreError>((attention, work(conn, &kiosk, since)?))
    });
    let (attention, work) = waits.await?;
    Ok(Json(StaffReply::Welcome { name: staff.name, attention, work }))
}

/// The member of staff with this badge, when they work at the kiosk's centre.
///
/// # Errors
/// [`StoreError`].
pub fn of_this_centre(
    conn: &Conn,
    secrets: &Secrets,
    kiosk: &Kiosk,
    badge: &str,
) -> Result<Option<Staff>, StoreError> {
    Ok(staff_by_badge(conn, secrets, badge)?.filter(|staff| staff.centre == kiosk.centre))
}

/// What waits for staff beside doors that want a look. Reservations made before `since` are over.
fn work(conn: &Conn, kiosk: &Kiosk, since: Timestamp) -> Result<Work, StoreError> {
    let mut removals: Vec<Removal> = Vec::new();
    for state in [ParcelState::Overdue, ParcelState::InLocker] {
        removals.extend(parcels::at_kiosk(conn, &kiosk.key, state)?.iter().filter_map(removal));
    }
    removals.sort_by_key(|removal| (removal.since, removal.door));
    Ok(Work { removals, taken: taken(conn, kiosk, since)?, owed: owed(conn, kiosk)? })
}

/// Why the parcel is to be taken out, if it is.
pub fn removal_reason(parcel: &Parcel) -> Option<RemovalReason> {
    match parcel.state {
        ParcelState::Overdue => Some(RemovalReason::Overdue),
        // While customs is being asked to cancel it, it waits for the answer where it lies.
        ParcelState::InLocker if !parcel.is_released() && !parcel.being_cancelled => {
            Some(RemovalReason::Withdrawn)
        }
        _ => None,
    }
}

fn removal(parcel: &Parcel) -> Option<Removal> {
    let why = removal_reason(parcel)?;
    let since = parcel.not_after.filter(|_| why == RemovalReason::Overdue);
    let (pickup, waybill, door) = (parcel.pickup, parcel.waybill.clone(), parcel.door?);
    Some(Removal { pickup, waybill, door, why, since })
}

fn taken(conn: &Conn, kiosk: &Kiosk, since: Timestamp) -> Result<Vec<DoorNumber>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT door FROM door WHERE cell = {cell} AND kiosk_id = ?1 AND (stored = 1 OR reserved_us > ?2)
         ORDER BY door",
    )?;
    let doors = statement.query_map((&kiosk.key, us(since)), |row| row.get(0).map(DoorNumber))?;
    Ok(doors.collect::<Result<_, _>>()?)
}

fn owed(conn: &Conn, kiosk: &Kiosk) -> Result<Vec<OwedSlip>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT h.pickup, p.waybill, h.completed_us
         FROM handover h JOIN parcel p ON p.cell = h.cell AND p.pickup = h.pickup
         WHERE h.cell = {cell} AND h.kiosk_id = ?1 AND h.slip_owed = 1 AND h.outcome = 'taken'
         ORDER BY h.completed_us, h.pickup",
    )?;
    let rows = statement.query_map([&kiosk.key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    rows.take(OWED_AT_MOST)
        .map(|row| {
            let (number, waybill, completed_us): (i64, String, i64) = row?;
            let (pickup, handed_over_at) = (parcels::pickup_number(number)?, at(completed_us)?);
            Ok(OwedSlip { pickup, waybill, handed_over_at })
        })
        .collect()
}
