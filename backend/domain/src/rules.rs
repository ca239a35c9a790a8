//! The rulebook: everything an order is judged by that is data and not law. A list that is empty is not checked,
//! but goods that need a registration need it in the register, also while that is empty.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::dated::{DatedList, Entry, EntryFault};
use crate::limits;
use crate::lists::{PermittedList, PersonalUseList, ProhibitedList, WatchList};
use crate::reason::Lang;
use crate::registrations::{Enterprises, GoodsRegistrations};
use crate::tax::{Rounding, Tariff};

/// The data orders are judged by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rulebook {
    /// Rates; when empty, those that come with the facts of the order.
    pub tariff: Tariff,
    /// Permitted goods; when empty, what each product says of itself.
    pub permitted: PermittedList,
    /// Prohibited goods.
    pub prohibited: ProhibitedList,
    /// Personal-use quantities.
    pub personal_use: PersonalUseList,
    /// Goods inspected more often.
    pub watch: WatchList,
    /// Registered enterprises.
    pub enterprises: Enterprises,
    /// Registered goods.
    pub goods_registrations: GoodsRegistrations,
    /// How tax is rounded to the fen.
    pub rounding: Rounding,
    /// From when on an order looks like resale.
    pub resale: ResaleThresholds,
    /// Youngest age of a buyer, in years.
    pub minimum_age: i16,
    /// Versions of the consumer notice that may be agreed to; when empty, any.
    pub notice_versions: DatedList<NoticeVersion>,
    /// What allows pickup inside a special customs supervision area.
    pub inside_basis: Basis,
}

/// From how many other buyers with the same phone or address on an order is flagged; 0 switches the flag off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResaleThresholds {
    /// Other buyers with the same telephone.
    pub phone: u32,
    /// Other buyers with the same address.
    pub address: u32,
}

/// A version of the notice to consumers (消费者告知书).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeVersion {
    /// Its name, as orders carry it.
    pub version: String,
    /// First day it may be agreed to.
    pub from: Date,
    /// Last day it may be agreed to; open when absent.
    #[serde(default)]
    pub until: Option<Date>,
}

/// What allows goods to be picked up at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Basis {
    /// The document.
    pub document: String,
    /// First day in force, where the document says so.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day in force; open when absent.
    #[serde(default)]
    pub until: Option<Date>,
}

/// What a person should look at. It refuses nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Flag {
    /// Which.
    pub code: FlagCode,
    /// What it is about: a field of the order or an article.
    pub field: String,
    /// What was found: other buyers, or the share of parcels to inspect in thousandths.
    pub found: u32,
    /// From how many on it is flagged; nothing for a watch.
    #[serde(default)]
    pub threshold: u32,
    /// The document behind it.
    pub document: String,
}

/// What is flagged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum FlagCode {
    /// Many buyers use the telephone.
    #[serde(rename = "RESALE_PHONE")]
    ResalePhone,
    /// Many buyers use the address.
    #[serde(rename = "RESALE_ADDRESS")]
    ResaleAddress,
    /// The goods are on the watch list.
    #[serde(rename = "WATCH")]
    Watch,
}

impl Basis {
    /// Whether it is in force on `day`.
    #[must_use]
    pub fn in_force(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

impl Flag {
    /// The sentence for a person.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let Self { field, found, threshold, .. } = self;
        match (self.code, lang) {
            (FlagCode::ResalePhone, Lang::Zh) => {
                format!("另有{found}名订购人使用同一电话（提示线{threshold}），请核查是否二次销售。")
            }
            (FlagCode::ResalePhone, Lang::En) => {
                format!(
                    "{found} other buyers use this telephone (flagged from {threshold}); check for resale."
                )
            }
            (FlagCode::ResaleAddress, Lang::Zh) => {
                format!("另有{found}名订购人使用同一地址（提示线{threshold}），请核查是否二次销售。")
            }
            (FlagCode::ResaleAddress, Lang::En) => {
                format!("{found} other buyers use this address (flagged from {threshold}); check for resale.")
            }
            (FlagCode::Watch, Lang::Zh) => format!("商品{field}在布控清单内，查验比例{found}‰。"),
            (FlagCode::Watch, Lang::En) => {
                format!("The article {field} is on the watch list; {found} ‰ of the parcels are inspected.")
            }
        }
    }
}

impl Default for Rulebook {
    fn default() -> Self {
        Self {
            tariff: Tariff::default(),
            permitted: PermittedList::default(),
            prohibited: ProhibitedList::default(),
            personal_use: PersonalUseList::default(),
            watch: WatchList::default(),
            enterprises: Enterprises::default(),
            goods_registrations: GoodsRegistrations::default(),
            rounding: Rounding::default(),
            resale: ResaleThresholds::default(),
            minimum_age: limits::ADULT_AGE,
            notice_versions: DatedList::default(),
            inside_basis: Basis::default(),
        }
    }
}

impl Default for ResaleThresholds {
    fn default() -> Self {
        Self { phone: 3, address: 5 }
    }
}

impl Default for Basis {
    /// Pickup inside special areas, as the announcement leaves it.
    fn default() -> Self {
        Self {
            document: "财关税〔2018〕49号".to_owned(),
            from: Some(Date::constant(2019, 1, 1)),
            until: None,
        }
    }
}

impl Entry for NoticeVersion {
    fn key(&self) -> (u8, &str) {
        (0, &self.version)
    }
    fn from(&self) -> Date {
        self.from
    }
    fn until(&self) -> Option<Date> {
        self.until
    }
    fn fault(&self) -> Option<EntryFault> {
        self.version.is_empty().then(|| EntryFault::Code(String::new()))
    }
}
