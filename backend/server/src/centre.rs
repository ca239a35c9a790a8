//! Pickup centres as the database keeps them.

use std::collections::BTreeMap;

use crate::db::{Conn, OptionalExt as _};
use pickup_domain::centre::Centre;

use crate::store::StoreError;

/// The centre with this number.
///
/// # Errors
/// [`StoreError`] when it cannot be read.
pub fn find(conn: &Conn, number: u16) -> Result<Option<Centre>, StoreError> {
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
pub fn first(conn: &Conn) -> Result<Option<u16>, StoreError> {
    Ok(conn.query_row("SELECT MIN(number) FROM centre", [], |row| row.get(0))?)
}

/// Every centre.
///
/// # Errors
/// [`StoreError`].
pub fn all(conn: &Conn) -> Result<BTreeMap<u16, Centre>, StoreError> {
    let mut centres = BTreeMap::new();
    let mut statement = conn.prepare_cached("SELECT number, body FROM centre")?;
    for row in statement.query_map([], |row| Ok((row.get::<_, u16>(0)?, row.get::<_, String>(1)?)))? {
        let (number, body) = row?;
        let centre = serde_json::from_str(&body).map_err(|e| StoreError::unreadable("a centre", e))?;
        centres.insert(number, centre);
    }
    Ok(centres)
}
