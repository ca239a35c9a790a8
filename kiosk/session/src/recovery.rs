//! What a journal says when it is read again.

use pickup_protocol::PickupNumber;
use pickup_protocol::kiosk::{DepositOutcome, Found, HandoverOutcome};
use pickup_protocol::work::{Opening, OpeningOutcome};
use uuid::Uuid;

use crate::journal::{Kept, Record, Recovery, Report, Slips};

/// Reads the journal from its first line to its last.
#[must_use]
pub fn recover(records: impl IntoIterator<Item = Record>) -> Recovery {
    records.into_iter().fold(Recovery::default(), |mut found, record| {
        found.apply(record);
        found
    })
}

impl Recovery {
    /// Takes one more line.
    pub fn apply(&mut self, record: Record) {
        match record {
            Record::Granted(open) => self.pickup = Some(*open),
            Record::SlipIntent { pickup } => self.slips.entry(pickup).or_default().possible += 1,
            Record::SlipNotSent { pickup } => {
                let slips = self.slips.entry(pickup).or_default();
                slips.possible = slips.possible.saturating_sub(1);
            }
            Record::SlipPrinted { pickup } => {
                self.slips.entry(pickup).or_default().printed += 1;
                if let Some(open) = self.pickup.as_mut().filter(|p| p.offer.pickup == pickup) {
                    open.slips_printed += 1;
                }
            }
            Record::Door { pickup, event } => {
                if let Some(open) = self.pickup.as_mut().filter(|p| p.offer.pickup == pickup) {
                    open.door_events.push(event);
                }
            }
            Record::Abandoned { pickup } => drop(self.pickup.take_if(|p| p.offer.pickup == pickup)),
            Record::HandedOver(handover) => {
                self.pickup.take_if(|p| p.offer.pickup == handover.pickup);
                match handover.outcome {
                    HandoverOutcome::Taken => {
                        self.unclear.remove(&handover.pickup);
                        self.collected.insert(handover.pickup, handover.completed_at);
                    }
                    HandoverOutcome::Unknown => {
                        self.unclear.insert(handover.pickup);
                    }
                }
                self.reports.push(Report::Handover(handover));
            }
            Record::DepositBegun(_)
            | Record::DepositDoor { .. }
            | Record::DepositCancelled { .. }
            | Record::Deposited(_) => self.apply_deposit(record),
            Record::LookIntent { .. } | Record::Sent { .. } => {}
            Record::Resolved(resolution) => {
                self.unclear.remove(&resolution.pickup);
                if resolution.found == Found::GoodsTaken {
                    self.collected.insert(resolution.pickup, resolution.at);
                }
                self.reports.push(Report::Resolution(resolution));
            }
            Record::Service(change) => {
                self.service = Some(change.clone());
                self.reports.push(Report::Service(change));
            }
            Record::OpeningBegun(_)
            | Record::OpeningDoor { .. }
            | Record::OpeningAnswered { .. }
            | Record::OpeningEnded(_) => self.apply_opening(record),
            Record::OwedSlipPrinted(slip) => self.reports.push(Report::Slip(slip)),
            Record::Reported { id } => self.reported(id),
            Record::Kept(kept) => self.stand(kept),
        }
    }

    /// It lies there now, whatever was thought to have become of it before.
    fn lies_there(&mut self, pickup: PickupNumber) {
        self.unclear.remove(&pickup);
        self.collected.remove(&pickup);
    }

    fn apply_deposit(&mut self, record: Record) {
        match record {
            Record::DepositBegun(open) => self.deposit = Some(*open),
            Record::DepositDoor { deposit, event } => {
                if let Some(open) = self.deposit.as_mut().filter(|d| d.deposit_id == deposit) {
                    open.door_events.push(event);
                }
            }
            Record::DepositCancelled { deposit, .. } => {
                if let Some(open) = self.deposit.as_mut().filter(|d| d.deposit_id == deposit) {
                    open.cancelled = true;
                }
            }
            Record::Deposited(deposit) => {
                self.deposit.take_if(|d| d.deposit_id == deposit.deposit_id);
                if deposit.outcome == DepositOutcome::Stored {
                    self.stored.insert(deposit.pickup);
                    self.lies_there(deposit.pickup);
                }
                self.reports.push(Report::Deposit(deposit));
            }
            _ => {}
        }
    }

    fn apply_opening(&mut self, record: Record) {
        match record {
            Record::OpeningBegun(open) => self.opening = Some(*open),
            Record::OpeningDoor { report, event } => {
                if let Some(open) = self.opening.as_mut().filter(|o| o.report_id == report) {
                    open.door_events.push(event);
                }
            }
            Record::OpeningAnswered { report, outcome } => {
                if let Some(open) = self.opening.as_mut().filter(|o| o.report_id == report) {
                    open.answer = Some(outcome);
                }
            }
            Record::OpeningEnded(opening) => {
                self.opening.take_if(|o| o.report_id == opening.report_id);
                if let Some(pickup) = not_there(&opening) {
                    self.unclear.insert(pickup);
                }
                self.reports.push(Report::Opening(opening));
            }
            _ => {}
        }
    }

    fn reported(&mut self, id: Uuid) {
        self.reports.retain(|report| report.id() != id);
        let stored = |report: &Report| match report {
            Report::Deposit(deposit) if deposit.outcome == DepositOutcome::Stored => Some(deposit.pickup),
            _ => None,
        };
        self.stored = self.reports.iter().filter_map(stored).collect();
    }

    /// Whatever was known of this pickup, it stands like this.
    fn stand(&mut self, kept: Kept) {
        self.slips.insert(kept.pickup, Slips { printed: kept.printed, possible: kept.possible });
        match kept.collected {
            Some(at) => self.collected.insert(kept.pickup, at),
            None => self.collected.remove(&kept.pickup),
        };
        if kept.unclear {
            self.unclear.insert(kept.pickup);
        } else {
            self.unclear.remove(&kept.pickup);
        }
    }
}

/// The pickup that must not be handed out any more after staff opened its door: it is out, or nobody knows.
#[must_use]
pub fn not_there(opening: &Opening) -> Option<PickupNumber> {
    use OpeningOutcome::{Empty, TakenOut, Unclear};
    opening.pickup.filter(|_| matches!(opening.outcome, TakenOut | Empty | Unclear))
}
