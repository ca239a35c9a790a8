//! What lock boards answer, a target for each family.
//!
//! Each is given the bytes as they are and once more closed with their checksum, which chance would hardly find.

use pickup_devices::lock::{BoardStatus, PulseLength, board8a, cu16, modbus, winnsen, wkly};

use super::Target;

/// All families by the name of their corpus.
pub const TARGETS: [(&str, Target); 5] =
    [("board8a", board8a), ("wkly", wkly), ("cu16", cu16), ("winnsen", winnsen), ("modbus", modbus)];

/// Addresses that answers are looked for from.
const BOARDS: [u8; 3] = [0, 1, 2];

/// 8A boards.
pub fn board8a(data: &[u8]) {
    both(data, &[xor(data)], |bytes| {
        for board in BOARDS {
            status(bytes, |bytes| board8a::find_status(bytes, board, 3));
            status(bytes, |bytes| board8a::find_status_of_any_size(bytes, board));
            for find in [board8a::find_acknowledgement, board8a::find_single_status] {
                assert!(matches!(find(bytes, board, 1), None | Some(0x00 | 0x11)), "{bytes:02X?}");
            }
        }
    });
}

/// Boards that begin with the letters WKLY.
pub fn wkly(data: &[u8]) {
    both(data, &[xor(data)], |bytes| {
        for board in BOARDS {
            status(bytes, |bytes| wkly::find_status(bytes, board));
            let said = wkly::find_acknowledgement(bytes, board, 1);
            assert!(matches!(said, None | Some(0x00 | 0xFF)), "{bytes:02X?}");
        }
    });
}

/// CU16 boards.
pub fn cu16(data: &[u8]) {
    let sum = data.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte));
    both(data, &[sum], |bytes| {
        BOARDS.iter().for_each(|board| status(bytes, |bytes| cu16::find_status(bytes, *board)));
    });
}

/// Winnsen boards, whose frames have no checksum, of both kinds of firmware.
pub fn winnsen(data: &[u8]) {
    for (board, swapped) in BOARDS.into_iter().flat_map(|board| [(board, false), (board, true)]) {
        status(data, |bytes| winnsen::find_status(bytes, board, 1, swapped));
        let said = winnsen::find_acknowledgement(data, board, 1, swapped);
        assert!(said.is_none_or(|status| status <= winnsen::REFUSED), "{data:02X?}");
    }
}

/// Modbus RTU relay boards.
pub fn modbus(data: &[u8]) {
    both(data, &modbus::crc(data).to_le_bytes(), |bytes| {
        for board in BOARDS {
            status(bytes, |bytes| modbus::find_inputs(bytes, board, 12));
            if let Some(request) = modbus::flash_on(board, 1, PulseLength::default()) {
                let said = modbus::find_flash_answer(bytes, &request);
                let repeated = bytes.windows(request.len()).any(|window| window == request);
                let taken = said == Some(modbus::FlashAnswer::Taken);
                assert!(!taken || repeated, "{bytes:02X?}");
                assert!(!repeated || said.is_some(), "{bytes:02X?}");
            }
        }
    });
}

/// The bytes as they are, and closed.
fn both(data: &[u8], end: &[u8], check: impl Fn(&[u8])) {
    check(data);
    check(&[data, end].concat());
}

/// What was found in the first bytes is not lost when more come, and every channel told of is one that can be.
fn status(data: &[u8], find: impl Fn(&[u8]) -> Option<BoardStatus>) {
    let half = find(&data[..data.len() / 2]);
    let whole = find(data);
    assert!(half.is_none() || whole.is_some(), "{data:02X?}");
    for status in half.into_iter().chain(whole) {
        assert!((1..=64).contains(&status.channels()), "{data:02X?}");
        assert_eq!((status.bit(0), status.bit(65)), (None, None));
    }
}

fn xor(data: &[u8]) -> u8 {
    data.iter().fold(0, |sum, byte| sum ^ byte)
}
