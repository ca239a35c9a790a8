//! The backend's own keys, in one file of the data directory that nobody else may read.
//!
//! Three of them: AES-256-GCM for what is encrypted at rest, HMAC-SHA256 by which an identity number or a credential is
//! found without being stored, and Ed25519 that signs tickets and manifests.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use ed25519_dalek::{SigningKey, VerifyingKey};
use pickup_domain::IdNumber;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const FILE: &str = "keys.json";

/// Why keys cannot be had or used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Others than the owner may read the file.
    #[error("{0} can be read by others: run `chmod 600` on it, and make new keys if others had access")]
    Exposed(PathBuf),
    /// The file is not a key file.
    #[error("{0} is no key file of this program, or it is damaged: restore it from the backup")]
    Damaged(PathBuf),
    /// The system's random numbers cannot be had.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// What should be opened was sealed with another key, for another purpose, or was changed.
    #[error("sealed data for {0} cannot be opened: it was changed, or sealed with another key")]
    Sealed(String),
}

/// The backend's keys.
pub struct Secrets {
    seal_id: u8,
    seal: RandomizedNonceKey,
    digest: hmac::Key,
    signing_id: u8,
    signing: SigningKey,
}

#[derive(Serialize, Deserialize)]
struct KeyFile {
    version: u8,
    seal_id: u8,
    seal: String,
    digest: String,
    signing_id: u8,
    signing: String,
}

impl Secrets {
    /// Reads the keys of a data directory, or makes them at the first start.
    ///
    /// # Errors
    /// [`SecretsError`] when the file cannot be read or made, or is open to others.
    pub fn open_or_make(data_dir: &Path) -> Result<Self, SecretsError> {
        let text = private_file(data_dir, FILE, || {
            let file = KeyFile {
                version: 1,
                seal_id: 1,
                seal: hex::encode(random::<32>()?),
                digest: hex::encode(random::<32>()?),
                signing_id: 1,
                signing: hex::encode(random::<32>()?),
            };
            serde_json::to_string_pretty(&file).map_err(|_| SecretsError::Damaged(data_dir.join(FILE)))
        })?;
        Self::parse(&text).ok_or_else(|| SecretsError::Damaged(data_dir.join(FILE)))
    }

    fn parse(text: &str) -> Option<Self> {
        let file: KeyFile = serde_json::from_str(text).ok().filter(|f: &KeyFile| f.version == 1)?;
        Some(Self {
            seal_id: file.seal_id,
            seal: RandomizedNonceKey::new(&AES_256_GCM, &key_bytes(&file.seal)?[..]).ok()?,
            digest: hmac::Key::new(hmac::HMAC_SHA256, &key_bytes(&file.digest)?[..]),
            signing_id: file.signing_id,
            signing: SigningKey::from_bytes(&key_bytes(&file.signing)?),
        })
    }

    /// Encrypts `plain`. `context` says what it is and whose (`order/<id>`): it opens only under the same context.
    ///
    /// Layout: key id (1), nonce (12), ciphertext, tag (16).
    ///
    /// # Errors
    /// [`SecretsError::Sealed`] when the library refuses (never for texts that fit in memory).
    pub fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, SecretsError> {
        let mut body = plain.to_vec();
        let nonce = self
            .seal
            .seal_in_place_append_tag(Aad::from(context.as_bytes()), &mut body)
            .map_err(|_| SecretsError::Sealed(context.to_owned()))?;
        Ok([&[self.seal_id][..], nonce.as_ref(), &body].concat())
    }

