//! Money that goes back to buyers: noted with what makes it due, taken to the payment company by a job.

use jiff::Timestamp;
use pickup_domain::Money;
use serde::Serialize;

use crate::db::Conn;
use crate::store::StoreError;
use crate::time::us;

/// Money that goes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
