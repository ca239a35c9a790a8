//! `POST /kiosk/v1/handovers`: how a pickup ended, reported until acknowledged and applied once.
//!
//! A report tells of something that has happened already, perhaps hours ago and without the network. It is never turned
//! away for contradicting what is known here; the contradiction is put on the trail beside it.

use std::sync::Arc;

use crate::db::{Conn, OptionalExt as _};
use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use pickup_domain::parcel::{ParcelEvent, ParcelState};
use pickup_protocol::Reason;
use pickup_protocol::kiosk::{Ack, Handover, HandoverOutcome};
use serde_json::json;

use super::Kiosk;
use super::grounds::{Grounds, grounds};
use super::judge::papers;
use super::once::digest;
use crate::App;
use crate::error::{Body, Fault};
use crate::parcels::{self, Parcel};
use crate::store::StoreError;
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// Takes a report, once per handover id.
pub async fn handover(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(report): Body<Handover>,
) -> Result<Json<Ack>, Fault> {
    let (now, usual_s) = (app.now(), app.config.manifest_for_s);
    app.store.write(move |tx| record(tx, now, &kiosk, &report, usual_s)).await.map(Json)
}

fn record(tx: &Conn, now: Timestamp, kiosk: &Kiosk, report: &Handover, usual_s: u32) -> Result<Ack, Fault> {
    let digest = digest(kiosk, "handover", report)?;
    let id = report.handover_id.to_string();
    let known: Option<String> = tx
        .prepare_cached("SELECT body_digest FROM handover WHERE cell = {cell} AND id = ?1")?
        .query_row([&id], |row| row.get(0))
        .optional()?;
    match known {
        Some(known) if known == digest => return Ok(Ack { first: false }),
        Some(_) => return Err(Fault::conflict()),
        None => (),
    }
    let parcel = parcels::by_pickup(tx, report.pickup)?.ok_or_else(no_such_pickup)?;
    let grounds = grounds(tx, kiosk, report, usual_s)?;
    let settlement = settle(&parcel, kiosk, report);
    let body =
        serde_json::to_string(report).map_err(|e| StoreError::unreadable(format!("handover {id}"), e))?;
    tx.prepare_cached(
        "INSERT INTO handover (cell, id, pickup, kiosk_id, body_digest, body, outcome, completed_us, slip_owed)
         VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute((
        &id,
        parcel.number(),
        &kiosk.key,
        digest,
        body,
        settlement.outcome(),
        us(report.completed_at),
        i64::from(report.slips_printed == 0),
    ))?;
    apply(tx, now, kiosk, &parcel, report, &settlement, &grounds)?;
    Ok(Ack { first: true })
}

/// What a report contradicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conflict {
    /// One of the reasons for which the parcel would not have been granted.
    Against(Reason),
    /// The slip has another number.
    SlipDiffers,
    /// It never lay in this kiosk.
    NeverHere,
    /// The order is in no state to be fulfilled.
    OrderNotOpen,
}

impl Conflict {
    fn code(self) -> &'static str {
        match self {
            Self::Against(reason) => reason.code(),
            Self::SlipDiffers => "SLIP_DIFFERS",
            Self::NeverHere => "NEVER_HERE",
            Self::OrderNotOpen => "ORDER_NOT_OPEN",
        }
    }
}

/// What a report does and what it contradicts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Settlement {
    event: Option<ParcelEvent>,
    /// The parcel waits for a member of staff already, and this report says no more.
    still_unknown: bool,
    conflicts: Vec<Conflict>,
}

impl Settlement {
    fn outcome(&self) -> &'static str {
        match self.event {
            Some(ParcelEvent::HandedOver | ParcelEvent::FoundTaken) => "taken",
            Some(_) => "unknown",
            None if self.still_unknown => "unknown",
            None => "conflict",
        }
    }
}

/// Only the kiosk the parcel lies in can say what became of it; what else is wrong is noted, since the goods are gone.
fn settle(parcel: &Parcel, kiosk: &Kiosk, report: &Handover) -> Settlement {
    let unknown = report.outcome == HandoverOutcome::Unknown;
    let nothing = |conflict| Settlement { event: None, still_unknown: false, conflicts: vec![conflict] };
    let event = match parcel.state {
        ParcelState::Collected => return nothing(Conflict::Against(Reason::AlreadyCollected)),
        ParcelState::Picking | ParcelState::Ready | ParcelState::BackToStock => {
            return nothing(Conflict::Against(Reason::NotInLocker));
        }
        _ if parcel.kiosk_id.as_deref() != Some(kiosk.key.as_str()) => return nothing(Conflict::NeverHere),
        ParcelState::InLocker | ParcelState::Overdue if unknown => Some(ParcelEvent::DoorUnclear),
        ParcelState::InLocker | ParcelState::Overdue => Some(ParcelEvent::HandedOver),
        ParcelState::Attention if unknown => None,
        ParcelState::Attention => Some(ParcelEvent::FoundTaken),
    };
    let mut conflicts = Vec::new();
    conflicts.extend(papers(parcel).err().map(Conflict::Against));
    if parcel.state == ParcelState::Overdue {
        conflicts.push(Conflict::Against(Reason::TicketExpired));
    }
    if parcel.state == ParcelState::Attention && !unknown {
        conflicts.push(Conflict::Against(Reason::NeedsAttendant));
    }
    if report.evidence.identity != parcel.identity {
        conflicts.push(Conflict::Against(Reason::IdMismatch));
    }
    if parcel.slip_no.as_deref() != Some(report.slip.as_str()) {
        conflicts.push(Conflict::SlipDiffers);
    }
    Settlement { event, still_unknown: event.is_none(), conflicts }
}

