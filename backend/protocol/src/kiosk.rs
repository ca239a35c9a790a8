//! Version 1 of the kiosk protocol: JSON over HTTPS with mutual TLS, paths under [`PATH`].
//!
//! | method and path | request | answer |
//! | --- | --- | --- |
//! | `POST /kiosk/v1/enrol` (no client certificate) | [`EnrolRequest`] | [`EnrolReply`] |
//! | `GET /kiosk/v1/hello` | | [`Hello`] |
//! | `GET /kiosk/v1/manifest` | | [`crate::SignedManifest`] |
//! | `POST /kiosk/v1/verdict` | [`VerdictRequest`] | [`Verdict`] |
//! | `POST /kiosk/v1/verdict/number` | [`NumberRequest`] | [`Verdict`] |
//! | `POST /kiosk/v1/grants` | [`GrantRequest`] | [`GrantReply`] |
//! | `POST /kiosk/v1/handovers` | [`Handover`] | [`Ack`] |
//! | `POST /kiosk/v1/staff` | [`StaffRequest`] | [`StaffReply`] |
//! | `POST /kiosk/v1/deposits/plan` | [`DepositPlanRequest`] | [`DepositPlanReply`] |
//! | `POST /kiosk/v1/deposits` | [`Deposit`] | [`Ack`] |
//! | `POST /kiosk/v1/resolutions` | [`Resolution`] | [`Ack`] |
//! | `POST /kiosk/v1/service` | [`crate::service::ServiceChange`] | [`Ack`] |
//! | what else staff do | [`crate::work`] | |
//! | `POST /kiosk/v1/health` | [`crate::health::Health`] | an empty object |
//!
//! An error is answered with a status of 4xx or 5xx and [`ApiError`]. A refusal that a person should read is not an error:
//! it is a 200 with a `refused` answer and a [`Reason`].

use jiff::Timestamp;
use pickup_domain::GoodsKind;
use pickup_domain::geo::Spot;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::manifest::ManifestUse;
use crate::work::{Pin, PinProblem, Work};
use crate::{DoorNumber, IdentityDigest, PickupNumber, Reason, TypedNumber};

/// Root of all paths of this version.
pub const PATH: &str = "/kiosk/v1";

/// A text that comes from data, in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What an HTTP error carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// Stable code in upper-case letters and underscores.
    pub code: String,
    /// Sentence in Chinese.
    pub message_zh: String,
    /// Sentence in English.
    pub message_en: String,
}

/// A kiosk asks for its certificate with the one-time code that the operator was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The secret half of the one-time code.
    pub secret: String,
    /// PKCS#10 request in PEM; the private key never leaves the kiosk.
    pub csr_pem: String,
}

/// The kiosk's identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolReply {
    /// Id of the kiosk.
    pub kiosk_id: Uuid,
    /// Name of the kiosk, such as `K1`.
    pub name: String,
    /// Client certificate, PEM.
    pub certificate_pem: String,
    /// The backend's certificate authority, PEM.
    pub ca_pem: String,
}

/// What a kiosk needs to know to work, and the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The backend's time; the kiosk's clock until it is synchronised.
    pub now: Timestamp,
    /// Id of the kiosk.
    pub kiosk_id: Uuid,
    /// Name of the kiosk.
    pub kiosk: String,
    /// The pickup centre.
    pub centre: Centre,
    /// Keys that sign tickets and manifests.
    pub keys: Vec<PublicKey>,
    /// The operator's other centres, so that somebody who came to the wrong one can be told where to go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Centre>,
    /// How long customs usually takes with orders of this centre, in minutes; nothing while too few were released to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual_release_min: Option<u32>,
}

/// A pickup centre as the kiosk shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Centre {
    /// Number as tickets carry it.
    pub number: u16,
    /// Name.
    pub name: Text,
    /// Address.
    pub address: Text,
    /// Telephone number for help.
    pub help_phone: String,
    /// Where it is, when the operator says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Spot>,
}

/// An Ed25519 public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// Key id as tickets carry it.
    pub id: u8,
    /// 32 bytes, hex.
    pub ed25519: String,
}

impl PublicKey {
    /// The key itself; `None` when the text is not one.
    #[must_use]
    pub fn verifying_key(&self) -> Option<ed25519_dalek::VerifyingKey> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(&self.ed25519, &mut bytes).ok()?;
        ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok()
    }
}

/// A ticket was scanned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictRequest {
    /// Made by the kiosk; a repeat gets the same answer.
    pub request_id: Uuid,
    /// The ticket as scanned.
    pub ticket: String,
}

/// A pickup number was typed, because the ticket could not be scanned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberRequest {
    /// Made by the kiosk; a repeat gets the same answer.
    pub request_id: Uuid,
    /// The number as typed.
    pub number: TypedNumber,
}

