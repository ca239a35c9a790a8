//! Tests of the simulated devices, their lines and the bench.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails, in its helpers too"
)]

mod board;
mod cards;
mod codes;
mod families;
mod http;
mod kinds;
mod lines;
mod paper;
mod screen;
mod slips;
mod support;
mod wiring;
