//! The lists that say what may be bought: permitted goods (正面清单), prohibited goods, personal-use quantities, and
//! the goods customs looks at more often. Each entry is dated and names the document it stands in.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Quantity;
use crate::dated::{DatedList, Entry, EntryFault, is_prefix};

pub mod remarks;

/// A line of the permitted list (跨境电子商务零售进口商品清单), its remark turned into columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permitted {
    /// Eight-digit code.
    pub hs8: String,
    /// Name in the list.
    #[serde(default)]
    pub name: String,
    /// Only as bonded goods (仅限网购保税), not by direct mail. All goods here are bonded; kept for the record.
    #[serde(default)]
    pub bonded_only: bool,
    /// Most pieces of this code in one order.
    #[serde(default)]
    pub per_order_max: Option<i64>,
    /// Most pieces of this code for one person in a calendar year.
    #[serde(default)]
    pub per_year_max: Option<i64>,
    /// Whether the goods must be registered (注册或备案).
    #[serde(default)]
    pub needs_registration: bool,
    /// Catalogues whose goods are excepted (列入《…》的除外). Whether an article is in one is a person's finding,
    /// kept as `permission.listed` of the product.
    #[serde(default)]
    pub excepted: Vec<String>,
    /// First day in force.
    pub from: Date,
    /// Last day in force; open when absent.
    #[serde(default)]
    pub until: Option<Date>,
    /// The announcement the line stands in.
    pub document: String,
}

/// Goods that may not be imported at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prohibited {
    /// 2, 4, 6, 8 or 10 digits a commodity code begins with.
    pub hs_prefix: String,
    /// What it is.
    #[serde(default)]
    pub name: String,
    /// First day in force.
    pub from: Date,
    /// Last day in force; open when absent.
    #[serde(default)]
    pub until: Option<Date>,
    /// The document that prohibits it.
    pub document: String,
}

/// How much of some goods still counts as for personal use in one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalUse {
    /// 2, 4, 6, 8 or 10 digits a commodity code begins with; the longest that matches counts.
    pub hs_prefix: String,
    /// Most of it in one order.
    pub most: Quantity,
    /// Three-digit unit `most` counts in; pieces when empty.
    #[serde(default)]
    pub unit: String,
    /// First day in force.
    pub from: Date,
    /// Last day in force; open when absent.
    #[serde(default)]
    pub until: Option<Date>,
    /// The document the quantity stands in.
    pub document: String,
}

/// What an entry of the watch list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watched {
    /// Commodity codes that begin with these 2, 4, 6, 8 or 10 digits.
    HsPrefix,
    /// One article.
    Sku,
    /// Goods of a country of origin, by its three-digit code.
    Origin,
}

/// Goods of which more parcels than usual are inspected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// What `key` is.
    pub kind: Watched,
    /// The beginning of a code, the article or the country.
    pub key: String,
    /// Share of parcels to inspect, in thousandths, 1 to 1000.
    pub per_mille: u16,
    /// First day in force.
    pub from: Date,
    /// Last day in force; open when absent.
    #[serde(default)]
    pub until: Option<Date>,
    /// Who asked for it.
    pub document: String,
}

/// The permitted list.
pub type PermittedList = DatedList<Permitted>;
/// The prohibited list.
pub type ProhibitedList = DatedList<Prohibited>;
/// The personal-use quantity list.
pub type PersonalUseList = DatedList<PersonalUse>;
/// The watch list.
pub type WatchList = DatedList<Watch>;

impl Permitted {
    /// A line with the columns its remark says, in force from `from` on with no end; and the clauses of the remark
    /// that were not understood, for a person to read.
    #[must_use]
    pub fn with_remark(
        hs8: &str,
        name: &str,
        remark: &str,
        from: Date,
        document: &str,
    ) -> (Self, Vec<String>) {
        let remarks = remarks::parse(remark);
        let line = Self {
            hs8: hs8.to_owned(),
            name: name.to_owned(),
            bonded_only: remarks.bonded_only,
            per_order_max: remarks.per_order_max,
            per_year_max: remarks.per_year_max,
            needs_registration: remarks.needs_registration,
            excepted: remarks.excepted,
            from,
            until: None,
            document: document.to_owned(),
        };
        (line, remarks.not_understood)
    }
}

impl PermittedList {
    /// The line in force for the first eight digits of a commodity code.
    #[must_use]
    pub fn line(&self, hs8: &str, day: Date) -> Option<&Permitted> {
        self.on(0, hs8, day)
    }
}

