//! `POST /kiosk/v1/openings`: staff want to open a door. Who, why and what lies there is on the trail before the door moves.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use pickup_protocol::work::{Behind, OpeningReply, OpeningRequest, Purpose};
use pickup_protocol::{DoorNumber, PickupNumber, Reason};
use serde_json::json;

use super::Kiosk;
use super::badge::{Shown, check};
use super::once::{Once, once};
use super::staff::{of_this_centre, removal_reason};
use crate::App;
use crate::credentials::Staff;
use crate::db::{Conn, OptionalExt as _};
use crate::error::{Body, Fault};
use crate::parcels::{self, Parcel};
use crate::secrets::Secrets;
use crate::store::StoreError;
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// Authorises an opening, once per opening id.
pub async fn opening(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(request): Body<OpeningRequest>,
) -> Result<Json<OpeningReply>, Fault> {
    let second = match &request.second {
        None => None,
        Some(shown) => match check(&app, &kiosk, shown.clone()).await? {
            Shown::By(staff) => Some(staff),
            Shown::Pin(problem) => return Ok(Json(OpeningReply::SecondPin { problem })),
            Shown::Refused(reason) => return Ok(Json(OpeningReply::Refused { reason })),
        },
    };
    let (now, shared) = (app.now(), Arc::clone(&app));
    let answer =
        app.store.write(move |tx| decide(tx, &shared.secrets, now, &kiosk, &request, second.as_ref()));
    Ok(Json(answer.await?))
}

fn decide(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    kiosk: &Kiosk,
    request: &OpeningRequest,
    second: Option<&Staff>,
) -> Result<OpeningReply, Fault> {
    let refused = |reason| Ok(OpeningReply::Refused { reason });
    let Some(first) = of_this_centre(tx, secrets, kiosk, &request.badge)? else {
        return refused(Reason::BadgeUnknown);
    };
    if second.is_some_and(|second| second.id == first.id || second.name == first.name) {
        return refused(Reason::SamePerson);
    }
    let behind = behind(tx, kiosk, request.door)?;
    match may(request.purpose, behind.as_ref(), kiosk) {
        May::Not(reason) => return refused(reason),
        May::InPairs if second.is_none() => return Ok(OpeningReply::SecondNeeded),
        May::InPairs | May::Open => {}
    }
    // What is kept of the request says who asked, never a PIN or what could be tried against one.
    let kept = (request.opening_id, &first.id, second.map(|s| &s.id), request.door, request.purpose);
    let answer = once(tx, now, kiosk, ("opening", request.opening_id), &kept, || {
        let parcel = behind.as_ref().map(|(parcel, _)| parcel);
        grant(tx, now, kiosk, request, (&first, second), parcel)?;
        let parcel = parcel.map(|p| Behind { pickup: p.pickup, waybill: p.waybill.clone() });
        Ok(OpeningReply::Granted { parcel })
    });
    Ok(match answer? {
        Once::First(reply) | Once::Again(reply) => reply,
        Once::Conflict => OpeningReply::Refused { reason: Reason::RequestConflict },
    })
}

