//! The signature on what the sandbox payment company is told and tells: HMAC-SHA256 with the shared key over the time and the
//! bytes of the body, in hex.

use aws_lc_rs::hmac;

/// Header with the time of signing, milliseconds since 1970.
pub const TIME: &str = "x-pay-time";
/// Header with the signature.
pub const SIGNATURE: &str = "x-pay-signature";

/// The shared key.
#[derive(Clone)]
pub struct Key(hmac::Key);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// The key of this text.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The signature over `body` at `time`.
    #[must_use]
    pub fn sign(&self, time: &str, body: &[u8]) -> String {
        hex::encode(hmac::sign(&self.0, &text(time, body)).as_ref())
    }

    /// Whether `signature` is that over `body` at `time`.
    #[must_use]
    pub fn verifies(&self, time: &str, body: &[u8], signature: &str) -> bool {
        hex::decode(signature).is_ok_and(|mac| hmac::verify(&self.0, &text(time, body), &mac).is_ok())
    }
}

fn text(time: &str, body: &[u8]) -> Vec<u8> {
    [time.as_bytes(), b"\n", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frozen: the company must come to the same. If this fails, do not change the test.
    #[test]
    fn the_signature_has_this_value() {
        let found = Key::new(b"sandbox-key").sign("1795300000000", b"{\"a\":1}");
        assert_eq!(found, "ac05c1d20ca8f2f2529a80dd25198d60bc2f252bd37e4938066bd8a76a609eda");
    }

    #[test]
    fn a_signature_is_good_for_its_own_bytes_time_and_key_only() {
        let key = Key::new(b"k");
        let signed = key.sign("1", b"body");
        assert!(key.verifies("1", b"body", &signed));
        assert!(!key.verifies("2", b"body", &signed));
        assert!(!key.verifies("1", b"bodY", &signed));
        assert!(!Key::new(b"l").verifies("1", b"body", &signed));
        assert!(!key.verifies("1", b"body", "zz"));
    }
}
