//! The identity-card reader's side of the SAM serial protocol.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::frame::Inbox;

const PREAMBLE: [u8; 5] = [0xAA, 0xAA, 0xAA, 0x96, 0x69];
const TEXT_BYTES: usize = 256;
const PHOTO_BYTES: usize = 1024;
const FINGER_BYTES: usize = 512;
/// Longest request; a longer one is noise.
const MOST_LEN: usize = 64;

/// What kind of document it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A citizen's card.
    #[default]
    Citizen,
    /// A foreign permanent resident's card of 2017; `nation` is the country's three letters, `id_number` has 15
    /// characters.
    Foreign2017,
    /// A foreign permanent resident's card of 2023.
    Foreign2023,
    /// A residence permit of Hong Kong, Macao and Taiwan.
    ResidencePermit,
}

/// What stands in a card's chip. All people are invented.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Name, at most 15 characters.
    pub name: String,
    /// `1` male, `2` female.
    pub sex: String,
    /// Code of the nationality, `01` to `56`.
    pub nation: String,
    /// `YYYYMMDD`.
    pub birth: String,
    /// Address, at most 35 characters.
    pub address: String,
    /// Eighteen characters.
    pub id_number: String,
    /// Issuing office, at most 15 characters.
    pub issuer: String,
    /// `YYYYMMDD`.
    pub valid_from: String,
    /// `YYYYMMDD` or `长期`.
    pub valid_until: String,
    /// What kind of document it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: Kind,
    /// Name in Latin letters, of foreigners only.
    #[serde(default, skip_serializing_if = "is_default")]
    pub latin_name: String,
    /// Fingerprints stored in the chip, 0 to 2, 512 bytes each.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fingerprints: u8,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl fmt::Debug for Card {
    /// Nothing of the person, so that no log can hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Card(***)")
    }
}

/// Name, text, and room in characters.
type Field<'a> = (&'static str, &'a str, usize);

/// A card that no chip could hold.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the card's {field} has {given} characters, and its chip has room for {room}: shorten it")]
pub struct CardError {
    field: &'static str,
    given: usize,
    room: usize,
}

impl Card {
    /// The fields in the order of the chip, with the characters each has room for.
    fn fields(&self) -> Vec<Field<'_>> {
        match self.kind {
            Kind::Citizen => {
                self.like_a_citizens(("nation", &self.nation, 2), ("address", &self.address, 35), " ")
            }
            Kind::ResidencePermit => {
                self.like_a_citizens(("reserved", "", 2), ("address", &self.address, 35), "J")
            }
            Kind::Foreign2023 => {
                self.like_a_citizens(("issues", "01", 2), ("latin_name", &self.latin_name, 35), "Y")
            }
            Kind::Foreign2017 => vec![
                ("latin_name", &self.latin_name, 60),
                ("sex", &self.sex, 1),
                ("id_number", &self.id_number, 15),
                ("nation", &self.nation, 3),
                ("name", &self.name, 15),
                ("valid_from", &self.valid_from, 8),
                ("valid_until", &self.valid_until, 8),
                ("birth", &self.birth, 8),
                ("version", "01", 2),
                ("authority", "1500", 4),
                ("kind", "I", 1),
            ],
        }
    }

    fn like_a_citizens<'a>(&'a self, second: Field<'a>, fifth: Field<'a>, kind: &'a str) -> Vec<Field<'a>> {
        vec![
            ("name", &self.name, 15),
            ("sex", &self.sex, 1),
            second,
            ("birth", &self.birth, 8),
            fifth,
            ("id_number", &self.id_number, 18),
            ("issuer", &self.issuer, 15),
            ("valid_from", &self.valid_from, 8),
            ("valid_until", &self.valid_until, 8),
            ("reserved", "", 14),
            ("kind", kind, 1),
        ]
    }

    /// Whether a chip could hold this card.
    ///
    /// # Errors
    /// [`CardError`] for the first field that is too long.
    pub fn check(&self) -> Result<(), CardError> {
        for (field, text, room) in self.fields() {
            let given = text.encode_utf16().count();
            if given > room {
                return Err(CardError { field, given, room });
            }
        }
        Ok(())
    }
}

