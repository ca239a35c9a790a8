//! The same bytes judged by other programs, where they are installed: xmllint and the official schema, openssl.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pickup_customs::dsig::{Profile, sign};
use pickup_customs::{Guid, Receipt, Signer as _, write_receipts};

use crate::{receipts, sample};

pub fn run(program: &str, args: &[&str]) -> Option<Output> {
    match Command::new(program).args(args).output() {
        Ok(output) => Some(output),
        Err(error) => {
            note(&format!("not checked with {program}: {error}"));
            None
        }
    }
}

/// A line that is seen without `--nocapture` too.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

pub fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("customs");
    std::fs::create_dir_all(&dir).unwrap();
    dir.join(name)
}

pub fn official(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/customs").join(path);
    if !path.exists() {
        note(&format!("not checked against the official files: {} is not there", path.display()));
        return None;
    }
    Some(path)
}

pub fn validate(schema: &Path, name: &str, xml: &str) {
    let file = scratch(name);
    std::fs::write(&file, xml).unwrap();
    let (schema, file) = (schema.to_string_lossy(), file.to_string_lossy());
    if let Some(output) = run("xmllint", &["--noout", "--nonet", "--schema", &schema, &file]) {
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn written_messages_are_valid_by_the_official_schema() {
    let Some(schema) = official("xsd/ceb-import-202205.xsd") else { return };
    for unsigned in sample::messages() {
        let xml = sign(&unsigned, &sample::key(), &Profile::CEB_202205).unwrap();
        validate(&schema, unsigned.message_type(), &xml);
    }
    for receipt in receipts::one_of_each() {
        let count = if matches!(receipt, Receipt::Message(_)) { 1 } else { 2 };
        let xml = write_receipts(Guid::from_bytes([1; 16]).as_str(), &vec![receipt.clone(); count]);
        validate(&schema, receipt.message_type(), &xml.unwrap());
    }
}

#[test]
fn official_sample_receipts_can_be_read() {
    let samples =
        [("CEB312Message", 10), ("CEB412Message", 10), ("CEB512Message", 10), ("CEB622Message", 10)];
    for (name, count) in samples {
        let Some(path) = official(&format!("samples/{name}.xml")) else { return };
        let batch = pickup_customs::read_receipts(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!((batch.receipts.len(), batch.unreadable.len()), (count, 0), "{name}");
        assert!(batch.receipts.iter().all(|receipt: &Receipt| receipt.message_type() == name));
    }
}

#[test]
fn written_messages_are_canonical_by_another_canonicaliser() {
    for unsigned in sample::messages() {
        let file = scratch(&format!("{}-plain.xml", unsigned.message_type()));
        std::fs::write(&file, unsigned.to_xml()).unwrap();
        let Some(output) = run("xmllint", &["--c14n", &file.to_string_lossy()]) else { return };
        assert_eq!(String::from_utf8(output.stdout).unwrap(), unsigned.canonical());
    }
}

#[test]
fn another_implementation_of_sm2_accepts_certificate_and_signature() {
    let key = sample::key();
    let certificate = scratch("certificate.pem");
    std::fs::write(&certificate, key.certificate().to_pem()).unwrap();
    let certificate = certificate.to_string_lossy();
    let algorithms = run("openssl", &["list", "-public-key-algorithms"]);
    if !algorithms.is_some_and(|output| String::from_utf8_lossy(&output.stdout).contains("SM2")) {
        note("not checked with openssl: it has no SM2");
        return;
    }
    let public = run("openssl", &["x509", "-in", &certificate, "-noout", "-pubkey"]).unwrap();
    let public_file = scratch("public.pem");
    std::fs::write(&public_file, public.stdout).unwrap();

    let (signed_part, own_signature) = (scratch("to-be-signed"), scratch("own-signature"));
    cut_out(&certificate, "4", &signed_part);
    cut_out(&certificate, &offset_of_last_element(&certificate), &own_signature);
    assert_openssl_accepts(&public_file, &signed_part, &own_signature);

    let (message, signature) = (scratch("message"), scratch("signature"));
    std::fs::write(&message, "<ds:SignedInfo/>").unwrap();
    std::fs::write(&signature, der(&key.sign(b"<ds:SignedInfo/>").unwrap())).unwrap();
    assert_openssl_accepts(&public_file, &message, &signature);
}

fn assert_openssl_accepts(public: &Path, message: &Path, signature: &Path) {
    let [public, message, signature] = [public, message, signature].map(Path::to_string_lossy);
    let fixed = ["dgst", "-sm3", "-sigopt", "distid:1234567812345678", "-verify", &public];
    let output = run("openssl", &[fixed.as_slice(), &["-signature", &signature, &message]].concat()).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Writes the element of a certificate that begins at `offset` to a file.
fn cut_out(certificate: &str, offset: &str, to: &Path) {
    let to = to.to_string_lossy();
    let args = ["asn1parse", "-in", certificate, "-strparse", offset, "-noout", "-out", &to];
    assert!(run("openssl", &args).unwrap().status.success());
}

fn offset_of_last_element(certificate: &str) -> String {
    let output = run("openssl", &["asn1parse", "-in", certificate]).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().last().unwrap().split(':').next().unwrap().trim().to_owned()
}

/// `r||s` as the DER sequence that openssl reads.
pub fn der(raw: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let mut content: Vec<u8> = bytes.iter().copied().skip_while(|&b| b == 0).collect();
        if content[0] >= 0x80 {
            content.insert(0, 0);
        }
        [&[2, content.len() as u8], content.as_slice()].concat()
    };
    let both = [integer(&raw[..32]), integer(&raw[32..])].concat();
    [&[0x30, both.len() as u8], both.as_slice()].concat()
}
