//! The journal against restarts, damage, a full disk and kills.

use std::process::{Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;

use pickup_protocol::kiosk::{DoorEvent, DoorEventKind, Handover, HandoverOutcome};
use pickup_protocol::kiosk::{Evidence, EvidenceMethod};
use pickup_protocol::{DoorNumber, IdentityDigest, PickupNumber};
use pickup_session::journal::recover;
use rusqlite::Connection;
use uuid::Uuid;

use super::*;

const PATIENCE: Duration = Duration::from_secs(60);

struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        let dir = std::env::temp_dir().join(format!("pickup-journal-{}", Uuid::new_v4()));
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn db(&self) -> Connection {
        Connection::open(store::path(&self.0)).unwrap()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn start(dir: &Path) -> (Journal, Receiver<Option<Recovery>>) {
    let (sender, told) = mpsc::channel();
    let journal = Journal::start(dir, Box::new(move |found| drop(sender.send(found)))).unwrap();
    (journal, told)
}

fn day(n: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + n * 86_400).unwrap()
}

fn write(journal: &Journal, record: Record) -> bool {
    let (sender, receiver) = mpsc::channel();
    journal.write(Some(day(0)), vec![record], Box::new(move |good| sender.send(good).unwrap()));
    receiver.recv_timeout(PATIENCE).unwrap()
}

fn printed(n: u64) -> Record {
    Record::SlipPrinted { pickup: PickupNumber(n) }
}

fn handover(n: u64) -> Record {
    let digest = IdentityDigest { salt: "00".into(), digest: "ff".into() };
    let method = EvidenceMethod::IdCard;
    Record::HandedOver(Box::new(Handover {
        manifest: None,
        handover_id: Uuid::from_u128(n.into()),
        grant_id: None,
        pickup: PickupNumber(n),
        slip: format!("S{n}"),
        slips_printed: 1,
        evidence: Evidence { method, identity: digest, read_at: day(0), card_valid_until: None },
        door_events: vec![DoorEvent { door: DoorNumber(1), kind: DoorEventKind::Intent, at: day(0) }],
        outcome: if n.is_multiple_of(3) { HandoverOutcome::Unknown } else { HandoverOutcome::Taken },
        completed_at: day(0),
    }))
}

fn reported(n: u64) -> Record {
    Record::Reported { id: Uuid::from_u128(n.into()) }
}

#[test]
fn what_was_acknowledged_is_found_again() {
    let dir = Dir::new();
    let (journal, told) = start(&dir.0);
    assert_eq!(told.recv_timeout(PATIENCE), Ok(Some(Recovery::default())));
    assert!(write(&journal, printed(4)) && write(&journal, printed(4)));
    assert_eq!(journal.rows(), 2);
    // Not closed properly: a second reader sees what the disk has.
    let (_again, told) = start(&dir.0);
    let found = told.recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(found.slips.get(&PickupNumber(4)).map(|s| s.printed), Some(2));
}

#[test]
fn a_journal_of_the_first_layout_is_read_on() {
    let dir = Dir::new();
    dir.db()
        .execute_batch(
            "CREATE TABLE record (n INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT; PRAGMA user_version = 1;
             INSERT INTO record (body) VALUES ('{\"record\":\"slip_printed\",\"pickup\":7}');",
        )
        .unwrap();
    let (_, found) = Store::open(&dir.0).unwrap();
    assert_eq!(found.slips.len(), 1);
    dir.db().pragma_update(None, "user_version", 9).unwrap();
    let error = Store::open(&dir.0).unwrap_err();
    assert!(format!("{error:#}").contains("newer program"));
    assert_eq!(Ill::of(&error), Ill::Newer);
}

#[test]
fn what_to_do_follows_from_what_is_wrong_and_not_from_its_words() {
    use rusqlite::ffi;
    let sqlite = |code| anyhow::Error::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
    for (code, ill) in [
        (ffi::SQLITE_FULL, Ill::Disk),
        (ffi::SQLITE_IOERR, Ill::Disk),
        (ffi::SQLITE_READONLY, Ill::Disk),
        (ffi::SQLITE_LOCKED, Ill::Disk),
        (ffi::SQLITE_CANTOPEN, Ill::Disk),
        (ffi::SQLITE_CORRUPT, Ill::Damaged),
        (ffi::SQLITE_NOTADB, Ill::Damaged),
    ] {
        assert_eq!(Ill::of(&sqlite(code).context("the journal cannot be opened")), ill, "{code}");
    }
    let file = std::io::Error::from(std::io::ErrorKind::StorageFull);
    assert_eq!(Ill::of(&anyhow::Error::from(file)), Ill::Disk);
    assert_eq!(Ill::of(&anyhow::anyhow!("a record says that the disk is full")), Ill::Damaged);
}

#[test]
fn a_damaged_journal_is_not_written_and_says_so() {
    let dir = Dir::new();
    std::fs::write(store::path(&dir.0), vec![7; 8192]).unwrap();
    let (journal, told) = start(&dir.0);
    assert_eq!(told.recv_timeout(PATIENCE), Ok(None));
    assert!(!write(&journal, printed(1)));
    let mut said = Vec::new();
    command::check(&dir.0, &mut said).unwrap();
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("DAMAGED") && said.contains("journal set-aside"), "{said}");
}

