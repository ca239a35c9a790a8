//! Accounts and holds in the database: book lines, buyers' calendar years, tax guarantees (see `domain::hold`).

use std::collections::BTreeMap;

use crate::db::{Bulk, Column, Conn, OptionalExt as _, Row, Value};
use jiff::Timestamp;
use jiff::civil::Date;
use pickup_domain::centre::Centre;
use pickup_domain::goods::Product;
use pickup_domain::hold::{Account, HoldState};
use pickup_domain::review::Guarantee;
use pickup_domain::{Money, china_time, limits};
use serde::Serialize;

use crate::store::StoreError;
use crate::time::at;
use crate::trail::{self, Change, Kind as Trail};

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
    /// Goods with a yearly maximum that a buyer bought in a year, in pieces.
    Goods,
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
            Self::Goods => "goods",
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

/// The account of goods with a yearly maximum: the buyer's digest, the year and the eight-digit code.
#[must_use]
pub fn goods_key(buyer: &str, year: i16, hs8: &str) -> Key {
    Key { kind: Kind::Goods, key: format!("{buyer}/{year}/{hs8}") }
}

/// The account of a guarantee: its number.
#[must_use]
pub fn guarantee_key(number: &str) -> Key {
    Key { kind: Kind::Guarantee, key: number.to_owned() }
}

/// Opens an account of stock or a guarantee; one that exists stays as it is.
///
/// # Errors
/// [`StoreError`].
pub fn open(tx: &Conn, key: &Key, lim: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO account (cell, kind, key, lim) VALUES ({cell}, ?1, ?2, ?3)
         ON CONFLICT (cell, kind, key) DO NOTHING",
    )?
    .execute((key.kind.as_str(), &key.key, lim))?;
    Ok(())
}

/// An account, when there is one.
///
/// # Errors
/// [`StoreError`], also for one that does not balance.
pub fn find(conn: &Conn, key: &Key) -> Result<Option<Account>, StoreError> {
    let read = |row: &Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let row: Option<(i64, i64, i64)> = if key.kind == Kind::Buyer {
        conn.prepare_cached("SELECT lim, held, used FROM buyer_year WHERE key = ?1")?
            .query_row([&key.key], read)
    } else if key.kind == Kind::Goods {
        conn.prepare_cached("SELECT lim, held, used FROM buyer_goods WHERE key = ?1")?
            .query_row([&key.key], read)
    } else {
        conn.prepare_cached(
            "SELECT lim, held, used FROM account WHERE cell = {cell} AND kind = ?1 AND key = ?2",
        )?
        .query_row((key.kind.as_str(), &key.key), read)
    }
    .optional()?;
    row.map(|(lim, held, used)| Account::new(lim, held, used)).transpose().map_err(|e| unreadable(key, e))
}

/// A buyer's year; one without purchases yet is empty.
///
/// # Errors
/// [`StoreError`].
pub fn buyer_year(conn: &Conn, buyer: &str, now: Timestamp) -> Result<Account, StoreError> {
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
pub fn guarantee(conn: &Conn, number: &str) -> Result<Guarantee, StoreError> {
    let key = guarantee_key(number);
    let account = find(conn, &key)?.ok_or_else(|| unreadable(&key, "there is no such account"))?;
    let (from, until): (i64, i64) = conn
        .prepare_cached(
            "SELECT valid_from_us, valid_until_us FROM account
             WHERE cell = {cell} AND kind = 'guarantee' AND key = ?1",
        )?
        .query_row([number], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let day = |us| at(us).map(china_time::date);
    let (from, until): (Date, Date) = (day(from)?, day(until)?);
    Ok(Guarantee { account, from, until })
}

/// The legs of a hold as stored.
#[must_use]
pub fn legs(holds: &[(Key, i64)]) -> String {
    let legs: Vec<(&str, &str, i64)> =
        holds.iter().map(|(key, amount)| (key.kind.as_str(), key.key.as_str(), *amount)).collect();
    // Words and whole numbers can always be written.
    serde_json::to_string(&legs).unwrap_or_default()
}

/// Reads [`legs`]: kind, key and amount of each.
///
/// # Errors
/// [`StoreError`] when they are not what this program writes.
pub fn read_legs(text: &str) -> Result<Vec<(String, String, i64)>, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::unreadable("hold.legs", e))
}

/// What an order uses of its buyer's year: what its hold posted there and was not given back, in fen.
///
/// # Errors
/// [`StoreError`].
pub fn used_of_year(conn: &Conn, order_id: i64) -> Result<i64, StoreError> {
    let legs: Option<String> = conn
        .prepare_cached("SELECT legs FROM hold WHERE cell = {cell} AND order_id = ?1 AND state = 'posted'")?
        .query_row([order_id], |row| row.get(0))
        .optional()?;
    let legs = legs.as_deref().map(read_legs).transpose()?.unwrap_or_default();
    let of_year = legs.iter().filter(|(kind, ..)| kind == Kind::Buyer.as_str());
    Ok(of_year.fold(0_i64, |sum, (.., amount)| sum.saturating_add(*amount)))
}

