//! What a session asks for.

use jiff::Timestamp;
use pickup_protocol::kiosk::{
    AnnualLimit, Centre, DepositPlanRequest, DoorSize, GrantRequest, NumberRequest, Offer, Progress, Slip,
    VerdictRequest,
};
use pickup_protocol::work::{OpeningRequest, Pin, PinProblem, SlipRequest};
use pickup_protocol::{DoorNumber, Language, Reason};
use uuid::Uuid;

use crate::event::{GoodsFault, Trouble};
use crate::journal::Record;
use crate::service::ServiceView;

pub use crate::staff_view::{FreeDoors, Inside, ListKind, StaffList};

/// Something the session wants done.
#[derive(Clone, Debug)]
pub enum Command {
    /// Show this.
    Show(Box<View>),
    /// Write these to the journal, all or none, and say [`crate::Event::Journalled`] when they are on the disk.
    Journal {
        /// Number to answer with.
        write: u64,
        /// What to write.
        records: Vec<Record>,
    },
    /// Ask the backend about a ticket.
    AskVerdict(VerdictRequest),
    /// Ask the backend about a pickup number, answered as for a ticket.
    AskNumber(NumberRequest),
    /// Ask the backend whether the door may open.
    AskGrant(GrantRequest),
    /// Ask the backend whose badge this is.
    AskStaff {
        /// Number to answer with.
        ask: Uuid,
        /// The badge.
        badge: String,
        /// Its PIN, once it was typed.
        pin: Option<Pin>,
    },
    /// Ask the backend whether staff may open a door.
    AskOpening(OpeningRequest),
    /// Ask the backend what a slip that is owed says.
    AskSlip {
        /// Number to answer with.
        ask: Uuid,
        /// Which.
        request: SlipRequest,
    },
    /// Ask the backend where a parcel goes.
    AskPlan(DepositPlanRequest),
    /// Look for cards, or stop.
    PollCards(bool),
    /// Print a slip.
    Print(Box<SlipJob>),
    /// Print a sample slip, to be answered with this number as any slip is.
    PrintSample(u64),
    /// Pulse the lock of this door, once.
    OpenDoor(DoorNumber),
    /// A person is needed here.
    CallStaff(&'static str),
    /// A person is needed here, because of something that has a number.
    CallAbout {
        /// Why.
        code: &'static str,
        /// The number, such as a slip's; may be empty.
        about: String,
    },
}

/// A slip to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlipJob {
    /// Number to answer with.
    pub job: u64,
    /// What is handed over.
    pub offer: Offer,
    /// Numbers.
    pub slip: Slip,
    /// Whether it must say COPY.
    pub copy: bool,
}

/// How large and how strong the screen is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Display {
    /// As most people read it.
    #[default]
    Normal,
    /// Larger letters.
    Large,
    /// Larger letters, and black on white.
    LargeStrong,
}

impl Display {
    /// Where the switch leads to.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Normal => Self::Large,
            Self::Large => Self::LargeStrong,
            Self::LargeStrong => Self::Normal,
        }
    }
}

/// What the screen shows.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The language.
    pub language: Language,
    /// How it is drawn.
    pub display: Display,
    /// The page.
    pub screen: Screen,
    /// Seconds until it moves on by itself.
    pub countdown_s: Option<u16>,
    /// Whether the backend answers.
    pub online: bool,
    /// What is known while it does not.
    pub away: Option<Away>,
    /// Which door of several, for a parcel that lies behind more than one.
    pub nth: Option<Nth>,
}

/// One of several doors of a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nth {
    /// From 1.
    pub door: usize,
    /// How many there are.
    pub of: usize,
}

/// Where a parcel is that cannot be had here and now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// How far it is on its way into the locker.
    pub progress: Option<Progress>,
    /// Name of the other kiosk that has it.
    pub kiosk: Option<String>,
    /// The other centre that it belongs to.
    pub centre: Option<Box<Centre>>,
}

/// How the kiosk stands while the backend does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Away {
    /// Since when; `None` when it has not answered since the kiosk started, or the date was not known then.
    pub since: Option<Timestamp>,
    /// When the manifest was made: release, limit and place are shown as they were then.
    pub figures_of: Option<Timestamp>,
    /// Until when the operator's policy lets the kiosk hand over on the manifest's word.
    pub good_until: Option<Timestamp>,
}

/// What was wrong with the last card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Could not be read.
    ReadAgain,
    /// Another person's.
    WrongPerson {
        /// Cards that may still be tried.
        tries_left: u8,
    },
    /// Out of date.
    Expired,
    /// A document that orders are not made with.
    OtherDocument,
    /// The reader itself does not answer.
    ReaderDown,
}

