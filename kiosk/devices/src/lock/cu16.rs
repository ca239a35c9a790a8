//! Frames of the CU16 family (the maker's sheet): `02`, address, command, `03`, sum of all before it. The high half of
//! the address is the board, the low half the lock, from 0. A request of status `30` is answered by `35` with two bytes
//! of locks and two of a second sensor; an unlock is not answered at all.

use super::BoardStatus;

const START: u8 = 0x02;
const END: u8 = 0x03;
const QUERY: u8 = 0x30;
const UNLOCK: u8 = 0x31;
const STATUS: u8 = 0x35;
const LOCKS: u8 = 16;

/// A request; all have five bytes.
pub type Frame = [u8; 5];

/// Gives the lock of one channel its pulse; the board times it.
#[must_use]
pub fn open(board: u8, channel: u8) -> Option<Frame> {
    let lock = channel.checked_sub(1).filter(|lock| *lock < LOCKS)?;
    Some(request(address(board)? | lock, UNLOCK))
}

/// Asks for the state of all locks of a board.
#[must_use]
pub fn query(board: u8) -> Option<Frame> {
    Some(request(address(board)?, QUERY))
}

fn address(board: u8) -> Option<u8> {
    (board < 16).then_some(board << 4)
}

fn request(address: u8, command: u8) -> Frame {
    [START, address, command, END, sum(&[START, address, command, END])]
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// Looks for the answer to `query`; a set bit is a locked lock.
#[must_use]
pub fn find_status(received: &[u8], board: u8) -> Option<BoardStatus> {
    let expected = address(board)?;
    received.windows(9).find_map(|window| match *window {
        [START, said, STATUS, low, high, _, _, END, check]
            if said & 0xF0 == expected && window.get(..8).map(sum) == Some(check) =>
        {
            Some(BoardStatus::of_groups(&[low, high]))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    //! Frozen against the maker's sheet: if one of these fails, do not change the test.
    use super::*;

    #[test]
    fn requests_match_the_sheet_byte_by_byte() {
        assert_eq!(query(0), Some([0x02, 0x00, 0x30, 0x03, 0x35]));
        assert_eq!(open(0, 1), Some([0x02, 0x00, 0x31, 0x03, 0x36]));
        assert_eq!(open(1, 16), Some([0x02, 0x1F, 0x31, 0x03, 0x55]));
        assert_eq!((open(0, 0), open(0, 17), query(16)), (None, None, None));
    }

    #[test]
    fn a_status_is_understood_amid_noise_and_only_for_the_right_board() {
        let reply = [0x02, 0x00, 0x35, 0x01, 0x80, 0xFF, 0xFF, 0x03, 0xB9];
        let noisy = [&[0x02][..], &query(0).unwrap(), &reply, &[0x03]].concat();
        let status = find_status(&noisy, 0).unwrap();
        let set: Vec<u8> = (1..=16).filter(|&channel| status.bit(channel) == Some(true)).collect();
        assert_eq!((set, status.channels()), (vec![1, 16], 16));
        assert_eq!(find_status(&noisy, 1), None);
        let mut wrong = reply;
        wrong[8] ^= 1;
        assert_eq!(find_status(&wrong, 0), None);
    }
}
