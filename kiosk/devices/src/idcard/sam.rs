//! Frames of the SAM_V security module (GA 467): `AA AA AA 96 69 | length | …| xor`, the length counting all after
//! itself, the xor running over length and content.

use zeroize::Zeroize;

use super::text::TEXT_LENGTH;

const PREAMBLE: [u8; 5] = [0xAA, 0xAA, 0xAA, 0x96, 0x69];
/// Status bytes and xor.
const LENGTH_MIN: u16 = 4;
/// Text, photo and two fingerprints.
const LENGTH_MAX: u16 = 0x090A;
/// Base data begins with the lengths of text and photo.
const BASE_HEADER: usize = 4;
/// With fingerprints, their length follows.
const FINGER_HEADER: usize = 6;
/// The most that is kept of an answer. Photo and fingerprints lie beyond and are dropped byte by byte.
const KEPT_MAX: usize = FINGER_HEADER + TEXT_LENGTH;

/// What may be asked of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Start over.
    Reset,
    /// A sign of life.
    Status,
    /// The module's own number.
    ModuleId,
    /// Look for a card.
    Find,
    /// Select the card found.
    Select,
    /// Read text and photo.
    ReadBase,
    /// Read text, photo and fingerprints.
    ReadBaseAndFingerprints,
    /// Read the newest address.
    ReadAddress,
}

impl Request {
    /// The whole frame.
    pub fn encode(self) -> [u8; 10] {
        let [command, parameter] = match self {
            Self::Reset => [0x10, 0xFF],
            Self::Status => [0x11, 0xFF],
            Self::ModuleId => [0x12, 0xFF],
            Self::Find => [0x20, 0x01],
            Self::Select => [0x20, 0x02],
            Self::ReadBase => [0x30, 0x01],
            Self::ReadBaseAndFingerprints => [0x30, 0x10],
            Self::ReadAddress => [0x30, 0x03],
        };
        [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x00, 0x03, command, parameter, 0x03 ^ command ^ parameter]
    }
}

/// The module's status bytes; the last one (SW3) says what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 90: done.
    Done,
    /// 9F: a card was found.
    Found,
    /// 10: the request's xor was wrong.
    BadChecksum,
    /// 11: the request's length was wrong.
    BadLength,
    /// 21: no such command.
    BadCommand,
    /// 24: unknown.
    Unknown,
    /// 31: the card did not accept the reader.
    CardRefusedReader,
    /// 32: the reader did not accept the card.
    ReaderRefusedCard,
    /// 33: the card's verification failed.
    NotVerified,
    /// 40: the card is of a wrong type.
    WrongCard,
    /// 41: reading failed.
    ReadFailed,
    /// 47: no random number.
    RandomFailed,
    /// 60: the module's own test failed.
    SelfTestFailed,
    /// 66: the module is not authorised.
    NotAuthorised,
    /// 80: no card.
    NotFound,
    /// 81: selecting failed.
    SelectFailed,
    /// 91: the card has no such item.
    NoSuchItem,
    /// Another one.
    Other(u8),
}

impl Status {
    /// Every status the standard names.
    pub const ALL: [Self; 17] = [
        Self::Done,
        Self::Found,
        Self::BadChecksum,
        Self::BadLength,
        Self::BadCommand,
        Self::Unknown,
        Self::CardRefusedReader,
        Self::ReaderRefusedCard,
        Self::NotVerified,
        Self::WrongCard,
        Self::ReadFailed,
        Self::RandomFailed,
        Self::SelfTestFailed,
        Self::NotAuthorised,
        Self::NotFound,
        Self::SelectFailed,
        Self::NoSuchItem,
    ];

    /// The third status byte.
    pub fn sw3(self) -> u8 {
        match self {
            Self::Done => 0x90,
            Self::Found => 0x9F,
            Self::BadChecksum => 0x10,
            Self::BadLength => 0x11,
            Self::BadCommand => 0x21,
            Self::Unknown => 0x24,
            Self::CardRefusedReader => 0x31,
            Self::ReaderRefusedCard => 0x32,
            Self::NotVerified => 0x33,
            Self::WrongCard => 0x40,
            Self::ReadFailed => 0x41,
            Self::RandomFailed => 0x47,
            Self::SelfTestFailed => 0x60,
            Self::NotAuthorised => 0x66,
            Self::NotFound => 0x80,
            Self::SelectFailed => 0x81,
            Self::NoSuchItem => 0x91,
            Self::Other(code) => code,
        }
    }

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Found => "found",
            Self::BadChecksum => "bad_checksum",
            Self::BadLength => "bad_length",
            Self::BadCommand => "bad_command",
            Self::Unknown => "unknown",
            Self::CardRefusedReader => "card_refused_reader",
            Self::ReaderRefusedCard => "reader_refused_card",
            Self::NotVerified => "not_verified",
            Self::WrongCard => "wrong_card",
            Self::ReadFailed => "read_failed",
            Self::RandomFailed => "random_failed",
            Self::SelfTestFailed => "self_test_failed",
            Self::NotAuthorised => "not_authorised",
            Self::NotFound => "not_found",
            Self::SelectFailed => "select_failed",
            Self::NoSuchItem => "no_such_item",
            Self::Other(_) => "other",
        }
    }
}

