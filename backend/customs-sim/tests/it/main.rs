//! Tests of the simulator: decisions in memory, and the process over HTTP with its journal on disk.

// Helpers beside the tests are not test functions to the lints; a test may panic anywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod checks;
mod course;
mod process;
mod sample;
mod world;
