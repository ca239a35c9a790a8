//! The backend over real sockets, with real certificates and a real database file.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where something is not as it must be"
)]

mod bench;
mod books;
mod citus;
mod customs;
mod deposit;
mod enrolment;
mod handover;
mod health;
mod imports;
mod pickup;
mod program;
mod service;
mod simulation;
mod store;
mod trail;
mod web;
mod wishes;
mod work;
