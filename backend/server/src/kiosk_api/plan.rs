//! `POST /kiosk/v1/deposits/plan`: which door a parcel goes to; the door is reserved for it.

use std::sync::Arc;

use crate::db::{Conn, OptionalExt as _};
use axum::extract::State;
use axum::{Extension, Json};
use jiff::{SignedDuration, Timestamp};
use pickup_domain::parcel::{ParcelState as P, Size};
use pickup_protocol::kiosk::{DepositPlanReply, DepositPlanRequest, DoorOffer, DoorSize};
use pickup_protocol::staff::{Scanned, classify};
use pickup_protocol::{DoorNumber, Reason};

use super::Kiosk;
use super::judge::papers;
use super::once::{Once, once};
use super::staff::of_this_centre;
use crate::App;
use crate::error::{Body, Fault};
use crate::parcels::{self, Parcel};
use crate::secrets::Secrets;
use crate::store::StoreError;
use crate::time::us;

/// Plans a deposit, once per request id.
pub async fn plan(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(request): Body<DepositPlanRequest>,
) -> Result<Json<DepositPlanReply>, Fault> {
    let (now, shared) = (app.now(), Arc::clone(&app));
    let reserved_for = SignedDuration::from_secs(app.config.door_reserved_for_s.into());
    let answer = app.store.write(move |tx| {
        once(tx, now, &kiosk, ("plan", request.request_id), &request, || {
            Ok(match reserve(tx, &shared.secrets, (now, reserved_for), &kiosk, &request)? {
                Ok((parcel, offer)) => door(&parcel, offer),
                Err(reason) => DepositPlanReply::Refused { reason },
            })
        })
    });
    Ok(Json(match answer.await? {
        Once::First(reply) | Once::Again(reply) => reply,
        Once::Conflict => DepositPlanReply::Refused { reason: Reason::RequestConflict },
    }))
}

fn door(parcel: &Parcel, offer: DoorOffer) -> DepositPlanReply {
    let DoorOffer { door, size } = offer;
    DepositPlanReply::Door { pickup: parcel.pickup, waybill: parcel.waybill.clone(), door, size }
}

type Planned = Result<(Parcel, DoorOffer), Reason>;

fn reserve(
    tx: &Conn,
    secrets: &Secrets,
    (now, reserved_for): (Timestamp, SignedDuration),
    kiosk: &Kiosk,
    request: &DepositPlanRequest,
) -> Result<Planned, StoreError> {
    if of_this_centre(tx, secrets, kiosk, &request.badge)?.is_none() {
        return Ok(Err(Reason::BadgeUnknown));
    }
    let Scanned::Label(waybill) = classify(request.label.as_bytes()) else {
        return Ok(Err(Reason::LabelUnknown));
    };
    let Some(parcel) = parcels::by_waybill(tx, &waybill)? else { return Ok(Err(Reason::LabelUnknown)) };
    if let Err(reason) = may_be_deposited(&parcel, kiosk) {
        return Ok(Err(reason));
    }
    let since = now.checked_sub(reserved_for).unwrap_or(Timestamp::MIN);
    if reserved_elsewhere(tx, since, kiosk, &parcel)? {
        return Ok(Err(Reason::OtherKiosk));
    }
    // Reserved and never heard of again: should a parcel lie there after all, its report says so and stands.
    tx.execute(
        "DELETE FROM door WHERE cell = {cell} AND kiosk_id = ?1 AND stored = 0 AND reserved_us <= ?2",
        (&kiosk.key, us(since)),
    )?;
    // A plan that came to nothing: the parcel is in somebody's hands, not behind that door.
    tx.execute("DELETE FROM door WHERE cell = {cell} AND pickup = ?1 AND stored = 0", [parcel.number()])?;
    let Some(offer) = choose(parcel.size, &request.doors, &in_use(tx, kiosk)?) else {
        return Ok(Err(Reason::NoDoorFree));
    };
    tx.execute(
        "INSERT INTO door (cell, kiosk_id, door, pickup, request_id, reserved_us) VALUES ({cell}, ?1, ?2, ?3, ?4, ?5)",
        (&kiosk.key, offer.door.0, parcel.number(), request.request_id.to_string(), us(now)),
    )?;
    Ok(Ok((parcel, offer)))
}

