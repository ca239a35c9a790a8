//! X.509 certificates with SM2 keys: read, compare, verify with, and self-sign for software keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sm2::dsa::signature::Verifier as _;
use sm2::dsa::{Signature, VerifyingKey};

use crate::der::{Reader, bit_string, element, sequence, tag, unsigned};
use crate::key::DIST_ID;

/// 1.2.840.10045.2.1, id-ecPublicKey.
const OID_EC_PUBLIC_KEY: [u8; 7] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
/// 1.2.156.10197.1.301, the SM2 curve.
const OID_SM2: [u8; 8] = [0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D];
/// 1.2.156.10197.1.501, SM2 signature with SM3.
const OID_SM2_WITH_SM3: [u8; 8] = [0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x83, 0x75];
/// 2.5.4.3, common name.
const OID_COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
/// 2.5.4.6, country.
const OID_COUNTRY: [u8; 3] = [0x55, 0x04, 0x06];
/// 2.5.29.15, key usage.
const OID_KEY_USAGE: [u8; 3] = [0x55, 0x1D, 0x0F];

/// Why a certificate cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not a certificate in PEM or DER.
    #[error("the certificate cannot be read: X.509 in PEM or DER is needed")]
    Form,
    /// The public key is not an SM2 key.
    #[error("the certificate's key is not an SM2 key")]
    NotSm2,
}

/// A certificate whose key is an SM2 key. Two are equal when their bytes are.
#[derive(Clone, Debug)]
pub struct Certificate {
    der: Vec<u8>,
    serial: Vec<u8>,
    subject: String,
    key: VerifyingKey,
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
        let parts = read(der).ok_or(CertificateError::Form)?;
        if parts.key_oid != OID_EC_PUBLIC_KEY || parts.curve_oid != OID_SM2 {
            return Err(CertificateError::NotSm2);
        }
        let key =
            VerifyingKey::from_sec1_bytes(DIST_ID, parts.point).map_err(|_| CertificateError::NotSm2)?;
        Ok(Self { der: der.to_vec(), serial: parts.serial, subject: parts.subject, key })
    }

    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        let inside = pem.split_once(PEM_BEGIN).and_then(|(_, rest)| rest.split_once(PEM_END));
        let (inside, _) = inside.ok_or(CertificateError::Form)?;
        let compact: String = inside.split_ascii_whitespace().collect();
        let der = BASE64.decode(compact).map_err(|_| CertificateError::Form)?;
        Self::from_der(&der)
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

    /// Whether `hex` is the serial number, in either case and with or without leading zeros.
    #[must_use]
    pub fn has_serial(&self, hex: &str) -> bool {
        let own = self.serial_hex();
        hex.trim_start_matches('0').eq_ignore_ascii_case(own.trim_start_matches('0'))
    }

    /// Whether `signature` (raw `r||s`) is this key's over `message` (SM2 with SM3, default user id).
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.key.verify(message, &signature).is_ok())
    }
}

const PEM_BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const PEM_END: &str = "-----END CERTIFICATE-----";

struct CertificateParts<'a> {
    serial: Vec<u8>,
    subject: String,
    key_oid: &'a [u8],
    curve_oid: &'a [u8],
    point: &'a [u8],
}

fn read(der: &[u8]) -> Option<CertificateParts<'_>> {
    let mut whole = Reader(der);
    let mut certificate = Reader(whole.expect(tag::SEQUENCE)?);
    if !whole.0.is_empty() {
        return None;
    }
    let mut tbs = Reader(certificate.expect(tag::SEQUENCE)?);
    tbs.skip_if(tag::VERSION);
    let serial: Vec<u8> = tbs.expect(tag::INTEGER)?.to_vec();
    tbs.expect(tag::SEQUENCE)?; // signature algorithm
    tbs.expect(tag::SEQUENCE)?; // issuer
    tbs.expect(tag::SEQUENCE)?; // validity
    let subject = common_name(tbs.expect(tag::SEQUENCE)?).unwrap_or_default();
    let mut key_info = Reader(tbs.expect(tag::SEQUENCE)?);
    let mut algorithm = Reader(key_info.expect(tag::SEQUENCE)?);
    let key_oid = algorithm.expect(tag::OID)?;
    let curve_oid = algorithm.expect(tag::OID).unwrap_or_default();
    let (&unused, point) = key_info.expect(tag::BIT_STRING)?.split_first()?;
    let serial = strip_sign_byte(serial);
    (unused == 0).then_some(CertificateParts { serial, subject, key_oid, curve_oid, point })
}

