//! The scanner's side of the GM65 protocol: bytes in, bytes out.

use std::collections::BTreeMap;

/// A GM65-family module.
#[derive(Debug, Default)]
pub struct Scanner {
    zones: BTreeMap<u16, u8>,
    buffer: Vec<u8>,
}

/// CRC-16/XMODEM.
#[must_use]
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0_u16, |crc, &byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

impl Scanner {
    /// Takes bytes from the host and answers.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.buffer.extend_from_slice(bytes);
        let mut out = Vec::new();
        while let Some(reply) = self.step() {
            out.extend(reply);
        }
        out
    }

    /// What the module sends for a code it has read: the code and the terminator it is set to.
    #[must_use]
    pub fn scanned(&self, code: &[u8]) -> Vec<u8> {
        let mut out = code.to_vec();
        match self.zones.get(&0x0060).copied().unwrap_or(0) {
            1 => out.extend(b"\r\n"),
            2 => out.push(b'\t'),
            3 => {}
            _ => out.push(b'\r'),
        }
        out
    }

    fn step(&mut self) -> Option<Vec<u8>> {
        let start = self.buffer.windows(2).position(|w| w == [0x7E, 0x00])?;
        self.buffer.drain(..start);
        let &[_, _, kind, len, high, low, ..] = self.buffer.as_slice() else { return None };
        let data_len = if kind == 7 { 1 } else { usize::from(len).max(1) };
        let total = 6 + data_len + 2;
        let frame: Vec<u8> = self.buffer.get(..total)?.to_vec();
        self.buffer.drain(..total);
        let (body, crc) = frame.split_at(total - 2);
        let body = body.get(2..).unwrap_or_default();
        let given = crc.iter().fold(0_u16, |n, &b| (n << 8) | u16::from(b));
        if given != 0xABCD && given != crc16(body) {
            return Some(reply(1, &[0]));
        }
        let zone = u16::from_be_bytes([high, low]);
        let data = body.get(4..).unwrap_or_default();
        Some(self.execute(kind, len, zone, data))
    }

    fn execute(&mut self, kind: u8, len: u8, zone: u16, data: &[u8]) -> Vec<u8> {
        match kind {
            7 => {
                let count = u16::from(data.first().copied().unwrap_or(1).max(1)).min(64);
                let _ = len;
                let values: Vec<u8> =
                    (0..count).map(|i| self.zones.get(&zone.wrapping_add(i)).copied().unwrap_or(0)).collect();
                reply(0, &values)
            }
            8 => {
                for (i, &byte) in (0_u16..).zip(data) {
                    self.zones.insert(zone.wrapping_add(i), byte);
                }
                reply(0, &[0])
            }
            9 => reply(0, &[0]),
            _ => reply(3, &[0]),
        }
    }
}

fn reply(status: u8, data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x02, 0x00, status, u8::try_from(data.len()).unwrap_or(u8::MAX)];
    out.extend(data);
    let crc = crc16(out.get(2..).unwrap_or_default());
    out.extend(crc.to_be_bytes());
    out
}
