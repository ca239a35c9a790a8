//! Tests of the crate from outside: written bytes, signatures, receipts, and the official schema where it is at hand.

// Helpers beside the tests are not test functions to the lints; a test may panic anywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod damage;
mod golden;
mod outside_tools;
mod receipts;
mod roundtrip;
mod sample;
mod signatures;
