//! Invented people, parcels and papers.

use std::sync::LazyLock;

use ed25519_dalek::SigningKey;
use jiff::{SignedDuration, Timestamp};
use pickup_domain::{GoodsKind, IdNumber};
use pickup_protocol::kiosk::{
    AnnualLimit, Attention, Centre, DepositPlanReply, DoorOffer, DoorSize, GrantReply, Hello, Line, Offer,
    PublicKey, Slip, StaffReply, Text, Verdict,
};
use pickup_protocol::manifest::Collected;
use pickup_protocol::work::{Behind, OpeningReply, OwedSlip, Removal, RemovalReason, Work};
use pickup_protocol::{
    DoorNumber, IdentityDigest, Manifest, ManifestEntry, PickupNumber, SignedManifest, Ticket, TypedNumber,
    staff,
};
use pickup_session::Card;
use uuid::Uuid;

pub const CENTRE: u16 = 12;
pub const KEY_ID: u8 = 3;
pub const KIOSK: Uuid = Uuid::from_u128(0x4b10);
pub const NAME: &str = "林**";
pub const STAFF_NAME: &str = "值班员小周";

pub static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[7; 32]));

/// Monday morning at the centre.
pub fn start() -> Timestamp {
    "2026-11-23T02:00:00Z".parse().unwrap()
}

pub fn later(hours: i64) -> Timestamp {
    start() + SignedDuration::from_hours(hours)
}

fn id_number(first_17: &str) -> IdNumber {
    let check = pickup_domain::id_number::check_character(first_17).unwrap();
    format!("{first_17}{check}").parse().unwrap()
}

pub fn buyer() -> IdNumber {
    id_number("99010119900101001")
}

pub fn card() -> Card {
    Card { number: buyer(), valid_until: Some("20310101".into()) }
}

pub fn stranger() -> IdNumber {
    id_number("99010119850505003")
}

pub fn strangers_card() -> Card {
    Card { number: stranger(), valid_until: None }
}

pub fn expired_card() -> Card {
    Card { number: buyer(), valid_until: Some("20261122".into()) }
}

pub fn ticket_of(pickup: u64) -> Ticket {
    Ticket {
        key_id: KEY_ID,
        centre: CENTRE,
        pickup: PickupNumber(pickup),
        not_after_unix_s: u32::try_from(later(48).as_second()).unwrap(),
        nonce: [1, 2, 3, 4],
    }
}

pub fn ticket(pickup: u64) -> Vec<u8> {
    signed(ticket_of(pickup))
}

pub fn signed(ticket: Ticket) -> Vec<u8> {
    ticket.sign(&KEY).into_bytes()
}

fn text(zh: &str, en: &str) -> Text {
    Text { zh: zh.into(), en: en.into() }
}

pub fn offer(pickup: u64, doors: &[u16]) -> Offer {
    Offer {
        pickup: PickupNumber(pickup),
        waybill: format!("WB2026{pickup:04}"),
        buyer_masked: NAME.into(),
        identity: IdentityDigest::new([u8::try_from(pickup % 200).unwrap(); 16], &buyer()),
        lines: vec![Line {
            name: text("婴儿配方奶粉", "Infant formula"),
            quantity: "2".into(),
            unit: text("罐", "tin"),
            amount_fen: 43_600,
            kind: GoodsKind::Dairy,
        }],
        goods_fen: 43_600,
        tax_fen: 3_968,
        limit: AnnualLimit {
            year: 2026,
            limit_fen: 2_600_000,
            used_fen: 843_600,
            held_fen: 0,
            as_of: start(),
        },
        doors: doors.iter().copied().map(DoorNumber).collect(),
        released_at: start(),
        not_after: later(72),
    }
}

pub fn slip(pickup: u64) -> Slip {
    Slip {
        number: slip_number(pickup),
        order_no: format!("DD{pickup}"),
        invt_no: format!("{pickup:018}"),
        supervision: "1210".into(),
        customs_office: "9901".into(),
        declarant: "样例报关".into(),
        centre: "样例提货中心".into(),
    }
}

pub fn slip_number(pickup: u64) -> String {
    format!("S{pickup:06}")
}

pub fn ready(pickup: u64, doors: &[u16]) -> Verdict {
    Verdict::Ready { offer: offer(pickup, doors), slip: slip(pickup) }
}

pub fn granted(doors: &[u16]) -> GrantReply {
    GrantReply::Granted { doors: doors.iter().copied().map(DoorNumber).collect() }
}