/// The parcel that a door holds or is reserved for; `true` when it lies there.
///
/// # Errors
/// [`StoreError`].
pub fn behind(tx: &Conn, kiosk: &Kiosk, door: DoorNumber) -> Result<Option<(Parcel, bool)>, StoreError> {
    let row: Option<(i64, bool)> = tx
        .query_row(
            "SELECT pickup, stored FROM door WHERE cell = {cell} AND kiosk_id = ?1 AND door = ?2",
            (&kiosk.key, door.0),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((number, stored)) = row else { return Ok(None) };
    let pickup: PickupNumber = parcels::pickup_number(number)?;
    Ok(parcels::by_pickup(tx, pickup)?.map(|parcel| (parcel, stored)))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    Open,
    /// Only with a second person.
    InPairs,
    Not(Reason),
}

/// An empty door, and one whose parcel is to be taken out, is one person's business. Behind every other door lies, or may lie
/// by now, what is the buyer's.
fn may(purpose: Purpose, behind: Option<&(Parcel, bool)>, kiosk: &Kiosk) -> May {
    let to_go = behind.is_some_and(|(parcel, stored)| {
        *stored && removal_reason(parcel).is_some() && parcel.kiosk_id.as_deref() == Some(kiosk.key.as_str())
    });
    match (purpose, behind) {
        (Purpose::Removal, _) if !to_go => May::Not(Reason::NothingToRemove),
        (_, None) => May::Open,
        (_, Some(_)) if to_go => May::Open,
        (_, Some(_)) => May::InPairs,
    }
}

fn grant(
    tx: &Conn,
    now: Timestamp,
    kiosk: &Kiosk,
    request: &OpeningRequest,
    (first, second): (&Staff, Option<&Staff>),
    parcel: Option<&Parcel>,
) -> Result<(), StoreError> {
    let (id, second) = (request.opening_id.to_string(), second.map(|staff| staff.name.clone()));
    tx.execute(
        "INSERT INTO opening (cell, id, kiosk_id, door, pickup, purpose, staff, second, state, at_us)
         VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6, ?7, 'granted', ?8)",
        (
            &id,
            &kiosk.key,
            request.door.0,
            parcel.map(Parcel::number),
            request.purpose.as_str(),
            &first.name,
            &second,
            us(now),
        ),
    )?;
    tracing::info!(kiosk = %kiosk.name, door = request.door.0, purpose = request.purpose.as_str(), staff = first.name,
        "staff open a door");
    let body = json!({
        "kiosk": kiosk.name, "door": request.door, "purpose": request.purpose.as_str(),
        "pickup": parcel.map(|p| p.pickup), "parcel": parcel.map(|p| p.state.as_str()), "second": second,
    });
    trail::append(
        tx,
        now,
        &Change { actor: &first.actor(), kind: Kind::Opening, entity: &id, state: "granted", body },
    )
}

#[cfg(test)]
mod tests {
    use pickup_domain::declaration::DeclarationState;
    use pickup_domain::order::OrderState;
    use pickup_domain::parcel::ParcelState as P;

    use super::super::judge::tests::{kiosk, parcel};
    use super::*;

    fn may_with(purpose: Purpose, change: impl FnOnce(&mut Parcel), stored: bool) -> May {
        let mut parcel = parcel();
        change(&mut parcel);
        may(purpose, Some(&(parcel, stored)), &kiosk())
    }

    #[test]
    fn an_empty_door_and_a_parcel_to_be_taken_out_are_one_persons_business() {
        assert_eq!(may(Purpose::Inspect, None, &kiosk()), May::Open);
        for purpose in [Purpose::Removal, Purpose::Customs] {
            assert_eq!(may_with(purpose, |p| p.state = P::Overdue, true), May::Open);
            let cancelled = |p: &mut Parcel| p.order_state = Some(OrderState::Cancelled);
            assert_eq!(may_with(purpose, cancelled, true), May::Open);
        }
    }

    #[test]
    fn what_waits_for_its_buyer_or_may_lie_there_takes_two() {
        for state in [P::InLocker, P::Attention, P::Ready, P::Collected] {
            for purpose in Purpose::CHOICES {
                assert_eq!(may_with(purpose, |p| p.state = state, true), May::InPairs, "{state:?}");
            }
        }
        assert_eq!(may_with(Purpose::Inspect, |p| p.state = P::Overdue, false), May::InPairs, "reserved");
        let asked = |p: &mut Parcel| {
            p.being_cancelled = true;
            p.declaration = Some(DeclarationState::Released);
        };
        assert_eq!(may_with(Purpose::Inspect, asked, true), May::InPairs, "customs has not decided");
    }

    #[test]
    fn nothing_else_is_taken_out_as_overdue() {
        let not = May::Not(Reason::NothingToRemove);
        assert_eq!(may(Purpose::Removal, None, &kiosk()), not);
        assert_eq!(may_with(Purpose::Removal, |_| (), true), not);
        assert_eq!(may_with(Purpose::Removal, |p| p.state = P::Attention, true), not);
    }
}
