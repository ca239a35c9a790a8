//! `POST /kiosk/v1/openings/ended`: how an opening by staff ended, reported until acknowledged and applied once.
//!
//! As with handovers a report is a fact: what it contradicts is a task, and it is never turned away.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use pickup_domain::parcel::{ParcelEvent, ParcelState as P};
use pickup_protocol::kiosk::Ack;
use pickup_protocol::work::{Opening, OpeningOutcome as O};
use serde_json::json;

use super::openings::behind;
use super::staff::of_this_centre;
use super::{Kiosk, once, wishes};
use crate::App;
use crate::db::{Conn, OptionalExt as _};
use crate::error::{Body, Fault};
use crate::parcels::{self, Parcel};
use crate::secrets::Secrets;
use crate::store::StoreError;
use crate::tasks;
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// Takes a report, once per report id.
pub async fn ended(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(report): Body<Opening>,
) -> Result<Json<Ack>, Fault> {
    let id = report.report_id;
    once::report(&app, kiosk, ("opening-ended", id), report, record).await
}

/// What a report does to the parcel, and what it contradicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Settlement {
    event: Option<ParcelEvent>,
    conflict: Option<&'static str>,
}

/// `thought` is the parcel that the report speaks of, `there` the one that lies there as far as is known here.
fn settle(outcome: O, thought: Option<&Parcel>, there: Option<&Parcel>) -> Settlement {
    let settled = |event, conflict| Settlement { event, conflict };
    let out = matches!(outcome, O::TakenOut | O::Empty);
    match (thought, there) {
        // Opened as empty, which it was not, or something came there since.
        (None, Some(_)) if outcome != O::NotOpened => settled(None, Some("DOOR_IN_USE")),
        (None, _) => settled(None, None),
        (Some(thought), there) if there.map(|p| p.pickup) != Some(thought.pickup) => {
            settled(None, (out || outcome == O::Unclear).then_some("NOT_IN_LOCKER"))
        }
        (Some(parcel), _) => match (outcome, parcel.state) {
            (O::TakenOut, P::InLocker | P::Overdue | P::Attention) => {
                settled(Some(ParcelEvent::TakenBack), None)
            }
            (O::Empty, P::InLocker | P::Overdue | P::Attention) => {
                settled(Some(ParcelEvent::TakenBack), Some("PARCEL_MISSING"))
            }
            (O::Unclear, P::InLocker | P::Overdue) => settled(Some(ParcelEvent::DoorUnclear), None),
            (O::TakenOut | O::Empty, _) => settled(None, Some("NOT_IN_LOCKER")),
            _ => settled(None, None),
        },
    }
}

fn record(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    kiosk: &Kiosk,
    report: &Opening,
) -> Result<(), Fault> {
    let staff = of_this_centre(tx, secrets, kiosk, &report.badge)?;
    let authorised = close(tx, report)?;
    let wished = wished(tx, now, kiosk, report)?;
    let actor = match (&wished, &staff, &authorised) {
        (Some(by), ..) => format!("account:{by}"),
        (None, Some(staff), _) => staff.actor(),
        (None, None, Some(name)) => format!("staff:{name}"),
        (None, None, None) => kiosk.actor(),
    };
    let thought = report.pickup.map(|pickup| parcels::by_pickup(tx, pickup)).transpose()?.flatten();
    let there = behind(tx, kiosk, report.door)?.filter(|(_, stored)| *stored).map(|(parcel, _)| parcel);
    let settlement = settle(report.outcome, thought.as_ref(), there.as_ref());
    let mut conflicts: Vec<&str> = settlement.conflict.into_iter().collect();
    if report.opening_id.is_some() && authorised.is_none() {
        conflicts.push("OPENING_UNKNOWN");
    }
    if authorised.is_none() && staff.is_none() {
        conflicts.push("BADGE_UNKNOWN");
    }
    let body = json!({
        "kiosk": kiosk.name, "door": report.door, "purpose": report.purpose.as_str(), "pickup": report.pickup,
        "authorised": report.opening_id.is_some(), "events": report.door_events,
        "completed_at": report.completed_at, "conflicts": conflicts,
    });
    let entity = report.opening_id.unwrap_or(report.report_id).to_string();
    let state = report.outcome.as_str();
    let change = Change { actor: &actor, kind: Kind::Opening, entity: &entity, state, body: body.clone() };
    trail::append(tx, now, &change)?;
    if !conflicts.is_empty() {
        tracing::warn!(kiosk = %kiosk.name, door = report.door.0, ?conflicts, "an opening contradicts what is known");
        let order = thought.as_ref().or(there.as_ref()).map(|parcel| parcel.order_id);
        let of = format!("opening/{}", report.report_id);
        tasks::raise(tx, now, tasks::Kind::Contradiction, &of, order, &json!({ "report": body }))?;
    }
    let (Some(event), Some(parcel)) = (settlement.event, thought) else { return Ok(()) };
    let body = json!({ "opening": entity, "outcome": state });
    match event {
        ParcelEvent::TakenBack => {
            parcels::take_out(tx, now, &actor, &parcel, body).map_err(StoreError::from)?;
        }
        event => {
            let state = parcel.state.apply(event).map_err(|e| Fault::internal(&e))?;
            parcels::set_state(tx, now, &actor, &parcel, state, body)?;
            let sql = "UPDATE kiosk SET manifest_sequence = manifest_sequence + 1 WHERE id = ?1";
            tx.execute(sql, [&kiosk.key])?;
        }
    }
    Ok(())
}

