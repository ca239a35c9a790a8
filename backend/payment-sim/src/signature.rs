//! HMAC-SHA256 in hex over the time, a line feed and the bytes of the body.

use aws_lc_rs::hmac;

/// Header with the time of signing, milliseconds since 1970.
pub const TIME: &str = "x-pay-time";
/// Header with the signature.
pub const SIGNATURE: &str = "x-pay-signature";

/// The signature of `secret` over `body` at `time`.
#[must_use]
pub fn sign(secret: &str, time: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut mac = hmac::Context::with_key(&key);
    mac.update(time.as_bytes());
    mac.update(b"\n");
    mac.update(body);
    hex::encode(mac.sign().as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frozen: the backend must come to the same. If this fails, do not change the test.
    #[test]
    fn the_signature_has_this_value() {
        let found = sign("sandbox-key", "1795300000000", b"{\"a\":1}");
        assert_eq!(found, "ac05c1d20ca8f2f2529a80dd25198d60bc2f252bd37e4938066bd8a76a609eda");
        assert_ne!(found, sign("sandbox-key", "1795300000001", b"{\"a\":1}"));
    }
}
