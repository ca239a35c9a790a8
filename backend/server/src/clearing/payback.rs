//! Money that goes back to buyers: noted with what makes it due, taken to the payment company by a job.

use jiff::Timestamp;
use pickup_domain::Money;

use crate::db::Conn;
use crate::store::StoreError;
use crate::time::us;

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