pub fn hello() -> Hello {
    Hello {
        now: start(),
        kiosk_id: KIOSK,
        kiosk: "K1".into(),
        centre: Centre {
            number: CENTRE,
            name: text("样例提货中心", "Sample pickup centre"),
            address: text("样例路 1 号", "1 Sample Road"),
            help_phone: "19900000001".into(),
            at: None,
        },
        keys: vec![PublicKey { id: KEY_ID, ed25519: hex::encode(KEY.verifying_key().to_bytes()) }],
        elsewhere: vec![Centre {
            number: CENTRE + 1,
            name: text("另一提货中心", "The other pickup centre"),
            address: text("样例路 2 号", "2 Sample Road"),
            help_phone: "19900000002".into(),
            at: None,
        }],
        usual_release_min: None,
    }
}

/// The number that goes with the ticket of a pickup.
pub fn number(pickup: u64) -> TypedNumber {
    TypedNumber::of(&format!("BP1{pickup}"), PickupNumber(pickup))
}

/// A manifest with these pickups, each behind the door given, signed and checked as it would be on its way.
pub fn manifest(entries: &[(u64, u16)], collected: &[(u64, Timestamp)]) -> Manifest {
    let manifest = Manifest {
        version: 1,
        kiosk_id: KIOSK,
        sequence: 1,
        issued_at: start(),
        valid_until: later(24),
        entries: entries
            .iter()
            .map(|&(pickup, door)| ManifestEntry {
                offer: offer(pickup, &[door]),
                slip: slip(pickup),
                number: Some(number(pickup)),
            })
            .collect(),
        collected: collected
            .iter()
            .map(|&(pickup, at)| Collected { pickup: PickupNumber(pickup), at })
            .collect(),
    };
    let signed = SignedManifest::sign(&manifest, KEY_ID, &KEY).unwrap();
    signed.verify(KIOSK, |id| (id == KEY_ID).then(|| KEY.verifying_key())).unwrap()
}

pub fn doors() -> Vec<DoorOffer> {
    let size = [DoorSize::S, DoorSize::S, DoorSize::M, DoorSize::M, DoorSize::L, DoorSize::L];
    (1..).zip(size).map(|(door, size)| DoorOffer { door: DoorNumber(door), size }).collect()
}

pub fn badge() -> String {
    staff::badge([9; 16])
}

pub fn label(pickup: u64) -> Vec<u8> {
    staff::label(&format!("WB2026{pickup:04}")).into_bytes()
}

pub fn welcome(attention: &[(u64, u16)]) -> StaffReply {
    let attention = attention.iter().map(|&(pickup, door)| Attention {
        pickup: PickupNumber(pickup),
        waybill: format!("WB2026{pickup:04}"),
        door: DoorNumber(door),
    });
    let taken = attention.clone().map(|case| case.door).collect();
    let work = Work { taken, ..Work::default() };
    StaffReply::Welcome { name: STAFF_NAME.into(), attention: attention.collect(), work }
}

/// A welcome with parcels to be taken out, each behind its door.
pub fn welcome_to_work(removals: &[(u64, u16)]) -> StaffReply {
    let removal = |&(pickup, door): &(u64, u16)| Removal {
        pickup: PickupNumber(pickup),
        waybill: format!("WB2026{pickup:04}"),
        door: DoorNumber(door),
        why: RemovalReason::Overdue,
        since: Some(start()),
    };
    let removals: Vec<Removal> = removals.iter().map(removal).collect();
    let taken = removals.iter().map(|removal| removal.door).collect();
    let owed =
        vec![OwedSlip { pickup: PickupNumber(8), waybill: "WB20260008".into(), handed_over_at: start() }];
    let work = Work { removals, taken, owed };
    StaffReply::Welcome { name: STAFF_NAME.into(), attention: Vec::new(), work }
}

pub fn opening(pickup: Option<u64>) -> OpeningReply {
    let behind = |pickup| Behind { pickup: PickupNumber(pickup), waybill: format!("WB2026{pickup:04}") };
    OpeningReply::Granted { parcel: pickup.map(behind) }
}

pub fn plan(pickup: u64, door: u16) -> DepositPlanReply {
    DepositPlanReply::Door {
        pickup: PickupNumber(pickup),
        waybill: format!("WB2026{pickup:04}"),
        door: DoorNumber(door),
        size: DoorSize::M,
    }
}
