//! End to end: the real programs, driven as people and shops would.

mod bad_input;
mod browser;
mod clearing;
mod filed;
mod journey;
mod locks;
mod locks_buses;
mod locks_gpio;
mod locks_helper;
mod pace;
mod power_cuts;
mod script;
mod trust;
