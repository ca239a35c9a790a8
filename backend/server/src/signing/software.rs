//! A key in a file of its own: PKCS#8 in PEM with its certificate beside it.

use futures_util::FutureExt as _;
use futures_util::future::{self, BoxFuture};
use pickup_customs::{Certificate, Signer as _, SoftwareKey};

use super::config::SignerConfig;
use super::{OpenError, Signing, SigningError, secret};

/// A key in memory.
pub struct Software {
    name: String,
    registration: String,
    key: SoftwareKey,
}

impl Software {
    /// A key that belongs to `registration`.
    #[must_use]
    pub fn new(name: &str, registration: &str, key: SoftwareKey) -> Self {
        Self { name: name.to_owned(), registration: registration.to_owned(), key }
    }
}

/// Reads the key file of these settings; whose it is they say, or it is the declarant's.
///
/// # Errors
/// [`OpenError`].
pub fn open(config: &SignerConfig, declarant: &str) -> Result<Software, OpenError> {
    let pem = secret(&config.name, &config.key_file)?;
    let key = if config.password_file.as_os_str().is_empty() {
        SoftwareKey::from_pem(&pem)
    } else {
        SoftwareKey::from_encrypted_pem(&pem, secret(&config.name, &config.password_file)?.as_bytes())
    };
    let key = key.map_err(|source| OpenError::Key { signer: config.name.clone(), source })?;
    let registration = if config.registration.is_empty() { declarant } else { &config.registration };
    Ok(Software::new(&config.name, registration, key))
}

impl Signing for Software {
    fn sign<'a>(&'a self, to_sign: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, SigningError>> {
        let signed = self
            .key
            .sign(to_sign)
            .map_err(|error| SigningError::Refused { signer: self.name.clone(), why: error.to_string() });
        future::ready(signed).boxed()
    }

    fn certificate(&self) -> &Certificate {
        self.key.certificate()
    }

    fn registration(&self) -> &str {
        &self.registration
    }
}
