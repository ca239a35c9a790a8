//! The kiosk protocol, version 1, frozen byte by byte. If a test here fails, do not change the test: kiosks in the field
//! speak this version.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use jiff::Timestamp;
use pickup_protocol::domain::GoodsKind;
use pickup_protocol::kiosk::*;
use pickup_protocol::work::*;
use pickup_protocol::{DoorNumber, IdentityDigest, ManifestUse, PickupNumber, Reason, TypedNumber};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T, json: &str) {
    assert_eq!(serde_json::to_string(value).unwrap(), json);
    assert_eq!(&serde_json::from_str::<T>(json).unwrap(), value);
}

fn at() -> Timestamp {
    "2026-11-21T05:06:07.5Z".parse().unwrap()
}

fn digest() -> IdentityDigest {
    IdentityDigest { salt: "00ff".into(), digest: "abcd".into() }
}

fn evidence() -> Evidence {
    Evidence {
        method: EvidenceMethod::IdCard,
        identity: digest(),
        read_at: at(),
        card_valid_until: Some("20361231".into()),
    }
}

const EVIDENCE: &str = r#"{"method":"id_card","identity":{"salt":"00ff","digest":"abcd"},"read_at":"2026-11-21T05:06:07.5Z","card_valid_until":"20361231"}"#;
const ID: &str = "00000000-0000-0000-0000-000000000001";

fn text(zh: &str, en: &str) -> Text {
    Text { zh: zh.into(), en: en.into() }
}

