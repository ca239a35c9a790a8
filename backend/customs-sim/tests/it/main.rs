//! Tests of the simulator: decisions in memory, and the process over HTTP with its journal on disk.

// Helpers beside the tests are not test functions to the lints; a test may panic anywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod applications;
mod checks;
mod configured;
mod course;
mod faults;
mod process;
mod sample;
mod schema;
mod setting;
mod spool;
mod tax;
mod world;
