//! Payment data that customs may ask for.
pub mod config;
