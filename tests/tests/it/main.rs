//! End to end: the real programs, driven as people and shops would; and each driver against the mock.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may panic"
)]

mod bad_input;
mod browser;
mod browser_early;
mod browser_flows;
mod browser_journeys;
mod cards;
mod check;
mod clearing;
mod commission;
mod console;
mod console_doors;
mod console_stock;
mod desk;
mod filed;
mod health;
mod journal;
mod journey;
mod locks;
mod locks_buses;
mod locks_gpio;
mod locks_helper;
mod pace;
mod phone;
mod phone_pages;
mod power_cuts;
mod printers;
mod rig;
mod scanners;
mod schemathesis;
mod script;
mod shell;
mod trust;
mod walkthrough;
