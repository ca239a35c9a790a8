//! Recomputes every balance from the trail and compares it with the tables: what entered each book line, what is held and used
//! of each account, and the state of each hold.

use std::collections::BTreeMap;

use pickup_domain::Quantity;
use serde_json::Value as Json;

use crate::clearing::accounts;
use crate::db::Conn;
use crate::store::StoreError;
use crate::trail::{self, Kind, Row};

/// What is held and used of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Held.
    pub held: i64,
    /// Used.
    pub used: i64,
}

/// A difference between the trail and the tables.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// An account does not hold or use what the trail says.
    #[error("account {kind} {key}: the trail says held {} used {}, the table says held {} used {}",
        trail.held, trail.used, table.held, table.used)]
    Account {
        /// `stock`, `buyer` or `guarantee`.
        kind: String,
        /// Which one; a buyer's is a digest.
        key: String,
        /// By the trail.
        trail: Balance,
        /// In the table.
        table: Balance,
    },
    /// What entered a book line is not what the trail says, or not the sum of the line's entries.
    #[error("line {key}: the trail says {trail} entered, the entries are {entries}, the table says {table}")]
    Entered {
        /// Which line.
        key: String,
        /// By the trail.
        trail: Quantity,
        /// Sum of the entries that are kept.
        entries: Quantity,
        /// In the table.
        table: Quantity,
    },
    /// A hold is in another state than the trail says.
    #[error("the hold of order {order}: the trail says {trail:?}, the table says {table:?}")]
    Hold {
        /// Which order.
        order: i64,
        /// By the trail; `None` when it knows none.
        trail: Option<String>,
        /// In the table; `None` when there is none.
        table: Option<String>,
    },
}

type Accounts = BTreeMap<(String, String), Balance>;
type Holds = BTreeMap<i64, (String, String)>;
/// Row of the trail, line and quantity of what entered.
type Came = Vec<(i64, String, i64)>;

/// Every difference; none when the books are right.
///
/// # Errors
/// [`StoreError`] when the database cannot be read.
pub fn check(conn: &Conn) -> Result<Vec<Difference>, StoreError> {
    let (told, came) = by_trail(conn)?;
    let kept = holds_in_table(conn)?;
    let mut differences = Vec::new();
    for order in told.keys().chain(kept.keys().filter(|order| !told.contains_key(order))) {
        let state = |holds: &Holds| holds.get(order).map(|(state, _)| state.clone());
        if told.get(order) != kept.get(order) {
            differences.push(Difference::Hold { order: *order, trail: state(&told), table: state(&kept) });
        }
    }
    let (by_trail, by_table) = (sums(&told)?, balances(conn)?);
    let mut keys: Vec<_> = by_trail.keys().chain(by_table.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let of = |accounts: &Accounts| accounts.get(key).copied().unwrap_or_default();
        let (trail, table) = (of(&by_trail), of(&by_table));
        if trail != table {
            let (kind, key) = key.clone();
            differences.push(Difference::Account { kind, key, trail, table });
        }
    }
    differences.extend(entered(conn, &came)?);
    Ok(differences)
}

/// State and legs of every hold, and what entered book lines.
fn by_trail(conn: &Conn) -> Result<(Holds, Came), StoreError> {
    let (mut holds, mut came) = (Holds::new(), Came::new());
    trail::for_each(conn, |row| {
        let lines = came_in(&row)?;
        came.extend(lines.into_iter().map(|(key, quantity)| (row.seq, key, quantity)));
        take(&mut holds, &row)
    })?;
    Ok((holds, came))
}

/// What a row of the trail says entered book lines.
///
/// # Errors
/// [`StoreError`] for a row that this program does not write.
pub fn came_in(row: &Row) -> Result<Vec<(String, i64)>, StoreError> {
    let import = row.kind == Kind::Data.as_str() && row.entity == "book";
    if !import && row.kind != Kind::Book.as_str() && row.kind != Kind::Stocktake.as_str() {
        return Ok(Vec::new());
    }
    let bad =
        |why: &dyn std::fmt::Display| StoreError::unreadable(format!("row {} of the trail", row.seq), why);
    let body: Json = serde_json::from_str(&row.body).map_err(|e| bad(&e))?;
    let Some(lines) = body.get("lines") else { return Ok(Vec::new()) };
    let lines: Vec<(String, i64, String)> = serde_json::from_value(lines.clone()).map_err(|e| bad(&e))?;
    Ok(lines.into_iter().map(|(key, quantity, _)| (key, quantity)).collect())
}

