//! A stand-in for the customs side: E-Port and customs of one port, for demonstrations and tests.
//!
//! [`Port`] decides and is pure: inputs with their time go in, receipts come out, and the same inputs in the same order
//! give the same receipts with the same cursors. [`Journal`] keeps the inputs on disk, so that nothing acknowledged is
//! lost to `kill -9`. [`http`] is the thin shell around both.

mod agreement;
mod alone;
mod answers;
mod arrival;
mod decision;
pub mod http;
mod input;
mod journal;
mod keeping;
mod port;
mod refusal;

pub use input::{Behaviour, BehaviourChange, Decide, Event, HttpBehaviour, Input, MessageInput};
pub use journal::{Journal, JournalError};
pub use port::{DocumentLog, ListState, ListView, MessageLog, Outgoing, Port, Seen};
pub use refusal::Refusal;
