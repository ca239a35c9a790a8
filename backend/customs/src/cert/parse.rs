//! Reads the parts of a certificate that are needed (RFC 5280).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{Certificate, CertificateError};
use crate::der::{Reader, tag};
use crate::public_key::PublicKey;

/// 2.5.4.3, common name.
pub(super) const OID_COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
/// 2.5.29.19, basic constraints.
const OID_BASIC_CONSTRAINTS: [u8; 3] = [0x55, 0x1D, 0x13];

pub(super) fn read(der: &[u8]) -> Result<Certificate, CertificateError> {
    let parts = Parts::read(der).ok_or(CertificateError::Form)?;
    let key = PublicKey::read(parts.key_info).ok_or(CertificateError::Key)?;
    Ok(Certificate {
        der: der.to_vec(),
        serial: strip_sign_byte(parts.serial).to_vec(),
        issuer: parts.issuer.to_vec(),
        subject_name: parts.subject.to_vec(),
        subject: common_name(parts.subject).unwrap_or_default(),
        not_before: parts.not_before,
        not_after: parts.not_after,
        authority: parts.authority,
        key,
        signed_part: parts.signed_part.to_vec(),
        algorithm: parts.algorithm.to_vec(),
        signature: parts.signature.to_vec(),
    })
}

struct Parts<'a> {
    serial: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
    not_before: Timestamp,
    not_after: Timestamp,
    key_info: &'a [u8],
    authority: bool,
    signed_part: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut whole = Reader(der);
        let mut certificate = Reader(whole.expect(tag::SEQUENCE)?);
        if !whole.0.is_empty() {
            return None;
        }
        let (found, tbs, signed_part) = certificate.next()?;
        let algorithm = Reader(certificate.expect(tag::SEQUENCE)?).expect(tag::OID)?;
        let signature = whole_bytes(certificate.expect(tag::BIT_STRING)?)?;
        if found != tag::SEQUENCE {
            return None;
        }
        let mut tbs = Reader(tbs);
        tbs.skip_if(tag::VERSION);
        let serial = tbs.expect(tag::INTEGER)?;
        // The algorithm stands inside and outside the signed part, and must be the same.
        if Reader(tbs.expect(tag::SEQUENCE)?).expect(tag::OID)? != algorithm {
            return None;
        }
        let issuer = tbs.expect(tag::SEQUENCE)?;
        let mut validity = Reader(tbs.expect(tag::SEQUENCE)?);
        let (not_before, not_after) = (time(&mut validity)?, time(&mut validity)?);
        let subject = tbs.expect(tag::SEQUENCE)?;
        let key_info = tbs.expect(tag::SEQUENCE)?;
        let authority = is_authority(tbs).unwrap_or(false);
        Some(Self {
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            key_info,
            authority,
            signed_part,
            algorithm,
            signature,
        })
    }
}

/// The content of a bit string of whole bytes.
pub(crate) fn whole_bytes(bits: &[u8]) -> Option<&[u8]> {
    bits.split_first().and_then(|(&unused, bytes)| (unused == 0).then_some(bytes))
}

/// A leading zero that only keeps the integer positive is not part of the serial number.
fn strip_sign_byte(serial: &[u8]) -> &[u8] {
    match serial.split_first() {
        Some((0, rest)) if !rest.is_empty() => rest,
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

/// Whether the extensions say that the holder may issue certificates.
fn is_authority(mut rest: Reader<'_>) -> Option<bool> {
    while let Some((found, content, _)) = rest.next() {
        if found != tag::EXTENSIONS {
            continue;
        }
        let mut extensions = Reader(Reader(content).expect(tag::SEQUENCE)?);
        while let Some(extension) = extensions.expect(tag::SEQUENCE) {
            let mut extension = Reader(extension);
            if extension.expect(tag::OID)? != OID_BASIC_CONSTRAINTS {
                continue;
            }
            extension.skip_if(tag::BOOLEAN);
            let mut value = Reader(extension.expect(tag::OCTET_STRING)?);
            let mut constraints = Reader(value.expect(tag::SEQUENCE)?);
            return Some(constraints.expect(tag::BOOLEAN) == Some(&[0xFF]));
        }
    }
    None
}

/// RFC 5280: two-digit years are 1950 to 2049; always UTC, always with seconds.
fn time(validity: &mut Reader<'_>) -> Option<Timestamp> {
    let (found, text, _) = validity.next()?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match (found, text.len()) {
        (tag::UTC_TIME, 12) => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i16 = year.parse().ok()?;
            (if year < 50 { year.checked_add(2000)? } else { year.checked_add(1900)? }, rest)
        }
        (tag::GENERALIZED_TIME, 14) => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let part = |from: usize| rest.get(from..from.checked_add(2)?)?.parse::<i8>().ok();
    let when = DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0).ok()?;
    Some(when.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
