//! What a session is told.

use std::time::Duration;

use jiff::Timestamp;
use pickup_domain::IdNumber;
use pickup_protocol::kiosk::{DepositPlanReply, GrantReply, Hello, StaffReply, Verdict};
use pickup_protocol::work::{OpeningReply, SlipReply, Wish};
use pickup_protocol::{DoorNumber, Manifest};
use uuid::Uuid;

use crate::journal::Recovery;
use crate::service::{Laid, ServiceAction};

/// The time, as the session is told it with every event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Monotonic, since the kiosk started: deadlines run on this.
    pub mono: Duration,
    /// The date and time, once the kiosk knows them.
    pub wall: Option<Timestamp>,
}

/// What a person can ask for by touching the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Yes, go on.
    Confirm,
    /// Stop and go back to the start.
    Cancel,
    /// Show how to reach a person.
    Help,
    /// From help back to where the person was.
    Back,
    /// The other language.
    SwitchLanguage,
    /// Larger letters, then stronger colours as well, then as before.
    SwitchDisplay,
    /// I am still here.
    MoreTime,
    /// Open the same door once more.
    OpenAgain,
    /// I am done.
    Finish,
    /// Staff: open the door that wants attention.
    StaffOpen,
    /// Staff: the goods are gone.
    GoodsTaken,
    /// Staff: the goods are still inside.
    GoodsInside,
    /// A digit of a pad, 0 to 9.
    Digit(u8),
    /// Take back the last digit.
    DeleteDigit,
    /// Take back all digits.
    ClearDigits,
    /// Type the pickup number instead of scanning the code.
    TypeNumber,
    /// The code does not scan: what can be done?
    ScanHelp,
    /// What is the limit of the year?
    Explain,
    /// Something is wrong with the goods.
    WrongGoods,
    /// This is wrong with them.
    Goods(GoodsFault),
    /// Staff: what this of [`crate::StaffList`] shows.
    List(crate::command::ListKind),
    /// Staff: this one of the choices shown, from 0.
    Pick(u8),
    /// Staff: the next choices.
    More,
    /// Staff: the parcel was taken out.
    TakenOut,
    /// Staff: the parcel is still inside.
    StillInside,
    /// Staff: nothing is inside.
    NothingInside,
    /// Staff: something on the service pages.
    Service(ServiceAction),
}

/// What is wrong with goods that were handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GoodsFault {
    /// Something is not there.
    Missing,
    /// Something is broken or was opened.
    Damaged,
    /// Not what was ordered.
    NotMine,
    /// Nothing at all was behind the door.
    Empty,
}

impl GoodsFault {
    /// Every one, for tables and tests.
    pub const ALL: [Self; 4] = [Self::Missing, Self::Damaged, Self::NotMine, Self::Empty];
}

/// An identity card that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The number on its chip.
    pub number: IdNumber,
    /// Last day it is valid, `YYYYMMDD`; `None` for one valid for ever.
    pub valid_until: Option<String>,
}

/// The backend did not answer in time, or not usefully.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreachable;

/// Why a door was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpenFailure {
    /// Nothing was sent: the lock has not moved.
    NotSent,
    /// Sent, and the contact still says shut.
    NotDetected,
    /// Whether the lock moved is not known.
    Unknown,
}

/// What is wrong with the printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// No paper.
    PaperOut,
    /// Cover open.
    CoverOpen,
    /// Cutter stuck.
    Cutter,
    /// No answer.
    Offline,
    /// Anything else.
    Other,
}

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The journal was read at start; `None` when it is damaged.
    Recovered(Option<Box<Recovery>>),
    /// The backend said who we are, which keys are good, and the time.
    Hello(Box<Hello>),
    /// A manifest that was verified for this kiosk.
    Manifest(Box<Manifest>),
    /// Two people at the console want a door open; granted and recorded already.
    Wish(Box<Wish>),
    /// The backend answers, or stopped answering.
    Online(bool),
    /// The scanner read this.
    Scanned(Vec<u8>),
    /// A person touched the screen.
    Touched(Action),
    /// A card was read.
    Card(Box<Card>),
    /// A card was on the reader and could not be read.
    CardFailed,
    /// A document was read that orders are not made with, such as one without an 18-digit number.
    OtherDocument,
    /// A document was laid on the reader: what became of it, for whoever tries the reader.
    Laid(Laid),
    /// The card reader answers, or not.
    Reader(bool),
    /// Answer to [`crate::Command::AskVerdict`].
    Verdict(Uuid, Result<Box<Verdict>, Unreachable>),
    /// Answer to [`crate::Command::AskGrant`].
    Grant(Uuid, Result<GrantReply, Unreachable>),
    /// Answer to [`crate::Command::AskStaff`].
    Staff(Uuid, Result<StaffReply, Unreachable>),
    /// Answer to [`crate::Command::AskPlan`].
    Plan(Uuid, Result<DepositPlanReply, Unreachable>),
    /// Answer to [`crate::Command::AskOpening`].
    Opening(Uuid, Result<OpeningReply, Unreachable>),
    /// Answer to [`crate::Command::AskSlip`].
    Slip(Uuid, Result<Box<SlipReply>, Unreachable>),
    /// What was asked to be journalled under this number is on the disk.
    Journalled(u64),
    /// It is not and never will be: the disk is full or broken.
    JournalFailed,
    /// A slip came out, whole.
    Printed(u64),
    /// A slip did not come out, or not whole; `sent` when a part may have.
    PrintFailed {
        /// The job.
        job: u64,
        /// Whether any of it may have come out.
        sent: bool,
        /// What is wrong.
        trouble: Trouble,
    },
    /// The printer can print, or cannot.
    Printer(Option<Trouble>),
    /// The lock answers, or not.
    Lock(bool),
    /// The scanner answers, or not.
    Scanner(bool),
    /// A door stands open or shut; told of all doors after the lock came up, and of every change.
    Door {
        /// Which.
        door: DoorNumber,
        /// How it stands.
        open: bool,
    },
    /// A door that was asked to open did not, or nobody knows.
    OpenFailed {
        /// Which.
        door: DoorNumber,
        /// How.
        kind: OpenFailure,
    },
}
