//! The rules against a slow and obvious second formulation of them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends where something is not as it must be"
)]

mod absurd;
mod limits;
mod lists;
mod matching;
mod orders;
mod tax;