#[test]
fn enrolment() {
    check(
        &EnrolRequest { secret: "ABC".into(), csr_pem: "PEM".into() },
        r#"{"secret":"ABC","csr_pem":"PEM"}"#,
    );
    check(
        &EnrolReply {
            kiosk_id: Uuid::from_u128(1),
            name: "K1".into(),
            certificate_pem: "C".into(),
            ca_pem: "A".into(),
        },
        &format!(r#"{{"kiosk_id":"{ID}","name":"K1","certificate_pem":"C","ca_pem":"A"}}"#),
    );
}

#[test]
fn hello() {
    check(
        &Hello {
            now: at(),
            kiosk_id: Uuid::from_u128(1),
            kiosk: "K1".into(),
            centre: Centre {
                number: 7,
                name: text("甲", "A"),
                address: text("乙", "B"),
                help_phone: "19900000000".into(),
                at: None,
            },
            keys: vec![PublicKey { id: 1, ed25519: "00".into() }],
            elsewhere: Vec::new(),
            usual_release_min: None,
        },
        &format!(
            r#"{{"now":"2026-11-21T05:06:07.5Z","kiosk_id":"{ID}","kiosk":"K1","centre":{{"number":7,"name":{{"zh":"甲","en":"A"}},"address":{{"zh":"乙","en":"B"}},"help_phone":"19900000000"}},"keys":[{{"id":1,"ed25519":"00"}}]}}"#
        ),
    );
}

#[test]
fn a_centre_that_says_where_it_is() {
    let at = pickup_protocol::domain::geo::Spot::new(20_150_000, -126_540_000);
    let help_phone = "19900000000".into();
    check(
        &Centre { number: 7, name: text("甲", "A"), address: text("乙", "B"), help_phone, at },
        r#"{"number":7,"name":{"zh":"甲","en":"A"},"address":{"zh":"乙","en":"B"},"help_phone":"19900000000","at":{"lat_udeg":20150000,"lon_udeg":-126540000}}"#,
    );
}

#[test]
fn verdict() {
    check(
        &VerdictRequest { request_id: Uuid::from_u128(1), ticket: "BP1".into() },
        &format!(r#"{{"request_id":"{ID}","ticket":"BP1"}}"#),
    );
    check(
        &Verdict::refused(Reason::AlreadyCollected, Some(at())),
        r#"{"verdict":"refused","reason":"ALREADY_COLLECTED","collected_at":"2026-11-21T05:06:07.5Z"}"#,
    );
    let waiting = Verdict::Refused {
        reason: Reason::NotReleased,
        collected_at: None,
        progress: Some(Progress::Accepted),
        kiosk: None,
    };
    check(
        &waiting,
        r#"{"verdict":"refused","reason":"NOT_RELEASED","collected_at":null,"progress":"accepted"}"#,
    );
    let number = TypedNumber::read("01234542").unwrap();
    check(
        &NumberRequest { request_id: Uuid::from_u128(1), number },
        &format!(r#"{{"request_id":"{ID}","number":"01234542"}}"#),
    );
    let offer = Offer {
        pickup: PickupNumber(42),
        waybill: "WB1".into(),
        buyer_masked: "测**".into(),
        identity: digest(),
        lines: vec![Line {
            name: text("奶粉", "Milk powder"),
            quantity: "2".into(),
            unit: text("罐", "tin"),
            amount_fen: 39_980,
            kind: GoodsKind::Other,
        }],
        goods_fen: 39_980,
        tax_fen: 3_638,
        limit: AnnualLimit { year: 2026, limit_fen: 2_600_000, used_fen: 39_980, held_fen: 0, as_of: at() },
        doors: vec![DoorNumber(3)],
        released_at: at(),
        not_after: at(),
    };
    let slip = Slip {
        number: "S1".into(),
        order_no: "O1".into(),
        invt_no: "I1".into(),
        supervision: "1210".into(),
        customs_office: "9901".into(),
        declarant: "D".into(),
        centre: "甲".into(),
    };
    check(
        &Verdict::Ready { offer, slip },
        r#"{"verdict":"ready","offer":{"pickup":42,"waybill":"WB1","buyer_masked":"测**","identity":{"salt":"00ff","digest":"abcd"},"lines":[{"name":{"zh":"奶粉","en":"Milk powder"},"quantity":"2","unit":{"zh":"罐","en":"tin"},"amount_fen":39980}],"goods_fen":39980,"tax_fen":3638,"limit":{"year":2026,"limit_fen":2600000,"used_fen":39980,"as_of":"2026-11-21T05:06:07.5Z"},"doors":[3],"released_at":"2026-11-21T05:06:07.5Z","not_after":"2026-11-21T05:06:07.5Z"},"slip":{"number":"S1","order_no":"O1","invt_no":"I1","supervision":"1210","customs_office":"9901","declarant":"D","centre":"甲"}}"#,
    );
}

#[test]
fn grant() {
    check(
        &GrantRequest { grant_id: Uuid::from_u128(1), pickup: PickupNumber(42), evidence: evidence() },
        &format!(r#"{{"grant_id":"{ID}","pickup":42,"evidence":{EVIDENCE}}}"#),
    );
    check(&GrantReply::Granted { doors: vec![DoorNumber(3)] }, r#"{"grant":"granted","doors":[3]}"#);
    check(
        &GrantReply::Refused { reason: Reason::IdMismatch },
        r#"{"grant":"refused","reason":"ID_MISMATCH"}"#,
    );
}

#[test]
fn handover() {
    let handover = Handover {
        handover_id: Uuid::from_u128(1),
        grant_id: None,
        manifest: None,
        pickup: PickupNumber(42),
        slip: "S1".into(),
        slips_printed: 1,
        evidence: evidence(),
        door_events: vec![DoorEvent { door: DoorNumber(3), kind: DoorEventKind::NotDetected, at: at() }],
        outcome: HandoverOutcome::Taken,
        completed_at: at(),
    };
    check(
        &handover,
        &format!(
            r#"{{"handover_id":"{ID}","grant_id":null,"pickup":42,"slip":"S1","slips_printed":1,"evidence":{EVIDENCE},"door_events":[{{"door":3,"kind":"not_detected","at":"2026-11-21T05:06:07.5Z"}}],"outcome":"taken","completed_at":"2026-11-21T05:06:07.5Z"}}"#
        ),
    );
    let by_manifest = Handover { manifest: Some(ManifestUse { sequence: 7, issued_at: at() }), ..handover };
    check(
        &by_manifest,
        &format!(
            r#"{{"handover_id":"{ID}","grant_id":null,"manifest":{{"sequence":7,"issued_at":"2026-11-21T05:06:07.5Z"}},"pickup":42,"slip":"S1","slips_printed":1,"evidence":{EVIDENCE},"door_events":[{{"door":3,"kind":"not_detected","at":"2026-11-21T05:06:07.5Z"}}],"outcome":"taken","completed_at":"2026-11-21T05:06:07.5Z"}}"#
        ),
    );
    check(&Ack { first: true }, r#"{"first":true}"#);
}

#[test]
fn staff_and_deposit() {
    check(&StaffRequest { badge: "BPS1".into(), pin: None }, r#"{"badge":"BPS1"}"#);
    let attention = Attention { pickup: PickupNumber(42), waybill: "WB1".into(), door: DoorNumber(3) };
    check(
        &StaffReply::Welcome { name: "测".into(), attention: vec![attention], work: Work::default() },
        r#"{"staff":"welcome","name":"测","attention":[{"pickup":42,"waybill":"WB1","door":3}]}"#,
    );
    check(
        &DepositPlanRequest {
            request_id: Uuid::from_u128(1),
            badge: "BPS1".into(),
            label: "WB1".into(),
            doors: vec![DoorOffer { door: DoorNumber(3), size: DoorSize::M }],
        },
        &format!(r#"{{"request_id":"{ID}","badge":"BPS1","label":"WB1","doors":[{{"door":3,"size":"M"}}]}}"#),
    );
    check(
        &DepositPlanReply::Door {
            pickup: PickupNumber(42),
            waybill: "WB1".into(),
            door: DoorNumber(3),
            size: DoorSize::M,
        },
        r#"{"plan":"door","pickup":42,"waybill":"WB1","door":3,"size":"M"}"#,
    );
    check(
        &Deposit {
            deposit_id: Uuid::from_u128(1),
            request_id: Uuid::from_u128(1),
            pickup: PickupNumber(42),
            badge: "BPS1".into(),
            door: DoorNumber(3),
            door_events: Vec::new(),
            outcome: DepositOutcome::NotStored,
            completed_at: at(),
        },
        &format!(
            r#"{{"deposit_id":"{ID}","request_id":"{ID}","pickup":42,"badge":"BPS1","door":3,"door_events":[],"outcome":"not_stored","completed_at":"2026-11-21T05:06:07.5Z"}}"#
        ),
    );
    check(
        &Resolution {
            resolution_id: Uuid::from_u128(1),
            badge: "BPS1".into(),
            pickup: PickupNumber(42),
            found: Found::GoodsInside,
            at: at(),
        },
        &format!(
            r#"{{"resolution_id":"{ID}","badge":"BPS1","pickup":42,"found":"goods_inside","at":"2026-11-21T05:06:07.5Z"}}"#
        ),
    );
}

#[test]
fn a_badge_with_a_pin() {
    let pin = Pin::parse("2468");
    check(&StaffRequest { badge: "BPS1".into(), pin }, r#"{"badge":"BPS1","pin":"2468"}"#);
    let problem = Some(PinProblem { tries_left: 2 });
    check(&StaffReply::Pin { problem }, r#"{"staff":"pin","problem":{"tries_left":2}}"#);
    check(&StaffReply::Pin { problem: None }, r#"{"staff":"pin","problem":null}"#);
    let removal = Removal {
        pickup: PickupNumber(42),
        waybill: "WB1".into(),
        door: DoorNumber(3),
        why: RemovalReason::Overdue,
        since: Some(at()),
    };
    let owed = OwedSlip { pickup: PickupNumber(43), waybill: "WB2".into(), handed_over_at: at() };
    let work = Work { removals: vec![removal], taken: vec![DoorNumber(3)], owed: vec![owed] };
    check(
        &StaffReply::Welcome { name: "测".into(), attention: vec![], work },
        r#"{"staff":"welcome","name":"测","attention":[],"work":{"removals":[{"pickup":42,"waybill":"WB1","door":3,"why":"overdue","since":"2026-11-21T05:06:07.5Z"}],"taken":[3],"owed":[{"pickup":43,"waybill":"WB2","handed_over_at":"2026-11-21T05:06:07.5Z"}]}}"#,
    );
}

#[test]
fn openings() {
    let request = OpeningRequest {
        opening_id: Uuid::from_u128(1),
        badge: "BPS1".into(),
        door: DoorNumber(3),
        purpose: Purpose::Removal,
        second: None,
    };
    let json = r#"{"opening_id":"00000000-0000-0000-0000-000000000001","badge":"BPS1","door":3,"purpose":"removal"}"#;
    check(&request, json);
    let second = Some(Credential { badge: "BPS2".into(), pin: Pin::parse("2468") });
    check(
        &OpeningRequest { purpose: Purpose::Customs, second, ..request },
        r#"{"opening_id":"00000000-0000-0000-0000-000000000001","badge":"BPS1","door":3,"purpose":"customs","second":{"badge":"BPS2","pin":"2468"}}"#,
    );
    let behind = Behind { pickup: PickupNumber(42), waybill: "WB1".into() };
    check(
        &OpeningReply::Granted { parcel: Some(behind) },
        r#"{"opening":"granted","parcel":{"pickup":42,"waybill":"WB1"}}"#,
    );
    check(&OpeningReply::SecondNeeded, r#"{"opening":"second_needed"}"#);
    check(&OpeningReply::SecondPin { problem: None }, r#"{"opening":"second_pin","problem":null}"#);
    check(
        &OpeningReply::Refused { reason: Reason::SamePerson },
        r#"{"opening":"refused","reason":"SAME_PERSON"}"#,
    );
    let ended = Opening {
        report_id: Uuid::from_u128(2),
        opening_id: Some(Uuid::from_u128(1)),
        badge: "BPS1".into(),
        door: DoorNumber(3),
        purpose: Purpose::Removal,
        pickup: Some(PickupNumber(42)),
        door_events: vec![DoorEvent { door: DoorNumber(3), kind: DoorEventKind::Opened, at: at() }],
        outcome: OpeningOutcome::TakenOut,
        completed_at: at(),
    };
    check(
        &ended,
        r#"{"report_id":"00000000-0000-0000-0000-000000000002","opening_id":"00000000-0000-0000-0000-000000000001","badge":"BPS1","door":3,"purpose":"removal","pickup":42,"door_events":[{"door":3,"kind":"opened","at":"2026-11-21T05:06:07.5Z"}],"outcome":"taken_out","completed_at":"2026-11-21T05:06:07.5Z"}"#,
    );
}

#[test]
fn owed_slips() {
    let request = SlipRequest { badge: "BPS1".into(), pickup: PickupNumber(42) };
    check(&request, r#"{"badge":"BPS1","pickup":42}"#);
    check(
        &SlipReply::Refused { reason: Reason::LabelUnknown },
        r#"{"reply":"refused","reason":"LABEL_UNKNOWN"}"#,
    );
    let printed = SlipPrinted {
        report_id: Uuid::from_u128(3),
        badge: "BPS1".into(),
        pickup: PickupNumber(42),
        copy: false,
        at: at(),
    };
    check(
        &printed,
        r#"{"report_id":"00000000-0000-0000-0000-000000000003","badge":"BPS1","pickup":42,"copy":false,"at":"2026-11-21T05:06:07.5Z"}"#,
    );
}

#[test]
fn health() {
    use pickup_protocol::health::*;
    let value = Health {
        at: Some(at()),
        version: "0.1.0".into(),
        uptime_s: 61,
        out_of_service: None,
        clock: ClockHealth { source: "backend".into(), system_ahead_ms: Some(-12) },
        disk: Some(DiskHealth { free_bytes: 1, total_bytes: 2 }),
        journal: JournalHealth { good: true, rows: 3 },
        reports_waiting: 0,
        devices: vec![DeviceHealth {
            name: "printer".into(),
            good: Some(false),
            fault: Some("paper_out".into()),
            for_s: Some(5),
            last_fault: Some(Fault { code: "paper_out".into(), ago_s: 5 }),
            trace: vec![TraceLine { at_ms: 9, text: "Opened".into() }],
        }],
        calls: Vec::new(),
        doors: Vec::new(),
        settings: String::new(),
    };
    check(
        &Call { id: Uuid::from_u128(1), code: "HELP_ASKED".into(), ago_s: 2, about: None },
        &format!(r#"{{"id":"{ID}","code":"HELP_ASKED","ago_s":2}}"#),
    );
    check(
        &value,
        r#"{"at":"2026-11-21T05:06:07.5Z","version":"0.1.0","uptime_s":61,"out_of_service":null,"clock":{"source":"backend","system_ahead_ms":-12},"disk":{"free_bytes":1,"total_bytes":2},"journal":{"good":true,"rows":3},"reports_waiting":0,"devices":[{"name":"printer","good":false,"fault":"paper_out","for_s":5,"last_fault":{"code":"paper_out","ago_s":5},"trace":[{"at_ms":9,"text":"Opened"}]}]}"#,
    );
    check(&DoorHealth { door: DoorNumber(3), open: Some(true) }, r#"{"door":3,"open":true}"#);
    check(&DoorHealth { door: DoorNumber(4), open: None }, r#"{"door":4,"open":null}"#);
    check(&WishRequest { ready: true }, r#"{"ready":true}"#);
    let wish = Wish {
        opening_id: Uuid::from_u128(1),
        door: DoorNumber(3),
        purpose: Purpose::Parcel,
        parcel: Some(Behind { pickup: PickupNumber(7), waybill: "W7".into() }),
        by: "王主管".into(),
    };
    check(
        &WishReply { wish: Some(wish) },
        &format!(
            r#"{{"wish":{{"opening_id":"{ID}","door":3,"purpose":"parcel","parcel":{{"pickup":7,"waybill":"W7"}},"by":"王主管"}}}}"#
        ),
    );
    check(&WishReply { wish: None }, r#"{"wish":null}"#);
}
