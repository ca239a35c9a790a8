//! Certificates: what they say, when they end, and where they lead. The files in `tests/data` were made by openssl.

use jiff::{Span, Timestamp};
use pickup_customs::{Certificate, ChainError, Expiry, KeyError, KeyKind, Signer, SoftwareKey, check_chain};

use crate::sample::{self, data};

fn authorities() -> (Certificate, Certificate) {
    let all = Certificate::all_from_pem(&data("sm2-authorities.pem")).unwrap();
    let [between, root] = all.try_into().unwrap();
    (between, root)
}

/// A moment at which every certificate of `tests/data` is valid.
fn at() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

#[test]
fn a_certificate_of_either_kind_says_whose_it_is() {
    for (file, kind, serial) in [("sm2.pem", KeyKind::Sm2, "4003"), ("rsa.pem", KeyKind::Rsa, "5002")] {
        let certificate = Certificate::from_pem(&data(file)).unwrap();
        assert_eq!((certificate.key_kind(), certificate.serial_hex().as_str()), (kind, serial));
        assert_eq!(certificate.subject(), "云杉报关演示");
        assert!(certificate.has_serial("00004003") == (kind == KeyKind::Sm2));
        assert!(certificate.valid_at(at()));
        assert_eq!(Certificate::from_pem(&certificate.to_pem()).as_ref(), Ok(&certificate));
    }
}

#[test]
fn a_chain_leads_to_its_root_and_to_no_other() {
    let (between, root) = authorities();
    let own = Certificate::from_pem(&data("sm2.pem")).unwrap();
    let trust = |between: &[Certificate], roots: &[Certificate]| check_chain(&own, between, roots, at());
    assert_eq!(trust(std::slice::from_ref(&between), std::slice::from_ref(&root)), Ok(()));
    assert_eq!(trust(&[], std::slice::from_ref(&between)), Ok(()), "what is trusted need not lead further");
    assert_eq!(trust(&[], std::slice::from_ref(&own)), Ok(()), "nor must the signer's own");
    let serial = || "4003".to_owned();
    assert_eq!(trust(&[], std::slice::from_ref(&root)), Err(ChainError::UnknownIssuer { serial: serial() }));
    assert_eq!(trust(&[], &[]), Err(ChainError::UnknownIssuer { serial: serial() }));

    let impostor = Certificate::from_pem(&data("sm2-impostor.pem")).unwrap();
    assert_eq!(
        trust(&[], std::slice::from_ref(&impostor)),
        Err(ChainError::Signature { serial: serial() }),
        "the name alone makes no issuer"
    );
    assert_eq!(trust(&[impostor, between], &[root]), Ok(()), "a namesake does not hide the issuer");
}

#[test]
fn a_chain_of_rsa_holds_whether_signed_with_sha1_or_sha256() {
    let root = Certificate::from_pem(&data("rsa-root.pem")).unwrap();
    let own = Certificate::from_pem(&data("rsa.pem")).unwrap();
    assert_eq!(check_chain(&own, &[], std::slice::from_ref(&root), at()), Ok(()));
    assert!(root.issued(&root), "the root signed itself with SHA-256");
    assert!(!own.issued(&root));
}

#[test]
fn a_holder_that_is_no_authority_issues_nothing() {
    let own = sample::key().certificate().clone();
    assert!(own.issued(&own));
    let (_, root) = authorities();
    let error = check_chain(&own, std::slice::from_ref(&own), &[root], sample::at()).unwrap_err();
    assert_eq!(error, ChainError::UnknownIssuer { serial: own.serial_hex() });
}

#[test]
fn every_link_of_a_chain_must_be_valid_at_the_time() {
    let (between, root) = authorities();
    let own = Certificate::from_pem(&data("sm2.pem")).unwrap();
    let (between, root) = ([between], [root]);
    for at in ["2020-01-01T00:00:00Z", "2060-01-01T00:00:00Z"] {
        let error = check_chain(&own, &between, &root, at.parse().unwrap()).unwrap_err();
        assert!(matches!(error, ChainError::NotValid { .. }), "{error}");
    }
    // The authorities outlive the signer; a signer that outlived them would fail by theirs.
    let (_, until) = own.validity();
    assert!(between[0].valid_at(until) && !own.valid_at(until.checked_add(Span::new().seconds(1)).unwrap()));
}

#[test]
fn any_damage_to_a_certificate_breaks_its_chain() {
    let (between, root) = authorities();
    let (between, root) = ([between], [root]);
    let der = Certificate::from_pem(&data("sm2.pem")).unwrap().der().to_vec();
    for at_byte in 0..der.len() {
        let mut damaged = der.clone();
        damaged[at_byte] ^= 0x01;
        if let Ok(certificate) = Certificate::from_der(&damaged) {
            let chain = check_chain(&certificate, &between, &root, at());
            assert!(chain.is_err(), "byte {at_byte}");
        }
    }
}

#[test]
fn renewal_grows_urgent_in_steps() {
    let end: Timestamp = "2027-03-01T00:00:00Z".parse().unwrap();
    let key = SoftwareKey::from_seed(&[1; 32], "云杉报关演示", sample::at(), end).unwrap();
    let level = |before_end: Span| key.certificate().expires_within(end.checked_sub(before_end).unwrap());
    let hours = |hours: i64| Span::new().hours(hours);
    assert_eq!(level(hours(60 * 24 + 1)), None);
    assert_eq!(level(hours(60 * 24)), Some(Expiry::Within60Days));
    assert_eq!(level(hours(30 * 24 + 1)), Some(Expiry::Within60Days));
    assert_eq!(level(hours(30 * 24)), Some(Expiry::Within30Days));
    assert_eq!(level(hours(7 * 24)), Some(Expiry::Within7Days));
    assert_eq!(level(hours(0)), Some(Expiry::Within7Days), "the last moment is still valid");
    assert_eq!(level(hours(-1)), Some(Expiry::Expired));
    assert!(Expiry::Within60Days < Expiry::Within7Days && Expiry::Within7Days < Expiry::Expired);
}

#[test]
fn encrypted_keys_open_with_their_password_and_with_no_other() {
    for (plain, sealed) in [("sm2.pem", "sm2-encrypted.pem"), ("rsa.pem", "rsa-encrypted.pem")] {
        let opened = SoftwareKey::from_encrypted_pem(&data(sealed), b"yunshan").unwrap();
        let same = SoftwareKey::from_pem(&data(plain)).unwrap();
        assert_eq!(opened.sign(b"x").unwrap(), same.sign(b"x").unwrap());
        assert_eq!(opened.certificate(), same.certificate());
        assert_eq!(
            SoftwareKey::from_encrypted_pem(&data(sealed), b"another").unwrap_err(),
            KeyError::Password
        );
        assert_eq!(SoftwareKey::from_pem(&data(sealed)).unwrap_err(), KeyError::Encrypted);
        assert_eq!(
            SoftwareKey::from_encrypted_pem(&data(plain), b"x").unwrap_err(),
            KeyError::PrivateKey,
            "what is not encrypted is not opened with a password"
        );
        assert_eq!(SoftwareKey::from_pem(&same.to_pem().unwrap()).unwrap().certificate(), same.certificate());
    }
}
