//! What the database alone can do: the statements of a batch, made beforehand and run without judging anything. It is what
//! clearing is measured against.

use jiff::Timestamp;

use crate::clearing::ClearingError;
use crate::clearing::ask::Ask;
use crate::clearing::decide::{Decision, decide};
use crate::clearing::rows::Rows;
use crate::clearing::standing::Standing;
use crate::db::{Bulk, Conn};
use crate::shop::Shop;
use crate::store::{CellState, StoreError};

/// The statements of a batch.
#[derive(Debug)]
pub struct Prepared {
    reads: Vec<Bulk<'static>>,
    writes: Vec<Bulk<'static>>,
    /// Orders in it.
    pub orders: usize,
}

impl Prepared {
    /// Makes the statements for orders that would all be cleared, numbered and chained on from `cell`.
    ///
    /// # Errors
    /// [`ClearingError`] when one would be refused.
    pub fn new(
        shop: &Shop,
        asks: &[Box<Ask>],
        cell: &mut CellState,
        now: Timestamp,
    ) -> Result<Self, ClearingError> {
        let mut standing = Standing::ample(shop, asks, now)?;
        let mut rows = Rows::default();
        for (i, ask) in asks.iter().enumerate() {
            let verdict = standing.judge(shop, i, ask, now);
            cell.serial = cell.serial.saturating_add(1);
            let centre = shop
                .centre(ask.order.centre)
                .ok_or_else(|| StoreError::unreadable("a centre", ask.order.centre))?;
            match decide(shop, centre, ask, &verdict, cell.serial, now) {
                Decision::Clear(writes) => {
                    standing.hold(&writes.holds);
                    rows.push(ask, cell.serial, &verdict, *writes, now)?;
                }
                Decision::Refuse(reasons) => {
                    return Err(
                        StoreError::unreadable("an order to measure with", format!("{reasons:?}")).into()
                    );
                }
            }
        }
        let reads = Standing::statements(shop, asks, now).into();
        Ok(Self { reads, writes: rows.into_bulks(cell, shop, now), orders: asks.len() })
    }

    /// Runs them as one transaction, reads together and writes together.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn run(&self, conn: &Conn) -> Result<(), StoreError> {
        conn.execute_batch("BEGIN")?;
        conn.bulk_rows(&self.reads)?;
        conn.bulks(&self.writes)?;
        Ok(conn.execute_batch("COMMIT")?)
    }

    /// Runs them as one transaction, one after the other, as a program does that knows no better.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn run_one_by_one(&self, conn: &Conn) -> Result<(), StoreError> {
        conn.execute_batch(match conn.engine() {
            crate::db::Engine::Sqlite => "BEGIN IMMEDIATE",
            crate::db::Engine::Postgres => "BEGIN",
        })?;
        for read in &self.reads {
            conn.bulk_rows(std::slice::from_ref(read))?;
        }
        for write in &self.writes {
            conn.bulk(write)?;
        }
        Ok(conn.execute_batch("COMMIT")?)
    }
}
