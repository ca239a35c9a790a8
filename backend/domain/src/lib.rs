//! The rules of bonded pickup as pure values and functions: no IO, no async, no clock.
//!
//! Money, quantities, identity numbers and codes are types of their own here; what they may do is decided here and
//! nowhere else. Time is always an argument.

pub mod china_time;
pub mod hs;
pub mod id_number;
pub mod money;
pub mod quantity;

pub use hs::HsCode;
pub use id_number::{IdNumber, IdNumberError};
pub use money::Money;
pub use quantity::Quantity;
