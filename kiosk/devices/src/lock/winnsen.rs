//! Frames of the Winnsen family (the maker's sheet): `90`, length, command, station, lock, `03`; no checksum. Locks are
//! asked one by one. Some firmware puts the status before the lock's number in its answers: `swapped`.

use super::BoardStatus;

const START: u8 = 0x90;
const END: u8 = 0x03;
const OPEN: u8 = 0x05;
const QUERY: u8 = 0x12;
/// An answer's command is its request's with the highest bit set.
const ANSWER: u8 = 0x80;
/// The answer to `open` when the coil still rests after its last pulse: nothing was done.
pub const REFUSED: u8 = 0x02;

/// A request; all have six bytes.
pub type Frame = [u8; 6];

/// Gives one lock its pulse; the board times it.
#[must_use]
pub fn open(station: u8, lock: u8) -> Option<Frame> {
    (lock != 0).then_some([START, 0x06, OPEN, station, lock, END])
}

/// Asks for the state of one lock.
#[must_use]
pub fn query(station: u8, lock: u8) -> Frame {
    [START, 0x06, QUERY, station, lock, END]
}

/// Looks for the answer to `query`: 01 sets the bit (open, on most).
#[must_use]
pub fn find_status(received: &[u8], station: u8, lock: u8, swapped: bool) -> Option<BoardStatus> {
    let status = find(received, QUERY, station, lock, swapped, 0x01)?;
    Some(BoardStatus::of_one(lock, status == 1))
}

/// Looks for the answer to `open`: 01 done, 00 failed, [`REFUSED`] not tried.
#[must_use]
pub fn find_acknowledgement(received: &[u8], station: u8, lock: u8, swapped: bool) -> Option<u8> {
    find(received, OPEN, station, lock, swapped, REFUSED)
}

fn find(received: &[u8], command: u8, station: u8, lock: u8, swapped: bool, most: u8) -> Option<u8> {
    received.windows(7).find_map(|window| {
        let &[START, 0x07, said, address, first, second, END] = window else { return None };
        let (channel, status) = if swapped { (second, first) } else { (first, second) };
        let is_it = (said, address, channel) == (command | ANSWER, station, lock) && status <= most;
        is_it.then_some(status)
    })
}

#[cfg(test)]
mod tests {
    //! Frozen against the maker's sheet: if one of these fails, do not change the test.
    use super::*;

    #[test]
    fn requests_match_the_sheet_byte_by_byte() {
        assert_eq!(open(5, 3), Some([0x90, 0x06, 0x05, 0x05, 0x03, 0x03]));
        assert_eq!(query(5, 3), [0x90, 0x06, 0x12, 0x05, 0x03, 0x03]);
        assert_eq!(open(5, 0), None);
    }

    #[test]
    fn answers_are_understood_amid_noise_in_both_orders() {
        let answer = [0x90, 0x90, 0x07, 0x92, 0x05, 0x0C, 0x01, 0x03, 0x00];
        assert_eq!(find_status(&answer, 5, 12, false).unwrap().bit(12), Some(true));
        assert_eq!(find_status(&answer, 5, 12, true), None, "12 is no status");
        assert_eq!(find_status(&answer, 4, 12, false), None);
        let swapped = [0x90, 0x07, 0x92, 0x05, 0x00, 0x0C, 0x03];
        assert_eq!(find_status(&swapped, 5, 12, true).unwrap().bit(12), Some(false));
        let refused = [0x90, 0x07, 0x85, 0x05, 0x0C, 0x02, 0x03];
        assert_eq!(find_acknowledgement(&refused, 5, 12, false), Some(REFUSED));
        assert_eq!(find_status(&refused, 5, 12, false), None);
    }

    #[test]
    fn an_echo_is_no_answer() {
        let request = query(5, 3);
        let echo = [&request[..], &request].concat();
        assert_eq!(find_status(&echo, 5, 3, false), None);
    }
}
