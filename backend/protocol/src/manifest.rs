//! The release manifest: a signed list of what lies released in one kiosk's lockers, so that a pickup can finish while the
//! network is down.
//!
//! The signature (Ed25519) is over `BP-MANIFEST-1\0` and the exact bytes of `body`; nothing is ever serialised again
//! before it is checked.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kiosk::{Offer, Slip};
use crate::{DoorNumber, PickupNumber, TypedNumber};

const CONTEXT: &[u8] = b"BP-MANIFEST-1\0";

/// A manifest as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedManifest {
    /// Which of the backend's keys signed it.
    pub key_id: u8,
    /// JSON of a [`Manifest`], as signed.
    pub body: String,
    /// 64 bytes, hex.
    pub signature: String,
}

/// What lies released in one kiosk's lockers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// 1.
    pub version: u16,
    /// The kiosk it is for.
    pub kiosk_id: Uuid,
    /// Grows with every manifest of this kiosk.
    pub sequence: u64,
    /// When it was made.
    pub issued_at: Timestamp,
    /// Until when a kiosk may act on it without the network.
    pub valid_until: Timestamp,
    /// Parcels that may be handed over.
    pub entries: Vec<ManifestEntry>,
    /// Pickups collected lately, so that a second scan can be told when.
    pub collected: Vec<Collected>,
}

impl Manifest {
    /// By which it is named in what was done on its word.
    #[must_use]
    pub fn used(&self) -> ManifestUse {
        ManifestUse { sequence: self.sequence, issued_at: self.issued_at }
    }

    /// Whether a kiosk may act on it at `now` without the network.
    #[must_use]
    pub fn is_good_at(&self, now: Timestamp) -> bool {
        now <= self.valid_until
    }

    /// Whether it lists this pickup behind these doors.
    #[must_use]
    pub fn lists(&self, pickup: PickupNumber, doors: &[DoorNumber]) -> bool {
        self.entries.iter().any(|entry| entry.offer.pickup == pickup && entry.offer.doors == doors)
    }
}

/// The manifest on whose word a pickup went on without the backend: what an auditor asks for first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestUse {
    /// Its number.
    pub sequence: u64,
    /// When it was made: what it says was so then.
    pub issued_at: Timestamp,
}

/// One parcel that may be handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestEntry {
    /// What is offered.
    pub offer: Offer,
    /// What the slip will say.
    pub slip: Slip,
    /// By which it may be asked for where its ticket cannot be scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<TypedNumber>,
}

/// A pickup that was collected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collected {
    /// The pickup.
    pub pickup: PickupNumber,
    /// When.
    pub at: Timestamp,
}

/// Why a manifest is not used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Signed with a key that is not known here.
    #[error("the release manifest was signed with a key that is not known here (key {0})")]
    UnknownKey(u8),
    /// The signature does not match.
    #[error("the release manifest's signature is wrong; it is not used")]
    Forged,
    /// Signed, but not what this version reads.
    #[error("the release manifest cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Made for another kiosk.
    #[error("the release manifest is for kiosk {0}")]
    OtherKiosk(Uuid),
}

impl SignedManifest {
    /// Signs `manifest`.
    ///
    /// # Errors
    /// When the manifest cannot be written as JSON.
    pub fn sign(manifest: &Manifest, key_id: u8, key: &SigningKey) -> Result<Self, serde_json::Error> {
        let body = serde_json::to_string(manifest)?;
        let signature = key.sign(&[CONTEXT, body.as_bytes()].concat());
        Ok(Self { key_id, body, signature: hex::encode(signature.to_bytes()) })
    }

    /// Checks the signature and reads the manifest for `kiosk`.
    ///
    /// # Errors
    /// [`ManifestError`]; that it has run out is the caller's to check against `valid_until`.
    pub fn verify(
        &self,
        kiosk: Uuid,
        key_of: impl Fn(u8) -> Option<VerifyingKey>,
    ) -> Result<Manifest, ManifestError> {
        let key = key_of(self.key_id).ok_or(ManifestError::UnknownKey(self.key_id))?;
        let mut signature = [0; 64];
        hex::decode_to_slice(&self.signature, &mut signature).map_err(|_| ManifestError::Forged)?;
        key.verify_strict(&[CONTEXT, self.body.as_bytes()].concat(), &Signature::from_bytes(&signature))
            .map_err(|_| ManifestError::Forged)?;
        let manifest: Manifest = serde_json::from_str(&self.body)?;
        if manifest.kiosk_id == kiosk {
            Ok(manifest)
        } else {
            Err(ManifestError::OtherKiosk(manifest.kiosk_id))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn manifest() -> Manifest {
        Manifest {
            version: 1,
            kiosk_id: Uuid::from_u128(5),
            sequence: 3,
            issued_at: Timestamp::UNIX_EPOCH,
            valid_until: Timestamp::UNIX_EPOCH,
            entries: Vec::new(),
            collected: vec![Collected { pickup: PickupNumber(9), at: Timestamp::UNIX_EPOCH }],
        }
    }

    fn keys(id: u8) -> Option<VerifyingKey> {
        (id == 1).then(|| key().verifying_key())
    }

    // If this fails, do not change the text: kiosks in the field read version 1.
    #[test]
    fn version_1_is_frozen() {
        let signed = SignedManifest::sign(&manifest(), 1, &key()).unwrap();
        assert_eq!(
            signed.body,
            "{\"version\":1,\"kiosk_id\":\"00000000-0000-0000-0000-000000000005\",\"sequence\":3,\
             \"issued_at\":\"1970-01-01T00:00:00Z\",\"valid_until\":\"1970-01-01T00:00:00Z\",\"entries\":[],\
             \"collected\":[{\"pickup\":9,\"at\":\"1970-01-01T00:00:00Z\"}]}"
        );
        assert_eq!(signed.verify(Uuid::from_u128(5), keys).unwrap(), manifest());
    }

    #[test]
    fn a_changed_or_foreign_manifest_is_not_used() {
        let good = SignedManifest::sign(&manifest(), 1, &key()).unwrap();
        let changed =
            SignedManifest { body: good.body.replace("\"pickup\":9", "\"pickup\":8"), ..good.clone() };
        assert!(matches!(changed.verify(Uuid::from_u128(5), keys), Err(ManifestError::Forged)));
        assert!(matches!(good.verify(Uuid::from_u128(6), keys), Err(ManifestError::OtherKiosk(_))));
        let unknown = SignedManifest { key_id: 2, ..good };
        assert!(matches!(unknown.verify(Uuid::from_u128(5), keys), Err(ManifestError::UnknownKey(2))));
    }
}