/// What can be wrong with the reader or the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdCardFault {
    /// Answers nothing.
    Silent,
    /// Finds and selects the card but cannot read it (41).
    ReadFailed,
    /// The card does not accept the reader (31).
    AuthFailed,
    /// The reader does not accept the card (32).
    ReaderRefusedCard,
    /// The card's verification fails (33).
    NotVerified,
    /// The card is of another technical kind (40).
    WrongCard,
    /// No random number from the security module (47).
    RandomFailed,
    /// The security module's own test fails (60).
    SelfTestFailed,
    /// The security module is not authorised (66).
    NotAuthorised,
    /// The card is found but not selected (81).
    SelectFailed,
    /// The card has nothing to read (91).
    NoSuchItem,
    /// The reader takes each request for damaged (10).
    BadChecksum,
    /// The reader takes each request for too long (11).
    BadLength,
    /// The reader does not know how to read (21).
    BadCommand,
    /// An error without a name (24).
    Unknown,
    /// What was read is damaged on the way.
    Damaged,
    /// The card's number is none.
    BadText,
    /// The card stays found after it was read, as with some modules.
    Stays,
}

impl IdCardFault {
    /// The status in place of the good answer to selecting.
    const fn at_select(self) -> Option<u8> {
        Some(match self {
            Self::AuthFailed => 0x31,
            Self::ReaderRefusedCard => 0x32,
            Self::NotVerified => 0x33,
            Self::WrongCard => 0x40,
            Self::RandomFailed => 0x47,
            Self::SelfTestFailed => 0x60,
            Self::NotAuthorised => 0x66,
            Self::SelectFailed => 0x81,
            _ => return None,
        })
    }

    /// The status in place of the good answer to reading.
    const fn at_read(self) -> Option<u8> {
        Some(match self {
            Self::ReadFailed => 0x41,
            Self::NoSuchItem => 0x91,
            Self::BadChecksum => 0x10,
            Self::BadLength => 0x11,
            Self::BadCommand => 0x21,
            Self::Unknown => 0x24,
            _ => return None,
        })
    }
}

/// A reader with a card on it or not.
#[derive(Debug, Default)]
pub struct Reader {
    card: Option<Card>,
    fault: Option<IdCardFault>,
    stage: Stage,
    inbox: Inbox,
    reads: u64,
}

/// How far the dialogue with the card on the reader has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Fresh,
    Found,
    Selected,
    /// Read or failed: the card must be lifted before it is found again.
    Spent,
}

impl Reader {
    /// Lays a card on the reader, or lifts it.
    pub fn set_card(&mut self, card: Option<Card>) {
        self.card = card;
        self.stage = Stage::Fresh;
    }

    /// The card on the reader.
    #[must_use]
    pub fn card(&self) -> Option<&Card> {
        self.card.as_ref()
    }

    /// Breaks the reader, or mends it.
    pub fn set_fault(&mut self, fault: Option<IdCardFault>) {
        self.fault = fault;
    }

    /// What is broken.
    #[must_use]
    pub fn fault(&self) -> Option<IdCardFault> {
        self.fault
    }

