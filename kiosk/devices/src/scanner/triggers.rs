//! Modules that are told to read: Newland's "unified" commands and Honeywell's trigger commands (the makers' sheets; to
//! be compared with a module at commissioning).

use super::ScannerKind;
use super::gm65::{Parse, Reply};

/// Newland `#SCNTRG1`: read, until a code is found or the module's time is over; not kept over a power cut.
pub const NEWLAND_START: &[u8] = b"~\x010000#SCNTRG1;\x03";
/// Newland `#SCNTRG0`: stop reading.
pub const NEWLAND_STOP: &[u8] = b"~\x010000#SCNTRG0;\x03";
/// Honeywell SYN T CR: read.
pub const HONEYWELL_START: &[u8] = &[0x16, 0x54, 0x0D];
/// Honeywell SYN U CR: stop reading.
pub const HONEYWELL_STOP: &[u8] = &[0x16, 0x55, 0x0D];

/// The longest answer that is one; longer ones are taken for a code.
const REPLY_MAX: usize = 64;

/// The orders to start and to stop, of kinds that have them.
pub fn orders(kind: ScannerKind) -> Option<(&'static [u8], &'static [u8])> {
    match kind {
        ScannerKind::Newland => Some((NEWLAND_START, NEWLAND_STOP)),
        ScannerKind::Honeywell => Some((HONEYWELL_START, HONEYWELL_STOP)),
        ScannerKind::Gm65 | ScannerKind::Lines | ScannerKind::Hid => None,
    }
}

/// Looks for a Newland answer, `02 01 … 3B 03` with ACK, NAK or ENQ inside, at the front of `bytes`. The status of an
/// acknowledged order is 0, else the byte that was sent instead of ACK.
pub fn parse_newland(bytes: &[u8]) -> Parse {
    match bytes {
        [] | [0x02] => return Parse::Partial,
        [0x02, 0x01, ..] => {}
        _ => return Parse::No,
    }
    let Some(end) = bytes.windows(2).take(REPLY_MAX).position(|two| two == [0x3B, 0x03]) else {
        return if bytes.len() < REPLY_MAX { Parse::Partial } else { Parse::No };
    };
    let inside = bytes.get(2..end).unwrap_or_default();
    let Some(&answer) = inside.iter().find(|byte| matches!(byte, 0x05 | 0x06 | 0x15)) else {
        return Parse::No;
    };
    let status = if answer == 0x06 { 0 } else { answer };
    Parse::Reply(Reply { status, data: inside.to_vec() }, end.saturating_add(2))
}

#[cfg(test)]
mod tests {
    //! Frozen against the makers' sheets: if one of these fails, do not change the test.
    use super::*;

    fn frame(hex: &str) -> Vec<u8> {
        hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
    }

    #[test]
    fn orders_match_the_sheets_byte_by_byte() {
        assert_eq!(NEWLAND_START, frame("7E 01 30 30 30 30 23 53 43 4E 54 52 47 31 3B 03"));
        assert_eq!(NEWLAND_STOP, frame("7E 01 30 30 30 30 23 53 43 4E 54 52 47 30 3B 03"));
        assert_eq!(HONEYWELL_START, frame("16 54 0D"));
        assert_eq!(HONEYWELL_STOP, frame("16 55 0D"));
    }

    #[test]
    fn answers_say_whether_the_order_was_taken() {
        for (answer, status) in [(0x06, 0), (0x15, 0x15), (0x05, 0x05)] {
            let mut bytes = frame("02 01 30 30 30 30 23 53 43 4E 54 52 47");
            bytes.extend([answer, 0x31, 0x3B, 0x03]);
            for end in 0..bytes.len() {
                assert_eq!(parse_newland(&bytes[..end]), Parse::Partial, "{end} bytes");
            }
            assert!(
                matches!(parse_newland(&bytes), Parse::Reply(Reply { status: s, .. }, 17) if s == status)
            );
        }
    }

    #[test]
    fn what_never_ends_or_acknowledges_nothing_is_no_answer() {
        assert_eq!(parse_newland(&frame("02 01 30 3B 03")), Parse::No);
        assert_eq!(parse_newland(&[&[0x02, 0x01][..], &[0x30; 80]].concat()), Parse::No);
        assert_eq!(parse_newland(b"BP1"), Parse::No);
    }
}
