//! What the tables say of a day at a centre.

use std::collections::BTreeMap;

use pickup_domain::Quantity;
use pickup_domain::centre::Centre;

use super::replay::Told;
use super::sheet::{Balance, What};
use super::{Span, Things};
use crate::db::Conn;
use crate::store::StoreError;

/// What the tables say.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// What happened on the day.
    pub things: BTreeMap<What, Things>,
    /// Book lines as they are now.
    pub now: BTreeMap<String, Balance>,
    /// What entered them on the day.
    pub entries: BTreeMap<String, Quantity>,
}

/// What is read of the day, each with the name of a thing and its amount; the centre is `?1`, the day `?2` to `?3`.
const DAY: [(What, &str); 7] = [
    (
        What::Orders,
        "SELECT CAST(id AS TEXT), 0 FROM orders WHERE cell = {cell} AND centre = ?1 AND placed_us >= ?2 AND placed_us < ?3",
    ),
    (
        What::Payments,
        "SELECT CAST(o.id AS TEXT), o.total_fen FROM declaration d JOIN orders o ON o.cell = d.cell AND o.id = d.order_id
         WHERE d.cell = {cell} AND o.centre = ?1 AND d.drafted_us >= ?2 AND d.drafted_us < ?3",
    ),
    (
        What::Declarations,
        "SELECT CAST(o.id AS TEXT), d.tax_fen FROM declaration d JOIN orders o ON o.cell = d.cell AND o.id = d.order_id
         WHERE d.cell = {cell} AND o.centre = ?1 AND d.drafted_us >= ?2 AND d.drafted_us < ?3",
    ),
    (
        What::Releases,
        "SELECT CAST(o.id AS TEXT), d.tax_fen FROM declaration d JOIN orders o ON o.cell = d.cell AND o.id = d.order_id
         WHERE d.cell = {cell} AND o.centre = ?1 AND d.released_us >= ?2 AND d.released_us < ?3",
    ),
    (
        What::Applications,
        "SELECT a.cop_no, 0 FROM application a JOIN orders o ON o.cell = a.cell AND o.id = a.order_id
         WHERE a.cell = {cell} AND o.centre = ?1 AND a.asked_us >= ?2 AND a.asked_us < ?3",
    ),
    (
        What::Returns,
        "SELECT a.cop_no, 0 FROM application a JOIN orders o ON o.cell = a.cell AND o.id = a.order_id
         WHERE a.cell = {cell} AND o.centre = ?1 AND a.back_us >= ?2 AND a.back_us < ?3",
    ),
    (
        What::TaxPaid,
        "SELECT b.tax_no, 0 FROM tax_bill b JOIN orders o ON o.cell = b.cell AND o.id = b.order_id
         WHERE b.cell = {cell} AND o.centre = ?1 AND b.paid_us >= ?2 AND b.paid_us < ?3",
    ),
];

/// Reads the tables.
///
/// # Errors
/// [`StoreError`].
pub fn read(conn: &Conn, centre: &Centre, span: Span, told: &Told) -> Result<Kept, StoreError> {
    let mut kept = Kept::default();
    for (what, sql) in DAY {
        let mut statement = conn.prepare_cached(sql)?;
        let rows = statement
            .query_map((centre.number, span.from_us, span.until_us), |row| Ok((row.get(0)?, row.get(1)?)))?;
        kept.things.insert(what, rows.collect::<Result<Things, _>>()?);
    }
    kept.things.insert(What::Pickups, pickups(conn, centre, span, told)?);
    let ours = format!("{}/", centre.ems_no);
    let accounts = "SELECT key, lim, held, used FROM account WHERE cell = {cell} AND kind = 'stock'";
    let mut statement = conn.prepare_cached(accounts)?;
    let rows: Vec<(String, i64, i64, i64)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    for (key, lim, held, used) in rows.into_iter().filter(|(key, ..)| key.starts_with(&ours)) {
        let [entered, held, out] = [lim, held, used].map(Quantity::from_parts);
        kept.now.insert(key, Balance { entered, held, out });
    }
    let entries = "SELECT key, CAST(SUM(quantity) AS BIGINT) FROM book_entry
         WHERE cell = {cell} AND kind <> 'opening' AND at_us >= ?1 AND at_us < ?2 GROUP BY key";
    let mut statement = conn.prepare_cached(entries)?;
    let rows: Vec<(String, i64)> = statement
        .query_map((span.from_us, span.until_us), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let rows = rows.into_iter().filter(|(key, _)| key.starts_with(&ours));
    kept.entries = rows.map(|(key, parts)| (key, Quantity::from_parts(parts))).collect();
    Ok(kept)
}

/// Parcels handed over. Their time is the kiosk's, which may report on a later day: a parcel counts on the day of its report,
/// and one that was never reported on the day of its own time.
fn pickups(conn: &Conn, centre: &Centre, span: Span, told: &Told) -> Result<Things, StoreError> {
    let sql = "SELECT CAST(pickup AS TEXT), 0 FROM parcel
         WHERE cell = {cell} AND centre = ?1 AND collected_us >= ?2 AND collected_us < ?3";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement
        .query_map((centre.number, span.from_us, span.until_us), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut found: Things = rows.collect::<Result<_, _>>()?;
    found.retain(|pickup, _| !told.collected.contains(pickup));
    let taken = "SELECT 1 FROM parcel WHERE cell = {cell} AND pickup = ?1 AND collected_us IS NOT NULL";
    for pickup in told.things.get(&What::Pickups).into_iter().flatten().map(|(pickup, _)| pickup) {
        let number: i64 = pickup.parse().unwrap_or_default();
        if conn.prepare_cached(taken)?.exists([number])? {
            found.insert(pickup.clone(), 0);
        }
    }
    Ok(found)
}