fn apply(
    tx: &Conn,
    now: Timestamp,
    kiosk: &Kiosk,
    parcel: &Parcel,
    report: &Handover,
    settlement: &Settlement,
    grounds: &Grounds,
) -> Result<(), Fault> {
    let actor = kiosk.actor();
    let mut conflicts: Vec<&str> = settlement.conflicts.iter().map(|c| c.code()).collect();
    conflicts.extend(grounds.conflict());
    let taken = settlement.outcome() == "taken";
    if taken && !parcels::fulfil_order(tx, now, &actor, parcel)? {
        conflicts.push(Conflict::OrderNotOpen.code());
    }
    let body = json!({ "report": report, "conflicts": conflicts, "grounds": grounds });
    if !conflicts.is_empty() {
        tracing::warn!(pickup = %parcel.pickup, kiosk = %kiosk.name, ?conflicts, "a handover contradicts what is known");
        let what = json!({ "kiosk": kiosk.name, "conflicts": conflicts, "outcome": settlement.outcome(),
            "completed_at": report.completed_at, "grounds": grounds });
        parcels::contradicts(tx, now, parcel, &format!("handover/{}", report.handover_id), what)?;
    }
    let entity = parcel.number().to_string();
    let state = settlement.outcome();
    trail::append(tx, now, &Change { actor: &actor, kind: Kind::Handover, entity: &entity, state, body })?;
    let Some(event) = settlement.event else { return Ok(()) };
    let state = parcel.state.apply(event).map_err(|e| Fault::internal(&e))?;
    let body = json!({ "handover": report.handover_id });
    parcels::set_state(tx, now, &actor, parcel, state, body)?;
    if taken {
        collect(tx, parcel, report.completed_at.min(now))?;
    }
    Ok(())
}

/// Notes when the parcel was collected and frees its door.
///
/// # Errors
/// The database.
pub fn collect(tx: &Conn, parcel: &Parcel, at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE parcel SET collected_us = ?2 WHERE cell = {cell} AND pickup = ?1",
        (parcel.number(), us(at)),
    )?;
    tx.execute("DELETE FROM door WHERE cell = {cell} AND pickup = ?1", [parcel.number()])?;
    Ok(())
}

/// 404: no such pickup.
pub fn no_such_pickup() -> Fault {
    Fault::not_found("没有这个提货编号。", "There is no such pickup.")
}

#[cfg(test)]
mod tests {
    use pickup_domain::declaration::DeclarationState;
    use pickup_protocol::kiosk::{Evidence, EvidenceMethod};
    use uuid::Uuid;

    use super::super::judge::tests::{at, kiosk, parcel};
    use super::*;

    fn report(outcome: HandoverOutcome) -> Handover {
        Handover {
            handover_id: Uuid::from_u128(5),
            grant_id: None,
            manifest: None,
            pickup: parcel().pickup,
            slip: parcel().slip_no.unwrap(),
            slips_printed: 1,
            evidence: Evidence {
                method: EvidenceMethod::IdCard,
                identity: parcel().identity,
                read_at: at(1),
                card_valid_until: None,
            },
            door_events: Vec::new(),
            outcome,
            completed_at: at(9),
        }
    }

    fn settled(
        change: impl FnOnce(&mut Parcel),
        outcome: HandoverOutcome,
    ) -> (&'static str, Vec<&'static str>) {
        let mut parcel = parcel();
        change(&mut parcel);
        let settlement = settle(&parcel, &kiosk(), &report(outcome));
        (settlement.outcome(), settlement.conflicts.iter().map(|c| c.code()).collect())
    }

    #[test]
    fn an_ordinary_report_hands_over() {
        assert_eq!(settled(|_| (), HandoverOutcome::Taken), ("taken", vec![]));
        assert_eq!(settled(|_| (), HandoverOutcome::Unknown), ("unknown", vec![]));
    }

    #[test]
    fn goods_that_are_gone_are_gone_but_what_was_wrong_is_noted() {
        let cancelled = |p: &mut Parcel| p.declaration = Some(DeclarationState::Cancelled);
        assert_eq!(settled(cancelled, HandoverOutcome::Taken), ("taken", vec!["CANCELLED"]));
        let other_slip = |p: &mut Parcel| p.slip_no = None;
        assert_eq!(settled(other_slip, HandoverOutcome::Taken), ("taken", vec!["SLIP_DIFFERS"]));
    }

    #[test]
    fn a_parcel_is_handed_over_once_and_only_by_the_kiosk_it_lies_in() {
        let collected = |p: &mut Parcel| p.state = ParcelState::Collected;
        assert_eq!(settled(collected, HandoverOutcome::Taken), ("conflict", vec!["ALREADY_COLLECTED"]));
        let elsewhere = |p: &mut Parcel| p.kiosk_id = Some("another".into());
        assert_eq!(settled(elsewhere, HandoverOutcome::Taken), ("conflict", vec!["NEVER_HERE"]));
        let ready = |p: &mut Parcel| p.state = ParcelState::Ready;
        assert_eq!(settled(ready, HandoverOutcome::Unknown), ("conflict", vec!["NOT_IN_LOCKER"]));
    }

    #[test]
    fn every_event_it_asks_for_is_one_the_parcel_can_take() {
        for state in ParcelState::ALL {
            for outcome in [HandoverOutcome::Taken, HandoverOutcome::Unknown] {
                let parcel = Parcel { state, ..parcel() };
                if let Some(event) = settle(&parcel, &kiosk(), &report(outcome)).event {
                    assert!(state.apply(event).is_ok(), "{state:?} {event:?}");
                }
            }
        }
    }
}
