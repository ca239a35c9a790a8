//! Tests of the session from outside: each path as a scenario, every restart, and random lives of a kiosk.

// Helpers beside the tests are not test functions to the lints; a test may panic anywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod aside;
mod door;
mod kiosk;
mod lives;
mod offline;
mod pickup;
mod printer;
mod prune;
mod restart;
mod sample;
mod service;
mod staff;
mod typed;
mod unasked;
mod unheard;
mod waiting;
mod wishes;
mod withdraw;
mod work;
