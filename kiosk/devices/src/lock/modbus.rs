//! Frames of relay boards on Modbus RTU (the makers' sheets; framing and checksum of the Modbus serial line guide).
//!
//! A pulse is "flash on": function 05 on address `0200` + relay with the time in units of 100 ms. The board times it,
//! so that the relay falls even when this computer dies. Its value is none that the Modbus standard allows for a coil,
//! which is why no general Modbus library can send it. Door contacts are the board's discrete inputs.

use super::{BoardStatus, PulseLength};

const READ_INPUTS: u8 = 0x02;
const WRITE_COIL: u8 = 0x05;
/// Added to the function by an answer that refuses.
const EXCEPTION: u8 = 0x80;
const FLASH_ON: u8 = 0x02;

/// A request; all have eight bytes.
pub type Frame = [u8; 8];

/// What a board said of a pulse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlashAnswer {
    /// It repeated the request: taken.
    Taken,
    /// It refused, with this code of the standard; nothing was done.
    Refused(u8),
}

/// Holds the relay of one channel (from 1) for a time.
#[must_use]
pub fn flash_on(unit: u8, channel: u8, length: PulseLength) -> Option<Frame> {
    let relay = channel.checked_sub(1)?;
    let tenths = length.ms().checked_div(100)?.to_be_bytes();
    Some(closed([unit, WRITE_COIL, FLASH_ON, relay, tenths[0], tenths[1]]))
}

/// Reads the first `count` inputs.
#[must_use]
pub fn read_inputs(unit: u8, count: u8) -> Frame {
    closed([unit, READ_INPUTS, 0, 0, 0, count])
}

fn closed([unit, function, a, b, c, d]: [u8; 6]) -> Frame {
    let [low, high] = crc(&[unit, function, a, b, c, d]).to_le_bytes();
    [unit, function, a, b, c, d, low, high]
}

/// CRC-16/MODBUS: polynomial A001 reflected, from FFFF; the low byte goes first on the wire.
#[must_use]
pub fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| {
            let shifted = sum >> 1;
            if sum & 1 == 1 { shifted ^ 0xA001 } else { shifted }
        })
    })
}

/// Looks for the answer to `read_inputs`; the first input is channel 1.
#[must_use]
pub fn find_inputs(received: &[u8], unit: u8, count: u8) -> Option<BoardStatus> {
    let bytes = count.div_ceil(8);
    let length = usize::from(bytes).checked_add(5)?;
    received.windows(length).filter(|window| is_whole(window)).find_map(|window| match window {
        [said, READ_INPUTS, count, inputs @ .., _, _] if (*said, *count) == (unit, bytes) => {
            Some(BoardStatus::of_groups(inputs))
        }
        _ => None,
    })
}

/// Looks for the answer to a `flash_on`.
#[must_use]
pub fn find_flash_answer(received: &[u8], request: &Frame) -> Option<FlashAnswer> {
    let &[unit, ..] = request;
    let refused = received.windows(5).filter(|window| is_whole(window)).find_map(|window| match *window {
        [said, function, code, _, _] if (said, function) == (unit, WRITE_COIL | EXCEPTION) => Some(code),
        _ => None,
    });
    let taken = received.windows(request.len()).any(|window| window == request);
    refused.map(FlashAnswer::Refused).or(taken.then_some(FlashAnswer::Taken))
}

fn is_whole(frame: &[u8]) -> bool {
    matches!(frame, [checked @ .., low, high] if crc(checked).to_le_bytes() == [*low, *high])
}

#[cfg(test)]
mod tests {
    //! Frozen against the makers' sheets: if one of these fails, do not change the test.
    use super::*;

    fn pulse(ms: u16) -> PulseLength {
        PulseLength::try_from(ms).unwrap()
    }

    #[test]
    fn requests_match_the_sheets_byte_by_byte() {
        assert_eq!(
            flash_on(1, 1, pulse(700)),
            Some([0x01, 0x05, 0x02, 0x00, 0x00, 0x07, 0x8D, 0xB0]),
            "relay 1 for 700 ms"
        );
        assert_eq!(read_inputs(1, 8), [0x01, 0x02, 0x00, 0x00, 0x00, 0x08, 0x79, 0xCC]);
        assert_eq!(flash_on(1, 0, pulse(700)), None);
    }

    #[test]
    fn the_checksum_is_that_of_the_published_frames() {
        for frame in [
            [0x01, 0x05, 0x00, 0x00, 0xFF, 0x00, 0x8C, 0x3A],
            [0x01, 0x05, 0x00, 0x00, 0x00, 0x00, 0xCD, 0xCA],
            [0x01, 0x01, 0x00, 0x00, 0x00, 0x08, 0x3D, 0xCC],
            [0x01, 0x05, 0x00, 0xFF, 0x00, 0x00, 0xFD, 0xFA],
        ] {
            assert!(is_whole(&frame), "{frame:02X?}");
        }
    }

    #[test]
    fn inputs_are_found_amid_noise_and_only_for_the_right_board() {
        let mut reply = vec![0x01, 0x02, 0x01, 0b0000_0101];
        reply.extend(crc(&reply).to_le_bytes());
        let noisy = [&[0x01, 0x02][..], &read_inputs(1, 8), &reply, &[0xFF]].concat();
        let status = find_inputs(&noisy, 1, 8).unwrap();
        assert_eq!([1, 2, 3].map(|c| status.bit(c)), [Some(true), Some(false), Some(true)]);
        assert_eq!((find_inputs(&noisy, 2, 8), find_inputs(&noisy, 1, 16)), (None, None));
        let request = read_inputs(1, 8);
        assert_eq!(find_inputs(&request, 1, 8), None, "an echo is no answer");
    }

    #[test]
    fn a_pulse_is_taken_or_refused() {
        let request = flash_on(1, 3, pulse(500)).unwrap();
        assert_eq!(find_flash_answer(&request, &request), Some(FlashAnswer::Taken));
        let mut refusal = vec![0x01, 0x85, 0x02];
        refusal.extend(crc(&refusal).to_le_bytes());
        assert_eq!(find_flash_answer(&refusal, &request), Some(FlashAnswer::Refused(2)));
        assert_eq!(find_flash_answer(&request[..7], &request), None);
    }
}
