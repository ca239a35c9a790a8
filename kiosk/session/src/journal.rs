//! What is written before it happens, and how a session is found again after a power cut.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use pickup_protocol::kiosk::{
    Deposit, DepositOutcome, DepositPlanReply, DoorEvent, Evidence, Found, Handover, HandoverOutcome, Offer,
    Resolution, Slip,
};
use pickup_protocol::manifest::ManifestUse;
use pickup_protocol::service::ServiceChange;
use pickup_protocol::work::{Behind, Opening, OpeningOutcome, Purpose, SlipPrinted};
use pickup_protocol::{DoorNumber, PickupNumber};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A pickup may go on: everything its handover will say is known from here on.
    Granted(Box<OpenPickup>),
    /// A slip is about to be sent to the printer; from now on one may have come out.
    SlipIntent {
        /// The pickup.
        pickup: PickupNumber,
    },
    /// Nothing of that slip came out.
    SlipNotSent {
        /// The pickup.
        pickup: PickupNumber,
    },
    /// A slip came out whole.
    SlipPrinted {
        /// The pickup.
        pickup: PickupNumber,
    },
    /// A door was about to be opened, or did something.
    Door {
        /// The pickup.
        pickup: PickupNumber,
        /// What.
        event: DoorEvent,
    },
    /// The order to open a door was handed to its driver: from here on the lock may have moved. For whoever reads the
    /// journal; nothing is concluded from its absence, since the order does not wait for it.
    Sent {
        /// Which door.
        door: DoorNumber,
        /// When; `None` when the kiosk did not know the date.
        at: Option<Timestamp>,
    },
    /// The pickup ended before anything moved; the same ticket may begin another.
    Abandoned {
        /// The pickup.
        pickup: PickupNumber,
    },
    /// The pickup ended; to be reported until acknowledged.
    HandedOver(Box<Handover>),
    /// Staff put a parcel away: a door is about to be opened for it.
    DepositBegun(Box<OpenDeposit>),
    /// That door did something.
    DepositDoor {
        /// The deposit.
        deposit: Uuid,
        /// What.
        event: DoorEvent,
    },
    /// Staff took the parcel out again: shutting the door stores nothing.
    DepositCancelled {
        /// The deposit.
        deposit: Uuid,
        /// The pickup.
        pickup: PickupNumber,
    },
    /// The deposit ended; to be reported until acknowledged.
    Deposited(Box<Deposit>),
    /// A door is about to be opened for a look.
    LookIntent {
        /// The pickup.
        pickup: PickupNumber,
        /// Which door.
        door: DoorNumber,
        /// When.
        at: Timestamp,
    },
    /// Staff looked behind a door; to be reported until acknowledged.
    Resolved(Box<Resolution>),
    /// Staff took the kiosk out of service, or put it back; to be reported until acknowledged.
    Service(Box<ServiceChange>),
    /// Staff open a door with a reason: it is about to be opened.
    OpeningBegun(Box<OpenOpening>),
    /// That door did something.
    OpeningDoor {
        /// The report it will be.
        report: Uuid,
        /// What.
        event: DoorEvent,
    },
    /// Staff said what became of the parcel; the door is still to be shut.
    OpeningAnswered {
        /// The report it will be.
        report: Uuid,
        /// What they said.
        outcome: OpeningOutcome,
    },
    /// The opening ended; to be reported until acknowledged.
    OpeningEnded(Box<Opening>),
    /// A slip that was owed came out; to be reported until acknowledged.
    OwedSlipPrinted(Box<SlipPrinted>),
    /// The backend has the report with this id.
    Reported {
        /// Id of the handover, deposit, resolution or change.
        id: Uuid,
    },
    /// How a pickup stood, in place of its lines that were taken out; see [`crate::prune`].
    Kept(Kept),
}