impl WatchList {
    /// The entry in force that asks for the largest share for an article; of equal ones the closest.
    #[must_use]
    pub fn strictest(&self, sku: &str, hs: &str, origin: &str, day: Date) -> Option<&Watch> {
        if self.is_empty() {
            return None;
        }
        let hits = [
            self.on(Watched::Origin as u8, origin, day),
            self.by_prefix(Watched::HsPrefix as u8, hs, day),
            self.on(Watched::Sku as u8, sku, day),
        ];
        hits.into_iter().flatten().max_by_key(|watch| watch.per_mille)
    }
}

fn code(fits: bool, text: &str) -> Option<EntryFault> {
    (!fits).then(|| EntryFault::Code(text.to_owned()))
}

impl Entry for Permitted {
    fn key(&self) -> (u8, &str) {
        (0, &self.hs8)
    }
    fn from(&self) -> Date {
        self.from
    }
    fn until(&self) -> Option<Date> {
        self.until
    }
    fn fault(&self) -> Option<EntryFault> {
        let most = self.per_order_max.into_iter().chain(self.per_year_max).find(|most| *most < 1);
        code(self.hs8.len() == 8 && is_prefix(&self.hs8), &self.hs8).or(most.map(EntryFault::Value))
    }
}

impl Entry for Prohibited {
    fn key(&self) -> (u8, &str) {
        (0, &self.hs_prefix)
    }
    fn from(&self) -> Date {
        self.from
    }
    fn until(&self) -> Option<Date> {
        self.until
    }
    fn fault(&self) -> Option<EntryFault> {
        code(is_prefix(&self.hs_prefix), &self.hs_prefix)
    }
}

impl Entry for PersonalUse {
    fn key(&self) -> (u8, &str) {
        (0, &self.hs_prefix)
    }
    fn from(&self) -> Date {
        self.from
    }
    fn until(&self) -> Option<Date> {
        self.until
    }
    fn fault(&self) -> Option<EntryFault> {
        let amount = (self.most <= Quantity::ZERO).then(|| EntryFault::Value(self.most.parts()));
        code(is_prefix(&self.hs_prefix), &self.hs_prefix).or(amount)
    }
}

impl Entry for Watch {
    fn key(&self) -> (u8, &str) {
        (self.kind as u8, &self.key)
    }
    fn from(&self) -> Date {
        self.from
    }
    fn until(&self) -> Option<Date> {
        self.until
    }
    fn fault(&self) -> Option<EntryFault> {
        let fits = match self.kind {
            Watched::HsPrefix => is_prefix(&self.key),
            Watched::Sku => !self.key.is_empty(),
            Watched::Origin => self.key.len() == 3,
        };
        let share =
            (!(1..=1_000).contains(&self.per_mille)).then(|| EntryFault::Value(self.per_mille.into()));
        code(fits, &self.key).or(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Date = Date::constant(2026, 11, 21);

    fn watch(kind: Watched, key: &str, per_mille: u16) -> Watch {
        Watch { kind, key: key.into(), per_mille, from: DAY, until: None, document: "布控".into() }
    }

    #[test]
    fn the_largest_share_of_all_that_match_counts() {
        let list = WatchList::load(vec![
            watch(Watched::HsPrefix, "22", 100),
            watch(Watched::HsPrefix, "2208", 20),
            watch(Watched::Sku, "A1", 50),
            watch(Watched::Origin, "305", 10),
        ])
        .unwrap();
        let share = |sku, hs, origin| list.strictest(sku, hs, origin, DAY).map(|w| w.per_mille);
        assert_eq!(share("A1", "2208300000", "305"), Some(50), "the longest code counts among codes");
        assert_eq!(share("B", "2204300000", "305"), Some(100));
        assert_eq!(share("B", "3304300000", "305"), Some(10));
        assert_eq!(share("B", "3304300000", "110"), None);
    }

    #[test]
    fn codes_and_values_out_of_form_are_refused() {
        let errors = WatchList::load(vec![watch(Watched::HsPrefix, "220", 1), watch(Watched::Sku, "A", 0)]);
        assert_eq!(errors.unwrap_err().len(), 2);
        let (line, odd) = Permitted::with_remark("2208300000", "酒", "仅限网购保税；其他", DAY, "公告");
        assert!(line.bonded_only);
        assert_eq!(odd, ["其他"]);
        assert!(PermittedList::load(vec![line]).is_err(), "ten digits are not eight");
    }
}
