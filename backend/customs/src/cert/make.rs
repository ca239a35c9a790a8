//! Makes self-signed SM2 certificates for software keys.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::parse::OID_COMMON_NAME;
use crate::der::{bit_string, element, sequence, tag, unsigned};
use crate::public_key::{OID_EC_PUBLIC_KEY, OID_SM2, OID_SM2_WITH_SM3};

/// 2.5.4.6, country.
const OID_COUNTRY: [u8; 3] = [0x55, 0x04, 0x06];
/// 2.5.29.15, key usage.
const OID_KEY_USAGE: [u8; 3] = [0x55, 0x1D, 0x0F];

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