/// Who wanted it from the console, when somebody did; of a door of which nobody knows what it did, a person must look.
fn wished(tx: &Conn, now: Timestamp, kiosk: &Kiosk, report: &Opening) -> Result<Option<String>, StoreError> {
    let Some(id) = report.opening_id else { return Ok(None) };
    let by = wishes::ended(tx, id, report.outcome, now)?;
    if by.is_some() && report.outcome == O::Unclear {
        wishes::call(tx, now, &id.to_string(), &kiosk.name, report.door)?;
    }
    Ok(by)
}

/// Ends the authorisation; who was given it.
fn close(tx: &Conn, report: &Opening) -> Result<Option<String>, StoreError> {
    let Some(id) = report.opening_id else { return Ok(None) };
    Ok(tx
        .query_row(
            "UPDATE opening SET state = ?2, at_us = ?3 WHERE cell = {cell} AND id = ?1 RETURNING staff",
            (id.to_string(), report.outcome.as_str(), us(report.completed_at)),
            |row| row.get(0),
        )
        .optional()?)
}

#[cfg(test)]
mod tests {
    use pickup_protocol::PickupNumber;

    use super::super::judge::tests::parcel;
    use super::*;

    fn settled(outcome: O, state: P) -> (Option<ParcelEvent>, Option<&'static str>) {
        let parcel = Parcel { state, ..parcel() };
        let Settlement { event, conflict } = settle(outcome, Some(&parcel), Some(&parcel));
        (event, conflict)
    }

    #[test]
    fn what_staff_took_out_is_out_and_what_is_missing_is_said_to_be() {
        for state in [P::InLocker, P::Overdue, P::Attention] {
            assert_eq!(settled(O::TakenOut, state), (Some(ParcelEvent::TakenBack), None));
            assert_eq!(settled(O::Empty, state), (Some(ParcelEvent::TakenBack), Some("PARCEL_MISSING")));
        }
        assert_eq!(settled(O::TakenOut, P::Collected), (None, Some("NOT_IN_LOCKER")));
        assert_eq!(settled(O::Inside, P::Overdue), (None, None));
    }

    #[test]
    fn an_opening_nobody_can_vouch_for_makes_a_person_look() {
        assert_eq!(settled(O::Unclear, P::InLocker), (Some(ParcelEvent::DoorUnclear), None));
        assert_eq!(settled(O::Unclear, P::Overdue), (Some(ParcelEvent::DoorUnclear), None));
        assert_eq!(settled(O::Unclear, P::Collected), (None, None));
    }

    #[test]
    fn a_door_opened_as_empty_that_was_not_and_a_parcel_that_lies_elsewhere_are_not_hidden() {
        let parcel = parcel();
        let other = Parcel { pickup: PickupNumber(8), ..parcel.clone() };
        assert_eq!(settle(O::Shut, None, Some(&parcel)).conflict, Some("DOOR_IN_USE"));
        assert_eq!(settle(O::Shut, None, None).conflict, None);
        assert_eq!(settle(O::TakenOut, Some(&parcel), Some(&other)).conflict, Some("NOT_IN_LOCKER"));
        assert_eq!(settle(O::Inside, Some(&parcel), None).conflict, None);
    }

    #[test]
    fn every_event_it_asks_for_is_one_the_parcel_can_take() {
        for state in P::ALL {
            for outcome in [O::Shut, O::Inside, O::TakenOut, O::Empty, O::NotOpened, O::Unclear] {
                if let (Some(event), _) = settled(outcome, state) {
                    assert!(state.apply(event).is_ok(), "{state:?} {event:?}");
                }
            }
        }
    }
}
