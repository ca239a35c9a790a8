//! Articles of the catalogue as the bonded book and the tariff know them.

use serde::{Deserialize, Serialize};

use crate::centre::Names;
use crate::parcel::Size;
use crate::{HsCode, Money, Quantity};

/// What the permitted list (跨境电商零售进口商品清单) says of an article.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// Whether the commodity is on the list at all.
    pub listed: bool,
    /// Most pieces in one order, when the list or the shop says so.
    #[serde(default)]
    pub order_max: Option<i64>,
}

/// A legal unit (法定单位) and how much of it one deal unit is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalUnit {
    /// Three-digit unit code.
    pub code: String,
    /// Quantity in this unit of one deal unit.
    pub each: Quantity,
}

/// An article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Seller's article number, at most 20 characters (limit of the inventory list).
    pub sku: String,
    /// Ten-digit commodity code.
    pub hs: HsCode,
    /// Sale name.
    pub name: Names,
    /// Specification as classification needs it (规格型号).
    pub spec: String,
    /// GTIN; empty when there is none.
    pub barcode: String,
    /// Three-digit code of the country of origin.
    pub origin: String,
    /// Deal unit, three digits.
    pub unit: String,
    /// First legal unit.
    pub legal1: LegalUnit,
    /// Second legal unit, when the tariff has one.
    #[serde(default)]
    pub legal2: Option<LegalUnit>,
    /// Net weight of one deal unit in kilograms.
    pub net_kg: Quantity,
    /// Gross weight of one deal unit in kilograms.
    pub gross_kg: Quantity,
    /// Price of one deal unit.
    pub price_fen: Money,
    /// Number of the line in the bonded book (料号).
    pub record_no: String,
    /// What the permitted list says.
    pub permission: Permission,
    /// Unit code that a specific consumption tax counts in; empty when there is none.
    #[serde(default)]
    pub taxed_unit: String,
    /// Smallest door one piece fits.
    pub size: Size,
    /// Group in the shop: `milk`, `beauty`, …
    pub category: String,
    /// Imported before and its taxes paid: it may lie in the same parcel as bonded goods (同仓存储、同包发货), but is
    /// not taxed, not counted against limits and not declared with them.
    #[serde(default)]
    pub duty_paid: bool,
}

/// Unit code of the kilogram.
const KILOGRAM: &str = "035";

/// Name of a unit of measure by its three-digit customs code; the code itself for one that is not in this short table.
#[must_use]
pub fn unit_name(code: &str) -> Names {
    let (zh, en) = match code {
        "001" => ("台", "set"),
        "006" => ("套", "set"),
        "007" => ("个", "piece"),
        "008" => ("只", "piece"),
        "011" => ("件", "piece"),
        "012" => ("支", "piece"),
        "016" => ("把", "piece"),
        "035" => ("千克", "kg"),
        "095" => ("升", "litre"),
        "122" => ("罐", "tin"),
        "125" => ("包", "pack"),
        "136" => ("袋", "bag"),
        "140" => ("盒", "box"),
        "142" => ("瓶", "bottle"),
        other => (other, other),
    };
    Names { zh: zh.to_owned(), en: en.to_owned() }
}

impl Product {
    /// First legal quantity of `pieces`; `None` on overflow.
    #[must_use]
    pub fn legal1_of(&self, pieces: i64) -> Option<Quantity> {
        self.legal1.each.checked_mul(pieces)
    }

    /// Second legal quantity of `pieces`, zero when the tariff has none; `None` on overflow.
    #[must_use]
    pub fn legal2_of(&self, pieces: i64) -> Option<Quantity> {
        self.legal2.as_ref().map_or(Some(Quantity::ZERO), |unit| unit.each.checked_mul(pieces))
    }

    /// `pieces` measured in `unit`: deal units when it is empty. `None` when the article is not measured in it.
    #[must_use]
    pub fn quantity_in(&self, unit: &str, pieces: i64) -> Option<Quantity> {
        if unit.is_empty() || unit == self.unit {
            return Quantity::whole(pieces);
        }
        let mut legal = std::iter::once(&self.legal1).chain(self.legal2.as_ref());
        match legal.find(|legal| legal.code == unit) {
            Some(legal) => legal.each.checked_mul(pieces),
            None if unit == KILOGRAM => self.net_kg.checked_mul(pieces),
            None => None,
        }
    }

    /// The quantity a specific consumption tax counts; zero when none does. `None` on overflow.
    #[must_use]
    pub fn taxed_quantity(&self, pieces: i64) -> Option<Quantity> {
        let units = std::iter::once(&self.legal1).chain(self.legal2.as_ref());
        let unit = units.into_iter().find(|unit| unit.code == self.taxed_unit);
        unit.map_or(Some(Quantity::ZERO), |unit| unit.each.checked_mul(pieces))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn product(sku: &str, price_fen: i64) -> Product {
        Product {
            sku: sku.into(),
            hs: "2208300000".parse().unwrap(),
            name: Names { zh: "示例商品".into(), en: "Example".into() },
            spec: "700ml".into(),
            barcode: String::new(),
            origin: "305".into(),
            unit: "142".into(),
            legal1: LegalUnit { code: "095".into(), each: "0.7".parse().unwrap() },
            legal2: Some(LegalUnit { code: "035".into(), each: "0.65".parse().unwrap() }),
            net_kg: "0.65".parse().unwrap(),
            gross_kg: "1.2".parse().unwrap(),
            price_fen: Money::from_fen(price_fen),
            record_no: format!("R-{sku}"),
            permission: Permission { listed: true, order_max: None },
            taxed_unit: "095".into(),
            size: Size::S,
            category: "wine".into(),
            duty_paid: false,
        }
    }

    #[test]
    fn legal_quantities_follow_the_deal_quantity() {
        let whisky = product("W1", 30_000);
        assert_eq!(whisky.legal1_of(3), "2.1".parse().ok());
        assert_eq!(whisky.legal2_of(2), "1.3".parse().ok());
        assert_eq!(whisky.taxed_quantity(2), "1.4".parse().ok());
        let plain = Product { taxed_unit: String::new(), ..whisky };
        assert_eq!(plain.taxed_quantity(2), Some(Quantity::ZERO));
    }
}
