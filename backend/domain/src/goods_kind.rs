//! What sort of thing an article is, as somebody recognises it at a glance; from the chapter of the tariff.

use serde::{Deserialize, Serialize};

use crate::HsCode;

/// A sort of goods. Each has a drawing on the kiosk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// For babies and children: napkins, prams, toys.
    Baby,
    /// Clothes, shoes, bags.
    Wear,
    /// With a plug or a battery; instruments and watches.
    Electric,
    /// For the house.
    Home,
    /// Anything else, also what a newer version knows and this one does not.
    #[default]
    #[serde(other)]
    Other,
}

impl GoodsKind {
    /// The sort of an article with this commodity code, by chapter and heading of the Harmonized System (商品名称及编码协调制度).
    #[must_use]
    pub fn of(hs: &HsCode) -> Self {
        let heading: u16 = hs.heading().parse().unwrap_or_default();
        match heading {
            401..=406 | 1901 => Self::Dairy,
            2009 | 2201..=2208 => Self::Drink,
            2106 | 2936 | 3001..=3006 => Self::Health,
            201..=2105 => Self::Food,
            3303..=3307 | 3401..=3402 => Self::Care,
            8715 | 9503 | 9619 => Self::Baby,
            4202..=4203 | 6101..=6217 | 6401..=6506 => Self::Wear,
            8401..=8548 | 9001..=9033 | 9101..=9114 => Self::Electric,
            3922..=3926
            | 4414..=4421
            | 4801..=4823
            | 6301..=6308
            | 6901..=6914
            | 7010..=7013
            | 7323..=7326
            | 8201..=8215
            | 9401..=9405
            | 9603..=9617 => Self::Home,
            _ => Self::Other,
        }
    }

    /// Whether nothing more is known than that it is goods.
    #[must_use]
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    pub const fn is_other(&self) -> bool {
        matches!(self, Self::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goods_of_everyday_life_are_recognised_by_their_chapter() {
        for (code, kind) in [
            ("1901101010", GoodsKind::Dairy),
            ("1905310000", GoodsKind::Food),
            ("2204210000", GoodsKind::Drink),
            ("2106909001", GoodsKind::Health),
            ("3304990039", GoodsKind::Care),
            ("9619001100", GoodsKind::Baby),
            ("6403990090", GoodsKind::Wear),
            ("8509401000", GoodsKind::Electric),
            ("7323930000", GoodsKind::Home),
            ("9701100000", GoodsKind::Other),
        ] {
            assert_eq!(GoodsKind::of(&code.parse().unwrap()), kind, "{code}");
        }
    }

    #[test]
    fn a_sort_that_a_newer_version_knows_is_read_as_any_other() {
        assert_eq!(serde_json::from_str::<GoodsKind>("\"dairy\"").unwrap(), GoodsKind::Dairy);
        assert_eq!(serde_json::from_str::<GoodsKind>("\"garden\"").unwrap(), GoodsKind::Other);
    }
}
