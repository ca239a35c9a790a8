//! Who is registered with customs, and which goods are. Source: 海关总署公告2018年第194号 (enterprises).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::dated::{DatedList, Entry, EntryFault, is_prefix};

/// What an enterprise does in the trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnterpriseRole {
    /// Platform (电商平台).
    Platform,
    /// The overseas seller, or its agent at home (电商企业).
    Seller,
    /// Payment company (支付企业).
    Payment,
    /// Carrier (物流企业).
    Carrier,
    /// Declarant (申报企业).
    Declarant,
    /// The bonded warehouse's enterprise (区内企业).
    Warehouse,
}

impl EnterpriseRole {
    /// Every role.
    pub const ALL: [Self; 6] =
        [Self::Platform, Self::Seller, Self::Payment, Self::Carrier, Self::Declarant, Self::Warehouse];

    /// The word in fields and files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Seller => "seller",
            Self::Payment => "payment",
            Self::Carrier => "carrier",
            Self::Declarant => "declarant",
            Self::Warehouse => "warehouse",
        }
    }
}

/// A registered enterprise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enterprise {
    /// What it does.
    pub role: EnterpriseRole,
    /// Registration code.
    pub code: String,
    /// Name.
    #[serde(default)]
    pub name: String,
    /// First day in force.
    pub from: Date,
    /// Last day in force; open when absent.
    #[serde(default)]
    pub until: Option<Date>,
}

/// Goods of one article or of one eight-digit code, registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoodsRegistration {
    /// Registration number.
    pub number: String,
    /// What is registered.
    pub goods: RegisteredGoods,
    /// First day in force.
    pub from: Date,
    /// Last day in force; open when absent.
    #[serde(default)]
    pub until: Option<Date>,
}

/// What a goods registration covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegisteredGoods {
    /// One article.
    Sku(String),
    /// Everything of an eight-digit code.
    Hs8(String),
}

/// Registered enterprises.
pub type Enterprises = DatedList<Enterprise>;
/// Registered goods.
pub type GoodsRegistrations = DatedList<GoodsRegistration>;

/// Whether something is registered on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    InForce,
    /// It was, or will be, but is not on that day.
    OutOfDate,
    /// It never was.
    Unknown,
}

impl Enterprises {
    /// Whether the enterprise `code` is registered for `role` on `day`.
    #[must_use]
    pub fn standing(&self, role: EnterpriseRole, code: &str, day: Date) -> Standing {
        standing(self, role as u8, code, day)
    }
}

impl GoodsRegistrations {
    /// Whether an article is registered on `day`, by itself or by its eight-digit code.
    #[must_use]
    pub fn standing(&self, sku: &str, hs8: &str, day: Date) -> Standing {
        match (standing(self, 0, sku, day), standing(self, 1, hs8, day)) {
            (Standing::InForce, _) | (_, Standing::InForce) => Standing::InForce,
            (Standing::Unknown, Standing::Unknown) => Standing::Unknown,
            _ => Standing::OutOfDate,
        }
    }
}

fn standing<T: Entry>(list: &DatedList<T>, kind: u8, key: &str, day: Date) -> Standing {
    if list.on(kind, key, day).is_some() {
        Standing::InForce
    } else if list.ever(kind, key) {
        Standing::OutOfDate
    } else {
        Standing::Unknown
    }
}

/// The codes of the enterprises that act in an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OperatorCodes {
    /// Platform.
    pub platform: String,
    /// Seller.
    pub seller: String,
    /// Payment company.
    pub payment: String,
    /// Carrier.
    pub carrier: String,
    /// Declarant.
    pub declarant: String,
    /// Warehouse.
    pub warehouse: String,
}

impl OperatorCodes {
    /// The code of the enterprise in `role`.
    #[must_use]
    pub fn code(&self, role: EnterpriseRole) -> &str {
        match role {
            EnterpriseRole::Platform => &self.platform,
            EnterpriseRole::Seller => &self.seller,
            EnterpriseRole::Payment => &self.payment,
            EnterpriseRole::Carrier => &self.carrier,
            EnterpriseRole::Declarant => &self.declarant,
            EnterpriseRole::Warehouse => &self.warehouse,
        }
    }
}

impl Entry for Enterprise {
    fn key(&self) -> (u8, &str) {
        (self.role as u8, &self.code)
    }
    fn from(&self) -> Date {
        self.from
    }
    fn until(&self) -> Option<Date> {
        self.until
    }
    fn fault(&self) -> Option<EntryFault> {
        self.code.trim().is_empty().then(|| EntryFault::Code(self.code.clone()))
    }
}

impl Entry for GoodsRegistration {
    fn key(&self) -> (u8, &str) {
        match &self.goods {
            RegisteredGoods::Sku(sku) => (0, sku),
            RegisteredGoods::Hs8(hs8) => (1, hs8),
        }
    }
    fn from(&self) -> Date {
        self.from
    }
    fn until(&self) -> Option<Date> {
        self.until
    }
    fn fault(&self) -> Option<EntryFault> {
        let fits = match &self.goods {
            RegisteredGoods::Sku(sku) => !sku.is_empty(),
            RegisteredGoods::Hs8(hs8) => hs8.len() == 8 && is_prefix(hs8),
        };
        (!fits).then(|| EntryFault::Code(self.key().1.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Date = Date::constant(2026, 11, 21);

    #[test]
    fn a_role_is_registered_by_itself() {
        let firm =
            |role| Enterprise { role, code: "E1".into(), name: String::new(), from: DAY, until: Some(DAY) };
        let list =
            Enterprises::load(vec![firm(EnterpriseRole::Seller), firm(EnterpriseRole::Platform)]).unwrap();
        assert_eq!(list.standing(EnterpriseRole::Seller, "E1", DAY), Standing::InForce);
        assert_eq!(list.standing(EnterpriseRole::Carrier, "E1", DAY), Standing::Unknown);
        let after = DAY.tomorrow().unwrap();
        assert_eq!(list.standing(EnterpriseRole::Seller, "E1", after), Standing::OutOfDate);
    }

    #[test]
    fn goods_are_registered_by_article_or_by_code() {
        let goods = |goods, from| GoodsRegistration { number: "N".into(), goods, from, until: None };
        let list = GoodsRegistrations::load(vec![
            goods(RegisteredGoods::Hs8("19011010".into()), DAY),
            goods(RegisteredGoods::Sku("M1".into()), DAY.tomorrow().unwrap()),
        ])
        .unwrap();
        assert_eq!(list.standing("M1", "19011010", DAY), Standing::InForce);
        assert_eq!(list.standing("M1", "00000000", DAY), Standing::OutOfDate);
        assert_eq!(list.standing("M2", "00000000", DAY), Standing::Unknown);
    }
}
