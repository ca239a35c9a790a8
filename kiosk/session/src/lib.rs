//! The pickup and staff flows of a kiosk as a sans-IO state machine.
//!
//! A [`Session`] takes [`Event`]s and the time, and gives [`Command`]s. It opens no port, asks no clock and waits for
//! nothing, so that a hundred thousand shoppers can be played in a second. What must survive a power cut it asks to be
//! journalled, and goes on only when that was done; [`journal::recover`] turns the journal back into where it stood.

pub mod command;
mod config;
pub mod event;
pub mod journal;
mod paper;
mod pickup;
pub mod prune;
mod recovery;
mod report;
mod restart;
pub mod service;
mod session;
mod staff;
mod staff_menu;
mod staff_open;
mod staff_pin;
mod staff_slip;
mod staff_view;
mod standing;
mod state;
mod stuck;
mod timing;
mod touch;
mod typed;
mod unasked;
mod view;
mod withdraw;

pub use command::{
    Away, Command, Display, FreeDoors, Inside, ListKind, Look, Nth, Problem, Screen, SlipJob, StaffList,
    View, Whereabouts,
};
pub use config::Config;
pub use event::{Action, Card, Event, GoodsFault, Now, OpenFailure, Trouble, Unreachable};
pub use journal::{Record, Recovery, recover};
pub use prune::shorten;
pub use session::Session;
