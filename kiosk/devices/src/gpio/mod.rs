//! Doors on pins: a relay that pulls the lock and a contact that says whether the door is shut, written against
//! embedded-hal 1.0 and nothing else. A bank of them looks to the rest like one more bus of lock boards.
//!
//! What holds for every backend: all relays are switched off before anything else; a pulse lasts 100 to 1,000 ms by
//! type ([`PulseLength`](crate::lock::PulseLength)); a relay rests between pulses; a contact counts only when it has
//! stayed the same for a while.
//!
//! # When a process dies during a pulse
//!
//! On pins, unlike on a board that times its pulses by itself, the program that switched the relay on must switch it off
//! again. Each pulse is therefore given by a short-lived process of its own ([`helper`]): this program started again
//! with a hidden first argument. It takes the pin, switches it on, waits, switches it off and ends; the kiosk waits for
//! it, ends it when it takes too long, and switches the pin off once more. So:
//!
//! | what dies during a pulse | `cdev` | `rppal` | `mcp23017` |
//! | --- | --- | --- | --- |
//! | the kiosk | the helper switches off in time | the helper switches off in time | the helper switches off in time |
//! | the helper | the kernel takes the line back at once | the kiosk switches off | the kiosk switches off |
//! | both at the same moment | the kernel takes the line back at once | on until the kiosk has started again | on until the kiosk has started again |
//! | the computer stands still | on | on | on |
//!
//! "The kernel takes the line back" means that the pin is an input again. What a relay does then is a matter of the
//! circuit: it needs a resistor that holds it off, and a chip that does not keep its outputs (the Raspberry Pi's
//! `persist_gpio_outputs` must be off). Where the last row matters, use a board that times its pulses by itself.

mod backend;
mod bank;
#[cfg(feature = "gpio-cdev")]
mod cdev;
mod debounce;
#[cfg(feature = "gpio-files")]
mod files;
pub mod helper;
#[cfg(feature = "mcp23017")]
mod mcp23017;
mod pins;
#[cfg(feature = "gpio-rppal")]
mod rppal;
mod settings;

pub(crate) use bank::Pins;
pub use bank::{Bank, spawn_on};
pub use debounce::Debounce;
pub use pins::{Contacts, HalContacts, HalRelays, PinError, PulseError, Relays, hold};
pub use settings::{GpioBackend, GpioSettings, PinPair};
