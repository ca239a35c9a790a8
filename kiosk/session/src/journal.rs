//! What is written before it happens, and how a session is found again after a power cut.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use pickup_protocol::kiosk::{
    Deposit, DepositPlanReply, DoorEvent, Evidence, Handover, Offer, Resolution, Slip,
};
use pickup_protocol::manifest::ManifestUse;
use pickup_protocol::service::ServiceChange;
use pickup_protocol::work::{Behind, Opening, OpeningOutcome, Purpose, SlipPrinted};
use pickup_protocol::{DoorNumber, PickupNumber};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::recovery::{not_there, recover};

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
