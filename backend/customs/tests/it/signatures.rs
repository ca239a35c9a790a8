//! Signatures: what holds, and what is said about each way they do not.

use pickup_customs::dsig::{Profile, VerifyError, sign, verify};
use pickup_customs::{Certificate, KeyError, Signer, SoftwareKey};

use crate::sample;

const ACCEPTED: [Profile; 2] = [Profile::CEB_202205, Profile::SM2_SHA1];

fn signed(profile: &Profile) -> String {
    let [_, _, inventory] = sample::messages();
    sign(&inventory, &sample::key(), profile).unwrap()
}

fn failure(xml: &str) -> VerifyError {
    verify(xml.as_bytes(), &ACCEPTED).unwrap_err()
}

#[test]
fn what_was_signed_verifies_under_each_profile() {
    for profile in &ACCEPTED {
        let verified = verify(signed(profile).as_bytes(), &ACCEPTED).unwrap();
        assert_eq!(verified.profile, profile.name);
        assert_eq!(&verified.certificate, sample::key().certificate());
        assert_eq!(verified.certificate.subject(), "云杉报关演示");
    }
}

#[test]
fn every_changed_character_of_the_business_data_is_noticed() {
    let xml = signed(&Profile::CEB_202205);
    let body = xml.find("<ceb:Inventory>").unwrap()..xml.find("<ds:Signature").unwrap();
    let in_text = |at: usize| xml[..at].rfind('>') > xml[..at].rfind('<');
    let is_digit = |at: usize| xml.as_bytes()[at].is_ascii_digit();
    let digits: Vec<usize> = body.filter(|&at| is_digit(at) && in_text(at)).step_by(5).collect();
    assert!(digits.len() > 50);
    for at in digits {
        let mut changed = xml.clone().into_bytes();
        changed[at] = if changed[at] == b'9' { b'8' } else { changed[at] + 1 };
        let error = verify(&changed, &ACCEPTED).unwrap_err();
        assert!(matches!(error, VerifyError::Digest { .. }), "{at}: {error}");
    }
}

#[test]
fn white_space_added_after_signing_is_noticed() {
    let pretty = signed(&Profile::CEB_202205).replace("<ceb:InventoryHead>", "\n<ceb:InventoryHead>");
    assert!(matches!(failure(&pretty), VerifyError::Digest { .. }));
}

#[test]
fn another_xml_spelling_of_the_same_document_still_verifies() {
    let xml = signed(&Profile::CEB_202205)
        .replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<?xml version='1.0'?>\n<!-- sent by -->\n")
        .replace(" version=\"1.0\">", " version = '1.0' >")
        .replace("&gt;", "&#62;");
    assert!(verify(xml.as_bytes(), &ACCEPTED).is_ok());
}

#[test]
fn a_changed_digest_is_caught_by_the_signature_value() {
    let [_, _, inventory] = sample::messages();
    let mut other = sample::filing();
    other.order_no.push('X');
    let other = sample::message(other.inventory().unwrap()).write().unwrap();
    let key = sample::key();
    let first = sign(&inventory, &key, &Profile::CEB_202205).unwrap();
    let second = sign(&other, &key, &Profile::CEB_202205).unwrap();
    let digest = |xml: &str| {
        let (_, rest) = xml.split_once("<ds:DigestValue>").unwrap();
        rest.split_once("</ds:DigestValue>").unwrap().0.to_owned()
    };
    let forged = second.replace(&digest(&second), &digest(&first));
    assert!(matches!(failure(&forged), VerifyError::Digest { .. }));
    let swapped = first.replace(&value(&first), &value(&second));
    assert_eq!(failure(&swapped), VerifyError::Signature);
}

fn value(xml: &str) -> String {
    let (_, rest) = xml.split_once("<ds:SignatureValue>").unwrap();
    rest.split_once("</ds:SignatureValue>").unwrap().0.to_owned()
}

#[test]
fn each_damage_to_the_signature_has_a_name_of_its_own() {
    let xml = signed(&Profile::CEB_202205);
    let [_, _, unsigned] = sample::messages();
    assert_eq!(failure(&unsigned.to_xml()), VerifyError::Missing);

    let twice = xml.replace("</ceb:CEB621Message>", &format!("{}</ceb:CEB621Message>", signature_of(&xml)));
    assert_eq!(failure(&twice), VerifyError::Placement);

    let moved = xml
        .replace(&signature_of(&xml), "")
        .replace("<ceb:BaseTransfer>", &format!("{}<ceb:BaseTransfer>", signature_of(&xml)));
    assert_eq!(failure(&moved), VerifyError::Placement);

    assert!(matches!(failure(&xml.replace("URI=\"\"", "URI=\"#x\"")), VerifyError::Structure(_)));
    assert!(matches!(failure(&xml.replace("#sm2-sm3", "#rsa-sha1")), VerifyError::Algorithms { .. }));
    let serial = sample::key().certificate().serial_hex();
    let renamed = xml.replace(&format!("<ds:KeyName>{serial}"), "<ds:KeyName>0001");
    assert!(matches!(failure(&renamed), VerifyError::KeyName { .. }));
    assert!(matches!(failure("<!DOCTYPE x><x/>"), VerifyError::Read(_)));
    assert!(matches!(failure("not xml"), VerifyError::Read(_)));
}

fn signature_of(xml: &str) -> String {
    let from = xml.find("<ds:Signature ").unwrap();
    let end = "</ds:Signature>";
    xml[from..xml.find(end).unwrap() + end.len()].to_owned()
}

#[test]
fn no_prefix_of_a_message_panics_or_verifies() {
    let xml = signed(&Profile::CEB_202205);
    for end in (0..xml.len()).step_by(13) {
        assert!(verify(&xml.as_bytes()[..end], &ACCEPTED).is_err());
    }
}

#[test]
fn a_software_key_reads_back_from_pem_and_signs_the_same() {
    let key = sample::key();
    let again = SoftwareKey::from_pem(&key.to_pem().unwrap()).unwrap();
    assert_eq!(again.certificate(), key.certificate());
    assert_eq!(again.sign(b"x").unwrap(), key.sign(b"x").unwrap());
    assert_eq!(Certificate::from_pem(&key.certificate().to_pem()).as_ref(), Ok(key.certificate()));
}

#[test]
fn keys_of_different_seeds_do_not_pass_for_each_other() {
    let other = SoftwareKey::from_seed(&[8; 32], "云杉报关演示", sample::at(), sample::at()).unwrap();
    let key = sample::key();
    assert_ne!(other.certificate().serial_hex(), key.certificate().serial_hex());
    assert!(!key.certificate().verifies(b"x", &other.sign(b"x").unwrap()));
    let pem = key.to_pem().unwrap();
    let mixed = pem.replace(&key.certificate().to_pem(), &other.certificate().to_pem());
    assert_eq!(SoftwareKey::from_pem(&mixed).unwrap_err(), KeyError::Pair);
    assert_eq!(SoftwareKey::from_pem("nothing").unwrap_err(), KeyError::PrivateKey);
}

#[test]
fn a_certificate_damaged_anywhere_is_refused_or_no_longer_equal() {
    let key = sample::key();
    let der = key.certificate().der();
    for at in 0..der.len() {
        let mut damaged = der.to_vec();
        damaged[at] ^= 0x55;
        assert!(Certificate::from_der(&damaged).as_ref() != Ok(key.certificate()), "{at}");
        assert!(Certificate::from_der(&der[..at]).is_err(), "{at}");
    }
}
