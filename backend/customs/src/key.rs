//! Who signs: a trait that a software key implements here, and a UKey or an HSM elsewhere.

use jiff::Timestamp;
use sm2::SecretKey;
use sm2::dsa::signature::Signer as _;
use sm2::dsa::{Signature, SigningKey};
use sm2::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use sm3::{Digest as _, Sm3};

use crate::cert::{Certificate, CertificateError, Statement, assemble, to_be_signed};

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

/// Makes SM2 signatures. Keys that live in hardware implement this too.
pub trait Signer: Send + Sync {
    /// Certificate that goes into the message.
    fn certificate(&self) -> &Certificate;

    /// SM2 with SM3 over `message`, user id [`DIST_ID`]: raw `r||s`, 64 bytes.
    ///
    /// # Errors
    /// When the key cannot be used now.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError>;
}

/// Why a software key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text has no readable private key.
    #[error("there is no SM2 private key (PKCS#8 PEM) in the text")]
    PrivateKey,
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

/// An SM2 key in memory with a self-signed certificate: for tests, demonstrations and the simulator.
pub struct SoftwareKey {
    signing: SigningKey,
    certificate: Certificate,
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
        Ok(Self { signing, certificate })
    }

    /// Private key (PKCS#8) and certificate, one after the other. Keep it readable by the service only.
    ///
    /// # Errors
    /// [`KeyError::PrivateKey`]; does not happen for a key that was made or read here.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        let secret = SecretKey::from_slice(&self.signing.to_bytes()).map_err(|_| KeyError::PrivateKey)?;
        let key = secret.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::PrivateKey)?;
        Ok(format!("{}{}", key.as_str(), self.certificate.to_pem()))
    }

    /// Reads what [`Self::to_pem`] wrote.
    ///
    /// # Errors
    /// [`KeyError`]: no key, no certificate, or not a pair.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        const END: &str = "-----END PRIVATE KEY-----";
        let start = pem.find("-----BEGIN PRIVATE KEY-----").ok_or(KeyError::PrivateKey)?;
        let end = pem.find(END).ok_or(KeyError::PrivateKey)?;
        let key = pem.get(start..end.saturating_add(END.len())).ok_or(KeyError::PrivateKey)?;
        let secret = SecretKey::from_pkcs8_pem(key).map_err(|_| KeyError::PrivateKey)?;
        let signing = SigningKey::new(DIST_ID, &secret).map_err(|_| KeyError::PrivateKey)?;
        let certificate = Certificate::from_pem(pem)?;
        let probe: Signature = signing.try_sign(b"pair").map_err(|_| KeyError::PrivateKey)?;
        if !certificate.verifies(b"pair", &probe.to_bytes()) {
            return Err(KeyError::Pair);
        }
        Ok(Self { signing, certificate })
    }
}

impl Signer for SoftwareKey {
    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let signature: Result<Signature, _> = self.signing.try_sign(message);
        signature
            .map(|signature| signature.to_bytes().to_vec())
            .map_err(|error| SignerError { key: self.certificate.serial_hex(), reason: error.to_string() })
    }
}
