//! What staff do at a kiosk beside deposits: doors opened with a reason, parcels taken out, slips printed later, and the PIN
//! of a badge.
//!
//! | method and path | request | answer |
//! | --- | --- | --- |
//! | `POST /kiosk/v1/openings` | [`OpeningRequest`] | [`OpeningReply`] |
//! | `POST /kiosk/v1/openings/ended` | [`Opening`] | [`crate::kiosk::Ack`] |
//! | `POST /kiosk/v1/wishes` | [`WishRequest`] | [`WishReply`] |
//! | `POST /kiosk/v1/slips` | [`SlipRequest`] | [`SlipReply`] |
//! | `POST /kiosk/v1/slips/printed` | [`SlipPrinted`] | [`crate::kiosk::Ack`] |

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kiosk::{DoorEvent, Offer, Slip};
use crate::{DoorNumber, PickupNumber, Reason};

/// Fewest digits of a PIN.
pub const PIN_LEAST: usize = 4;
/// Most digits of a PIN.
pub const PIN_MOST: usize = 8;

/// The PIN of a badge: 4 to 8 digits. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pin(String);

impl Pin {
    /// The PIN that was typed; `None` when it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let good =
            (PIN_LEAST..=PIN_MOST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        good.then(|| Self(text.to_owned()))
    }

    /// Its digits. What came over the wire may be any text: it is compared, never trusted.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin(****)")
    }
}

/// What was wrong with a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinProblem {
    /// How often it may still be wrong before the badge is locked for a while.
    pub tries_left: u8,
}

/// What waits for staff at a kiosk, and which of its doors are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Parcels to be taken out, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removals: Vec<Removal>,
    /// Doors behind which something lies or is about to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<DoorNumber>,
    /// Pickups whose slip did not come out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owed: Vec<OwedSlip>,
}

impl Work {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A parcel to be taken out of its locker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// The pickup.
    pub pickup: PickupNumber,
    /// Waybill number.
    pub waybill: String,
    /// The door it lies behind.
    pub door: DoorNumber,
    /// Why.
    pub why: RemovalReason,
    /// Since when it could not be collected any more, where that is known.
    pub since: Option<Timestamp>,
}

/// Why a parcel is to be taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalReason {
    /// It waited longer than the centre keeps it.
    Overdue,
    /// Its order was cancelled, or customs took the release back.
    Withdrawn,
}

/// A pickup that was handed over without its slip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwedSlip {
    /// The pickup.
    pub pickup: PickupNumber,
    /// Waybill number.
    pub waybill: String,
    /// When it was handed over.
    pub handed_over_at: Timestamp,
}

/// Why staff open a door. A code, never a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To take out a parcel of [`Work::removals`].
    Removal,
    /// To look inside, or to clean.
    Inspect,
    /// Somebody left something behind.
    Forgotten,
    /// The lock or the door is to be tried or mended.
    Repair,
    /// The parcel itself is to be looked at: damaged, leaking, in the wrong place.
    Parcel,
    /// Customs wants to see it.
    Customs,
}

impl Purpose {
    /// What staff choose from when they open one door.
    pub const CHOICES: [Self; 5] =
        [Self::Inspect, Self::Forgotten, Self::Repair, Self::Parcel, Self::Customs];

    /// As stored and on the trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Removal => "removal",
            Self::Inspect => "inspect",
            Self::Forgotten => "forgotten",
            Self::Repair => "repair",
            Self::Parcel => "parcel",
            Self::Customs => "customs",
        }
    }
}

/// A badge and its PIN.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// The badge as scanned.
    pub badge: String,
    /// Its PIN, where one was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential(****)")
    }
}

/// Staff want to open a door. What is answered is on the trail before it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningRequest {
    /// Made by the kiosk; a repeat gets the same answer.
    pub opening_id: Uuid,
    /// The badge of who is in staff mode.
    pub badge: String,
    /// Which door.
    pub door: DoorNumber,
    /// Why.
    pub purpose: Purpose,
    /// A second person, for a door whose parcel is nobody's to touch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<Credential>,
}

