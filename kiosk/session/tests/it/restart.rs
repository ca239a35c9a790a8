//! A power cut after every record of the journal: nothing is lost, nothing is replayed.

use pickup_protocol::kiosk::{DepositOutcome, HandoverOutcome};
use pickup_protocol::{DoorNumber, Reason};
use pickup_session::journal::Report;
use pickup_session::{Action, Event, Record, Screen, recover};

use crate::kiosk::{Kiosk, record_name};
use crate::sample;

fn pickup_journal() -> Vec<Record> {
    let mut kiosk = Kiosk::ready();
    kiosk.pick_up(5, 3);
    let names: Vec<String> = kiosk.journal.iter().map(record_name).collect();
    assert_eq!(names, ["granted", "slip intent", "slip printed", "intent", "opened", "closed", "taken"]);
    kiosk.journal
}

fn deposit_journal() -> Vec<Record> {
    let mut kiosk = Kiosk::ready();
    kiosk.scan(sample::badge().into_bytes());
    kiosk.staff(Ok(sample::welcome(&[])));
    kiosk.scan(sample::label(5));
    kiosk.plan(Ok(sample::plan(5, 3)));
    kiosk.opens(3);
    kiosk.shuts(3);
    let names: Vec<String> = kiosk.journal.iter().map(record_name).collect();
    assert_eq!(names, ["deposit begun", "deposit opened", "deposit closed", "deposited Stored"]);
    kiosk.journal
}

/// The kiosk after a power cut that left these records, with the door as given.
fn restarted(journal: &[Record], open: bool) -> Kiosk {
    let mut kiosk = Kiosk::restarted(journal);
    kiosk.devices(if open { &[3] } else { &[] });
    assert_eq!(kiosk.pulses(), 0, "nothing opens by itself after a restart");
    kiosk
}

