//! A release that is withdrawn while somebody stands at the kiosk.

use pickup_protocol::{DoorNumber, Manifest, Reason};
use pickup_session::{Action, Event, Screen, Trouble, Unreachable};

use crate::kiosk::Kiosk;
use crate::sample;

/// The next manifest lists nothing.
fn withdraw(kiosk: &mut Kiosk) {
    kiosk.send(Event::Manifest(Box::new(Manifest { sequence: 2, ..sample::manifest(&[], &[]) })));
}

fn listed() -> Kiosk {
    let mut kiosk = Kiosk::ready();
    kiosk.send(Event::Manifest(Box::new(sample::manifest(&[(5, 3)], &[]))));
    kiosk
}

#[test]
fn no_door_opens_for_what_was_withdrawn_while_the_slip_printed() {
    let mut kiosk = listed();
    kiosk.go_to_printing(5, 3);
    kiosk.forget();
    withdraw(&mut kiosk);
    assert_eq!(kiosk.done(), ["call staff: RELEASE_WITHDRAWN"]);
    kiosk.printed();
    assert_eq!(kiosk.done(), ["journal slip printed + abandoned", "written"]);
    assert_eq!(kiosk.refused(), Reason::NeedsAttendant);
    assert_eq!(kiosk.handovers(), []);
    assert_eq!(kiosk.recovery().pickup, None);
}

#[test]
fn no_door_opens_for_what_was_withdrawn_while_the_printer_was_in_trouble() {
    let mut kiosk = listed();
    kiosk.go_to_printing(5, 3);
    kiosk.print_failed(false, Trouble::PaperOut);
    withdraw(&mut kiosk);
    kiosk.forget();
    kiosk.send(Event::Printer(None));
    kiosk.wait(3);
    kiosk.printed();
    assert_eq!(kiosk.pulses(), 0);
    assert_eq!(kiosk.refused(), Reason::NeedsAttendant);
}

#[test]
fn an_intent_that_is_still_on_its_way_to_the_disk_pulses_nothing_after_a_withdrawal() {
    let mut kiosk = listed();
    kiosk.go_to_printing(5, 3);
    kiosk.disk = false;
    kiosk.printed();
    withdraw(&mut kiosk);
    kiosk.forget();
    kiosk.disk = true;
    kiosk.write();
    assert_eq!(kiosk.done(), ["written", "journal abandoned", "written"]);
}

#[test]
fn behind_a_door_that_stands_open_when_the_release_is_withdrawn_staff_look() {
    let mut kiosk = listed();
    kiosk.opens(3);
    kiosk.go_to_printing(5, 3);
    withdraw(&mut kiosk);
    kiosk.printed();
    assert_eq!(kiosk.pulses(), 0);
    assert_eq!(kiosk.refused(), Reason::NeedsAttendant);
    assert_eq!(kiosk.recovery().unclear.len(), 1, "somebody must look");
}

#[test]
fn a_door_that_was_pulsed_for_what_is_withdrawn_then_is_not_pulsed_again() {
    let mut kiosk = listed();
    kiosk.go_to_opening(5, 3);
    withdraw(&mut kiosk);
    kiosk.forget();
    kiosk.open_fails(3, pickup_session::OpenFailure::NotDetected);
    assert_eq!(kiosk.pulses(), 0);
    assert_eq!(kiosk.done().last().map(String::as_str), Some("written"));
    assert_eq!(kiosk.refused(), Reason::NeedsAttendant);
    assert_eq!(kiosk.recovery().unclear.len(), 1, "somebody must look");
}

#[test]
fn goods_that_are_being_taken_when_the_withdrawal_comes_are_handed_over_and_staff_are_called() {
    let mut kiosk = listed();
    kiosk.go_to_open_door(5, 3);
    kiosk.forget();
    withdraw(&mut kiosk);
    kiosk.touch(Action::OpenAgain);
    assert_eq!(kiosk.done(), ["call staff: RELEASE_WITHDRAWN"]);
    assert_eq!(kiosk.screen(), &Screen::TakeGoods { door: DoorNumber(3), ajar: false });
    kiosk.shuts(3);
    assert_eq!(kiosk.handovers().len(), 1, "the backend is told what has happened");
}

#[test]
fn an_older_manifest_and_one_that_still_lists_it_withdraw_nothing() {
    let mut kiosk = listed();
    kiosk.go_to_printing(5, 3);
    kiosk.send(Event::Manifest(Box::new(sample::manifest(&[], &[]))));
    kiosk.send(Event::Manifest(Box::new(Manifest { sequence: 3, ..sample::manifest(&[(5, 3)], &[]) })));
    kiosk.printed();
    assert_eq!(kiosk.screen(), &Screen::Opening(DoorNumber(3)));
}

#[test]
fn a_backend_that_came_back_decides_and_not_the_manifest() {
    let mut kiosk = listed();
    kiosk.send(Event::Online(false));
    kiosk.scan(sample::ticket(5));
    kiosk.no_verdict();
    kiosk.present(sample::card());
    kiosk.send(Event::Online(true));
    kiosk.forget();
    kiosk.touch(Action::Confirm);
    assert_eq!(kiosk.done(), ["ask for a grant"]);
    kiosk.grant(Err(Unreachable));
    assert_eq!(kiosk.screen(), &Screen::Printing, "gone again: the manifest steps in");
}