/// Whether staff may open a door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "opening", rename_all = "snake_case")]
pub enum OpeningReply {
    /// They may.
    Granted {
        /// What lies behind it, as far as the backend knows.
        parcel: Option<Behind>,
    },
    /// Only together with a second member of staff.
    SecondNeeded,
    /// The second person's PIN is asked for, or was wrong.
    SecondPin {
        /// What was wrong with the PIN that was typed; `None` when none was.
        problem: Option<PinProblem>,
    },
    /// They may not.
    Refused {
        /// Why.
        reason: Reason,
    },
}

/// A parcel behind a door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    /// The pickup.
    pub pickup: PickupNumber,
    /// Waybill number.
    pub waybill: String,
}

/// How an opening ended. Reported until acknowledged; applied once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Made by the kiosk before the door opened.
    pub report_id: Uuid,
    /// The authorisation it used; `None` for an empty door opened while the backend was away.
    pub opening_id: Option<Uuid>,
    /// The badge of who opened.
    pub badge: String,
    /// Which door.
    pub door: DoorNumber,
    /// Why.
    pub purpose: Purpose,
    /// What lay behind it, as far as was known.
    pub pickup: Option<PickupNumber>,
    /// What the door did.
    pub door_events: Vec<DoorEvent>,
    /// How it ended.
    pub outcome: OpeningOutcome,
    /// When it ended.
    pub completed_at: Timestamp,
}

/// How an opening ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpeningOutcome {
    /// Nothing was thought to be inside; the door was opened and shut.
    Shut,
    /// The parcel is still inside.
    Inside,
    /// The parcel was taken out.
    TakenOut,
    /// A parcel should have been inside and was not.
    Empty,
    /// The door did not open.
    NotOpened,
    /// What the door did, or what became of the parcel, is not known: a person must look.
    Unclear,
}

impl OpeningOutcome {
    /// As stored and on the trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shut => "shut",
            Self::Inside => "inside",
            Self::TakenOut => "taken_out",
            Self::Empty => "empty",
            Self::NotOpened => "not_opened",
            Self::Unclear => "unclear",
        }
    }
}

/// A kiosk asks whether somebody at the console wants one of its doors open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WishRequest {
    /// Whether it could open one at once: nobody is being served.
    pub ready: bool,
}

/// What is wanted of a kiosk from afar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WishReply {
    /// A door to be opened now; it is given once, so an answer that is lost opens nothing.
    pub wish: Option<Wish>,
}

/// Two people at the console want a door open. It is granted and on the trail before it is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// The authorisation, as of any opening.
    pub opening_id: Uuid,
    /// Which door.
    pub door: DoorNumber,
    /// Why.
    pub purpose: Purpose,
    /// What lies behind it, as far as the backend knows.
    pub parcel: Option<Behind>,
    /// Who asked, as the screen shows it.
    pub by: String,
}

/// Staff want to print a slip that did not come out at the handover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlipRequest {
    /// The badge of who prints.
    pub badge: String,
    /// The pickup.
    pub pickup: PickupNumber,
}

/// What that slip says.
#[allow(clippy::large_enum_variant, reason = "one is made per slip; a box would only hide the wire form")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum SlipReply {
    /// This.
    Owed {
        /// What was handed over.
        offer: Offer,
        /// Numbers.
        slip: Slip,
    },
    /// It is not owed.
    Refused {
        /// Why.
        reason: Reason,
    },
}

/// A slip that was owed came out. Reported until acknowledged; applied once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlipPrinted {
    /// Made by the kiosk.
    pub report_id: Uuid,
    /// The badge of who printed.
    pub badge: String,
    /// The pickup.
    pub pickup: PickupNumber,
    /// Whether it said COPY.
    pub copy: bool,
    /// When it came out.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_four_to_eight_digits_and_is_never_shown() {
        assert!(Pin::parse("2468").is_some() && Pin::parse("24681357").is_some());
        for other in ["", "123", "123456789", "12a4", "１２３４"] {
            assert_eq!(Pin::parse(other), None, "{other}");
        }
        let second = Credential { badge: "BPS1X".into(), pin: Pin::parse("2468") };
        assert_eq!(format!("{second:?} {:?}", second.pin), "Credential(****) Some(Pin(****))");
    }
}
