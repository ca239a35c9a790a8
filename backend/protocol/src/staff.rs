//! Codes that staff scan: their badge and the parcel label.
//!
//! Badge: `BPS1` and Crockford base32 of a 16-byte secret. Label: `BPL1` and the waybill number, which is upper-case
//! letters and digits.

use crate::crockford;

const BADGE: &str = "BPS1";
const LABEL: &str = "BPL1";

/// A scanned code, told apart by its first characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// Looks like a pickup ticket (not yet checked).
    Ticket(String),
    /// A staff badge.
    Badge(String),
    /// A parcel label with this waybill number.
    Label(String),
    /// Something else.
    Other,
}

/// The text of a badge with this secret.
#[must_use]
pub fn badge(secret: [u8; 16]) -> String {
    format!("{BADGE}{}", crockford::encode(&secret))
}

/// The secret of a scanned badge.
#[must_use]
pub fn badge_secret(text: &str) -> Option<[u8; 16]> {
    crockford::decode(text.trim().to_ascii_uppercase().strip_prefix(BADGE)?)?.try_into().ok()
}

/// The text of the label of a parcel with this waybill number.
#[must_use]
pub fn label(waybill: &str) -> String {
    format!("{LABEL}{waybill}")
}

/// Tells what a scanner has read. Anything but printable ASCII of at most 300 characters is [`Scanned::Other`].
#[must_use]
pub fn classify(bytes: &[u8]) -> Scanned {
    let Ok(text) = std::str::from_utf8(bytes) else { return Scanned::Other };
    let text = text.trim().to_ascii_uppercase();
    if text.len() > 300 || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Scanned::Other;
    }
    if badge_secret(&text).is_some() {
        Scanned::Badge(text)
    } else if let Some(waybill) = text.strip_prefix(LABEL) {
        Scanned::Label(waybill.to_owned())
    } else if text.starts_with(crate::ticket::PREFIX) {
        Scanned::Ticket(text)
    } else {
        Scanned::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_code_is_told_apart() {
        let badge = badge([9; 16]);
        assert_eq!(classify(badge.as_bytes()), Scanned::Badge(badge.clone()));
        assert_eq!(classify(label("WB20260001").as_bytes()), Scanned::Label("WB20260001".into()));
        assert_eq!(classify(b"bp1abc\r"), Scanned::Ticket("BP1ABC".into()));
        for other in [&b""[..], b"hello", b"\xff\xfe\x00", "提货".as_bytes(), b"BPS1ZZ", &[b'B'; 400]] {
            assert_eq!(classify(other), Scanned::Other);
        }
    }

    // If this fails, do not change the text: badges of version 1 are printed.
    #[test]
    fn version_1_of_the_badge_is_frozen() {
        assert_eq!(badge([0xff; 16]), "BPS1ZZZZZZZZZZZZZZZZZZZZZZZZZW");
        assert_eq!(badge_secret("bps1zzzzzzzzzzzzzzzzzzzzzzzzzw"), Some([0xff; 16]));
    }
}
