//! The lock board's frames as the makers' sheet gives them. If one of these fails, the device is wrong, not the test.

use std::time::Duration;

use pickup_hw_mock::frame::FORGETS_AFTER;
use pickup_hw_mock::lock::{Board, Bus, Family, LockEvent, LockFault};
use pickup_hw_mock::rack::{Rack, RackError};

use crate::support::{START, hex};

const OPEN_1: &str = "8A 01 01 11 9B";
const QUERY_1: &str = "80 01 01 33 B3";
const QUERY_ALL: &str = "80 01 00 33 B2";

/// One 8A board alone on its bus.
struct Bench(Bus);

impl Bench {
    fn new(address: u8, channels: u8, short_when_open: bool) -> Self {
        let board = Board::new(address, channels, short_when_open);
        Self(Bus::new(Family::Board8a, false, vec![board], false))
    }

    fn feed(&mut self, bytes: &[u8], now: Duration) -> (Vec<u8>, Vec<LockEvent>) {
        let (replies, events) = self.0.feed(bytes, now);
        let bytes = replies.into_iter().flat_map(|reply| reply.bytes).collect();
        (bytes, events.into_iter().map(|(_, event)| event).collect())
    }

    fn set_fault(&mut self, fault: Option<LockFault>) {
        assert!(self.0.set_fault(Some(1), fault));
    }

    fn set_open(&mut self, channel: u8, open: bool) -> bool {
        self.0.board(1).unwrap().set_open(channel, open)
    }

    fn is_open(&self, channel: u8) -> bool {
        self.0.boards()[0].is_open(channel)
    }
}

fn ask(board: &mut Bench, request: &str) -> Vec<u8> {
    board.feed(&hex(request), START).0
}

#[test]
fn a_pulse_opens_the_door_and_a_hand_closes_it() {
    let mut board = Bench::new(1, 12, false);
    assert_eq!(ask(&mut board, QUERY_1), hex("80 01 01 11 91"));
    let (reply, events) = board.feed(&hex(OPEN_1), START);
    assert_eq!(reply, hex("8A 01 01 00 8A"));
    assert_eq!(events, [LockEvent::Pulse(1), LockEvent::Opened(1)]);
    assert_eq!(ask(&mut board, QUERY_1), hex("80 01 01 00 80"));
    assert!(board.set_open(1, false));
    assert_eq!(ask(&mut board, QUERY_1), hex("80 01 01 11 91"));
}

#[test]
fn a_pulse_on_an_open_door_is_a_pulse_all_the_same() {
    let mut board = Bench::new(1, 12, false);
    board.set_open(1, true);
    assert_eq!(board.feed(&hex(OPEN_1), START).1, [LockEvent::Pulse(1)]);
}

#[test]
fn all_doors_are_told_highest_group_first() {
    let mut board = Bench::new(1, 12, false);
    assert_eq!(ask(&mut board, QUERY_ALL), hex("80 01 00 0F FF 33 42"));
    board.set_open(1, true);
    board.set_open(12, true);
    assert_eq!(ask(&mut board, QUERY_ALL), hex("80 01 00 07 FE 33 4B"));
}

#[test]
fn a_board_of_eight_open_doors_answers_as_the_real_one_did() {
    let mut board = Bench::new(1, 8, false);
    (1..=8).for_each(|door| assert!(board.set_open(door, true)));
    assert_eq!(ask(&mut board, QUERY_ALL), hex("80 01 00 00 00 33 B2"));
}

#[test]
fn the_other_polarity_inverts_every_status() {
    let mut board = Bench::new(1, 12, true);
    assert_eq!(ask(&mut board, QUERY_1), hex("80 01 01 00 80"));
    assert_eq!(ask(&mut board, QUERY_ALL), hex("80 01 00 00 00 33 B2"));
    assert_eq!(ask(&mut board, OPEN_1), hex(OPEN_1));
    assert_eq!(ask(&mut board, QUERY_ALL), hex("80 01 00 00 01 33 B3"));
}

#[test]
fn channel_zero_opens_every_door() {
    let mut board = Bench::new(1, 12, false);
    let (_, events) = board.feed(&hex("8A 01 00 11 9A"), START);
    assert_eq!(events.iter().filter(|e| matches!(e, LockEvent::Opened(_))).count(), 12);
}