    /// Decrypts what [`Secrets::seal`] made under the same `context`.
    ///
    /// # Errors
    /// [`SecretsError::Sealed`] when it was changed, moved to another row, or sealed with another key.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
        self.open_inner(context, sealed).ok_or_else(|| SecretsError::Sealed(context.to_owned()))
    }

    fn open_inner(&self, context: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (&id, rest) = sealed.split_first()?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = Zeroizing::new(body.to_vec());
        let aad = Aad::from(context.as_bytes());
        let len = (id == self.seal_id).then(|| self.seal.open_in_place(nonce, aad, &mut body).ok())??.len();
        body.truncate(len);
        Some(body)
    }

    /// The keyed digest by which a buyer is found: 32 hex characters, the same for the same number.
    #[must_use]
    pub fn buyer_key(&self, number: &IdNumber) -> String {
        self.short_fingerprint("buyer", number.expose().as_bytes())
    }

    /// The first half of a [`Self::fingerprint`], 128 bits: enough to tell apart what is not guessed at.
    #[must_use]
    pub fn short_fingerprint(&self, purpose: &str, secret: &[u8]) -> String {
        let mut print = self.fingerprint(purpose, secret);
        print.truncate(32);
        print
    }

    /// Keyed digest of a credential for its purpose (`badge`, `shop-key`, `enrolment`), 64 hex characters.
    #[must_use]
    pub fn fingerprint(&self, purpose: &str, secret: &[u8]) -> String {
        let mut mac = hmac::Context::with_key(&self.digest);
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(secret);
        hex::encode(mac.sign().as_ref())
    }

    /// Id of the key that signs tickets and manifests, as they carry it.
    #[must_use]
    pub fn signing_id(&self) -> u8 {
        self.signing_id
    }

    /// The key that signs tickets and manifests.
    #[must_use]
    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// The public key with this id.
    #[must_use]
    pub fn verifying(&self, id: u8) -> Option<VerifyingKey> {
        (id == self.signing_id).then(|| self.signing.verifying_key())
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets(key {})", self.signing_id)
    }
}

/// `N` random bytes from the system.
///
/// # Errors
/// [`SecretsError::Random`].
pub fn random<const N: usize>() -> Result<[u8; N], SecretsError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(SecretsError::Random)?;
    Ok(bytes)
}

/// The text of a private file of the data directory; `make` gives it when there is none yet. The file is the owner's alone
/// (0600) and is whole on the disk before this returns.
///
/// # Errors
/// [`SecretsError`] when it cannot be read or written, is open to others, or `make` fails.
pub fn private_file(
    data_dir: &Path,
    name: &str,
    make: impl FnOnce() -> Result<String, SecretsError>,
) -> Result<Zeroizing<String>, SecretsError> {
    let path = data_dir.join(name);
    let io = |source| SecretsError::Io { path: path.clone(), source };
    if !path.try_exists().map_err(io)? {
        let text = Zeroizing::new(make()?);
        write_private(&path, &text)?;
        return Ok(text);
    }
    let mut file = File::open(&path).map_err(io)?;
    if file.metadata().map_err(io)?.permissions().mode() & 0o077 != 0 {
        return Err(SecretsError::Exposed(path));
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).map_err(io)?;
    Ok(text)
}

/// Writes a file that only its owner may read (0600), whole or not at all.
///
/// # Errors
/// [`SecretsError::Io`].
pub fn write_private(path: &Path, text: &str) -> Result<(), SecretsError> {
    let io = |source| SecretsError::Io { path: path.to_owned(), source };
    let half = path.with_extension("new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&half).map_err(io)?;
    file.write_all(text.as_bytes()).map_err(io)?;
    file.sync_all().map_err(io)?;
    std::fs::rename(&half, path).map_err(io)?;
    let dir = path.parent().unwrap_or_else(|| Path::new("."));
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io)
}

fn key_bytes(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        let key = |n: u8| hex::encode([n; 32]);
        Secrets::parse(&format!(
            r#"{{"version":1,"seal_id":1,"seal":"{}","digest":"{}","signing_id":1,"signing":"{}"}}"#,
            key(1),
            key(2),
            key(3)
        ))
        .unwrap()
    }

    #[test]
    fn sealed_data_opens_only_under_its_own_context_and_unchanged() {
        let secrets = secrets();
        let sealed = secrets.seal("order/1", b"name and number").unwrap();
        assert_eq!(secrets.open("order/1", &sealed).unwrap().as_slice(), b"name and number");
        assert!(secrets.open("order/2", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(secrets.open("order/1", &changed).is_err(), "byte {at}");
            assert!(secrets.open("order/1", &sealed[..at]).is_err(), "first {at} bytes");
        }
    }

    #[test]
    fn the_same_text_is_never_sealed_to_the_same_bytes() {
        let secrets = secrets();
        assert_ne!(secrets.seal("a", b"x").unwrap(), secrets.seal("a", b"x").unwrap());
    }

    #[test]
    fn a_fingerprint_belongs_to_its_purpose() {
        let secrets = secrets();
        assert_eq!(secrets.fingerprint("badge", b"s"), secrets.fingerprint("badge", b"s"));
        assert_ne!(secrets.fingerprint("badge", b"s"), secrets.fingerprint("shop-key", b"s"));
        assert_eq!(secrets.fingerprint("badge", b"s").len(), 64);
    }

    #[test]
    fn keys_never_show_in_debug_text() {
        assert_eq!(format!("{:?}", secrets()), "Secrets(key 1)");
    }
}