fn may_be_deposited(parcel: &Parcel, kiosk: &Kiosk) -> Result<(), Reason> {
    if parcel.centre != kiosk.centre {
        return Err(Reason::OtherCentre);
    }
    match parcel.state {
        P::Picking | P::Ready => papers(parcel)?,
        P::InLocker | P::Attention | P::Overdue => return Err(Reason::AlreadyStored),
        P::Collected => return Err(Reason::AlreadyCollected),
        P::BackToStock => return Err(papers(parcel).err().unwrap_or(Reason::Cancelled)),
    }
    if parcel.state == P::Ready { Ok(()) } else { Err(Reason::NotReleased) }
}

fn reserved_elsewhere(
    tx: &Conn,
    since: Timestamp,
    kiosk: &Kiosk,
    parcel: &Parcel,
) -> Result<bool, StoreError> {
    Ok(tx
        .query_row(
            "SELECT 1 FROM door WHERE cell = {cell} AND pickup = ?1 AND kiosk_id <> ?2 AND reserved_us > ?3",
            (parcel.number(), &kiosk.key, us(since)),
            |_| Ok(()),
        )
        .optional()?
        .is_some())
}

fn in_use(tx: &Conn, kiosk: &Kiosk) -> Result<Vec<DoorNumber>, StoreError> {
    let mut statement = tx.prepare_cached("SELECT door FROM door WHERE cell = {cell} AND kiosk_id = ?1")?;
    let doors = statement.query_map([&kiosk.key], |row| row.get(0).map(DoorNumber))?;
    Ok(doors.collect::<Result<_, _>>()?)
}

/// The smallest offered door the parcel fits behind that is not in use; of equals the lowest number.
fn choose(size: Size, offers: &[DoorOffer], in_use: &[DoorNumber]) -> Option<DoorOffer> {
    let fits = |offer: &&DoorOffer| domain_size(offer.size) >= size && !in_use.contains(&offer.door);
    offers.iter().filter(fits).min_by_key(|offer| (offer.size, offer.door)).copied()
}

fn domain_size(size: DoorSize) -> Size {
    match size {
        DoorSize::S => Size::S,
        DoorSize::M => Size::M,
        DoorSize::L => Size::L,
    }
}

#[cfg(test)]
mod tests {
    use super::super::judge::tests::{kiosk, parcel};
    use super::*;

    fn offers() -> Vec<DoorOffer> {
        [(9, DoorSize::L), (2, DoorSize::M), (1, DoorSize::M), (5, DoorSize::S)]
            .map(|(door, size)| DoorOffer { door: DoorNumber(door), size })
            .to_vec()
    }

    fn chosen(size: Size, in_use: &[u16]) -> Option<u16> {
        let in_use: Vec<DoorNumber> = in_use.iter().copied().map(DoorNumber).collect();
        choose(size, &offers(), &in_use).map(|offer| offer.door.0)
    }

    #[test]
    fn the_smallest_fitting_free_door_with_the_lowest_number_is_chosen() {
        assert_eq!(chosen(Size::S, &[]), Some(5));
        assert_eq!(chosen(Size::M, &[]), Some(1));
        assert_eq!(chosen(Size::M, &[1]), Some(2));
        assert_eq!(chosen(Size::S, &[5, 1, 2]), Some(9));
        assert_eq!(chosen(Size::L, &[9]), None);
        assert_eq!(choose(Size::S, &[], &[]), None);
    }

    #[test]
    fn only_a_ready_and_released_parcel_is_deposited() {
        use pickup_domain::declaration::DeclarationState as D;
        let with = |state, declaration| {
            may_be_deposited(&Parcel { state, declaration: Some(declaration), ..parcel() }, &kiosk())
        };
        assert_eq!(with(P::Ready, D::Released), Ok(()));
        assert_eq!(with(P::Picking, D::Accepted), Err(Reason::NotReleased));
        assert_eq!(with(P::Picking, D::Inspected), Err(Reason::UnderInspection));
        assert_eq!(with(P::Ready, D::Cancelled), Err(Reason::Cancelled));
        assert_eq!(with(P::Picking, D::Rejected), Err(Reason::NotReleased), "it may be put right");
        assert_eq!(with(P::InLocker, D::Released), Err(Reason::AlreadyStored));
        assert_eq!(with(P::Collected, D::Released), Err(Reason::AlreadyCollected));
    }
}
