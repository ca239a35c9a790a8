//! Measuring clearing: the product over HTTP beside the bare statements and a transaction for each order.

pub mod arms;
pub mod http;
pub mod killing;
pub mod orders;
pub mod setup;
pub mod usage;
