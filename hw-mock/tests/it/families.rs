//! Boards beside the 8A family, frame by frame as their makers' sheets give them. If one of these fails, the device is
//! wrong, not the test.

use std::time::Duration;

use pickup_hw_mock::lock::{Board, Bus, Family, LockEvent, LockFault};
use pickup_hw_mock::rack::{Rack, RackError};

use crate::support::{START, hex};

fn bus(family: Family, address: u8, channels: u8) -> Bus {
    Bus::new(family, false, vec![Board::new(address, channels, false)], false)
}

fn ask(bus: &mut Bus, request: &str) -> Vec<u8> {
    bus.feed(&hex(request), START).0.into_iter().flat_map(|reply| reply.bytes).collect()
}

#[test]
fn a_wkly_board_opens_and_tells_its_doors() {
    let mut bus = bus(Family::Wkly, 0, 4);
    assert_eq!(ask(&mut bus, "57 4B 4C 59 09 00 82 01 83"), hex("57 4B 4C 59 0B 00 82 00 01 00 81"));
    assert_eq!(ask(&mut bus, "57 4B 4C 59 08 00 84 85"), hex("57 4B 4C 59 0E 00 84 00 04 00 01 01 01 86"));
    assert!(ask(&mut bus, "57 4B 57 4B 4C 59 08 01 84 84").is_empty(), "another board");
}

#[test]
fn a_cu16_board_unlocks_without_a_word_and_tells_two_groups() {
    let mut bus = bus(Family::Cu16, 0, 16);
    let (replies, events) = bus.feed(&hex("02 00 31 03 36"), START);
    assert_eq!((replies, events), (Vec::new(), vec![(0, LockEvent::Pulse(1)), (0, LockEvent::Opened(1))]));
    assert_eq!(ask(&mut bus, "02 00 30 03 35"), hex("02 00 35 FE FF FF FF 03 35"));
}

#[test]
fn a_winnsen_board_answers_lock_by_lock_in_both_orders() {
    let mut straight = bus(Family::Winnsen, 5, 24);
    assert_eq!(ask(&mut straight, "90 06 05 05 03 03"), hex("90 07 85 05 03 01 03"));
    assert_eq!(ask(&mut straight, "90 06 12 05 04 03"), hex("90 07 92 05 04 01 03"));
    straight.set_fault(None, Some(LockFault::Refuses));
    assert_eq!(ask(&mut straight, "90 06 05 05 04 03"), hex("90 07 85 05 04 02 03"));
    let mut swapped = Bus::new(Family::Winnsen, true, vec![Board::new(5, 24, false)], false);
    assert_eq!(ask(&mut swapped, "90 06 12 05 04 03"), hex("90 07 92 05 01 04 03"));
}

#[test]
fn a_relay_board_flashes_a_relay_and_tells_its_inputs() {
    let mut bus = bus(Family::Modbus, 1, 8);
    assert_eq!(ask(&mut bus, "01 05 02 00 00 07 8D B0"), hex("01 05 02 00 00 07 8D B0"));
    let inputs = ask(&mut bus, "01 02 00 00 00 08 79 CC");
    assert_eq!(inputs[..4], hex("01 02 01 FE"));
    bus.set_fault(None, Some(LockFault::Refuses));
    let (replies, events) = bus.feed(&hex("01 05 02 00 00 07 8D B0"), START);
    assert_eq!((replies[0].bytes[..3].to_vec(), events), (hex("01 85 06"), Vec::new()));
    assert_eq!(ask(&mut bus, "01 05 00 00 FF 00 8C 3A")[..3], hex("01 85 01"), "only flashes are done");
}

#[test]
fn boards_as_slow_as_the_real_ones_take_their_time() {
    let mut bus = Bus::new(Family::Wkly, false, vec![Board::new(0, 12, false)], true);
    let (replies, _) = bus.feed(&hex("57 4B 4C 59 08 00 84 85"), START);
    assert_eq!(replies[0].after, Duration::from_millis(400));
}

#[test]
fn faults_spoil_answers_in_their_own_way() {
    let query = hex("02 00 30 03 35");
    let spoilt = |fault| {
        let mut bus = bus(Family::Cu16, 0, 16);
        assert!(bus.set_fault(Some(0), Some(fault)) && !bus.set_fault(Some(3), Some(fault)));
        let first = bus.feed(&query, START).0;
        (first, bus.feed(&query, START).0)
    };
    let good = hex("02 00 35 FF FF FF FF 03 36");
    assert_eq!(spoilt(LockFault::Silent).0, []);
    assert!(spoilt(LockFault::LateFrame).0[0].is_late);
    assert_eq!(spoilt(LockFault::WrongPolarity).0[0].bytes[3..5], [0, 0]);
    assert!(spoilt(LockFault::GarbageBefore).0[0].bytes.ends_with(&good));
    assert!(spoilt(LockFault::GarbageAfter).0[0].bytes.starts_with(&good));
    let inside = &spoilt(LockFault::GarbageInside).0[0].bytes;
    assert!(inside.len() == good.len() && *inside != good);
    let (cut, after) = spoilt(LockFault::Unplug);
    assert!(cut[0].then_unplug && cut[0].bytes.len() < good.len());
    assert_eq!(after[0].bytes, good, "only one answer is cut");
    assert_eq!(spoilt(LockFault::Echo).0.len(), 2);
}

#[test]
fn a_contact_that_bounces_comes_to_rest() {
    let mut bus = bus(Family::Cu16, 0, 16);
    bus.set_fault(None, Some(LockFault::BouncedContact));
    ask(&mut bus, "02 00 31 03 36");
    let looks: Vec<u8> = (0..8).map(|_| ask(&mut bus, "02 00 30 03 35")[3] & 1).collect();
    assert_eq!(looks, [0, 1, 0, 1, 0, 0, 0, 0], "0 is open");
}

#[test]
fn a_rack_names_buses_families_and_boards() {
    let text = r#"
        [[buses]]
        family = "modbus"
        boards = [{ address = 1, channels = 8 }, { address = 2, channels = 8, short_when_open = true }]
        [[buses]]
        family = "winnsen"
        swapped = true
        boards = [{ address = 5, channels = 24 }]
        [[doors]]
        door = 1
        board = 2
        channel = 8
        size = "S"
        [[doors]]
        door = 2
        bus = 1
        channel = 24
        size = "L"
    "#;
    let rack = Rack::read(text).unwrap();
    assert_eq!((rack.buses[1].swapped, rack.doors[1].board), (true, Some(5)));
    assert!(matches!(Rack::read(&text.replace("board = 2", "board = 3")), Err(RackError::Channel(1, 8))));
    let twice = text.replace("address = 2", "address = 1");
    assert!(matches!(Rack::read(&twice), Err(RackError::Twice(1))));
    let both = format!("{text}[lock]\naddress = 1\nchannels = 8\n");
    assert!(matches!(Rack::read(&both), Err(RackError::Form(_))));
}
