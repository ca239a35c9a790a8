//! The signature profiles: each signs and verifies, has a frozen vector, and convinces another program.

use std::path::Path;

use pickup_customs::dsig::{
    Profile, ProfileError, SignError, VerifyError, prepare, sign, verify, verify_any,
};
use pickup_customs::{KeyKind, Signer, SoftwareKey, Unsigned};

use crate::outside_tools::{note, run, scratch};
use crate::{golden, sample};

fn key(profile: &Profile) -> SoftwareKey {
    let file = if profile.signature == KeyKind::Rsa { "rsa.pem" } else { "sm2.pem" };
    SoftwareKey::from_pem(&sample::data(file)).unwrap()
}

fn unsigned() -> Unsigned {
    sample::message(sample::cancel()).write().unwrap()
}

#[test]
fn every_profile_has_a_frozen_vector_that_verifies() {
    for profile in Profile::ALL {
        let signed = sign(&unsigned(), &key(&profile), &profile).unwrap();
        golden::check(&format!("ceb623-{profile}.xml"), &signed);
        let verified = verify(signed.as_bytes(), std::slice::from_ref(&profile)).unwrap();
        assert_eq!(
            (verified.profile.as_str(), &verified.certificate),
            (&*profile.name, key(&profile).certificate())
        );
        assert_eq!(verify_any(signed.as_bytes()), Ok(verified));
        for other in Profile::ALL.into_iter().filter(|other| *other != profile) {
            let refused = verify(signed.as_bytes(), &[other]).unwrap_err();
            assert!(matches!(refused, VerifyError::Algorithms { .. }), "{refused}");
        }
    }
}

#[test]
fn profiles_are_chosen_by_name() {
    for (name, profile) in
        [("sm2-2022", Profile::SM2_2022), ("sm2-sha1", Profile::SM2_SHA1), ("rsa-sha1", Profile::RSA_SHA1)]
    {
        assert_eq!(name.parse::<Profile>().as_ref(), Ok(&profile));
        assert_eq!(profile.to_string(), name);
    }
    assert_eq!("sm9".parse::<Profile>(), Err(ProfileError("sm9".to_owned())));
}

#[test]
fn algorithms_mixed_by_a_port_are_understood_by_their_names() {
    let mut mixed = Profile::SM2_2022;
    mixed.name = "port".into();
    mixed.c14n_uri = format!("{}#WithComments", mixed.c14n_uri).into();
    mixed.c14n_comments = true;
    let signed = sign(&unsigned(), &key(&mixed), &mixed).unwrap();
    assert_eq!(verify_any(signed.as_bytes()).unwrap().profile, "mixed");
    assert_eq!(verify(signed.as_bytes(), &[Profile::SM2_2022, mixed]).unwrap().profile, "port");

    let mut strange = Profile::SM2_2022;
    strange.digest_uri = "urn:none".into();
    let signed = sign(&unsigned(), &key(&strange), &strange).unwrap();
    assert!(matches!(verify_any(signed.as_bytes()), Err(VerifyError::Algorithms { .. })));
}

#[test]
fn a_key_of_the_other_kind_does_not_sign_for_a_profile() {
    let error = sign(&unsigned(), &key(&Profile::RSA_SHA1), &Profile::SM2_2022).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the profile sm2-2022 signs with an Sm2 key, but the certificate is for an Rsa key"
    );
    assert!(sign(&unsigned(), &key(&Profile::SM2_2022), &Profile::RSA_SHA1).is_err());
}

#[test]
fn what_is_prepared_here_and_signed_elsewhere_is_what_is_signed_at_once() {
    for profile in Profile::ALL {
        let key = key(&profile);
        let unsigned = unsigned();
        let prepared = prepare(&unsigned, &profile, key.certificate());
        let signature = key.sign(prepared.to_sign()).unwrap();
        let at_once = sign(&unsigned, &key, &profile).unwrap();
        assert_eq!(prepared.clone().finish(&signature).unwrap(), at_once);
        assert_eq!(prepared.clone().finish_checked(&signature).unwrap(), at_once);

        let mut wrong = signature.clone();
        wrong[5] ^= 1;
        let refused = prepared.clone().finish_checked(&wrong).unwrap_err();
        assert!(matches!(refused, SignError::OtherKey { .. }), "{refused}");
        let short = prepared.finish(&signature[1..]).unwrap_err();
        assert!(matches!(short, SignError::SignatureLength { .. }), "{short}");
    }
}

#[test]
fn digest_and_signature_of_every_profile_convince_another_program() {
    for profile in Profile::ALL {
        let (document, digest) =
            ("vector-unsigned.xml", if profile.digest_uri.ends_with("sm3") { "-sm3" } else { "-sha1" });
        let signed = sign(&unsigned(), &key(&profile), &profile).unwrap();
        let file = scratch(document);
        std::fs::write(&file, unsigned().to_xml()).unwrap();
        let Some(canonical) = run("xmllint", &["--c14n", &file.to_string_lossy()]) else { return };
        let canonical_file = scratch("vector-canonical");
        std::fs::write(&canonical_file, canonical.stdout).unwrap();
        let args = ["dgst", digest, "-binary", &canonical_file.to_string_lossy()];
        let Some(computed) = run("openssl", &args) else { return };
        assert_eq!(
            base64(&computed.stdout),
            between(&signed, "<ds:DigestValue>", "</ds:DigestValue>"),
            "{profile}"
        );

        let signed_file = scratch("vector-signed.xml");
        std::fs::write(&signed_file, &signed).unwrap();
        let canonical = run("xmllint", &["--c14n", &signed_file.to_string_lossy()]).unwrap();
        let info = String::from_utf8(canonical.stdout).unwrap();
        let info = format!(
            "<ds:SignedInfo xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\" \
             xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">{}\
             </ds:SignedInfo>",
            between(&info, "<ds:SignedInfo>", "</ds:SignedInfo>")
        );
        let value = between(&signed, "<ds:SignatureValue>", "</ds:SignatureValue>");
        assert_openssl_accepts(&profile, info.as_bytes(), &unbase64(value));
    }
}

fn assert_openssl_accepts(profile: &Profile, info: &[u8], signature: &[u8]) {
    let [certificate, public, info_file, value] =
        ["vector.pem", "vector-public.pem", "vector-info", "vector-value"].map(scratch);
    std::fs::write(&certificate, key(profile).certificate().to_pem()).unwrap();
    std::fs::write(&info_file, info).unwrap();
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let shown = run("openssl", &["x509", "-in", &text(&certificate), "-noout", "-pubkey"]).unwrap();
    if !shown.status.success() {
        return note("not checked with openssl: it does not know the key");
    }
    std::fs::write(&public, shown.stdout).unwrap();
    let rsa = profile.signature == KeyKind::Rsa;
    let signature = if rsa { signature.to_vec() } else { crate::outside_tools::der(signature) };
    std::fs::write(&value, signature).unwrap();
    let (public, value, info_file) = (text(&public), text(&value), text(&info_file));
    let kind: &[&str] = if rsa { &["-sha1"] } else { &["-sm3", "-sigopt", "distid:1234567812345678"] };
    let rest = ["-verify", &public, "-signature", &value, &info_file];
    let output = run("openssl", &[&["dgst"], kind, &rest].concat()).unwrap();
    assert!(output.status.success(), "{profile}: {}", String::from_utf8_lossy(&output.stdout));
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).unwrap().1.split_once(to).unwrap().0
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn unbase64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}
