//! The printer's status and its faults.

use std::time::Duration;

use pickup_hw_mock::printer::{Output, Printer, PrinterFault as F, ROW_BYTES};

use crate::slips::{CUT, ECHO, ECHOED, picture};
use crate::support::{START, hex};

fn status(printer: &mut Printer) -> [u8; 4] {
    let out = printer.feed(&hex("10 04 01 10 04 02 10 04 03 10 04 04"), START);
    assert!(out.slips.is_empty());
    out.reply.try_into().unwrap()
}

fn with(fault: F) -> Printer {
    let mut printer = Printer::default();
    assert_eq!(printer.set_fault(Some(fault), START), Output::default());
    printer
}

#[test]
fn a_printer_in_order_says_so_four_times() {
    assert_eq!(status(&mut Printer::default()), [0x12; 4]);
}

#[test]
fn each_fault_shows_in_its_bits() {
    for (fault, expected) in [
        (F::PaperOut, [0x1A, 0x32, 0x12, 0x7E]),
        (F::NearEnd, [0x12, 0x12, 0x12, 0x1E]),
        (F::CoverOpen, [0x1A, 0x16, 0x12, 0x12]),
        (F::CutterError, [0x1A, 0x52, 0x1A, 0x12]),
        (F::HeadHot, [0x1A, 0x52, 0x52, 0x12]),
        (F::Offline, [0x1A, 0x12, 0x12, 0x12]),
        (F::PaperOutMid, [0x12, 0x12, 0x12, 0x12]),
    ] {
        assert_eq!(status(&mut with(fault)), expected, "{fault:?}");
    }
}

#[test]
fn a_status_is_answered_inside_a_picture_whose_dots_stay() {
    let mut printer = Printer::default();
    let job = hex("1D 76 30 00 04 00 01 00 10 04 01 55");
    assert_eq!(printer.feed(&job, START).reply, [0x12]);
    assert_eq!(printer.feed(&CUT, START).slips[0].rows[..4], hex("10 04 01 55"));
}

#[test]
fn pushed_status_is_sent_on_asking_and_on_each_change_only() {
    let mut printer = Printer::default();
    assert!(printer.set_fault(Some(F::NearEnd), START).reply.is_empty());
    assert_eq!(printer.feed(&hex("1D 61 0F"), START).reply, hex("10 00 03 00"));
    assert!(printer.feed(&picture(&[1]), START).reply.is_empty());
    assert_eq!(printer.set_fault(Some(F::CoverOpen), START).reply, hex("38 00 00 00"));
    assert_eq!(printer.set_fault(Some(F::PaperOut), START).reply, hex("18 00 0F 00"));
    assert_eq!(printer.set_fault(Some(F::CutterError), START).reply, hex("18 08 00 00"));
    assert_eq!(printer.set_fault(Some(F::HeadHot), START).reply, hex("18 40 00 00"));
    assert_eq!(printer.set_fault(None, START).reply, hex("10 00 00 00"));
    printer.feed(&hex("1D 61 00"), START);
    assert!(printer.set_fault(Some(F::CoverOpen), START).reply.is_empty());
}

#[test]
fn replies_and_pushes_can_be_told_apart_by_their_fixed_bits() {
    for fault in [F::PaperOut, F::NearEnd, F::CoverOpen, F::CutterError, F::HeadHot, F::Offline] {
        let mut printer = with(fault);
        assert!(status(&mut printer).iter().all(|byte| byte & 0x93 == 0x12), "{fault:?}");
        printer.set_fault(None, START);
        printer.feed(&hex("1D 61 0F"), START);
        let pushed = printer.set_fault(Some(fault), START).reply;
        assert_eq!(pushed.len(), 4);
        assert_eq!(pushed[0] & 0x93, 0x10, "{fault:?}");
        assert!(pushed[1..].iter().all(|byte| byte & 0x90 == 0), "{fault:?}");
    }
}

#[test]
fn without_paper_the_job_is_kept_and_printed_after_refilling() {
    let mut printer = with(F::PaperOut);
    let job = [&picture(&[0x11, 0x22])[..], &CUT, &ECHO].concat();
    assert_eq!(printer.feed(&job, START), Output::default());
    assert!(printer.busy());
    let out = printer.set_fault(None, START);
    assert_eq!(out.reply, ECHOED);
    assert_eq!(out.slips.len(), 1);
    assert_eq!(out.slips[0].rows, [[0x11; ROW_BYTES], [0x22; ROW_BYTES]].concat());
    assert_eq!(out.slips[0].bytes.len(), picture(&[0, 0]).len() + CUT.len());
}

