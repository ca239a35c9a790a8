//! Staff at work: PINs, parcels taken out, doors opened with a reason, slips printed later.

use pickup_protocol::kiosk::StaffReply;
use pickup_protocol::work::{Opening, OpeningOutcome, OpeningReply, PinProblem, Purpose, SlipReply};
use pickup_protocol::{DoorNumber, PickupNumber, Reason};
use pickup_session::{
    Action, Event, Inside, ListKind, OpenFailure, Record, Screen, StaffList, Trouble, Unreachable,
};

use crate::kiosk::Kiosk;
use crate::sample;

pub fn at_work() -> Kiosk {
    let mut kiosk = Kiosk::ready();
    kiosk.send(Event::Manifest(Box::new(sample::manifest(&[(6, 2)], &[]))));
    kiosk.scan(sample::badge().into_bytes());
    kiosk.staff(Ok(sample::welcome_to_work(&[(5, 3), (7, 4)])));
    kiosk.forget();
    kiosk
}

fn problem(kiosk: &Kiosk) -> Option<Reason> {
    match kiosk.screen() {
        Screen::StaffHome { problem, .. } => *problem,
        other => panic!("not the menu: {other:?}"),
    }
}

fn ended(kiosk: &Kiosk) -> Vec<Opening> {
    let of = |record: &Record| match record {
        Record::OpeningEnded(opening) => Some((**opening).clone()),
        _ => None,
    };
    kiosk.journal.iter().filter_map(of).collect()
}

/// Door 3 is open, and the overdue parcel behind it is to be taken out.
fn taking_out() -> Kiosk {
    let mut kiosk = at_work();
    kiosk.touch(Action::List(ListKind::Removals));
    kiosk.touch(Action::Pick(0));
    kiosk.opening(Ok(sample::opening(Some(5))));
    kiosk.opens(3);
    kiosk
}

#[test]
fn an_overdue_parcel_is_taken_out_after_the_backend_was_told_and_the_disk_has_it() {
    let mut kiosk = at_work();
    kiosk.touch(Action::List(ListKind::Removals));
    let Screen::StaffList { list: StaffList::Removals(shown), more: false } = kiosk.screen() else {
        panic!()
    };
    assert_eq!(shown.iter().map(|removal| removal.door.0).collect::<Vec<_>>(), [3, 4]);
    kiosk.touch(Action::Pick(0));
    kiosk.opening(Ok(sample::opening(Some(5))));
    kiosk.opens(3);
    kiosk.touch(Action::TakenOut);
    kiosk.shuts(3);
    let expected = [
        "ask to open 3",
        "journal opening begun removal",
        "written",
        "open 3",
        "journal opening opened",
        "written",
        "journal answered taken_out",
        "written",
        "journal opening closed",
        "journal opening ended taken_out",
        "written",
        "written",
    ];
    assert_eq!(kiosk.done(), expected);
    let Screen::StaffHome { removals, problem: None, .. } = kiosk.screen() else { panic!() };
    assert_eq!(*removals, 1, "the other one waits");
    let report = &ended(&kiosk)[0];
    assert_eq!((report.pickup, report.outcome), (Some(PickupNumber(5)), OpeningOutcome::TakenOut));
    assert!(report.opening_id.is_some());
}

#[test]
fn what_was_taken_out_is_not_handed_out_by_an_old_word_until_it_is_stored_again() {
    let mut kiosk = taking_out();
    kiosk.touch(Action::TakenOut);
    kiosk.shuts(3);
    kiosk.touch(Action::Finish);
    let restarted = {
        let mut again = Kiosk::restarted(&kiosk.journal);
        again.devices(&[]);
        again
    };
    for mut kiosk in [kiosk, restarted] {
        kiosk.scan(sample::ticket(5));
        kiosk.verdict(sample::ready(5, &[3]));
        assert_eq!(kiosk.refused(), Reason::NeedsAttendant);
        kiosk.scan(sample::badge().into_bytes());
        kiosk.staff(Ok(sample::welcome(&[])));
        kiosk.scan(sample::label(5));
        kiosk.plan(Ok(sample::plan(5, 3)));
        kiosk.opens(3);
        kiosk.shuts(3);
        kiosk.touch(Action::Finish);
        kiosk.touch(Action::Finish);
        kiosk.scan(sample::ticket(5));
        kiosk.verdict(sample::ready(5, &[3]));
        assert!(matches!(kiosk.screen(), Screen::PresentCard { .. }));
    }
}

#[test]
fn the_door_may_be_shut_first_and_what_became_of_the_parcel_said_after() {
    let mut kiosk = taking_out();
    kiosk.shuts(3);
    assert!(ended(&kiosk).is_empty());
    assert!(matches!(kiosk.screen(), Screen::StaffInside { step: Inside::Decide, .. }));
    kiosk.touch(Action::StillInside);
    assert_eq!(ended(&kiosk)[0].outcome, OpeningOutcome::Inside);
    let mut silent = taking_out();
    silent.shuts(3);
    silent.wait(46);
    assert_eq!(ended(&silent)[0].outcome, OpeningOutcome::Unclear, "nobody said");
    assert!(silent.done().contains(&"call staff: DOOR_UNKNOWN".to_owned()));
    silent.touch(Action::StaffOpen);
    assert!(matches!(silent.screen(), Screen::StaffAttention { door: DoorNumber(3), .. }), "look again");
}

