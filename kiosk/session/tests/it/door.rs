//! The door: opened once per intent, and left to a person when nobody knows what it did.

use pickup_protocol::kiosk::{DoorEventKind, HandoverOutcome};
use pickup_protocol::{DoorNumber, Reason};
use pickup_session::{Action, Event, OpenFailure, Screen};

use crate::kiosk::Kiosk;
use crate::sample;

pub fn opening() -> Kiosk {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_opening(5, 3);
    kiosk.forget();
    kiosk
}

pub fn kinds(kiosk: &Kiosk) -> Vec<DoorEventKind> {
    kiosk.handovers()[0].door_events.iter().map(|e| e.kind).collect()
}

#[test]
fn a_door_not_seen_open_is_asked_once_more_under_a_second_intent() {
    let mut kiosk = opening();
    kiosk.open_fails(3, OpenFailure::NotDetected);
    let expected = ["journal not detected", "journal intent", "written", "written", "open 3"];
    assert_eq!(kiosk.done(), expected);
    kiosk.opens(3);
    kiosk.shuts(3);
    assert!(matches!(kiosk.screen(), Screen::Done { .. }));
}

#[test]
fn a_door_not_seen_open_twice_is_left_to_staff() {
    let mut kiosk = opening();
    kiosk.open_fails(3, OpenFailure::NotDetected);
    kiosk.open_fails(3, OpenFailure::NotDetected);
    assert_eq!(kiosk.refused(), Reason::NeedsAttendant);
    assert_eq!(kiosk.pulses(), 1);
    assert_eq!(kiosk.handovers()[0].outcome, HandoverOutcome::Unknown);
    use DoorEventKind::{Intent, NotDetected};
    assert_eq!(kinds(&kiosk), [Intent, NotDetected, Intent, NotDetected]);
}

#[test]
fn a_pulse_whose_end_is_not_known_is_not_repeated_while_the_contact_is_silent() {
    let mut kiosk = opening();
    kiosk.open_fails(3, OpenFailure::Unknown);
    assert_eq!(kiosk.screen(), &Screen::Opening(DoorNumber(3)), "the contact may say more");
    kiosk.wait(3);
    assert_eq!(kiosk.refused(), Reason::NeedsAttendant);
    let expected = [
        "journal unknown",
        "written",
        "journal unknown",
        "call staff: LOCK",
        "journal handover unknown",
        "written",
        "written",
    ];
    assert_eq!(kiosk.done(), expected);
    kiosk.wait(600);
    kiosk.open_fails(3, OpenFailure::NotSent);
    assert_eq!((kiosk.screen(), kiosk.pulses()), (&Screen::Idle, 0));
}

#[test]
fn a_door_that_opened_while_the_lock_said_nothing_is_the_shoppers() {
    let mut kiosk = opening();
    kiosk.open_fails(3, OpenFailure::Unknown);
    kiosk.opens(3);
    kiosk.shuts(3);
    assert_eq!(kiosk.handovers()[0].outcome, HandoverOutcome::Taken);
    assert_eq!(kiosk.pulses(), 0);
}

#[test]
fn a_contact_that_says_shut_answers_for_the_lock_once() {
    let mut kiosk = opening();
    kiosk.open_fails(3, OpenFailure::Unknown);
    kiosk.forget();
    kiosk.shuts(3);
    assert_eq!(kiosk.done(), ["journal not detected", "journal intent", "written", "written", "open 3"]);
    kiosk.open_fails(3, OpenFailure::Unknown);
    kiosk.shuts(3);
    assert_eq!(kiosk.pulses(), 0, "twice is enough");
    assert_eq!(kiosk.refused(), Reason::NeedsAttendant);
    assert_eq!(kiosk.handovers()[0].outcome, HandoverOutcome::Unknown);
}

#[test]
fn after_a_pulse_that_may_have_moved_the_lock_nothing_is_taken_for_not_sent() {
    let mut kiosk = opening();
    kiosk.open_fails(3, OpenFailure::Unknown);
    kiosk.shuts(3);
    kiosk.open_fails(3, OpenFailure::NotSent);
    assert_eq!(kiosk.handovers()[0].outcome, HandoverOutcome::Unknown);
}

#[test]
fn a_lock_that_never_answers_is_taken_for_one_that_may_have_opened() {
    let mut kiosk = opening();
    kiosk.wait(23);
    assert_eq!(kiosk.handovers()[0].outcome, HandoverOutcome::Unknown);
    assert_eq!(kiosk.pulses(), 0);
}

#[test]
fn after_an_unknown_end_the_same_ticket_needs_staff_whoever_is_asked() {
    let mut kiosk = opening();
    kiosk.open_fails(3, OpenFailure::Unknown);
    kiosk.wait(15);
    let manifest = || Box::new(sample::manifest(&[(5, 3)], &[]));
    let restarted = Kiosk::restarted(&kiosk.journal);
    for mut kiosk in [kiosk, restarted] {
        kiosk.devices(&[]);
        kiosk.send(Event::Manifest(manifest()));
        kiosk.forget();
        kiosk.scan(sample::ticket(5));
        kiosk.verdict(sample::ready(5, &[3]));
        assert_eq!(kiosk.refused(), Reason::NeedsAttendant, "the report has not reached the backend");
        kiosk.scan(sample::ticket(5));
        kiosk.no_verdict();
        assert_eq!(kiosk.refused(), Reason::NeedsAttendant);
    }
}

