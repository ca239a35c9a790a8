//! pickup-customs-sim.
fn main() {}
