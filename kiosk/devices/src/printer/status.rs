//! What the printer says: realtime status, pushed status (ASB), flow control and completion, told apart on one line by
//! their fixed bits.

use serde::{Deserialize, Serialize};

use crate::DeviceFault;

/// One thing the printer said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The answer to `DLE EOT`; which of the four it answers is not in the byte.
    Realtime(u8),
    /// A pushed status.
    Pushed([u8; 4]),
    /// `GS ( H`: everything before the question with this id is printed.
    Completed([u8; 4]),
    /// The printer cannot take more for now (`true`), or can again.
    Stop(bool),
    /// A byte that means nothing.
    Noise(u8),
}

#[derive(Debug, Clone, Copy)]
enum State {
    Idle,
    /// So many bytes of a pushed status are there.
    Pushed([u8; 4], usize),
    /// So many bytes after `37` are there.
    Completed([u8; 4], usize),
}

/// Cuts the printer's bytes into replies.
#[derive(Debug)]
pub struct ReplyParser(State);

impl Default for ReplyParser {
    fn default() -> Self {
        Self(State::Idle)
    }
}

impl ReplyParser {
    /// Takes one byte. A realtime answer may stand inside another reply.
    pub fn push(&mut self, byte: u8) -> Option<Reply> {
        match (byte, byte & 0x93) {
            (0x11 | 0x13, _) => return Some(Reply::Stop(byte == 0x13)),
            (_, 0x12) => return Some(Reply::Realtime(byte)),
            _ => {}
        }
        match self.0 {
            State::Idle => self.begin(byte),
            State::Pushed(bytes, count) if byte & 0x90 == 0 => self.pushed(bytes, count, byte),
            State::Completed(id, count) if byte & 0x90 == 0 => self.completed(id, count, byte),
            State::Pushed(..) | State::Completed(..) => {
                self.0 = State::Idle;
                self.begin(byte)
            }
        }
    }

    fn begin(&mut self, byte: u8) -> Option<Reply> {
        if byte & 0x93 == 0x10 {
            self.0 = State::Pushed([byte, 0, 0, 0], 1);
        } else if byte == 0x37 {
            self.0 = State::Completed([0; 4], 0);
        } else {
            return Some(Reply::Noise(byte));
        }
        None
    }

    fn pushed(&mut self, mut bytes: [u8; 4], count: usize, byte: u8) -> Option<Reply> {
        if let Some(place) = bytes.get_mut(count) {
            *place = byte;
        }
        self.0 = if count == 3 { State::Idle } else { State::Pushed(bytes, count.saturating_add(1)) };
        (count == 3).then_some(Reply::Pushed(bytes))
    }

    fn completed(&mut self, mut id: [u8; 4], count: usize, byte: u8) -> Option<Reply> {
        let fits = match count {
            0 => byte == 0x22,
            5 => byte == 0x00,
            _ => (0x20..0x7F).contains(&byte),
        };
        if !fits {
            self.0 = State::Idle;
            return Some(Reply::Noise(byte));
        }
        if let Some(place) = count.checked_sub(1).and_then(|at| id.get_mut(at)) {
            *place = byte;
        }
        self.0 = if count == 5 { State::Idle } else { State::Completed(id, count.saturating_add(1)) };
        (count == 5).then_some(Reply::Completed(id))
    }
}

/// What is known of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// There is enough.
    #[default]
    Ok,
    /// The roll is nearly used up; slips still print.
    NearEnd,
    /// There is none.
    Out,
}

/// The printer's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PrinterStatus {
    /// Whether the printer takes slips.
    pub online: bool,
    /// The paper.
    pub paper: Paper,
    /// The cover is open.
    pub cover_open: bool,
    /// The cutter is stuck.
    pub cutter_error: bool,
    /// The head is too hot, or another error that passes by itself.
    pub head_hot: bool,
    /// An error that can be cleared.
    pub recoverable_error: bool,
    /// An error that cannot be cleared.
    pub unrecoverable_error: bool,
}

impl PrinterStatus {
    /// Why no slip can be printed now, the most telling reason first; none when one can.
    pub fn blocking_fault(&self) -> Option<DeviceFault> {
        let reasons = [
            (self.cover_open, DeviceFault::CoverOpen),
            (self.paper == Paper::Out, DeviceFault::PaperOut),
            (self.cutter_error, DeviceFault::CutterError),
            (self.unrecoverable_error, DeviceFault::PrinterBroken),
            (self.head_hot, DeviceFault::HeadHot),
            (self.recoverable_error, DeviceFault::PrinterError),
            (!self.online, DeviceFault::Offline),
        ];
        reasons.into_iter().find_map(|(is_so, fault)| is_so.then_some(fault))
    }

    /// Takes in a pushed status.
    pub fn apply_pushed(&mut self, [first, second, third, _]: [u8; 4]) {
        self.online = first & 0x08 == 0;
        self.cover_open = first & 0x20 != 0;
        self.apply_errors(second);
        self.paper = paper(third & 0x0C != 0, third & 0x03 != 0);
    }

    /// Takes in the answer to `DLE EOT n`. Answer 2 adds nothing to the cover that the others do not say better.
    pub fn apply_realtime(&mut self, n: u8, byte: u8) {
        match n {
            1 => self.online = byte & 0x08 == 0,
            2 => self.cover_open = byte & 0x04 != 0,
            3 => self.apply_errors(byte),
            4 => self.paper = paper(byte & 0x60 != 0, byte & 0x0C != 0),
            _ => {}
        }
    }

