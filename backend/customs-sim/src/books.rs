//! The port's final word on everything: what a test compares the backend's own books with.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::amount::Amount;
use crate::keeping::{ListCase, ListState};
use crate::port::Port;

/// A list at the port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListView {
    /// The sender's number.
    pub cop_no: String,
    /// Order number.
    pub order_no: String,
    /// Where it stands.
    pub state: ListState,
    /// E-Port number.
    pub pre_no: String,
    /// Customs number, once accepted.
    pub invt_no: Option<String>,
    /// When it was released.
    pub released_at: Option<Timestamp>,
    /// Quantities returned or asked to be, by line.
    pub returned: BTreeMap<String, Amount>,
    /// What it counts in the buyer's year, in CNY.
    pub counted: Amount,
    /// Number of its tax bill.
    pub tax_no: Option<String>,
    /// State of the bill: 1 generated, 2 summed up, 3 void.
    pub tax_status: Option<i32>,
    /// Sum of the bill, in CNY.
    pub tax: Option<Amount>,
}

/// A buyer's year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuotaView {
    /// First 16 hex digits of the SHA-256 of the identity number.
    pub buyer: String,
    /// Calendar year in China.
    pub year: i16,
    /// Accepted here, in CNY.
    pub here: Amount,
    /// Bought elsewhere, in CNY.
    pub elsewhere: Amount,
}

/// An item of a bonded book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StockView {
    /// Number of the book.
    pub ems_no: String,
    /// Number of the item in the book.
    pub record_no: String,
    /// Entered, held and gone out.
    #[serde(flatten)]
    pub item: crate::ledger::Item,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Books {
    /// Messages that came.
    pub messages: usize,
    /// Receipt messages that went out.
    pub receipts: usize,
    /// Lists by state.
    pub counts: BTreeMap<&'static str, usize>,
    /// Lists by `copNo`.
    pub lists: Vec<ListView>,
    /// Buyers' years.
    pub quotas: Vec<QuotaView>,
    /// Items of the books that are checked.
    pub stock: Vec<StockView>,
}

impl ListState {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Held => "held",
            Self::Detained => "detained",
            Self::Released => "released",
            Self::Deleted => "deleted",
            Self::Cancelled => "cancelled",
            Self::Returned => "returned",
            Self::Closed => "closed",
        }
    }
}

/// The digest that stands for an identity number.
#[must_use]
pub fn buyer_digest(id_number: &str) -> String {
    let digest = Sha256::digest(id_number.to_ascii_uppercase().as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Port {
    /// Lists at the port, by `copNo`.
    pub fn lists(&self) -> impl Iterator<Item = ListView> {
        self.kept.lists.values().map(view)
    }

    /// Lists by state.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for case in self.kept.lists.values() {
            *counts.entry(case.state.name()).or_insert(0_usize) += 1;
        }
        counts
    }

    /// The port's books.
    #[must_use]
    pub fn books(&self) -> Books {
        Books {
            messages: self.log.len(),
            receipts: self.outgoing.len(),
            counts: self.counts(),
            lists: self.lists().collect(),
            quotas: self.quotas(),
            stock: self.stock(),
        }
    }

    fn quotas(&self) -> Vec<QuotaView> {
        let (here, elsewhere) = (&self.ledger.here, &self.ledger.elsewhere);
        let keys: std::collections::BTreeSet<_> = here.keys().chain(elsewhere.keys()).collect();
        let view = |key: &(String, i16)| QuotaView {
            buyer: buyer_digest(&key.0),
            year: key.1,
            here: here.get(key).copied().unwrap_or_default(),
            elsewhere: elsewhere.get(key).copied().unwrap_or_default(),
        };
        keys.into_iter().map(view).collect()
    }

    fn stock(&self) -> Vec<StockView> {
        let view = |((ems_no, record_no), item): (&(String, String), &crate::ledger::Item)| StockView {
            ems_no: ems_no.clone(),
            record_no: record_no.clone(),
            item: *item,
        };
        self.ledger.stock.iter().map(view).collect()
    }
}

fn view(case: &ListCase) -> ListView {
    let bill = case.bill.as_ref();
    ListView {
        cop_no: case.doc.key().to_owned(),
        order_no: case.doc.text("orderNo").to_owned(),
        state: case.state,
        pre_no: case.numbers.pre_no.clone(),
        invt_no: case.numbers.invt_no.clone(),
        released_at: case.released_at,
        returned: case.returned.clone(),
        counted: case.quota.as_ref().map_or(Amount::ZERO, |(_, amount)| *amount),
        tax_no: bill.map(|bill| bill.tax_no.clone()),
        tax_status: bill.map(|bill| bill.status),
        tax: bill.map(|bill| bill.taxes.total()),
    }
}
