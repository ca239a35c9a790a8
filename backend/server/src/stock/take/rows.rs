//! Stocktakes as the database keeps them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use pickup_domain::Quantity;

use super::{Line, State, Take};
use crate::db::{Conn, OptionalExt as _, Row};
use crate::store::StoreError;
use crate::time::us;

const TAKE: &str = "SELECT id, centre, state, note, opened_by, opened_us, ended_by, ended_us FROM stocktake
    WHERE cell = {cell}";
const LINE: &str =
    "SELECT key, round, counted, first_book, last_book, counted_by, counted_us FROM stocktake_line
    WHERE cell = {cell} AND stocktake = ?1";

/// Stocktakes, newest first, so many at most.
///
/// # Errors
/// [`StoreError`].
pub fn all(conn: &Conn, most: i64) -> Result<Vec<Take>, StoreError> {
    let sql = format!("{TAKE} ORDER BY id DESC LIMIT ?1");
    let rows: Vec<Row> =
        conn.prepare_cached(&sql)?.query_map([most], |row| Ok(row.clone()))?.collect::<Result<_, _>>()?;
    rows.iter().map(take).collect()
}

/// Stocktakes that wait for a signature which this account may give: it counted nothing of them. Oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn to_sign(conn: &Conn, by: &str) -> Result<Vec<Take>, StoreError> {
    let sql = format!(
        "{TAKE} AND state = 'review' AND NOT EXISTS (SELECT 1 FROM stocktake_line l
            WHERE l.cell = {{cell}} AND l.stocktake = stocktake.id AND l.counted_by = ?1) ORDER BY id"
    );
    let rows: Vec<Row> =
        conn.prepare_cached(&sql)?.query_map([by], |row| Ok(row.clone()))?.collect::<Result<_, _>>()?;
    rows.iter().map(take).collect()
}

/// The stocktake with this number.
///
/// # Errors
/// [`StoreError`].
pub fn find(conn: &Conn, id: i64) -> Result<Option<Take>, StoreError> {
    let sql = format!("{TAKE} AND id = ?1");
    let row = conn.prepare_cached(&sql)?.query_row([id], |row| Ok(row.clone())).optional()?;
    row.as_ref().map(take).transpose()
}

/// Its lines, by key.
///
/// # Errors
/// [`StoreError`].
pub fn lines(conn: &Conn, id: i64) -> Result<Vec<Line>, StoreError> {
    let sql = format!("{LINE} ORDER BY key");
    let rows: Vec<Row> =
        conn.prepare_cached(&sql)?.query_map([id], |row| Ok(row.clone()))?.collect::<Result<_, _>>()?;
    rows.iter().map(counted).collect()
}

/// Lines that are being counted now, with the stocktake of each: their balances are not for who counts.
///
/// # Errors
/// [`StoreError`].
pub fn under_count(conn: &Conn) -> Result<BTreeMap<String, i64>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT l.key, l.stocktake FROM stocktake t
         JOIN stocktake_line l ON l.cell = t.cell AND l.stocktake = t.id
         WHERE t.cell = {cell} AND t.state = 'counting'",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The stocktake that a line is under, counted or looked at.
pub(super) fn running(conn: &Conn, key: &str) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT t.id FROM stocktake t JOIN stocktake_line l ON l.cell = t.cell AND l.stocktake = t.id
         WHERE t.cell = {cell} AND t.state IN ('counting', 'review') AND l.key = ?1 LIMIT 1";
    Ok(conn.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()?)
}

pub(super) fn line(conn: &Conn, id: i64, key: &str) -> Result<Option<Line>, StoreError> {
    let sql = format!("{LINE} AND key = ?2");
    let row = conn.prepare_cached(&sql)?.query_row((id, key), |row| Ok(row.clone())).optional()?;
    row.as_ref().map(counted).transpose()
}

pub(super) fn add_line(tx: &Conn, id: i64, key: &str) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO stocktake_line (cell, stocktake, key) VALUES ({cell}, ?1, ?2)")?
        .execute((id, key))?;
    Ok(())
}

pub(super) fn set_count(
    tx: &Conn,
    id: i64,
    key: &str,
    (counted, first, last): (Quantity, Quantity, Quantity),
    (by, now): (&str, Timestamp),
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE stocktake_line SET counted = ?3, first_book = ?4, last_book = ?5, counted_by = ?6, counted_us = ?7
         WHERE cell = {cell} AND stocktake = ?1 AND key = ?2",
    )?
    .execute((id, key, counted.parts(), first.parts(), last.parts(), by, us(now)))?;
    Ok(())
}

pub(super) fn set_state(
    tx: &Conn,
    id: i64,
    state: State,
    ended: Option<(&str, Timestamp)>,
) -> Result<(), StoreError> {
    let (by, at) = (ended.map(|(by, _)| by), ended.map(|(_, at)| us(at)));
    tx.execute(
        "UPDATE stocktake SET state = ?2, ended_by = ?3, ended_us = ?4 WHERE cell = {cell} AND id = ?1",
        (id, state.as_str(), by, at),
    )?;
    Ok(())
}

fn take(row: &Row) -> Result<Take, StoreError> {
    let state: String = row.get(2)?;
    Ok(Take {
        id: row.get(0)?,
        centre: row.get(1)?,
        state: State::parse(&state).ok_or_else(|| StoreError::unreadable("stocktake.state", &state))?,
        note: row.get(3)?,
        opened_by: row.get(4)?,
        opened_us: row.get(5)?,
        ended_by: row.get(6)?,
        ended_us: row.get(7)?,
    })
}

fn counted(row: &Row) -> Result<Line, StoreError> {
    let parts = |parts: Option<i64>| parts.map(Quantity::from_parts);
    Ok(Line {
        key: row.get(0)?,
        round: row.get(1)?,
        counted: parts(row.get(2)?),
        first_book: parts(row.get(3)?),
        last_book: parts(row.get(4)?),
        counted_by: row.get(5)?,
        counted_us: row.get(6)?,
    })
}
