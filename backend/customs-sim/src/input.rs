//! What can happen to the port: the inputs that the journal keeps and that decide everything else.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One input and when it came.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Wall-clock time at the port.
    pub at: Timestamp,
    /// What came.
    #[serde(flatten)]
    pub input: Input,
}

/// An input. It has no `Debug`: messages and purchases hold identity numbers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Input {
    /// A message was delivered.
    Message(MessageInput),
    /// A buyer's purchases elsewhere in a calendar year; replaces what was said before.
    Purchases {
        /// The buyer's identity number.
        id_number: String,
        /// Calendar year in China.
        year: i16,
        /// Amount in fen.
        amount_fen: i64,
    },
    /// A certificate is registered.
    Trust {
        /// The certificate, PEM.
        pem: String,
    },
    /// The port behaves in another way from now on.
    Behaviour(BehaviourChange),
    /// The time between two steps of a declaration.
    Step {
        /// Milliseconds.
        ms: u32,
    },
    /// Time passed: receipts that are due go out.
    Tick,
}

/// A delivered message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageInput {
    /// The sender's id of the message; used once.
    pub message_id: String,
    /// What the sender says it is, such as `CEB621Message`.
    pub message_type: String,
    /// The signed XML, base64.
    pub data: String,
}

/// How the port answers over HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpBehaviour {
    /// As it should.
    #[default]
    Ok,
    /// 503, nothing stored.
    Refuse,
    /// No answer, nothing stored.
    Hang,
    /// Messages are stored and then the connection is cut without an answer.
    DropAfterStore,
}

/// What customs decides of a list that passed all checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decide {
    /// 800.
    #[default]
    Release,
    /// 500, until told to release.
    Inspect,
    /// 300, until told to release.
    Review,
}

/// How the port behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behaviour {
    /// Over HTTP.
    pub http: HttpBehaviour,
    /// Every receipt is sent twice, within a message and as a message.
    pub duplicate_receipts: bool,
    /// The last receipt of a list arrives before the one that precedes it.
    pub reorder_receipts: bool,
    /// Outcome of lists that passed all checks.
    pub decide: Decide,
}

/// What changes of a [`Behaviour`]; the rest stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BehaviourChange {
    /// See [`Behaviour::http`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpBehaviour>,
    /// See [`Behaviour::duplicate_receipts`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_receipts: Option<bool>,
    /// See [`Behaviour::reorder_receipts`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reorder_receipts: Option<bool>,
    /// See [`Behaviour::decide`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decide: Option<Decide>,
}

impl Behaviour {
    /// The behaviour after a change.
    #[must_use]
    pub fn with(self, change: BehaviourChange) -> Self {
        Self {
            http: change.http.unwrap_or(self.http),
            duplicate_receipts: change.duplicate_receipts.unwrap_or(self.duplicate_receipts),
            reorder_receipts: change.reorder_receipts.unwrap_or(self.reorder_receipts),
            decide: change.decide.unwrap_or(self.decide),
        }
    }
}
