//! The rules of bonded pickup as pure values and functions: no IO, no async, no clock.
//!
//! Money, quantities, identity numbers and codes are types of their own here; what they may do is decided here and
//! nowhere else. Time is always an argument.

pub mod application;
pub mod centre;
pub mod china_time;
pub mod dated;
pub mod declaration;
pub mod geo;
pub mod goods;
pub mod goods_kind;
pub mod hold;
pub mod hs;
pub mod id_number;
pub mod limits;
pub mod lists;
pub mod matching;
pub mod money;
pub mod order;
pub mod parcel;
pub mod quantity;
pub mod rate;
pub mod reason;
pub mod registrations;
pub mod returns;
pub mod review;
pub mod rules;
pub mod tax;

pub use goods_kind::GoodsKind;
pub use hs::HsCode;
pub use id_number::{IdNumber, IdNumberError};
pub use money::Money;
pub use quantity::Quantity;
pub use rate::Rate;
pub use reason::{Lang, Reason, ReasonCode};
