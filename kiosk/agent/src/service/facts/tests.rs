//! Facts as staff read them.

use std::time::Duration;

use pickup_protocol::health::{ClockHealth, DeviceHealth, DiskHealth, Fault};
use pickup_session::service::{Page, Seen};

use super::*;
use crate::service::link::{Heard, ManifestHeard};
use crate::service::tests::shown;

fn figures() -> Figures {
    let now: Timestamp = "2026-11-21T06:05:00Z".parse().unwrap();
    let device = |name: &str| DeviceHealth {
        name: name.into(),
        good: Some(true),
        fault: None,
        for_s: Some(300),
        last_fault: Some(Fault { code: "port_lost".into(), ago_s: 301 }),
        trace: Vec::new(),
    };
    Figures {
        at: Some(now),
        uptime: Duration::from_secs(600),
        devices: ["scanner", "idcard", "printer", "lock"].map(device).to_vec(),
        heard: Heard {
            online: Some(true),
            since: None,
            round_trip: Some(Duration::from_millis(12)),
            manifest: Some(ManifestHeard { sequence: 7, issued_at: now, valid_until: now, parcels: 3 }),
        },
        link_for_s: Some(60),
        backend: "https://10.0.0.5:8443".into(),
        certificate_until: Some("2027-11-21T06:05:00Z".parse().unwrap()),
        clock: Some(ClockHealth { source: "backend".into(), system_ahead_ms: Some(-40) }),
        journal_good: true,
        journal_rows: 120,
        journal_bytes: 1 << 20,
        disk: Some(DiskHealth { free_bytes: 8 << 30, total_bytes: 29 << 30 }),
        ..Figures::default()
    }
}

fn value<'a>(facts: &'a Facts, name: &str) -> (&'a str, Grade) {
    let fact = facts.rows.iter().find(|fact| fact.name.en == name);
    fact.map(|fact| (fact.value.en.as_str(), fact.grade)).unwrap_or_else(|| panic!("no {name}: {facts:?}"))
}

#[test]
fn the_printers_state_is_told_part_by_part() {
    let mut figures = figures();
    let good = PrinterStatus { online: true, ..PrinterStatus::default() };
    figures.live.printer = Some(good);
    let facts = printer(&shown(Page::Printer), &figures);
    assert!(facts.rows.iter().all(|fact| matches!(fact.grade, Grade::Good | Grade::Plain)), "{facts:?}");
    for (status, name, says, grade) in [
        (PrinterStatus { paper: Paper::Out, ..good }, "Paper", "none", Grade::Bad),
        (
            PrinterStatus { paper: Paper::NearEnd, ..good },
            "Paper",
            "nearly used up: have a roll ready",
            Grade::Look,
        ),
        (PrinterStatus { cover_open: true, ..good }, "Cover", "open", Grade::Bad),
        (PrinterStatus { cutter_error: true, ..good }, "Cutter", "stuck", Grade::Bad),
        (PrinterStatus { head_hot: true, ..good }, "Head", "too hot", Grade::Bad),
        (PrinterStatus { online: false, ..good }, "Takes slips", "no", Grade::Bad),
        (PrinterStatus { unrecoverable_error: true, ..good }, "Takes slips", "no", Grade::Bad),
    ] {
        figures.live.printer = Some(status);
        assert_eq!(value(&printer(&shown(Page::Printer), &figures), name), (says, grade));
    }
}

#[test]
fn a_sample_can_be_printed_by_checked_staff_and_not_twice_at_once() {
    let view = shown(Page::Printer);
    assert!(printer(&view, &figures()).can_print);
    assert!(!printer(&ServiceView { staff: None, ..view.clone() }, &figures()).can_print);
    let printing = ServiceView { sample: Sample::Printing { job: 1 }, ..view.clone() };
    assert!(!printer(&printing, &figures()).can_print);
    let failed = Sample::Failed { sent: true, trouble: Trouble::PaperOut };
    let (grade, text) = printer(&ServiceView { sample: failed, ..view }, &figures()).result.unwrap();
    assert_eq!(grade, Grade::Bad);
    assert!(text.en.contains("out of paper") && text.en.contains("may have come out"), "{}", text.en);
}

#[test]
fn what_was_scanned_or_laid_is_told_by_its_kind() {
    let seen = Some(Seen { kind: CodeKind::Ticket, length: 214, count: 2 });
    let facts = scanner(&ServiceView { seen, ..shown(Page::Scanner) }, &figures());
    assert_eq!(facts.result.as_ref().unwrap().1.en, "Read: a pickup code.");
    assert_eq!(value(&facts, "Length").0, "214");
    let laid = Some(Laid::Read("residence_permit"));
    let facts = reader(&ServiceView { laid, ..shown(Page::Reader) }, &figures());
    assert!(facts.result.unwrap().1.en.contains("residence permit"));
    let laid = Some(Laid::Failed("not_read"));
    assert_eq!(
        reader(&ServiceView { laid, ..shown(Page::Reader) }, &figures()).result.unwrap().0,
        Grade::Bad
    );
}

#[test]
fn a_machine_that_is_well_has_nothing_to_look_after_and_what_is_not_well_is_marked() {
    let view = shown(Page::Machine);
    let facts = machine(&view, &figures());
    assert!(facts.rows.iter().all(|fact| matches!(fact.grade, Grade::Good | Grade::Plain)), "{facts:?}");
    assert_eq!(value(&facts, "Backend").0, "answers, for 60 s");
    assert_eq!(value(&facts, "Certificate ends").0, "2027-11-21");
    assert_eq!(value(&facts, "Release manifest").0, "no. 7, 0 s ago, 3 parcels");
    assert_eq!(value(&facts, "System clock off by").0, "-40 ms");
    assert_eq!(value(&facts, "Disk").0, "8192 MB of 29 GB free");
    let ill = Figures {
        heard: Heard { online: Some(false), ..Heard::default() },
        clock: Some(ClockHealth { source: "unknown".into(), system_ahead_ms: None }),
        certificate_until: Some("2026-12-01T00:00:00Z".parse().unwrap()),
        journal_good: false,
        reports_waiting: 4,
        disk: Some(DiskHealth { free_bytes: 1 << 20, total_bytes: 29 << 30 }),
        ..figures()
    };
    let facts = machine(&ServiceView { unclear: 1, ..view }, &ill);
    for (name, grade) in [
        ("Backend", Grade::Bad),
        ("Certificate ends", Grade::Look),
        ("Release manifest", Grade::Look),
        ("Date and time", Grade::Bad),
        ("Journal", Grade::Bad),
        ("Pickups left open", Grade::Look),
        ("Reports unsent", Grade::Look),
        ("Disk", Grade::Bad),
    ] {
        assert_eq!(value(&facts, name).1, grade, "{name}");
    }
}

#[test]
fn every_fact_is_in_both_languages_and_in_the_font() {
    let mut figures = figures();
    figures.live.printer = Some(PrinterStatus::default());
    figures.live.boards = [((0, 1), Some(true)), ((0, 2), Some(false)), ((1, 1), None)].into();
    let view = shown(Page::Menu);
    let pages = [
        printer(&view, &figures).rows,
        scanner(&view, &figures).rows,
        reader(&view, &figures).rows,
        machine(&view, &figures).rows,
        boards(&figures),
    ];
    for fact in pages.concat() {
        assert!(!fact.name.zh.is_ascii() && fact.name.en.is_ascii(), "{fact:?}");
        assert_eq!(
            pickup_ui::missing_glyphs(&format!("{}{}", fact.name.zh, fact.value.zh)),
            Vec::<char>::new()
        );
    }
}
