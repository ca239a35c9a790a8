//! What lock boards answer: the finders of every family.

use pickup_devices::lock::{BoardStatus, PulseLength, board8a, cu16, modbus, winnsen, wkly};

type Finder = fn(&[u8], u8) -> Option<BoardStatus>;

const FINDERS: [Finder; 7] = [
    |bytes, board| board8a::find_status(bytes, board, 3),
    |bytes, board| board8a::find_status_of_any_size(bytes, board),
    wkly::find_status,
    cu16::find_status,
    |bytes, board| winnsen::find_status(bytes, board, 1, false),
    |bytes, board| winnsen::find_status(bytes, board, 1, true),
    |bytes, board| modbus::find_inputs(bytes, board, 12),
];

/// Replies of lock boards: what was found in the first bytes is not lost when more come, and every channel told of is
/// one that can be.
pub fn locks(data: &[u8]) {
    for board in [0, 1, 2] {
        for find in FINDERS {
            let half = find(&data[..data.len() / 2], board);
            let whole = find(data, board);
            assert!(half.is_none() || whole.is_some(), "{data:02X?}");
            for status in half.into_iter().chain(whole) {
                assert!((1..=64).contains(&status.channels()), "{data:02X?}");
                assert_eq!((status.bit(0), status.bit(65)), (None, None));
            }
        }
        let said = board8a::find_acknowledgement(data, board, 1);
        assert!(matches!(said, None | Some(0x00 | 0x11)), "{data:02X?}");
        let said = wkly::find_acknowledgement(data, board, 1);
        assert!(matches!(said, None | Some(0x00 | 0xFF)), "{data:02X?}");
        let said = winnsen::find_acknowledgement(data, board, 1, false);
        assert!(said.is_none_or(|status| status <= winnsen::REFUSED), "{data:02X?}");
        if let Some(request) = modbus::flash_on(board, 1, PulseLength::default()) {
            let _ = modbus::find_flash_answer(data, &request);
        }
    }
}
