//! The receipt printer's side of ESC/POS: raster slips, status, paper that runs out.

use serde::{Deserialize, Serialize};

/// What can be wrong with the printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrinterFault {
    /// No paper: data is kept and printed after refilling.
    PaperOut,
    /// Runs out in the middle of the next slip.
    PaperOutMid,
    /// The roll is nearly used up; printing goes on.
    NearEnd,
    /// Cover open.
    CoverOpen,
    /// The cutter is stuck.
    CutterError,
    /// The head is too hot; recovers by itself when mended.
    HeadHot,
    /// Switched offline by its button.
    Offline,
    /// Unplugged data line: takes nothing, answers nothing.
    Silent,
}

/// A piece of paper that came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// Packed rows, one bit a dot, 1 is black.
    pub rows: Vec<u8>,
    /// Whether the cutter ended it; `false` for one torn at the end of the roll.
    pub cut: bool,
    /// The bytes it was printed from.
    pub bytes: Vec<u8>,
}

/// A printer 576 dots wide.
#[derive(Debug)]
pub struct Printer {
    fault: Option<PrinterFault>,
    paper_out: bool,
    queue: Vec<u8>,
    realtime: Vec<u8>,
    rows: Vec<u8>,
    used: Vec<u8>,
    push_status: bool,
    pushed: [u8; 4],
    rows_until_out: Option<usize>,
}

/// Bytes in a row of 576 dots.
pub const ROW_BYTES: usize = 72;
const ROWS_BEFORE_RUNNING_OUT: usize = 240;
const DLE: u8 = 0x10;
const EOT: u8 = 0x04;
const ENQ: u8 = 0x05;
const ESC: u8 = 0x1B;
const GS: u8 = 0x1D;

impl Default for Printer {
    fn default() -> Self {
        let mut printer = Self {
            fault: None,
            paper_out: false,
            queue: Vec::new(),
            realtime: Vec::new(),
            rows: Vec::new(),
            used: Vec::new(),
            push_status: false,
            pushed: [0; 4],
            rows_until_out: None,
        };
        printer.pushed = printer.pushed_status();
        printer
    }
}

/// What a step of the printer brought about.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Bytes for the host.
    pub reply: Vec<u8>,
    /// Slips that came out.
    pub slips: Vec<Slip>,
}

impl Printer {
    /// What is broken.
    #[must_use]
    pub fn fault(&self) -> Option<PrinterFault> {
        self.fault
    }

