//! A stand-in for the customs side: E-Port and customs of one port, for demonstrations and tests.
//!
//! [`Port`] decides and is pure: inputs with their time go in, receipts come out, and the same inputs in the same order
//! give the same receipts with the same cursors. It reads messages by its own table of the fields and writes receipts
//! itself, so that a mistake of `pickup-customs` cannot hide in its mirror image; only signatures are checked by that
//! crate. [`Journal`] keeps the inputs on disk, so that nothing acknowledged is lost to `kill -9`. [`http`] and
//! [`spool`] are the thin shells around both.

mod agreement;
mod alone;
mod amount;
mod answers;
mod applications;
mod arrival;
mod behaviour;
mod books;
mod course;
pub mod http;
mod input;
mod journal;
mod keeping;
mod ledger;
mod lists;
mod page;
mod port;
mod reading;
mod refusal;
mod sending;
pub mod setup;
pub mod shell;
pub mod spool;
mod table;
mod tax;

pub use amount::Amount;
pub use behaviour::{Behaviour, BehaviourChange, BehaviourError, Decide, HttpBehaviour, Rounding, TaxRates};
pub use books::{Books, ListView, QuotaView, StockView, buyer_digest};
pub use input::{Event, Input, MessageInput};
pub use journal::{Journal, JournalError};
pub use keeping::ListState;
pub use ledger::Item;
pub use port::{CourseEntry, DocumentLog, MessageLog, Outgoing, Port, Seen};
pub use refusal::Refusal;
