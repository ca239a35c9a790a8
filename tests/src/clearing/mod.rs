//! Measuring clearing: the product over HTTP beside the bare statements and a transaction for each order.

#![allow(clippy::float_arithmetic, reason = "rates and milliseconds for people; no money is near")]

pub mod arms;
pub mod http;
pub mod killing;
pub mod orders;
pub mod setup;
pub mod usage;
