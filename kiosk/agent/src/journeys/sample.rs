//! Invented people, parcels and papers of the journeys.

use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use pickup_protocol::domain::geo::Spot;
use pickup_protocol::domain::{GoodsKind, IdNumber};
use pickup_protocol::kiosk::{
    AnnualLimit, Centre, DoorOffer, DoorSize, GrantReply, Hello, Line, Offer, PublicKey, Slip, Text, Verdict,
};
use pickup_protocol::{DoorNumber, IdentityDigest, PickupNumber, Ticket, TypedNumber};
use pickup_session::Card;
use uuid::Uuid;

pub const SLIP: &str = "S20261123000005";
pub const KIOSK: &str = "K1";
const CENTRE: u16 = 12;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub fn start() -> Timestamp {
    "2026-11-23T02:00:00Z".parse().unwrap()
}

fn id_number(first_17: &str) -> IdNumber {
    let check = pickup_protocol::domain::id_number::check_character(first_17).unwrap();
    format!("{first_17}{check}").parse().unwrap()
}

fn buyer() -> IdNumber {
    id_number("99010119900101001")
}

pub fn card() -> Card {
    Card { number: buyer(), valid_until: Some("20310101".into()) }
}

pub fn strangers_card() -> Card {
    Card { number: id_number("99010119850505003"), valid_until: None }
}

pub fn expired_card() -> Card {
    Card { number: buyer(), valid_until: Some("20261122".into()) }
}

pub fn ticket() -> Ticket {
    let not_after = start().as_second() + 48 * 3600;
    Ticket {
        key_id: 3,
        centre: CENTRE,
        pickup: PickupNumber(5),
        not_after_unix_s: u32::try_from(not_after).unwrap(),
        nonce: [1, 2, 3, 4],
    }
}

pub fn signed(ticket: Ticket) -> Vec<u8> {
    ticket.sign(&key()).into_bytes()
}

/// The ticket of another operator.
pub fn forged() -> Vec<u8> {
    ticket().sign(&SigningKey::from_bytes(&[8; 32])).into_bytes()
}

pub fn number() -> String {
    TypedNumber::of(&ticket().sign(&key()), PickupNumber(5)).to_string()
}

pub fn text(zh: &str, en: &str) -> Text {
    Text { zh: zh.into(), en: en.into() }
}

pub fn centre(number: u16, name: Text, address: Text) -> Centre {
    // Each centre ten kilometres south of the one before, in the open sea.
    let at = Spot::new(21_000_000 - i32::from(number) * 89_932, 126_000_000);
    Centre { number, name, address, help_phone: "19900000001".into(), at }
}

pub fn hello() -> Hello {
    let key = key().verifying_key().to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    Hello {
        now: start(),
        kiosk_id: Uuid::from_u128(0x4b10),
        kiosk: KIOSK.into(),
        centre: centre(
            CENTRE,
            text("样例提货中心", "Sample pickup centre"),
            text("样例路 1 号", "1 Sample Road"),
        ),
        keys: vec![PublicKey { id: 3, ed25519: key }],
        elsewhere: vec![centre(
            13,
            text("另一提货中心", "The other centre"),
            text("样例路 2 号", "2 Sample Road"),
        )],
        usual_release_min: Some(4),
    }
}

pub fn ready(doors: &[u16]) -> Verdict {
    let offer = Offer {
        pickup: PickupNumber(5),
        waybill: "WB20260005".into(),
        buyer_masked: "林**".into(),
        identity: IdentityDigest::new([5; 16], &buyer()),
        lines: vec![Line {
            name: text("婴儿配方奶粉", "Infant formula"),
            quantity: "2".into(),
            unit: text("罐", "tins"),
            amount_fen: 43_600,
            kind: GoodsKind::Dairy,
        }],
        goods_fen: 43_600,
        tax_fen: 3_968,
        limit: AnnualLimit {
            year: 2026,
            limit_fen: 2_600_000,
            used_fen: 843_600,
            held_fen: 100_000,
            as_of: start(),
        },
        doors: doors.iter().copied().map(DoorNumber).collect(),
        released_at: start(),
        not_after: "2026-11-30T02:00:00Z".parse().unwrap(),
    };
    let slip = Slip {
        number: SLIP.into(),
        order_no: "DD5".into(),
        invt_no: "990120261230000005".into(),
        supervision: "1210".into(),
        customs_office: "9901".into(),
        declarant: "样例报关".into(),
        centre: "样例提货中心".into(),
    };
    Verdict::Ready { offer, slip }
}

pub fn granted(doors: &[u16]) -> GrantReply {
    GrantReply::Granted { doors: doors.iter().copied().map(DoorNumber).collect() }
}

pub fn doors() -> Vec<DoorOffer> {
    let size = [DoorSize::S, DoorSize::S, DoorSize::M, DoorSize::M, DoorSize::L, DoorSize::L];
    (1..).zip(size).map(|(door, size)| DoorOffer { door: DoorNumber(door), size }).collect()
}
