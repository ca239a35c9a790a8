//! Accounts and holds in the database: book lines, buyers' calendar years, tax guarantees (see `domain::hold`).

use jiff::Timestamp;
use jiff::civil::Date;
use pickup_domain::centre::Centre;
use pickup_domain::goods::Product;
use pickup_domain::hold::{Account, HoldState};
use pickup_domain::review::Guarantee;
use pickup_domain::{Money, china_time, limits};
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use serde::Serialize;

use crate::store::StoreError;
use crate::time::{at, us};

/// Which kind of account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A line of a bonded book, in 1/100,000 of a deal unit.
    Stock,
    /// A buyer's calendar year, in fen.
    Buyer,
    /// A tax guarantee, in fen.
    Guarantee,
}

/// Names one account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Key {
    /// Which kind.
    pub kind: Kind,
    /// Which one of its kind.
    pub key: String,
}

impl Kind {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Buyer => "buyer",
            Self::Guarantee => "guarantee",
        }
    }
}

/// The account of an article in the centre's bonded book: `book/record number`.
#[must_use]
pub fn stock_key(centre: &Centre, product: &Product) -> Key {
    Key { kind: Kind::Stock, key: format!("{}/{}", centre.ems_no, product.record_no) }
}

/// The account of a buyer's calendar year: `identity digest/year`.
#[must_use]
pub fn buyer_key(buyer: &str, year: i16) -> Key {
    Key { kind: Kind::Buyer, key: format!("{buyer}/{year}") }
}

/// The account of a guarantee: its number.
#[must_use]
pub fn guarantee_key(number: &str) -> Key {
    Key { kind: Kind::Guarantee, key: number.to_owned() }
}

/// Opens an account; one that exists stays as it is.
///
/// # Errors
/// [`StoreError`].
pub fn open(tx: &Transaction<'_>, key: &Key, lim: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO account (kind, key, lim) VALUES (?1, ?2, ?3) ON CONFLICT (kind, key) DO NOTHING",
    )?
    .execute((key.kind.as_str(), &key.key, lim))?;
    Ok(())
}

/// An account, when there is one.
///
/// # Errors
/// [`StoreError`], also for one that does not balance.
pub fn find(conn: &Connection, key: &Key) -> Result<Option<Account>, StoreError> {
    let row: Option<(i64, i64, i64)> = conn
        .prepare_cached("SELECT lim, held, used FROM account WHERE kind = ?1 AND key = ?2")?
        .query_row((key.kind.as_str(), &key.key), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    row.map(|(lim, held, used)| Account::new(lim, held, used)).transpose().map_err(|e| unreadable(key, e))
}

/// A buyer's year; one without purchases yet is empty.
///
/// # Errors
/// [`StoreError`].
pub fn buyer_year(conn: &Connection, buyer: &str, now: Timestamp) -> Result<Account, StoreError> {
    let key = buyer_key(buyer, china_time::year(now));
    match find(conn, &key)? {
        Some(account) => Ok(account),
        None => Account::new(limits::ANNUAL.fen(), 0, 0).map_err(|e| unreadable(&key, e)),
    }
}

/// Posted and held of an account, as money.
#[must_use]
pub fn spoken_for(account: Account) -> Money {
    Money::from_fen(account.held() + account.used())
}

/// A guarantee with the days it is in force.
///
/// # Errors
/// [`StoreError`], also when there is no such guarantee.
pub fn guarantee(conn: &Connection, number: &str) -> Result<Guarantee, StoreError> {
    let key = guarantee_key(number);
    let account = find(conn, &key)?.ok_or_else(|| unreadable(&key, "there is no such account"))?;
    let (from, until): (i64, i64) = conn
        .prepare_cached(
            "SELECT valid_from_us, valid_until_us FROM account WHERE kind = 'guarantee' AND key = ?1",
        )?
        .query_row([number], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let day = |us| at(us).map(china_time::date);
    let (from, until): (Date, Date) = (day(from)?, day(until)?);
    Ok(Guarantee { account, from, until })
}

/// Writes a hold and takes it from its account.
///
/// # Errors
/// [`StoreError`] when the account has less left; the transaction must then be dropped.
pub fn hold(
    tx: &Transaction<'_>,
    order_id: &str,
    key: &Key,
    amount: i64,
    expires: Timestamp,
) -> Result<(), StoreError> {
    let taken = tx
        .prepare_cached(
            "UPDATE account SET held = held + ?1 WHERE kind = ?2 AND key = ?3 AND held + used + ?1 <= lim AND ?1 > 0",
        )?
        .execute((amount, key.kind.as_str(), &key.key))?;
    if taken != 1 {
        return Err(unreadable(key, "less is left than was decided to be held"));
    }
    tx.prepare_cached(
        "INSERT INTO hold (order_id, kind, key, amount, state, expires_us) VALUES (?1, ?2, ?3, ?4, 'held', ?5)",
    )?
    .execute((order_id, key.kind.as_str(), &key.key, amount, us(expires)))?;
    Ok(())
}

/// Ends every hold of an order that is still held, and says how many those were.
///
/// # Errors
/// [`StoreError`].
pub fn end_holds(tx: &Transaction<'_>, order_id: &str, into: HoldState) -> Result<usize, StoreError> {
    let mut select =
        tx.prepare_cached("SELECT kind, key, amount FROM hold WHERE order_id = ?1 AND state = 'held'")?;
    let held: Vec<(String, String, i64)> = select
        .query_map([order_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (kind, key, amount) in &held {
        let used = if into == HoldState::Posted { *amount } else { 0 };
        tx.prepare_cached(
            "UPDATE account SET held = held - ?1, used = used + ?2 WHERE kind = ?3 AND key = ?4",
        )?
        .execute((amount, used, kind, key))?;
    }
    tx.prepare_cached("UPDATE hold SET state = ?1 WHERE order_id = ?2 AND state = 'held'")?
        .execute((into.as_str(), order_id))?;
    Ok(held.len())
}

/// Gives back what was posted for an order that is withdrawn after its release.
///
/// # Errors
/// [`StoreError`].
pub fn give_back(tx: &Transaction<'_>, order_id: &str) -> Result<usize, StoreError> {
    let mut select =
        tx.prepare_cached("SELECT kind, key, amount FROM hold WHERE order_id = ?1 AND state = 'posted'")?;
    let posted: Vec<(String, String, i64)> = select
        .query_map([order_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (kind, key, amount) in &posted {
        tx.prepare_cached("UPDATE account SET used = used - ?1 WHERE kind = ?2 AND key = ?3")?
            .execute((amount, kind, key))?;
    }
    tx.prepare_cached("UPDATE hold SET state = 'voided' WHERE order_id = ?1 AND state = 'posted'")?
        .execute([order_id])?;
    Ok(posted.len())
}

fn unreadable(key: &Key, why: impl std::fmt::Display) -> StoreError {
    // The key of a buyer is a digest, never a number.
    StoreError::unreadable(format!("account {} {}", key.kind.as_str(), key.key), why)
}