impl From<u8> for Status {
    fn from(code: u8) -> Self {
        Self::ALL.into_iter().find(|status| status.sw3() == code).unwrap_or(Self::Other(code))
    }
}

/// An answer; its data is cleared from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// What happened.
    pub status: Status,
    /// How many bytes of data came.
    pub length: usize,
    kept: Vec<u8>,
}

impl Answer {
    /// The text block of base data, if this is base data with a whole text.
    pub fn text(&self) -> Option<&[u8]> {
        let header = header_length(&self.kept, self.length)?;
        self.kept.get(header..header.checked_add(TEXT_LENGTH)?)
    }
}

/// How long the lengths before the text are, if those of text, photo and fingerprints make up the whole answer: 1,295
/// bytes without fingerprints, 1,297, 1,809 or 2,321 with none, one or two.
fn header_length(kept: &[u8], length: usize) -> Option<usize> {
    let part = |at: usize| match kept.get(at..at.checked_add(2)?) {
        Some(&[high, low]) => Some(usize::from(u16::from_be_bytes([high, low]))),
        _ => None,
    };
    let (text, photo) = (part(0)?, part(2)?);
    let base = BASE_HEADER.checked_add(text)?.checked_add(photo)?;
    if text != TEXT_LENGTH {
        return None;
    }
    if base == length {
        return Some(BASE_HEADER);
    }
    let fingers = part(4)?;
    let whole = base.checked_add(2)?.checked_add(fingers)?;
    (whole == length).then_some(FINGER_HEADER)
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.kept.zeroize();
    }
}

/// What came out of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A whole answer.
    Answer(Answer),
    /// A frame whose xor is wrong.
    Damaged,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// So many bytes of the preamble have been seen.
    Hunting(usize),
    LengthHigh,
    LengthLow(u8),
    Body {
        left: u16,
        xor: u8,
    },
}

/// Cuts the stream into answers, byte by byte; anything before a preamble is skipped.
#[derive(Debug)]
pub struct Receiver {
    state: State,
    status: [u8; 3],
    taken: usize,
    /// Bytes of data the answer will have.
    length: usize,
    kept: Vec<u8>,
    keeps: usize,
}

impl Default for Receiver {
    fn default() -> Self {
        let kept = Vec::with_capacity(KEPT_MAX);
        Self { state: State::Hunting(0), status: [0; 3], taken: 0, length: 0, kept, keeps: KEPT_MAX }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.kept.zeroize();
    }
}

impl Receiver {
    /// Takes one byte.
    pub fn push(&mut self, byte: u8) -> Option<Found> {
        match self.state {
            State::Hunting(matched) => self.state = hunt(matched, byte),
            State::LengthHigh => self.state = State::LengthLow(byte),
            State::LengthLow(high) => {
                let length = u16::from_be_bytes([high, byte]);
                self.start_body(length, high ^ byte);
            }
            State::Body { left: 1, xor } => return Some(self.finish(byte == xor)),
            State::Body { left, xor } => {
                self.keep(byte);
                self.state = State::Body { left: left.saturating_sub(1), xor: xor ^ byte };
            }
        }
        None
    }

    fn start_body(&mut self, length: u16, xor: u8) {
        self.taken = 0;
        self.length = usize::from(length).saturating_sub(LENGTH_MIN.into());
        self.kept.zeroize();
        self.keeps = KEPT_MAX;
        self.state = if (LENGTH_MIN..=LENGTH_MAX).contains(&length) {
            State::Body { left: length, xor }
        } else {
            State::Hunting(0)
        };
    }

    fn keep(&mut self, byte: u8) {
        if let Some(place) = self.status.get_mut(self.taken) {
            *place = byte;
        } else if self.kept.len() < self.keeps {
            self.kept.push(byte);
            if self.kept.len() == BASE_HEADER && header_length(&self.kept, self.length) == Some(BASE_HEADER) {
                self.keeps = BASE_HEADER + TEXT_LENGTH;
            }
        }
        self.taken = self.taken.saturating_add(1);
    }

    fn finish(&mut self, whole: bool) -> Found {
        self.state = State::Hunting(0);
        let mut kept = std::mem::replace(&mut self.kept, Vec::with_capacity(KEPT_MAX));
        if !whole {
            kept.zeroize();
            return Found::Damaged;
        }
        let [.., code] = self.status;
        Found::Answer(Answer {
            status: code.into(),
            length: self.taken.saturating_sub(self.status.len()),
            kept,
        })
    }
}

fn hunt(matched: usize, byte: u8) -> State {
    match PREAMBLE.get(matched) {
        Some(&wanted) if wanted == byte => match matched.saturating_add(1) {
            5 => State::LengthHigh,
            more => State::Hunting(more),
        },
        // A run of more than three AA still ends in a preamble.
        _ if byte == 0xAA => State::Hunting(if matched == 3 { 3 } else { 1 }),
        _ => State::Hunting(0),
    }
}

#[cfg(test)]
mod tests;
