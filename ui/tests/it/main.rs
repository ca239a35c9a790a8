//! Tests of the screens through the same door as the kiosk program: commands in, frames and actions out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may panic"
)]
#![allow(clippy::float_arithmetic, reason = "pixels and contrast, not money")]

mod golden;
mod layout;
mod loops;
mod palette;
mod rig;
mod samples;
mod texts;
mod touch;
mod unseen;