/// A leading zero that only keeps the integer positive is not part of the serial number.
fn strip_sign_byte(serial: Vec<u8>) -> Vec<u8> {
    match serial.split_first() {
        Some((0, rest)) if !rest.is_empty() => rest.to_vec(),
        _ => serial,
    }
}

fn common_name(name: &[u8]) -> Option<String> {
    let mut sets = Reader(name);
    while let Some(set) = sets.expect(tag::SET) {
        let mut pair = Reader(Reader(set).expect(tag::SEQUENCE)?);
        if pair.expect(tag::OID)? == OID_COMMON_NAME {
            return pair.next().map(|(_, text, _)| String::from_utf8_lossy(text).into_owned());
        }
    }
    None
}

/// What a self-signed certificate says.
pub(crate) struct Statement<'a> {
    pub serial: &'a [u8],
    pub common_name: &'a str,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// Uncompressed point, 65 bytes.
    pub point: &'a [u8],
}

/// The part of a certificate that is signed.
pub(crate) fn to_be_signed(statement: &Statement<'_>) -> Vec<u8> {
    let name = sequence(&[
        &name_part(&OID_COUNTRY, tag::PRINTABLE_STRING, "CN"),
        &name_part(&OID_COMMON_NAME, tag::UTF8_STRING, statement.common_name),
    ]);
    let validity = sequence(&[&time(statement.not_before), &time(statement.not_after)]);
    let key_algorithm = sequence(&[&element(tag::OID, &OID_EC_PUBLIC_KEY), &element(tag::OID, &OID_SM2)]);
    // digitalSignature and nonRepudiation, critical.
    let key_usage = sequence(&[
        &element(tag::OID, &OID_KEY_USAGE),
        &element(tag::BOOLEAN, &[0xFF]),
        &element(tag::OCTET_STRING, &element(tag::BIT_STRING, &[6, 0xC0])),
    ]);
    sequence(&[
        &element(tag::VERSION, &element(tag::INTEGER, &[2])),
        &unsigned(statement.serial),
        &signature_algorithm(),
        &name,
        &validity,
        &name,
        &sequence(&[&key_algorithm, &bit_string(statement.point)]),
        &element(tag::EXTENSIONS, &sequence(&[&key_usage])),
    ])
}

/// The certificate from its signed part and the raw `r||s` over it.
pub(crate) fn assemble(to_be_signed: &[u8], signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let signature = sequence(&[&unsigned(r), &unsigned(s)]);
    sequence(&[to_be_signed, &signature_algorithm(), &bit_string(&signature)])
}

fn signature_algorithm() -> Vec<u8> {
    sequence(&[&element(tag::OID, &OID_SM2_WITH_SM3)])
}

fn name_part(oid: &[u8], string_tag: u8, text: &str) -> Vec<u8> {
    let pair = sequence(&[&element(tag::OID, oid), &element(string_tag, text.as_bytes())]);
    element(tag::SET, &pair)
}

/// RFC 5280: two-digit years until 2049, four-digit years after.
fn time(at: Timestamp) -> Vec<u8> {
    let utc = at.to_zoned(TimeZone::UTC).datetime();
    if (1950..2050).contains(&utc.year()) {
        element(tag::UTC_TIME, utc.strftime("%y%m%d%H%M%SZ").to_string().as_bytes())
    } else {
        element(tag::GENERALIZED_TIME, utc.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
    }
}