/// Ends the holds of these orders that are `from`: each account gives or takes what the new state says. Which orders' holds
/// ended.
///
/// # Errors
/// [`StoreError`].
pub fn end_holds(
    tx: &Conn,
    orders: &[i64],
    from: HoldState,
    into: HoldState,
) -> Result<Vec<i64>, StoreError> {
    // In one order on every engine: the trail tells of them one after the other.
    let mut orders = orders.to_vec();
    orders.sort_unstable();
    let read = Bulk::with(
        "SELECT r.id, h.legs FROM {r: id i}
         JOIN hold h ON h.cell = {cell} AND h.order_id = r.id AND h.state = ?2
         ORDER BY r.id",
        vec![Column::Int(orders.clone())],
        vec![Value::Text(from.as_str().to_owned())],
    );
    let (mut ended, mut sums) = (Vec::new(), BTreeMap::<(String, String), i64>::new());
    for row in tx.bulk_rows(&[read])?.into_iter().flatten() {
        ended.push(row.get(0)?);
        for (kind, key, amount) in read_legs(&row.get::<_, String>(1)?)? {
            let sum = sums.entry((kind, key)).or_default();
            *sum = sum.saturating_add(amount);
        }
    }
    let (goods, sums): (Vec<_>, Vec<_>) =
        sums.into_iter().partition(|((kind, _), _)| kind == Kind::Goods.as_str());
    let (buyers, accounts): (Vec<_>, Vec<_>) =
        sums.into_iter().partition(|((kind, _), _)| kind == Kind::Buyer.as_str());
    let (held, used) = match (from, into) {
        (HoldState::Held, HoldState::Posted) => (1, 1),
        (HoldState::Held, _) => (1, 0),
        (_, _) => (0, -1),
    };
    let signs = vec![Value::Int(held), Value::Int(used)];
    let columns = |sums: Vec<((String, String), i64)>| {
        let (keys, amounts): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
        let (kinds, keys): (Vec<_>, Vec<_>) = keys.into_iter().unzip();
        vec![Column::Text(kinds), Column::Text(keys), Column::Int(amounts)]
    };
    tx.bulks(&[
        Bulk::with(
            "UPDATE account SET held = held - ?4 * r.amount, used = used + ?5 * r.amount
             FROM {r: kind t, key t, amount i}
             WHERE account.cell = {cell} AND account.kind = r.kind AND account.key = r.key",
            columns(accounts),
            signs.clone(),
        ),
        Bulk::with(
            "UPDATE buyer_year SET held = held - ?4 * r.amount, used = used + ?5 * r.amount
             FROM {r: kind t, key t, amount i} WHERE buyer_year.key = r.key AND r.kind = 'buyer'",
            columns(buyers),
            signs.clone(),
        ),
        Bulk::with(
            "UPDATE buyer_goods SET held = held - ?4 * r.amount, used = used + ?5 * r.amount
             FROM {r: kind t, key t, amount i} WHERE buyer_goods.key = r.key AND r.kind = 'goods'",
            columns(goods),
            signs,
        ),
        Bulk::with(
            "UPDATE hold SET state = ?3 FROM {r: id i}
             WHERE hold.cell = {cell} AND hold.order_id = r.id AND hold.state = ?2",
            vec![Column::Int(orders.to_vec())],
            vec![Value::Text(from.as_str().to_owned()), Value::Text(into.as_str().to_owned())],
        ),
    ])?;
    Ok(ended)
}

fn unreadable(key: &Key, why: impl std::fmt::Display) -> StoreError {
    // The key of a buyer is a digest, never a number.
    StoreError::unreadable(format!("account {} {}", key.kind.as_str(), key.key), why)
}

/// Part of what was posted for an order: of its account of this kind whose key ends so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Which kind.
    pub kind: Kind,
    /// How its key ends; empty for the only one of its kind.
    pub ending: String,
    /// How much at most; less when less is left.
    pub amount: i64,
}

/// Gives part of what was posted for an order back: the accounts use less, and the hold's legs say what is left of it.
///
/// # Errors
/// [`StoreError`].
pub fn give_back(
    tx: &Conn,
    order_id: i64,
    parts: &[Leg],
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row: Option<(String, String)> = tx
        .prepare_cached("SELECT state, legs FROM hold WHERE cell = {cell} AND order_id = ?1")?
        .query_row([order_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let posted = HoldState::Posted.as_str();
    let Some((_, legs)) = row.filter(|(state, _)| state == posted) else { return Ok(()) };
    let mut legs = read_legs(&legs)?;
    for part in parts {
        let mut rest = part.amount;
        let of_it = legs
            .iter_mut()
            .filter(|(kind, key, _)| kind == part.kind.as_str() && key.ends_with(part.ending.as_str()));
        for (kind, key, left) in of_it {
            let amount = rest.clamp(0, *left);
            *left = left.saturating_sub(amount);
            rest = rest.saturating_sub(amount);
            let sql = match part.kind {
                Kind::Buyer => "UPDATE buyer_year SET used = used - ?2 WHERE key = ?1",
                Kind::Goods => "UPDATE buyer_goods SET used = used - ?2 WHERE key = ?1",
                Kind::Stock | Kind::Guarantee => {
                    "UPDATE account SET used = used - ?2 WHERE cell = {cell} AND key = ?1 AND kind = ?3"
                }
            };
            match part.kind {
                Kind::Buyer | Kind::Goods => tx.prepare_cached(sql)?.execute((&*key, amount))?,
                Kind::Stock | Kind::Guarantee => tx.prepare_cached(sql)?.execute((&*key, amount, &*kind))?,
            };
        }
    }
    legs.retain(|(_, _, left)| *left > 0);
    let text = serde_json::to_string(&legs).map_err(|e| StoreError::unreadable("hold.legs", e))?;
    tx.execute("UPDATE hold SET legs = ?2 WHERE cell = {cell} AND order_id = ?1", (order_id, &text))?;
    let change = Change {
        actor,
        kind: Trail::Hold,
        entity: &order_id.to_string(),
        state: posted,
        body: serde_json::json!({ "legs": legs }),
    };
    trail::append(tx, now, &change)
}