/// Two reports of which one has arrived, a look that somebody owes, and a line nobody can read.
fn damaged() -> Dir {
    let dir = Dir::new();
    let (mut store, _) = Store::open(&dir.0).unwrap();
    store.write(None, &[handover(1), handover(3), reported(1), printed(8)]).unwrap();
    drop(store);
    dir.db().execute("INSERT INTO record (body) VALUES ('{')", []).unwrap();
    dir
}

#[test]
fn a_damaged_journal_is_set_aside_when_a_person_confirms_and_what_can_be_read_goes_on() {
    let dir = damaged();
    assert!(format!("{:#}", Store::open(&dir.0).unwrap_err()).contains("record 5"));
    let mut out = Vec::new();
    command::set_aside(&dir.0, day(1), &mut out, |_| Ok(false)).unwrap();
    assert!(Store::open(&dir.0).is_err(), "nobody confirmed");
    command::set_aside(&dir.0, day(1), &mut out, |_| Ok(true)).unwrap();
    let (_, found) = Store::open(&dir.0).unwrap();
    assert_eq!(
        found.reports.iter().map(pickup_session::journal::Report::id).collect::<Vec<_>>(),
        [Uuid::from_u128(3)]
    );
    assert!(found.collected.contains_key(&PickupNumber(1)) && found.unclear.contains(&PickupNumber(3)));
    assert!(found.slips.contains_key(&PickupNumber(8)));
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("line 5 cannot be read") && out.contains("4 of 5"), "{out}");
    let aside =
        std::fs::read_dir(&dir.0).unwrap().filter_map(Result::ok).find(|e| e.path().is_dir()).unwrap();
    assert!(aside.path().join("journal.db").is_file());
    // Once more finds nothing to do.
    assert_eq!(
        command::set_aside(&dir.0, day(2), &mut Vec::new(), |_| Ok(true)).unwrap(),
        std::process::ExitCode::SUCCESS
    );
}

