//! The port's own accounts: what buyers used of their year, and what bonded books hold.

use std::collections::{BTreeMap, BTreeSet};

use pickup_domain::china_time;
use serde::Serialize;

use crate::alone::limit_value;
use crate::amount::Amount;
use crate::reading::{Doc, Fields};
use crate::refusal::Refusal;

/// Limit of one buyer's calendar year: 26,000.00 CNY (财关税〔2018〕49号).
const ANNUAL_LIMIT: Amount = Amount::from_fen(2_600_000);

/// Identity number and calendar year.
pub(crate) type YearKey = (String, i16);

/// The accounts.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Bought elsewhere.
    pub elsewhere: BTreeMap<YearKey, Amount>,
    /// Accepted here.
    pub here: BTreeMap<YearKey, Amount>,
    /// By book and item.
    pub stock: BTreeMap<(String, String), Item>,
    books: BTreeSet<String>,
}

/// An item of a bonded book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Quantity entered.
    pub entered: Amount,
    /// Of lists that are not released yet.
    pub held: Amount,
    /// Of released lists.
    pub out: Amount,
}

impl Ledger {
    pub(crate) fn year_key(id_number: &str, at: jiff::Timestamp) -> YearKey {
        (id_number.to_ascii_uppercase(), china_time::year(at))
    }

    /// Takes the list into the buyer's year, or says why it does not fit; customs' own text of code 1313.
    pub(crate) fn take_quota(
        &mut self,
        list: &Doc,
        at: jiff::Timestamp,
    ) -> Result<(YearKey, Amount), Refusal> {
        let key = Self::year_key(list.text("buyerIdNumber"), at);
        let of = |account: &BTreeMap<YearKey, Amount>| account.get(&key).copied().unwrap_or_default();
        let (here, elsewhere) = (of(&self.here), of(&self.elsewhere));
        let value = limit_value(list);
        let total = value.and_then(|value| value.plus(here)?.plus(elsewhere));
        match (value, total) {
            (Some(value), Some(total)) if total <= ANNUAL_LIMIT => {
                self.here.insert(key.clone(), here.add(value));
                Ok((key, value))
            }
            _ => {
                let total = total.map_or_else(|| "-".to_owned(), Amount::grouped);
                let desc = format!(
                    "订购人购买超过年度限额,超过个人年度购买额度;totalPrice：{total} > limitPrice: 26,000;"
                );
                Err(Refusal::rejected("1313", &desc))
            }
        }
    }

    /// Gives an amount of a buyer's year back.
    pub(crate) fn give_back(&mut self, key: &YearKey, amount: Amount) {
        if let Some(here) = self.here.get_mut(key) {
            *here = here.sub(amount);
        }
    }

    /// Says what a book holds of an item.
    pub(crate) fn enter(&mut self, ems_no: &str, record_no: &str, entered: Amount) {
        self.books.insert(ems_no.to_owned());
        self.stock.entry((ems_no.to_owned(), record_no.to_owned())).or_default().entered = entered;
    }

    /// Holds the goods of a list in its book, all or none; `false` for books of which nothing was said.
    pub(crate) fn hold_stock(&mut self, list: &Doc) -> Result<bool, Refusal> {
        let book = list.text("emsNo");
        if !self.books.contains(book) {
            return Ok(false);
        }
        let mut wanted: BTreeMap<&str, Amount> = BTreeMap::new();
        for line in &list.lines {
            let sum = wanted.entry(line.text("itemRecordNo")).or_default();
            *sum = sum.add(line.amount("qty"));
        }
        for (record_no, quantity) in &wanted {
            let item = self.stock.get(&(book.to_owned(), (*record_no).to_owned()));
            let free = item.map(|item| item.entered.sub(item.held).sub(item.out));
            match free {
                Some(free) if free >= *quantity => {}
                Some(_) => {
                    return Err(Refusal::rejected("S401", &format!("账册[{book}]料号[{record_no}]库存不足")));
                }
                None => {
                    return Err(Refusal::rejected("S402", &format!("账册[{book}]无此料号[{record_no}]")));
                }
            }
        }
        self.change(list, |line, item| item.held = item.held.add(line.amount("qty")));
        Ok(true)
    }

    /// The goods of a list are released.
    pub(crate) fn post_stock(&mut self, list: &Doc) {
        self.change(list, |line, item| {
            item.held = item.held.sub(line.amount("qty"));
            item.out = item.out.add(line.amount("qty"));
        });
    }

    /// The goods of a list that is not released are free again.
    pub(crate) fn void_stock(&mut self, list: &Doc) {
        self.change(list, |line, item| item.held = item.held.sub(line.amount("qty")));
    }

    /// Released goods are back: of each line what `quantity` says.
    pub(crate) fn return_stock(&mut self, list: &Doc, quantity: impl Fn(&Fields) -> Amount) {
        self.change(list, |line, item| item.out = item.out.sub(quantity(line)));
    }

    fn change(&mut self, list: &Doc, change: impl Fn(&Fields, &mut Item)) {
        let book = list.text("emsNo");
        for line in &list.lines {
            let key = (book.to_owned(), line.text("itemRecordNo").to_owned());
            if let Some(item) = self.stock.get_mut(&key) {
                change(line, item);
            }
        }
    }
}
