//! The card reader's frames as the SAM protocol gives them. If one of these fails, the device is wrong, not the test.

use std::time::Duration;

use pickup_hw_mock::frame::FORGETS_AFTER;
use pickup_hw_mock::idcard::{IdCardFault, Reader};

use crate::support::{START, card, hex};

const FIND: &str = "AA AA AA 96 69 00 03 20 01 22";
const SELECT: &str = "AA AA AA 96 69 00 03 20 02 21";
const READ: &str = "AA AA AA 96 69 00 03 30 01 32";
const FOUND: &str = "AA AA AA 96 69 00 08 00 00 9F 00 00 00 00 97";
const SELECTED: &str = "AA AA AA 96 69 00 0C 00 00 90 00 00 00 00 00 00 00 00 9C";
const NO_CARD: &str = "AA AA AA 96 69 00 04 00 00 80 84";
const NOT_SELECTED: &str = "AA AA AA 96 69 00 04 00 00 81 85";
const NOT_READ: &str = "AA AA AA 96 69 00 04 00 00 41 45";

fn ask(reader: &mut Reader, request: &str) -> Vec<u8> {
    reader.feed(&hex(request), START)
}

fn with_card() -> Reader {
    let mut reader = Reader::default();
    reader.set_card(Some(card()));
    reader
}

#[test]
fn reset_status_and_module_number_are_answered() {
    let mut reader = Reader::default();
    let done = hex("AA AA AA 96 69 00 04 00 00 90 94");
    assert_eq!(ask(&mut reader, "AA AA AA 96 69 00 03 10 FF EC"), done);
    assert_eq!(ask(&mut reader, "AA AA AA 96 69 00 03 11 FF ED"), done);
    let number = ask(&mut reader, "AA AA AA 96 69 00 03 12 FF EE");
    assert_eq!(number.len(), 7 + 0x14);
    assert!(number.starts_with(&hex("AA AA AA 96 69 00 14 00 00 90")));
    assert_eq!(number[5..].iter().fold(0, |x, b| x ^ b), 0);
}

#[test]
fn without_a_card_nothing_is_found_selected_or_read() {
    let mut reader = Reader::default();
    assert_eq!(ask(&mut reader, FIND), hex(NO_CARD));
    assert_eq!(ask(&mut reader, SELECT), hex(NOT_SELECTED));
    assert_eq!(ask(&mut reader, READ), hex(NOT_READ));
}

#[test]
fn a_card_is_found_selected_and_read_in_1295_bytes() {
    let mut reader = with_card();
    assert_eq!(ask(&mut reader, FIND), hex(FOUND));
    assert_eq!(ask(&mut reader, SELECT), hex(SELECTED));
    let read = ask(&mut reader, READ);
    assert_eq!(read.len(), 1295);
    assert!(read.starts_with(&hex("AA AA AA 96 69 05 08 00 00 90 01 00 04 00")));
    assert_eq!(read[5..].iter().fold(0, |x, b| x ^ b), 0);
    assert_eq!(read[270..276], hex("57 4C 66 00 7E 00"));
}

#[test]
fn each_field_stands_where_the_chip_keeps_it() {
    let mut reader = with_card();
    ask(&mut reader, FIND);
    ask(&mut reader, SELECT);
    let read = ask(&mut reader, READ);
    let text: Vec<u16> =
        read[14..270].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let field = |from: usize, bytes: usize| String::from_utf16(&text[from / 2..(from + bytes) / 2]).unwrap();
    assert_eq!(field(0, 30), format!("{:<15}", "测试甲"));
    assert_eq!(field(30, 2), "2");
    assert_eq!(field(32, 4), "01");
    assert_eq!(field(36, 16), "19900101");
    assert_eq!(field(52, 70).trim_end(), "虚构省样例市测试路 1 号");
    assert_eq!(field(122, 36), "99010119900101006X");
    assert_eq!(field(158, 30).trim_end(), "样例市公安局");
    assert_eq!(field(188, 16), "20200101");
    assert_eq!(field(204, 16), format!("{:<8}", "长期"));
    assert_eq!(field(220, 36), " ".repeat(18));
}

