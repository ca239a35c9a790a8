//! A door that stands open though nobody asked for it calls staff, and nothing else calls them for that.

use pickup_session::{Action, Event, OpenFailure, Screen};

use crate::door::opening;
use crate::kiosk::Kiosk;
use crate::sample;
use crate::staff::{placing, staff_mode};
use crate::work::{at_work, choose};

const CALL_TO_6: &str = "call staff: DOOR_UNASKED 6";

fn calls(kiosk: &mut Kiosk) -> Vec<String> {
    kiosk.done().into_iter().filter(|done| done.contains("DOOR_UNASKED")).collect()
}

#[test]
fn a_door_forced_at_any_time_calls_staff_and_changes_nothing_for_whoever_stands_there() {
    let badge = || {
        let mut kiosk = Kiosk::ready();
        kiosk.scan(sample::badge().into_bytes());
        kiosk
    };
    for mut kiosk in [Kiosk::ready(), opening(), placing(), badge()] {
        kiosk.forget();
        let before = kiosk.screen().clone();
        kiosk.opens(6);
        assert_eq!(kiosk.done(), [CALL_TO_6], "{before:?}");
        assert_eq!(kiosk.screen(), &before);
    }
}

#[test]
fn the_doors_that_shoppers_and_staff_open_call_nobody() {
    let mut kiosk = Kiosk::ready();
    kiosk.pick_up(5, 3);
    assert_eq!(calls(&mut kiosk), [""; 0]);
    let mut kiosk = placing();
    kiosk.touch(Action::OpenAgain);
    kiosk.opens(4);
    kiosk.shuts(4);
    assert_eq!(calls(&mut kiosk), [""; 0]);
}

#[test]
fn a_door_that_flickers_calls_once_an_hour_and_one_that_was_opened_rightly_since_calls_again() {
    let mut kiosk = Kiosk::ready();
    for _ in 0..100 {
        kiosk.opens(6);
        kiosk.shuts(6);
    }
    kiosk.opens(5);
    kiosk.shuts(5);
    assert_eq!(calls(&mut kiosk), [CALL_TO_6, "call staff: DOOR_UNASKED 5"]);
    kiosk.wait(3_600);
    kiosk.opens(6);
    kiosk.shuts(6);
    assert_eq!(calls(&mut kiosk), [CALL_TO_6]);
    kiosk.pick_up(5, 6);
    kiosk.wait(10);
    kiosk.forget();
    kiosk.opens(6);
    assert_eq!(calls(&mut kiosk), [CALL_TO_6], "the latch did not hold");
}

#[test]
fn a_door_forced_again_within_the_hour_is_called_about_at_its_end_if_it_still_stands_open() {
    let mut kiosk = Kiosk::ready();
    kiosk.opens(6);
    kiosk.wait(7_200);
    assert_eq!(calls(&mut kiosk), [CALL_TO_6], "nobody is told twice of the same");
    kiosk.shuts(6);
    kiosk.opens(6);
    assert_eq!(calls(&mut kiosk), [CALL_TO_6]);
    kiosk.shuts(6);
    kiosk.wait(1_200);
    kiosk.opens(6);
    kiosk.wait(2_399);
    assert_eq!(calls(&mut kiosk), [""; 0]);
    kiosk.wait(1);
    assert_eq!(calls(&mut kiosk), [CALL_TO_6]);
}

