//! Records of receipts that belong to nothing known here: kept, taken up when the number they name becomes known, and shown to a
//! person when it does not.

use jiff::{SignedDuration, Timestamp};
use pickup_customs::Receipt as Paper;
use serde::Serialize;
use serde_json::json;

use crate::clearing::{ClearingError, receipts};
use crate::db::{Bulk, Column, Conn};
use crate::shop::Shop;
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::{at, us};

/// How long a record may wait for its document before a person is told.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// A record of a receipt and where it stands: cursor of its message and position in it.
pub type Placed = (i64, i64, Paper);

/// A record that belongs to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stray {
    /// Cursor of its message.
    pub cursor: i64,
    /// Its position in it, from 0.
    pub position: i64,
    /// Such as `CEB622Message`.
    pub kind: String,
    /// The number it names.
    pub key: String,
    /// Its status.
    pub status: i64,
    /// The port's words.
    pub info: String,
    /// Its own time.
    pub at: Timestamp,
}

/// Keeps records that belong to nothing known.
///
/// # Errors
/// [`StoreError`].
pub fn keep(tx: &Conn, records: &[(i64, i64, &Paper)]) -> Result<(), StoreError> {
    if records.is_empty() {
        return Ok(());
    }
    let text = |of: fn(&Paper) -> String| Column::Text(records.iter().map(|(_, _, p)| of(p)).collect());
    tx.bulk(&Bulk::new(
        "INSERT INTO stray (cell, cursor, position, kind, key, status, info, at_us)
         SELECT {cell}, r.cursor, r.i, r.kind, r.key, r.status, r.info, r.at
         FROM {r: cursor i, i i, kind t, key t, status i, info t, at i}",
        vec![
            Column::Int(records.iter().map(|(cursor, _, _)| *cursor).collect()),
            Column::Int(records.iter().map(|(_, position, _)| *position).collect()),
            text(|paper| paper.message_type().to_owned()),
            text(|paper| paper.key().to_owned()),
            Column::Int(records.iter().map(|(_, _, paper)| i64::from(paper.code())).collect()),
            text(|paper| paper.info().to_owned()),
            Column::Int(records.iter().map(|(_, _, paper)| us(paper.time().timestamp())).collect()),
        ],
    ))?;
    Ok(())
}

/// Takes the records out that name one of `numbers`: their document is known now.
///
/// # Errors
/// [`ClearingError`].
pub fn claim(tx: &Conn, shop: &Shop, numbers: &[String]) -> Result<Vec<Placed>, ClearingError> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let read = Bulk::new(
        "SELECT s.cursor, s.position, x.body FROM {r: number t}
         JOIN stray s ON s.cell = {cell} AND s.key = r.number
         JOIN receipt x ON x.cell = {cell} AND x.cursor = s.cursor
         ORDER BY s.cursor, s.position",
        vec![Column::Text(numbers.to_vec())],
    );
    let mut claimed = Vec::new();
    for row in tx.bulk_rows(&[read])?.into_iter().flatten() {
        let (cursor, position, sealed): (i64, i64, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let papers = receipts::open_kept(shop, cursor, &sealed)?;
        let at = usize::try_from(position).unwrap_or(usize::MAX);
        if let Some(paper) = papers.into_iter().nth(at) {
            claimed.push((cursor, position, paper));
        }
    }
    for (cursor, position, _) in &claimed {
        tx.prepare_cached("DELETE FROM stray WHERE cell = {cell} AND cursor = ?1 AND position = ?2")?
            .execute((cursor, position))?;
    }
    Ok(claimed)
}

/// Tells a person of records that have waited for their document for long.
///
/// # Errors
/// [`StoreError`].
pub fn tell(tx: &Conn, now: Timestamp) -> Result<(), StoreError> {
    for stray in waiting(tx, now)? {
        let entity = format!("{}/{}", stray.cursor, stray.position);
        let body =
            json!({ "kind": stray.kind, "key": stray.key, "status": stray.status, "info": stray.info });
        tasks::raise(tx, now, Task::Unmatched, &entity, None, &body)?;
    }
    Ok(())
}

/// Records that have waited for their document for long, and of which nobody was told.
///
/// # Errors
/// [`StoreError`].
pub fn waiting(conn: &Conn, now: Timestamp) -> Result<Vec<Stray>, StoreError> {
    let before = now.checked_sub(PATIENCE).unwrap_or(Timestamp::MIN);
    select(
        conn,
        "SELECT s.cursor, s.position, s.kind, s.key, s.status, s.info, s.at_us FROM stray s
         JOIN receipt x ON x.cell = s.cell AND x.cursor = s.cursor AND x.received_us < ?1
         WHERE s.cell = {cell} AND NOT EXISTS (SELECT 1 FROM task t WHERE t.cell = s.cell AND t.kind = 'unmatched'
            AND t.entity = CAST(s.cursor AS TEXT) || '/' || CAST(s.position AS TEXT))
         ORDER BY s.cursor, s.position LIMIT 1000",
        Some(us(before)),
    )
}

/// All of them, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn all(conn: &Conn) -> Result<Vec<Stray>, StoreError> {
    let sql = "SELECT cursor, position, kind, key, status, info, at_us FROM stray WHERE cell = {cell}
        ORDER BY cursor, position";
    select(conn, sql, None)
}

fn select(conn: &Conn, sql: &str, before: Option<i64>) -> Result<Vec<Stray>, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = match before {
        Some(before) => statement.query([before])?,
        None => statement.query([])?,
    };
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(Stray {
            cursor: row.get(0)?,
            position: row.get(1)?,
            kind: row.get(2)?,
            key: row.get(3)?,
            status: row.get(4)?,
            info: row.get(5)?,
            at: at(row.get(6)?)?,
        });
    }
    Ok(all)
}
