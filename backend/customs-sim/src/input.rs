//! What can happen to the port: the inputs that the journal keeps and that decide everything else.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::behaviour::BehaviourChange;

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
    /// What a bonded book holds of an item; replaces what was said before. Books without any are not checked.
    Stock {
        /// Number of the book (账册).
        ems_no: String,
        /// Number of the item in the book (料号).
        record_no: String,
        /// Quantity entered, a decimal.
        entered: String,
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
    /// All receipts about the documents of a message are sent once more.
    Replay {
        /// The message's number, from 1.
        message: u64,
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