#[test]
fn a_door_found_open_at_the_start_or_when_the_lock_answers_again_calls_staff() {
    let mut kiosk = Kiosk::off();
    kiosk.send(Event::Recovered(Some(Box::default())));
    kiosk.devices(&[6]);
    assert_eq!(calls(&mut kiosk), [CALL_TO_6]);

    let mut kiosk = Kiosk::off();
    kiosk.devices(&[6]);
    assert_eq!(calls(&mut kiosk), [""; 0], "what goes on is not known yet");
    kiosk.send(Event::Recovered(Some(Box::default())));
    assert_eq!(calls(&mut kiosk), [CALL_TO_6]);

    let mut kiosk = Kiosk::off();
    kiosk.devices(&[6]);
    kiosk.send(Event::Recovered(None));
    assert_eq!(calls(&mut kiosk), [CALL_TO_6], "also with a journal that cannot be read");

    let mut kiosk = Kiosk::ready();
    kiosk.opens(6);
    kiosk.send(Event::Lock(false));
    kiosk.forget();
    kiosk.devices(&[5, 6]);
    assert_eq!(calls(&mut kiosk), ["call staff: DOOR_UNASKED 5"], "of door 6 staff were told");
    kiosk.wait(3_600);
    assert_eq!(calls(&mut kiosk), [CALL_TO_6], "nobody saw whether it was shut in between");
}

#[test]
fn the_open_door_of_a_pickup_that_goes_on_after_a_power_cut_is_explained() {
    let mut before = opening();
    before.opens(3);
    let mut kiosk = Kiosk::restarted(&before.journal);
    kiosk.devices(&[3, 6]);
    assert!(matches!(kiosk.screen(), Screen::TakeGoods { .. }), "{:?}", kiosk.screen());
    assert_eq!(calls(&mut kiosk), [CALL_TO_6]);
}

#[test]
fn what_goes_on_after_a_power_cut_explains_its_door_also_before_all_doors_are_known() {
    let deposit = placing().journal;
    let opening_by_staff = {
        let mut kiosk = at_work();
        choose(&mut kiosk, 4);
        kiosk.opening(Ok(sample::opening(None)));
        kiosk.opens(4);
        assert_eq!(calls(&mut kiosk), [""; 0]);
        kiosk.journal
    };
    for journal in [deposit, opening_by_staff] {
        let mut kiosk = Kiosk::restarted(&journal);
        kiosk.send(Event::Lock(true));
        kiosk.opens(6);
        assert_eq!(calls(&mut kiosk), [CALL_TO_6], "its own door is not known yet");
        kiosk.devices(&[4, 6]);
        assert_ne!(kiosk.screen(), &Screen::Starting);
        assert_eq!(calls(&mut kiosk), [""; 0]);
    }
}

#[test]
fn a_look_by_staff_explains_its_door_also_when_they_use_the_key() {
    for by_lock in [true, false] {
        let mut kiosk = staff_mode(&[(5, 3)]);
        kiosk.touch(Action::StaffOpen);
        if by_lock {
            kiosk.touch(Action::StaffOpen);
        }
        kiosk.opens(3);
        assert!(matches!(kiosk.screen(), Screen::StaffAttention { .. }), "{:?}", kiosk.screen());
        assert_eq!(calls(&mut kiosk), [""; 0]);
    }
}

#[test]
fn a_lock_that_gives_way_after_it_was_given_up_calls_staff_if_the_door_stays_open() {
    for stays in [true, false] {
        let mut kiosk = opening();
        kiosk.open_fails(3, OpenFailure::NotDetected);
        kiosk.open_fails(3, OpenFailure::NotDetected);
        kiosk.forget();
        kiosk.opens(3);
        assert_eq!(calls(&mut kiosk), [""; 0]);
        if !stays {
            kiosk.shuts(3);
        }
        kiosk.wait(10);
        assert_eq!(calls(&mut kiosk).len(), usize::from(stays));
    }
}

#[test]
fn a_door_that_springs_open_while_staff_say_what_became_of_the_parcel_is_not_passed_over() {
    let mut kiosk = at_work();
    choose(&mut kiosk, 4);
    kiosk.opening(Ok(sample::opening(Some(6))));
    kiosk.opens(4);
    kiosk.shuts(4);
    kiosk.wait(10);
    kiosk.opens(4);
    assert_eq!(calls(&mut kiosk), ["call staff: DOOR_UNASKED 4"]);
}
