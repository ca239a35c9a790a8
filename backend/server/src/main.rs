//! pickup-backend.
fn main() {}