/// The last state of a pickup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The pickup.
    pub pickup: PickupNumber,
    /// Slips that came out.
    pub printed: u16,
    /// Slips that came out, or may have.
    pub possible: u16,
    /// When it was handed over.
    pub collected: Option<Timestamp>,
    /// Its door may have moved, and nobody has looked yet.
    pub unclear: bool,
}

/// A pickup that was granted and has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenPickup {
    /// Id its handover will have.
    pub handover_id: Uuid,
    /// The grant; `None` when the manifest alone granted.
    pub grant_id: Option<Uuid>,
    /// The manifest that granted, when there was no grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<ManifestUse>,
    /// What is handed over.
    pub offer: Offer,
    /// What the slip says.
    pub slip: Slip,
    /// How the buyer was recognised.
    pub evidence: Evidence,
    /// Slips that came out.
    pub slips_printed: u16,
    /// What the doors did.
    pub door_events: Vec<DoorEvent>,
}

/// A deposit that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenDeposit {
    /// Id its report will have.
    pub deposit_id: Uuid,
    /// The plan it follows.
    pub request_id: Uuid,
    /// Badge of who deposits.
    pub badge: String,
    /// Name of who deposits.
    pub name: String,
    /// Where it goes.
    pub plan: DepositPlanReply,
    /// Whether staff took it out again.
    #[serde(default)]
    pub cancelled: bool,
    /// What the door did.
    pub door_events: Vec<DoorEvent>,
}

/// An opening by staff that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenOpening {
    /// Id its report will have.
    pub report_id: Uuid,
    /// The authorisation; `None` when the backend was away and the door is empty.
    pub opening_id: Option<Uuid>,
    /// Badge of who opens.
    pub badge: String,
    /// Name of who opens.
    pub name: String,
    /// Which door.
    pub door: DoorNumber,
    /// Why.
    pub purpose: Purpose,
    /// What lies behind it, as far as is known.
    pub parcel: Option<Behind>,
    /// What staff said became of the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<OpeningOutcome>,
    /// What the door did.
    pub door_events: Vec<DoorEvent>,
}

/// A report that the backend has not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// Of a pickup.
    Handover(Box<Handover>),
    /// Of a deposit.
    Deposit(Box<Deposit>),
    /// Of a look behind a door.
    Resolution(Box<Resolution>),
    /// That staff took the kiosk out of service, or put it back.
    Service(Box<ServiceChange>),
    /// Of a door opened by staff.
    Opening(Box<Opening>),
    /// Of a slip that was owed.
    Slip(Box<SlipPrinted>),
}

impl Report {
    /// Id of the report.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self {
            Self::Handover(h) => h.handover_id,
            Self::Deposit(d) => d.deposit_id,
            Self::Resolution(r) => r.resolution_id,
            Self::Service(s) => s.change_id,
            Self::Opening(o) => o.report_id,
            Self::Slip(s) => s.report_id,
        }
    }
}

/// What the journal says about where the kiosk stood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// The pickup whose door may have been opened last, if it has not ended.
    pub pickup: Option<OpenPickup>,
    /// The deposit that has not ended.
    pub deposit: Option<OpenDeposit>,
    /// The opening by staff that has not ended.
    pub opening: Option<OpenOpening>,
    /// Slips per pickup that came out or may have.
    pub slips: BTreeMap<PickupNumber, Slips>,
    /// When each pickup was handed over.
    pub collected: BTreeMap<PickupNumber, Timestamp>,
    /// Pickups whose door may have moved, until somebody has looked.
    pub unclear: BTreeSet<PickupNumber>,
    /// Pickups whose parcel staff put behind a door here, which the backend does not know yet.
    pub stored: BTreeSet<PickupNumber>,
    /// How staff left the kiosk.
    pub service: Option<Box<ServiceChange>>,
    /// Reports to send again, oldest first.
    pub reports: Vec<Report>,
}

/// Slips of one pickup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slips {
    /// Came out.
    pub printed: u16,
    /// Came out, or may have.
    pub possible: u16,
}

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
