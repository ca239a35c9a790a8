//! Enrolment: a one-time code becomes a client certificate.
//!
//! The code is `XXXX-XXXX-…`, Crockford base32 of a 10-byte secret and the first 10 bytes of the SHA-256 of the
//! backend's CA certificate. Only a backend with that authority is spoken to, so nobody in between learns the secret.

use std::path::Path;

use anyhow::Context as _;
use pickup_protocol::crockford;
use pickup_protocol::kiosk::{ApiError, EnrolReply, EnrolRequest, PATH};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};

use crate::files::write_private;
use crate::tls::{self, Client};

type Result<T, E = anyhow::Error> = std::result::Result<T, E>;

const KEY: &str = "kiosk.key";
const ENROLMENT: &str = "enrolment.json";

/// What enrolment leaves in the data directory, beside the key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Enrolment {
    /// Address of the backend, such as `https://10.0.0.5:8443`.
    pub backend: String,
    /// Who the kiosk is.
    #[serde(flatten)]
    pub identity: EnrolReply,
}

/// A one-time code, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Code {
    secret: [u8; 10],
    authority: [u8; 10],
}

/// Why a kiosk did not get its certificate.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The code is no code.
    #[error("the one-time code has 32 letters and digits; type it again")]
    NoCode,
    /// The backend's address is none.
    #[error("{0:#}")]
    Address(anyhow::Error),
    /// Nobody answers there.
    #[error("{0} does not answer: check the address and the network")]
    Unreachable(String, #[source] reqwest::Error),
    /// Somebody else answers there.
    #[error("{0} is not the backend this code was made by: check the address and the code")]
    OtherBackend(String),
    /// The backend does not take the code.
    #[error("{} {} ({})", .0.message_zh, .0.message_en, .0.code)]
    Refused(ApiError),
    /// The backend has a fault of its own, or what it sent cannot be read.
    #[error("the backend's answer cannot be used: {0}")]
    Answer(String),
    /// Key or certificate cannot be made or kept.
    #[error("{0:#}")]
    Here(anyhow::Error),
}

impl Code {
    fn parse(text: &str) -> Result<Self, EnrolError> {
        let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let bytes = crockford::decode(&plain).filter(|b| b.len() == 20).ok_or(EnrolError::NoCode)?;
        let (secret, authority) = bytes.split_at(10);
        match (secret.try_into(), authority.try_into()) {
            (Ok(secret), Ok(authority)) => Ok(Self { secret, authority }),
            _ => Err(EnrolError::NoCode),
        }
    }
}

/// Whether this text can be a one-time code.
#[must_use]
pub fn is_code(text: &str) -> bool {
    Code::parse(text).is_ok()
}

/// Asks the backend for a certificate and keeps it in `data_dir`.
///
/// # Errors
/// [`EnrolError`].
pub async fn enrol(data_dir: &Path, backend: &str, code: &str) -> Result<Enrolment, EnrolError> {
    let code = Code::parse(code)?;
    let (key, csr_pem) = request().map_err(EnrolError::Here)?;
    let pinned = tls::pinned(code.authority).map_err(EnrolError::Here)?;
    let client = tls::client(backend, pinned).map_err(EnrolError::Address)?;
    let request = EnrolRequest { secret: crockford::encode(&code.secret), csr_pem };
    let identity = ask(&client, backend, &request).await?;
    let authority = CertificateDer::from_pem_slice(identity.ca_pem.as_bytes());
    let authority = authority.map_err(|_| EnrolError::Answer("no readable authority".to_owned()))?;
    if tls::fingerprint(&authority) != code.authority {
        return Err(EnrolError::Answer("another authority than its own".to_owned()));
    }
    let enrolment = Enrolment { backend: backend.to_owned(), identity };
    keep(data_dir, &key, &enrolment).map_err(EnrolError::Here)?;
    Ok(enrolment)
}

fn request() -> Result<(rcgen::KeyPair, String)> {
    let key = rcgen::KeyPair::generate().context("no key could be made")?;
    let csr_pem = rcgen::CertificateParams::default().serialize_request(&key)?.pem()?;
    Ok((key, csr_pem))
}

async fn ask(client: &Client, backend: &str, request: &EnrolRequest) -> Result<EnrolReply, EnrolError> {
    let url = client.url(&format!("{PATH}/enrol"));
    let answer = client.http.post(url).json(request).send().await.map_err(|error| {
        if tls::is_another(&error) {
            EnrolError::OtherBackend(backend.to_owned())
        } else {
            EnrolError::Unreachable(backend.to_owned(), error)
        }
    })?;
    let status = answer.status();
    if status.is_success() {
        return answer.json().await.map_err(|error| EnrolError::Answer(error.to_string()));
    }
    match answer.json::<ApiError>().await {
        Ok(error) => Err(EnrolError::Refused(error)),
        Err(_) => Err(EnrolError::Answer(status.to_string())),
    }
}

/// The key first: a kiosk with a certificate and without its key would be no kiosk.
fn keep(data_dir: &Path, key: &rcgen::KeyPair, enrolment: &Enrolment) -> Result<()> {
    std::fs::create_dir_all(data_dir).with_context(|| format!("{} cannot be made", data_dir.display()))?;
    write_private(&data_dir.join(KEY), &key.serialize_pem())?;
    write_private(&data_dir.join(ENROLMENT), &serde_json::to_string_pretty(enrolment)?)
}

/// Whether this kiosk has been enrolled.
#[must_use]
pub fn is_enrolled(data_dir: &Path) -> bool {
    data_dir.join(ENROLMENT).exists()
}

/// What enrolment left, with the private key in PEM.
///
/// # Errors
/// When the kiosk was never enrolled.
pub fn read(data_dir: &Path) -> Result<(Enrolment, String)> {
    let text = |name: &str| {
        let path = data_dir.join(name);
        std::fs::read_to_string(&path).with_context(|| {
            format!("{} cannot be read: enrol the kiosk first with `pickup-kiosk enrol`", path.display())
        })
    };
    let enrolment = serde_json::from_str(&text(ENROLMENT)?)
        .with_context(|| format!("{ENROLMENT} is damaged: enrol the kiosk again"))?;
    Ok((enrolment, text(KEY)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_with_or_without_dashes_and_in_small_letters() {
        let bytes: Vec<u8> = (0..20).collect();
        let code = crockford::encode(&bytes);
        let dashed: Vec<&str> = (0..8).map(|i| &code[i * 4..i * 4 + 4]).collect();
        for text in [code.clone(), dashed.join("-"), dashed.join(" ").to_lowercase()] {
            let code = Code::parse(&text).unwrap();
            assert_eq!(code.secret.as_slice(), &bytes[..10]);
            assert_eq!(code.authority.as_slice(), &bytes[10..]);
        }
        assert!(Code::parse(&code[..31]).is_err());
        assert!(Code::parse("").is_err());
    }
}
