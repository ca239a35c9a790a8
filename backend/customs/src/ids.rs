//! Identifiers that stand in messages: guid, the company's own document number, the buyer's identity number.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use pickup_domain::{IdNumber, IdNumberError, china_time};

use crate::field::Value;

/// 36 characters that name one document or message. Ours are upper-case UUIDs; those of others are opaque.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid(String);

/// The text is not a guid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a guid has exactly 36 printable ASCII characters")]
pub struct GuidError;

impl Guid {
    /// From the 16 bytes of a UUID: upper case with hyphens, as the specification asks.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let hex = hex::encode_upper(bytes);
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        Self([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
    }

    /// The 36 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Guid {
    type Err = GuidError;

    fn from_str(text: &str) -> Result<Self, GuidError> {
        let printable = text.bytes().all(|b| b.is_ascii_graphic());
        if text.len() == 36 && printable { Ok(Self(text.to_owned())) } else { Err(GuidError) }
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `copNo`: the company's own number of an inventory list, at most 20 characters, used once.
///
/// The schema leaves it optional in CEB621 but its receipts require it, so it is always sent. Ours have capital letters
/// and digits; those of others may have small letters, hyphens and underscores too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CopNo(String);

/// The parts do not make a `copNo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CopNoError {
    /// Not 1 to 20 letters, digits, hyphens and underscores.
    #[error("a copNo has 1 to 20 letters, digits, hyphens and underscores")]
    Form,
    /// The prefix is not 1 to 4 capital letters and digits.
    #[error("the prefix of a copNo has 1 to 4 capital letters and digits")]
    Prefix,
    /// The sequence number has more than ten digits.
    #[error("the sequence number of a copNo has at most ten digits: start a new prefix")]
    Sequence,
}

impl CopNo {
    /// `prefix` (1 to 4) + `yymmdd` in China at `at` + `sequence` in ten digits: at most 20 characters.
    ///
    /// # Errors
    /// [`CopNoError::Prefix`] or [`CopNoError::Sequence`].
    pub fn generate(prefix: &str, at: Timestamp, sequence: u64) -> Result<Self, CopNoError> {
        if !(1..=4).contains(&prefix.len()) || !is_capital_or_digit(prefix) {
            return Err(CopNoError::Prefix);
        }
        if sequence > 9_999_999_999 {
            return Err(CopNoError::Sequence);
        }
        let day = china_time::civil(at).strftime("%y%m%d");
        Ok(Self(format!("{prefix}{day}{sequence:010}")))
    }

    /// The number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_capital_or_digit(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

impl FromStr for CopNo {
    type Err = CopNoError;

    fn from_str(text: &str) -> Result<Self, CopNoError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if (1..=20).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(CopNoError::Form)
        }
    }
}

impl fmt::Display for CopNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `buyerIdNumber` as it stands in a message: not yet checked, and never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BuyerId(String);

impl BuyerId {
    /// The characters as sent. Never log them.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Checks form, date of birth and check character.
    ///
    /// # Errors
    /// Why it is not an identity number.
    pub fn check(&self) -> Result<IdNumber, IdNumberError> {
        self.0.parse()
    }
}

impl From<&IdNumber> for BuyerId {
    fn from(id: &IdNumber) -> Self {
        Self(id.expose().to_owned())
    }
}

impl fmt::Debug for BuyerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BuyerId(masked)")
    }
}

impl Value for BuyerId {
    fn text<'a>(&'a self, _: &'a mut String) -> Option<&'a str> {
        Some(&self.0)
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_upper_case_with_hyphens() {
        let guid = Guid::from_bytes([0xab; 16]);
        assert_eq!(guid.as_str(), "ABABABAB-ABAB-ABAB-ABAB-ABABABABABAB");
        assert_eq!(guid.as_str().parse(), Ok(guid.clone()));
        assert_eq!("too short".parse::<Guid>(), Err(GuidError));
    }

    #[test]
    fn a_generated_copno_has_at_most_twenty_characters() {
        let at: Timestamp = "2026-12-31T16:00:00Z".parse().unwrap();
        assert_eq!(CopNo::generate("BP", at, 7).unwrap().as_str(), "BP2701010000000007");
        assert_eq!(CopNo::generate("BPXY", at, 9_999_999_999).unwrap().as_str().len(), 20);
        assert_eq!(CopNo::generate("BPXYZ", at, 1), Err(CopNoError::Prefix));
        assert_eq!(CopNo::generate("bp", at, 1), Err(CopNoError::Prefix));
        assert_eq!(CopNo::generate("BP", at, 10_000_000_000), Err(CopNoError::Sequence));
    }

    #[test]
    fn the_buyers_number_is_never_printed() {
        let id: IdNumber = "11010519491231002X".parse().unwrap();
        assert_eq!(format!("{:?}", BuyerId::from(&id)), "BuyerId(masked)");
        assert_eq!(BuyerId::from(&id).check(), Ok(id));
    }
}
