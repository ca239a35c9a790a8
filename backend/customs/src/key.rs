//! Who signs: a trait that a software key implements here, and a UKey or an HSM elsewhere.
//!
//! # RSA
//!
//! Ports that still ask for `rsa-sha1` are served by the `rsa` crate of the RustCrypto project, the only maintained
//! one in Rust that signs with SHA-1. An advisory on it is open (RUSTSEC-2023-0071): private-key operations take a time
//! that depends on the key, which someone who can start very many of them and time each one precisely may use to find
//! it. Here that is acceptable: nothing is ever decrypted, what is signed is a declaration that the service itself
//! made, at most a few hundred times a minute and never at the wish of a stranger who could time it, and every
//! signature is blinded with fresh random numbers. At ports where the key counts it lives in a card or an HSM anyway.

use jiff::Timestamp;
use pkcs8::der::Decode as _;
use pkcs8::{
    EncodePrivateKey as _, EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument,
};
use rsa::RsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey as _;
use sm2::SecretKey;
use sm2::dsa::signature::Signer as _;
use sm2::dsa::{Signature, SigningKey};
use sm3::{Digest as _, Sm3};

use crate::cert::{Certificate, CertificateError, Statement, assemble, to_be_signed};
use crate::public_key::{no_prefix, sha1_info};

/// User id that goes into the Z value of every signature (GB/T 35276 default).
pub const DIST_ID: &str = "1234567812345678";

/// Why a signer did not sign.
#[derive(Debug, thiserror::Error)]
#[error("the signing key {key} did not sign: {reason}")]
pub struct SignerError {
    /// Serial number of its certificate.
    pub key: String,
    /// What happened.
    pub reason: String,
}

/// Makes signatures. Keys that live in hardware implement this too; one that is asked over a network is better used
/// by [`crate::dsig::prepare`], which keeps the waiting outside.
pub trait Signer: Send + Sync {
    /// Certificate that goes into the message.
    fn certificate(&self) -> &Certificate;

    /// The signature of the certificate's kind over `message`: SM2 with SM3 and user id [`DIST_ID`] as raw `r||s` of 64
    /// bytes, or RSA with SHA-1 by PKCS#1 v1.5.
    ///
    /// # Errors
    /// When the key cannot be used now.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError>;
}

/// Why a software key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text has no readable private key.
    #[error("there is no SM2 or RSA private key (PKCS#8 PEM) in the text")]
    PrivateKey,
    /// The private key is encrypted and no password was given.
    #[error("the private key is encrypted: give its password")]
    Encrypted,
    /// The private key cannot be decrypted.
    #[error(
        "the private key cannot be decrypted: the password is another, or the file uses a scheme other than PBES2"
    )]
    Password,
    /// The certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Key and certificate do not belong together.
    #[error("the certificate is for another key than the private key beside it")]
    Pair,
    /// The holder's name does not fit a certificate.
    #[error("the holder's name in a certificate has 1 to 64 characters")]
    Name,
    /// The curve arithmetic refused the key; make another.
    #[error("the key could not be made: try another seed")]
    Generate,
}

/// A key in memory with its certificate. Self-signed ones are for tests, demonstrations and the simulator.
pub struct SoftwareKey {
    secret: Secret,
    certificate: Certificate,
}

/// A private key. Both kinds wipe their memory when they are dropped.
enum Secret {
    Sm2(SigningKey),
    Rsa(Box<RsaPrivateKey>),
}

impl std::fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SoftwareKey").field("serial", &self.certificate.serial_hex()).finish_non_exhaustive()
    }
}

impl SoftwareKey {
    /// Makes key and certificate from 32 random bytes, always the same from the same bytes.
    ///
    /// `holder` is the declarant as registered with customs; `not_before` to `not_after` is the validity written into
    /// the certificate.
    ///
    /// # Errors
    /// [`KeyError::Name`], or [`KeyError::Generate`] for one seed in about 2^32.
    pub fn from_seed(
        seed: &[u8; 32],
        holder: &str,
        not_before: Timestamp,
        not_after: Timestamp,
    ) -> Result<Self, KeyError> {
        if !(1..=64).contains(&holder.chars().count()) {
            return Err(KeyError::Name);
        }
        let secret = Sm3::digest([b"bonded-pickup customs key".as_slice(), seed].concat());
        let secret = SecretKey::from_slice(&secret).map_err(|_| KeyError::Generate)?;
        let signing = SigningKey::new(DIST_ID, &secret).map_err(|_| KeyError::Generate)?;
        let mut serial = Sm3::digest([b"bonded-pickup customs serial".as_slice(), seed].concat()).to_vec();
        serial.truncate(16);
        // A set bit below the sign bit keeps the serial number positive and its length constant.
        if let Some(first) = serial.first_mut() {
            *first = (*first & 0x7F) | 0x40;
        }
        let point = signing.verifying_key().to_sec1_bytes();
        let tbs = to_be_signed(&Statement {
            serial: &serial,
            common_name: holder,
            not_before,
            not_after,
            point: &point,
        });
        let signature: Signature = signing.try_sign(&tbs).map_err(|_| KeyError::Generate)?;
        let certificate = Certificate::from_der(&assemble(&tbs, &signature.to_bytes()))?;
        Ok(Self { secret: Secret::Sm2(signing), certificate })
    }