    /// `ok`, `near_end` or `out`.
    #[must_use]
    pub fn paper(&self) -> &'static str {
        if self.paper_out {
            "out"
        } else if self.fault == Some(PrinterFault::NearEnd) {
            "near_end"
        } else {
            "ok"
        }
    }

    /// Whether data waits to be printed.
    #[must_use]
    pub fn busy(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Breaks the printer or mends it. Mending a printer without paper refills it: what is torn off is a slip of its own,
    /// and what waits is printed.
    pub fn set_fault(&mut self, fault: Option<PrinterFault>) -> Output {
        self.fault = fault;
        let mut out = Output::default();
        self.rows_until_out = (fault == Some(PrinterFault::PaperOutMid)).then_some(ROWS_BEFORE_RUNNING_OUT);
        if fault == Some(PrinterFault::PaperOut) {
            self.paper_out = true;
        } else if self.paper_out {
            self.paper_out = false;
            if !self.rows.is_empty() {
                out.slips.push(self.slip(false));
            }
        }
        self.run(&mut out);
        out
    }

    /// Takes bytes from the host.
    pub fn feed(&mut self, bytes: &[u8]) -> Output {
        let mut out = Output::default();
        if self.fault == Some(PrinterFault::Silent) {
            return out;
        }
        for &byte in bytes {
            self.queue.push(byte);
            self.look_for_realtime(byte, &mut out);
        }
        self.run(&mut out);
        out
    }

    /// Real-time commands act when they arrive, wherever they stand in the stream.
    fn look_for_realtime(&mut self, byte: u8, out: &mut Output) {
        self.realtime.push(byte);
        let seen = self.realtime.len().saturating_sub(3);
        self.realtime.drain(..seen);
        match *self.realtime.as_slice() {
            [DLE, EOT, n @ 1..=4] => {
                out.reply.push(self.realtime_status(n));
                self.realtime.clear();
            }
            [DLE, ENQ, 2] => {
                self.queue.clear();
                self.realtime.clear();
                if self.fault == Some(PrinterFault::CutterError) {
                    self.fault = None;
                }
            }
            _ => {}
        }
    }

    fn blocked(&self) -> bool {
        use PrinterFault as F;
        self.paper_out
            || matches!(self.fault, Some(F::CoverOpen | F::CutterError | F::HeadHot | F::Offline | F::Silent))
    }

    fn run(&mut self, out: &mut Output) {
        while !self.blocked() {
            let Some(used) = self.command(out) else { break };
            let done: Vec<u8> = self.queue.drain(..used.min(self.queue.len())).collect();
            self.used.extend(done);
            if let Some(slip) = out.slips.last_mut().filter(|s| s.cut && s.bytes.is_empty()) {
                slip.bytes = std::mem::take(&mut self.used);
            }
        }
        let now = self.pushed_status();
        if self.push_status && now != self.pushed {
            out.reply.extend(now);
        }
        self.pushed = now;
    }

    /// Executes the command at the head of the queue and says how long it was; `None` while it is not whole.
    fn command(&mut self, out: &mut Output) -> Option<usize> {
        let queue = self.queue.as_slice();
        match *queue {
            [] | [ESC | GS | DLE | 0x1C] => None,
            [DLE, EOT | ENQ, ..] => (queue.len() >= 3).then_some(3),
            [DLE, 0x14, ..] => (queue.len() >= 5).then_some(5),
            [ESC, b'@', ..] => Some(2),
            [ESC, ..] | [0x1C, ..] => {
                (queue.len() >= 3).then_some(if matches!(queue, [0x1C, b'&' | b'.', ..]) { 2 } else { 3 })
            }
            [GS, b'v', b'0', ..] => self.raster(),
            [GS, b'V', mode, ..] => {
                let len = if matches!(mode, 0x41 | 0x42) { 4 } else { 3 };
                if queue.len() < len {
                    return None;
                }
                let slip = self.slip(true);
                out.slips.push(slip);
                Some(len)
            }
            [GS, b'a', n, ..] => {
                self.push_status = n != 0;
                if self.push_status {
                    self.pushed = self.pushed_status();
                    out.reply.extend(self.pushed);
                }
                Some(3)
            }
            [GS, b'(', kind, low, high, ..] => {
                let len = 5 + usize::from(u16::from_le_bytes([low, high]));
                let data = queue.get(5..len)?;
                if let (b'H', [0x30, 0x30, id @ ..]) = (kind, data) {
                    out.reply.extend([0x37, 0x22]);
                    out.reply.extend(id.iter().take(4));
                    out.reply.push(0);
                }
                Some(len)
            }
            [GS, _] | [GS, _, _] | [GS, b'(', ..] => {
                (queue.len() >= 3 && !matches!(queue, [GS, b'(' | b'v', ..])).then_some(3)
            }
            [GS, ..] => Some(3),
            [b'\n', ..] => {
                self.rows.extend(std::iter::repeat_n(0, ROW_BYTES * 24));
                Some(1)
            }
            _ => Some(1),
        }
    }

    /// `GS v 0 m xL xH yL yH data`: printed row by row as far as the paper lasts.
    fn raster(&mut self) -> Option<usize> {
        let &[_, _, _, _, xl, xh, yl, yh, ..] = self.queue.as_slice() else { return None };
        let (wide, high) =
            (usize::from(u16::from_le_bytes([xl, xh])), usize::from(u16::from_le_bytes([yl, yh])));
        let len = 8 + wide * high;
        let data = self.queue.get(8..len)?.to_vec();
        let lasts = self.rows_until_out.map_or(high, |left| left.min(high));
        for row in data.chunks(wide.max(1)).take(lasts) {
            let mut dots: Vec<u8> = row.iter().copied().take(ROW_BYTES).collect();
            dots.resize(ROW_BYTES, 0);
            self.rows.extend(dots);
        }
        let Some(left) = self.rows_until_out.as_mut() else { return Some(len) };
        *left -= lasts;
        if *left > 0 {
            return Some(len);
        }
        // The rest of this picture waits for the new roll.
        self.rows_until_out = None;
        self.fault = Some(PrinterFault::PaperOut);
        self.paper_out = true;
        let rest = u16::try_from(high - lasts).unwrap_or(0).to_le_bytes();
        self.queue.drain(8..8 + wide * lasts);
        if let Some(height) = self.queue.get_mut(6..8) {
            height.copy_from_slice(&rest);
        }
        Some(0)
    }

    fn slip(&mut self, cut: bool) -> Slip {
        let bytes = if cut { Vec::new() } else { std::mem::take(&mut self.used) };
        Slip { rows: std::mem::take(&mut self.rows), cut, bytes }
    }

    fn realtime_status(&self, n: u8) -> u8 {
        use PrinterFault as F;
        let offline = self.blocked();
        let bits = match n {
            1 => u8::from(offline) << 3,
            2 => {
                let error = matches!(self.fault, Some(F::CutterError | F::HeadHot));
                (u8::from(self.fault == Some(F::CoverOpen)) << 2)
                    | (u8::from(self.paper_out) << 5)
                    | (u8::from(error) << 6)
            }
            3 => {
                (u8::from(self.fault == Some(F::CutterError)) << 3)
                    | (u8::from(self.fault == Some(F::HeadHot)) << 6)
            }
            _ if self.paper_out => 0x6C,
            _ if self.fault == Some(F::NearEnd) => 0x0C,
            _ => 0,
        };
        0x12 | bits
    }

    /// The four bytes that are sent by themselves when something changes.
    fn pushed_status(&self) -> [u8; 4] {
        use PrinterFault as F;
        let first =
            0x10 | (u8::from(self.blocked()) << 3) | (u8::from(self.fault == Some(F::CoverOpen)) << 5);
        let second = match self.fault {
            Some(F::CutterError) => 0x08,
            Some(F::HeadHot) => 0x40,
            _ => 0,
        };
        let third = match self.paper() {
            "out" => 0x0F,
            "near_end" => 0x03,
            _ => 0,
        };
        [first, second, third, 0]
    }
}