#[test]
fn after_a_power_cut_an_opening_says_as_much_as_staff_had_said() {
    for (answer, shut, outcome) in [
        (Some(Action::TakenOut), true, OpeningOutcome::TakenOut),
        (None, true, OpeningOutcome::Unclear),
        (Some(Action::StillInside), false, OpeningOutcome::Inside),
        (None, false, OpeningOutcome::Unclear),
    ] {
        let mut before = taking_out();
        if let Some(answer) = answer {
            before.touch(answer);
        }
        let mut kiosk = Kiosk::restarted(&before.journal);
        kiosk.devices(if shut { &[] } else { &[3] });
        if !shut {
            assert!(matches!(kiosk.screen(), Screen::StaffInside { step: Inside::Close, .. }));
            kiosk.touch(Action::TakenOut);
            kiosk.shuts(3);
        }
        assert_eq!(ended(&kiosk)[0].outcome, outcome, "{answer:?} {shut}");
        assert_eq!(kiosk.screen(), &Screen::Idle);
        assert_eq!(kiosk.pulses(), 0, "nothing is replayed");
    }
    let mut begun = at_work();
    begun.touch(Action::List(ListKind::Removals));
    begun.touch(Action::Pick(0));
    begun.opening(Ok(sample::opening(Some(5))));
    let mut kiosk = Kiosk::restarted(&begun.journal);
    kiosk.devices(&[]);
    assert_eq!(ended(&kiosk)[0].outcome, OpeningOutcome::Unclear, "it may have opened");
}

#[test]
fn a_parcel_is_not_taken_out_while_the_backend_is_away() {
    for silent in [false, true] {
        let mut kiosk = at_work();
        kiosk.touch(Action::List(ListKind::Removals));
        kiosk.touch(Action::Pick(1));
        if silent {
            kiosk.wait(20)
        } else {
            kiosk.opening(Err(Unreachable))
        }
        assert_eq!(problem(&kiosk), Some(Reason::StaffOffline));
        assert_eq!(kiosk.done(), ["ask to open 4"]);
    }
}

pub fn choose(kiosk: &mut Kiosk, door: u8) {
    kiosk.touch(Action::List(ListKind::Doors));
    kiosk.touch(Action::Pick(door - 1));
    assert!(matches!(kiosk.screen(), Screen::StaffList { list: StaffList::Purposes(..), .. }));
    kiosk.touch(Action::Pick(0));
}

#[test]
fn an_empty_door_is_opened_also_without_the_network_and_reported_once() {
    let mut kiosk = at_work();
    choose(&mut kiosk, 1);
    kiosk.opening(Err(Unreachable));
    kiosk.opens(1);
    assert!(matches!(kiosk.screen(), Screen::StaffInside { step: Inside::Close, waybill: None, .. }));
    kiosk.shuts(1);
    let report = &ended(&kiosk)[0];
    assert_eq!((report.opening_id, report.outcome), (None, OpeningOutcome::Shut));
    assert_eq!(report.purpose, Purpose::Inspect);
    assert_eq!(problem(&kiosk), None);
}

#[test]
fn a_door_that_may_hold_something_is_not_opened_without_the_network() {
    for door in [2, 3] {
        let mut kiosk = at_work();
        choose(&mut kiosk, door);
        kiosk.opening(Err(Unreachable));
        assert_eq!(problem(&kiosk), Some(Reason::StaffOffline), "door {door}");
        assert_eq!(kiosk.pulses(), 0);
    }
}

#[test]
fn a_parcel_that_waits_for_its_buyer_takes_a_second_person_and_their_pin() {
    let mut kiosk = at_work();
    choose(&mut kiosk, 2);
    kiosk.opening(Ok(OpeningReply::SecondNeeded));
    assert_eq!(kiosk.screen(), &Screen::StaffSecond { door: DoorNumber(2), problem: None });
    kiosk.scan(pickup_protocol::staff::badge([4; 16]).into_bytes());
    kiosk.opening(Ok(OpeningReply::Refused { reason: Reason::SamePerson }));
    let refused = Screen::StaffSecond { door: DoorNumber(2), problem: Some(Reason::SamePerson) };
    assert_eq!(kiosk.screen(), &refused);
    kiosk.scan(pickup_protocol::staff::badge([5; 16]).into_bytes());
    kiosk.opening(Ok(OpeningReply::SecondPin { problem: None }));
    assert_eq!(kiosk.screen(), &Screen::StaffPin { typed: 0, problem: None, second: true });
    for digit in [9, 7, 5, 3] {
        kiosk.touch(Action::Digit(digit));
    }
    kiosk.touch(Action::Confirm);
    let second = kiosk.asked.opening.as_ref().unwrap().second.clone().unwrap();
    assert_eq!(second.pin.unwrap().digits(), "9753");
    kiosk.opening(Ok(sample::opening(Some(6))));
    kiosk.opens(2);
    kiosk.touch(Action::StillInside);
    kiosk.shuts(2);
    assert_eq!(problem(&kiosk), None);
    assert!(kiosk.journal.iter().all(|record| !format!("{record:?}").contains("9753")));
}

