//! What entered the bonded book (账册), line by line: imports, corrections that two people agreed on, and stocktakes.
//!
//! [`enter`] is the only place that changes what there is of a line; it writes the entry with the number of the trail's row
//! that tells of it, so that the sum of the entries, the account and the trail can be held against one another.

use jiff::Timestamp;
use pickup_domain::Quantity;
use pickup_domain::hold::{Account, HoldError};

use crate::clearing::accounts::{self, Key, Kind};
use crate::db::Conn;
use crate::store::StoreError;
use crate::time::us;

pub mod requests;
pub mod take;

/// Why something entered a line, or was taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// What there was when entries began to be kept.
    Opening,
    /// Goods that came into the area.
    Entry,
    /// The book was wrong.
    Correction,
    /// A stocktake found another number.
    Stocktake,
}

impl EntryKind {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Entry => "entry",
            Self::Correction => "correction",
            Self::Stocktake => "stocktake",
        }
    }
}

/// Why the book did not move.
#[derive(Debug, thiserror::Error)]
pub enum StockError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such line.
    #[error("the book has no line {0}: see the lines on the page of the stock")]
    NoLine(String),
    /// More would be taken off than lies there free.
    #[error(
        "line {key}: {asked} cannot be taken off, only {available} are on hand; the rest is held for orders or gone out"
    )]
    Held {
        /// Which line.
        key: String,
        /// How much was to be taken off.
        asked: Quantity,
        /// How much is on hand.
        available: Quantity,
    },
    /// Nothing is to be entered, or more than a line can have.
    #[error("line {0}: the quantity is zero or beyond what a line can hold")]
    Amount(String),
}

impl From<crate::db::DbError> for StockError {
    fn from(cause: crate::db::DbError) -> Self {
        Self::Store(cause.into())
    }
}

/// An entry of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Row of the trail that tells of it.
    pub seq: i64,
    /// Why.
    pub kind: String,
    /// How much, below zero when it was taken off.
    pub quantity: Quantity,
    /// Document of an entry; else the reason.
    pub document: String,
    /// When, microseconds; 0 for what there was before entries were kept.
    pub at_us: i64,
}

/// The account of a line by its key `book/record number`.
#[must_use]
pub fn line(key: &str) -> Key {
    Key { kind: Kind::Stock, key: key.to_owned() }
}

/// How a line stands.
///
/// # Errors
/// [`StockError::NoLine`], or the database.
pub fn balance(conn: &Conn, key: &str) -> Result<Account, StockError> {
    accounts::find(conn, &line(key))?.ok_or_else(|| StockError::NoLine(key.to_owned()))
}

/// What would be of a line after a change of what entered it.
///
/// # Errors
/// [`StockError`] when it cannot be.
pub fn changed(conn: &Conn, key: &str, quantity: Quantity) -> Result<Account, StockError> {
    balance(conn, key)?.enter(quantity.parts()).map_err(|error| match error {
        HoldError::Exhausted { asked, available } => StockError::Held {
            key: key.to_owned(),
            asked: Quantity::from_parts(asked),
            available: Quantity::from_parts(available),
        },
        _ => StockError::Amount(key.to_owned()),
    })
}

/// Enters a quantity in a line, or takes it off, and keeps the entry. The row of the trail that tells of it must have been
/// written just before, in the same transaction. A line that is not there is opened by what enters it.
///
/// # Errors
/// [`StockError`]; the transaction must then be dropped.
pub fn enter(
    tx: &Conn,
    now: Timestamp,
    key: &str,
    (kind, quantity): (EntryKind, Quantity),
    document: &str,
) -> Result<(), StockError> {
    accounts::open(tx, &line(key), 0)?;
    let account = changed(tx, key, quantity)?;
    let lim = "UPDATE account SET lim = ?2 WHERE cell = {cell} AND kind = 'stock' AND key = ?1";
    tx.prepare_cached(lim)?.execute((key, account.lim()))?;
    let seq = tx.state().map_or(0, |cell| cell.trail_seq);
    tx.prepare_cached(
        "INSERT INTO book_entry (cell, key, seq, kind, quantity, document, at_us)
         VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (cell, key, seq) DO UPDATE SET quantity = book_entry.quantity + excluded.quantity",
    )?
    .execute((key, seq, kind.as_str(), quantity.parts(), document, us(now)))?;
    Ok(())
}

/// Entries of a line, newest first, so many at most.
///
/// # Errors
/// [`StoreError`].
pub fn entries(conn: &Conn, key: &str, most: i64) -> Result<Vec<Entry>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT seq, kind, quantity, document, at_us FROM book_entry WHERE cell = {cell} AND key = ?1
         ORDER BY seq DESC LIMIT ?2",
    )?;
    let rows = statement.query_map((key, most), |row| {
        Ok(Entry {
            seq: row.get(0)?,
            kind: row.get(1)?,
            quantity: Quantity::from_parts(row.get(2)?),
            document: row.get(3)?,
            at_us: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
