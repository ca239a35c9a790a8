//! The backend away: what the manifest allows, and what it does not.

use pickup_protocol::kiosk::Offer;
use pickup_protocol::{DoorNumber, Manifest, Reason};
use pickup_session::{Action, Event, Screen, Unreachable};

use crate::kiosk::Kiosk;
use crate::sample;

fn manifest() -> Manifest {
    sample::manifest(&[(5, 3), (6, 4)], &[])
}

#[test]
fn what_the_manifest_lists_is_handed_over_without_the_backend() {
    let mut kiosk = Kiosk::offline(manifest());
    kiosk.scan(sample::ticket(5));
    kiosk.no_verdict();
    kiosk.present(sample::card());
    assert!(matches!(kiosk.screen(), Screen::Review { offline: true, .. }));
    kiosk.forget();
    kiosk.touch(Action::Confirm);
    assert_eq!(kiosk.done(), ["journal granted + slip intent", "written", "print"]);
    kiosk.printed();
    assert_eq!(kiosk.done(), ["journal slip printed + intent", "written", "open 3"]);
    kiosk.opens(3);
    kiosk.shuts(3);
    let handovers = kiosk.handovers();
    assert_eq!(handovers.len(), 1);
    assert_eq!(handovers[0].grant_id, None, "the manifest alone granted it");
    assert_eq!(handovers[0].manifest, Some(manifest().used()), "and it says which");
}

#[test]
fn a_backend_that_does_not_answer_is_waited_for_twenty_seconds() {
    let mut kiosk = Kiosk::offline(manifest());
    kiosk.scan(sample::ticket(5));
    kiosk.wait(19);
    assert_eq!(kiosk.screen(), &Screen::LookingUp);
    kiosk.wait(1);
    assert!(matches!(kiosk.screen(), Screen::PresentCard { .. }));
}

fn refused_offline(change: impl FnOnce(&mut Kiosk), pickup: u64) -> Reason {
    let mut kiosk = Kiosk::offline(manifest());
    change(&mut kiosk);
    kiosk.scan(sample::ticket(pickup));
    kiosk.forget();
    kiosk.no_verdict();
    assert_eq!(kiosk.done(), [""; 0]);
    kiosk.refused()
}

#[test]
fn without_backend_and_without_a_good_manifest_nothing_is_handed_over() {
    assert_eq!(refused_offline(|_| {}, 7), Reason::Offline, "not listed");
    let out_of_date = Manifest { valid_until: sample::later(-1), ..manifest() };
    let change = |kiosk: &mut Kiosk| kiosk.send(Event::Manifest(Box::new(out_of_date)));
    assert_eq!(refused_offline(change, 5), Reason::Offline, "manifest out of date");
    let mut overdue = manifest();
    overdue.entries[0].offer = Offer { not_after: sample::later(-1), ..sample::offer(5, &[3]) };
    let change = |kiosk: &mut Kiosk| kiosk.send(Event::Manifest(Box::new(overdue)));
    assert_eq!(refused_offline(change, 5), Reason::Offline, "parcel no longer to be collected");
}

#[test]
fn a_kiosk_that_does_not_know_the_date_hands_nothing_over_by_itself() {
    assert_eq!(refused_offline(|kiosk| kiosk.now.wall = None, 5), Reason::Offline);
}

#[test]
fn what_was_collected_elsewhere_is_known_from_the_manifest() {
    let at = sample::later(-3);
    let mut kiosk = Kiosk::offline(sample::manifest(&[], &[(5, at)]));
    kiosk.scan(sample::ticket(5));
    kiosk.no_verdict();
    assert!(matches!(kiosk.screen(), Screen::Refused { reason: Reason::AlreadyCollected, collected_at, .. }
            if *collected_at == Some(at)));
}

#[test]
fn what_was_taken_here_is_not_handed_over_again_by_an_older_manifest() {
    let mut kiosk = Kiosk::offline(manifest());
    kiosk.pick_up(5, 3);
    kiosk.scan(sample::ticket(5));
    assert_eq!(kiosk.refused(), Reason::AlreadyCollected);
}

fn confirmed(manifest: Option<Manifest>) -> Kiosk {
    let mut kiosk = Kiosk::ready();
    if let Some(manifest) = manifest {
        kiosk.send(Event::Manifest(Box::new(manifest)));
    }
    kiosk.go_to_review(5, 3);
    kiosk.touch(Action::Confirm);
    kiosk.forget();
    kiosk
}

#[test]
fn a_backend_that_goes_away_before_the_grant_leaves_it_to_the_manifest() {
    let mut refused = confirmed(Some(manifest()));
    refused.grant(Err(Unreachable));
    let mut silent = confirmed(Some(manifest()));
    silent.wait(20);
    for mut kiosk in [refused, silent] {
        assert_eq!(kiosk.done(), ["journal granted + slip intent", "written", "print"]);
        kiosk.printed();
        kiosk.opens(3);
        kiosk.shuts(3);
        assert_eq!(kiosk.handovers()[0].grant_id, None);
        assert!(kiosk.handovers()[0].evidence.identity.matches(&sample::buyer()));
    }
}

#[test]
fn a_manifest_that_says_otherwise_than_the_verdict_does_not_stand_in_for_the_grant() {
    let mut other_person = manifest();
    other_person.entries[0].offer.identity.salt = "00".repeat(16);
    for manifest in [None, Some(sample::manifest(&[(5, 4)], &[])), Some(other_person)] {
        let mut kiosk = confirmed(manifest);
        kiosk.grant(Err(Unreachable));
        assert_eq!(kiosk.refused(), Reason::Offline);
        assert_eq!(kiosk.done(), [""; 0]);
    }
}

#[test]
fn a_late_grant_after_the_manifest_stepped_in_opens_nothing_more() {
    let mut kiosk = confirmed(Some(manifest()));
    let late = kiosk.asked.grant.unwrap();
    kiosk.wait(20);
    kiosk.forget();
    kiosk.send(Event::Grant(late, Ok(sample::granted(&[4]))));
    assert_eq!(kiosk.done(), [""; 0]);
    kiosk.printed();
    assert_eq!(kiosk.screen(), &Screen::Opening(DoorNumber(3)));
}

#[test]
fn while_the_backend_is_away_the_page_says_since_when_and_as_of_when() {
    let mut kiosk = Kiosk::offline(manifest());
    let away = kiosk.view.away.clone().unwrap();
    assert_eq!(away.since, Some(sample::start()));
    assert_eq!(away.figures_of, Some(manifest().issued_at));
    assert_eq!(away.good_until, Some(manifest().valid_until));
    kiosk.wait(60);
    kiosk.send(Event::Online(false));
    assert_eq!(kiosk.view.away, Some(away), "since when it went, not since it was last tried");
    kiosk.send(Event::Online(true));
    assert_eq!(kiosk.view.away, None);
}