#[test]
fn a_pulse_that_was_not_sent_is_tried_once_more_and_then_the_pickup_is_abandoned() {
    let mut kiosk = opening();
    kiosk.open_fails(3, OpenFailure::NotSent);
    assert_eq!(kiosk.done(), ["journal intent", "written", "open 3"]);
    kiosk.open_fails(3, OpenFailure::NotSent);
    assert_eq!(kiosk.done(), ["call staff: LOCK", "journal abandoned", "written"]);
    assert_eq!(kiosk.refused(), Reason::NeedsAttendant);
    kiosk.wait(12);
    kiosk.pick_up(5, 3);
    assert_eq!(kiosk.handovers().len(), 1);
}

#[test]
fn a_pulse_not_sent_after_one_not_detected_is_left_to_staff() {
    let mut kiosk = opening();
    kiosk.open_fails(3, OpenFailure::NotDetected);
    kiosk.open_fails(3, OpenFailure::NotSent);
    assert_eq!(kiosk.handovers()[0].outcome, HandoverOutcome::Unknown);
}

#[test]
fn no_slip_is_printed_for_a_door_whose_lock_does_not_answer() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_review(5, 3);
    kiosk.send(Event::Lock(false));
    kiosk.forget();
    kiosk.touch(Action::Confirm);
    assert_eq!(kiosk.refused(), Reason::NeedsAttendant);
    assert_eq!(kiosk.done(), ["call staff: LOCK"]);
}

#[test]
fn a_door_left_open_is_reminded_of_once_and_closing_it_hands_over() {
    let mut kiosk = opening();
    kiosk.opens(3);
    kiosk.forget();
    kiosk.wait(29);
    assert_eq!(kiosk.done(), [""; 0]);
    kiosk.wait(1);
    assert_eq!(kiosk.screen(), &Screen::TakeGoods { door: DoorNumber(3), ajar: true });
    kiosk.wait(600);
    assert_eq!(kiosk.done(), ["call staff: DOOR_AJAR"]);
    kiosk.shuts(3);
    assert!(matches!(kiosk.screen(), Screen::Done { .. }));
}

#[test]
fn only_the_door_of_the_pickup_counts() {
    let mut kiosk = opening();
    kiosk.opens(4);
    assert_eq!(kiosk.screen(), &Screen::Opening(DoorNumber(3)));
    kiosk.open_fails(4, OpenFailure::Unknown);
    assert_eq!(kiosk.screen(), &Screen::Opening(DoorNumber(3)));
    kiosk.opens(3);
    kiosk.shuts(4);
    assert_eq!(kiosk.screen(), &Screen::TakeGoods { door: DoorNumber(3), ajar: false });
}

#[test]
fn the_same_door_opens_again_for_the_person_before_it() {
    let mut kiosk = opening();
    kiosk.opens(3);
    kiosk.forget();
    kiosk.touch(Action::OpenAgain);
    assert_eq!(kiosk.done(), ["journal intent", "written", "open 3"]);
    kiosk.touch(Action::OpenAgain);
    assert_eq!(kiosk.done(), [""; 0], "once per touch that is answered");
    kiosk.opens(3);
    kiosk.shuts(3);
    use DoorEventKind::{Closed, Intent, Opened};
    assert_eq!(kinds(&kiosk), [Intent, Opened, Intent, Opened, Closed]);
}

#[test]
fn a_door_that_could_not_be_opened_again_stands_as_it_stood() {
    let mut open = opening();
    open.opens(3);
    open.touch(Action::OpenAgain);
    open.open_fails(3, OpenFailure::NotSent);
    assert_eq!(open.screen(), &Screen::TakeGoods { door: DoorNumber(3), ajar: true });
    open.shuts(3);
    let mut shut_meanwhile = opening();
    shut_meanwhile.opens(3);
    shut_meanwhile.touch(Action::OpenAgain);
    shut_meanwhile.shuts(3);
    shut_meanwhile.open_fails(3, OpenFailure::NotSent);
    for kiosk in [open, shut_meanwhile] {
        assert!(matches!(kiosk.screen(), Screen::Done { .. }));
        assert_eq!(kiosk.handovers()[0].outcome, HandoverOutcome::Taken);
    }
}

#[test]
fn a_parcel_behind_two_doors_is_handed_over_when_both_have_been_shut() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_review(5, 3);
    kiosk.touch(Action::Confirm);
    kiosk.grant(Ok(sample::granted(&[3, 4])));
    kiosk.printed();
    kiosk.opens(3);
    kiosk.shuts(3);
    assert_eq!(kiosk.screen(), &Screen::Opening(DoorNumber(4)));
    assert!(kiosk.handovers().is_empty());
    kiosk.opens(4);
    kiosk.shuts(4);
    assert_eq!(kiosk.handovers()[0].outcome, HandoverOutcome::Taken);
}

#[test]
fn a_lock_that_goes_away_and_comes_back_finds_the_door_shut() {
    let mut kiosk = opening();
    kiosk.opens(3);
    kiosk.send(Event::Lock(false));
    kiosk.send(Event::Lock(true));
    kiosk.shuts(3);
    assert!(matches!(kiosk.screen(), Screen::Done { .. }));
}
