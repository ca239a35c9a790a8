//! Frames of boards that begin with the letters WKLY (the makers' sheet of the twelve-channel board): start, length of
//! the whole frame, board, command, data, xor over all before it. A reply is longer than its request, so an echo is
//! never taken for one.

use super::BoardStatus;
use super::frame::{beginning_with, xor};

const START: [u8; 4] = *b"WKLY";
const OPEN_ONE: u8 = 0x82;
const QUERY_ALL: u8 = 0x84;
/// Start, length, board, command and xor.
const FRAME: usize = 8;

/// Gives the lock of one channel its pulse; the board times it.
#[must_use]
pub fn open(board: u8, channel: u8) -> Option<Vec<u8>> {
    (channel != 0).then(|| request(board, OPEN_ONE, &[channel]))
}

/// Asks for the state of all locks of a board.
#[must_use]
pub fn query_all(board: u8) -> Vec<u8> {
    request(board, QUERY_ALL, &[])
}

fn request(board: u8, command: u8, data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(FRAME.saturating_add(data.len())).unwrap_or(u8::MAX);
    let mut frame = [&START[..], &[length, board, command], data].concat();
    frame.push(xor(&frame));
    frame
}

/// Looks for the answer to `query_all`: 00, the number of channels, and for each 01 (closed) or 00 (open).
#[must_use]
pub fn find_status(received: &[u8], board: u8) -> Option<BoardStatus> {
    find(received, board, QUERY_ALL, |data| {
        let [0x00, count, locks @ ..] = data else { return None };
        let is_whole = !locks.is_empty() && locks.len() == usize::from(*count);
        let states = locks.iter().zip(1_u8..);
        (is_whole && locks.iter().all(|lock| *lock <= 1)).then(|| {
            let mut status = BoardStatus::default();
            states.for_each(|(lock, channel)| status.tell(channel, *lock == 1));
            status
        })
    })
}

/// Looks for the acknowledgement of `open`; returns its status byte, 00 done or FF failed. Some boards send none.
#[must_use]
pub fn find_acknowledgement(received: &[u8], board: u8, channel: u8) -> Option<u8> {
    find(received, board, OPEN_ONE, |data| match *data {
        [status @ (0x00 | 0xFF), lock, _] if lock == channel => Some(status),
        _ => None,
    })
}

fn find<T>(received: &[u8], board: u8, command: u8, read: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    beginning_with(received, &START).find_map(|rest| {
        let frame = rest.get(..usize::from(*rest.get(4)?))?;
        let (sum, checked) = frame.split_last()?;
        let [_, _, _, _, _, address, said, data @ ..] = checked else { return None };
        (*sum == xor(checked) && (*address, *said) == (board, command)).then(|| read(data)).flatten()
    })
}

#[cfg(test)]
mod tests {
    //! Frozen against the makers' sheet: if one of these fails, do not change the test.
    use super::*;

    #[test]
    fn requests_match_the_sheet_byte_by_byte() {
        assert_eq!(open(0, 1).unwrap(), [0x57, 0x4B, 0x4C, 0x59, 0x09, 0x00, 0x82, 0x01, 0x83]);
        assert_eq!(query_all(0), [0x57, 0x4B, 0x4C, 0x59, 0x08, 0x00, 0x84, 0x85]);
        assert_eq!(open(0, 0), None);
    }

    #[test]
    fn replies_are_understood_amid_noise_and_only_for_the_right_board() {
        let reply = [0x57, 0x4B, 0x4C, 0x59, 0x0E, 0x00, 0x84, 0x00, 0x04, 0x00, 0x01, 0x01, 0x00, 0x87];
        let noisy = [&[0x57, 0x4B, 0x57][..], &query_all(0), &reply, &[0x00]].concat();
        let status = find_status(&noisy, 0).unwrap();
        let bits = [1, 2, 3, 4, 5].map(|channel| status.bit(channel));
        assert_eq!(bits, [Some(false), Some(true), Some(true), Some(false), None]);
        assert_eq!(find_status(&noisy, 1), None);
        let opened = [0x57, 0x4B, 0x4C, 0x59, 0x0B, 0x00, 0x82, 0x00, 0x01, 0x00, 0x81];
        assert_eq!(find_acknowledgement(&opened, 0, 1), Some(0x00));
        assert_eq!(find_acknowledgement(&opened, 0, 2), None);
    }

    #[test]
    fn what_a_board_pushes_by_itself_is_no_answer() {
        let push = [0x57, 0x4B, 0x4C, 0x59, 0x0A, 0x01, 0x85, 0x04, 0x00, 0x83];
        assert_eq!((find_status(&push, 1), find_acknowledgement(&push, 1, 4)), (None, None));
    }
}
