//! Payment companies.
pub mod config;
