//! The shopper's way when everything works, and every way in which it is refused before a slip is printed.

use pickup_protocol::kiosk::{DoorEventKind, EvidenceMethod, GrantReply, HandoverOutcome, Verdict};
use pickup_protocol::{DoorNumber, Language, Reason};
use pickup_session::{Action, Display, Problem, Screen};

use crate::kiosk::Kiosk;
use crate::sample;

#[test]
fn a_pickup_goes_from_ticket_to_goods_with_each_step_written_before_it_happens() {
    let mut kiosk = Kiosk::ready();
    kiosk.scan(sample::ticket(5));
    assert_eq!(kiosk.screen(), &Screen::LookingUp);
    kiosk.verdict(sample::ready(5, &[3]));
    assert_eq!(kiosk.screen(), &Screen::PresentCard { name: sample::NAME.into(), problem: None });
    kiosk.present(sample::card());
    assert!(matches!(kiosk.screen(), Screen::Review { offline: false, .. }));
    kiosk.touch(Action::Confirm);
    assert_eq!(kiosk.screen(), &Screen::Granting);
    kiosk.grant(Ok(sample::granted(&[3])));
    assert_eq!(kiosk.screen(), &Screen::Printing);
    kiosk.printed();
    assert_eq!(kiosk.screen(), &Screen::Opening(DoorNumber(3)));
    kiosk.opens(3);
    assert_eq!(kiosk.screen(), &Screen::TakeGoods { door: DoorNumber(3), ajar: false });
    kiosk.shuts(3);
    assert_eq!(kiosk.screen(), &Screen::Done { slip: sample::slip_number(5), copy: false });
    let expected = [
        "ask for a verdict",
        "look for cards",
        "stop looking",
        "ask for a grant",
        "journal granted + slip intent",
        "written",
        "print",
        "journal slip printed + intent",
        "written",
        "open 3",
        "journal opened",
        "written",
        "journal closed + taken",
        "written",
    ];
    assert_eq!(kiosk.done(), expected);
    kiosk.wait(12);
    assert_eq!(kiosk.screen(), &Screen::Idle);
}

#[test]
fn the_handover_carries_card_slip_and_what_the_door_did() {
    let mut kiosk = Kiosk::ready();
    kiosk.pick_up(5, 3);
    let handovers = kiosk.handovers();
    let [handover] = &handovers[..] else { panic!("{handovers:?}") };
    let kinds: Vec<_> = handover.door_events.iter().map(|e| e.kind).collect();
    assert_eq!(kinds, [DoorEventKind::Intent, DoorEventKind::Opened, DoorEventKind::Closed]);
    assert!(handover.door_events.iter().all(|e| e.door == DoorNumber(3)));
    assert_eq!(handover.outcome, HandoverOutcome::Taken);
    assert_eq!((handover.slip.as_str(), handover.slips_printed), ("S000005", 1));
    assert_eq!(handover.evidence.method, EvidenceMethod::IdCard);
    assert!(handover.evidence.identity.matches(&sample::buyer()));
    assert_eq!(handover.evidence.card_valid_until.as_deref(), Some("20310101"));
    assert!(handover.grant_id.is_some());
}

#[test]
fn nothing_is_printed_or_opened_before_the_disk_has_it() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_review(5, 3);
    kiosk.touch(Action::Confirm);
    kiosk.forget();
    kiosk.disk = false;
    kiosk.grant(Ok(sample::granted(&[3])));
    assert_eq!(kiosk.done(), ["journal granted + slip intent"]);
    kiosk.write();
    assert_eq!(kiosk.done(), ["written", "print"]);
    kiosk.printed();
    assert_eq!(kiosk.done(), ["journal slip printed + intent"]);
    kiosk.write();
    assert_eq!(kiosk.done(), ["written", "open 3"]);
}

#[test]
fn the_next_person_is_greeted_in_chinese() {
    let mut kiosk = Kiosk::ready();
    kiosk.touch(Action::SwitchLanguage);
    kiosk.touch(Action::SwitchDisplay);
    kiosk.go_to_open_door(5, 3);
    assert_eq!((kiosk.view.language, kiosk.view.display), (Language::En, Display::Large));
    kiosk.shuts(3);
    kiosk.touch(Action::Finish);
    assert_eq!((kiosk.screen(), kiosk.view.language), (&Screen::Idle, Language::Zh));
    assert_eq!(kiosk.view.display, Display::Normal);
}

