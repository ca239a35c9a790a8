//! Public keys of certificates: SM2 with SM3, and RSA with PKCS#1 v1.5.
//!
//! RSA is verified by the `rsa` crate, whose open advisory (RUSTSEC-2023-0071, timing of private-key operations) does
//! not touch verification; what it means for signing is said in `key.rs`.

use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, Pkcs1v15Sign, RsaPublicKey};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use sm2::dsa::signature::Verifier as _;
use sm2::dsa::{Signature, VerifyingKey};

use crate::cert::whole_bytes;
use crate::der::{Reader, tag};
use crate::key::DIST_ID;

/// 1.2.840.10045.2.1, id-ecPublicKey.
pub(crate) const OID_EC_PUBLIC_KEY: [u8; 7] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
/// 1.2.156.10197.1.301, the SM2 curve.
pub(crate) const OID_SM2: [u8; 8] = [0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D];
/// 1.2.156.10197.1.501, SM2 signature with SM3.
pub(crate) const OID_SM2_WITH_SM3: [u8; 8] = [0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x83, 0x75];
/// 1.2.840.113549.1.1.1, rsaEncryption.
pub(crate) const OID_RSA: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
/// 1.2.840.113549.1.1.5, RSA signature with SHA-1.
const OID_RSA_WITH_SHA1: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x05];
/// 1.2.840.113549.1.1.11, RSA signature with SHA-256.
const OID_RSA_WITH_SHA256: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B];

/// Bytes of an RSA modulus that are accepted: keys of the RSA years have 1024 bits.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 128..=512;

/// Kind of key, and with it of signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// SM2 with SM3, user id [`DIST_ID`]; signatures are raw `r||s`.
    Sm2,
    /// RSA, PKCS#1 v1.5 with SHA-1.
    Rsa,
}

#[derive(Clone, Debug)]
pub(crate) enum PublicKey {
    Sm2(VerifyingKey),
    Rsa(RsaPublicKey),
}

impl PublicKey {
    /// Reads the inside of a `SubjectPublicKeyInfo`.
    pub(crate) fn read(key_info: &[u8]) -> Option<Self> {
        let mut key_info = Reader(key_info);
        let mut algorithm = Reader(key_info.expect(tag::SEQUENCE)?);
        let (oid, parameters) = (algorithm.expect(tag::OID)?, algorithm.next());
        let key = whole_bytes(key_info.expect(tag::BIT_STRING)?)?;
        if oid == OID_EC_PUBLIC_KEY && parameters.is_some_and(|(_, curve, _)| curve == OID_SM2) {
            return VerifyingKey::from_sec1_bytes(DIST_ID, key).ok().map(Self::Sm2);
        }
        if oid != OID_RSA {
            return None;
        }
        let mut parts = Reader(Reader(key).expect(tag::SEQUENCE)?);
        let [modulus, exponent] =
            [parts.expect(tag::INTEGER)?, parts.expect(tag::INTEGER)?].map(BigUint::from_bytes_be);
        let key = RsaPublicKey::new(modulus, exponent).ok()?;
        RSA_BYTES.contains(&key.size()).then_some(Self::Rsa(key))
    }

    pub(crate) const fn kind(&self) -> KeyKind {
        match self {
            Self::Sm2(_) => KeyKind::Sm2,
            Self::Rsa(_) => KeyKind::Rsa,
        }
    }

    pub(crate) fn signature_length(&self) -> usize {
        match self {
            Self::Sm2(_) => 64,
            Self::Rsa(key) => key.size(),
        }
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Sm2(key) => Signature::from_slice(signature).is_ok_and(|s| key.verify(message, &s).is_ok()),
            Self::Rsa(key) => key.verify(no_prefix(), &sha1_info(message), signature).is_ok(),
        }
    }

    /// Whether `signature`, as certificates carry it, is this key's over `signed_part`.
    pub(crate) fn verifies_certificate(
        &self,
        algorithm: &[u8],
        signed_part: &[u8],
        signature: &[u8],
    ) -> bool {
        match self {
            Self::Sm2(_) if algorithm == OID_SM2_WITH_SM3 => {
                raw_r_s(signature).is_some_and(|raw| self.verifies(signed_part, &raw))
            }
            Self::Rsa(_) if algorithm == OID_RSA_WITH_SHA1 => self.verifies(signed_part, signature),
            Self::Rsa(key) if algorithm == OID_RSA_WITH_SHA256 => {
                key.verify(no_prefix(), &sha256_info(signed_part), signature).is_ok()
            }
            _ => false,
        }
    }
}

/// The digest info is made here, so that the padding adds none.
pub(crate) fn no_prefix() -> Pkcs1v15Sign {
    Pkcs1v15Sign::new_unprefixed()
}

/// `DigestInfo` (RFC 8017, section 9.2) of SHA-1.
pub(crate) fn sha1_info(message: &[u8]) -> Vec<u8> {
    const PREFIX: [u8; 15] =
        [0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A, 0x05, 0x00, 0x04, 0x14];
    [PREFIX.as_slice(), <Sha1 as sha1::Digest>::digest(message).as_slice()].concat()
}

/// `DigestInfo` of SHA-256.
fn sha256_info(message: &[u8]) -> Vec<u8> {
    const PREFIX: [u8; 19] = [
        0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
        0x04, 0x20,
    ];
    [PREFIX.as_slice(), Sha256::digest(message).as_slice()].concat()
}

/// `SEQUENCE { r, s }` as 32 bytes each.
fn raw_r_s(der: &[u8]) -> Option<Vec<u8>> {
    let mut both = Reader(Reader(der).expect(tag::SEQUENCE)?);
    let mut raw = Vec::with_capacity(64);
    for _ in 0..2 {
        let integer = both.expect(tag::INTEGER)?;
        let zeros = integer.iter().take_while(|&&byte| byte == 0).count();
        let digits = integer.get(zeros..)?;
        raw.extend(std::iter::repeat_n(0, 32_usize.checked_sub(digits.len())?));
        raw.extend_from_slice(digits);
    }
    both.0.is_empty().then_some(raw)
}