#[test]
fn every_readable_line_is_exported() {
    let dir = damaged();
    let mut out = Vec::new();
    command::export(&dir.0, &mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert_eq!(out.lines().count(), 4);
    assert!(out.lines().next().unwrap().contains("\"record\":\"handed_over\""), "{out}");
}

#[test]
fn a_full_disk_closes_the_journal_and_space_opens_it_again() {
    let dir = Dir::new();
    let (journal, told) = start(&dir.0);
    assert!(told.recv_timeout(PATIENCE).unwrap().is_some());
    assert!(write(&journal, printed(1)));
    let full = |table| {
        format!(
            "CREATE TRIGGER full_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END;"
        )
    };
    dir.db().execute_batch(&format!("{}{}", full("record"), full("trial"))).unwrap();
    assert!(!write(&journal, printed(1)));
    assert_eq!(told.recv_timeout(PATIENCE), Ok(None));
    assert!(!write(&journal, printed(1)), "closed until it was read anew");
    dir.db().execute_batch("DROP TRIGGER full_record; DROP TRIGGER full_trial;").unwrap();
    let found = told.recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(found.slips.get(&PickupNumber(1)).map(|s| s.printed), Some(1));
    assert!(write(&journal, printed(1)));
}

#[test]
fn what_was_reported_long_ago_goes_and_how_each_pickup_stands_stays() {
    let dir = Dir::new();
    let (mut store, _) = Store::open(&dir.0).unwrap();
    for n in 1..=100 {
        store.write(Some(day(n)), &[handover(n.cast_unsigned()), reported(n.cast_unsigned())]).unwrap();
    }
    let before = Store::open(&dir.0).unwrap().1;
    assert!(store.prune(keep_from(day(100), 30)).unwrap() > 60);
    assert_eq!(store.prune(keep_from(day(100), 30)).unwrap(), 0, "nothing is left to take out");
    let (store, after) = Store::open(&dir.0).unwrap();
    assert!(store.count().unwrap() < 140);
    // A pickup that left no slip in the journal has none afterwards either.
    assert_eq!(
        (after.collected, after.unclear, after.reports),
        (before.collected, before.unclear, before.reports)
    );
}

/// The `n`th line of a long life; reports arrive a little later than they are made.
fn line(n: u64) -> Record {
    match n % 4 {
        0 => Record::SlipIntent { pickup: PickupNumber(n / 4) },
        1 => printed(n / 4),
        2 => handover(n / 4),
        _ => reported((n / 4).saturating_sub(2)),
    }
}

const VICTIM: &str = "PICKUP_TEST_JOURNAL_VICTIM";

/// Not a test of its own: what the next one starts and kills.
#[test]
fn writes_and_prunes_until_it_is_killed() {
    let Some(dir) = std::env::var_os(VICTIM) else { return };
    let (journal, told) = start(Path::new(&dir));
    told.recv_timeout(PATIENCE).unwrap().unwrap();
    let first: u64 = std::fs::read_to_string(Path::new(&dir).join("next")).unwrap().parse().unwrap();
    for n in first.. {
        let (sender, receiver) = mpsc::channel();
        journal.write(
            Some(day(i64::try_from(n).unwrap())),
            vec![line(n)],
            Box::new(move |good| sender.send(good).unwrap()),
        );
        assert!(receiver.recv().unwrap());
        println!("acknowledged {n}");
        if n.is_multiple_of(7) {
            journal.prune(day(i64::try_from(n).unwrap() - 5));
        }
    }
}

#[test]
fn a_journal_killed_at_any_moment_has_what_it_acknowledged() {
    use std::io::{BufRead as _, BufReader};
    let dir = Dir::new();
    let mut next = 0;
    for round in 0..12_u64 {
        std::fs::write(dir.0.join("next"), next.to_string()).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "journal::tests::writes_and_prunes_until_it_is_killed", "--nocapture"])
            .env(VICTIM, &dir.0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        let reader = thread::spawn(move || {
            out.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        // Killed in the middle of whatever comes after so many lines.
        let (mut seen, wanted) = (0, 5 + (round * 37) % 60);
        while seen < wanted {
            let said = match lines.recv_timeout(PATIENCE) {
                Ok(said) => said,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => panic!("it fell silent"),
            };
            seen += u64::from(said.contains("acknowledged"));
        }
        thread::sleep(Duration::from_micros((round * 311) % 2_000));
        child.kill().unwrap();
        child.wait().unwrap();
        reader.join().unwrap();
        let acknowledged =
            next + seen + lines.try_iter().filter(|said| said.contains("acknowledged")).count() as u64;
        let (_, found) = Store::open(&dir.0).unwrap();
        // One more may have been written, and nobody told.
        let written =
            [acknowledged, acknowledged + 1].into_iter().find(|n| recover((0..*n).map(line)) == found);
        next = written
            .unwrap_or_else(|| panic!("round {round}: not what was acknowledged up to {acknowledged}"));
    }
    let lines_left = Store::open(&dir.0).unwrap().0.count().unwrap();
    assert!(next > 200 && lines_left < next / 2, "{lines_left} of {next} lines left: nothing was pruned");
}