/// Lines whose account, entries and trail do not say the same. Before an opening balance the trail does not count: it did
/// not tell of everything.
fn entered(conn: &Conn, came: &[(i64, String, i64)]) -> Result<Vec<Difference>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT a.key, a.lim, CAST(COALESCE(SUM(e.quantity), 0) AS BIGINT),
            CAST(COALESCE(SUM(CASE WHEN e.kind = 'opening' THEN e.quantity ELSE 0 END), 0) AS BIGINT),
            COALESCE(MAX(CASE WHEN e.kind = 'opening' THEN e.seq ELSE 0 END), 0)
         FROM account a LEFT JOIN book_entry e ON e.cell = a.cell AND e.key = a.key
         WHERE a.cell = {cell} AND a.kind = 'stock' GROUP BY a.key, a.lim ORDER BY a.key",
    )?;
    let rows: Vec<(String, i64, i64, i64, i64)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?
        .collect::<Result<_, _>>()?;
    let differs = |(key, table, entries, opening, since): (String, i64, i64, i64, i64)| {
        let later = came.iter().filter(|(seq, of, _)| *of == key && *seq > since);
        let trail = later.fold(opening, |sum, (_, _, quantity)| sum.saturating_add(*quantity));
        let [trail, entries, table] = [trail, entries, table].map(Quantity::from_parts);
        (trail != table || entries != table).then_some(Difference::Entered { key, trail, entries, table })
    };
    Ok(rows.into_iter().filter_map(differs).collect())
}

fn take(holds: &mut Holds, row: &Row) -> Result<(), StoreError> {
    let bad = |why: &str| StoreError::unreadable(format!("row {} of the trail", row.seq), why);
    if row.kind == Kind::Clearing.as_str() {
        let order = row.entity.parse().map_err(|_| bad("no order id"))?;
        let body: Json = serde_json::from_str(&row.body).map_err(|_| bad("no JSON"))?;
        let legs = body.get("holds").ok_or_else(|| bad("no holds"))?.to_string();
        holds.insert(order, ("held".to_owned(), legs));
    } else if row.kind == Kind::Hold.as_str() {
        let order: i64 = row.entity.parse().map_err(|_| bad("no order id"))?;
        let hold = holds.get_mut(&order).ok_or_else(|| bad("a hold that was never taken"))?;
        hold.0.clone_from(&row.state);
        let body: Json = serde_json::from_str(&row.body).map_err(|_| bad("no JSON"))?;
        if let Some(legs) = body.get("legs") {
            // Part of it was given back.
            hold.1 = legs.to_string();
        }
    }
    Ok(())
}

fn holds_in_table(conn: &Conn) -> Result<Holds, StoreError> {
    let (mut holds, mut last) = (Holds::new(), 0_i64);
    loop {
        let page: Vec<(i64, String, String)> = conn
            .prepare_cached(
                "SELECT order_id, state, legs FROM hold WHERE cell = {cell} AND order_id > ?1
                 ORDER BY order_id LIMIT 10000",
            )?
            .query_map([last], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        let Some((end, _, _)) = page.last() else { return Ok(holds) };
        last = *end;
        holds.extend(page.into_iter().map(|(order, state, legs)| (order, (state, legs))));
    }
}

fn sums(holds: &Holds) -> Result<Accounts, StoreError> {
    let mut accounts = Accounts::new();
    for (state, legs) in holds.values() {
        let (held, used) = match state.as_str() {
            "held" => (1, 0),
            "posted" => (0, 1),
            _ => continue,
        };
        for (kind, key, amount) in accounts::read_legs(legs)? {
            let balance = accounts.entry((kind, key)).or_default();
            balance.held = balance.held.saturating_add(amount * held);
            balance.used = balance.used.saturating_add(amount * used);
        }
    }
    Ok(accounts)
}

fn balances(conn: &Conn) -> Result<Accounts, StoreError> {
    let mut accounts = Accounts::new();
    // Years of buyers are shared by the cells; with more than one cell, each accounts for its own holds only.
    for sql in [
        "SELECT kind, key, held, used FROM account WHERE cell = {cell} AND held + used > 0",
        "SELECT 'buyer', key, held, used FROM buyer_year WHERE held + used > 0",
        "SELECT 'goods', key, held, used FROM buyer_goods WHERE held + used > 0",
    ] {
        let mut statement = conn.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| {
            let balance = Balance { held: row.get(2)?, used: row.get(3)? };
            Ok(((row.get(0)?, row.get(1)?), balance))
        })?;
        for row in rows {
            let (key, balance) = row?;
            accounts.insert(key, balance);
        }
    }
    Ok(accounts)
}
