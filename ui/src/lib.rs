//! The kiosk's screens: Slint pages, their view model, and the loop that draws them with or without a display.
//!
//! Nothing here knows of devices, HTTP or the session: a caller sends a [`view::View`], and gets [`view::Action`]s back.

mod action;
mod aside;
mod bind;
mod bind_service;
mod bind_staff;
mod flow;
mod fonts;
mod frame;
#[cfg(feature = "testing")]
pub mod glass;
mod goods;
mod guard;
mod headless;
mod lockers;
mod money;
mod pad;
mod refused;
mod screen;
pub mod service;
mod service_action;
mod staff;
mod text;
pub mod view;
mod way;
#[cfg(any(feature = "window", feature = "linuxkms"))]
mod window;

pub use fonts::{FONT_BOLD, FONT_REGULAR, missing_glyphs};
pub use frame::{Frame, Hooks, Target, Touch, TouchKind, UiCommand, UiError};
pub use headless::headless;
pub use money::yuan;
#[cfg(feature = "linuxkms")]
pub use window::display;
#[cfg(feature = "window")]
pub use window::window;

#[allow(clippy::all, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#[allow(clippy::float_arithmetic, clippy::todo, missing_docs, rust_2018_idioms, unreachable_pub)]
mod generated {
    slint::include_modules!();
}
