//! Frames of the 8A family of lock boards (the makers' sheets): five-byte requests closed by a xor over all before it.
//! Replies have no length field: they are found by head, board, expected number of groups and xor.

use super::BoardStatus;
use super::frame::xor;

/// A request; all have five bytes.
pub type Frame = [u8; 5];

/// A status reply carries at least two groups of eight locks, so it is never as short as a request.
pub const GROUPS_MIN: usize = 2;
/// And at most seven, for 50 channels.
pub const GROUPS_MAX: usize = 7;
/// Bytes of a status reply beside its groups: head, board, `33`, xor.
const STATUS_FRAME: usize = 4;

/// Gives the lock of one channel its pulse; the board times it. Channel 0 would open all and is not offered.
pub fn open(board: u8, channel: u8) -> Option<Frame> {
    (channel != 0).then(|| close([0x8A, board, channel, 0x11]))
}

/// Asks for the state of one lock.
pub fn query_one(board: u8, channel: u8) -> Frame {
    close([0x80, board, channel, 0x33])
}

/// Asks for the state of all locks of a board.
pub fn query_all(board: u8) -> Frame {
    close([0x80, board, 0x00, 0x33])
}

fn close([head, board, channel, last]: [u8; 4]) -> Frame {
    [head, board, channel, last, head ^ board ^ channel ^ last]
}

/// Looks for a board's status reply of exactly `groups` groups anywhere in what was received.
pub fn find_status(received: &[u8], board: u8, groups: usize) -> Option<BoardStatus> {
    received.windows(groups.checked_add(STATUS_FRAME)?).find_map(|window| status(window, board))
}

/// Looks for a board's status reply whose number of groups is not known yet; the longest one is the right one, because
/// groups can happen to look like the end of a shorter reply.
pub fn find_status_of_any_size(received: &[u8], board: u8) -> Option<BoardStatus> {
    (GROUPS_MIN..=GROUPS_MAX).rev().find_map(|groups| find_status(received, board, groups))
}

fn status(frame: &[u8], board: u8) -> Option<BoardStatus> {
    let (sum, checked) = frame.split_last()?;
    let [0x80, address, groups @ .., 0x33] = checked else { return None };
    let is_whole = *address == board && xor(checked) == *sum && groups.len() >= GROUPS_MIN;
    // On the wire the highest group comes first.
    is_whole.then(|| BoardStatus::of_groups(groups.iter().rev()))
}

/// Looks for the acknowledgement of `open`; returns its status byte.
pub fn find_acknowledgement(received: &[u8], board: u8, channel: u8) -> Option<u8> {
    find_single(received, 0x8A, board, channel)
}

/// Looks for the reply to `query_one`; returns its status byte.
pub fn find_single_status(received: &[u8], board: u8, channel: u8) -> Option<u8> {
    find_single(received, 0x80, board, channel)
}

fn find_single(received: &[u8], head: u8, board: u8, channel: u8) -> Option<u8> {
    received.windows(5).find_map(|window| match *window {
        [first, address, lock, status, xor]
            if (first, address, lock) == (head, board, channel)
                && matches!(status, 0x00 | 0x11)
                && head ^ board ^ channel ^ status == xor =>
        {
            Some(status)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    //! Frozen against the makers' sheets: if one of these fails, do not change the test.
    use super::*;

    #[test]
    fn requests_match_the_sheet_byte_by_byte() {
        assert_eq!(open(1, 1), Some([0x8A, 0x01, 0x01, 0x11, 0x9B]));
        assert_eq!(query_one(1, 1), [0x80, 0x01, 0x01, 0x33, 0xB3]);
        assert_eq!(query_all(1), [0x80, 0x01, 0x00, 0x33, 0xB2]);
        assert_eq!(open(1, 0), None, "channel 0 opens all doors");
    }

    #[test]
    fn the_reply_of_a_real_board_of_eight_is_understood() {
        let status = find_status(&[0x80, 0x01, 0x00, 0x00, 0x00, 0x33, 0xB2], 1, 3).unwrap();
        assert!((1..=24).all(|channel| status.bit(channel) == Some(false)));
        assert_eq!((status.bit(0), status.bit(25)), (None, None));
    }

    #[test]
    fn the_highest_group_comes_first_and_the_lowest_bit_is_the_lowest_lock() {
        let frame = [0x80, 0x02, 0x80, 0x02, 0x01, 0x33, 0x32];
        let status = find_status(&frame, 2, 3).unwrap();
        let set: Vec<u8> = (1..=24).filter(|&channel| status.bit(channel) == Some(true)).collect();
        assert_eq!(set, [1, 10, 24]);
    }

    #[test]
    fn replies_are_found_amid_noise_and_only_for_the_right_board() {
        let noisy = [0xFF, 0x80, 0x01, 0x80, 0x01, 0x00, 0x00, 0xFF, 0x33, 0x4D, 0x80];
        assert_eq!(find_status(&noisy, 1, 3).unwrap().bit(1), Some(true));
        assert_eq!(find_status(&noisy, 2, 3), None);
        assert_eq!(find_acknowledgement(&[0x00, 0x8A, 0x01, 0x05, 0x00, 0x8E, 0x00], 1, 5), Some(0x00));
        assert_eq!(find_acknowledgement(&[0x8A, 0x01, 0x05, 0x00, 0x8F], 1, 5), None);
        assert_eq!(find_single_status(&[0x80, 0x01, 0x05, 0x11, 0x95], 1, 5), Some(0x11));
    }

    #[test]
    fn a_request_is_never_taken_for_a_status() {
        for board in 1..=31 {
            assert_eq!(find_status_of_any_size(&query_all(board), board), None);
        }
    }

    #[test]
    fn groups_that_look_like_the_end_of_a_shorter_reply_do_not_shorten_it() {
        // G3 = 00, G2 = 33, G1 = B2: begins with the bytes of the request itself.
        let frame = [0x80, 0x01, 0x00, 0x33, 0xB2, 0x33, 0x33];
        assert_eq!(find_status_of_any_size(&frame, 1).unwrap().channels(), 24);
        // Four groups of which the first two, 33 and a xor end a reply of two.
        let frame = [0x80, 0x01, 0x05, 0x06, 0x33, 0xB1, 0x33, 0x33];
        assert_eq!(find_status(&frame, 1, 2).unwrap().channels(), 16);
        assert_eq!(find_status_of_any_size(&frame, 1).unwrap().channels(), 32);
    }
}
