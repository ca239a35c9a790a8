//! What comes out of the printer, dot by dot.

use std::time::Duration;

use pickup_hw_mock::picture::{qr_svg, slip_png};
use pickup_hw_mock::printer::{Output, Printer, ROW_BYTES};

use crate::support::{START, hex};

/// `GS v 0` for a picture of 576 dots a row, each byte of a row the same.
pub fn picture(rows: &[u8]) -> Vec<u8> {
    let height = u16::try_from(rows.len()).unwrap().to_le_bytes();
    let mut out = vec![0x1D, b'v', b'0', 0, 72, 0, height[0], height[1]];
    out.extend(rows.iter().flat_map(|byte| [*byte; ROW_BYTES]));
    out
}

pub const CUT: [u8; 4] = [0x1D, b'V', 0x42, 0];

/// `GS ( H` function 48 with the id `7 A B C`, and its answer.
pub const ECHO: [u8; 11] = [0x1D, b'(', b'H', 6, 0, 0x30, 0x30, b'7', b'A', b'B', b'C'];
pub const ECHOED: [u8; 7] = [0x37, 0x22, b'7', b'A', b'B', b'C', 0];

#[test]
fn a_picture_is_printed_dot_by_dot_and_cut() {
    let mut printer = Printer::default();
    let job = [&[0x1B, b'@'][..], &picture(&[0xF0, 0x0F, 0xFF]), &CUT].concat();
    let out = printer.feed(&job, START);
    assert_eq!(out.slips.len(), 1);
    let slip = &out.slips[0];
    assert_eq!(slip.rows, [[0xF0; ROW_BYTES], [0x0F; ROW_BYTES], [0xFF; ROW_BYTES]].concat());
    assert!(slip.cut);
    assert_eq!(slip.bytes, job);
    assert!(!printer.busy());
}

#[test]
fn a_job_that_arrives_byte_by_byte_comes_out_the_same() {
    let job = [&picture(&[1, 2, 3, 4]), &ECHO[..], &CUT].concat();
    let whole = Printer::default().feed(&job, START);
    let mut printer = Printer::default();
    let mut pieces = Output::default();
    for byte in job {
        let out = printer.feed(&[byte], START);
        pieces.reply.extend(out.reply);
        pieces.slips.extend(out.slips);
    }
    assert_eq!(pieces, whole);
    assert_eq!(pieces.reply, ECHOED);
}

#[test]
fn a_narrow_picture_stands_left_and_a_wide_one_is_cut_off() {
    let mut printer = Printer::default();
    let narrow = hex("1D 76 30 00 02 00 01 00 AA BB");
    let mut wide = hex("1D 76 30 00 50 00 01 00");
    wide.extend([0xCC; 0x50]);
    let out = printer.feed(&[&narrow[..], &wide, &CUT].concat(), START);
    let rows = &out.slips[0].rows;
    assert_eq!(rows.len(), 2 * ROW_BYTES);
    assert_eq!(rows[..3], [0xAA, 0xBB, 0]);
    assert_eq!(rows[ROW_BYTES..], [0xCC; ROW_BYTES]);
}

#[test]
fn the_three_cut_commands_end_a_slip() {
    for cut in ["1D 56 42 00", "1D 56 00", "1D 56 01", "1B 69"] {
        let out = Printer::default().feed(&[&picture(&[1])[..], &hex(cut)].concat(), START);
        assert_eq!(out.slips.len(), 1, "{cut}");
    }
}

#[test]
fn the_job_is_reported_done_only_after_its_paper_moved() {
    let mut printer = Printer::paced(Duration::from_millis(1));
    let out = printer.feed(&[&picture(&[1; 100])[..], &CUT, &ECHO].concat(), START);
    assert_eq!(out, Output::default());
    assert!(printer.busy());
    let before = printer.advance(Duration::from_millis(99));
    assert_eq!(before, Output::default());
    assert_eq!(printer.next_at(), Some(Duration::from_millis(100)));
    let after = printer.advance(Duration::from_millis(100));
    assert_eq!((after.slips.len(), after.reply), (1, ECHOED.to_vec()));
    assert_eq!(printer.next_at(), None);
}

