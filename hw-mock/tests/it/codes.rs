//! The scanner's frames as the makers' sheet gives them. If one of these fails, the device is wrong, not the test.

use std::time::Duration;

use pickup_hw_mock::frame::FORGETS_AFTER;
use pickup_hw_mock::scanner::{Scanner, crc16};

use crate::support::{START, hex};

const DONE: &str = "02 00 00 01 00 33 31";

#[test]
fn commands_with_a_checksum_and_without_are_acknowledged() {
    for request in [
        "7E 00 08 01 00 02 01 AB CD",
        "7E 00 08 01 00 02 01 02 DA",
        "7E 00 08 01 00 02 00 12 FB",
        "7E 00 08 01 00 02 02 32 B9",
        "7E 00 09 01 00 00 00 DE C8",
        "7E 00 09 01 00 00 02 FE 8A",
    ] {
        assert_eq!(Scanner::default().feed(&hex(request), START), hex(DONE), "{request}");
    }
}

#[test]
fn a_wrong_checksum_and_an_unknown_command_are_told_apart() {
    let mut scanner = Scanner::default();
    assert_eq!(scanner.feed(&hex("7E 00 08 01 00 02 01 02 DB"), START), hex("02 00 01 01 00 04 01"));
    assert_eq!(scanner.feed(&hex("7E 00 05 01 00 02 01 AB CD"), START), hex("02 00 03 01 00 6A 61"));
}

#[test]
fn a_zone_reads_back_what_was_written_to_it() {
    let mut scanner = Scanner::default();
    assert_eq!(scanner.feed(&hex("7E 00 08 02 00 2A 1A 00 AB CD"), START), hex(DONE));
    let answer = scanner.feed(&hex("7E 00 07 01 00 2A 02 AB CD"), START);
    let body = hex("00 02 1A 00");
    assert_eq!(answer, [hex("02 00"), body.clone(), crc16(&body).to_be_bytes().to_vec()].concat());
}

#[test]
fn a_factory_reset_forgets_the_zones() {
    let mut scanner = Scanner::default();
    scanner.feed(&hex("7E 00 08 01 00 60 03 AB CD"), START);
    assert_eq!(scanner.scanned(b"A", START), b"A");
    scanner.feed(&hex("7E 00 09 01 00 00 02 FE 8A"), START);
    assert_eq!(scanner.scanned(b"A", START), b"A\r");
}

#[test]
fn a_code_ends_as_the_terminator_zone_says() {
    for (zone, end) in [(0, "\r"), (1, "\r\n"), (2, "\t"), (3, "")] {
        let mut scanner = Scanner::default();
        scanner.feed(&[0x7E, 0, 8, 1, 0, 0x60, zone, 0xAB, 0xCD], START);
        assert_eq!(scanner.scanned(b"BP1X", START), format!("BP1X{end}").into_bytes());
    }
}

#[test]
fn in_command_mode_a_code_is_read_once_per_command() {
    let mut scanner = Scanner::default();
    scanner.feed(&hex("7E 00 08 01 00 00 01 AB CD"), START);
    assert!(scanner.scanned(b"A", START).is_empty());
    scanner.feed(&hex("7E 00 08 01 00 02 01 AB CD"), START);
    assert_eq!(scanner.scanned(b"A", START), b"A\r");
    assert!(scanner.scanned(b"A", START).is_empty());
}

#[test]
fn a_started_read_ends_by_a_command_or_when_its_time_is_over() {
    let mut scanner = Scanner::default();
    scanner.feed(&hex("7E 00 08 01 00 00 01 AB CD"), START);
    scanner.feed(&hex("7E 00 08 01 00 02 01 AB CD"), START);
    scanner.feed(&hex("7E 00 08 01 00 02 00 12 FB"), START);
    assert!(scanner.scanned(b"A", START).is_empty());
    scanner.feed(&hex("7E 00 08 01 00 06 05 AB CD"), START);
    scanner.feed(&hex("7E 00 08 01 00 02 01 AB CD"), START);
    assert!(scanner.scanned(b"A", START + Duration::from_millis(501)).is_empty());
    scanner.feed(&hex("7E 00 08 01 00 02 01 AB CD"), Duration::from_secs(9));
    assert_eq!(scanner.scanned(b"A", Duration::from_millis(9_500)), b"A\r");
}

#[test]
fn a_frame_in_pieces_between_noise_is_understood() {
    let mut scanner = Scanner::default();
    let stream = hex("FF 7E 33 00 7E 00 08 01 00 02 01 02 DA 00 7E 7E 00 09 01 00 00 00 DE C8 55");
    let out: Vec<u8> = stream.iter().flat_map(|byte| scanner.feed(&[*byte], START)).collect();
    assert_eq!(out, [hex(DONE), hex(DONE)].concat());
}

#[test]
fn a_beginning_that_never_ends_does_not_swallow_the_next_frame() {
    let mut scanner = Scanner::default();
    scanner.feed(&hex("7E 00 08 20 00"), START);
    let later = START + FORGETS_AFTER + Duration::from_millis(1);
    assert_eq!(scanner.feed(&hex("7E 00 08 01 00 02 01 AB CD"), later), hex(DONE));
    assert_eq!(scanner.feed(&hex("7E 00 08 FF 00 7E 00 09 01 00 00 00 DE C8"), later), hex(DONE));
}
