//! The scanner's side of the GM65 protocol: bytes in, bytes out.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::frame::Inbox;

/// Longest frame taken from a host; a longer one is noise.
const MOST_FRAME: usize = 6 + 64 + 2;
/// Zone of the reading mode; 01 in its two low bits reads on command only.
const MODE: u16 = 0x0000;
/// Zone that starts (1) and stops (0) one read.
const TRIGGER: u16 = 0x0002;
/// Zone of the time a started read lasts, in tenths of a second; 0 has no limit.
const READ_TIME: u16 = 0x0006;
/// Zone of what follows a code: 0 CR, 1 CR LF, 2 TAB, 3 nothing.
const TERMINATOR: u16 = 0x0060;

/// A GM65-family module.
#[derive(Debug, Default)]
pub struct Scanner {
    zones: BTreeMap<u16, u8>,
    triggered_at: Option<Duration>,
    inbox: Inbox,
}

/// CRC-16/XMODEM: polynomial 1021, start 0.
#[must_use]
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0_u16, |crc, &byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

impl Scanner {
    /// Takes bytes from the host at `now` and answers.
    pub fn feed(&mut self, bytes: &[u8], now: Duration) -> Vec<u8> {
        self.inbox.take(bytes, now);
        let mut out = Vec::new();
        while let Some(frame) = next_frame(&mut self.inbox.bytes) {
            out.extend(self.answer(&frame, now));
        }
        out
    }

    /// A code is held before the module: what it sends, the code and its terminator. A module that waits for a command
    /// sends nothing.
    pub fn scanned(&mut self, code: &[u8], now: Duration) -> Vec<u8> {
        if !self.reads(now) {
            return Vec::new();
        }
        self.triggered_at = None;
        let terminator: &[u8] = match self.zone(TERMINATOR) {
            1 => b"\r\n",
            2 => b"\t",
            3 => b"",
            _ => b"\r",
        };
        [code, terminator].concat()
    }

    fn reads(&self, now: Duration) -> bool {
        if self.zone(MODE) & 0b11 != 0b01 {
            return true;
        }
        let lasts = Duration::from_millis(u64::from(self.zone(READ_TIME)) * 100);
        self.triggered_at.is_some_and(|from| lasts.is_zero() || now.saturating_sub(from) <= lasts)
    }

    fn zone(&self, zone: u16) -> u8 {
        self.zones.get(&zone).copied().unwrap_or(0)
    }

    /// Answers a frame without its first two bytes.
    fn answer(&mut self, frame: &[u8], now: Duration) -> Vec<u8> {
        let &[kind, _, high, low, ref data @ .., crc_high, crc_low] = frame else { return Vec::new() };
        let body = frame.get(..frame.len().saturating_sub(2)).unwrap_or_default();
        let given = u16::from_be_bytes([crc_high, crc_low]);
        if given != 0xABCD && given != crc16(body) {
            return reply(1, &[0]);
        }
        self.execute(kind, u16::from_be_bytes([high, low]), data, now)
    }

    fn execute(&mut self, kind: u8, zone: u16, data: &[u8], now: Duration) -> Vec<u8> {
        let first = data.first().copied().unwrap_or(0);
        match kind {
            7 => {
                let values: Vec<u8> =
                    (0..u16::from(first.clamp(1, 64))).map(|i| self.zone(zone.wrapping_add(i))).collect();
                reply(0, &values)
            }
            8 if zone == TRIGGER => {
                self.triggered_at = (first & 1 == 1).then_some(now);
                reply(0, &[0])
            }
            8 => {
                let zones = (0_u16..).zip(data).map(|(i, &byte)| (zone.wrapping_add(i), byte));
                self.zones.extend(zones);
                reply(0, &[0])
            }
            9 => {
                if first == 2 {
                    self.zones.clear();
                }
                reply(0, &[0])
            }
            _ => reply(3, &[0]),
        }
    }
}

/// The next whole frame without its first two bytes; what stands before it is noise.
fn next_frame(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        let Some(start) = buffer.windows(2).position(|w| w == [0x7E, 0x00]) else {
            let keep = usize::from(buffer.last() == Some(&0x7E));
            buffer.drain(..buffer.len() - keep);
            return None;
        };
        buffer.drain(..start);
        let (&kind, &len) = (buffer.get(2)?, buffer.get(3)?);
        let data = if kind == 7 { 1 } else { usize::from(len).max(1) };
        let total = 6 + data + 2;
        if total > MOST_FRAME {
            buffer.drain(..2);
            continue;
        }
        let frame = buffer.get(2..total)?.to_vec();
        buffer.drain(..total);
        return Some(frame);
    }
}

fn reply(status: u8, data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x02, 0x00, status, u8::try_from(data.len()).unwrap_or(u8::MAX)];
    out.extend(data);
    let crc = crc16(out.get(2..).unwrap_or_default());
    out.extend(crc.to_be_bytes());
    out
}
