//! The pickup number on the pad of digits.

use pickup_protocol::kiosk::{Progress, Verdict};
use pickup_protocol::{Manifest, Reason};
use pickup_session::{Action, Event, Screen, Whereabouts};

use crate::kiosk::Kiosk;
use crate::sample;

fn type_in(kiosk: &mut Kiosk, digits: &str) {
    for digit in digits.bytes() {
        kiosk.touch(Action::Digit(digit - b'0'));
    }
}

fn number(pickup: u64) -> String {
    sample::number(pickup).to_string()
}

fn pad(kiosk: &Kiosk) -> (String, bool, Option<Reason>) {
    match kiosk.screen() {
        Screen::TypeNumber { digits, ready, problem } => (digits.clone(), *ready, *problem),
        other => panic!("no pad: {other:?}"),
    }
}

fn typed(kiosk: &mut Kiosk, pickup: u64) {
    kiosk.touch(Action::TypeNumber);
    type_in(kiosk, &number(pickup));
    kiosk.touch(Action::Confirm);
}

#[test]
fn a_typed_number_leads_where_the_ticket_leads_and_the_card_is_still_asked_for() {
    let mut kiosk = Kiosk::ready();
    typed(&mut kiosk, 5);
    assert_eq!(kiosk.screen(), &Screen::LookingUp);
    assert_eq!(kiosk.done(), [format!("ask about {}", number(5))]);
    kiosk.verdict(sample::ready(5, &[3]));
    assert!(matches!(kiosk.screen(), Screen::PresentCard { .. }));
}

#[test]
fn digits_are_taken_back_one_by_one_and_all_at_once_and_too_few_go_nowhere() {
    let mut kiosk = Kiosk::ready();
    kiosk.touch(Action::TypeNumber);
    type_in(&mut kiosk, "123456");
    assert_eq!(pad(&kiosk), ("123456".into(), false, None));
    kiosk.touch(Action::Confirm);
    assert_eq!(pad(&kiosk).0, "123456", "that is no whole number");
    kiosk.touch(Action::DeleteDigit);
    assert_eq!(pad(&kiosk).0, "12345");
    type_in(&mut kiosk, "67");
    assert_eq!(pad(&kiosk), ("1234567".into(), true, None));
    kiosk.touch(Action::ClearDigits);
    assert_eq!(pad(&kiosk).0, "");
    type_in(&mut kiosk, &"9".repeat(40));
    assert_eq!(pad(&kiosk).0.len(), 18, "no longer than a number can be");
    kiosk.touch(Action::Cancel);
    assert_eq!(kiosk.screen(), &Screen::Idle);
}

#[test]
fn whoever_walks_away_from_the_pad_leaves_nothing_on_it() {
    let mut kiosk = Kiosk::ready();
    kiosk.touch(Action::TypeNumber);
    type_in(&mut kiosk, "1234567");
    kiosk.wait(45);
    assert_eq!(kiosk.screen(), &Screen::StillThere);
    kiosk.wait(15);
    assert_eq!(kiosk.screen(), &Screen::Idle);
    kiosk.touch(Action::TypeNumber);
    assert_eq!(pad(&kiosk).0, "");
}

#[test]
fn a_wrong_number_can_be_mended_and_after_five_in_ten_minutes_typing_is_closed_to_everybody() {
    let mut kiosk = Kiosk::ready();
    typed(&mut kiosk, 5);
    for _ in 0..4 {
        kiosk.verdict(Verdict::refused(Reason::NumberUnknown, None));
        assert_eq!(pad(&kiosk), (number(5), true, Some(Reason::NumberUnknown)));
        kiosk.touch(Action::Confirm);
    }
    kiosk.verdict(Verdict::refused(Reason::NumberUnknown, None));
    assert_eq!(kiosk.refused(), Reason::TooManyTries);
    kiosk.touch(Action::Finish);
    kiosk.touch(Action::TypeNumber);
    assert_eq!(kiosk.refused(), Reason::TooManyTries, "the next person as well");
    kiosk.scan(sample::ticket(5));
    assert_eq!(kiosk.screen(), &Screen::LookingUp, "a code still scans");
    kiosk.touch(Action::Cancel);
    kiosk.wait(600);
    kiosk.touch(Action::TypeNumber);
    assert_eq!(pad(&kiosk).0, "");
}

#[test]
fn without_the_backend_a_number_of_the_manifest_is_good_and_no_other() {
    let manifest = || sample::manifest(&[(5, 3)], &[]);
    let mut kiosk = Kiosk::offline(manifest());
    typed(&mut kiosk, 5);
    kiosk.no_verdict();
    assert!(matches!(kiosk.screen(), Screen::PresentCard { .. }));
    let mut kiosk = Kiosk::offline(manifest());
    typed(&mut kiosk, 6);
    kiosk.no_verdict();
    assert_eq!(pad(&kiosk), (number(6), true, Some(Reason::Offline)));
    let old = Manifest { valid_until: sample::later(-1), ..manifest() };
    let mut kiosk = Kiosk::offline(old);
    typed(&mut kiosk, 5);
    kiosk.no_verdict();
    assert_eq!(kiosk.refused(), Reason::Offline, "a manifest out of date");
}

#[test]
fn a_number_whose_goods_were_taken_here_is_refused_before_the_backend_has_heard_of_it() {
    let mut kiosk = Kiosk::ready();
    kiosk.pick_up(5, 3);
    typed(&mut kiosk, 5);
    kiosk.verdict(sample::ready(5, &[3]));
    assert_eq!(kiosk.refused(), Reason::AlreadyCollected);
}

#[test]
fn a_code_that_scans_after_all_ends_the_typing() {
    let mut kiosk = Kiosk::ready();
    kiosk.touch(Action::TypeNumber);
    type_in(&mut kiosk, "123");
    kiosk.scan(sample::ticket(5));
    kiosk.verdict(sample::ready(5, &[3]));
    assert!(matches!(kiosk.screen(), Screen::PresentCard { .. }));
}

#[test]
fn no_number_is_typed_at_a_kiosk_that_cannot_open_a_door() {
    let mut kiosk = Kiosk::ready();
    kiosk.send(Event::Lock(false));
    kiosk.touch(Action::TypeNumber);
    assert_eq!(kiosk.screen(), &Screen::OutOfService("LOCK_DOWN"));
}

#[test]
fn a_refusal_says_how_far_the_parcel_is_and_stays_long_enough_to_be_read() {
    let mut kiosk = Kiosk::ready();
    typed(&mut kiosk, 5);
    let progress = Some(Progress::Inspection);
    let reason = Reason::UnderInspection;
    kiosk.verdict(Verdict::Refused { reason, collected_at: None, progress, kiosk: None });
    let Screen::Refused { whereabouts, .. } = kiosk.screen() else { panic!() };
    assert_eq!(whereabouts, &Whereabouts { progress, ..Whereabouts::default() });
    kiosk.wait(44);
    assert!(matches!(kiosk.screen(), Screen::Refused { .. }));
    kiosk.wait(1);
    assert_eq!(kiosk.screen(), &Screen::Idle);
}
