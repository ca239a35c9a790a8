//! What orders are found and counted by: follows the trail, beside the clearing and never in its way.
//!
//! Everything here can be forgotten and made again from the trail and the orders. A telephone's last digits and a name are
//! kept as keyed digests, since the orders themselves are sealed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::figures::{Moments, Tally};
use crate::App;
use crate::clearing::{self, ClearingError, tax_bills};
use crate::db::{Conn, OptionalExt as _, Row};
use crate::secrets::Secrets;
use crate::shop::book;

const AT_ONCE: i64 = 300;
const REST: Duration = Duration::from_millis(500);
const BETWEEN: Duration = Duration::from_millis(50);
const AFTER_A_FAULT: Duration = Duration::from_secs(10);

/// Follows the trail for ever.
pub async fn run(app: Arc<App>) {
    loop {
        let wait = match step(&app).await {
            Ok(true) => BETWEEN,
            Ok(false) => REST,
            Err(error) => {
                tracing::warn!(%error, "what orders are found by is not up to date");
                AFTER_A_FAULT
            }
        };
        tokio::time::sleep(wait).await;
    }
}

/// Follows the trail by some rows; whether there may be more.
///
/// # Errors
/// [`ClearingError`].
pub async fn step(app: &Arc<App>) -> Result<bool, ClearingError> {
    let behind = app.store.read(|conn| Ok::<_, ClearingError>(!rows_after(conn, mark(conn)?, 1)?.is_empty()));
    if !behind.await? {
        return Ok(false);
    }
    let shared = Arc::clone(app);
    app.store.write(move |tx| follow(tx, &shared.secrets)).await
}

/// The last four digits of a telephone as they are looked for; `None` when there are not so many.
#[must_use]
pub fn tail(secrets: &Secrets, telephone: &str) -> Option<String> {
    let digits: Vec<char> = telephone.chars().filter(char::is_ascii_digit).collect();
    let last: String = digits.get(digits.len().checked_sub(4)?..)?.iter().collect();
    Some(secrets.short_fingerprint("telephone-tail", last.as_bytes()))
}

/// A buyer's name as it is looked for.
#[must_use]
pub fn name(secrets: &Secrets, name: &str) -> String {
    secrets.short_fingerprint("buyer-name", name.trim().as_bytes())
}

struct TrailRow {
    seq: i64,
    kind: String,
    entity: String,
}

fn mark(conn: &Conn) -> Result<i64, ClearingError> {
    let seq = conn
        .prepare_cached("SELECT seq FROM finder WHERE cell = {cell}")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(seq.unwrap_or(0))
}

