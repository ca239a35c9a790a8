//! The kiosk's devices, simulated on pseudo-terminals, and a bench page on which a person is the shopper.
//!
//! Every device follows its maker's protocol sheet and nothing of the kiosk's code, so that a mistake in a driver cannot
//! hide in its mirror image.

pub mod bench;
pub mod faults;
pub mod frame;
pub mod http;
pub mod idcard;
pub mod lines;
pub mod lock;
pub mod picture;
pub mod pins;
pub mod printer;
pub mod rack;
pub mod scanner;
pub mod screen;
pub mod wire;
pub mod world;