#[test]
fn a_language_chosen_by_somebody_who_left_goes_back_to_chinese() {
    let mut kiosk = Kiosk::ready();
    kiosk.touch(Action::SwitchLanguage);
    assert_eq!(kiosk.view.language, Language::En);
    kiosk.wait(45);
    assert_eq!(kiosk.view.language, Language::Zh);
}

#[test]
fn larger_letters_chosen_by_somebody_who_left_become_usual_again() {
    let mut kiosk = Kiosk::ready();
    let mut seen = vec![];
    for _ in 0..4 {
        kiosk.touch(Action::SwitchDisplay);
        seen.push(kiosk.view.display);
    }
    assert_eq!(seen, [Display::Large, Display::LargeStrong, Display::Normal, Display::Large]);
    kiosk.wait(45);
    assert_eq!(kiosk.view.display, Display::Normal);
}

#[test]
fn a_ticket_that_is_wrong_by_itself_is_refused_without_asking_anybody() {
    let other_centre = sample::signed(pickup_protocol::Ticket { centre: 13, ..sample::ticket_of(5) });
    let out_of_date = sample::signed(pickup_protocol::Ticket {
        not_after_unix_s: u32::try_from(sample::start().as_second()).unwrap() - 1,
        ..sample::ticket_of(5)
    });
    let foreign = sample::ticket_of(5).sign(&ed25519_dalek::SigningKey::from_bytes(&[8; 32])).into_bytes();
    let unknown_key = sample::signed(pickup_protocol::Ticket { key_id: 9, ..sample::ticket_of(5) });
    let mut cut_short = sample::ticket(5);
    cut_short.truncate(100);
    for (bytes, reason) in [
        (cut_short, Reason::TicketMalformed),
        (b"https://shop.example/orders/5".to_vec(), Reason::TicketMalformed),
        (sample::label(5), Reason::TicketMalformed),
        (foreign, Reason::TicketForged),
        (unknown_key, Reason::TicketForged),
        (out_of_date, Reason::TicketExpired),
        (other_centre, Reason::OtherCentre),
    ] {
        let mut kiosk = Kiosk::ready();
        kiosk.scan(bytes);
        assert_eq!(kiosk.refused(), reason);
        assert_eq!(kiosk.done(), [""; 0], "{reason}");
        kiosk.wait(45);
        assert_eq!(kiosk.screen(), &Screen::Idle, "{reason}");
    }
}

#[test]
fn what_was_handed_over_here_is_refused_with_the_time_and_without_asking() {
    let mut kiosk = Kiosk::ready();
    kiosk.pick_up(5, 3);
    let at = kiosk.handovers()[0].completed_at;
    for mut kiosk in [Kiosk::restarted(&kiosk.journal.clone()), kiosk] {
        kiosk.devices(&[]);
        kiosk.forget();
        kiosk.scan(sample::ticket(5));
        assert!(
            matches!(kiosk.screen(), Screen::Refused { reason: Reason::AlreadyCollected, collected_at, .. }
                if *collected_at == Some(at))
        );
        assert_eq!(kiosk.done(), [""; 0]);
    }
}

#[test]
fn what_the_backend_refuses_is_shown_as_it_says() {
    for &reason in Reason::ALL {
        let collected_at = (reason == Reason::AlreadyCollected).then(|| sample::later(-2));
        let mut kiosk = Kiosk::ready();
        kiosk.scan(sample::ticket(5));
        kiosk.verdict(Verdict::refused(reason, collected_at));
        let Screen::Refused { reason: shown, collected_at: at, reference, .. } = kiosk.screen() else {
            panic!("{:?}", kiosk.screen())
        };
        assert_eq!((*shown, *at), (reason, collected_at));
        assert_eq!(reference.len(), 8, "staff can look it up");
    }
}

#[test]
fn a_grant_that_is_refused_opens_nothing() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_review(5, 3);
    kiosk.touch(Action::Confirm);
    kiosk.forget();
    kiosk.grant(Ok(GrantReply::Refused { reason: Reason::Cancelled }));
    assert_eq!(kiosk.refused(), Reason::Cancelled);
    assert_eq!(kiosk.done(), [""; 0]);
}

