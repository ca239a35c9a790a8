//! Staff mode: deposits, and looks behind doors.

use pickup_protocol::kiosk::{DepositOutcome, DepositPlanReply, Found, StaffReply};
use pickup_protocol::{DoorNumber, PickupNumber, Reason};
use pickup_session::{Action, Event, Look, OpenFailure, Record, Screen, Unreachable};

use crate::kiosk::Kiosk;
use crate::sample;

/// What the menu says went wrong last, and how many doors want a look.
fn home(problem: Option<Reason>) -> (Option<Reason>, usize) {
    (problem, 0)
}

fn at_home(kiosk: &Kiosk) -> (Option<Reason>, usize) {
    match kiosk.screen() {
        Screen::StaffHome { attention, problem, .. } => (*problem, attention.len()),
        other => panic!("not the menu: {other:?}"),
    }
}

pub fn staff_mode(attention: &[(u64, u16)]) -> Kiosk {
    let mut kiosk = Kiosk::ready();
    kiosk.scan(sample::badge().into_bytes());
    kiosk.staff(Ok(sample::welcome(attention)));
    kiosk.forget();
    kiosk
}

pub fn placing() -> Kiosk {
    let mut kiosk = staff_mode(&[]);
    kiosk.scan(sample::label(5));
    kiosk.plan(Ok(sample::plan(5, 4)));
    kiosk.opens(4);
    assert!(matches!(kiosk.screen(), Screen::StaffPlace { door: DoorNumber(4), ajar: false, .. }));
    kiosk
}

pub fn deposited(kiosk: &Kiosk) -> Vec<DepositOutcome> {
    let outcome = |record: &Record| match record {
        Record::Deposited(deposit) => Some(deposit.outcome),
        _ => None,
    };
    kiosk.journal.iter().filter_map(outcome).collect()
}

#[test]
fn a_badge_that_is_scanned_while_the_locks_are_not_up_yet_brings_its_parcel_to_the_same_end() {
    let mut kiosk = Kiosk::off();
    kiosk.send(Event::Recovered(Some(Box::default())));
    kiosk.send(Event::Scanner(true));
    assert!(matches!(kiosk.screen(), Screen::OutOfService(_)), "{:?}", kiosk.screen());
    kiosk.scan(sample::badge().into_bytes());
    kiosk.devices(&[]);
    kiosk.staff(Ok(sample::welcome(&[])));
    kiosk.scan(sample::label(5));
    kiosk.plan(Ok(sample::plan(5, 4)));
    kiosk.opens(4);
    kiosk.shuts(4);
    assert_eq!(kiosk.screen(), &Screen::StaffStored { waybill: "WB20260005".into(), door: DoorNumber(4) });
}

#[test]
fn a_parcel_goes_from_badge_and_label_into_its_door() {
    let mut kiosk = Kiosk::ready();
    kiosk.scan(sample::badge().into_bytes());
    kiosk.staff(Ok(sample::welcome(&[])));
    assert_eq!(at_home(&kiosk), home(None));
    kiosk.scan(sample::label(5));
    kiosk.plan(Ok(sample::plan(5, 4)));
    assert_eq!(kiosk.screen(), &Screen::Opening(DoorNumber(4)));
    kiosk.opens(4);
    kiosk.shuts(4);
    let expected = [
        "ask whose badge",
        "ask for a door",
        "journal deposit begun",
        "written",
        "open 4",
        "journal deposit opened",
        "written",
        "journal deposit closed",
        "journal deposited Stored",
        "written",
        "written",
    ];
    assert_eq!(kiosk.done(), expected);
    assert_eq!(kiosk.screen(), &Screen::StaffStored { waybill: "WB20260005".into(), door: DoorNumber(4) });
    kiosk.scan(sample::label(6));
    assert_eq!(kiosk.screen(), &Screen::LookingUp, "the next parcel need not wait");
}

#[test]
fn no_door_opens_for_a_deposit_before_the_disk_has_it() {
    let mut kiosk = staff_mode(&[]);
    kiosk.scan(sample::label(5));
    kiosk.disk = false;
    kiosk.forget();
    kiosk.plan(Ok(sample::plan(5, 4)));
    assert_eq!(kiosk.done(), ["journal deposit begun"]);
    kiosk.write();
    assert_eq!(kiosk.done(), ["written", "open 4"]);
}

