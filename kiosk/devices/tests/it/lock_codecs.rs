//! The codecs of the lock boards on bytes that come in pieces, with noise before and after, and with a byte changed.

use pickup_devices::lock::{BoardStatus, board8a, cu16, modbus, winnsen, wkly};
use proptest::prelude::*;

/// A family's status reply, what it tells, the byte it begins with, and how it is looked for.
struct Case {
    frame: Vec<u8>,
    told: BoardStatus,
    head: u8,
    has_sum: bool,
    find: Finder,
}

type Finder = Box<dyn Fn(&[u8]) -> Option<BoardStatus>>;

fn xor(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

fn bits(count: u8, bits: u64) -> BoardStatus {
    let mut status = BoardStatus::default();
    (1..=count).for_each(|channel| status.tell(channel, bits >> (channel - 1) & 1 == 1));
    status
}

fn bytes(count: u8, bits: u64) -> Vec<u8> {
    bits.to_le_bytes()[..usize::from(count.div_ceil(8))].to_vec()
}

fn case_8a(board: u8, groups: usize, states: u64) -> Case {
    let mut frame = vec![0x80, board];
    frame.extend(bytes(groups as u8 * 8, states).iter().rev());
    frame.push(0x33);
    frame.push(xor(&frame));
    let told = bits(groups as u8 * 8, states);
    let find = Box::new(move |received: &[u8]| board8a::find_status(received, board, groups));
    Case { frame, told, head: 0x80, has_sum: true, find }
}

fn case_wkly(board: u8, count: u8, states: u64) -> Case {
    let mut frame = b"WKLY".to_vec();
    frame.extend([10 + count, board, 0x84, 0x00, count]);
    frame.extend((0..count).map(|n| (states >> n & 1) as u8));
    frame.push(xor(&frame));
    let find = Box::new(move |received: &[u8]| wkly::find_status(received, board));
    Case { frame, told: bits(count, states), head: b'W', has_sum: true, find }
}

fn case_cu16(board: u8, states: u64) -> Case {
    let mut frame = vec![0x02, board << 4, 0x35];
    frame.extend(bytes(16, states));
    frame.extend([0xFF, 0xFF, 0x03]);
    frame.push(frame.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)));
    let find = Box::new(move |received: &[u8]| cu16::find_status(received, board));
    Case { frame, told: bits(16, states), head: 0x02, has_sum: true, find }
}

fn case_winnsen(station: u8, lock: u8, open: bool, swapped: bool) -> Case {
    let (first, second) = if swapped { (u8::from(open), lock) } else { (lock, u8::from(open)) };
    let frame = vec![0x90, 0x07, 0x92, station, first, second, 0x03];
    let find = Box::new(move |received: &[u8]| winnsen::find_status(received, station, lock, swapped));
    Case { frame, told: BoardStatus::of_one(lock, open), head: 0x90, has_sum: false, find }
}

fn case_modbus(unit: u8, count: u8, states: u64) -> Case {
    let mut frame = vec![unit, 0x02, count.div_ceil(8)];
    frame.extend(bytes(count, states));
    frame.extend(modbus::crc(&frame).to_le_bytes());
    let told = bits(count.div_ceil(8) * 8, states);
    let find = Box::new(move |received: &[u8]| modbus::find_inputs(received, unit, count));
    Case { frame, told, head: unit, has_sum: true, find }
}

fn case() -> impl Strategy<Value = Case> {
    let all = (0..5_usize, 1_u8..=15, 2_usize..=7, 1_u8..=48, any::<u64>(), any::<bool>(), any::<bool>());
    all.prop_map(|(family, board, groups, count, states, open, swapped)| match family {
        0 => case_8a(board, groups, states),
        1 => case_wkly(board, count, states),
        2 => case_cu16(board, states),
        3 => case_winnsen(board, count, open, swapped),
        _ => case_modbus(board, count, states),
    })
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02X?}", self.frame)
    }
}

proptest! {
    #[test]
    fn a_reply_in_pieces_amid_noise_is_found_when_it_is_whole_and_not_before(
        case in case(),
        before in prop::collection::vec(any::<u8>(), 0..24),
        after in prop::collection::vec(any::<u8>(), 0..24),
        piece in 1_usize..9,
    ) {
        let before: Vec<u8> = before.into_iter().filter(|byte| *byte != case.head).collect();
        let whole = before.len() + case.frame.len();
        let stream = [before, case.frame.clone(), after].concat();
        let mut received = Vec::new();
        for bytes in stream.chunks(piece) {
            received.extend(bytes);
            let found = (case.find)(&received);
            prop_assert_eq!(found, (received.len() >= whole).then_some(case.told));
        }
    }

    #[test]
    fn a_reply_with_a_changed_byte_is_not_believed(case in case(), at in any::<prop::sample::Index>(), flip in 1_u8..) {
        // Without a checksum a changed status is a status.
        if !case.has_sum {
            return Ok(());
        }
        let mut frame = case.frame.clone();
        *at.get_mut(frame.as_mut_slice()) ^= flip;
        prop_assert_eq!((case.find)(&frame), None);
    }

    #[test]
    fn whatever_comes_is_borne_and_acknowledgements_are_only_those_of_the_lock(
        received in prop::collection::vec(any::<u8>(), 0..80),
        board in any::<u8>(),
        channel in 1_u8..=50,
    ) {
        let whole = |head: &[u8]| received.windows(head.len()).any(|window| window == head);
        if board8a::find_acknowledgement(&received, board, channel).is_some() {
            prop_assert!(whole(&[0x8A, board, channel]));
        }
        if wkly::find_acknowledgement(&received, board, channel).is_some() {
            prop_assert!(whole(b"WKLY"));
        }
        if winnsen::find_acknowledgement(&received, board, channel, false).is_some() {
            prop_assert!(whole(&[0x90, 0x07, 0x85, board, channel]));
        }
        prop_assert!(cu16::find_status(&received, board).is_none() || whole(&[0x02]));
        prop_assert!(modbus::find_inputs(&received, board, 8).is_none() || whole(&[board, 0x02, 0x01]));
    }
}
