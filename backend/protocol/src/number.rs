//! The pickup number: what a shopper types when the ticket's code cannot be scanned.
//!
//! Six digits that follow from the ticket, then the number of the pickup. Pickups are numbered in a row, so the pickup alone
//! could be guessed by anybody; the six digits are known only to who holds the ticket, because its signature is in them. They
//! open nothing: the buyer's card is asked for as after a scan.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::PickupNumber;

/// Digits that follow from the ticket.
const PROOF: usize = 6;
/// Values of the digits that follow from the ticket.
const PROOFS: u64 = 1_000_000;
/// Digits of the longest number.
pub const DIGITS_AT_MOST: usize = PROOF + 12;
const CONTEXT: &[u8] = b"BP-NUMBER-1\0";

/// A pickup number as it is typed. On the wire and on the pad it is its digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TypedNumber {
    /// The pickup it begins.
    pub pickup: PickupNumber,
    proof: u32,
}

impl TypedNumber {
    /// The number that goes with this ticket, as it was issued.
    #[must_use]
    pub fn of(ticket: &str, pickup: PickupNumber) -> Self {
        let hash =
            Sha256::new().chain_update(CONTEXT).chain_update(ticket.trim().to_ascii_uppercase()).finalize();
        let head = hash.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        Self { pickup, proof: u32::try_from(head % PROOFS).unwrap_or_default() }
    }

    /// Reads what was typed; `None` when it cannot be a pickup number.
    #[must_use]
    pub fn read(typed: &str) -> Option<Self> {
        let digits = typed.len() <= DIGITS_AT_MOST && typed.bytes().all(|b| b.is_ascii_digit());
        let (proof, pickup) = typed.split_at_checked(PROOF).filter(|_| digits)?;
        Some(Self { pickup: PickupNumber(pickup.parse().ok()?), proof: proof.parse().ok()? })
    }
}

impl std::fmt::Display for TypedNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:06}{}", self.proof, self.pickup.0)
    }
}

/// Digits in groups of four, as they are shown to people, such as `0123 4542`.
#[must_use]
pub fn grouped(digits: &str) -> String {
    let mut shown = String::with_capacity(digits.len() + digits.len() / 4);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index.is_multiple_of(4) {
            shown.push(' ');
        }
        shown.push(digit);
    }
    shown
}

/// What was sent is no pickup number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pickup number is six digits and the number of the pickup, digits only")]
pub struct NoNumber;

impl TryFrom<String> for TypedNumber {
    type Error = NoNumber;

    fn try_from(text: String) -> Result<Self, NoNumber> {
        Self::read(&text).ok_or(NoNumber)
    }
}

impl From<TypedNumber> for String {
    fn from(number: TypedNumber) -> Self {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // If this fails, do not change the numbers: numbers of version 1 are in shoppers' phones.
    #[test]
    fn version_1_is_frozen() {
        assert_eq!(TypedNumber::of("BP1ABC", PickupNumber(42)).to_string(), "94493942");
    }

    #[test]
    fn what_is_shown_is_read_back_however_the_ticket_was_written() {
        let number = TypedNumber::of("BP1ABC", PickupNumber(42));
        assert_eq!(TypedNumber::read(&number.to_string()), Some(number));
        assert_eq!(TypedNumber::of(" bp1abc\n", PickupNumber(42)), number);
        assert_ne!(TypedNumber::of("BP1ABD", PickupNumber(42)), number);
    }

    #[test]
    fn what_cannot_be_a_number_is_not_read() {
        for text in ["", "123456", "12345", "12345a7", "1234567890123456789", "１２３４５６７", "-1234567"]
        {
            assert_eq!(TypedNumber::read(text), None, "{text}");
        }
        assert_eq!(TypedNumber::read("0000010").map(|n| n.pickup), Some(PickupNumber(0)));
    }

    #[test]
    fn digits_are_shown_in_groups_of_four() {
        assert_eq!(grouped("01234542"), "0123 4542");
        assert_eq!(grouped(""), "");
    }
}