#[test]
fn a_strangers_card_may_be_tried_three_times() {
    let mut kiosk = Kiosk::ready();
    kiosk.scan(sample::ticket(5));
    kiosk.verdict(sample::ready(5, &[3]));
    for tries_left in [2, 1] {
        kiosk.present(sample::strangers_card());
        let problem = Some(Problem::WrongPerson { tries_left });
        assert_eq!(kiosk.screen(), &Screen::PresentCard { name: sample::NAME.into(), problem });
    }
    kiosk.present(sample::strangers_card());
    assert_eq!(kiosk.refused(), Reason::IdMismatch);
    assert!(kiosk.journal.is_empty());
}

#[test]
fn a_card_that_cannot_be_read_or_has_run_out_may_be_followed_by_a_good_one() {
    let mut kiosk = Kiosk::ready();
    kiosk.scan(sample::ticket(5));
    kiosk.verdict(sample::ready(5, &[3]));
    kiosk.send(pickup_session::Event::CardFailed);
    let asks = |problem| Screen::PresentCard { name: sample::NAME.into(), problem: Some(problem) };
    assert_eq!(kiosk.screen(), &asks(Problem::ReadAgain));
    kiosk.present(sample::expired_card());
    assert_eq!(kiosk.screen(), &asks(Problem::Expired));
    kiosk.send(pickup_session::Event::OtherDocument);
    assert_eq!(kiosk.screen(), &asks(Problem::OtherDocument));
    kiosk.present(sample::card());
    assert!(matches!(kiosk.screen(), Screen::Review { .. }));
}

#[test]
fn a_card_is_good_on_its_last_day_in_china() {
    let mut kiosk = Kiosk::ready();
    kiosk.now.wall = Some(crate::kiosk::at("2026-11-22T15:59:00Z"));
    kiosk.scan(sample::ticket(5));
    kiosk.verdict(sample::ready(5, &[3]));
    kiosk.present(sample::expired_card());
    assert!(matches!(kiosk.screen(), Screen::Review { .. }), "until midnight");
    kiosk.touch(Action::Cancel);
    kiosk.wait(60);
    kiosk.scan(sample::ticket(5));
    kiosk.verdict(sample::ready(5, &[3]));
    kiosk.present(sample::expired_card());
    assert!(matches!(kiosk.screen(), Screen::PresentCard { problem: Some(Problem::Expired), .. }));
}

#[test]
fn confirming_twice_asks_once() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_review(5, 3);
    kiosk.forget();
    kiosk.touch(Action::Confirm);
    kiosk.touch(Action::Confirm);
    kiosk.grant(Ok(sample::granted(&[3])));
    kiosk.touch(Action::Confirm);
    let expected = ["ask for a grant", "journal granted + slip intent", "written", "print"];
    assert_eq!(kiosk.done(), expected);
}

#[test]
fn an_answer_that_comes_after_the_person_left_changes_nothing() {
    let mut kiosk = Kiosk::ready();
    kiosk.scan(sample::ticket(5));
    let late = kiosk.asked.verdict.take().unwrap();
    kiosk.touch(Action::Cancel);
    kiosk.scan(sample::ticket(6));
    kiosk.forget();
    kiosk.send(pickup_session::Event::Verdict(late, Ok(Box::new(sample::ready(5, &[3])))));
    assert_eq!(kiosk.screen(), &Screen::LookingUp, "the second ticket is still looked up");
    assert_eq!(kiosk.done(), [""; 0]);
}

#[test]
fn whatever_is_scanned_while_a_person_is_served_is_ignored() {
    let mut kiosk = Kiosk::ready();
    let noise = [sample::ticket(6), sample::badge().into_bytes(), sample::label(5), b"noise".to_vec()];
    let calm = |kiosk: &mut Kiosk| {
        let before = kiosk.screen().clone();
        kiosk.forget();
        noise.iter().for_each(|bytes| kiosk.scan(bytes.clone()));
        assert_eq!(kiosk.done(), [""; 0]);
        assert_eq!(kiosk.screen(), &before);
    };
    kiosk.scan(sample::ticket(5));
    calm(&mut kiosk);
    kiosk.verdict(sample::ready(5, &[3]));
    calm(&mut kiosk);
    kiosk.present(sample::card());
    calm(&mut kiosk);
    kiosk.touch(Action::Confirm);
    calm(&mut kiosk);
    kiosk.grant(Ok(sample::granted(&[3])));
    calm(&mut kiosk);
    kiosk.printed();
    calm(&mut kiosk);
    kiosk.opens(3);
    calm(&mut kiosk);
}