#[test]
fn a_badge_that_is_refused_opens_no_staff_mode() {
    let mut kiosk = Kiosk::ready();
    kiosk.scan(sample::badge().into_bytes());
    kiosk.staff(Ok(StaffReply::Refused { reason: Reason::BadgeUnknown }));
    assert_eq!(kiosk.refused(), Reason::BadgeUnknown);
    kiosk.scan(sample::label(5));
    assert_eq!(kiosk.refused(), Reason::TicketMalformed);
}

#[test]
fn a_label_that_is_refused_leaves_staff_mode_open() {
    for (answer, reason) in [
        (Ok(DepositPlanReply::Refused { reason: Reason::NoDoorFree }), Reason::NoDoorFree),
        (Err(Unreachable), Reason::Offline),
    ] {
        let mut kiosk = staff_mode(&[]);
        kiosk.scan(sample::label(5));
        kiosk.plan(answer);
        assert_eq!(at_home(&kiosk), home(Some(reason)));
        assert_eq!(kiosk.done(), ["ask for a door"]);
    }
    let mut silent = staff_mode(&[]);
    silent.scan(sample::label(5));
    silent.wait(20);
    assert_eq!(at_home(&silent), home(Some(Reason::Offline)));
}

#[test]
fn what_is_no_label_is_said_to_be_none() {
    let mut kiosk = staff_mode(&[]);
    for bytes in [sample::ticket(5), b"noise".to_vec()] {
        kiosk.scan(bytes);
        assert_eq!(at_home(&kiosk), home(Some(Reason::LabelUnknown)));
    }
    assert_eq!(kiosk.done(), [""; 0]);
}

#[test]
fn another_badge_changes_who_is_in_staff_mode() {
    let mut kiosk = staff_mode(&[]);
    kiosk.scan(pickup_protocol::staff::badge([4; 16]).into_bytes());
    assert_eq!(kiosk.done(), ["ask whose badge"]);
    kiosk.staff(Ok(StaffReply::Refused { reason: Reason::BadgeUnknown }));
    assert_eq!(kiosk.refused(), Reason::BadgeUnknown);
}

#[test]
fn a_deposit_that_is_cancelled_is_not_stored() {
    let mut kiosk = placing();
    kiosk.touch(Action::Cancel);
    assert!(deposited(&kiosk).is_empty(), "the door must be shut first");
    kiosk.forget();
    kiosk.touch(Action::OpenAgain);
    assert_eq!(kiosk.pulses(), 0);
    kiosk.shuts(4);
    assert_eq!(deposited(&kiosk), [DepositOutcome::NotStored]);
    assert_eq!(at_home(&kiosk), home(Some(Reason::DepositCancelled)));
}

#[test]
fn a_door_that_does_not_open_for_a_deposit_is_not_used() {
    for kind in [OpenFailure::NotSent, OpenFailure::NotDetected, OpenFailure::Unknown] {
        let mut kiosk = staff_mode(&[]);
        kiosk.scan(sample::label(5));
        kiosk.plan(Ok(sample::plan(5, 4)));
        kiosk.open_fails(4, kind);
        assert_eq!(deposited(&kiosk), [DepositOutcome::NotStored], "{kind:?}");
        assert_eq!(at_home(&kiosk), home(Some(Reason::DoorDidNotOpen)), "{kind:?}");
        assert_eq!(kiosk.pulses(), 1, "{kind:?}");
    }
}

#[test]
fn a_door_that_cannot_be_opened_again_still_holds_the_parcel() {
    for kind in [OpenFailure::NotSent, OpenFailure::NotDetected, OpenFailure::Unknown] {
        let mut kiosk = placing();
        kiosk.touch(Action::OpenAgain);
        kiosk.open_fails(4, kind);
        assert!(matches!(kiosk.screen(), Screen::StaffPlace { ajar: true, .. }), "{kind:?}");
        kiosk.shuts(4);
        assert_eq!(deposited(&kiosk), [DepositOutcome::Stored], "{kind:?}");
    }
    let mut shut_meanwhile = placing();
    shut_meanwhile.touch(Action::OpenAgain);
    shut_meanwhile.shuts(4);
    shut_meanwhile.open_fails(4, OpenFailure::NotSent);
    assert_eq!(deposited(&shut_meanwhile), [DepositOutcome::Stored]);
}

