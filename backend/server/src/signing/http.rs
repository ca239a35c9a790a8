//! A signing service over HTTP, in front of an HSM or a rack of cards. docs/signing.md has the protocol.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use pickup_customs::{Certificate, KeyKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use zeroize::Zeroizing;

use super::config::SignerConfig;
use super::{OpenError, Signing, SigningError, secret, signature};

/// A signing service.
pub struct HttpSigner {
    name: String,
    registration: String,
    certificate: Certificate,
    line: Line,
}

struct Line {
    name: String,
    client: reqwest::Client,
    base: String,
    token: Option<Zeroizing<String>>,
}

#[derive(Deserialize)]
struct About {
    certificate: String,
    #[serde(default)]
    registration: String,
}

#[derive(Deserialize)]
struct Signed {
    signature: String,
}

#[derive(Default, Deserialize)]
struct Trouble {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// Asks the service for its certificate.
///
/// # Errors
/// [`OpenError`].
pub async fn open(config: &SignerConfig) -> Result<HttpSigner, OpenError> {
    let timeout = Duration::from_millis(u64::from(config.timeout_ms));
    let unreachable = |error: reqwest::Error| away(&config.name, &error);
    let token = if config.password_file.as_os_str().is_empty() {
        None
    } else {
        Some(secret(&config.name, &config.password_file)?)
    };
    let line = Line {
        name: config.name.clone(),
        client: reqwest::Client::builder().timeout(timeout).no_proxy().build().map_err(unreachable)?,
        base: config.url.trim_end_matches('/').to_owned(),
        token,
    };
    let about: About = line.ask(line.client.get(format!("{}/certificate", line.base))).await?;
    let certificate = Certificate::from_pem(&about.certificate)
        .map_err(|source| OpenError::Certificate { signer: config.name.clone(), source })?;
    let registration =
        if about.registration.is_empty() { config.registration.clone() } else { about.registration };
    Ok(HttpSigner { name: config.name.clone(), registration, certificate, line })
}

impl HttpSigner {
    async fn signed(&self, to_sign: &[u8]) -> Result<Vec<u8>, SigningError> {
        let algorithm = match self.certificate.key_kind() {
            KeyKind::Sm2 => "sm2-sm3",
            KeyKind::Rsa => "rsa-sha1",
        };
        let body = json!({
            "data": STANDARD.encode(to_sign),
            "algorithm": algorithm,
            "certificate": self.certificate.serial_hex(),
        });
        let request = self.line.client.post(format!("{}/sign", self.line.base)).json(&body);
        let answer: Signed = self.line.ask(request).await?;
        signature::read(&answer.signature, self.certificate.signature_length()).ok_or_else(|| {
            SigningError::Garbage { signer: self.name.clone(), why: "no signature of its key".to_owned() }
        })
    }
}

impl Line {
    async fn ask<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T, SigningError> {
        let request = match &self.token {
            Some(token) => request.bearer_auth(token.as_str()),
            None => request,
        };
        let answer = request.send().await.map_err(|error| away(&self.name, &error))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| away(&self.name, &error))?;
        let signer = || self.name.clone();
        if matches!(status.as_u16(), 401 | 403) {
            return Err(SigningError::Password(signer()));
        }
        if !status.is_success() {
            let trouble: Trouble = serde_json::from_str(&text).unwrap_or_default();
            let why = format!("{} {} {}", status.as_u16(), trouble.code, trouble.message);
            return Err(SigningError::Refused { signer: signer(), why: why.trim().to_owned() });
        }
        // The position is told, the content is not: it may hold a signature.
        serde_json::from_str(&text).map_err(|error| SigningError::Garbage {
            signer: signer(),
            why: format!("{:?}", error.classify()),
        })
    }
}

fn away(name: &str, error: &reqwest::Error) -> SigningError {
    if error.is_timeout() {
        return SigningError::TimedOut(name.to_owned());
    }
    SigningError::Unreachable { signer: name.to_owned(), why: error.to_string() }
}

impl Signing for HttpSigner {
    fn sign<'a>(&'a self, to_sign: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, SigningError>> {
        self.signed(to_sign).boxed()
    }

    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn registration(&self) -> &str {
        &self.registration
    }
}
