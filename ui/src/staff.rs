//! The pages of staff mode as plain values: PIN, menu, lists, and a door opened with a reason.

use crate::service::ServiceAction;
use crate::view::{Action, DoorSize, ListKind, Pad, Text};

/// Asks for the PIN of a badge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StaffPin {
    /// The pad, always masked.
    pub pad: Pad,
    /// The last PIN was wrong, and so many may still be before the badge is locked; `None` when none was typed yet.
    pub tries_left: Option<u8>,
    /// Whether it is the PIN of the second person.
    pub second: bool,
}

/// Waits for the badge of a second member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StaffSecond {
    /// Label of the door that takes two.
    pub door: String,
    /// Why the last badge was not taken.
    pub problem: Option<Text>,
}

/// The menu of staff mode.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StaffHome {
    /// Who is logged in.
    pub staff: String,
    /// Labels of the doors that want attention, the most urgent first.
    pub attention: Vec<String>,
    /// Parcels to be taken out.
    pub removals: u16,
    /// Slips that are owed.
    pub owed: u16,
    /// Free doors by size.
    pub free: Vec<FreeDoors>,
    /// What went wrong last; `None` when all is well.
    pub problem: Option<Text>,
}

/// Free doors of one size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FreeDoors {
    /// The size.
    pub size: DoorSize,
    /// How many.
    pub count: u16,
    /// Label of the next one; `None` when there is none.
    pub next: Option<String>,
}

/// Something to choose from, as much as fits a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffList {
    /// The choices, all of one kind; at most [`StaffList::DOORS`] doors, or [`StaffList::ROWS`] of anything else but reasons.
    pub choices: Vec<Choice>,
    /// Which list it is when it is empty.
    pub kind: ListKind,
    /// Label of the door, when what is chosen is the reason to open it.
    pub door: Option<String>,
    /// Whether there is more than is shown.
    pub more: bool,
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// A parcel that was not collected in time.
    Overdue {
        /// Label of its door.
        door: String,
        /// Waybill number.
        waybill: String,
        /// Since when, e.g. `11-20`.
        since: String,
    },
    /// A parcel whose order was cancelled, or whose release was taken back.
    Withdrawn {
        /// Label of its door.
        door: String,
        /// Waybill number.
        waybill: String,
    },
    /// A door that wants a look.
    Attention {
        /// Label of the door.
        door: String,
        /// Waybill number.
        waybill: String,
    },
    /// A door.
    Door {
        /// Its label.
        door: String,
        /// Whether something lies behind it, as far as is known.
        holds: bool,
    },
    /// A reason to open a door.
    Purpose(Purpose),
    /// A slip that is owed.
    Owed {
        /// Waybill number.
        waybill: String,
        /// When it was handed over, e.g. `11-20 14:05`.
        at: String,
    },
}

/// Why staff open a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To look inside, or to clean.
    Inspect,
    /// Somebody left something behind.
    Forgotten,
    /// The lock or the door is to be tried or mended.
    Repair,
    /// The parcel itself is to be looked at.
    Parcel,
    /// Customs wants to see it.
    Customs,
}

impl StaffList {
    /// Rows that fit a page.
    pub const ROWS: usize = 4;
    /// Doors that fit a page.
    pub const DOORS: usize = 12;

    /// What the page offers.
    pub(crate) fn actions(&self) -> Vec<Action> {
        let picks = (0..self.choices.len()).filter_map(|at| u8::try_from(at).ok()).map(Action::Pick);
        picks.chain(self.more.then_some(Action::More)).chain([Action::Cancel]).collect()
    }
}

impl StaffHome {
    /// What the menu offers.
    pub(crate) fn actions(&self) -> Vec<Action> {
        let look = match self.attention.len() {
            0 => None,
            1 => Some(Action::StaffOpen),
            _ => Some(Action::List(ListKind::Attention)),
        };
        let removals = (self.removals > 0).then_some(Action::List(ListKind::Removals));
        let owed = (self.owed > 0).then_some(Action::List(ListKind::Owed));
        let always = [Action::List(ListKind::Doors), Action::Service(ServiceAction::Enter), Action::Finish];
        always.into_iter().chain(look).chain(removals).chain(owed).collect()
    }
}

/// A door that staff opened with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StaffInside {
    /// Label of the door.
    pub door: String,
    /// The waybill number of the parcel behind it; `None` when nothing is thought to be there.
    pub waybill: Option<String>,
    /// Whether what became of the parcel is still to be said.
    pub undecided: bool,
    /// The door has been open for long: remind to close it.
    pub ajar: bool,
}
