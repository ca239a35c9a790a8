//! The few ESC/POS orders the kiosk needs (the command reference of the printers' inventor, and the clones' sheets).

use serde::{Deserialize, Serialize};

/// `ESC @`: back to the settings of power-on; drops what is in the print buffer.
pub const INITIALIZE: [u8; 2] = [0x1B, 0x40];
/// `GS a 15`: push the status at each change. `ESC @` undoes it.
pub const PUSH_STATUS: [u8; 3] = [0x1D, 0x61, 0x0F];
/// How a slip is taken off the roll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// `GS V 66 0`: feed to the cutter and cut, leaving one point uncut.
    #[default]
    Partial,
    /// `GS V 65 0`: feed to the cutter and cut through.
    Full,
    /// `GS V 1` after feeding four lines, for cutters that do not feed by themselves.
    FedPartial,
    /// `GS V 0` after feeding four lines.
    FedFull,
    /// The printer has no cutter: feed six lines, so that a hand can tear the slip off.
    Tear,
}

impl Cut {
    /// The order.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::Partial => &[0x1D, 0x56, 0x42, 0x00],
            Self::Full => &[0x1D, 0x56, 0x41, 0x00],
            Self::FedPartial => &[0x1B, 0x64, 0x04, 0x1D, 0x56, 0x01],
            Self::FedFull => &[0x1B, 0x64, 0x04, 0x1D, 0x56, 0x00],
            Self::Tear => &[0x1B, 0x64, 0x06],
        }
    }
}

/// `DLE ENQ 2`: recover from an error and clear both buffers; obeyed at once, even off line.
pub const RECOVER_AND_CLEAR: [u8; 3] = [0x10, 0x05, 0x02];

/// `DLE EOT n`, n = 1…4: ask for a status byte; answered at once, even off line.
pub fn status_request(n: u8) -> [u8; 3] {
    [0x10, 0x04, n]
}

/// `GS ( H` function 48: send `id` back when everything before this is printed.
pub fn process_id_request(id: [u8; 4]) -> [u8; 11] {
    let [a, b, c, d] = id;
    [0x1D, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30, a, b, c, d]
}

/// The id of a job, of characters that cannot be mistaken for a status byte (bit 4 is clear in each).
pub fn process_id(job: u64) -> [u8; 4] {
    [15, 10, 5, 0].map(|shift| {
        let [low, ..] = (job >> shift).to_le_bytes();
        (0x40 | (low & 0x10) << 1) | (low & 0x0F)
    })
}

/// `GS v 0`: the head of a band of `rows` rows of `row_bytes` bytes, normal size.
pub fn raster_head(row_bytes: u16, rows: u16) -> [u8; 8] {
    let ([x_low, x_high], [y_low, y_high]) = (row_bytes.to_le_bytes(), rows.to_le_bytes());
    [0x1D, 0x76, 0x30, 0x00, x_low, x_high, y_low, y_high]
}

/// Removes from picture data what a printer would take for a realtime order (`DLE EOT`, `DLE ENQ`, `DLE DC4` are
/// obeyed even inside data): one dot of the `DLE` byte becomes white.
pub fn defuse(data: &mut [u8]) {
    let mut following = None;
    for byte in data.iter_mut().rev() {
        if *byte == 0x10 && matches!(following, Some(0x04 | 0x05 | 0x14)) {
            *byte = 0x00;
        }
        following = Some(*byte);
    }
}

#[cfg(test)]
mod tests {
    //! Frozen against the command reference: if one of these fails, do not change the test.
    use super::*;

    #[test]
    fn orders_match_the_reference_byte_by_byte() {
        assert_eq!(status_request(1), [0x10, 0x04, 0x01]);
        assert_eq!(status_request(4), [0x10, 0x04, 0x04]);
        assert_eq!(PUSH_STATUS, [0x1D, 0x61, 0x0F]);
        assert_eq!(Cut::Partial.bytes(), [0x1D, 0x56, 0x42, 0x00]);
        assert_eq!(Cut::Full.bytes(), [0x1D, 0x56, 0x41, 0x00]);
        assert_eq!(Cut::FedPartial.bytes(), [0x1B, 0x64, 0x04, 0x1D, 0x56, 0x01]);
        assert_eq!(Cut::FedFull.bytes(), [0x1B, 0x64, 0x04, 0x1D, 0x56, 0x00]);
        assert_eq!(INITIALIZE, [0x1B, 0x40]);
        assert_eq!(
            process_id_request(*b"1234"),
            [0x1D, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30, 0x31, 0x32, 0x33, 0x34]
        );
        assert_eq!(raster_head(72, 300), [0x1D, 0x76, 0x30, 0x00, 72, 0, 0x2C, 0x01]);
    }

    #[test]
    fn ids_are_printable_distinct_and_never_look_like_a_status() {
        let mut seen = std::collections::BTreeSet::new();
        for job in (0..4096).chain([1 << 15, (1 << 20) - 1]) {
            let id = process_id(job);
            assert!(id.iter().all(|byte| (0x20..0x7F).contains(byte) && byte & 0x10 == 0), "{id:02X?}");
            assert!(seen.insert(id), "{job}");
        }
    }

    #[test]
    fn a_picture_holds_no_realtime_order_and_loses_at_most_one_dot_a_byte() {
        let mut data = [0x10, 0x04, 0x10, 0x10, 0x05, 0x10, 0x14, 0x10, 0x06, 0x10];
        defuse(&mut data);
        assert_eq!(data, [0x00, 0x04, 0x10, 0x00, 0x05, 0x00, 0x14, 0x10, 0x06, 0x10]);
    }
}
