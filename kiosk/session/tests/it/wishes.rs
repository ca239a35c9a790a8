//! Doors that two people at the console want open.

use pickup_protocol::work::{Behind, Opening, OpeningOutcome, Purpose, Wish};
use pickup_protocol::{DoorNumber, PickupNumber};
use pickup_session::{Action, Event, OpenFailure, Record, Screen};
use uuid::Uuid;

use crate::kiosk::Kiosk;
use crate::sample;

const ID: Uuid = Uuid::from_u128(77);

fn wish(parcel: Option<u64>) -> Event {
    let parcel = parcel.map(|pickup| Behind { pickup: PickupNumber(pickup), waybill: format!("W{pickup}") });
    let purpose = if parcel.is_some() { Purpose::Parcel } else { Purpose::Inspect };
    Event::Wish(Box::new(Wish {
        opening_id: ID, door: DoorNumber(3), purpose, parcel, by: "王主管".into()
    }))
}

fn ended(kiosk: &Kiosk) -> Vec<Opening> {
    let of = |record: &Record| match record {
        Record::OpeningEnded(opening) => Some((**opening).clone()),
        _ => None,
    };
    kiosk.journal.iter().filter_map(of).collect()
}

#[test]
fn the_door_is_journalled_pulsed_once_and_reported_and_nobody_is_in_staff_mode_afterwards() {
    let mut kiosk = Kiosk::ready();
    kiosk.forget();
    kiosk.send(wish(None));
    assert_eq!(kiosk.pulses(), 1);
    kiosk.opens(3);
    kiosk.shuts(3);
    let done = kiosk.done();
    let place =
        |what: &str| done.iter().position(|one| one == what).unwrap_or_else(|| panic!("{what}: {done:?}"));
    assert!(place("journal opening begun inspect") < place("open 3"), "the disk has it first");
    let report = &ended(&kiosk)[0];
    assert_eq!((report.opening_id, report.outcome), (Some(ID), OpeningOutcome::Shut));
    assert_eq!(kiosk.screen(), &Screen::Idle, "whoever stands here has shown no badge");
}

#[test]
fn what_became_of_the_parcel_is_said_at_the_kiosk_or_a_person_must_look() {
    for (answer, outcome) in [
        (Some(Action::TakenOut), OpeningOutcome::TakenOut),
        (Some(Action::StillInside), OpeningOutcome::Inside),
        (None, OpeningOutcome::Unclear),
    ] {
        let mut kiosk = Kiosk::ready();
        kiosk.send(wish(Some(5)));
        kiosk.opens(3);
        if let Some(answer) = answer {
            kiosk.touch(answer);
        }
        kiosk.shuts(3);
        kiosk.wait(600);
        let report = &ended(&kiosk)[0];
        assert_eq!((report.pickup, report.outcome), (Some(PickupNumber(5)), outcome));
        assert_eq!(kiosk.screen(), &Screen::Idle);
    }
}

#[test]
fn a_kiosk_that_serves_somebody_opens_nothing_and_says_so() {
    let mut kiosk = Kiosk::ready();
    kiosk.scan(sample::badge().into_bytes());
    kiosk.forget();
    kiosk.send(wish(None));
    assert_eq!(kiosk.pulses(), 0);
    let report = &ended(&kiosk)[0];
    assert_eq!((report.opening_id, report.outcome), (Some(ID), OpeningOutcome::NotOpened));
    kiosk.wait(600);
    assert_eq!(kiosk.pulses(), 0, "nor later");
}

#[test]
fn a_door_that_is_not_here_is_not_tried() {
    let mut kiosk = Kiosk::ready();
    let Event::Wish(mut far) = wish(None) else { unreachable!() };
    far.door = DoorNumber(999);
    kiosk.send(Event::Wish(far));
    assert_eq!(kiosk.pulses(), 0);
    assert_eq!(ended(&kiosk)[0].outcome, OpeningOutcome::NotOpened);
}

#[test]
fn a_door_that_does_not_open_is_reported_and_the_kiosk_serves_on() {
    let mut kiosk = Kiosk::ready();
    kiosk.send(wish(Some(5)));
    kiosk.open_fails(3, OpenFailure::NotDetected);
    assert_eq!(ended(&kiosk)[0].outcome, OpeningOutcome::NotOpened);
    assert_eq!(kiosk.screen(), &Screen::Idle);
}