#[test]
fn a_card_that_was_read_is_found_again_only_after_lifting() {
    let mut reader = with_card();
    for request in [FIND, SELECT, READ] {
        ask(&mut reader, request);
    }
    assert_eq!(reader.reads(), 1);
    assert_eq!(ask(&mut reader, FIND), hex(NO_CARD));
    reader.set_card(None);
    reader.set_card(Some(card()));
    assert_eq!(ask(&mut reader, FIND), hex(FOUND));
}

#[test]
fn steps_out_of_order_fail_until_the_card_is_lifted() {
    let mut reader = with_card();
    assert_eq!(ask(&mut reader, READ), hex(NOT_READ));
    assert_eq!(ask(&mut reader, FIND), hex(NO_CARD));
    let mut reader = with_card();
    assert_eq!(ask(&mut reader, SELECT), hex(NOT_SELECTED));
    assert_eq!(ask(&mut reader, FIND), hex(NO_CARD));
}

#[test]
fn a_card_that_cannot_be_read_is_found_and_selected() {
    let mut reader = with_card();
    reader.set_fault(Some(IdCardFault::ReadFailed));
    assert_eq!(ask(&mut reader, FIND), hex(FOUND));
    assert_eq!(ask(&mut reader, SELECT), hex(SELECTED));
    assert_eq!(ask(&mut reader, READ), hex(NOT_READ));
    assert_eq!(ask(&mut reader, FIND), hex(NO_CARD));
    assert_eq!(reader.reads(), 0);
}

#[test]
fn a_card_that_does_not_trust_the_reader_is_not_selected() {
    let mut reader = with_card();
    reader.set_fault(Some(IdCardFault::AuthFailed));
    assert_eq!(ask(&mut reader, FIND), hex(FOUND));
    assert_eq!(ask(&mut reader, SELECT), hex("AA AA AA 96 69 00 04 00 00 31 35"));
}

#[test]
fn a_silent_reader_answers_nothing_and_recovers() {
    let mut reader = with_card();
    reader.set_fault(Some(IdCardFault::Silent));
    assert!(ask(&mut reader, FIND).is_empty());
    reader.set_fault(None);
    assert_eq!(ask(&mut reader, FIND), hex(FOUND));
}

#[test]
fn fingerprints_and_a_new_address_are_not_on_this_card() {
    let mut reader = with_card();
    ask(&mut reader, FIND);
    ask(&mut reader, SELECT);
    let none = ask(&mut reader, "AA AA AA 96 69 00 03 30 03 30");
    assert_eq!(none, hex("AA AA AA 96 69 00 04 00 00 91 95"));
    assert_eq!(ask(&mut reader, "AA AA AA 96 69 00 03 30 10 23").len(), 1297);
}

#[test]
fn a_frame_in_pieces_between_noise_is_understood() {
    let mut reader = with_card();
    let stream = hex("00 AA AA 96 69 AA AA AA 96 69 FF FF AA AA AA 96 69 00 03 20 01 22 AA");
    let out: Vec<u8> = stream.iter().flat_map(|byte| reader.feed(&[*byte], START)).collect();
    assert_eq!(out, hex(FOUND));
}

#[test]
fn a_wrong_checksum_is_refused_and_an_unknown_command_named() {
    let mut reader = with_card();
    let refused = ask(&mut reader, "AA AA AA 96 69 00 03 20 01 23");
    assert_eq!(refused, hex("AA AA AA 96 69 00 04 00 00 10 14"));
    let unknown = ask(&mut reader, "AA AA AA 96 69 00 03 77 01 75");
    assert_eq!(unknown, hex("AA AA AA 96 69 00 04 00 00 21 25"));
}

#[test]
fn a_beginning_that_never_ends_does_not_swallow_the_next_frame() {
    let mut reader = with_card();
    reader.feed(&hex("AA AA AA 96 69 00 30 20"), START);
    let later = START + FORGETS_AFTER + Duration::from_millis(1);
    assert_eq!(reader.feed(&hex(FIND), later), hex(FOUND));
}

#[test]
fn a_card_too_long_for_the_chip_is_named_by_its_field() {
    let mut long = card();
    long.name = "长".repeat(16);
    let error = long.check().unwrap_err().to_string();
    assert!(error.contains("name") && error.contains("16") && error.contains("15"), "{error}");
    assert_eq!(card().check(), Ok(()));
}

#[test]
fn debug_output_says_nothing_of_the_person() {
    let shown = format!("{:?}", with_card());
    assert!(!shown.contains("990101") && !shown.contains("测试"), "{shown}");
}
