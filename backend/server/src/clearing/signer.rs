//! The software key that signs declarations: made at the first start, kept in the data directory for the owner alone.
//!
//! A key in hardware is another implementation of [`pickup_customs::Signer`].

use std::path::Path;

use pickup_customs::SoftwareKey;

use crate::secrets::{SecretsError, private_file, random};

/// What signs declarations.
pub type Signer = SoftwareKey;

const FILE: &str = "customs-key.pem";
/// The holder the certificate of a key made here names.
const HOLDER: &str = "Bonded Pickup software key";
const FROM: jiff::Timestamp = jiff::Timestamp::constant(1_767_225_600, 0);
const UNTIL: jiff::Timestamp = jiff::Timestamp::constant(2_082_758_399, 0);

/// Reads the key, or makes one at the first start.
///
/// # Errors
/// [`SecretsError`] when the file cannot be read or made, is open to others, or is no key.
pub fn open_or_make(data_dir: &Path) -> Result<Signer, SecretsError> {
    let damaged = || SecretsError::Damaged(data_dir.join(FILE));
    let pem = private_file(data_dir, FILE, || {
        let key = SoftwareKey::from_seed(&random()?, HOLDER, FROM, UNTIL).map_err(|_| damaged())?;
        key.to_pem().map_err(|_| damaged())
    })?;
    SoftwareKey::from_pem(&pem).map_err(|_| damaged())
}