/// What the backend says of a ticket.
#[allow(clippy::large_enum_variant, reason = "one is made per pickup; a box would only hide the wire form")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The parcel may be handed to its buyer.
    Ready {
        /// What is offered.
        offer: Offer,
        /// What the slip will say.
        slip: Slip,
    },
    /// It may not.
    Refused {
        /// Why.
        reason: Reason,
        /// When it was collected, for [`Reason::AlreadyCollected`].
        collected_at: Option<Timestamp>,
        /// How far it is, for a parcel that is still on its way into the locker.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        progress: Option<Progress>,
        /// Name of the kiosk that has it, for [`Reason::OtherKiosk`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kiosk: Option<String>,
    },
}

impl Verdict {
    /// A refusal with nothing to say but why.
    #[must_use]
    pub const fn refused(reason: Reason, collected_at: Option<Timestamp>) -> Self {
        Self::Refused { reason, collected_at, progress: None, kiosk: None }
    }
}

/// How far a parcel is on its way into the locker, by the state of its declaration and by where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Paid; the declaration is on its way to customs.
    Filed,
    /// Customs has the declaration and checks it by machine.
    Accepted,
    /// An officer looks at the papers.
    Review,
    /// An officer looks into the parcel.
    Inspection,
    /// Something in the declaration is being put right.
    Correction,
    /// Released, and being brought to the lockers.
    Picking,
}

impl Progress {
    /// Every one, for tables and tests.
    pub const ALL: [Self; 6] =
        [Self::Filed, Self::Accepted, Self::Review, Self::Inspection, Self::Correction, Self::Picking];
}

/// A released parcel in this kiosk's lockers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The pickup.
    pub pickup: PickupNumber,
    /// Waybill number, also the text of the parcel label.
    pub waybill: String,
    /// The buyer's name, given name masked.
    pub buyer_masked: String,
    /// By which the buyer's card is known.
    pub identity: IdentityDigest,
    /// What is in the parcel.
    pub lines: Vec<Line>,
    /// Sum of the lines in fen.
    pub goods_fen: i64,
    /// Tax in fen.
    pub tax_fen: i64,
    /// The buyer's calendar year.
    pub limit: AnnualLimit,
    /// Doors to open.
    pub doors: Vec<DoorNumber>,
    /// When customs released it.
    pub released_at: Timestamp,
    /// Until when it can be collected.
    pub not_after: Timestamp,
}

/// One line of a parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Name of the goods.
    pub name: Text,
    /// Quantity as a decimal, such as `2`.
    pub quantity: String,
    /// Unit, such as 罐 / tin.
    pub unit: Text,
    /// Line total in fen, without tax.
    pub amount_fen: i64,
    /// What sort of thing it is, for the drawing beside the name.
    #[serde(default, skip_serializing_if = "GoodsKind::is_other")]
    pub kind: GoodsKind,
}

/// What a buyer has used of the calendar year, as far as this operator knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnualLimit {
    /// Calendar year in China.
    pub year: i16,
    /// The limit in fen (26,000 CNY).
    pub limit_fen: i64,
    /// Posted and held in fen, this parcel included.
    pub used_fen: i64,
    /// The part of `used_fen` that is held for orders customs has not decided, in fen.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub held_fen: i64,
    /// When this was so.
    pub as_of: Timestamp,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(fen: &i64) -> bool {
    *fen == 0
}

/// What a release slip says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slip {
    /// Number of the slip; one per pickup, also on copies.
    pub number: String,
    /// Order number at the platform.
    pub order_no: String,
    /// Number of the customs list (清单编号, 18 digits).
    pub invt_no: String,
    /// Supervision code, `1210`.
    pub supervision: String,
    /// Customs office, four digits.
    pub customs_office: String,
    /// Who declared.
    pub declarant: String,
    /// Centre name in Chinese.
    pub centre: String,
}

/// A buyer has proved who they are and confirmed; may the door open?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantRequest {
    /// Made by the kiosk; a repeat gets the same answer.
    pub grant_id: Uuid,
    /// The pickup.
    pub pickup: PickupNumber,
    /// How the buyer was recognised.
    pub evidence: Evidence,
}

/// How a buyer was recognised. The number itself never travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// `id_card`.
    pub method: EvidenceMethod,
    /// Digest of the number on the card under the offer's salt.
    pub identity: IdentityDigest,
    /// When the card was read.
    pub read_at: Timestamp,
    /// Last day the card is valid, `YYYYMMDD`; `None` for a card valid for ever.
    pub card_valid_until: Option<String>,
}

/// Ways to recognise a buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceMethod {
    /// Chip of a resident identity card.
    IdCard,
}

/// Whether the door may open. A grant is on the trail before it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "grant", rename_all = "snake_case")]
pub enum GrantReply {
    /// It may.
    Granted {
        /// Doors to open.
        doors: Vec<DoorNumber>,
    },
    /// It may not.
    Refused {
        /// Why.
        reason: Reason,
    },
}

