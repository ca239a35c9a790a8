//! `POST /kiosk/v1/deposits`: how a deposit ended, reported until acknowledged and applied once.

use std::sync::Arc;

use crate::db::{Conn, OptionalExt as _};
use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use pickup_domain::parcel::{ParcelEvent, ParcelState};
use pickup_protocol::kiosk::{Ack, Deposit, DepositOutcome};
use serde_json::json;

use super::handovers::no_such_pickup;
use super::staff::of_this_centre;
use super::{Kiosk, once};
use crate::App;
use crate::error::{Body, Fault};
use crate::parcels::{self, Parcel};
use crate::secrets::Secrets;
use crate::store::StoreError;
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// Takes a report, once per deposit id.
pub async fn deposit(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(report): Body<Deposit>,
) -> Result<Json<Ack>, Fault> {
    let id = report.deposit_id;
    once::report(&app, kiosk, ("deposit", id), report, record).await
}

fn record(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    kiosk: &Kiosk,
    report: &Deposit,
) -> Result<(), Fault> {
    let parcel = parcels::by_pickup(tx, report.pickup)?.ok_or_else(no_such_pickup)?;
    let staff = of_this_centre(tx, secrets, kiosk, &report.badge)?;
    let actor = staff.map_or_else(|| kiosk.actor(), |staff| staff.actor());
    let behind = behind(tx, kiosk, report)?;
    let settlement = settle(&parcel, report, behind);
    if let Some(conflict) = settlement.conflict {
        tracing::warn!(pickup = %parcel.pickup, kiosk = %kiosk.name, conflict, "a deposit contradicts what is known");
        let what = json!({ "kiosk": kiosk.name, "door": report.door, "conflicts": [conflict], "outcome": report.outcome,
            "completed_at": report.completed_at });
        parcels::contradicts(tx, now, &parcel, &format!("deposit/{}", report.deposit_id), what)?;
    }
    let body = json!({
        "kiosk": kiosk.name, "door": report.door, "deposit": report.deposit_id, "events": report.door_events,
        "completed_at": report.completed_at, "conflict": settlement.conflict,
    });
    let entity = parcel.number().to_string();
    let state = settlement.state();
    trail::append(tx, now, &Change { actor: &actor, kind: Kind::Deposit, entity: &entity, state, body })?;
    match settlement.effect {
        Effect::None => Ok(()),
        Effect::Free => free(tx, &parcel, report),
        Effect::Store => store(tx, now, kiosk, &actor, &parcel, report),
    }
}

/// What the database knows of the door in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behind {
    /// Nothing.
    Nothing,
    /// Reserved for this plan.
    ThisPlan,
    /// Reserved for another plan; nothing lies there.
    OtherPlan,
    /// Another parcel lies there.
    OtherParcel,
}

