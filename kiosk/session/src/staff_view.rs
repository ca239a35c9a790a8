//! What the staff pages show.

use pickup_protocol::DoorNumber;
use pickup_protocol::kiosk::{Attention, DoorSize};
use pickup_protocol::work::{OwedSlip, Purpose, Removal};

/// Free doors of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeDoors {
    /// The size.
    pub size: DoorSize,
    /// How many.
    pub count: usize,
    /// The one with the lowest number.
    pub next: Option<DoorNumber>,
}

/// The lists staff can open from their menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// Parcels to be taken out.
    Removals,
    /// Doors that want a look.
    Attention,
    /// Every door, to open one.
    Doors,
    /// Slips that are owed.
    Owed,
}

/// What staff choose from, as far as one page shows it.
#[derive(Clone, Debug, PartialEq)]
pub enum StaffList {
    /// Parcels to be taken out.
    Removals(Vec<Removal>),
    /// Doors that want a look.
    Attention(Vec<Attention>),
    /// Doors; `true` behind which something lies as far as is known.
    Doors(Vec<(DoorNumber, bool)>),
    /// Reasons to open this door.
    Purposes(DoorNumber, Vec<Purpose>),
    /// Slips that are owed.
    Owed(Vec<OwedSlip>),
}

/// How far an opening by staff is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// What became of the parcel?
    Decide,
    /// Decided, or nothing was inside: close it.
    Close,
}
