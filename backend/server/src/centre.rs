//! Pickup centres as the database keeps them.

use pickup_domain::centre::Centre;
use rusqlite::{Connection, OptionalExtension as _};

use crate::store::StoreError;

/// The centre with this number.
///
/// # Errors
/// [`StoreError`] when it cannot be read.
pub fn find(conn: &Connection, number: u16) -> Result<Option<Centre>, StoreError> {
    let body: Option<String> = conn
        .prepare_cached("SELECT body FROM centre WHERE number = ?1")?
        .query_row([number], |row| row.get(0))
        .optional()?;
    body.map(|body| {
        serde_json::from_str(&body).map_err(|e| StoreError::unreadable(format!("centre {number}"), e))
    })
    .transpose()
}

/// The lowest number of a centre, when there is any.
///
/// # Errors
/// [`StoreError`].
pub fn first(conn: &Connection) -> Result<Option<u16>, StoreError> {
    Ok(conn.query_row("SELECT MIN(number) FROM centre", [], |row| row.get(0))?)
}
