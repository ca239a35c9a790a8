//! What the kiosk screen shows, as plain values without any drawing: the whole of what a caller needs to know about the screens.
//!
//! Money is in fen (1/100 CNY). Texts that come from data carry both languages; every other sentence lives in the screens themselves.

pub use crate::action::{Action, GoodsFault, ListKind};
pub use crate::aside::{GoodsReport, LimitView, Nth, TypeNumber};
pub use crate::goods::{GoodsKind, Line};
pub use crate::lockers::{DoorSize, Height, LockerMap, MapDoor, Side};
pub use crate::pad::{Entered, Pad};
pub use crate::refused::{Place, Refused, RefusedKind, Stage};
pub use crate::service::{DoorLook, Grade, Pairing, Service};
pub use crate::staff::{
    Choice, FreeDoors, Purpose, StaffHome, StaffInside, StaffList, StaffPin, StaffSecond,
};
pub use crate::text::Text;
pub use crate::way::{Code, Compass, Leg, WayThere};

/// The language the screen speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Simplified Chinese, the language a session starts in.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    /// The language that the language switch leads to.
    pub fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }
}

/// How large and how strong the screen is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
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
    /// Every way, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Large, Self::LargeStrong];
}

/// Everything on the screen at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct View {
    /// The language of every sentence.
    pub language: Language,
    /// How large and how strong everything is drawn.
    pub display: Display,
    /// The page and what it says.
    pub screen: Screen,
    /// The strip along the top.
    pub status: Status,
    /// The locker wall in front of the shopper, for the map with the door; empty draws no map.
    pub lockers: LockerMap,
    /// Seconds until the screen moves on by itself; drawn when present.
    pub countdown_s: Option<u16>,
    /// Which door of several, for a parcel that lies behind more than one.
    pub nth: Option<Nth>,
}

/// The strip along the top of every screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Name of the pickup centre.
    pub centre: Text,
    /// The kiosk's own short name, e.g. `K-01`.
    pub kiosk: String,
    /// Wall clock as the shopper reads it, e.g. `14:05`; empty while the date is not known.
    pub clock: String,
    /// Whether the backend answers.
    pub online: bool,
    /// The phone number of the staff of the centre.
    pub help_phone: String,
}

/// One page of the kiosk.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Screen {
    /// Nobody is here: invites to scan.
    #[default]
    Idle,
    /// What can be done when the code does not scan.
    ScanHelp,
    /// The pickup number is being typed.
    TypeNumber(TypeNumber),
    /// A code was scanned and is being looked up.
    LookingUp,
    /// Asks for the ID card.
    PresentCard(PresentCard),
    /// Parcel, tax and limit; asks for confirmation.
    Review(Review),
    /// What the limit of the year is, and how much of it is used.
    Limit(LimitView),
    /// The release is being checked and recorded.
    Granting,
    /// The slip is being printed.
    Printing,
    /// The printer cannot go on.
    PrinterTrouble(PrinterTrouble),
    /// The lock has been told to open.
    OpeningDoor(OpeningDoor),
    /// The door is open: take the goods and close it.
    TakeGoods(TakeGoods),
    /// All done.
    Done(Done),
    /// The pickup cannot go on, and why.
    Refused(Refused),
    /// Something is wrong with the goods.
    GoodsFault(GoodsReport),
    /// Nothing was touched for a while.
    StillThere(StillThere),
    /// How to reach a person.
    Help(Help),
    /// The kiosk cannot serve anyone.
    OutOfService(OutOfService),
    /// Staff mode: a badge was scanned, its PIN is asked for.
    StaffPin(StaffPin),
    /// Staff mode: a second member of staff is waited for.
    StaffSecond(StaffSecond),
    /// Staff mode: something to choose from.
    StaffList(StaffList),
    /// Staff mode: a door is open with a reason.
    StaffInside(StaffInside),
    /// Staff mode: the menu, which also waits for a parcel label.
    StaffHome(StaffHome),
    /// Staff mode: a door is open, put the parcel in and close it.
    StaffPlace(StaffPlace),
    /// Staff mode: the parcel is in the locker.
    StaffStored(StaffStored),
    /// Staff mode: a door whose pickup did not end clearly.
    StaffAttention(StaffAttention),
    /// The service pages.
    Service(Box<Service>),
    /// A kiosk that has no certificate yet.
    Pairing(Pairing),
}