/// How a pickup ended. Reported until acknowledged; applied once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    /// Made by the kiosk before the door opened.
    pub handover_id: Uuid,
    /// The grant it used; `None` when granted by the manifest alone.
    pub grant_id: Option<Uuid>,
    /// The manifest it used, when there was no grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<ManifestUse>,
    /// The pickup.
    pub pickup: PickupNumber,
    /// Slip number.
    pub slip: String,
    /// Slips that came out, copies included.
    pub slips_printed: u16,
    /// How the buyer was recognised.
    pub evidence: Evidence,
    /// What the doors did.
    pub door_events: Vec<DoorEvent>,
    /// How it ended.
    pub outcome: HandoverOutcome,
    /// When it ended.
    pub completed_at: Timestamp,
}

/// How a pickup ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoverOutcome {
    /// The door was opened and closed again: handed over.
    Taken,
    /// A pulse was sent or may have been sent, and what the door did is not known: a person must look.
    Unknown,
}

/// Something a door did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorEvent {
    /// Which door.
    pub door: DoorNumber,
    /// What.
    pub kind: DoorEventKind,
    /// When.
    pub at: Timestamp,
}

/// What a door can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoorEventKind {
    /// The kiosk decided to open it (written before the pulse).
    Intent,
    /// Seen open.
    Opened,
    /// Pulse sent, not seen open in time.
    NotDetected,
    /// Whether the pulse was sent is not known.
    Unknown,
    /// Seen closed.
    Closed,
}

/// A staff badge was scanned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffRequest {
    /// The badge as scanned.
    pub badge: String,
    /// Its PIN, once it was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
}

/// Who the badge belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "staff", rename_all = "snake_case")]
pub enum StaffReply {
    /// A member of staff of this centre.
    Welcome {
        /// Name to show.
        name: String,
        /// Parcels whose door needs a look, in this kiosk.
        attention: Vec<Attention>,
        /// What else waits, and which doors are taken.
        #[serde(default, skip_serializing_if = "Work::is_empty")]
        work: Work,
    },
    /// The badge is good; its PIN is asked for, or was wrong.
    Pin {
        /// What was wrong with the PIN that was typed; `None` when none was.
        problem: Option<PinProblem>,
    },
    /// Nobody of this centre.
    Refused {
        /// Why.
        reason: Reason,
    },
}

/// A parcel whose last pickup ended in [`HandoverOutcome::Unknown`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// The pickup.
    pub pickup: PickupNumber,
    /// Waybill number.
    pub waybill: String,
    /// Door to look behind.
    pub door: DoorNumber,
}

/// Staff scanned a parcel label: which door should it go to?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepositPlanRequest {
    /// Made by the kiosk; a repeat gets the same door.
    pub request_id: Uuid,
    /// The badge of who deposits.
    pub badge: String,
    /// The parcel label as scanned.
    pub label: String,
    /// Doors that the kiosk sees closed and working, with their sizes.
    pub doors: Vec<DoorOffer>,
}

/// A door that can take a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorOffer {
    /// Which door.
    pub door: DoorNumber,
    /// How large.
    pub size: DoorSize,
}

/// Sizes of doors and parcels, smallest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DoorSize {
    /// Small.
    S,
    /// Medium.
    M,
    /// Large.
    L,
}

/// Where a parcel goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "plan", rename_all = "snake_case")]
pub enum DepositPlanReply {
    /// Open this door; it is reserved for the parcel.
    Door {
        /// The pickup.
        pickup: PickupNumber,
        /// Waybill number.
        waybill: String,
        /// Which door.
        door: DoorNumber,
        /// Its size.
        size: DoorSize,
    },
    /// It goes nowhere.
    Refused {
        /// Why.
        reason: Reason,
    },
}

/// How a deposit ended. Reported until acknowledged; applied once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deposit {
    /// Made by the kiosk before the door opened.
    pub deposit_id: Uuid,
    /// The plan it follows.
    pub request_id: Uuid,
    /// The pickup.
    pub pickup: PickupNumber,
    /// The badge of who deposited.
    pub badge: String,
    /// Which door.
    pub door: DoorNumber,
    /// What the door did.
    pub door_events: Vec<DoorEvent>,
    /// Whether the parcel lies behind the door.
    pub outcome: DepositOutcome,
    /// When it ended.
    pub completed_at: Timestamp,
}

/// How a deposit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DepositOutcome {
    /// The door was opened and closed, and staff did not cancel.
    Stored,
    /// Staff cancelled or the door did not open: the door is free again.
    NotStored,
}

/// A member of staff looked behind a door that needed attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// Made by the kiosk; applied once.
    pub resolution_id: Uuid,
    /// The badge of who looked.
    pub badge: String,
    /// The pickup.
    pub pickup: PickupNumber,
    /// What was found.
    pub found: Found,
    /// When.
    pub at: Timestamp,
}

/// What was found behind a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// The goods are still inside: the pickup can start again.
    GoodsInside,
    /// The goods are gone: the handover is taken to have happened.
    GoodsTaken,
}

/// The backend has it and will not lose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// Whether this was the first time.
    pub first: bool,
}
