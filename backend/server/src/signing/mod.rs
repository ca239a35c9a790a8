//! Who signs declarations and payment data: a key in a file, a signing service over HTTP, or a card in an E-Port card service.
//!
//! All of them behind [`Signing`], each in a [`paced::Paced`] that keeps to the signer's rate, bounds the queue before it,
//! leaves it alone for a while after a failure, and verifies every signature with the certificate it goes out with.
//! docs/signing.md has the protocols.

use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use pickup_customs::{Certificate, CertificateError, KeyError};

pub mod bridge;
pub mod card;
pub mod config;
pub mod http;
pub mod paced;
pub mod signature;
pub mod software;

use config::{Kind, SignerConfig};
use paced::{Pace, Paced};

/// Makes signatures by the key of a certificate.
pub trait Signing: Send + Sync {
    /// The signature over `to_sign`: for SM2 raw `r||s` (SM3, user id 1234567812345678), for RSA PKCS#1 v1.5 with SHA-1.
    fn sign<'a>(&'a self, to_sign: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, SigningError>>;

    /// The certificate that goes with the signatures.
    fn certificate(&self) -> &Certificate;

    /// Registration code of the enterprise the certificate was given to.
    fn registration(&self) -> &str;
}

impl fmt::Debug for dyn Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signing({}, certificate {})", self.registration(), self.certificate().serial_hex())
    }
}

/// Why there is no signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// It cannot be reached, or the connection broke.
    #[error("signer {signer} cannot be reached: {why}")]
    Unreachable {
        /// Name of the signer.
        signer: String,
        /// What happened.
        why: String,
    },
    /// It did not answer in time.
    #[error("signer {0} did not answer in time")]
    TimedOut(String),
    /// It said no.
    #[error("signer {signer} refused: {why}")]
    Refused {
        /// Name of the signer.
        signer: String,
        /// Its words.
        why: String,
    },
    /// It does not accept the password. It is not asked again before a restart: cards lock themselves.
    #[error("signer {0} does not accept its password: correct the password file, then restart the service")]
    Password(String),
    /// Its answer is none.
    #[error("signer {signer} answered something else than a signature: {why}")]
    Garbage {
        /// Name of the signer.
        signer: String,
        /// What is wrong with it.
        why: String,
    },
    /// The signature is of another key than the certificate's: another card is in the reader.
    #[error(
        "signer {signer} signed with another key than that of certificate {serial}: is another card in the reader?"
    )]
    OtherKey {
        /// Name of the signer.
        signer: String,
        /// Serial number of the certificate, hex.
        serial: String,
    },
    /// Too many wait for it already.
    #[error("{waiting} signatures wait for signer {signer} already; try again later")]
    QueueFull {
        /// Name of the signer.
        signer: String,
        /// How many.
        waiting: usize,
    },
    /// It failed a moment ago and is left alone.
    #[error("signer {signer} failed and is not asked again for {for_ms} ms: {why}")]
    BackingOff {
        /// Name of the signer.
        signer: String,
        /// For how long yet.
        for_ms: u64,
        /// What it failed with.
        why: String,
    },
}

/// Why a signer cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A key or password file cannot be read.
    #[error("signer {signer}: {path}: {source}")]
    File {
        /// Name of the signer.
        signer: String,
        /// Which file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Others than the owner may read a key or password file.
    #[error(
        "signer {signer}: {path} can be read by others: run `chmod 600` on it, and change what is in it if others had access"
    )]
    Exposed {
        /// Name of the signer.
        signer: String,
        /// Which file.
        path: std::path::PathBuf,
    },
    /// The key file cannot be used.
    #[error("signer {signer}: {source}")]
    Key {
        /// Name of the signer.
        signer: String,
        /// Why.
        source: KeyError,
    },
    /// The certificate cannot be used.
    #[error("signer {signer}: {source}")]
    Certificate {
        /// Name of the signer.
        signer: String,
        /// Why.
        source: CertificateError,
    },
    /// It does not give its certificate.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// It is of another enterprise.
    #[error(
        "signer {signer} belongs to {found}, but {needed} declares: customs refuses what is signed by another (-621015)"
    )]
    Registration {
        /// Name of the signer.
        signer: String,
        /// Whose it is.
        found: String,
        /// Whose it must be.
        needed: String,
    },
}

/// Opens a signer and finds out whether it is that of `registration`.
///
/// # Errors
/// [`OpenError`].
pub async fn open(config: &SignerConfig, registration: &str) -> Result<Arc<dyn Signing>, OpenError> {
    let pace = Pace::of(config);
    let signer: Arc<dyn Signing> = match config.kind {
        Kind::File => Arc::new(Paced::new(software::open(config, registration)?, &config.name, pace)),
        Kind::Http => Arc::new(Paced::new(http::open(config).await?, &config.name, pace)),
        Kind::Card => Arc::new(Paced::new(card::open(config).await?, &config.name, pace)),
    };
    if signer.registration() != registration {
        return Err(OpenError::Registration {
            signer: config.name.clone(),
            found: signer.registration().to_owned(),
            needed: registration.to_owned(),
        });
    }
    Ok(signer)
}

/// The text of a small secret file, without white space around it.
fn secret(signer: &str, path: &std::path::Path) -> Result<zeroize::Zeroizing<String>, OpenError> {
    let fault = |source| OpenError::File { signer: signer.to_owned(), path: path.to_owned(), source };
    let mode = std::fs::metadata(path).map_err(fault)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(OpenError::Exposed { signer: signer.to_owned(), path: path.to_owned() });
    }
    let text = zeroize::Zeroizing::new(std::fs::read_to_string(path).map_err(fault)?);
    Ok(zeroize::Zeroizing::new(text.trim().to_owned()))
}

#[cfg(test)]
mod tests;
