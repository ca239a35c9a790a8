//! The salted digest by which a kiosk recognises the buyer's identity card without holding the number.

use pickup_domain::IdNumber;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

const CONTEXT: &[u8] = b"BP-IDENTITY-1\0";

/// SHA-256 over a context, a random salt and the identity number, both in lower-case hex on the wire.
///
/// The salt is new for every pickup, so two digests of the same person cannot be linked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityDigest {
    /// 16 random bytes, hex.
    pub salt: String,
    /// 32 bytes, hex.
    pub digest: String,
}

impl IdentityDigest {
    /// The digest of `number` under `salt`.
    #[must_use]
    pub fn new(salt: [u8; 16], number: &IdNumber) -> Self {
        Self { salt: hex::encode(salt), digest: digest(&salt, number) }
    }

    /// Whether `number` is the one behind this digest.
    #[must_use]
    pub fn matches(&self, number: &IdNumber) -> bool {
        let Ok(salt) = hex::decode(&self.salt) else { return false };
        let found = digest(&salt, number);
        // Equal time for equal lengths: the card holder learns nothing from how long it takes.
        found.len() == self.digest.len()
            && found.bytes().zip(self.digest.bytes()).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
    }
}

fn digest(salt: &[u8], number: &IdNumber) -> String {
    let mut hash = Sha256::new();
    hash.update(CONTEXT);
    hash.update(salt);
    hash.update(number.expose().as_bytes());
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(first_17: &str) -> IdNumber {
        let check = pickup_domain::id_number::check_character(first_17).unwrap();
        format!("{first_17}{check}").parse().unwrap()
    }

    #[test]
    fn knows_its_person_and_nobody_else() {
        let digest = IdentityDigest::new([3; 16], &number("99010119900101001"));
        assert!(digest.matches(&number("99010119900101001")));
        assert!(!digest.matches(&number("99010119900101003")));
    }

    // If this fails, do not change the text: manifests with these digests are on kiosks.
    #[test]
    fn version_1_is_frozen() {
        let digest = IdentityDigest::new([0; 16], &number("99010119900101001"));
        assert_eq!(digest.salt, "00000000000000000000000000000000");
        assert_eq!(digest.digest, "15948e16ba0f407637f635b423f284df523210b921d215bc7a8576060b80b1d2");
    }

    #[test]
    fn a_damaged_digest_matches_nobody() {
        let person = number("99010119900101001");
        let good = IdentityDigest::new([3; 16], &person);
        for bad in [
            IdentityDigest { salt: "zz".into(), ..good.clone() },
            IdentityDigest { digest: String::new(), ..good },
        ] {
            assert!(!bad.matches(&person));
        }
    }
}
