//! pickup-kiosk.
fn main() {}
