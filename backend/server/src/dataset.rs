//! The data orders are judged by, as kept in the database: dated lists, registrations and the catalogue. Each set is
//! replaced as a whole by an import.

use std::collections::HashMap;

use jiff::Timestamp;
use pickup_customs::Dictionary;
use pickup_domain::dated::{DatedList, Entry, ListError};
use pickup_domain::goods::Product;
use pickup_domain::rules::Rulebook;
use pickup_domain::tax::Tariff;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::db::{Bulk, Column, Conn, Value};
use crate::store::StoreError;
use crate::time::us;

mod entries;
pub mod import;
mod lines;

/// A set of dated entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Set {
    /// Rates by ten-digit code.
    Tariff,
    /// Permitted goods (正面清单).
    Permitted,
    /// Prohibited goods.
    Prohibited,
    /// Personal-use quantities.
    PersonalUse,
    /// Goods inspected more often.
    Watch,
    /// Registered enterprises.
    Enterprises,
    /// Registered goods.
    GoodsRegistrations,
    /// Versions of the consumer notice.
    Notices,
    /// Codes of receipts beside those that come with the product.
    Codes,
}

impl Set {
    /// Its name in the database and at the shell.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tariff => "tariff",
            Self::Permitted => "permitted",
            Self::Prohibited => "prohibited",
            Self::PersonalUse => "personal-use",
            Self::Watch => "watch",
            Self::Enterprises => "enterprises",
            Self::GoodsRegistrations => "goods-registrations",
            Self::Notices => "notices",
            Self::Codes => "codes",
        }
    }
}

/// Everything imported, as the rulebook; what was never imported is empty and not checked.
///
/// # Errors
/// [`StoreError`] for entries that this program does not take.
pub fn rulebook(conn: &Conn) -> Result<Rulebook, StoreError> {
    Ok(Rulebook {
        tariff: Tariff::load(entries(conn, Set::Tariff)?).map_err(|all| bad(Set::Tariff, &all))?,
        permitted: list(conn, Set::Permitted)?,
        prohibited: list(conn, Set::Prohibited)?,
        personal_use: list(conn, Set::PersonalUse)?,
        watch: list(conn, Set::Watch)?,
        enterprises: list(conn, Set::Enterprises)?,
        goods_registrations: list(conn, Set::GoodsRegistrations)?,
        notice_versions: list(conn, Set::Notices)?,
        ..Rulebook::default()
    })
}

fn list<T: Entry + DeserializeOwned>(conn: &Conn, set: Set) -> Result<DatedList<T>, StoreError> {
    DatedList::load(entries(conn, set)?).map_err(|all| bad(set, &all))
}

fn bad(set: Set, all: &[ListError]) -> StoreError {
    let why = all.first().map(ToString::to_string).unwrap_or_default();
    StoreError::unreadable(format!("data set {}", set.as_str()), why)
}

fn entries<T: DeserializeOwned>(conn: &Conn, set: Set) -> Result<Vec<T>, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT body FROM dataset_entry WHERE name = ?1 ORDER BY position")?;
    let mut found = Vec::new();
    for body in statement.query_map([set.as_str()], |row| row.get::<_, String>(0))? {
        let what = || format!("data set {}", set.as_str());
        found.push(serde_json::from_str(&body?).map_err(|e| StoreError::unreadable(what(), e))?);
    }
    Ok(found)
}

/// The dictionary of receipt codes: what comes with the product, and over it what was imported.
///
/// # Errors
/// [`StoreError`] for lines that this program does not take.
pub fn codes(conn: &Conn) -> Result<Dictionary, StoreError> {
    let bad = |error| StoreError::unreadable("data set codes", error);
    let mut dictionary = Dictionary::standard().map_err(bad)?;
    for line in entries::<String>(conn, Set::Codes)? {
        dictionary.extend(&line).map_err(bad)?;
    }
    Ok(dictionary)
}

/// The catalogue by article number.
///
/// # Errors
/// [`StoreError`].
pub fn products(conn: &Conn) -> Result<HashMap<String, Product>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT sku, body FROM product")?;
    let mut found = HashMap::new();
    for row in statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))? {
        let (sku, body) = row?;
        let product =
            serde_json::from_str(&body).map_err(|e| StoreError::unreadable(format!("article {sku}"), e))?;
        found.insert(sku, product);
    }
    Ok(found)
}

/// Replaces a set as a whole.
///
/// # Errors
/// [`StoreError`].
pub fn replace<T: Serialize>(
    tx: &Conn,
    set: Set,
    entries: &[T],
    (source, digest): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute("DELETE FROM dataset_entry WHERE name = ?1", [set.as_str()])?;
    let bodies: Vec<String> = entries
        .iter()
        .map(serde_json::to_string)
        .collect::<Result<_, _>>()
        .map_err(|e| StoreError::unreadable("an entry", e))?;
    let count = i64::try_from(bodies.len()).unwrap_or(i64::MAX);
    tx.bulk(&Bulk::with(
        "INSERT INTO dataset_entry (name, position, body) SELECT ?3, r.position, r.body FROM {r: position i, body t}",
        vec![Column::Int((1..=count).collect()), Column::Text(bodies)],
        vec![Value::Text(set.as_str().to_owned())],
    ))?;
    tx.execute(
        "INSERT INTO dataset (name, source, digest, entries, imported_us) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (name) DO UPDATE SET source = excluded.source, digest = excluded.digest,
            entries = excluded.entries, imported_us = excluded.imported_us",
        (set.as_str(), source, digest, count, us(now)),
    )?;
    Ok(())
}
