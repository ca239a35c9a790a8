//! Any byte of what is signed, changed, is noticed: in the document, in what the signature says of it, in its value.

use pickup_customs::SoftwareKey;
use pickup_customs::dsig::{Profile, sign, verify_any};

use crate::sample;

fn every_byte_counts(file: &str, profile: &Profile) {
    let message = sample::message(sample::waybill_status()).write().unwrap();
    let key = SoftwareKey::from_pem(&sample::data(file)).unwrap();
    let signed = sign(&message, &key, profile).unwrap();
    assert!(verify_any(signed.as_bytes()).is_ok());
    let start = signed.find("<ceb:CEB513Message").unwrap();
    let end = signed.find("</ds:SignatureValue>").unwrap();
    for at in start..end {
        for change in [0x01, 0x20, 0x80] {
            let mut bytes = signed.clone().into_bytes();
            bytes[at] ^= change;
            assert!(
                verify_any(&bytes).is_err(),
                "{profile}: byte {at} ^ {change:#x}: {}",
                &signed[start..at]
            );
        }
    }
}

#[test]
fn every_byte_of_an_sm2_signed_document_counts() {
    every_byte_counts("sm2.pem", &Profile::SM2_2022);
    every_byte_counts("sm2.pem", &Profile::SM2_SHA1);
}

#[test]
fn every_byte_of_an_rsa_signed_document_counts() {
    every_byte_counts("rsa.pem", &Profile::RSA_SHA1);
}