#[test]
fn a_door_left_open_by_staff_is_reminded_of() {
    let mut kiosk = placing();
    kiosk.forget();
    kiosk.wait(600);
    assert!(matches!(kiosk.screen(), Screen::StaffPlace { ajar: true, .. }));
    assert_eq!(kiosk.done(), ["call staff: DOOR_AJAR"]);
}

#[test]
fn only_doors_known_to_be_shut_are_offered_for_a_parcel() {
    let mut kiosk = staff_mode(&[]);
    kiosk.opens(2);
    assert_eq!(doors_offered(&mut kiosk), [1, 3, 4, 5, 6]);
}

/// The doors the backend may choose from when staff scan a label now.
pub fn doors_offered(kiosk: &mut Kiosk) -> Vec<u16> {
    kiosk.session.handle(pickup_session::Event::Scanned(sample::label(5)), kiosk.now);
    while let Some(command) = kiosk.session.next_command() {
        if let pickup_session::Command::AskPlan(request) = command {
            return request.doors.iter().map(|d| d.door.0).collect();
        }
    }
    Vec::new()
}

fn looking() -> Kiosk {
    let mut kiosk = staff_mode(&[(5, 3)]);
    kiosk.touch(Action::StaffOpen);
    kiosk
}

fn look(step: Look) -> Screen {
    Screen::StaffAttention { door: DoorNumber(3), waybill: "WB20260005".into(), step }
}

#[test]
fn staff_look_behind_a_door_and_say_what_they_found() {
    for (touch, found) in [(Action::GoodsInside, Found::GoodsInside), (Action::GoodsTaken, Found::GoodsTaken)]
    {
        let mut kiosk = looking();
        assert_eq!(kiosk.screen(), &look(Look::Open));
        kiosk.touch(Action::StaffOpen);
        assert_eq!(kiosk.done(), ["journal look intent", "written", "open 3"]);
        kiosk.opens(3);
        assert_eq!(kiosk.screen(), &look(Look::Decide));
        kiosk.touch(touch);
        assert_eq!(kiosk.screen(), &look(Look::Close));
        kiosk.shuts(3);
        assert_eq!(at_home(&kiosk), home(None), "the door no longer wants a look");
        let Some(Record::Resolved(resolution)) = kiosk.journal.last() else { panic!() };
        assert_eq!((resolution.pickup, resolution.found), (PickupNumber(5), found));
        assert_eq!(resolution.badge, sample::badge());
    }
}

#[test]
fn a_door_shut_before_staff_decided_is_looked_at_again() {
    let mut kiosk = looking();
    kiosk.touch(Action::StaffOpen);
    kiosk.opens(3);
    kiosk.shuts(3);
    assert_eq!(kiosk.screen(), &look(Look::Open));
    assert!(!kiosk.journal.iter().any(|record| matches!(record, Record::Resolved(_))));
}

#[test]
fn a_stuck_door_may_be_tried_again_or_opened_with_the_key() {
    let mut kiosk = looking();
    kiosk.wait(40);
    kiosk.touch(Action::StaffOpen);
    kiosk.wait(3);
    assert_eq!(kiosk.screen(), &look(Look::Opening), "the time before the touch does not count");
    kiosk.open_fails(3, OpenFailure::NotDetected);
    assert_eq!(kiosk.screen(), &look(Look::Open));
    kiosk.opens(3);
    assert_eq!(kiosk.screen(), &look(Look::Decide));
}

#[test]
fn a_look_whose_disk_answered_too_late_opens_nothing() {
    let mut kiosk = looking();
    kiosk.disk = false;
    kiosk.touch(Action::StaffOpen);
    kiosk.wait(20);
    kiosk.forget();
    kiosk.write();
    assert_eq!(kiosk.pulses(), 0);
}

