//! Money that goes back to buyers: noted with what makes it due, taken to the payment company by a job.

use jiff::Timestamp;
use pickup_domain::Money;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Conn;
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// Why a payback cannot be changed as asked.
#[derive(Debug, thiserror::Error)]
pub enum PaybackError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is in no state for that.
    #[error("there is no payback {id} that is {wanted}: see them with `pickup-backend payments list`")]
    None {
        /// Which.
        id: String,
        /// In which state it would have to be.
        wanted: &'static str,
    },
}

impl From<crate::db::DbError> for PaybackError {
    fn from(cause: crate::db::DbError) -> Self {
        Self::Store(cause.into())
    }
}

/// Money that goes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Payback {
    /// `order/<order id>`, or the number of the return.
    pub id: String,
    /// How much, in fen.
    pub amount_fen: Money,
    /// `due`, `requested`, `done` or `failed`.
    pub state: String,
}

/// What goes back for an order.
///
/// # Errors
/// [`StoreError`].
pub fn of_order(conn: &Conn, order_id: i64) -> Result<Vec<Payback>, StoreError> {
    let sql = "SELECT id, amount_fen, state FROM payback WHERE cell = {cell} AND order_id = ?1 ORDER BY made_us, id";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([order_id], |row| {
        Ok(Payback { id: row.get(0)?, amount_fen: Money::from_fen(row.get(1)?), state: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What has not gone back yet, oldest first, with the platform's number of its order.
///
/// # Errors
/// [`StoreError`].
pub fn open(conn: &Conn) -> Result<Vec<(String, Payback)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT p.id, p.amount_fen, p.state, o.order_no FROM payback p
         JOIN orders o ON o.cell = p.cell AND o.id = p.order_id
         WHERE p.cell = {cell} AND p.state <> 'done' ORDER BY p.made_us, p.id",
    )?;
    let rows = statement.query_map([], |row| {
        let one = Payback { id: row.get(0)?, amount_fen: Money::from_fen(row.get(1)?), state: row.get(2)? };
        Ok((row.get(3)?, one))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Has one that the payment company refused asked for again.
///
/// # Errors
/// [`PaybackError`].
pub fn retry(tx: &Conn, id: &str, by: &str, now: Timestamp) -> Result<(), PaybackError> {
    move_to(tx, id, "failed", "due", by, now)?;
    tx.execute(
        "UPDATE payback_try SET attempts = 0, next_us = ?2 WHERE cell = {cell} AND id = ?1",
        (id, us(now)),
    )?;
    Ok(())
}

/// Notes that a person has paid one back in another way. One that the company was asked for cannot be: it may yet be paid.
///
/// # Errors
/// [`PaybackError`].
pub fn done_by_hand(tx: &Conn, id: &str, by: &str, now: Timestamp) -> Result<(), PaybackError> {
    if move_to(tx, id, "failed", "done", by, now).is_err() {
        move_to(tx, id, "due", "done", by, now)?;
    }
    if let Some(order_id) = id.strip_prefix("order/").and_then(|id| id.parse::<i64>().ok()) {
        tx.execute("UPDATE orders SET refund = 'done' WHERE cell = {cell} AND id = ?1", [order_id])?;
    }
    Ok(())
}

fn move_to(
    tx: &Conn,
    id: &str,
    from: &'static str,
    into: &str,
    by: &str,
    now: Timestamp,
) -> Result<(), PaybackError> {
    let moved = tx
        .prepare_cached("UPDATE payback SET state = ?3 WHERE cell = {cell} AND id = ?1 AND state = ?2")?
        .execute((id, from, into))?;
    if moved == 0 {
        return Err(PaybackError::None { id: id.to_owned(), wanted: from });
    }
    tasks::settle_of_entity(tx, now, Task::Payback, id, by, into)?;
    let body = serde_json::json!({});
    Ok(trail::append(tx, now, &Change { actor: by, kind: Kind::Payback, entity: id, state: into, body })?)
}

/// Notes that `amount` is due; once per `id`.
///
/// # Errors
/// [`StoreError`].
pub fn due(tx: &Conn, id: &str, order_id: i64, amount: Money, now: Timestamp) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO payback (cell, id, order_id, amount_fen, state, made_us) VALUES ({cell}, ?1, ?2, ?3, 'due', ?4)
         ON CONFLICT (cell, id) DO NOTHING",
    )?
    .execute((id, order_id, amount.fen(), us(now)))?;
    Ok(())
}