    fn apply_errors(&mut self, byte: u8) {
        self.recoverable_error = byte & 0x04 != 0;
        self.cutter_error = byte & 0x08 != 0;
        self.unrecoverable_error = byte & 0x20 != 0;
        self.head_hot = byte & 0x40 != 0;
    }
}

fn paper(out: bool, near_end: bool) -> Paper {
    match (out, near_end) {
        (true, _) => Paper::Out,
        (false, true) => Paper::NearEnd,
        (false, false) => Paper::Ok,
    }
}

#[cfg(test)]
mod tests {
    //! Frozen against the command reference: if one of these fails, do not change the test.
    use super::*;

    fn parse(bytes: &[u8]) -> Vec<Reply> {
        let mut parser = ReplyParser::default();
        bytes.iter().filter_map(|&byte| parser.push(byte)).collect()
    }

    fn realtime(n: u8, byte: u8) -> PrinterStatus {
        let mut status = PrinterStatus { online: true, ..PrinterStatus::default() };
        status.apply_realtime(n, byte);
        status
    }

    fn pushed(bytes: [u8; 4]) -> PrinterStatus {
        let mut status = PrinterStatus::default();
        status.apply_pushed(bytes);
        status
    }

    #[test]
    fn realtime_answers_pushes_flow_control_and_completion_are_told_apart() {
        assert_eq!(
            parse(&[0x12, 0x10, 0, 0, 0, 0x13, 0x1E, 0x11, 0x37, 0x22, b'@', b'A', b'B', b'C', 0x00, 0x7E]),
            [
                Reply::Realtime(0x12),
                Reply::Pushed([0x10, 0, 0, 0]),
                Reply::Stop(true),
                Reply::Realtime(0x1E),
                Reply::Stop(false),
                Reply::Completed(*b"@ABC"),
                Reply::Realtime(0x7E),
            ]
        );
    }

    #[test]
    fn a_realtime_answer_inside_another_reply_does_not_break_it() {
        assert_eq!(
            parse(&[0x3C, 0x00, 0x16, 0x0C, 0x00]),
            [Reply::Realtime(0x16), Reply::Pushed([0x3C, 0, 0x0C, 0])]
        );
        assert_eq!(
            parse(&[0x37, 0x22, b'@', 0x12, b'A', b'B', b'C', 0x00]),
            [Reply::Realtime(0x12), Reply::Completed(*b"@ABC")]
        );
    }

    #[test]
    fn a_push_that_was_cut_short_does_not_swallow_the_next_one() {
        assert_eq!(parse(&[0x18, 0x00, 0x10, 0x00, 0x00, 0x00]), [Reply::Pushed([0x10, 0, 0, 0])]);
    }

    #[test]
    fn noise_is_named_and_passed_over() {
        assert_eq!(parse(&[0xFF, 0x12]), [Reply::Noise(0xFF), Reply::Realtime(0x12)]);
        assert_eq!(parse(&[0x37, 0x41, 0x12]), [Reply::Noise(0x41), Reply::Realtime(0x12)]);
    }

    #[test]
    fn each_bit_of_the_realtime_answers_has_its_meaning() {
        for n in 1..=4 {
            assert_eq!(realtime(n, 0x12).blocking_fault(), None, "{n}");
        }
        for (n, byte, fault) in [
            (1, 0x1A, DeviceFault::Offline),
            (2, 0x16, DeviceFault::CoverOpen),
            (3, 0x16, DeviceFault::PrinterError),
            (3, 0x1A, DeviceFault::CutterError),
            (3, 0x32, DeviceFault::PrinterBroken),
            (3, 0x52, DeviceFault::HeadHot),
            (4, 0x72, DeviceFault::PaperOut),
            (4, 0x7E, DeviceFault::PaperOut),
        ] {
            assert_eq!(realtime(n, byte).blocking_fault(), Some(fault), "{n} {byte:02X}");
        }
        assert_eq!((realtime(4, 0x1E).paper, realtime(4, 0x1E).blocking_fault()), (Paper::NearEnd, None));
    }

    #[test]
    fn each_bit_of_the_pushed_status_has_its_meaning() {
        assert_eq!(pushed([0x10, 0, 0, 0]).blocking_fault(), None);
        assert_eq!(pushed([0x14, 0, 0, 0]).blocking_fault(), None, "the drawer is no matter");
        for (bytes, fault) in [
            ([0x18, 0, 0, 0], DeviceFault::Offline),
            ([0x38, 0, 0, 0], DeviceFault::CoverOpen),
            ([0x10, 0x04, 0, 0], DeviceFault::PrinterError),
            ([0x10, 0x08, 0, 0], DeviceFault::CutterError),
            ([0x10, 0x20, 0, 0], DeviceFault::PrinterBroken),
            ([0x10, 0x40, 0, 0], DeviceFault::HeadHot),
            ([0x18, 0, 0x0C, 0], DeviceFault::PaperOut),
        ] {
            assert_eq!(pushed(bytes).blocking_fault(), Some(fault), "{bytes:02X?}");
        }
        assert_eq!(pushed([0x10, 0, 0x03, 0]).paper, Paper::NearEnd);
    }
}
