//! A stand-in for a payment company: payments, refunds and declarations to customs over HTTP, signed notifications, and every
//! failure on request. It speaks the protocol of docs/payment-data.md from its description and shares no code with the
//! backend, so that a mistake there cannot hide in its mirror image. Everything is in memory.

pub mod books;
pub mod http;
pub mod notify;
mod page;
pub mod signature;

pub use books::Books;
pub use http::{Sim, router};