#[test]
fn goods_found_inside_may_be_picked_up_again_and_goods_found_taken_may_not() {
    for (touch, again) in [(Action::GoodsInside, true), (Action::GoodsTaken, false)] {
        let mut kiosk = Kiosk::offline(sample::manifest(&[(5, 3)], &[]));
        kiosk.go_to_opening(5, 3);
        kiosk.open_fails(3, OpenFailure::Unknown);
        kiosk.wait(3);
        kiosk.scan(sample::badge().into_bytes());
        kiosk.staff(Ok(sample::welcome(&[(5, 3)])));
        kiosk.touch(Action::StaffOpen);
        kiosk.touch(Action::StaffOpen);
        kiosk.opens(3);
        kiosk.touch(touch);
        kiosk.shuts(3);
        kiosk.touch(Action::Finish);
        let restarted = Kiosk::restarted(&kiosk.journal);
        for mut kiosk in [kiosk, restarted] {
            kiosk.devices(&[]);
            kiosk.send(pickup_session::Event::Manifest(Box::new(sample::manifest(&[(5, 3)], &[]))));
            kiosk.scan(sample::ticket(5));
            if again {
                kiosk.no_verdict();
                assert!(matches!(kiosk.screen(), Screen::PresentCard { .. }));
            } else {
                assert_eq!(kiosk.refused(), Reason::AlreadyCollected);
            }
        }
    }
}

#[test]
fn staff_who_walk_away_leave_no_staff_mode_behind() {
    let mut kiosk = staff_mode(&[(5, 3)]);
    kiosk.wait(45);
    assert_eq!(kiosk.screen(), &Screen::Idle);
    let mut kiosk = looking();
    kiosk.wait(90);
    assert_eq!(kiosk.screen(), &Screen::Idle);
    let mut kiosk = placing();
    kiosk.shuts(4);
    kiosk.wait(60);
    assert_eq!(kiosk.screen(), &Screen::Idle);
}

#[test]
fn the_last_seconds_before_staff_mode_closes_are_counted_and_a_touch_keeps_it_open() {
    let mut kiosk = staff_mode(&[]);
    kiosk.wait(34);
    assert_eq!(kiosk.view.countdown_s, None, "nothing is counted yet");
    for left in (1..=10).rev() {
        kiosk.wait(1);
        assert_eq!((kiosk.view.countdown_s, at_home(&kiosk)), (Some(left), home(None)));
    }
    kiosk.touch(Action::MoreTime);
    assert_eq!((kiosk.view.countdown_s, at_home(&kiosk)), (None, home(None)));
    kiosk.wait(35);
    assert_eq!(kiosk.view.countdown_s, Some(10));
    kiosk.touch(Action::SwitchLanguage);
    assert_eq!(kiosk.view.countdown_s, None, "any touch keeps it open");
    kiosk.wait(45);
    assert_eq!(kiosk.screen(), &Screen::Idle);
}

#[test]
fn the_seconds_are_counted_on_every_page_of_staff_that_closes_by_itself() {
    let mut pin = Kiosk::ready();
    pin.scan(sample::badge().into_bytes());
    pin.staff(Ok(StaffReply::Pin { problem: None }));
    let mut list = staff_mode(&[]);
    list.touch(Action::List(pickup_session::ListKind::Doors));
    let mut helped = staff_mode(&[]);
    helped.touch(Action::Help);
    let mut service = staff_mode(&[]);
    service.touch(Action::Service(pickup_session::service::ServiceAction::Enter));
    for (mut kiosk, quiet) in [(pin, 45), (list, 45), (helped, 90), (service, 180)] {
        kiosk.wait(quiet - 11);
        assert_eq!(kiosk.view.countdown_s, None, "{:?}", kiosk.screen());
        kiosk.wait(1);
        assert_eq!(kiosk.view.countdown_s, Some(10), "{:?}", kiosk.screen());
        kiosk.wait(10);
        assert_eq!(kiosk.screen(), &Screen::Idle);
    }
}

#[test]
fn a_parcel_that_lies_here_is_not_stored_a_second_time_before_the_backend_knows() {
    let mut kiosk = placing();
    kiosk.shuts(4);
    kiosk.scan(sample::label(5));
    kiosk.forget();
    kiosk.plan(Ok(sample::plan(5, 3)));
    assert_eq!(kiosk.done(), [""; 0]);
    assert_eq!(at_home(&kiosk), home(Some(Reason::AlreadyStored)));
    assert!(kiosk.recovery().stored.contains(&PickupNumber(5)), "also after a power cut");
}

#[test]
fn a_cancelled_deposit_is_still_cancelled_after_a_power_cut() {
    let mut kiosk = placing();
    kiosk.touch(Action::Cancel);
    let mut again = Kiosk::restarted(&kiosk.journal);
    again.devices(&[]);
    assert_eq!(deposited(&again), [DepositOutcome::NotStored]);
}
