//! A card in the E-Port card service, over its local websocket (`ws://127.0.0.1:61232`).
//!
//! Requests and answers are JSON. What is not known of them for certain is in [`CardNames`]. A connection serves one request:
//! it is local, and one that hangs or breaks takes nothing else with it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use pickup_customs::Certificate;
use serde_json::{Map, Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use zeroize::Zeroizing;

use super::config::{CardNames, Input, SignerConfig};
use super::{OpenError, Signing, SigningError, secret, signature};

/// Most messages that are read while waiting for the answer: the service greets and tells of cards in between.
const MOST_OTHERS: usize = 16;

/// A card.
pub struct CardSigner {
    line: Line,
    registration: String,
    certificate: Certificate,
    password: Zeroizing<String>,
}

struct Line {
    name: String,
    address: String,
    names: CardNames,
    serial: AtomicU32,
}

/// Asks the card for its certificate.
///
/// # Errors
/// [`OpenError`].
pub async fn open(config: &SignerConfig) -> Result<CardSigner, OpenError> {
    let line = Line {
        name: config.name.clone(),
        address: config.url.clone(),
        names: config.card.clone(),
        serial: AtomicU32::new(1),
    };
    let password = secret(&config.name, &config.password_file)?;
    let limit = Duration::from_millis(u64::from(config.timeout_ms.max(1)));
    let asked = tokio::time::timeout(limit, line.ask(&line.names.certificate_method, json!({}))).await;
    let text = asked.unwrap_or_else(|_| Err(SigningError::TimedOut(config.name.clone())))?;
    let certificate = certificate(&text)
        .map_err(|source| OpenError::Certificate { signer: config.name.clone(), source })?;
    Ok(CardSigner { line, registration: config.registration.clone(), certificate, password })
}

/// PEM, or base64 of DER without the lines around it.
fn certificate(text: &str) -> Result<Certificate, pickup_customs::CertificateError> {
    if text.contains("-----BEGIN") {
        return Certificate::from_pem(text);
    }
    let compact: String = text.split_ascii_whitespace().collect();
    Certificate::from_der(&STANDARD.decode(compact).unwrap_or_default())
}

impl CardSigner {
    async fn signed(&self, to_sign: &[u8]) -> Result<Vec<u8>, SigningError> {
        let garbage =
            |why: &str| SigningError::Garbage { signer: self.line.name.clone(), why: why.to_owned() };
        let data = match self.line.names.input {
            Input::Text => {
                String::from_utf8(to_sign.to_vec()).map_err(|_| garbage("only text can be signed"))?
            }
            Input::Base64 => STANDARD.encode(to_sign),
        };
        let args = json!({ "inData": data, "passwd": self.password.as_str() });
        let text = self.line.ask(&self.line.names.sign_method, args).await?;
        let read = signature::read(&text, self.certificate.signature_length());
        read.ok_or_else(|| garbage("no signature of its key"))
    }
}

impl Line {
    async fn ask(&self, method: &str, args: Value) -> Result<String, SigningError> {
        let away = |why: String| SigningError::Unreachable { signer: self.name.clone(), why };
        let id = self.serial.fetch_add(1, Ordering::Relaxed);
        let request: Map<String, Value> = [
            (self.names.method.clone(), json!(method)),
            (self.names.id.clone(), json!(id)),
            (self.names.args.clone(), args),
        ]
        .into_iter()
        .collect();
        let (mut socket, _) = connect_async(self.address.as_str()).await.map_err(|e| away(e.to_string()))?;
        let text = Value::Object(request).to_string();
        socket.send(Message::text(text)).await.map_err(|e| away(e.to_string()))?;
        for _ in 0..MOST_OTHERS {
            let message = socket.next().await.ok_or_else(|| away("it closed the connection".to_owned()))?;
            let message = message.map_err(|e| away(e.to_string()))?;
            let Message::Text(text) = message else { continue };
            if let Some(answer) = self.answer(method, id, &text) {
                // The service need not wait for a good-bye, and neither do we.
                let _ = socket.close(None).now_or_never();
                return answer;
            }
        }
        Err(self.garbage("it says everything but the answer"))
    }

    /// The answer in a text; `None` when the text answers something else.
    fn answer(&self, method: &str, id: u32, text: &str) -> Option<Result<String, SigningError>> {
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            return Some(Err(self.garbage("not JSON")));
        };
        let to = value.get(&self.names.method).and_then(Value::as_str);
        let number = value.get(&self.names.id).and_then(Value::as_u64);
        if to.is_some_and(|to| to != method) || number.is_some_and(|number| number != u64::from(id)) {
            return None;
        }
        let ok = match value.pointer(&self.names.ok) {
            Some(Value::Bool(ok)) => *ok,
            Some(Value::Number(n)) => n.as_u64() == Some(0),
            Some(Value::String(word)) => matches!(word.as_str(), "true" | "0" | "00"),
            _ => return Some(Err(self.garbage("it does not say whether it worked"))),
        };
        if !ok {
            let why = value.pointer(&self.names.error).map(words).unwrap_or_default();
            return Some(Err(self.refused(&why)));
        }
        let data = value.pointer(&self.names.data).and_then(Value::as_str);
        Some(
            data.map(str::to_owned)
                .ok_or_else(|| self.garbage("there is nothing where the answer should be")),
        )
    }

    fn refused(&self, why: &str) -> SigningError {
        let lower = why.to_lowercase();
        if self.names.wrong_password.iter().any(|word| lower.contains(word.as_str())) {
            return SigningError::Password(self.name.clone());
        }
        SigningError::Refused { signer: self.name.clone(), why: why.chars().take(200).collect() }
    }

    fn garbage(&self, why: &str) -> SigningError {
        SigningError::Garbage { signer: self.name.clone(), why: why.to_owned() }
    }
}

fn words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Signing for CardSigner {
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
