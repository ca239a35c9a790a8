//! What is reported to the backend.

use jiff::Timestamp;
use pickup_protocol::DoorNumber;
use pickup_protocol::PickupNumber;
use pickup_protocol::kiosk::{Deposit, DepositOutcome, DepositPlanReply, Handover, HandoverOutcome};

use crate::journal::{OpenDeposit, OpenPickup};

/// The report of a pickup that ended like this.
#[must_use]
pub(crate) fn handover(pickup: &OpenPickup, outcome: HandoverOutcome, completed_at: Timestamp) -> Handover {
    Handover {
        handover_id: pickup.handover_id,
        grant_id: pickup.grant_id,
        manifest: pickup.manifest.clone(),
        pickup: pickup.offer.pickup,
        slip: pickup.slip.number.clone(),
        slips_printed: pickup.slips_printed,
        evidence: pickup.evidence.clone(),
        door_events: pickup.door_events.clone(),
        outcome,
        completed_at,
    }
}

/// The report of a deposit that ended like this; `None` for a plan without a door.
#[must_use]
pub(crate) fn deposit(
    open: &OpenDeposit,
    outcome: DepositOutcome,
    now: Option<Timestamp>,
) -> Option<Deposit> {
    let (pickup, _, door) = planned(&open.plan)?;
    let completed_at = now.or(open.door_events.last().map(|e| e.at)).unwrap_or(Timestamp::UNIX_EPOCH);
    Some(Deposit {
        deposit_id: open.deposit_id,
        request_id: open.request_id,
        pickup,
        badge: open.badge.clone(),
        door,
        door_events: open.door_events.clone(),
        outcome,
        completed_at,
    })
}

/// Pickup, waybill and door of a plan.
#[must_use]
pub(crate) fn planned(plan: &DepositPlanReply) -> Option<(PickupNumber, &str, DoorNumber)> {
    match plan {
        DepositPlanReply::Door { pickup, waybill, door, .. } => Some((*pickup, waybill, *door)),
        DepositPlanReply::Refused { .. } => None,
    }
}
