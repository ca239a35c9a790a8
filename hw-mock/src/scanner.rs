//! The scanner's side: modules of the GM65 family, of Newland and of Honeywell, and one that only sends lines.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

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

/// How long a Newland or Honeywell module reads after it was told to.
const TRIGGERED_FOR: Duration = Duration::from_secs(5);
const NEWLAND_FRAME: usize = 64;

/// Whose protocol it speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum ScannerKind {
    /// GM65 and its like.
    #[default]
    Gm65,
    /// Newland's "unified" commands: reads when told.
    Newland,
    /// Honeywell: reads when told.
    Honeywell,
    /// Sends lines and hears nothing.
    Lines,
}

/// A scanner.
#[derive(Debug, Default)]
pub struct Scanner {
    kind: ScannerKind,
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
    /// A scanner of this kind, as it leaves the factory.
    #[must_use]
    pub fn of(kind: ScannerKind) -> Self {
        Self { kind, ..Self::default() }
    }

    /// Whose protocol it speaks.
    #[must_use]
    pub const fn kind(&self) -> ScannerKind {
        self.kind
    }

    /// Takes bytes from the host at `now` and answers.
    pub fn feed(&mut self, bytes: &[u8], now: Duration) -> Vec<u8> {
        self.inbox.take(bytes, now);
        match self.kind {
            ScannerKind::Gm65 => {}
            ScannerKind::Newland => return self.newland(now),
            ScannerKind::Honeywell => {
                self.honeywell(now);
                return Vec::new();
            }
            ScannerKind::Lines => {
                self.inbox.bytes.clear();
                return Vec::new();
            }
        }
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

    /// `7E 01 0000 #|@ TAG … ; 03`, answered with `02 01 0000 … ACK … ; 03`, or NAK for what it does not know.
    fn newland(&mut self, now: Duration) -> Vec<u8> {
        let mut out = Vec::new();
        while let Some(end) = self.inbox.bytes.windows(2).position(|two| two == [0x3B, 0x03]) {
            let frame: Vec<u8> = self.inbox.bytes.drain(..end + 2).collect();
            let Some(start) = frame.windows(2).rposition(|two| two == [0x7E, 0x01]) else { continue };
            let body = frame.get(start + 2..frame.len().saturating_sub(2)).unwrap_or_default();
            let (order, value) = body.split_at(body.len().saturating_sub(1));
            let known = matches!(order, b"0000#SCNTRG" | b"0000@SCNTRG") && matches!(value, b"0" | b"1");
            if known {
                self.triggered_at = (value == b"1").then_some(now);
            }
            out.extend(
                [&[0x02, 0x01], order, &[if known { 0x06 } else { 0x15 }], value, &[0x3B, 0x03]].concat(),
            );
        }
        let extra = self.inbox.bytes.len().saturating_sub(NEWLAND_FRAME);
        self.inbox.bytes.drain(..extra);
        out
    }

    /// `16 54 0D` and `16 55 0D`; nothing is answered.
    fn honeywell(&mut self, now: Duration) {
        while let Some(at) = self.inbox.bytes.windows(3).position(|w| matches!(w, [0x16, 0x54 | 0x55, 0x0D]))
        {
            let on = self.inbox.bytes.get(at + 1) == Some(&0x54);
            self.triggered_at = on.then_some(now);
            self.inbox.bytes.drain(..at + 3);
        }
        let extra = self.inbox.bytes.len().saturating_sub(2);
        self.inbox.bytes.drain(..extra);
    }

    fn reads(&self, now: Duration) -> bool {
        match self.kind {
            ScannerKind::Gm65 => {}
            ScannerKind::Lines => return true,
            ScannerKind::Newland | ScannerKind::Honeywell => {
                return self.triggered_at.is_some_and(|from| now.saturating_sub(from) <= TRIGGERED_FOR);
            }
        }
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
