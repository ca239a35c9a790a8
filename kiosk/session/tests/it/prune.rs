//! A journal that was made shorter says the same, whatever is written after.

use fastrand::Rng;
use pickup_protocol::kiosk::{
    Deposit, DepositOutcome, DoorEvent, DoorEventKind, Evidence, EvidenceMethod, Found, Handover,
    HandoverOutcome, Resolution,
};
use pickup_protocol::service::{OutReason, ServiceChange};
use pickup_protocol::work::{Opening, OpeningOutcome, Purpose};
use pickup_protocol::{DoorNumber, PickupNumber};
use pickup_session::journal::{OpenPickup, Record, Recovery, recover};
use pickup_session::shorten;
use uuid::Uuid;

use crate::sample::{later, offer, slip, start};

fn evidence(pickup: u64) -> Evidence {
    Evidence {
        method: EvidenceMethod::IdCard,
        identity: offer(pickup, &[1]).identity,
        read_at: start(),
        card_valid_until: None,
    }
}

fn handover(rng: &mut Rng, pickup: u64) -> Record {
    let outcome = if rng.bool() { HandoverOutcome::Taken } else { HandoverOutcome::Unknown };
    Record::HandedOver(Box::new(Handover {
        manifest: None,
        handover_id: Uuid::from_u128(rng.u128(..)),
        grant_id: None,
        pickup: PickupNumber(pickup),
        slip: slip(pickup).number,
        slips_printed: 1,
        evidence: evidence(pickup),
        door_events: Vec::new(),
        outcome,
        completed_at: later(rng.i64(0..90)),
    }))
}

/// Lines in an order no session writes, too: what is kept must not rest on good manners.
fn any_line(rng: &mut Rng, before: &[Record]) -> Record {
    let number = rng.u64(1..5);
    let (pickup, door) = (PickupNumber(number), DoorNumber(rng.u16(1..4)));
    match rng.u8(0..13) {
        10 => Record::OpeningEnded(Box::new(Opening {
            report_id: Uuid::from_u128(rng.u128(..)),
            opening_id: None,
            badge: "BADGE".into(),
            door,
            purpose: Purpose::Parcel,
            pickup: Some(pickup),
            door_events: Vec::new(),
            outcome: if rng.bool() { OpeningOutcome::TakenOut } else { OpeningOutcome::Inside },
            completed_at: later(rng.i64(0..90)),
        })),
        11 => Record::Deposited(Box::new(Deposit {
            deposit_id: Uuid::from_u128(rng.u128(..)),
            request_id: Uuid::nil(),
            pickup,
            badge: "BADGE".into(),
            door,
            door_events: Vec::new(),
            outcome: DepositOutcome::Stored,
            completed_at: later(rng.i64(0..90)),
        })),
        12 => Record::Service(Box::new(ServiceChange {
            change_id: Uuid::from_u128(rng.u128(..)),
            badge: "BADGE".into(),
            out: rng.bool().then_some(OutReason::Stocktaking),
            at: Some(later(1)),
        })),
        0 | 1 => Record::Granted(Box::new(OpenPickup {
            manifest: None,
            handover_id: Uuid::from_u128(rng.u128(..)),
            grant_id: None,
            offer: offer(number, &[door.0]),
            slip: slip(number),
            evidence: evidence(number),
            slips_printed: 0,
            door_events: Vec::new(),
        })),
        2 => Record::SlipIntent { pickup },
        3 => Record::SlipNotSent { pickup },
        4 => Record::SlipPrinted { pickup },
        5 => Record::Door { pickup, event: DoorEvent { door, kind: DoorEventKind::Opened, at: later(1) } },
        6 => Record::Abandoned { pickup },
        7 => handover(rng, number),
        8 => Record::Resolved(Box::new(Resolution {
            resolution_id: Uuid::from_u128(rng.u128(..)),
            badge: "BADGE".into(),
            pickup,
            found: if rng.bool() { Found::GoodsTaken } else { Found::GoodsInside },
            at: later(rng.i64(0..90)),
        })),
        _ => {
            let reports = recover(before.to_vec()).reports;
            let id = rng.choice(&reports).map_or(Uuid::nil(), pickup_session::journal::Report::id);
            Record::Reported { id }
        }
    }
}

/// Without the pickups of which nothing is known.
fn said(records: impl IntoIterator<Item = Record>) -> Recovery {
    let mut found = recover(records);
    found.slips.retain(|_, slips| slips.printed > 0 || slips.possible > 0);
    found
}

#[test]
fn a_shortened_journal_recovers_the_same_whatever_follows() {
    for seed in 0..3_000 {
        let mut rng = Rng::with_seed(seed);
        let mut lines = Vec::new();
        for _ in 0..rng.usize(1..60) {
            lines.push(any_line(&mut rng, &lines));
        }
        let cut = rng.usize(0..=lines.len());
        let mut short = shorten(lines[..cut].to_vec());
        short.extend_from_slice(&lines[cut..]);
        assert_eq!(said(short), said(lines), "seed {seed}");
    }
}

#[test]
fn a_thousand_reported_pickups_become_one_line_each() {
    let mut rng = Rng::with_seed(1);
    let mut lines = Vec::new();
    for number in 1..=1_000 {
        let Record::HandedOver(handover) = handover(&mut rng, number) else { panic!() };
        let id = handover.handover_id;
        lines.extend([Record::SlipIntent { pickup: handover.pickup }, Record::HandedOver(handover)]);
        lines.push(Record::Reported { id });
    }
    let short = shorten(lines);
    assert_eq!(short.len(), 1_000);
    assert!(short.iter().all(|line| matches!(line, Record::Kept(_))));
}
