//! The whole product as a person meets it: real processes, real wires, driven from outside.
//!
//! [`product::Product`] starts the programs in a folder of their own; [`hands::Hands`] are a person's hands at the
//! bench; [`shop::Shop`] is an e-shop; [`pilot::Pilot`] reacts to what the kiosk shows until an errand is done.

pub mod clearing;
pub mod console;
pub mod customs_orders;
#[cfg(feature = "glass")]
pub mod glass;
pub mod hands;
pub mod hostile;
pub mod looks;
pub mod messages;
pub mod people;
pub mod pi;
pub mod pilot;
pub mod ports;
pub mod processes;
pub mod product;
pub mod program;
pub mod recorder;
pub mod settings;
pub mod shop;
pub mod slip;
pub mod timed;
pub mod wait;
pub mod webdriver;