#[test]
fn a_pin_is_typed_corrected_and_asked_for_again() {
    let mut kiosk = Kiosk::ready();
    kiosk.scan(sample::badge().into_bytes());
    kiosk.staff(Ok(StaffReply::Pin { problem: None }));
    kiosk.touch(Action::Digit(1));
    kiosk.touch(Action::Confirm);
    assert_eq!(kiosk.screen(), &Screen::StaffPin { typed: 1, problem: None, second: false }, "too short");
    kiosk.touch(Action::DeleteDigit);
    for digit in [2, 4, 6, 8, 1, 3, 5, 7, 9] {
        kiosk.touch(Action::Digit(digit));
    }
    assert_eq!(kiosk.screen(), &Screen::StaffPin { typed: 8, problem: None, second: false }, "no more fit");
    kiosk.touch(Action::ClearDigits);
    for digit in [2, 4, 6, 8] {
        kiosk.touch(Action::Digit(digit));
    }
    kiosk.touch(Action::Confirm);
    assert_eq!(kiosk.asked.pin.as_ref().unwrap().digits(), "2468");
    let wrong = Some(PinProblem { tries_left: 2 });
    kiosk.staff(Ok(StaffReply::Pin { problem: wrong }));
    assert_eq!(kiosk.screen(), &Screen::StaffPin { typed: 0, problem: wrong, second: false });
    kiosk.touch(Action::Cancel);
    assert_eq!(kiosk.screen(), &Screen::Idle);
    kiosk.scan(sample::badge().into_bytes());
    kiosk.staff(Ok(StaffReply::Pin { problem: None }));
    kiosk.wait(60);
    assert_eq!(kiosk.screen(), &Screen::Idle, "a badge left behind opens nothing");
}

#[test]
fn a_door_that_does_not_open_for_staff_keeps_its_parcel() {
    for (kind, outcome) in [
        (OpenFailure::NotSent, OpeningOutcome::NotOpened),
        (OpenFailure::NotDetected, OpeningOutcome::NotOpened),
        (OpenFailure::Unknown, OpeningOutcome::Unclear),
    ] {
        let mut kiosk = at_work();
        kiosk.touch(Action::List(ListKind::Removals));
        kiosk.touch(Action::Pick(0));
        kiosk.opening(Ok(sample::opening(Some(5))));
        kiosk.open_fails(3, kind);
        assert_eq!(ended(&kiosk)[0].outcome, outcome);
        assert_eq!(problem(&kiosk), Some(Reason::DoorDidNotOpen));
    }
}

#[test]
fn the_menu_names_the_next_free_door_of_each_size() {
    let kiosk = at_work();
    let Screen::StaffHome { free, owed, .. } = kiosk.screen() else { panic!() };
    let free: Vec<(usize, Option<u16>)> = free.iter().map(|f| (f.count, f.next.map(|d| d.0))).collect();
    assert_eq!(free, [(1, Some(1)), (0, None), (2, Some(5))]);
    assert_eq!(*owed, 1);
}

#[test]
fn a_slip_that_is_owed_is_printed_and_says_copy_only_when_one_may_have_come_out() {
    let owed = || SlipReply::Owed { offer: sample::offer(8, &[1]), slip: sample::slip(8) };
    let mut kiosk = at_work();
    kiosk.touch(Action::List(ListKind::Owed));
    kiosk.touch(Action::Pick(0));
    kiosk.slip(Ok(owed()));
    kiosk.print_failed(true, Trouble::PaperOut);
    assert_eq!(problem(&kiosk), Some(Reason::SlipNotPrinted));
    kiosk.touch(Action::List(ListKind::Owed));
    kiosk.touch(Action::Pick(0));
    kiosk.slip(Ok(owed()));
    kiosk.printed();
    let expected = [
        "ask for a slip",
        "journal slip intent",
        "written",
        "print",
        "ask for a slip",
        "journal slip intent",
        "written",
        "print a copy",
        "journal slip printed + owed slip printed",
        "written",
    ];
    assert_eq!(kiosk.done(), expected);
    let Screen::StaffHome { owed: 0, problem: None, .. } = kiosk.screen() else { panic!() };
    let Some(Record::OwedSlipPrinted(report)) = kiosk.journal.last() else { panic!() };
    assert!(report.copy && report.pickup == PickupNumber(8));
}