/// The pages.
#[derive(Clone, Debug, PartialEq)]
pub enum Screen {
    /// Not yet known how the doors stand.
    Starting,
    /// Nobody is here.
    Idle,
    /// Something needed for every pickup does not work; the code says what.
    OutOfService(&'static str),
    /// What can be done when the code does not scan.
    ScanHelp,
    /// The pickup number is being typed.
    TypeNumber {
        /// As far as it was typed.
        digits: String,
        /// Whether that could be a whole number.
        ready: bool,
        /// Why the last number was no good.
        problem: Option<Reason>,
    },
    /// A code is being looked up.
    LookingUp,
    /// Asks for the card.
    PresentCard {
        /// Masked name.
        name: String,
        /// What was wrong with the last card.
        problem: Option<Problem>,
    },
    /// Shows parcel and limit, asks for confirmation.
    Review {
        /// What is offered.
        offer: Box<Offer>,
        /// Whether the figures come from the manifest.
        offline: bool,
    },
    /// What the limit of the year is, and how much of it is used.
    Limit {
        /// The figures.
        limit: AnnualLimit,
        /// The part of them that is this parcel, in fen.
        this_order_fen: i64,
        /// Whether the figures come from the manifest.
        offline: bool,
    },
    /// The release is being checked.
    Granting,
    /// The slip prints.
    Printing,
    /// The printer cannot go on.
    PrinterTrouble(Trouble),
    /// The lock was told to open.
    Opening(DoorNumber),
    /// The door is open for the shopper.
    TakeGoods {
        /// Which door.
        door: DoorNumber,
        /// Open for long.
        ajar: bool,
    },
    /// Handed over.
    Done {
        /// Slip number.
        slip: String,
        /// Whether the last slip was a copy.
        copy: bool,
    },
    /// Cannot go on.
    Refused {
        /// Why.
        reason: Reason,
        /// When it was collected.
        collected_at: Option<Timestamp>,
        /// What to tell staff.
        reference: String,
        /// Where the parcel is.
        whereabouts: Whereabouts,
    },
    /// Something is wrong with the goods: what, or `told` to the staff.
    GoodsFault {
        /// What was told.
        told: Option<GoodsFault>,
        /// What to tell staff.
        reference: String,
    },
    /// Nothing was touched for a while.
    StillThere,
    /// How to reach a person.
    Help {
        /// What to tell staff.
        reference: String,
    },
    /// Asks for the PIN of a badge.
    StaffPin {
        /// Digits typed.
        typed: u8,
        /// What was wrong with the last PIN.
        problem: Option<PinProblem>,
        /// Whether it is the second person's.
        second: bool,
    },
    /// Asks for the badge of a second member of staff.
    StaffSecond {
        /// The door that takes two.
        door: DoorNumber,
        /// Why the last badge was not taken.
        problem: Option<Reason>,
    },
    /// Something to choose from.
    StaffList {
        /// What.
        list: StaffList,
        /// Whether there is more than is shown.
        more: bool,
    },
    /// A door is open for staff.
    StaffInside {
        /// Which.
        door: DoorNumber,
        /// Waybill of the parcel behind it, when there is one.
        waybill: Option<String>,
        /// How far.
        step: Inside,
        /// Open for long.
        ajar: bool,
    },
    /// Staff mode at rest.
    StaffHome {
        /// Who.
        name: String,
        /// Doors that want a look.
        attention: Vec<DoorNumber>,
        /// Parcels to be taken out.
        removals: usize,
        /// Slips that are owed.
        owed: usize,
        /// Free doors by size.
        free: Vec<FreeDoors>,
        /// Why the last label could not be used.
        problem: Option<Reason>,
    },
    /// Staff put a parcel behind an open door.
    StaffPlace {
        /// Waybill.
        waybill: String,
        /// Door.
        door: DoorNumber,
        /// Size of the door.
        size: DoorSize,
        /// Open for long.
        ajar: bool,
    },
    /// Stored.
    StaffStored {
        /// Waybill.
        waybill: String,
        /// Door.
        door: DoorNumber,
    },
    /// The service pages.
    Service(Box<ServiceView>),
    /// A door that wants a look.
    StaffAttention {
        /// Door.
        door: DoorNumber,
        /// Waybill.
        waybill: String,
        /// How far.
        step: Look,
    },
}

/// How far a look behind a door is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Offer to open it.
    Open,
    /// Being opened.
    Opening,
    /// Open: are the goods inside?
    Decide,
    /// Decided: close it.
    Close,
}