    /// How many times a card was read to the end.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.reads
    }

    /// Takes bytes from the host at `now` and answers.
    pub fn feed(&mut self, bytes: &[u8], now: Duration) -> Vec<u8> {
        self.inbox.take(bytes, now);
        let mut out = Vec::new();
        while let Some(body) = next_frame(&mut self.inbox.bytes) {
            if self.fault != Some(IdCardFault::Silent) {
                out.extend(self.answer(&body));
            }
        }
        out
    }

    fn answer(&mut self, frame: &[u8]) -> Vec<u8> {
        let xor = frame.iter().fold(0, |x, b| x ^ b);
        if xor != 0 {
            return status(0x00, 0x00, 0x10);
        }
        match (frame.get(2), frame.get(3)) {
            (Some(0x10 | 0x11), Some(0xFF)) => status(0, 0, 0x90),
            (Some(0x12), Some(0xFF)) => framed(&[&[0, 0, 0x90], &[5_u8; 16][..]].concat()),
            (Some(0x20), Some(0x01)) => self.find(),
            (Some(0x20), Some(0x02)) => self.select(),
            (Some(0x30), Some(0x01)) => self.read(false),
            (Some(0x30), Some(0x10)) => self.read(true),
            (Some(0x30), Some(0x03)) => status(0, 0, 0x91),
            (Some(0x60), Some(0..=4)) | (Some(0x61), Some(0xFF)) => status(0, 0, 0x90),
            _ => status(0, 0, 0x21),
        }
    }

    fn find(&mut self) -> Vec<u8> {
        if self.card.is_none() || self.stage == Stage::Spent {
            return status(0, 0, 0x80);
        }
        self.stage = Stage::Found;
        framed(&[0, 0, 0x9F, 0, 0, 0, 0])
    }

    fn select(&mut self) -> Vec<u8> {
        if self.card.is_none() || self.stage != Stage::Found {
            return self.failed(0x81);
        }
        if let Some(sw3) = self.fault.and_then(IdCardFault::at_select) {
            return self.failed(sw3);
        }
        self.stage = Stage::Selected;
        framed(&[0, 0, 0x90, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    fn read(&mut self, with_fingers: bool) -> Vec<u8> {
        if let Some(sw3) = self.fault.and_then(IdCardFault::at_read) {
            return self.failed(sw3);
        }
        let selected = self.stage == Stage::Selected;
        let Some(card) = self.card.as_ref().filter(|_| selected) else { return self.failed(0x41) };
        let mut text = text_block(card);
        if self.fault == Some(IdCardFault::BadText)
            && let Some(byte) = text.get_mut(122)
        {
            *byte = b'?';
        }
        let fingers = vec![0x43; usize::from(card.fingerprints.min(2)) * FINGER_BYTES];
        self.stage = if self.fault == Some(IdCardFault::Stays) { Stage::Fresh } else { Stage::Spent };
        self.reads += 1;
        let mut data = vec![0, 0, 0x90, 0x01, 0x00, 0x04, 0x00];
        if with_fingers {
            data.extend(u16::try_from(fingers.len()).unwrap_or(0).to_be_bytes());
        }
        data.extend(text);
        data.extend(photo());
        if with_fingers {
            data.extend(fingers);
        }
        let mut frame = framed(&data);
        if self.fault == Some(IdCardFault::Damaged)
            && let Some(byte) = frame.get_mut(700)
        {
            *byte ^= 0x08;
        }
        frame
    }

    /// After an error the card has to be lifted and laid down again.
    fn failed(&mut self, sw3: u8) -> Vec<u8> {
        self.stage = Stage::Spent;
        status(0, 0, sw3)
    }
}

/// Everything after the preamble, checksum included.
fn next_frame(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        let Some(start) = buffer.windows(5).position(|w| w == PREAMBLE) else {
            let keep = buffer.len().min(4);
            buffer.drain(..buffer.len() - keep);
            return None;
        };
        buffer.drain(..start);
        let (&high, &low) = (buffer.get(5)?, buffer.get(6)?);
        let len = usize::from(u16::from_be_bytes([high, low]));
        if !(3..=MOST_LEN).contains(&len) {
            buffer.drain(..5);
            continue;
        }
        let frame = buffer.get(5..7 + len)?.to_vec();
        buffer.drain(..7 + len);
        return Some(frame);
    }
}

/// The 256 bytes of text in UTF-16LE, padded with spaces.
#[must_use]
pub fn text_block(card: &Card) -> Vec<u8> {
    let mut out = Vec::with_capacity(TEXT_BYTES);
    for (_, text, room) in card.fields() {
        let field = text.encode_utf16().chain(std::iter::repeat(0x20)).take(room);
        out.extend(field.flat_map(u16::to_le_bytes));
    }
    while out.len() < TEXT_BYTES {
        out.extend(0x20_u16.to_le_bytes());
    }
    out
}

/// No picture: the right magic and filling.
fn photo() -> Vec<u8> {
    let mut photo = vec![0x57, 0x4C, 0x66, 0x00, 0x7E, 0x00];
    photo.resize(PHOTO_BYTES, 0x55);
    photo
}

fn status(sw1: u8, sw2: u8, sw3: u8) -> Vec<u8> {
    framed(&[sw1, sw2, sw3])
}

fn framed(data: &[u8]) -> Vec<u8> {
    let len = u16::try_from(data.len() + 1).unwrap_or(u16::MAX).to_be_bytes();
    let xor = len.iter().chain(data).fold(0, |x, b| x ^ b);
    [&PREAMBLE[..], &len, data, &[xor]].concat()
}
