//! A port over HTTP whose receipts are asked for by kind and time: `GET /ceb622msg?dxpid=…&qryid=yyyyMMddHHmmss`.
//!
//! What the answer looks like is not written down anywhere we know of, so every likely form is read: nothing, one JSON
//! envelope as it is sent, a list of them, a list of base64 texts, or bare XML.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use pickup_domain::china_time;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::config::PortConfig;
use super::{Fetched, Haul, envelope};
use crate::clearing::gateway::{Gateway as _, GatewayError, HttpGateway, Outgoing, refused};

/// How far back the first poll reaches.
const FIRST: SignedDuration = SignedDuration::from_hours(24);

/// A port that is polled.
#[derive(Clone, Debug)]
pub struct PollGateway {
    line: HttpGateway,
    dxp_id: String,
    paths: Vec<String>,
    overlap: SignedDuration,
}

impl PollGateway {
    /// The port of these settings, with our mailbox and its own.
    ///
    /// # Errors
    /// [`GatewayError`] when no HTTP client can be made.
    pub fn new(
        config: &PortConfig,
        dxp_id: &str,
        receiver: &str,
        timeout_ms: u32,
    ) -> Result<Self, GatewayError> {
        Ok(Self {
            line: HttpGateway::new(&config.url, dxp_id, receiver, timeout_ms)?,
            dxp_id: dxp_id.to_owned(),
            paths: config.receipt_paths.clone(),
            overlap: SignedDuration::from_secs(i64::from(config.overlap_s)),
        })
    }

    /// Hands over a message.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn send(&self, message: Outgoing<'_>) -> Result<(), GatewayError> {
        self.line.send(message).await
    }

    /// Asks every path for what came since the mark, a little before it.
    ///
    /// # Errors
    /// [`GatewayError`] of the first path that does not answer; the mark then stays where it is.
    pub async fn fetch(&self, mark: &str, now: Timestamp) -> Result<Haul, GatewayError> {
        let last = china_time::parse_digits(mark);
        let since = last.map_or(FIRST, |_| self.overlap);
        let since = last.unwrap_or(now).checked_sub(since).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut receipts = Vec::new();
        for path in &self.paths {
            let asked = format!("{path}?dxpid={}&qryid={}", self.dxp_id, china_time::seconds14(since));
            let text = self.line.get(&asked).await?;
            let all = read(&text).ok_or_else(|| refused(200, &text))?;
            receipts.extend(all.into_iter().map(|body| fetched(path, body)));
        }
        Ok(Haul { receipts, mark: china_time::seconds14(now) })
    }
}

fn fetched(path: &str, body: Vec<u8>) -> Fetched {
    let source = format!("{path}/{}", hex::encode(Sha256::digest(&body).get(..16).unwrap_or_default()));
    let kind = path.trim_end_matches("msg").to_ascii_uppercase() + "Message";
    let (kind, body) = envelope::unwrap(&kind, body);
    Fetched { source, kind, body }
}

/// The messages of an answer; `None` when it is of no form known here.
fn read(text: &str) -> Option<Vec<Vec<u8>>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Vec::new());
    }
    if text.starts_with('<') {
        // A page of a proxy is no receipt.
        let known = |root: &&str| root.ends_with("Message") || root.starts_with("Dxp");
        return envelope::root(text.as_bytes()).filter(known).map(|_| vec![text.as_bytes().to_vec()]);
    }
    match serde_json::from_str(text).ok()? {
        Value::Null => Some(Vec::new()),
        Value::Array(all) => all.iter().map(one).collect(),
        Value::String(text) if matches!(text.as_str(), "" | "OK") => Some(Vec::new()),
        single => Some(vec![one(&single)?]),
    }
}

fn one(value: &Value) -> Option<Vec<u8>> {
    let inside = |path| value.pointer(path).and_then(Value::as_str);
    let data = value.as_str().or_else(|| inside("/message/messageBody/data")).or_else(|| inside("/data"))?;
    let data: String = data.split_ascii_whitespace().collect();
    STANDARD.decode(data).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_likely_form_of_an_answer_is_read_and_garbage_is_not() {
        let data = STANDARD.encode("<M1Message/>");
        let envelope = json!({ "message": { "messageBody": { "data": data } } });
        for text in [
            "<M1Message/>".to_owned(),
            envelope.to_string(),
            json!([envelope]).to_string(),
            json!([data]).to_string(),
            json!(data).to_string(),
        ] {
            assert_eq!(read(&text), Some(vec![b"<M1Message/>".to_vec()]), "{text}");
        }
        for text in ["", "null", "[]", "\"OK\""] {
            assert_eq!(read(text), Some(vec![]), "{text}");
        }
        for text in ["<html><body>busy</body></html>", "<", "{}", "[1]", "[\"*\"]", "busy"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
