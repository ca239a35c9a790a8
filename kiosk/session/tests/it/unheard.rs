//! A lock that does not hear: what is said of the goods then goes by how the door stands.

use pickup_protocol::Reason;
use pickup_protocol::kiosk::{DepositOutcome, DoorEventKind, HandoverOutcome};
use pickup_session::{Action, Event, OpenFailure, Screen, Trouble};

use crate::door::{kinds, opening};
use crate::kiosk::Kiosk;
use crate::sample;
use crate::staff::{deposited, doors_offered, placing, staff_mode};

#[test]
fn a_door_that_is_shut_while_its_second_opening_is_written_down_ends_the_pickup_when_nothing_was_sent() {
    let mut kiosk = opening();
    kiosk.opens(3);
    kiosk.disk = false;
    kiosk.touch(Action::OpenAgain);
    kiosk.shuts(3);
    kiosk.disk = true;
    kiosk.write();
    kiosk.open_fails(3, OpenFailure::NotSent);
    assert!(matches!(kiosk.screen(), Screen::Done { .. }), "{:?}", kiosk.screen());
    assert_eq!(kiosk.handovers()[0].outcome, HandoverOutcome::Taken);
    use DoorEventKind::{Closed, Intent, Opened};
    assert_eq!(kinds(&kiosk), [Intent, Opened, Intent, Closed]);
}

#[test]
fn a_door_that_is_shut_while_its_second_opening_is_written_down_holds_the_parcel_when_it_does_not_open() {
    for kind in [OpenFailure::NotSent, OpenFailure::NotDetected] {
        let mut kiosk = placing();
        kiosk.disk = false;
        kiosk.touch(Action::OpenAgain);
        kiosk.shuts(4);
        kiosk.disk = true;
        kiosk.write();
        kiosk.open_fails(4, kind);
        assert_eq!(deposited(&kiosk), [DepositOutcome::Stored], "{kind:?}");
    }
}

#[test]
fn a_door_that_did_not_open_for_a_deposit_is_still_known_to_be_shut_and_one_that_may_have_is_not() {
    use OpenFailure::{NotDetected, NotSent, Unknown};
    for (kind, offered) in [(NotSent, true), (NotDetected, true), (Unknown, false)] {
        let mut kiosk = staff_mode(&[]);
        kiosk.scan(sample::label(5));
        kiosk.plan(Ok(sample::plan(5, 4)));
        kiosk.open_fails(4, kind);
        assert_eq!(doors_offered(&mut kiosk).contains(&4), offered, "{kind:?}");
    }
}

/// The parcel is left to staff, who are called, and it is not said that it lies where it lay.
fn left_to_staff(mut kiosk: Kiosk) {
    assert!(kiosk.done().contains(&"call staff: DOOR_UNKNOWN".to_owned()));
    assert_eq!(kiosk.refused(), Reason::NeedsAttendant);
    assert_eq!(kiosk.handovers()[0].outcome, HandoverOutcome::Unknown);
    assert_eq!(kiosk.recovery().unclear.len(), 1, "somebody must look");
    assert_eq!(kiosk.pulses(), 0);
}

#[test]
fn behind_a_door_that_stands_open_though_nothing_was_sent_staff_look() {
    let mut kiosk = Kiosk::ready();
    kiosk.opens(3);
    kiosk.go_to_opening(5, 3);
    kiosk.open_fails(3, OpenFailure::NotSent);
    kiosk.forget();
    kiosk.open_fails(3, OpenFailure::NotSent);
    left_to_staff(kiosk);
}

#[test]
fn behind_a_door_that_stands_open_when_the_printer_is_given_up_staff_look() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_printing(5, 3);
    kiosk.send(Event::Printer(Some(Trouble::PaperOut)));
    kiosk.print_failed(false, Trouble::PaperOut);
    kiosk.opens(3);
    kiosk.forget();
    kiosk.wait(300);
    left_to_staff(kiosk);
}