#[test]
fn time_spent_waiting_for_data_is_not_made_up_for() {
    let mut printer = Printer::paced(Duration::from_millis(1));
    printer.feed(&picture(&[1; 10])[..300], START);
    printer.advance(Duration::from_millis(50));
    let later = Duration::from_secs(5);
    printer.feed(&[&picture(&[1; 10])[300..], &CUT].concat(), later);
    assert!(printer.advance(later + Duration::from_millis(5)).slips.is_empty());
    assert_eq!(printer.advance(later + Duration::from_millis(6)).slips.len(), 1);
}

#[test]
fn text_leaves_ink_and_its_letters_differ() {
    let ink = |text: &str| {
        let out = Printer::default().feed(&[text.as_bytes(), b"\n", &CUT].concat(), START);
        out.slips[0].rows.clone()
    };
    assert!(ink(" ").iter().all(|byte| *byte == 0));
    assert!(ink("A").iter().any(|byte| *byte != 0));
    assert_ne!(ink("A"), ink("B"));
    assert_ne!(ink("a"), ink("A"));
    assert_eq!(ink("A").len(), 30 * ROW_BYTES);
}

/// The black dots of what this prints, as places across and down.
fn dots(orders: &str, text: &str) -> Vec<(usize, usize)> {
    let text = encoding_rs::GB18030.encode(text).0.into_owned();
    let out = Printer::default().feed(&[&hex(orders)[..], &text, b"\n", &CUT].concat(), START);
    let rows = &out.slips[0].rows;
    let black = |at: &usize| rows[at / 8] & (0x80 >> (at % 8)) != 0;
    (0..rows.len() * 8).filter(black).map(|at| (at % 576, at / 576)).collect()
}

fn ends(dots: &[(usize, usize)]) -> (usize, usize) {
    (dots.iter().map(|dot| dot.0).min().unwrap(), dots.iter().map(|dot| dot.0).max().unwrap())
}

#[test]
fn chinese_letters_are_drawn_once_they_were_asked_for_and_are_boxes_before() {
    let (asked, not_asked) = (dots("1C 26", "保税"), dots("", "保税"));
    assert_ne!(asked, not_asked);
    assert_ne!(asked, dots("1C 26", "自提"));
    assert!(ends(&asked).1 < 48, "two characters of 24 dots");
    assert_eq!(dots("1C 26 1C 2E", "保税"), not_asked);
    assert_eq!(dots("1C 26 1B 40", "保税"), not_asked, "a printer that begins anew has forgotten it");
}

#[test]
fn a_letter_that_the_printer_does_not_know_is_a_box() {
    assert_eq!(dots("1C 26", "\u{20000}"), dots("1C 26", "\u{20001}"));
    assert!(!dots("1C 26", "\u{20000}").is_empty());
}

#[test]
fn a_line_stands_where_it_was_asked_to() {
    assert!(ends(&dots("1C 26", "税")).1 < 24);
    let (left, right) = ends(&dots("1C 26 1B 61 01", "税"));
    assert!(left >= 276 && right < 300, "{left} to {right}");
    assert!(ends(&dots("1C 26 1B 61 32", "税")).0 >= 552);
}

#[test]
fn large_letters_are_twice_the_dots_of_small_ones() {
    let small = dots("1C 26", "税A");
    let twice: Vec<_> = small
        .iter()
        .flat_map(|(x, y)| (0..4).map(move |part| (x * 2 + part % 2, y * 2 + part / 2)))
        .collect();
    let mut large = dots("1C 26 1D 21 11", "税A");
    let mut wanted = twice.clone();
    large.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(large, wanted);
    assert_eq!(dots("1C 26 1C 21 0C", "税"), dots("1C 26 1D 21 11", "税"), "the other order for the same");
    assert_eq!(dots("1C 21 0C", "A"), dots("", "A"), "which is for Chinese letters alone");
}

