//! What can be wrong with the reader or the card, and the status bytes that say so.

use serde::{Deserialize, Serialize};

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
    pub(super) const fn at_select(self) -> Option<u8> {
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
    pub(super) const fn at_read(self) -> Option<u8> {
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
