//! A signed reconciliation as a file: two lines of JSON, the sheet and its signature. Whoever has the file can verify it, with
//! this program or with any that knows the algorithm, without the database.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pickup_customs::{Certificate, Signer};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Sheet;
use super::sheet::{FORMAT, VERSION};

/// An RSA signature is longer than one of SM2.
const SM2_LENGTH: usize = 64;

/// Why there is no signature, or why it is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The signer did not sign.
    #[error("the reconciliation was not signed: {0}")]
    Signer(String),
    /// It is no such file.
    #[error("this is no signed reconciliation: {0}")]
    Form(String),
    /// The sheet was changed after it was signed, or the signature is another one's.
    #[error("the signature does not fit: the file was changed after it was signed")]
    Changed,
    /// It is signed by another certificate than the one asked for.
    #[error("it is signed by certificate {found}, not by {wanted}")]
    OtherCertificate {
        /// SHA-256 of the certificate in the file, hex.
        found: String,
        /// SHA-256 of the one asked for, hex.
        wanted: String,
    },
}

/// The second line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// `sm2-sm3` (user id 1234567812345678, raw r‖s) or `rsa-sha1` (PKCS#1 v1.5), over the bytes of the first line without its
    /// end.
    pub algorithm: String,
    /// Serial number of the certificate, hex.
    pub serial: String,
    /// The certificate, PEM.
    pub certificate: String,
    /// The signature, base64.
    pub signature: String,
}

/// A file that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What it says.
    pub sheet: Sheet,
    /// Whose certificate signed it, as the certificate says.
    pub subject: String,
    /// Serial number of the certificate, hex.
    pub serial: String,
    /// SHA-256 of the certificate, hex.
    pub fingerprint: String,
}

/// Signs a sheet; gives the second line. Waits for the signer.
///
/// # Errors
/// [`FileError::Signer`].
pub fn sign(signer: &impl Signer, body: &str) -> Result<String, FileError> {
    let signature = signer.sign(body.as_bytes()).map_err(|e| FileError::Signer(e.to_string()))?;
    let certificate = signer.certificate();
    if !certificate.verifies(body.as_bytes(), &signature) {
        return Err(FileError::Signer("the signature is not that of the certificate".to_owned()));
    }
    let algorithm = if certificate.signature_length() == SM2_LENGTH { "sm2-sm3" } else { "rsa-sha1" };
    let line = Signature {
        algorithm: algorithm.to_owned(),
        serial: certificate.serial_hex(),
        certificate: certificate.to_pem(),
        signature: STANDARD.encode(signature),
    };
    serde_json::to_string(&line).map_err(|e| FileError::Signer(e.to_string()))
}

/// The whole file.
#[must_use]
pub fn whole(body: &str, signature: &str) -> String {
    format!("{body}\n{signature}\n")
}

/// Verifies a file; with `by` also that this certificate signed it.
///
/// # Errors
/// [`FileError`].
pub fn verify(text: &str, by: Option<&Certificate>) -> Result<Verified, FileError> {
    let form = |why: &dyn std::fmt::Display| FileError::Form(why.to_string());
    let (body, rest) = text.split_once('\n').ok_or_else(|| form(&"it has one line only"))?;
    let body = body.strip_suffix('\r').unwrap_or(body);
    let line: Signature = serde_json::from_str(rest.trim()).map_err(|e| form(&e))?;
    let certificate = Certificate::from_pem(&line.certificate).map_err(|e| form(&e))?;
    let signature = STANDARD.decode(&line.signature).map_err(|e| form(&e))?;
    if !certificate.verifies(body.as_bytes(), &signature) {
        return Err(FileError::Changed);
    }
    let fingerprint = fingerprint(&certificate);
    if let Some(wanted) = by.map(self::fingerprint).filter(|wanted| *wanted != fingerprint) {
        return Err(FileError::OtherCertificate { found: fingerprint, wanted });
    }
    let sheet: Sheet = serde_json::from_str(body).map_err(|e| form(&e))?;
    if sheet.format != FORMAT || sheet.version != VERSION {
        return Err(form(&format!("it is {} of version {}", sheet.format, sheet.version)));
    }
    let (subject, serial) = (certificate.subject().to_owned(), certificate.serial_hex());
    Ok(Verified { sheet, subject, serial, fingerprint })
}

fn fingerprint(certificate: &Certificate) -> String {
    hex::encode(Sha256::digest(certificate.der()))
}
