//! How a delivery is signed, after the Standard Webhooks convention: the shop can check who sent it, and when.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::secrets::{SecretsError, random};

const PREFIX: &str = "whsec_";

/// The secret of an endpoint. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// [`SecretsError`] without random numbers.
    pub fn make() -> Result<Self, SecretsError> {
        Ok(Self::from_bytes(random::<32>()?.to_vec()))
    }

    /// One that was kept.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// To be kept, sealed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As the shop is shown it, once.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&*self.0))
    }

    /// The header `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp_s: i64, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = hmac::sign(&key, format!("{id}.{timestamp_s}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(tag))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with OpenSSL: `printf 'evt_1_7.1795300000.{"a":1}' | openssl dgst -sha256 -hmac … -binary | base64`.
    #[test]
    fn a_signature_is_the_one_another_program_makes() {
        let secret = Secret::from_bytes(b"0123456789abcdef0123456789abcdef".to_vec());
        assert_eq!(secret.text(), "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
        let signature = secret.sign("evt_1_7", 1_795_300_000, "{\"a\":1}");
        assert_eq!(signature, "v1,/sMaLFBPSjwlVXjBS4s7PdOdEUeyHGP8DHc9HZ5Jqfs=");
    }

    #[test]
    fn a_secret_is_not_shown_by_debug() {
        assert_eq!(format!("{:?}", Secret::make().unwrap()), "Secret");
    }
}
