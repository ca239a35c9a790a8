//! The row of a cell: locked first by every writing transaction, it holds the lease, the last serial and the trail's head.

use crate::db::{Conn, DbError, OptionalExt as _};
use crate::store::StoreError;

/// Where a cell stands, as read at the beginning of a transaction and moved on in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellState {
    /// Which lease is in force.
    pub epoch: i64,
    /// Last number given to an order.
    pub serial: i64,
    /// Day of the last slip number.
    pub slip_day: String,
    /// Its serial on that day.
    pub slip_serial: i64,
    /// Last row of the trail.
    pub trail_seq: i64,
    /// Its hash.
    pub trail_hash: String,
    pub(crate) moved: bool,
}

/// Begins a writing transaction: the cell is locked, and its state kept on the connection.
pub fn begin(conn: &Conn) -> Result<(), StoreError> {
    conn.execute_batch(match conn.engine() {
        crate::db::Engine::Sqlite => "BEGIN IMMEDIATE",
        crate::db::Engine::Postgres => "BEGIN",
    })?;
    let state = match conn.engine() {
        crate::db::Engine::Sqlite => read(conn, SELECT),
        crate::db::Engine::Postgres => read(conn, SELECT_LOCKED),
    };
    let state = match state {
        Ok(Some(state)) => state,
        Ok(None) => {
            conn.execute("INSERT INTO cell (number) VALUES ({cell}) ON CONFLICT (number) DO NOTHING", [])?;
            read(conn, SELECT)?.ok_or(StoreError::Closed)?
        }
        Err(error) => return Err(error.into()),
    };
    conn.set_state(Some(state));
    Ok(())
}

const SELECT: &str =
    "SELECT epoch, serial, slip_day, slip_serial, trail_seq, trail_hash FROM cell WHERE number = {cell}";
const SELECT_LOCKED: &str = "SELECT epoch, serial, slip_day, slip_serial, trail_seq, trail_hash FROM cell WHERE number = {cell} FOR UPDATE";

fn read(conn: &Conn, sql: &str) -> Result<Option<CellState>, DbError> {
    conn.query_row(sql, [], |row| {
        Ok(CellState {
            epoch: row.get(0)?,
            serial: row.get(1)?,
            slip_day: row.get(2)?,
            slip_serial: row.get(3)?,
            trail_seq: row.get(4)?,
            trail_hash: row.get(5)?,
            moved: false,
        })
    })
    .optional()
}

/// Ends the transaction for good: what moved of the cell is written with it.
pub fn commit(conn: &Conn) -> Result<(), StoreError> {
    if let Some(state) = conn.take_state().filter(|state| state.moved) {
        conn.execute(
            "UPDATE cell SET serial = ?1, slip_day = ?2, slip_serial = ?3, trail_seq = ?4, trail_hash = ?5
             WHERE number = {cell}",
            (state.serial, state.slip_day, state.slip_serial, state.trail_seq, state.trail_hash),
        )?;
    }
    conn.execute_batch("COMMIT")?;
    Ok(())
}

/// Ends the transaction as if it had not been.
pub fn roll_back(conn: &Conn) {
    conn.take_state();
    if let Err(error) = conn.execute_batch("ROLLBACK") {
        tracing::debug!(%error, "a transaction was not there to be rolled back");
    }
}
