//! The pickup ticket: what the shopper's QR code carries.
//!
//! `BP1` and then Crockford base32 of 83 bytes: key id (1), centre (2), pickup number (8), not-after in Unix seconds (4),
//! nonce (4), Ed25519 signature (64) over `BP-TICKET-1\0` and the first 19 bytes. All integers big-endian. Letters and
//! digits only, so that a QR code holds it in alphanumeric mode and a keyboard-mode scanner cannot garble it.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use jiff::Timestamp;

use crate::{PickupNumber, crockford};

/// First characters of every ticket of this version.
pub const PREFIX: &str = "BP1";
const CONTEXT: &[u8] = b"BP-TICKET-1\0";
const BODY: usize = 19;
const WHOLE: usize = BODY + 64;

/// What a ticket says. Only [`Ticket::verify`] makes one from a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Which of the backend's keys signed it.
    pub key_id: u8,
    /// Number of the pickup centre it is for.
    pub centre: u16,
    /// The pickup it opens.
    pub pickup: PickupNumber,
    /// Last Unix second at which it is good.
    pub not_after_unix_s: u32,
    /// Makes two tickets for the same pickup differ.
    pub nonce: [u8; 4],
}

/// Why a scanned text is not a good ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// No ticket at all, or one cut short or misread.
    #[error("the code is no pickup ticket, or only a part of one")]
    Malformed,
    /// Signed with a key that is not known here.
    #[error("the ticket was signed with a key that is not known here (key {0})")]
    UnknownKey(u8),
    /// The signature does not match: made or changed by somebody else.
    #[error("the ticket's signature is wrong: it was not issued by this operator")]
    Forged,
}

impl Ticket {
    /// The ticket as text, signed.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        let body = self.body();
        let signature = key.sign(&[CONTEXT, &body].concat());
        format!("{PREFIX}{}", crockford::encode(&[&body[..], &signature.to_bytes()].concat()))
    }

    /// Reads and checks a scanned text. `key_of` finds the public key for a key id.
    ///
    /// # Errors
    /// [`TicketError`]; that the ticket has run out is not checked here, see [`Ticket::expired_at`].
    pub fn verify(text: &str, key_of: impl Fn(u8) -> Option<VerifyingKey>) -> Result<Self, TicketError> {
        let text = text.trim();
        let coded = strip_prefix_any_case(text).ok_or(TicketError::Malformed)?;
        let bytes = crockford::decode(coded).ok_or(TicketError::Malformed)?;
        let bytes: [u8; WHOLE] = bytes.try_into().map_err(|_| TicketError::Malformed)?;
        let (body, signature) = bytes.split_at(BODY);
        let ticket = Self::from_body(body).ok_or(TicketError::Malformed)?;
        let signature: [u8; 64] = signature.try_into().map_err(|_| TicketError::Malformed)?;
        let key = key_of(ticket.key_id).ok_or(TicketError::UnknownKey(ticket.key_id))?;
        key.verify_strict(&[CONTEXT, body].concat(), &Signature::from_bytes(&signature))
            .map_err(|_| TicketError::Forged)?;
        Ok(ticket)
    }

    /// Whether the ticket has run out at `now`.
    #[must_use]
    pub fn expired_at(&self, now: Timestamp) -> bool {
        now.as_second() > i64::from(self.not_after_unix_s)
    }

    fn body(&self) -> [u8; BODY] {
        let mut body = [0; BODY];
        let parts = [
            &[self.key_id][..],
            &self.centre.to_be_bytes(),
            &self.pickup.0.to_be_bytes(),
            &self.not_after_unix_s.to_be_bytes(),
            &self.nonce,
        ]
        .concat();
        body.copy_from_slice(&parts);
        body
    }

    fn from_body(body: &[u8]) -> Option<Self> {
        let (&key_id, rest) = body.split_first()?;
        let (centre, rest) = rest.split_first_chunk()?;
        let (pickup, rest) = rest.split_first_chunk()?;
        let (not_after, nonce) = rest.split_first_chunk()?;
        Some(Self {
            key_id,
            centre: u16::from_be_bytes(*centre),
            pickup: PickupNumber(u64::from_be_bytes(*pickup)),
            not_after_unix_s: u32::from_be_bytes(*not_after),
            nonce: nonce.try_into().ok()?,
        })
    }
}

fn strip_prefix_any_case(text: &str) -> Option<&str> {
    let head = text.get(..PREFIX.len())?;
    head.eq_ignore_ascii_case(PREFIX).then(|| text.get(PREFIX.len()..)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn ticket() -> Ticket {
        Ticket {
            key_id: 1,
            centre: 258,
            pickup: PickupNumber(42),
            not_after_unix_s: 1_800_000_000,
            nonce: [1, 2, 3, 4],
        }
    }

    fn read(text: &str) -> Result<Ticket, TicketError> {
        Ticket::verify(text, |id| (id == 1).then(|| key().verifying_key()))
    }

    // If this fails, do not change the text: tickets of version 1 are in shoppers' phones.
    #[test]
    fn version_1_is_frozen() {
        let text = ticket().sign(&key());
        assert_eq!(text.len(), 136);
        assert_eq!(text.get(..33), Some("BP1040G40000000000059NMKMG0041061"));
        assert_eq!(read(&text), Ok(ticket()));
        assert_eq!(read(&text.to_ascii_lowercase()), Ok(ticket()), "a scanner with caps lock on still works");
    }

    #[test]
    fn a_changed_character_is_never_accepted() {
        let text = ticket().sign(&key());
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(read(&changed).is_err(), "character {at}");
        }
    }

    #[test]
    fn a_truncated_ticket_is_malformed() {
        let text = ticket().sign(&key());
        for len in 0..text.len() {
            assert_eq!(read(&text[..len]), Err(TicketError::Malformed), "first {len} characters");
        }
    }

    #[test]
    fn another_operators_key_is_told_from_an_unknown_one() {
        let foreign = ticket().sign(&SigningKey::from_bytes(&[8; 32]));
        assert_eq!(read(&foreign), Err(TicketError::Forged));
        let unknown = Ticket { key_id: 9, ..ticket() }.sign(&key());
        assert_eq!(read(&unknown), Err(TicketError::UnknownKey(9)));
    }

    #[test]
    fn noise_is_malformed() {
        for noise in ["", "BP1", "\u{0}\u{7f}", "BP1\u{fffd}", "中BP1", "https://shop.example/x"] {
            assert_eq!(read(noise), Err(TicketError::Malformed), "{noise:?}");
        }
    }

    #[test]
    fn runs_out_after_its_last_second() {
        let at = |s| Timestamp::from_second(s).unwrap();
        assert!(!ticket().expired_at(at(1_800_000_000)));
        assert!(ticket().expired_at(at(1_800_000_001)));
    }
}