#[test]
fn another_board_a_wrong_checksum_and_a_missing_channel_move_nothing() {
    let mut board = Bench::new(1, 12, false);
    for request in ["8A 02 01 11 98", "8A 01 01 11 9A", "8A 01 0D 11 97", "8A 01 01 33 B9"] {
        assert_eq!(board.feed(&hex(request), START), (Vec::new(), Vec::new()), "{request}");
    }
}

#[test]
fn a_frame_in_pieces_between_noise_is_understood() {
    let mut board = Bench::new(1, 12, false);
    let stream = hex("8A 01 FF 8A 01 01 11 9B 80");
    let (mut out, mut events) = (Vec::new(), Vec::new());
    for byte in stream {
        let (reply, moved) = board.feed(&[byte], START);
        out.extend(reply);
        events.extend(moved);
    }
    assert_eq!(out, hex("8A 01 01 00 8A"));
    assert_eq!(events.len(), 2);
}

#[test]
fn half_a_frame_is_forgotten_after_a_silence() {
    let mut board = Bench::new(1, 12, false);
    board.feed(&hex("8A 01 01"), START);
    let later = START + FORGETS_AFTER + Duration::from_millis(1);
    assert_eq!(board.feed(&hex("11 9B"), later), (Vec::new(), Vec::new()));
}

#[test]
fn a_jammed_door_takes_the_pulse_and_stays_shut() {
    let mut board = Bench::new(1, 12, false);
    board.set_fault(Some(LockFault::StuckClosed));
    let (reply, events) = board.feed(&hex(OPEN_1), START);
    assert_eq!((reply, events), (hex("8A 01 01 11 9B"), vec![LockEvent::Pulse(1)]));
    assert!(!board.is_open(1));
}

#[test]
fn a_stuck_contact_reads_open_though_a_hand_closed_the_door() {
    let mut board = Bench::new(1, 12, false);
    ask(&mut board, OPEN_1);
    board.set_fault(Some(LockFault::StuckOpen));
    board.set_open(1, false);
    assert_eq!(ask(&mut board, QUERY_1), hex("80 01 01 00 80"));
}

#[test]
fn a_silent_board_moves_nothing() {
    let mut board = Bench::new(1, 12, false);
    board.set_fault(Some(LockFault::Silent));
    assert_eq!(board.feed(&hex(OPEN_1), START), (Vec::new(), Vec::new()));
    assert!(!board.is_open(1));
}

#[test]
fn an_echoing_adapter_sends_back_every_byte_before_the_answer() {
    let mut board = Bench::new(1, 12, false);
    board.set_fault(Some(LockFault::Echo));
    assert_eq!(ask(&mut board, "00 FF"), hex("00 FF"));
    assert_eq!(ask(&mut board, QUERY_ALL), hex("80 01 00 33 B2 80 01 00 0F FF 33 42"));
}

#[test]
fn the_default_rack_has_six_small_four_medium_and_two_large_doors() {
    let rack = Rack::default_rack().unwrap();
    let sizes: String = rack.doors.iter().map(|door| door.size.as_str()).collect();
    assert_eq!(sizes, "SSSSSSMMMMLL");
    let board = &rack.buses[0].boards[0];
    assert_eq!((board.address, board.channels, board.short_when_open), (1, 12, false));
    assert_eq!((rack.buses[0].family, rack.buses.len()), (Family::Board8a, 1));
}

#[test]
fn a_rack_that_cannot_be_is_refused() {
    let door = |door: u16, channel: u8, size: &str| {
        format!("[[doors]]\ndoor = {door}\nchannel = {channel}\nsize = \"{size}\"\n")
    };
    let read = |address: u8, doors: &[String]| {
        Rack::read(&format!("[lock]\naddress = {address}\nchannels = 2\n{}", doors.concat()))
    };
    assert!(read(31, &[door(1, 1, "S"), door(2, 2, "L")]).is_ok());
    assert!(matches!(read(32, &[door(1, 1, "S")]), Err(RackError::Address(32, 1, 31))));
    assert!(matches!(read(1, &[door(1, 3, "S")]), Err(RackError::Channel(1, 3))));
    assert!(matches!(read(1, &[door(1, 1, "S"), door(2, 1, "S")]), Err(RackError::Channel(2, 1))));
    assert!(matches!(read(1, &[door(1, 1, "XL")]), Err(RackError::Size(1, _))));
    assert!(matches!(Rack::read("colour = 1"), Err(RackError::Form(_))));
}
