//! What signs declarations: the software key of the data directory, made at the first start and kept for the owner alone, or
//! the signer that the settings name for a port.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use pickup_customs::dsig::Profile;
use pickup_customs::{Certificate, SignerError, SoftwareKey};

use crate::config::Config;
use crate::secrets::{SecretsError, private_file, random};
use crate::signing::bridge::Bridge;
use crate::signing::{self, OpenError, Signing};

const FILE: &str = "customs-key.pem";
/// The holder the certificate of a key made here names.
const HOLDER: &str = "Bonded Pickup software key";
const FROM: jiff::Timestamp = jiff::Timestamp::constant(1_767_225_600, 0);
const UNTIL: jiff::Timestamp = jiff::Timestamp::constant(2_082_758_399, 0);

/// What signs declarations for a port, and by which profile. One that waits for a card or a service may be used only on
/// threads for blocking work.
#[derive(Clone)]
pub struct Signer {
    key: Arc<dyn pickup_customs::Signer>,
    profile: Profile,
}

impl Signer {
    /// The algorithms of the port.
    #[must_use]
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }
}

impl pickup_customs::Signer for Signer {
    fn certificate(&self) -> &Certificate {
        self.key.certificate()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.key.sign(message)
    }
}

/// Reads the key of the data directory, or makes one at the first start.
///
/// # Errors
/// [`SecretsError`] when the file cannot be read or made, is open to others, or is no key.
pub fn open_or_make(data_dir: &Path) -> Result<Signer, SecretsError> {
    Ok(Signer { key: Arc::new(key(data_dir)?), profile: Profile::SM2_2022 })
}

/// The key of the data directory.
///
/// # Errors
/// As [`open_or_make`].
pub fn key(data_dir: &Path) -> Result<SoftwareKey, SecretsError> {
    let damaged = || SecretsError::Damaged(data_dir.join(FILE));
    let pem = private_file(data_dir, FILE, || {
        let key = SoftwareKey::from_seed(&random()?, HOLDER, FROM, UNTIL).map_err(|_| damaged())?;
        key.to_pem().map_err(|_| damaged())
    })?;
    SoftwareKey::from_pem(&pem).map_err(|_| damaged())
}

/// The signer of every port by its customs office. Those the settings name are asked for their certificate now, and must be
/// the declarant's.
///
/// # Errors
/// [`OpenError`].
pub async fn of_ports(
    config: &Config,
    own: &Signer,
    declarant: &str,
) -> Result<BTreeMap<String, Signer>, OpenError> {
    let mut opened: BTreeMap<&str, Arc<dyn Signing>> = BTreeMap::new();
    let mut signers = BTreeMap::new();
    for port in &config.ports {
        let profile = port.profile.parse().unwrap_or(Profile::SM2_2022);
        let key: Arc<dyn pickup_customs::Signer> =
            match config.signers.iter().find(|signer| signer.name == port.signer) {
                None => Arc::clone(&own.key),
                Some(named) => {
                    let signing = match opened.get(named.name.as_str()) {
                        Some(signing) => Arc::clone(signing),
                        None => signing::open(named, declarant).await?,
                    };
                    opened.insert(&named.name, Arc::clone(&signing));
                    Arc::new(Bridge::new(signing))
                }
            };
        signers.insert(port.code.clone(), Signer { key, profile });
    }
    Ok(signers)
}
