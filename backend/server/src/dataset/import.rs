//! Imports: a CSV file becomes a set of entries, the catalogue, entries of a bonded book or guarantees; all of it or nothing.
//! The columns are described in `docs/imports.md`.

use jiff::Timestamp;
use pickup_domain::dated::{DatedList, Entry, EntryFault};
use pickup_domain::goods::Product;
use pickup_domain::lists::{Permitted, PersonalUse, Prohibited, Watch};
use pickup_domain::registrations::{Enterprise, GoodsRegistration};
use pickup_domain::rules::NoticeVersion;
use pickup_domain::tax::TariffLine;
use pickup_domain::{Money, Quantity};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::dataset::entries::{
    CATALOGUE, CODES, book, enterprise, guarantee, notice, permitted, personal_use, product, prohibited,
    receipt_code, registration, tariff, watch,
};
use crate::dataset::lines::{self, Fault, Line};
use crate::dataset::{Set, replace};
use crate::db::Conn;
use crate::stock::{self, EntryKind, StockError};
use crate::store::StoreError;
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// What is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A set of dated entries, replaced as a whole.
    Set(Set),
    /// Articles; one that exists is changed.
    Catalogue,
    /// Entries of bonded books: opening balances and what came in later; they add up.
    Book,
    /// Tax guarantees; one that exists is changed.
    Guarantees,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Faults in the file.
    #[error("{} faults in the file; nothing was imported", .0.len())]
    Faults(Vec<Fault>),
    /// The file was imported before.
    #[error("this very file was imported as {0} before; importing it again would count its entries twice")]
    Again(&'static str),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A book line cannot take an entry.
    #[error("{0}; nothing was imported")]
    Stock(#[from] StockError),
}

impl From<crate::db::DbError> for ImportError {
    fn from(cause: crate::db::DbError) -> Self {
        Self::Store(cause.into())
    }
}

/// A file that was read and found good.
#[derive(Debug)]
pub struct Import {
    what: What,
    entries: Entries,
    digest: String,
    /// What a person should read before it goes into force, such as remarks that were not understood.
    pub notes: Vec<Fault>,
}

#[derive(Debug)]
enum Entries {
    Tariff(Vec<TariffLine>),
    Permitted(Vec<Permitted>),
    Prohibited(Vec<Prohibited>),
    PersonalUse(Vec<PersonalUse>),
    Watch(Vec<Watch>),
    Enterprises(Vec<Enterprise>),
    GoodsRegistrations(Vec<GoodsRegistration>),
    Notices(Vec<NoticeVersion>),
    Codes(Vec<String>),
    Catalogue(Vec<Product>),
    Book(Vec<(String, Quantity, String)>),
    Guarantees(Vec<(String, Money, (i64, i64))>),
}

impl What {
    /// Its name at the shell.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Set(set) => set.as_str(),
            Self::Catalogue => "catalogue",
            Self::Book => "book",
            Self::Guarantees => "guarantees",
        }
    }
}

impl Import {
    /// How many entries it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        match &self.entries {
            Entries::Tariff(all) => all.len(),
            Entries::Permitted(all) => all.len(),
            Entries::Prohibited(all) => all.len(),
            Entries::PersonalUse(all) => all.len(),
            Entries::Watch(all) => all.len(),
            Entries::Enterprises(all) => all.len(),
            Entries::GoodsRegistrations(all) => all.len(),
            Entries::Notices(all) => all.len(),
            Entries::Codes(all) => all.len(),
            Entries::Catalogue(all) => all.len(),
            Entries::Book(all) => all.len(),
            Entries::Guarantees(all) => all.len(),
        }
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Reads a file. `progress` is told the number of lines read, now and then.
///
/// # Errors
/// [`ImportError::Faults`] with every fault at once.
pub fn read(what: What, bytes: &[u8], progress: &mut dyn FnMut(usize)) -> Result<Import, ImportError> {
    let mut notes = Vec::new();
    let entries = match what {
        What::Set(Set::Tariff) => {
            Entries::Tariff(dated(bytes, &["hs", "from", "duty", "vat"], tariff, progress)?)
        }
        What::Set(Set::Permitted) => {
            let needed = ["hs8", "from", "document"];
            Entries::Permitted(dated(bytes, &needed, |line| permitted(line, &mut notes), progress)?)
        }
        What::Set(Set::Prohibited) => {
            Entries::Prohibited(dated(bytes, &["hs_prefix", "from", "document"], prohibited, progress)?)
        }
        What::Set(Set::PersonalUse) => {
            let needed = ["hs_prefix", "most", "from", "document"];
            Entries::PersonalUse(dated(bytes, &needed, personal_use, progress)?)
        }
        What::Set(Set::Watch) => {
            let needed = ["kind", "key", "per_mille", "from", "document"];
            Entries::Watch(dated(bytes, &needed, watch, progress)?)
        }
        What::Set(Set::Enterprises) => {
            Entries::Enterprises(dated(bytes, &["role", "code", "from"], enterprise, progress)?)
        }
        What::Set(Set::GoodsRegistrations) => {
            let needed = ["number", "sku", "hs8", "from"];
            Entries::GoodsRegistrations(dated(bytes, &needed, registration, progress)?)
        }
        What::Set(Set::Notices) => Entries::Notices(dated(bytes, &["version", "from"], notice, progress)?),
        What::Set(Set::Codes) => Entries::Codes(plain(bytes, &CODES, receipt_code, progress)?),
        What::Catalogue => Entries::Catalogue(plain(bytes, &CATALOGUE, product, progress)?),
        What::Book => {
            let needed = ["book", "record_no", "quantity", "document"];
            Entries::Book(plain(bytes, &needed, book, progress)?)
        }
        What::Guarantees => {
            let needed = ["number", "amount", "from", "until"];
            Entries::Guarantees(plain(bytes, &needed, guarantee, progress)?)
        }
    };
    Ok(Import { what, entries, digest: hex::encode(Sha256::digest(bytes)), notes })
}

