//! The customs gateway as this backend sees it: messages go in, receipts come out by cursor.

use std::future::Future;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use pickup_domain::china_time;
use serde::Deserialize;
use serde_json::json;

/// Why the gateway did not take or give something. Trying again later may help.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// It cannot be reached.
    #[error("the customs gateway cannot be reached: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// It answered something else than expected.
    #[error("the customs gateway answered {status}: {text}")]
    Answer {
        /// HTTP status.
        status: u16,
        /// First characters of the answer.
        text: String,
    },
    /// A receipt is not base64.
    #[error("receipt {0} of the customs gateway is not base64")]
    Encoding(i64),
    /// A folder of the client cannot be read or written.
    #[error("{path}: {source}; the client's folders must be there and ours to write")]
    Folder {
        /// Which file or folder.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The message cannot be put into the envelope of the exchange network.
    #[error("message {id} does not fit its envelope: {why}")]
    Envelope {
        /// Which message.
        id: String,
        /// Why.
        why: String,
    },
    /// What a port gave cannot be kept here.
    #[error("receipts cannot be kept: {0}")]
    Kept(String),
}

/// A message to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// Stable id: sending twice changes nothing.
    pub id: &'a str,
    /// Such as `CEB621Message`.
    pub kind: &'a str,
    /// The signed text, byte for byte as stored.
    pub body: &'a [u8],
    /// Now.
    pub at: Timestamp,
}

/// A receipt message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// The gateway's cursor, growing.
    pub cursor: i64,
    /// Such as `CEB622Message`.
    pub kind: String,
    /// XML.
    pub body: Vec<u8>,
}

/// Where messages go and receipts come from.
pub trait Gateway: Send + Sync + 'static {
    /// Hands over one message.
    fn send(&self, message: Outgoing<'_>) -> impl Future<Output = Result<(), GatewayError>> + Send;

    /// Receipts after `after`, oldest first, at most `limit`.
    fn receipts(
        &self,
        after: i64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Incoming>, GatewayError>> + Send;
}

/// The gateway over HTTP with JSON envelopes, as some ports offer it.
#[derive(Clone, Debug)]
pub struct HttpGateway {
    client: reqwest::Client,
    base: String,
    dxp_id: String,
    receiver_id: String,
}

impl HttpGateway {
    /// A gateway at `base`, with our mailbox and the customs side's.
    ///
    /// # Errors
    /// [`GatewayError`] when no HTTP client can be made.
    pub fn new(base: &str, dxp_id: &str, receiver_id: &str, timeout_ms: u32) -> Result<Self, GatewayError> {
        let timeout = Duration::from_millis(u64::from(timeout_ms));
        let client = reqwest::Client::builder().timeout(timeout).no_proxy().build()?;
        Ok(Self {
            client,
            base: base.trim_end_matches('/').to_owned(),
            dxp_id: dxp_id.to_owned(),
            receiver_id: receiver_id.to_owned(),
        })
    }
}

#[derive(Deserialize)]
struct ReceiptList {
    receipts: Vec<ReceiptItem>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptItem {
    cursor: i64,
    message_type: String,
    data: String,
}

impl Gateway for HttpGateway {
    async fn send(&self, message: Outgoing<'_>) -> Result<(), GatewayError> {
        let envelope = json!({ "message": {
            "messageHead": {
                "version": "1.0",
                "messageId": message.id,
                "senderID": self.dxp_id,
                "receiverID": self.receiver_id,
                "sendTime": china_time::seconds14(message.at),
                "messageType": message.kind,
            },
            "messageBody": { "data": STANDARD.encode(message.body) },
        }});
        let answer = self.client.post(format!("{}/cebcmsg", self.base)).json(&envelope).send().await?;
        let text = accepted(answer).await?;
        if text.trim().trim_matches('"') == "OK" { Ok(()) } else { Err(refused(200, &text)) }
    }

    async fn receipts(&self, after: i64, limit: u32) -> Result<Vec<Incoming>, GatewayError> {
        let text = self.get(&format!("receipts?dxpid={}&after={after}&limit={limit}", self.dxp_id)).await?;
        let list: ReceiptList = serde_json::from_str(&text).map_err(|_| refused(200, &text))?;
        list.receipts.into_iter().map(ReceiptItem::read).collect()
    }
}

impl ReceiptItem {
    fn read(self) -> Result<Incoming, GatewayError> {
        let body = STANDARD.decode(&self.data).map_err(|_| GatewayError::Encoding(self.cursor))?;
        Ok(Incoming { cursor: self.cursor, kind: self.message_type, body })
    }
}

impl HttpGateway {
    /// What the gateway answers at a path below its address; nothing for 204.
    ///
    /// # Errors
    /// [`GatewayError`], also for an answer that is no success.
    pub async fn get(&self, path: &str) -> Result<String, GatewayError> {
        accepted(self.client.get(format!("{}/{path}", self.base)).send().await?).await
    }
}

async fn accepted(answer: reqwest::Response) -> Result<String, GatewayError> {
    let status = answer.status();
    let text = answer.text().await?;
    if status.is_success() { Ok(text) } else { Err(refused(status.as_u16(), &text)) }
}

/// An answer that cannot be used, with its beginning.
#[must_use]
pub fn refused(status: u16, text: &str) -> GatewayError {
    GatewayError::Answer { status, text: text.chars().take(200).collect() }
}
