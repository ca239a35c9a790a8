//! The sums that close frames.

/// A xor over all bytes.
pub(super) fn xor(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

/// The lowest byte of the sum of all bytes.
pub(super) fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// CRC-16 of Modbus, as sent: low byte first.
pub(super) fn crc(bytes: &[u8]) -> [u8; 2] {
    let mut crc = 0xFFFF_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            let odd = crc % 2 == 1;
            crc /= 2;
            if odd {
                crc ^= 0xA001;
            }
        }
    }
    crc.to_le_bytes()
}

/// A frame with its xor.
pub(super) fn with_xor(frame: &[u8]) -> Vec<u8> {
    [frame, &[xor(frame)]].concat()
}

/// A frame with its CRC.
pub(super) fn with_crc(frame: &[u8]) -> Vec<u8> {
    [frame, &crc(frame)].concat()
}
