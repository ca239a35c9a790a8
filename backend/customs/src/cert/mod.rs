//! X.509 certificates with SM2 or RSA keys: read, compare, verify with, follow to a root, and self-sign for software keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{Span, Timestamp};

pub use crate::public_key::KeyKind;
use crate::public_key::PublicKey;

mod chain;
mod make;
mod parse;

pub use chain::{ChainError, check_chain};
pub(crate) use make::{Statement, assemble, to_be_signed};
pub(crate) use parse::whole_bytes;

/// Why a certificate cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not a certificate in PEM or DER.
    #[error("the certificate cannot be read: X.509 in PEM or DER is needed")]
    Form,
    /// The public key is neither an SM2 nor an RSA key.
    #[error("the certificate's key is neither an SM2 key nor an RSA key of 1024 to 4096 bits")]
    Key,
}

/// How soon a certificate must be renewed. Later levels are more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expiry {
    /// It ends within 60 days.
    Within60Days,
    /// It ends within 30 days.
    Within30Days,
    /// It ends within 7 days.
    Within7Days,
    /// It has ended: nothing can be signed with it.
    Expired,
}

/// A certificate whose key is an SM2 or an RSA key. Two are equal when their bytes are.
#[derive(Clone, Debug)]
pub struct Certificate {
    der: Vec<u8>,
    serial: Vec<u8>,
    /// Distinguished names as bytes, by which a certificate finds its issuer.
    issuer: Vec<u8>,
    subject_name: Vec<u8>,
    subject: String,
    not_before: Timestamp,
    not_after: Timestamp,
    authority: bool,
    key: PublicKey,
    /// What the issuer signed, by which algorithm, and its signature.
    signed_part: Vec<u8>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl Certificate {
    /// Reads DER.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        parse::read(der)
    }

    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        let (certificate, _) = Self::next_in(pem)?;
        Ok(certificate)
    }

    /// Reads every certificate of a PEM text, such as a bundle of roots.
    ///
    /// # Errors
    /// [`CertificateError`] of the first that cannot be read; a text without any is an empty list.
    pub fn all_from_pem(pem: &str) -> Result<Vec<Self>, CertificateError> {
        let (mut all, mut rest) = (Vec::new(), pem);
        while rest.contains(PEM_BEGIN) {
            let (certificate, after) = Self::next_in(rest)?;
            all.push(certificate);
            rest = after;
        }
        Ok(all)
    }

    fn next_in(pem: &str) -> Result<(Self, &str), CertificateError> {
        let inside = pem.split_once(PEM_BEGIN).and_then(|(_, rest)| rest.split_once(PEM_END));
        let (inside, after) = inside.ok_or(CertificateError::Form)?;
        let compact: String = inside.split_ascii_whitespace().collect();
        let der = BASE64.decode(compact).map_err(|_| CertificateError::Form)?;
        Ok((Self::from_der(&der)?, after))
    }

    /// PEM text.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let text = BASE64.encode(&self.der);
        let mut pem = format!("{PEM_BEGIN}\n");
        for (count, c) in text.chars().enumerate() {
            if count > 0 && count % 64 == 0 {
                pem.push('\n');
            }
            pem.push(c);
        }
        pem.push('\n');
        pem.push_str(PEM_END);
        pem.push('\n');
        pem
    }

    /// The bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Serial number in lower-case hex: the `KeyName` of a signature.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        hex::encode(&self.serial)
    }

    /// Common name of the holder; empty when there is none.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What kind of key it is for, which says what kind of signature it can verify.
    #[must_use]
    pub const fn key_kind(&self) -> KeyKind {
        self.key.kind()
    }

    /// From when to when it is valid, both included.
    #[must_use]
    pub const fn validity(&self) -> (Timestamp, Timestamp) {
        (self.not_before, self.not_after)
    }

    /// Whether it is valid at `at`.
    #[must_use]
    pub fn valid_at(&self, at: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&at)
    }

    /// The last moment at which it is valid.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// How urgent its renewal is at `now`; `None` while it is valid for more than 60 days.
    #[must_use]
    pub fn expires_within(&self, now: Timestamp) -> Option<Expiry> {
        if now > self.not_after {
            return Some(Expiry::Expired);
        }
        let ends_within = |days: i64| {
            let limit = now.checked_add(Span::new().hours(days.saturating_mul(24)));
            limit.is_ok_and(|limit| limit >= self.not_after)
        };
        let levels = [(7, Expiry::Within7Days), (30, Expiry::Within30Days), (60, Expiry::Within60Days)];
        levels.into_iter().find_map(|(days, level)| ends_within(days).then_some(level))
    }

    /// Whether `hex` is the serial number, in either case and with or without leading zeros.
    #[must_use]
    pub fn has_serial(&self, hex: &str) -> bool {
        let own = self.serial_hex();
        hex.trim_start_matches('0').eq_ignore_ascii_case(own.trim_start_matches('0'))
    }

    /// Whether `signature` is this key's over `message`: for SM2 raw `r||s` (SM3, default user id), for RSA PKCS#1 v1.5
    /// with SHA-1.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verifies(message, signature)
    }

    /// Bytes of a signature by this certificate's key.
    #[must_use]
    pub fn signature_length(&self) -> usize {
        self.key.signature_length()
    }
}

const PEM_BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const PEM_END: &str = "-----END CERTIFICATE-----";