impl Screen {
    /// The stable name of the page, e.g. `present_card`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::ScanHelp => "scan_help",
            Self::TypeNumber(_) => "type_number",
            Self::LookingUp => "looking_up",
            Self::PresentCard(_) => "present_card",
            Self::Review(_) => "review",
            Self::Limit(_) => "limit",
            Self::Granting => "granting",
            Self::Printing => "printing",
            Self::PrinterTrouble(_) => "printer_trouble",
            Self::OpeningDoor(_) => "opening_door",
            Self::TakeGoods(_) => "take_goods",
            Self::Done(_) => "done",
            Self::Refused(_) => "refused",
            Self::GoodsFault(_) => "goods_fault",
            Self::StillThere(_) => "still_there",
            Self::Help(_) => "help",
            Self::OutOfService(_) => "out_of_service",
            Self::StaffPin(_) => "staff_pin",
            Self::StaffSecond(_) => "staff_second",
            Self::StaffList(_) => "staff_list",
            Self::StaffInside(_) => "staff_inside",
            Self::StaffHome(_) => "staff_home",
            Self::StaffPlace(_) => "staff_place",
            Self::StaffStored(_) => "staff_stored",
            Self::StaffAttention(_) => "staff_attention",
            Self::Service(service) => service.name(),
            Self::Pairing(_) => "pairing",
        }
    }
}

/// Asks for the ID card of the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PresentCard {
    /// The buyer's name, masked, e.g. `李**`.
    pub name_masked: String,
    /// What was wrong with the last card.
    pub problem: Option<CardProblem>,
}

/// What was wrong with a card on the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardProblem {
    /// The reading broke off: lay it down once more.
    ReadAgain,
    /// The card is another person's.
    WrongPerson {
        /// How many cards may still be tried.
        tries_left: u8,
    },
    /// The card is out of date.
    Expired,
    /// A document that orders are not made with.
    OtherDocument,
    /// The reader does not answer.
    ReaderDown,
}

/// Parcel, tax and limit before the shopper confirms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Review {
    /// The buyer's name, masked.
    pub name_masked: String,
    /// What is in the parcel.
    pub lines: Vec<Line>,
    /// What was paid for the goods, tax included, in fen.
    pub total_fen: i64,
    /// The tax contained in `total_fen`, in fen.
    pub tax_fen: i64,
    /// The buyer's limit of the year.
    pub limit: LimitView,
    /// Labels of the doors that hold the parcel.
    pub doors: Vec<String>,
    /// The waybill number of the parcel.
    pub waybill: String,
}

/// Why the printer cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PrinterTrouble {
    /// What is wrong.
    pub kind: PrinterTroubleKind,
    /// Whether the staff have been told.
    pub staff_called: bool,
}

/// What is wrong with the printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PrinterTroubleKind {
    /// The roll is empty.
    PaperOut,
    /// The cover is open.
    CoverOpen,
    /// The cutter is stuck.
    Cutter,
    /// The printer does not answer.
    Offline,
    /// Anything else.
    #[default]
    Other,
}

/// A lock has been told to open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpeningDoor {
    /// Label of the door.
    pub door: String,
}

/// A door is open for the shopper.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TakeGoods {
    /// Label of the door.
    pub door: String,
    /// The door has been open for long: remind to close it.
    pub ajar: bool,
    /// Offer to open the door once more.
    pub can_open_again: bool,
}

/// The end of a pickup.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// Number of the release slip.
    pub slip_no: String,
    /// The slip is a second print and says COPY.
    pub copy: bool,
}

/// Asks whether someone is still here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StillThere {
    /// Seconds until the session ends.
    pub seconds: u16,
}

/// How to reach a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Help {
    /// Whether the staff have been told.
    pub staff_called: bool,
    /// What to tell the staff, e.g. a session number; may be empty.
    pub reference: String,
}

/// The kiosk cannot serve anyone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutOfService {
    /// Stable reason code.
    pub code: String,
    /// What happened.
    pub sentence: Text,
}

/// Staff put a parcel into an open door.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StaffPlace {
    /// The waybill number of the parcel.
    pub waybill: String,
    /// Label of the door.
    pub door: String,
    /// Size of the door.
    pub size: DoorSize,
    /// The door has been open for long: remind to close it.
    pub ajar: bool,
    /// Offer to open the door once more.
    pub can_open_again: bool,
}

/// A parcel is in the locker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StaffStored {
    /// The waybill number of the parcel.
    pub waybill: String,
    /// Label of the door.
    pub door: String,
}

/// A door whose pickup did not end clearly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StaffAttention {
    /// Label of the door.
    pub door: String,
    /// The waybill number of the parcel.
    pub waybill: String,
    /// How far the check is.
    pub step: AttentionStep,
}

/// How far the check of a door is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AttentionStep {
    /// Offer to open the door.
    #[default]
    Open,
    /// The lock has been told to open.
    Opening,
    /// The door is open: are the goods inside?
    Decide,
    /// Decided: close the door.
    Close,
}
