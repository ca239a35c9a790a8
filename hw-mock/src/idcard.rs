//! The identity-card reader's side of the SAM serial protocol.

use serde::{Deserialize, Serialize};

const PREAMBLE: [u8; 5] = [0xAA, 0xAA, 0xAA, 0x96, 0x69];
const TEXT_BYTES: usize = 256;
const PHOTO_BYTES: usize = 1024;

/// What stands in a card's chip. All people are invented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// What can be wrong with the reader or the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdCardFault {
    /// Answers nothing.
    Silent,
    /// Finds and selects the card but cannot read it.
    ReadFailed,
    /// The card does not accept the reader.
    AuthFailed,
}

/// A reader with a card on it or not.
#[derive(Debug, Default)]
pub struct Reader {
    card: Option<Card>,
    fault: Option<IdCardFault>,
    stage: Stage,
    buffer: Vec<u8>,
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

    /// Takes bytes from the host and answers.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.buffer.extend_from_slice(bytes);
        let mut out = Vec::new();
        while let Some(body) = self.next_frame() {
            if self.fault != Some(IdCardFault::Silent) {
                out.extend(self.answer(&body));
            }
        }
        out
    }

    /// Everything after the preamble, checksum included.
    fn next_frame(&mut self) -> Option<Vec<u8>> {
        loop {
            let Some(start) = self.buffer.windows(5).position(|w| w == PREAMBLE) else {
                let keep = self.buffer.len().min(4);
                self.buffer.drain(..self.buffer.len() - keep);
                return None;
            };
            self.buffer.drain(..start);
            let (&high, &low) = (self.buffer.get(5)?, self.buffer.get(6)?);
            let len = usize::from(u16::from_be_bytes([high, low]));
            if !(3..=64).contains(&len) {
                self.buffer.drain(..5);
                continue;
            }
            let frame = self.buffer.get(5..7 + len)?.to_vec();
            self.buffer.drain(..7 + len);
            return Some(frame);
        }
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
            (Some(0x30), Some(0x01)) => self.read(&[]),
            (Some(0x30), Some(0x10)) => self.read(&[0; 2]),
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
            return status(0, 0, 0x81);
        }
        if self.fault == Some(IdCardFault::AuthFailed) {
            self.stage = Stage::Spent;
            return status(0, 0, 0x31);
        }
        self.stage = Stage::Selected;
        framed(&[0, 0, 0x90, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    fn read(&mut self, finger_len: &[u8]) -> Vec<u8> {
        let Some(card) = self.card.as_ref().filter(|_| self.stage == Stage::Selected) else {
            return status(0, 0, 0x41);
        };
        let text = text_block(card);
        self.stage = Stage::Spent;
        if self.fault == Some(IdCardFault::ReadFailed) {
            return status(0, 0, 0x41);
        }
        self.reads += 1;
        let mut data = vec![0, 0, 0x90, 0x01, 0x00, 0x04, 0x00];
        data.extend(finger_len);
        data.extend(text);
        data.extend(photo());
        framed(&data)
    }
}

/// The 256 bytes of text in UTF-16LE, padded with spaces.
#[must_use]
pub fn text_block(card: &Card) -> Vec<u8> {
    let fields = [
        (&card.name, 30),
        (&card.sex, 2),
        (&card.nation, 4),
        (&card.birth, 16),
        (&card.address, 70),
        (&card.id_number, 36),
        (&card.issuer, 30),
        (&card.valid_from, 16),
        (&card.valid_until, 16),
    ];
    let mut out = Vec::with_capacity(TEXT_BYTES);
    for (text, bytes) in fields {
        let field: Vec<u16> = text.encode_utf16().chain(std::iter::repeat(0x20)).take(bytes / 2).collect();
        out.extend(field.iter().flat_map(|c| c.to_le_bytes()));
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
