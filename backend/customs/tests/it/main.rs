//! Tests of the crate from outside: written bytes, signatures, receipts, and the official schema where it is at hand.

// Helpers beside the tests are not test functions to the lints; a test may panic anywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod certificates;
mod corpus;
mod damage;
mod documents;
mod envelopes;
mod golden;
mod hostile;
mod official;
mod outside_tools;
mod profiles;
mod property;
mod receipts;
mod roundtrip;
mod sample;
mod signatures;
mod tables;
mod tamper;
#[path = "../../../../fuzz/src/lib.rs"]
mod targets;