#[test]
fn a_banner_is_white_on_black_and_bold_letters_have_more_ink() {
    let (plain, banner) = (dots("1C 26", "副本"), dots("1C 26 1D 42 01", "副本"));
    assert_eq!(plain.len() + banner.len(), 48 * 24);
    assert!(plain.iter().all(|dot| !banner.contains(dot)));
    assert!(dots("1C 26 1B 45 01", "副本").len() > plain.len());
}

#[test]
fn a_qr_code_stands_where_it_was_asked_to() {
    let code = "1D 28 6B 05 00 31 50 30 41 42 1D 28 6B 03 00 31 51 30";
    let (left, right) = ends(&dots(&format!("1B 61 01 {code}"), ""));
    assert_eq!(left, 575 - right);
    assert_eq!(ends(&dots(code, "")).0, 0);
}

#[test]
fn a_qr_code_printed_by_command_is_the_code_of_its_text() {
    let text = b"BP1TEST";
    let mut job = hex("1D 28 6B 03 00 31 43 02 1D 28 6B 0A 00 31 50 30");
    job.extend(text);
    job.extend(hex("1D 28 6B 03 00 31 51 30"));
    job.extend(CUT);
    let rows = Printer::default().feed(&job, START).slips[0].rows.clone();
    let code = qrcode::QrCode::new(text).unwrap();
    assert_eq!(rows.len() / ROW_BYTES, code.width() * 2);
    for y in 0..code.width() {
        for x in 0..code.width() {
            let dot = rows[y * 2 * ROW_BYTES + x * 2 / 8] & (0x80 >> (x * 2 % 8)) != 0;
            assert_eq!(dot, code[(x, y)] == qrcode::Color::Dark, "module {x},{y}");
        }
    }
}

#[test]
fn commands_that_do_nothing_here_leave_the_rest_in_step() {
    let mut job = hex(
        "1B 61 01 1D 21 11 1C 26 1C 2E 1B 33 18 1D 4C 10 00 1B 70 00 19 19 10 14 01 00 05 1B 32 1B 24 00 01",
    );
    job.extend(picture(&[0x77]));
    job.extend(CUT);
    let out = Printer::default().feed(&job, START);
    assert_eq!(out.slips[0].rows, [0x77; ROW_BYTES]);
}

#[test]
fn feeding_moves_the_paper_by_dots_and_by_lines() {
    let out = Printer::default().feed(&[&hex("1B 4A 05 1B 64 02")[..], &CUT].concat(), START);
    assert_eq!(out.slips[0].rows.len(), (5 + 2 * 30) * ROW_BYTES);
}

#[test]
fn the_picture_of_a_slip_has_its_dots_between_blank_paper() {
    let mut rows = vec![0; ROW_BYTES];
    rows[0] = 0b1000_0001;
    rows.extend([0xFF; ROW_BYTES]);
    let png = slip_png(&rows).unwrap();
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut dots = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut dots).unwrap();
    assert_eq!((info.width, info.height), (576, 16 + 2 + 16));
    let dot = |x: usize, y: usize| dots[y * 576 + x];
    assert_eq!([dot(0, 16), dot(1, 16), dot(6, 16), dot(7, 16), dot(8, 16)], [0, 255, 255, 0, 255]);
    assert!((0..576).all(|x| dot(x, 17) == 0 && dot(x, 15) == 255 && dot(x, 18) == 255));
}

#[test]
fn a_code_becomes_a_drawing_and_one_too_long_an_error() {
    assert!(qr_svg("BP1TEST").unwrap().contains("<svg"));
    assert!(qr_svg(&"A".repeat(8_000)).is_err());
}
