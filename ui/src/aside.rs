//! The pages beside the shopper's way, as plain values: the typed number, the limit of the year, goods that are not right.

use crate::action::GoodsFault;
use crate::pad::Pad;
use crate::view::Text;

/// The pickup number is being typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypeNumber {
    /// What was typed.
    pub pad: Pad,
    /// Why the last number was no good; `None` when nothing was wrong yet.
    pub problem: Option<Text>,
}

/// What is left of the buyer's limit of one calendar year. `used_fen` includes this order and what is held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LimitView {
    /// The calendar year.
    pub year: i16,
    /// The limit of the year in fen.
    pub limit_fen: i64,
    /// Used up to now, this order and what is held included, in fen.
    pub used_fen: i64,
    /// The part of `used_fen` that is held for orders customs has not decided, in fen.
    pub held_fen: i64,
    /// The part of `used_fen` that is this order, in fen.
    pub this_order_fen: i64,
    /// Left for the rest of the year in fen.
    pub remaining_fen: i64,
    /// When the figures were true, if they may be old (the network is down), e.g. `2026-11-21 09:30`.
    pub as_of: Option<String>,
}

/// Something is wrong with the goods.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GoodsReport {
    /// What was told to the staff; `None` while it is asked.
    pub told: Option<GoodsFault>,
    /// Whether the staff could be told.
    pub staff_called: bool,
    /// What to tell the staff, e.g. a slip number; may be empty.
    pub reference: String,
}

/// One of several doors of a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nth {
    /// From 1.
    pub door: u16,
    /// How many there are.
    pub of: u16,
}
