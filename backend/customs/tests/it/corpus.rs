//! The corpora of the fuzzing targets, replayed as they are and changed some thousand times, through the same functions.

use std::path::{Path, PathBuf};

use fastrand::Rng;
use pickup_customs::{DxpMsg, DxpMsgSv, Receipt, Signer as _, write_receipts};

use crate::targets::{TARGETS, mutate};
use crate::{envelopes, receipts, sample};

/// Changed variants of each target's files in an ordinary test run.
const VARIANTS: u64 = 3_000;

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target)
}

/// The first files of the corpora; `UPDATE_GOLDEN=1` writes them anew. What fuzzing finds is added beside them.
fn seeds() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for receipt in receipts::one_of_each() {
        let count = if matches!(receipt, Receipt::Message(_)) { 1 } else { 2 };
        let xml = write_receipts(sample::guid(6).as_str(), &vec![receipt.clone(); count]).unwrap();
        seeds.push(("receipts", format!("{}.xml", receipt.message_type()), xml.into_bytes()));
    }
    let documents = [
        sample::message(sample::filing().order().unwrap()).write(),
        sample::message(sample::filing().inventory().unwrap()).write(),
        sample::message(sample::payment()).write(),
        sample::message(sample::refund()).write(),
    ];
    for document in documents.map(Result::unwrap) {
        let name = format!("{}.xml", document.message_type());
        seeds.push(("receipts", name, document.to_xml().into_bytes()));
    }
    let (message, served): (DxpMsg, DxpMsgSv) = (envelopes::message(), envelopes::served());
    seeds.push(("dxp", "DxpMsg.xml".to_owned(), message.to_xml().unwrap().into_bytes()));
    seeds.push(("dxp", "DxpMsgSv.xml".to_owned(), served.to_xml().unwrap().into_bytes()));
    for profile in ["sm2-2022", "sm2-sha1", "rsa-sha1"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/ceb623-{profile}.xml"));
        seeds.push(("signature", format!("{profile}.xml"), std::fs::read(path).unwrap()));
    }
    for file in ["sm2.pem", "rsa.pem"] {
        let key = pickup_customs::SoftwareKey::from_pem(&sample::data(file)).unwrap();
        seeds.push(("signature", file.replace("pem", "der"), key.certificate().der().to_vec()));
    }
    seeds
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(folder(target)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

#[test]
fn the_corpora_begin_with_one_file_of_each_kind() {
    for (target, name, bytes) in seeds() {
        let path = folder(target).join(&name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::create_dir_all(folder(target)).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        assert!(std::fs::read(&path).is_ok_and(|kept| kept == bytes), "{}", path.display());
    }
}

#[test]
fn no_file_of_the_corpora_and_no_variant_of_one_breaks_a_target() {
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "{name}");
        corpus.iter().for_each(|bytes| target(bytes));
        for seed in 0..VARIANTS {
            let mut rng = Rng::with_seed(seed);
            let mut bytes = rng.choice(&corpus).unwrap().clone();
            mutate(&mut rng, &mut bytes, &corpus);
            if std::panic::catch_unwind(|| target(&bytes)).is_err() {
                panic!("{name}, seed {seed}: {}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}