fn behind(tx: &Conn, kiosk: &Kiosk, report: &Deposit) -> Result<Behind, StoreError> {
    let known: Option<(String, bool)> = tx
        .query_row(
            "SELECT request_id, stored FROM door WHERE cell = {cell} AND kiosk_id = ?1 AND door = ?2",
            (&kiosk.key, report.door.0),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    Ok(match known {
        None => Behind::Nothing,
        Some((request, false)) if request == report.request_id.to_string() => Behind::ThisPlan,
        Some((_, false)) => Behind::OtherPlan,
        Some((_, true)) => Behind::OtherParcel,
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    None,
    Free,
    Store,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Settlement {
    effect: Effect,
    conflict: Option<&'static str>,
}

impl Settlement {
    fn state(self) -> &'static str {
        match self.effect {
            Effect::Store => "stored",
            Effect::Free => "not_stored",
            Effect::None => "conflict",
        }
    }
}

/// A report tells what has happened: the parcel lies where the kiosk says unless that cannot be.
fn settle(parcel: &Parcel, report: &Deposit, behind: Behind) -> Settlement {
    let settled = |effect, conflict| Settlement { effect, conflict };
    match (report.outcome, parcel.state, behind) {
        (DepositOutcome::NotStored, _, _) => settled(Effect::Free, None),
        (DepositOutcome::Stored, ParcelState::Ready, Behind::OtherParcel) => {
            settled(Effect::None, Some("DOOR_IN_USE"))
        }
        (DepositOutcome::Stored, ParcelState::Ready, Behind::ThisPlan) if parcel.is_released() => {
            settled(Effect::Store, None)
        }
        (DepositOutcome::Stored, ParcelState::Ready, Behind::ThisPlan) => {
            settled(Effect::Store, Some("NOT_RELEASED"))
        }
        (DepositOutcome::Stored, ParcelState::Ready, _) => settled(Effect::Store, Some("NOT_RESERVED")),
        (DepositOutcome::Stored, _, _) => settled(Effect::None, Some("NOT_READY")),
    }
}

fn free(tx: &Conn, parcel: &Parcel, report: &Deposit) -> Result<(), Fault> {
    tx.execute(
        "DELETE FROM door WHERE cell = {cell} AND pickup = ?1 AND request_id = ?2 AND stored = 0",
        (parcel.number(), report.request_id.to_string()),
    )?;
    Ok(())
}

fn store(
    tx: &Conn,
    now: Timestamp,
    kiosk: &Kiosk,
    actor: &str,
    parcel: &Parcel,
    report: &Deposit,
) -> Result<(), Fault> {
    tx.execute(
        "DELETE FROM door WHERE cell = {cell} AND stored = 0 AND (pickup = ?1 OR (kiosk_id = ?2 AND door = ?3))",
        (parcel.number(), &kiosk.key, report.door.0),
    )?;
    tx.execute(
        "INSERT INTO door (cell, kiosk_id, door, pickup, request_id, reserved_us, stored)
         VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, 1)",
        (&kiosk.key, report.door.0, parcel.number(), report.request_id.to_string(), us(now)),
    )?;
    tx.execute(
        "UPDATE parcel SET kiosk_id = ?2, door = ?3, stored_us = ?4 WHERE cell = {cell} AND pickup = ?1",
        (parcel.number(), &kiosk.key, report.door.0, us(report.completed_at.min(now))),
    )?;
    tx.execute("UPDATE kiosk SET manifest_sequence = manifest_sequence + 1 WHERE id = ?1", [&kiosk.key])?;
    let state = parcel.state.apply(ParcelEvent::Deposited).map_err(|e| Fault::internal(&e))?;
    let body = json!({ "kiosk": kiosk.name, "door": report.door });
    Ok(parcels::set_state(tx, now, actor, parcel, state, body)?)
}

#[cfg(test)]
mod tests {
    use pickup_protocol::DoorNumber;
    use uuid::Uuid;

    use super::super::judge::tests::{at, parcel};
    use super::*;

    fn settled(
        state: ParcelState,
        outcome: DepositOutcome,
        behind: Behind,
    ) -> (Effect, Option<&'static str>) {
        let report = Deposit {
            deposit_id: Uuid::from_u128(1),
            request_id: Uuid::from_u128(2),
            pickup: parcel().pickup,
            badge: String::new(),
            door: DoorNumber(3),
            door_events: Vec::new(),
            outcome,
            completed_at: at(5),
        };
        let settlement = settle(&Parcel { state, ..parcel() }, &report, behind);
        (settlement.effect, settlement.conflict)
    }

    #[test]
    fn a_planned_deposit_is_stored_or_freed() {
        use DepositOutcome::{NotStored, Stored};
        assert_eq!(settled(ParcelState::Ready, Stored, Behind::ThisPlan), (Effect::Store, None));
        assert_eq!(settled(ParcelState::Ready, NotStored, Behind::ThisPlan), (Effect::Free, None));
    }

    #[test]
    fn a_parcel_is_never_put_behind_a_door_that_is_in_use_or_twice() {
        let stored = DepositOutcome::Stored;
        assert_eq!(
            settled(ParcelState::Ready, stored, Behind::OtherParcel),
            (Effect::None, Some("DOOR_IN_USE"))
        );
        for state in [ParcelState::InLocker, ParcelState::Collected, ParcelState::BackToStock] {
            assert_eq!(
                settled(state, stored, Behind::Nothing),
                (Effect::None, Some("NOT_READY")),
                "{state:?}"
            );
        }
    }

    #[test]
    fn a_late_report_without_its_reservation_stands_and_is_noted() {
        for behind in [Behind::Nothing, Behind::OtherPlan] {
            let expected = (Effect::Store, Some("NOT_RESERVED"));
            assert_eq!(settled(ParcelState::Ready, DepositOutcome::Stored, behind), expected);
        }
    }
}