fn id_granted(journal: &[Record]) -> uuid::Uuid {
    match &journal[0] {
        Record::Granted(open) => open.handover_id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_pickup_cut_before_its_door_was_to_open_begins_again_with_a_copy_where_a_slip_may_be_out() {
    let journal = pickup_journal();
    for n in 0..=3 {
        for open in [false, true] {
            let mut kiosk = restarted(&journal[..n], open);
            assert_eq!(kiosk.screen(), &Screen::Idle, "{n} records");
            kiosk.shuts(3);
            kiosk.go_to_printing(5, 3);
            assert_eq!(kiosk.job().copy, n >= 2, "{n} records");
            kiosk.printed();
            kiosk.opens(3);
            kiosk.shuts(3);
            assert_eq!(kiosk.handovers().len(), 1);
        }
    }
}

#[test]
fn a_pickup_cut_with_its_door_standing_open_waits_for_it_to_be_shut() {
    let journal = pickup_journal();
    for n in 4..=6 {
        let mut kiosk = restarted(&journal[..n], true);
        assert_eq!(kiosk.screen(), &Screen::TakeGoods { door: DoorNumber(3), ajar: false }, "{n} records");
        kiosk.touch(Action::OpenAgain);
        assert_eq!(kiosk.pulses(), 0, "whoever touches has not shown a card since the restart");
        kiosk.shuts(3);
        assert!(matches!(kiosk.screen(), Screen::Done { .. }), "{n} records");
        let handovers = kiosk.handovers();
        assert_eq!(handovers.len(), 1);
        assert_eq!(handovers[0].outcome, HandoverOutcome::Taken);
        assert_eq!(handovers[0].handover_id, id_granted(&journal));
    }
}

#[test]
fn a_pickup_cut_after_its_door_was_seen_open_and_found_shut_was_taken() {
    let journal = pickup_journal();
    for n in 5..=6 {
        let kiosk = restarted(&journal[..n], false);
        let handovers = kiosk.handovers();
        assert_eq!(handovers.len(), 1, "{n} records");
        assert_eq!(handovers[0].outcome, HandoverOutcome::Taken, "{n} records");
        assert_eq!(handovers[0].handover_id, id_granted(&journal));
    }
}

#[test]
fn a_pickup_cut_between_intent_and_door_is_left_to_staff() {
    let journal = pickup_journal();
    let mut kiosk = restarted(&journal[..4], false);
    let handovers = kiosk.handovers();
    assert_eq!(handovers.len(), 1);
    assert_eq!(handovers[0].outcome, HandoverOutcome::Unknown);
    assert_eq!(handovers[0].handover_id, id_granted(&journal));
    assert_eq!(kiosk.screen(), &Screen::Idle);
    kiosk.scan(sample::ticket(5));
    kiosk.verdict(sample::ready(5, &[3]));
    assert_eq!(kiosk.refused(), Reason::NeedsAttendant);
}

#[test]
fn a_pickup_that_ended_is_reported_again_under_the_same_id_until_acknowledged() {
    let mut journal = pickup_journal();
    for open in [false, true] {
        assert_eq!(restarted(&journal, open).screen(), &Screen::Idle);
    }
    let id = id_granted(&journal);
    let reports: Vec<_> = recover(journal.clone()).reports.iter().map(Report::id).collect();
    assert_eq!(reports, [id]);
    journal.push(Record::Reported { id });
    assert_eq!(recover(journal).reports, []);
}

#[test]
fn what_a_restart_concluded_is_concluded_once_however_often_the_power_fails() {
    let journal = pickup_journal();
    for n in 4..=6 {
        let first = restarted(&journal[..n], false);
        // Every prefix of what the restart itself wrote.
        for m in n..=first.journal.len() {
            let second = restarted(&first.journal[..m], false);
            assert_eq!(second.handovers().len(), 1, "{n} then {m} records");
            assert_eq!(second.handovers()[0].handover_id, id_granted(&journal));
            assert_eq!(second.handovers()[0].outcome, first.handovers()[0].outcome);
        }
    }
}

#[test]
fn a_restart_waits_for_the_door_before_it_concludes_anything() {
    let journal = pickup_journal();
    let mut kiosk = Kiosk::restarted(&journal[..4]);
    kiosk.send(Event::Hello(Box::new(sample::hello())));
    kiosk.send(Event::Scanner(true));
    assert_eq!(kiosk.screen(), &Screen::Starting);
    kiosk.send(Event::Lock(true));
    kiosk.shuts(1);
    kiosk.scan(sample::ticket(6));
    kiosk.wait(60);
    assert_eq!(kiosk.screen(), &Screen::Starting);
    kiosk.shuts(3);
    assert_eq!(kiosk.screen(), &Screen::Idle);
    assert_eq!(kiosk.handovers().len(), 1);
}

#[test]
fn the_second_door_of_a_parcel_is_not_opened_for_whoever_shuts_the_first_after_a_restart() {
    let mut kiosk = Kiosk::ready();
    kiosk.go_to_review(5, 3);
    kiosk.touch(Action::Confirm);
    kiosk.grant(Ok(sample::granted(&[3, 4])));
    kiosk.printed();
    kiosk.opens(3);
    let journal = kiosk.journal.clone();
    let mut kiosk = restarted(&journal, true);
    kiosk.shuts(3);
    assert_eq!(kiosk.pulses(), 0);
    assert_eq!(kiosk.handovers()[0].outcome, HandoverOutcome::Unknown);
    assert_eq!(restarted(&journal, false).handovers()[0].outcome, HandoverOutcome::Unknown);
}

#[test]
fn after_a_restart_the_next_person_is_served_as_ever() {
    let journal = pickup_journal();
    let mut kiosk = restarted(&journal[..4], false);
    kiosk.go_to_open_door(6, 4);
    kiosk.touch(Action::OpenAgain);
    assert_eq!(kiosk.pulses(), 2);
}

fn deposits(kiosk: &Kiosk) -> Vec<DepositOutcome> {
    let outcome = |record: &Record| match record {
        Record::Deposited(deposit) => Some(deposit.outcome),
        _ => None,
    };
    kiosk.journal.iter().filter_map(outcome).collect()
}

#[test]
fn a_deposit_cut_anywhere_ends_once_and_as_the_door_says() {
    let journal = deposit_journal();
    let Record::DepositBegun(begun) = &journal[0] else { panic!() };
    for n in 1..=4 {
        for open in [false, true] {
            let mut kiosk = restarted(&journal[..n], open);
            if open && n < 4 {
                assert!(matches!(kiosk.screen(), Screen::StaffPlace { .. }), "{n} records");
                kiosk.touch(Action::OpenAgain);
                assert_eq!(kiosk.pulses(), 0, "whoever touches has shown no badge since the restart");
                kiosk.shuts(3);
            }
            assert_eq!(kiosk.screen(), &Screen::Idle, "{n} records: nobody's staff mode is left open");
            let stored = n > 1 || open;
            let expected = if stored { DepositOutcome::Stored } else { DepositOutcome::NotStored };
            assert_eq!(deposits(&kiosk), [expected], "{n} records, door open: {open}");
            let reports: Vec<_> = recover(kiosk.journal.clone()).reports.iter().map(Report::id).collect();
            assert_eq!(reports, [begun.deposit_id]);
        }
    }
    assert_eq!(restarted(&[], false).screen(), &Screen::Idle);
}

#[test]
fn a_deposit_cancelled_after_a_restart_is_not_stored() {
    let journal = deposit_journal();
    let mut kiosk = restarted(&journal[..2], true);
    kiosk.touch(Action::Cancel);
    kiosk.shuts(3);
    assert_eq!(deposits(&kiosk), [DepositOutcome::NotStored]);
}

#[test]
fn what_the_journal_found_about_people_is_not_kept_in_memory() {
    let journal = pickup_journal();
    let kiosk = restarted(&journal, false);
    let left = format!("{:?}", kiosk.session);
    assert!(!left.contains(&sample::offer(5, &[3]).identity.digest), "{left}");
}
