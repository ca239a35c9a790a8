//! What is in a parcel, as plain values: a line, and the sort of goods that is drawn beside it.

use crate::text::Text;

/// A sort of goods, each with a drawing of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum GoodsKind {
    /// Milk, infant formula and what is made of milk.
    Dairy,
    /// What is eaten.
    Food,
    /// What is drunk.
    Drink,
    /// Food supplements and what a pharmacy sells.
    Health,
    /// Cosmetics, soap, what one washes with.
    Care,
    /// For babies and children.
    Baby,
    /// Clothes, shoes, bags.
    Wear,
    /// With a plug or a battery.
    Electric,
    /// For the house.
    Home,
    /// Anything else.
    #[default]
    Other,
}

/// One line of a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// Name of the goods.
    pub name: Text,
    /// The sort of goods.
    pub kind: GoodsKind,
    /// How many, as the shopper reads it, e.g. `2`.
    pub quantity: String,
    /// The unit of the quantity.
    pub unit: Text,
    /// Price of the line in fen.
    pub amount_fen: i64,
}
