//! The end of a pickup that does not go on, as plain values.

use crate::view::{Text, WayThere};

/// Why a pickup cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refused {
    /// What kind of end it is.
    pub kind: RefusedKind,
    /// How long customs usually takes, in minutes; `None` when nobody can say.
    pub usual_min: Option<u32>,
    /// Stable reason code, e.g. `ALREADY_COLLECTED`.
    pub code: String,
    /// The reason in a few words.
    pub title: Text,
    /// What happened.
    pub sentence: Text,
    /// What the shopper can do.
    pub what_to_do: Text,
    /// When it was collected, for a ticket that was used before.
    pub collected_at: Option<String>,
    /// What to tell the staff, e.g. a session number.
    pub reference: String,
    /// The centre that has the parcel, when that is another one.
    pub centre: Option<Box<Place>>,
    /// Name of the kiosk that has the parcel, when that is another one.
    pub kiosk: Option<String>,
}

/// Where somebody has to go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Name of the centre.
    pub name: Text,
    /// Its address.
    pub address: Text,
    /// Its telephone number.
    pub phone: String,
    /// How to get there, when that is known.
    pub way: Option<WayThere>,
}

/// What kind of end a refusal is: the picture and the colours follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RefusedKind {
    /// It does not go on here and now.
    #[default]
    Stopped,
    /// Nothing is wrong: the parcel is on its way, and has come so far.
    Waiting(Stage),
    /// The parcel is in another place.
    Elsewhere,
    /// It was handed over before.
    Collected,
}

/// How far a parcel is on its way into the locker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The declaration is on its way to customs.
    Filed,
    /// Customs checks the declaration by machine.
    Customs,
    /// An officer looks at the papers.
    Review,
    /// An officer looks into the parcel.
    Inspection,
    /// Something in the declaration is being put right.
    Correction,
    /// Released, and being picked.
    Picking,
}

impl Stage {
    /// Every one, for tables and tests.
    pub const ALL: [Self; 6] =
        [Self::Filed, Self::Customs, Self::Review, Self::Inspection, Self::Correction, Self::Picking];
}
