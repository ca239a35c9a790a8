//! Bytes damaged at random, and bytes made to hurt: nothing panics, and what still verifies still says the same.

use fastrand::Rng;
use pickup_customs::dsig::{Profile, sign, verify};
use pickup_customs::{AnyMessage, read_receipts};

use crate::sample;

const ACCEPTED: [Profile; 1] = [Profile::CEB_202205];

fn damage(rng: &mut Rng, bytes: &mut Vec<u8>) {
    let at = rng.usize(..bytes.len());
    match rng.u8(..4) {
        0 => bytes[at] ^= 1 << rng.u8(..7),
        1 => drop(bytes.remove(at)),
        2 => bytes.insert(at, *rng.choice(b"<>&\"'/ \n\tA0;=!-?]").unwrap()),
        _ => {
            let end = (at + rng.usize(1..40)).min(bytes.len());
            let piece = bytes[at..end].to_vec();
            let to = rng.usize(..bytes.len());
            bytes.splice(to..to, piece);
        }
    }
}

#[test]
fn what_still_verifies_after_damage_still_says_the_same() {
    let message = sample::message(sample::filing().inventory().unwrap());
    let signed = sign(&message.write().unwrap(), &sample::key(), &Profile::CEB_202205).unwrap();
    let mut survivors = 0;
    for seed in 0..4000 {
        let mut rng = Rng::with_seed(seed);
        let mut bytes = signed.clone().into_bytes();
        for _ in 0..rng.usize(1..4) {
            damage(&mut rng, &mut bytes);
        }
        let read = AnyMessage::read(&bytes);
        let _ = read_receipts(&bytes);
        if verify(&bytes, &ACCEPTED).is_ok() {
            survivors += 1;
            assert_eq!(read, Ok(AnyMessage::Inventory(message.clone())), "seed {seed}");
        }
    }
    assert!(survivors > 0, "white space inside tags is harmless and must sometimes be hit");
}

#[test]
fn nesting_without_end_is_refused_without_a_crash() {
    let deep = |open: &str, depth: usize| open.repeat(depth);
    for xml in [deep("<a>", 200_000), format!("{}{}", deep("<a>", 50_000), deep("</a>", 50_000))] {
        assert!(verify(xml.as_bytes(), &ACCEPTED).is_err());
        assert!(AnyMessage::read(xml.as_bytes()).is_err());
        assert!(read_receipts(xml.as_bytes()).is_err());
    }
    let entities = "<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;'>]><CEB622Message>&c;</CEB622Message>";
    assert!(read_receipts(entities.as_bytes()).is_err());
}