fn plain<T>(
    bytes: &[u8],
    needed: &[&str],
    read: impl FnMut(&Line<'_>) -> Result<T, Fault>,
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<T>, ImportError> {
    let read = lines::read(bytes, needed, read, progress).map_err(ImportError::Faults)?;
    Ok(read.into_iter().map(|(_, entry)| entry).collect())
}

fn dated<T: Entry + Clone>(
    bytes: &[u8],
    needed: &[&str],
    read: impl FnMut(&Line<'_>) -> Result<T, Fault>,
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<T>, ImportError> {
    let read = lines::read(bytes, needed, read, progress).map_err(ImportError::Faults)?;
    let entries: Vec<T> = read.iter().map(|(_, entry)| entry.clone()).collect();
    let line = |position: usize| read.get(position.saturating_sub(1)).map_or(0, |(line, _)| *line);
    match DatedList::load(entries.clone()) {
        Ok(_) => Ok(entries),
        Err(all) => Err(ImportError::Faults(
            all.into_iter()
                .map(|error| Fault {
                    line: line(error.position),
                    column: None,
                    why: match error.fault {
                        EntryFault::Overlap { with } => {
                            format!(
                                "{}: it is in force on days on which line {} is too",
                                error.key,
                                line(with)
                            )
                        }
                        fault => format!("{}: {fault}", error.key),
                    },
                })
                .collect(),
        )),
    }
}

/// Writes an import, with one row of the trail.
///
/// # Errors
/// [`ImportError`]; the transaction must then be dropped.
pub fn write(tx: &Conn, import: &Import, source: &str, now: Timestamp) -> Result<(), ImportError> {
    let about = (source, import.digest.as_str());
    let mut listed = serde_json::Value::Null;
    let set = |entries: &dyn Fn(Set) -> Result<(), StoreError>| match import.what {
        What::Set(of) => entries(of),
        _ => Ok(()),
    };
    match &import.entries {
        Entries::Tariff(all) => set(&|of| replace(tx, of, all, about, now))?,
        Entries::Permitted(all) => set(&|of| replace(tx, of, all, about, now))?,
        Entries::Prohibited(all) => set(&|of| replace(tx, of, all, about, now))?,
        Entries::PersonalUse(all) => set(&|of| replace(tx, of, all, about, now))?,
        Entries::Watch(all) => set(&|of| replace(tx, of, all, about, now))?,
        Entries::Enterprises(all) => set(&|of| replace(tx, of, all, about, now))?,
        Entries::GoodsRegistrations(all) => set(&|of| replace(tx, of, all, about, now))?,
        Entries::Notices(all) => set(&|of| replace(tx, of, all, about, now))?,
        Entries::Codes(all) => set(&|of| replace(tx, of, all, about, now))?,
        Entries::Catalogue(all) => write_catalogue(tx, all)?,
        Entries::Book(all) => {
            once(tx, import, source, now)?;
            listed = json!(all);
        }
        Entries::Guarantees(all) => {
            write_guarantees(tx, all)?;
            listed = json!(all);
        }
    }
    let entries = import.len();
    let body = json!({ "source": source, "sha256": import.digest, "entries": entries, "lines": listed });
    let entity = import.what.as_str();
    let change = Change { actor: "operator", kind: Kind::Data, entity, state: "imported", body };
    trail::append(tx, now, &change)?;
    match &import.entries {
        Entries::Book(all) => write_book(tx, all, now),
        _ => Ok(()),
    }
}

/// Entries of a book add up: the same file is taken once.
fn once(tx: &Conn, import: &Import, source: &str, now: Timestamp) -> Result<(), ImportError> {
    let name = format!("book/{}", import.digest);
    let entries = i64::try_from(import.len()).unwrap_or(i64::MAX);
    let new = tx.execute(
        "INSERT INTO dataset (name, source, digest, entries, imported_us) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (name) DO NOTHING",
        (name, source, &import.digest, entries, us(now)),
    )?;
    if new == 0 { Err(ImportError::Again(import.what.as_str())) } else { Ok(()) }
}

fn write_catalogue(tx: &Conn, all: &[Product]) -> Result<(), StoreError> {
    for product in all {
        let body = json_of(product)?;
        tx.execute(
            "INSERT INTO product (sku, body, picture) VALUES (?1, ?2, '')
             ON CONFLICT (sku) DO UPDATE SET body = excluded.body",
            (&product.sku, body),
        )?;
    }
    Ok(())
}

fn write_book(tx: &Conn, all: &[(String, Quantity, String)], now: Timestamp) -> Result<(), ImportError> {
    for (key, quantity, document) in all {
        stock::enter(tx, now, key, (EntryKind::Entry, *quantity), document)?;
    }
    Ok(())
}

fn write_guarantees(tx: &Conn, all: &[(String, Money, (i64, i64))]) -> Result<(), StoreError> {
    for (number, amount, (from, until)) in all {
        tx.execute(
            "INSERT INTO account (cell, kind, key, lim, valid_from_us, valid_until_us)
             VALUES ({cell}, 'guarantee', ?1, ?2, ?3, ?4)
             ON CONFLICT (cell, kind, key) DO UPDATE SET lim = excluded.lim,
                valid_from_us = excluded.valid_from_us, valid_until_us = excluded.valid_until_us",
            (number, amount.fen(), *from, *until),
        )?;
    }
    Ok(())
}

fn json_of<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::unreadable("an entry", e))
}
