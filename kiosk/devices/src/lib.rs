//! Drivers of the kiosk's peripherals: QR scanner, ID-card reader, slip printer and lockers.
//!
//! Each device is a pure codec (bytes to values and back, no IO) and one task that owns the port. A task opens its
//! port, reopens it with back-off when it vanishes, and tells what happens through a channel of events; it says `Up`
//! and `Down` once per change. Nothing here retries an act a person can see: a slip is never sent twice and a lock is
//! never pulsed twice unless the caller asks again.
//!
//! What goes wrong is sorted by what may be done next: *not sent* (safe to ask again), *outcome unknown* (the device
//! may have acted: never repeat by machine) and *no answer*.

mod fault;
pub mod gpio;
pub mod idcard;
pub mod lock;
mod port;
pub mod printer;
pub mod scanner;
mod trace;

pub use fault::{DeviceFault, FaultKind};
pub use port::{Connector, SerialPath};
pub use trace::TraceEntry;
