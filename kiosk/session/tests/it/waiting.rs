//! People who hesitate, ask for help or leave; and a kiosk that cannot serve.

use pickup_protocol::{Language, Reason};
use pickup_session::{Action, Event, Screen};

use crate::kiosk::Kiosk;
use crate::sample;

#[test]
fn a_person_who_does_nothing_is_asked_and_then_sent_home() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_review(5, 3);
    kiosk.wait(44);
    assert!(matches!(kiosk.screen(), Screen::Review { .. }));
    kiosk.wait(1);
    assert_eq!((kiosk.screen(), kiosk.view.countdown_s), (&Screen::StillThere, Some(15)));
    kiosk.wait(14);
    assert_eq!((kiosk.screen(), kiosk.view.countdown_s), (&Screen::StillThere, Some(1)));
    kiosk.wait(1);
    assert_eq!(kiosk.screen(), &Screen::Idle);
    assert!(kiosk.journal.is_empty());
}

#[test]
fn more_time_brings_the_page_back() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_review(5, 3);
    kiosk.wait(50);
    kiosk.touch(Action::MoreTime);
    assert!(matches!(kiosk.screen(), Screen::Review { .. }));
    kiosk.wait(44);
    assert!(matches!(kiosk.screen(), Screen::Review { .. }));
}

#[test]
fn a_card_on_the_reader_shows_that_somebody_is_there() {
    let mut kiosk = Kiosk::ready();
    kiosk.scan(sample::ticket(5));
    kiosk.verdict(sample::ready(5, &[3]));
    kiosk.wait(50);
    assert_eq!(kiosk.screen(), &Screen::StillThere);
    kiosk.send(Event::CardFailed);
    assert!(matches!(kiosk.screen(), Screen::PresentCard { .. }));
    kiosk.wait(44);
    assert!(matches!(kiosk.screen(), Screen::PresentCard { .. }));
    kiosk.wait(5);
    kiosk.present(sample::card());
    assert!(matches!(kiosk.screen(), Screen::Review { .. }), "also while it asks whether somebody is there");
}

#[test]
fn help_lies_over_the_page_and_goes_back_to_it() {
    let mut kiosk = Kiosk::ready();
    kiosk.scan(sample::ticket(5));
    kiosk.verdict(sample::ready(5, &[3]));
    kiosk.forget();
    kiosk.touch(Action::Help);
    assert_eq!(kiosk.screen(), &Screen::Help { reference: "00000005".into() });
    assert_eq!(kiosk.done(), ["call staff: HELP_ASKED", "stop looking"]);
    kiosk.touch(Action::Back);
    assert!(matches!(kiosk.screen(), Screen::PresentCard { .. }));
    assert_eq!(kiosk.done(), ["look for cards"]);
}

#[test]
fn help_that_nobody_closes_ends_the_session() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_review(5, 3);
    kiosk.touch(Action::Help);
    kiosk.wait(90);
    assert_eq!(kiosk.screen(), &Screen::Idle);
    kiosk.touch(Action::Help);
    kiosk.wait(45);
    assert_eq!(kiosk.screen(), &Screen::Idle);
}

#[test]
fn a_person_may_cancel_until_the_slip_prints() {
    let mut looking_up = Kiosk::ready();
    looking_up.scan(sample::ticket(5));
    let mut present_card = Kiosk::ready();
    present_card.scan(sample::ticket(5));
    present_card.verdict(sample::ready(5, &[3]));
    let mut review = Kiosk::ready();
    review.go_to_review(5, 3);
    for mut kiosk in [looking_up, present_card, review] {
        kiosk.touch(Action::Cancel);
        assert_eq!(kiosk.screen(), &Screen::Idle);
    }
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_printing(5, 3);
    kiosk.touch(Action::Cancel);
    assert_eq!(kiosk.screen(), &Screen::Printing);
}

#[test]
fn the_other_language_is_one_touch_away_on_every_page() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_review(5, 3);
    kiosk.touch(Action::SwitchLanguage);
    assert!(matches!(kiosk.screen(), Screen::Review { .. }));
    assert_eq!(kiosk.view.language, Language::En);
    kiosk.touch(Action::SwitchLanguage);
    assert_eq!(kiosk.view.language, Language::Zh);
}

