//! A door that stands open though nobody asked for it calls staff, and nothing else calls them for that.

use pickup_session::{Action, Event, OpenFailure, Screen};

use crate::door::opening;
use crate::kiosk::Kiosk;
use crate::sample;
use crate::staff::placing;

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
    kiosk.forget();
    kiosk.opens(6);
    assert_eq!(calls(&mut kiosk), [CALL_TO_6], "the latch did not hold");
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
    kiosk.send(Event::Lock(false));
    kiosk.send(Event::Lock(true));
    kiosk.opens(6);
    assert_eq!(calls(&mut kiosk), [CALL_TO_6]);
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
fn a_lock_that_gives_way_after_it_was_given_up_calls_staff() {
    let mut kiosk = opening();
    kiosk.open_fails(3, OpenFailure::NotDetected);
    kiosk.open_fails(3, OpenFailure::NotDetected);
    kiosk.forget();
    kiosk.opens(3);
    assert_eq!(calls(&mut kiosk), ["call staff: DOOR_UNASKED 3"]);
}