fn rows_after(conn: &Conn, seq: i64, most: i64) -> Result<Vec<TrailRow>, ClearingError> {
    let mut statement = conn.prepare_cached(
        "SELECT seq, kind, entity FROM trail WHERE cell = {cell} AND seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let rows = statement.query_map((seq, most), |row| {
        Ok(TrailRow { seq: row.get(0)?, kind: row.get(1)?, entity: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn follow(tx: &Conn, secrets: &Secrets) -> Result<bool, ClearingError> {
    let rows = rows_after(tx, mark(tx)?, AT_ONCE)?;
    let Some(last) = rows.last().map(|row| row.seq) else { return Ok(false) };
    let mut touched = BTreeSet::new();
    for row in &rows {
        let Some(order) = order_of(tx, row)? else { continue };
        tx.execute(
            "INSERT INTO order_trail (cell, order_id, seq) VALUES ({cell}, ?1, ?2) ON CONFLICT DO NOTHING",
            (order, row.seq),
        )?;
        touched.insert(order);
    }
    let mut tally = Tally::default();
    for order in touched {
        // The tax of a declaration stays as it was drafted, so it may be read after the fact.
        let before = Moments::of(tx, order)?;
        draw(tx, secrets, order)?;
        tally.moved(before.as_ref(), Moments::of(tx, order)?.as_ref());
    }
    tally.write(tx)?;
    tx.execute(
        "INSERT INTO finder (cell, seq) VALUES ({cell}, ?1) ON CONFLICT (cell) DO UPDATE SET seq = excluded.seq",
        [last],
    )?;
    Ok(rows.len() >= usize::try_from(AT_ONCE).unwrap_or(usize::MAX))
}

/// The order that a row of the trail is about, when it is about one.
fn order_of(tx: &Conn, row: &TrailRow) -> Result<Option<i64>, ClearingError> {
    let sql = match row.kind.as_str() {
        "order" | "clearing" | "hold" | "parcel" | "handover" | "deposit" | "payment_declaration" => {
            return Ok(row.entity.parse().ok());
        }
        "declaration" => "SELECT order_id FROM declaration WHERE cell = {cell} AND cop_no = ?1",
        "application" => "SELECT order_id FROM application WHERE cell = {cell} AND cop_no = ?1",
        "tax" => "SELECT order_id FROM tax_bill WHERE cell = {cell} AND tax_no = ?1",
        "payback" => "SELECT order_id FROM payback WHERE cell = {cell} AND id = ?1",
        "grant" => "SELECT pickup FROM grants WHERE cell = {cell} AND id = ?1",
        "task" => return task_of(tx, &row.entity),
        _ => return Ok(None),
    };
    Ok(tx.prepare_cached(sql)?.query_row([&row.entity], |row| row.get(0)).optional()?)
}

fn task_of(tx: &Conn, entity: &str) -> Result<Option<i64>, ClearingError> {
    let Some((kind, entity)) = entity.split_once('/') else { return Ok(None) };
    let sql = "SELECT order_id FROM task WHERE cell = {cell} AND kind = ?1 AND entity = ?2";
    let found: Option<Option<i64>> =
        tx.prepare_cached(sql)?.query_row((kind, entity), |row| row.get(0)).optional()?;
    Ok(found.flatten())
}

/// Writes how an order stands now.
fn draw(tx: &Conn, secrets: &Secrets, order: i64) -> Result<(), ClearingError> {
    let known = "SELECT 1 FROM order_find WHERE cell = {cell} AND order_id = ?1";
    if !tx.prepare_cached(known)?.exists([order])? && !begin(tx, secrets, order)? {
        return Ok(());
    }
    let owed = tax_bills::owed(tx, order)?;
    let sums = owed.unwrap_or_default();
    let limit_fen = if owed.is_some() { clearing::accounts::used_of_year(tx, order)? } else { 0 };
    tx.prepare_cached(
        "UPDATE order_find SET owed_us = ?2, owed_fen = ?3, billed = ?4, billed_fen = ?5, paid = ?6, limit_fen = ?7,
            live = (SELECT CASE WHEN o.state IN ('cancelled', 'returned')
                    OR d.state IN ('released', 'cancelled', 'refunded', 'closed') THEN NULL ELSE d.state END
                FROM orders o JOIN declaration d ON d.cell = o.cell AND d.order_id = o.id
                WHERE o.cell = {cell} AND o.id = ?1),
            parcel = (SELECT CASE WHEN p.state IN ('collected', 'back_to_stock') THEN NULL ELSE p.state END
                FROM parcel p WHERE p.cell = {cell} AND p.pickup = ?1),
            cleared_us = (SELECT d.drafted_us FROM declaration d WHERE d.cell = {cell} AND d.order_id = ?1),
            released_us = (SELECT d.released_us FROM declaration d WHERE d.cell = {cell} AND d.order_id = ?1),
            stored_us = (SELECT p.stored_us FROM parcel p WHERE p.cell = {cell} AND p.pickup = ?1),
            collected_us = (SELECT p.collected_us FROM parcel p WHERE p.cell = {cell} AND p.pickup = ?1)
         WHERE cell = {cell} AND order_id = ?1",
    )?
    .execute((
        order,
        owed.map(|owed| owed.released_us),
        sums.computed_fen,
        sums.billed,
        sums.billed_fen,
        sums.paid,
        limit_fen,
    ))?;
    Ok(())
}

/// Writes an order down for the first time; `false` when there is none.
fn begin(tx: &Conn, secrets: &Secrets, id: i64) -> Result<bool, ClearingError> {
    let row: Option<Row> = tx
        .prepare_cached(
            "SELECT o.centre, o.merchant, o.order_no, o.placed_us, b.body FROM orders o
             JOIN dossier b ON b.cell = o.cell AND b.order_id = o.id WHERE o.cell = {cell} AND o.id = ?1",
        )?
        .query_row([id], |row| Ok(row.clone()))
        .optional()?;
    let Some(row) = row else { return Ok(false) };
    let (merchant, order_no, sealed): (String, String, Vec<u8>) = (row.get(1)?, row.get(2)?, row.get(4)?);
    let buyer = book::unseal(secrets, &merchant, &order_no, &sealed)?.buyer;
    let (centre, placed_us): (i64, i64) = (row.get(0)?, row.get(3)?);
    tx.prepare_cached(
        "INSERT INTO order_find (cell, order_id, centre, tail, name, placed_us)
         VALUES ({cell}, ?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        id,
        centre,
        tail(secrets, &buyer.telephone).unwrap_or_default(),
        name(secrets, &buyer.name),
        placed_us,
    ))?;
    Ok(true)
}
