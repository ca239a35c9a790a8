//! Enrolment: a one-time code becomes a client certificate.
//!
//! The code is `XXXX-XXXX-…`, Crockford base32 of a 10-byte secret and the first 10 bytes of the SHA-256 of the
//! backend's CA certificate. Only a backend with that authority is spoken to, so nobody in between learns the secret.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use pickup_protocol::crockford;
use pickup_protocol::kiosk::{ApiError, EnrolReply, EnrolRequest, PATH};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};

use crate::files::write_private;
use crate::tls;

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

impl Code {
    fn parse(text: &str) -> Result<Self> {
        let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let bytes = crockford::decode(&plain).filter(|b| b.len() == 20);
        let bytes = bytes.context("the one-time code has 32 letters and digits; type it again")?;
        let (secret, authority) = bytes.split_at(10);
        Ok(Self { secret: secret.try_into()?, authority: authority.try_into()? })
    }
}

/// Asks the backend for a certificate and keeps it in `data_dir`.
///
/// # Errors
/// When the code is wrong or was used, or the backend is another one than the code is for.
pub async fn enrol(data_dir: &Path, backend: &str, code: &str) -> Result<Enrolment> {
    let code = Code::parse(code)?;
    std::fs::create_dir_all(data_dir).with_context(|| format!("{} cannot be made", data_dir.display()))?;
    let key = rcgen::KeyPair::generate().context("no key could be made")?;
    let csr_pem = rcgen::CertificateParams::default().serialize_request(&key)?.pem()?;
    write_private(&data_dir.join(KEY), &key.serialize_pem())?;
    let request = EnrolRequest { secret: crockford::encode(&code.secret), csr_pem };
    let client = tls::client(backend, tls::pinned(code.authority)?)?;
    let url = client.url(&format!("{PATH}/enrol"));
    let sent = client.http.post(url).json(&request).send().await;
    let answer = sent.with_context(|| {
        format!("{backend} does not answer, or is not the backend this code was made by: check the address")
    })?;
    if !answer.status().is_success() {
        let status = answer.status();
        match answer.json::<ApiError>().await {
            Ok(error) => bail!("{} {} ({})", error.message_zh, error.message_en, error.code),
            Err(_) => bail!("the backend answered {status}"),
        }
    }
    let identity: EnrolReply = answer.json().await.context("the backend's answer cannot be read")?;
    let authority = CertificateDer::from_pem_slice(identity.ca_pem.as_bytes());
    let authority = authority.ok().context("the backend sent no readable authority")?;
    ensure!(
        tls::fingerprint(&authority) == code.authority,
        "the backend sent another authority than its own"
    );
    let enrolment = Enrolment { backend: backend.to_owned(), identity };
    write_private(&data_dir.join(ENROLMENT), &serde_json::to_string_pretty(&enrolment)?)?;
    Ok(enrolment)
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