#[test]
fn nothing_of_a_person_is_left_on_the_idle_page() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_review(5, 3);
    let secrets = [sample::NAME, &sample::offer(5, &[3]).identity.digest, "WB20260005"];
    let before = format!("{:?} {:?}", kiosk.session, kiosk.view);
    assert!(secrets.iter().all(|secret| before.contains(secret)), "the test can fail");
    kiosk.touch(Action::Cancel);
    let after = format!("{:?} {:?}", kiosk.session, kiosk.view);
    assert!(secrets.iter().all(|secret| !after.contains(secret)), "{after}");
}

#[test]
fn a_kiosk_without_lock_or_scanner_or_contact_says_so_and_takes_no_ticket() {
    let mut kiosk = Kiosk::off();
    kiosk.send(Event::Recovered(Some(Box::default())));
    assert_eq!(kiosk.screen(), &Screen::OutOfService("NOT_CONNECTED_YET"));
    kiosk.devices(&[]);
    for (down, up, code) in [
        (Event::Lock(false), Event::Lock(true), "LOCK_DOWN"),
        (Event::Scanner(false), Event::Scanner(true), "SCANNER_DOWN"),
    ] {
        kiosk.send(down);
        assert_eq!(kiosk.screen(), &Screen::OutOfService(code));
        kiosk.forget();
        kiosk.scan(sample::ticket(5));
        assert_eq!((kiosk.done(), kiosk.view.screen.clone()), (vec![], Screen::OutOfService(code)));
        kiosk.send(up);
        assert_eq!(kiosk.screen(), &Screen::Idle);
    }
}

#[test]
fn a_damaged_journal_keeps_the_kiosk_closed() {
    let mut kiosk = Kiosk::off();
    kiosk.send(Event::Recovered(None));
    kiosk.devices(&[]);
    assert_eq!(kiosk.screen(), &Screen::OutOfService("JOURNAL_FAILED"));
    kiosk.forget();
    for bytes in [sample::ticket(5), sample::badge().into_bytes()] {
        kiosk.scan(bytes);
    }
    assert_eq!(kiosk.done(), [""; 0]);
}

#[test]
fn when_the_journal_fails_nothing_opens_any_more() {
    type Step = fn(&mut Kiosk);
    let steps: [Step; 6] = [
        |kiosk| {
            kiosk.go_to_review(5, 3);
            kiosk.disk = false;
            kiosk.touch(Action::Confirm);
            kiosk.grant(Ok(sample::granted(&[3])));
        },
        |kiosk| {
            kiosk.go_to_printing(5, 3);
            kiosk.disk = false;
            kiosk.printed();
        },
        |kiosk| kiosk.go_to_opening(5, 3),
        |kiosk| {
            kiosk.go_to_open_door(5, 3);
            kiosk.disk = false;
            kiosk.touch(Action::OpenAgain);
        },
        |kiosk| kiosk.go_to_review(5, 3),
        |kiosk| kiosk.scan(sample::badge().into_bytes()),
    ];
    for step in steps {
        let mut kiosk = Kiosk::ready();
        step(&mut kiosk);
        kiosk.forget();
        kiosk.send(Event::JournalFailed);
        assert_eq!(kiosk.screen(), &Screen::OutOfService("JOURNAL_FAILED"));
        while !kiosk.unwritten.is_empty() {
            kiosk.write();
        }
        kiosk.touch(Action::OpenAgain);
        kiosk.opens(3);
        kiosk.shuts(3);
        kiosk.scan(sample::ticket(6));
        kiosk.scan(sample::badge().into_bytes());
        kiosk.wait(600);
        assert_eq!(kiosk.pulses(), 0);
        assert_eq!(kiosk.screen(), &Screen::OutOfService("JOURNAL_FAILED"));
    }
}

#[test]
fn a_disk_that_does_not_answer_is_taken_for_broken() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_printing(5, 3);
    kiosk.disk = false;
    kiosk.printed();
    kiosk.forget();
    kiosk.wait(20);
    assert_eq!(kiosk.screen(), &Screen::OutOfService("JOURNAL_FAILED"));
    kiosk.write();
    assert_eq!(kiosk.pulses(), 0, "an answer that comes after that opens nothing");
}

#[test]
fn a_refusal_goes_away_by_itself_and_the_next_ticket_need_not_wait_for_that() {
    let mut kiosk = Kiosk::ready();
    kiosk.scan(b"noise".to_vec());
    assert_eq!((kiosk.refused(), kiosk.view.countdown_s), (Reason::TicketMalformed, Some(12)));
    kiosk.scan(sample::ticket(5));
    assert_eq!(kiosk.screen(), &Screen::LookingUp);
}