    /// Private key (PKCS#8) and certificate, one after the other. Keep it readable by the service only.
    ///
    /// # Errors
    /// [`KeyError::PrivateKey`] when the key cannot be written.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        let unwritable = |_| KeyError::PrivateKey;
        let key = match &self.secret {
            Secret::Sm2(signing) => {
                let secret = SecretKey::from_slice(&signing.to_bytes()).map_err(|_| KeyError::PrivateKey)?;
                secret.to_pkcs8_pem(LineEnding::LF).map_err(unwritable)?
            }
            Secret::Rsa(key) => {
                use rsa::pkcs8::EncodePrivateKey as _;
                key.to_pkcs8_pem(rsa::pkcs8::LineEnding::LF).map_err(|_| KeyError::PrivateKey)?
            }
        };
        Ok(format!("{}{}", key.as_str(), self.certificate.to_pem()))
    }

    /// Reads a private key (PKCS#8, not encrypted) and the certificate beside it, as [`Self::to_pem`] writes them.
    ///
    /// # Errors
    /// [`KeyError`]: no key, an encrypted key, no certificate, or not a pair.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        if let Some(key) = block(pem, "PRIVATE KEY") {
            let document = document(key)?;
            return Self::pair(Secret::read(document.as_bytes())?, pem);
        }
        Err(if block(pem, ENCRYPTED).is_some() { KeyError::Encrypted } else { KeyError::PrivateKey })
    }

    /// Reads an encrypted private key (PKCS#8 with PBES2) and the certificate beside it.
    ///
    /// # Errors
    /// [`KeyError`]: no encrypted key, another password, no certificate, or not a pair.
    pub fn from_encrypted_pem(pem: &str, password: &[u8]) -> Result<Self, KeyError> {
        let document = document(block(pem, ENCRYPTED).ok_or(KeyError::PrivateKey)?)?;
        let sealed = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes());
        let open = sealed.map_err(|_| KeyError::PrivateKey)?.decrypt(password);
        Self::pair(Secret::read(open.map_err(|_| KeyError::Password)?.as_bytes())?, pem)
    }

    fn pair(secret: Secret, pem: &str) -> Result<Self, KeyError> {
        let key = Self { secret, certificate: Certificate::from_pem(pem)? };
        let probe = key.secret.sign(b"pair").map_err(|_| KeyError::PrivateKey)?;
        if key.certificate.verifies(b"pair", &probe) { Ok(key) } else { Err(KeyError::Pair) }
    }
}

const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

/// The first block of a PEM text with that label.
fn block<'a>(pem: &'a str, label: &str) -> Option<&'a str> {
    let end = format!("-----END {label}-----");
    let start = pem.find(&format!("-----BEGIN {label}-----"))?;
    let from = pem.get(start..)?;
    from.get(..from.find(&end)?.checked_add(end.len())?)
}

fn document(block: &str) -> Result<SecretDocument, KeyError> {
    SecretDocument::from_pem(block).map(|(_, document)| document).map_err(|_| KeyError::PrivateKey)
}

impl Secret {
    /// Reads PKCS#8 of either kind.
    fn read(der: &[u8]) -> Result<Self, KeyError> {
        let info = PrivateKeyInfoRef::from_der(der).map_err(|_| KeyError::PrivateKey)?;
        if info.algorithm.oid.as_bytes() == crate::public_key::OID_RSA {
            let key = RsaPrivateKey::from_pkcs8_der(der).map_err(|_| KeyError::PrivateKey)?;
            return Ok(Self::Rsa(Box::new(key)));
        }
        let secret = SecretKey::try_from(info).map_err(|_| KeyError::PrivateKey)?;
        SigningKey::new(DIST_ID, &secret).map(Self::Sm2).map_err(|_| KeyError::PrivateKey)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        match self {
            Self::Sm2(key) => {
                let signature: Result<Signature, _> = key.try_sign(message);
                signature.map(|signature| signature.to_bytes().to_vec()).map_err(|error| error.to_string())
            }
            Self::Rsa(key) => key
                .sign_with_rng(&mut rsa::rand_core::OsRng, no_prefix(), &sha1_info(message))
                .map_err(|error| error.to_string()),
        }
    }
}

impl Signer for SoftwareKey {
    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let failed = |reason| SignerError { key: self.certificate.serial_hex(), reason };
        self.secret.sign(message).map_err(failed)
    }
}
