//! The backend of Bonded Pickup: shops' orders in, declarations out, parcels to kiosks.

pub mod app;
pub mod backup;
pub mod books;
pub mod ca;
pub mod centre;
pub mod clearing;
pub mod config;
pub mod console;
pub mod credentials;
pub mod dataset;
pub mod db;
pub mod demo;
pub mod error;
pub mod filed;
pub mod gateway;
pub mod kiosk_api;
pub mod messages;
pub mod parcels;
pub mod payment;
pub mod phone;
pub mod pins;
pub mod plat_data;
pub mod scratch;
pub mod secrets;
pub mod serve;
pub mod shop;
pub mod signing;
pub mod store;
pub mod tasks;
pub mod time;
pub mod tls;
pub mod trail;
pub mod web;
pub mod webhooks;

pub use app::App;
