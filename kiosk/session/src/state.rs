//! Where a session stands.

use std::time::Duration;

use jiff::Timestamp;
use pickup_protocol::kiosk::{Attention, Evidence, Found, Offer, Slip};
use pickup_protocol::manifest::ManifestUse;
use pickup_protocol::work::{PinProblem, Purpose, Work};
use pickup_protocol::{DoorNumber, PickupNumber, Reason, Ticket, TypedNumber};
use uuid::Uuid;

use crate::command::{ListKind, Look, Problem, Whereabouts};
use crate::event::Trouble;
use crate::journal::{OpenDeposit, OpenOpening, OpenPickup};
use crate::service::Service;

/// Where a session stands. Everything about a person lives in here and goes when the state goes.
#[derive(Debug)]
pub(crate) enum State {
    /// Waiting for the journal and for the doors.
    Starting,
    Idle,
    /// The pickup number is being typed.
    Typing {
        digits: String,
        problem: Option<Reason>,
    },
    LookingUp {
        ask: Uuid,
        sought: Sought,
    },
    PresentCard {
        offered: Offered,
        tries_left: u8,
        problem: Option<Problem>,
    },
    Review {
        offered: Offered,
        evidence: Evidence,
    },
    Granting {
        offered: Offered,
        evidence: Evidence,
        grant: Uuid,
    },
    /// The grant is being journalled; the slip follows.
    Recording {
        pickup: OpenPickup,
        copy: bool,
        write: u64,
    },
    Printing {
        pickup: OpenPickup,
        copy: bool,
        job: u64,
    },
    /// `late` is the job that may still come out, until `retry_at` once the printer works again.
    PrinterTrouble {
        pickup: OpenPickup,
        copy: bool,
        trouble: Trouble,
        late: Option<u64>,
        retry_at: Option<Duration>,
    },
    /// The intent to open is being journalled; the pulse follows.
    Intending {
        pickup: OpenPickup,
        copy: bool,
        index: usize,
        write: u64,
        again: bool,
    },
    /// `unsure` when nobody knows what became of the pulse: the contact is waited for.
    Opening {
        pickup: OpenPickup,
        copy: bool,
        index: usize,
        again: bool,
        unsure: bool,
    },
    TakeGoods {
        pickup: OpenPickup,
        copy: bool,
        index: usize,
        ajar: bool,
    },
    /// The handover is being journalled.
    Ending {
        slip: String,
        copy: bool,
        write: u64,
    },
    Done {
        slip: String,
        copy: bool,
    },
    Refused(Box<Refusal>),
    StaffAsking {
        ask: Uuid,
        badge: String,
    },
    /// A badge wants its PIN: of who enters staff mode, or of the second person at a door that takes two.
    StaffPin {
        badge: String,
        digits: String,
        problem: Option<PinProblem>,
        second: Option<Box<(Staff, Wanted)>>,
    },
    /// A second member of staff is waited for.
    StaffSecond {
        staff: Staff,
        wanted: Wanted,
        problem: Option<Reason>,
    },
    StaffList {
        staff: Staff,
        kind: ListKind,
        page: usize,
    },
    /// Why this door?
    StaffWhy {
        staff: Staff,
        door: DoorNumber,
    },
    /// The backend was asked whether the door may open.
    StaffRequesting {
        staff: Staff,
        wanted: Wanted,
        second: Option<String>,
    },
    /// The opening is being journalled; the pulse follows.
    StaffUnlocking {
        staff: Staff,
        open: OpenOpening,
        write: u64,
    },
    /// The pulse was asked for.
    StaffUnlocked {
        staff: Staff,
        open: OpenOpening,
    },
    /// The door stands open, or is `shut` again and only what became of the parcel is to be said.
    StaffInside {
        staff: Staff,
        open: OpenOpening,
        ajar: bool,
        shut: bool,
    },
    /// What a slip says is being asked.
    StaffSlip {
        staff: Staff,
        pickup: PickupNumber,
        ask: Uuid,
    },
    /// The slip is being journalled, then printed.
    StaffPrinting {
        staff: Staff,
        slip: Box<LateSlip>,
    },
    StaffHome {
        staff: Staff,
        problem: Option<Reason>,
    },
    StaffPlanning {
        staff: Staff,
        ask: Uuid,
    },
    StaffIntending {
        staff: Staff,
        deposit: OpenDeposit,
        write: u64,
    },
    StaffOpening {
        staff: Staff,
        deposit: OpenDeposit,
    },
    StaffPlace {
        staff: Staff,
        deposit: OpenDeposit,
        ajar: bool,
    },
    StaffEnding {
        staff: Staff,
        stored: Option<(String, DoorNumber)>,
        problem: Option<Reason>,
        write: u64,
    },
    StaffStored {
        staff: Staff,
        waybill: String,
        door: DoorNumber,
    },
    Service(Box<Service>),
    StaffLook {
        staff: Staff,
        case: Attention,
        step: Look,
        found: Option<Found>,
        write: Option<u64>,
    },
}

/// By what a parcel is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sought {
    Ticket(Ticket),
    Number(TypedNumber),
}

/// Why a pickup does not go on, and all that can be said of it.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub reason: Reason,
    pub collected_at: Option<Timestamp>,
    pub reference: String,
    pub whereabouts: Whereabouts,
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        let (reference, whereabouts) = Default::default();
        Self { reason, collected_at: None, reference, whereabouts }
    }
}

/// What a ticket leads to.
#[derive(Clone, Debug)]
pub(crate) struct Offered {
    pub offer: Offer,
    pub slip: Slip,
    /// The manifest that offers it; `None` when the backend does.
    pub manifest: Option<ManifestUse>,
}

/// Who is in staff mode.
#[derive(Clone, Debug)]
pub(crate) struct Staff {
    pub badge: String,
    pub name: String,
    pub attention: Vec<Attention>,
    pub work: Work,
}

impl Staff {
    /// Who is at the console: no badge was shown here, so nothing but that one door is open to whoever stands here.
    pub(crate) fn is_far(&self) -> bool {
        self.badge.is_empty()
    }
}

/// A door that staff want to open.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub opening_id: Uuid,
    pub door: DoorNumber,
    pub purpose: Purpose,
}

/// A slip that is owed, on its way to the printer.
#[derive(Clone, Debug)]
pub(crate) struct LateSlip {
    pub offer: Offer,
    pub slip: Slip,
    pub copy: bool,
    pub write: u64,
    pub job: Option<u64>,
}