#[test]
fn paper_that_runs_out_in_a_slip_leaves_a_torn_piece_and_the_rest() {
    let mut printer = with(F::PaperOutMid);
    let rows: Vec<u8> = (0..=255).chain(0..144).collect();
    let out = printer.feed(&[&picture(&rows)[..], &CUT, &ECHO].concat(), START);
    assert_eq!(out, Output::default());
    assert_eq!((printer.paper(), printer.fault()), ("out", Some(F::PaperOut)));
    assert_eq!(status(&mut printer), [0x1A, 0x32, 0x12, 0x7E]);
    let out = printer.set_fault(None, START);
    let [torn, rest] = &out.slips[..] else { panic!("{} slips", out.slips.len()) };
    assert!(!torn.cut && rest.cut);
    let printed: Vec<u8> =
        [&torn.rows[..], &rest.rows].concat().chunks(ROW_BYTES).map(|row| row[0]).collect();
    assert_eq!(printed, rows);
    assert_eq!(torn.rows.len(), 240 * ROW_BYTES);
    assert_eq!(out.reply, ECHOED);
}

#[test]
fn clearing_a_stopped_printer_drops_the_rest_and_the_answer() {
    let mut printer = with(F::PaperOutMid);
    printer.feed(&[&picture(&[0xFF; 300])[..], &CUT, &ECHO].concat(), START);
    assert!(printer.feed(&hex("10 05 02"), START).reply.is_empty());
    assert!(!printer.busy());
    let out = printer.set_fault(None, START);
    assert_eq!((out.slips.len(), out.slips[0].cut), (1, false));
    assert!(out.reply.is_empty());
    let next = printer.feed(&[&picture(&[0x01])[..], &CUT].concat(), START);
    assert_eq!(next.slips[0].rows, [1; ROW_BYTES]);
}

#[test]
fn the_bytes_of_the_clearing_command_are_dots_while_the_printer_prints() {
    let mut printer = Printer::default();
    printer.feed(&hex("1D 76 30 00 04 00 01 00 10 05 02 55"), START);
    assert_eq!(printer.feed(&CUT, START).slips[0].rows[..4], hex("10 05 02 55"));
}

#[test]
fn the_long_clearing_command_works_in_a_half_sent_picture() {
    let mut printer = Printer::default();
    printer.feed(&picture(&[0xFF; 50])[..2_000], START);
    assert!(printer.busy());
    let out = printer.feed(&hex("10 14 08 01 03 14 01 06 02 08"), START);
    assert_eq!(out.reply, hex("37 25 00"));
    assert!(!printer.busy());
    assert_eq!(printer.feed(&ECHO, START).reply, ECHOED);
}

#[test]
fn an_open_cover_stops_the_slip_and_closing_it_goes_on() {
    let mut printer = Printer::paced(Duration::from_millis(1));
    printer.feed(&[&picture(&[1; 100])[..], &CUT].concat(), START);
    printer.advance(Duration::from_millis(40));
    printer.set_fault(Some(F::CoverOpen), Duration::from_millis(40));
    assert_eq!(printer.next_at(), None);
    assert!(printer.advance(Duration::from_secs(60)).slips.is_empty());
    printer.set_fault(None, Duration::from_secs(60));
    assert!(printer.advance(Duration::from_millis(60_050)).slips.is_empty());
    assert_eq!(printer.advance(Duration::from_millis(60_060)).slips[0].rows.len(), 100 * ROW_BYTES);
}

#[test]
fn an_unplugged_printer_says_nothing_and_what_was_sent_is_lost() {
    let mut printer = Printer::default();
    printer.feed(&hex("1D 61 0F"), START);
    assert!(printer.set_fault(Some(F::Silent), START).reply.is_empty());
    let job = [&picture(&[1])[..], &CUT, &ECHO, &hex("10 04 01")].concat();
    assert_eq!(printer.feed(&job, START), Output::default());
    let out = printer.set_fault(None, START);
    assert!(out.slips.is_empty() && out.reply.is_empty());
}

#[test]
fn noise_neither_stops_the_printer_nor_fills_its_memory() {
    let mut printer = Printer::default();
    let mut seed = 1_u32;
    for _ in 0..200_000 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        printer.feed(&[seed.to_be_bytes()[0]], START);
    }
    printer.feed(&hex("10 14 08 01 03 14 01 06 02 08"), START);
    assert!(!printer.busy());
    assert_eq!(printer.feed(&ECHO, START).reply, ECHOED);
}
