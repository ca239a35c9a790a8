//! The kiosk's screens: Slint pages, their view model, and the loop that draws them with or without a display.
//!
//! Nothing here knows of devices, HTTP or the session: a caller sends a [`view::View`], and gets [`view::Action`]s back.

pub mod lockers;
pub mod view;
