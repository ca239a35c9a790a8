//! The kiosk.

mod slip;

fn main() {}
