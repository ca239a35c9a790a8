//! Frames of the GM65 family (the makers' serial command sheet): `7E 00 type len addr data crc` out,
//! `02 00 status len data crc` in. The check is CRC-16/XMODEM over type…data and status…data.

use super::ZoneSetting;

/// Zone 0000, bits 1-0 = 10: the module reads all the time.
pub const CONTINUOUS: ZoneSetting = ZoneSetting { address: 0x0000, mask: 0x03, value: 0x02 };
/// Zone 0013 = 85: the same code is not reported again within 5 seconds.
pub const SAME_CODE_DELAY_5_S: ZoneSetting = ZoneSetting { address: 0x0013, mask: 0xFF, value: 0x85 };

/// The request to read one code; an `AB CD` in place of the check asks the module to skip it.
pub const TRIGGER: [u8; 9] = [0x7E, 0x00, 0x08, 0x01, 0x00, 0x02, 0x01, 0xAB, 0xCD];
/// The request to stop reading.
pub const STOP: [u8; 9] = [0x7E, 0x00, 0x08, 0x01, 0x00, 0x02, 0x00, 0xAB, 0xCD];
/// The request to keep the settings over a power cut.
pub const SAVE: [u8; 9] = [0x7E, 0x00, 0x09, 0x01, 0x00, 0x00, 0x00, 0xDE, 0xC8];

/// The longest data a reply to one of our requests carries; longer ones are taken for part of a code.
const REPLY_DATA_MAX: u8 = 16;

/// A module's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// 00 = done, 01 = wrong check, 03 = unknown command.
    pub status: u8,
    /// What was asked for; one zero byte when nothing was.
    pub data: Vec<u8>,
}

/// What stands at the front of a buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parse {
    /// A whole reply and how many bytes it takes.
    Reply(Reply, usize),
    /// It may become a reply when more bytes arrive.
    Partial,
    /// It is not a reply.
    No,
}

/// CRC-16/XMODEM: polynomial 1021, start 0.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0_u16, |crc, &byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

/// The request to read `count` settings bytes from `address`.
pub fn read_zone(address: u16, count: u8) -> Vec<u8> {
    request(0x07, address, &[count])
}

/// The request to write one settings byte (until the next power cut, unless saved).
pub fn write_zone(address: u16, value: u8) -> Vec<u8> {
    request(0x08, address, &[value])
}

fn request(kind: u8, address: u16, data: &[u8]) -> Vec<u8> {
    let [high, low] = address.to_be_bytes();
    let length = u8::try_from(data.len()).unwrap_or(u8::MAX);
    let mut checked = vec![kind, length, high, low];
    checked.extend_from_slice(data);
    let crc = crc16(&checked).to_be_bytes();
    [&[0x7E, 0x00][..], &checked, &crc].concat()
}

/// Looks for a reply at the front of `bytes`.
pub fn parse_reply(bytes: &[u8]) -> Parse {
    match *bytes {
        [] | [0x02] | [0x02, 0x00] => return Parse::Partial,
        [0x02, 0x00, ..] => {}
        _ => return Parse::No,
    }
    let Some(&length) = bytes.get(3) else { return Parse::Partial };
    if length == 0 || length > REPLY_DATA_MAX {
        return Parse::No;
    }
    let data_end = usize::from(length) + 4;
    let (Some(checked), Some(check)) = (bytes.get(2..data_end), bytes.get(data_end..data_end + 2)) else {
        return Parse::Partial;
    };
    if check != crc16(checked).to_be_bytes() {
        return Parse::No;
    }
    let status = bytes.get(2).copied().unwrap_or_default();
    let data = bytes.get(4..data_end).unwrap_or_default().to_vec();
    Parse::Reply(Reply { status, data }, data_end + 2)
}

#[cfg(test)]
mod tests {
    //! Frozen against the makers' sheets: if one of these fails, do not change the test.
    use super::*;

    fn frame(hex: &str) -> Vec<u8> {
        hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
    }

    #[test]
    fn requests_match_the_sheet_byte_by_byte() {
        assert_eq!(TRIGGER[..], frame("7E 00 08 01 00 02 01 AB CD"));
        assert_eq!(write_zone(0x0002, 0x01), frame("7E 00 08 01 00 02 01 02 DA"));
        assert_eq!(STOP[..], frame("7E 00 08 01 00 02 00 AB CD"));
        assert_eq!(write_zone(0x0002, 0x00), frame("7E 00 08 01 00 02 00 12 FB"));
        assert_eq!(write_zone(0x0002, 0x02), frame("7E 00 08 01 00 02 02 32 B9"));
        assert_eq!(SAVE[..], frame("7E 00 09 01 00 00 00 DE C8"));
        assert_eq!(request(0x09, 0, &[0]), SAVE);
        assert_eq!(request(0x09, 0, &[2]), frame("7E 00 09 01 00 00 02 FE 8A"));
    }

    #[test]
    fn reading_a_zone_has_the_shape_of_the_firmware_version_request() {
        let bytes = read_zone(0x00E2, 1);
        assert_eq!(bytes[..7], frame("7E 00 07 01 00 E2 01"));
        assert_eq!(bytes[7..], crc16(&bytes[2..7]).to_be_bytes());
    }

    #[test]
    fn replies_of_the_sheet_are_understood() {
        for (hex, status) in
            [("02 00 00 01 00 33 31", 0), ("02 00 01 01 00 04 01", 1), ("02 00 03 01 00 6A 61", 3)]
        {
            let reply = Reply { status, data: vec![0] };
            assert_eq!(parse_reply(&frame(hex)), Parse::Reply(reply, 7), "{hex}");
        }
    }

    #[test]
    fn every_beginning_of_a_reply_is_partial_and_a_wrong_check_is_no_reply() {
        let whole = frame("02 00 00 01 00 33 31");
        for end in 0..whole.len() {
            assert_eq!(parse_reply(&whole[..end]), Parse::Partial, "{end} bytes");
        }
        assert_eq!(parse_reply(&frame("02 00 00 01 00 33 32")), Parse::No);
        assert_eq!(parse_reply(b"BP1"), Parse::No);
    }
}
