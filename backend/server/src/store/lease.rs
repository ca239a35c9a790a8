//! The lease of a cell: one process writes it at a time, and one that was taken over notices with its next write.

use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};

use crate::db::OptionalExt as _;
use crate::store::{Store, StoreError};
use crate::time::us;

impl Store {
    /// Takes the cell for `holder` until `now` + `for_s` when nobody else holds it; from then on this process writes only
    /// while it is the holder. A holder takes its own lease again at once, so a restart does not wait.
    ///
    /// # Errors
    /// [`StoreError::Leased`] while another one holds it.
    pub async fn take_lease(&self, holder: &str, now: Timestamp, for_s: u32) -> Result<(), StoreError> {
        let (holder, until) = (holder.to_owned(), us(now + SignedDuration::from_secs(i64::from(for_s))));
        let epoch = self
            .write(move |tx| {
                let held: Option<(String, i64)> = tx
                    .prepare_cached("SELECT holder, until_us FROM cell WHERE number = {cell}")?
                    .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                if let Some((other, other_until)) = held
                    && other != holder
                    && other_until > us(now)
                {
                    return Err(StoreError::Leased { cell: tx.cell(), holder: other });
                }
                tx.execute(
                    "UPDATE cell SET epoch = epoch + 1, holder = ?1, until_us = ?2 WHERE number = {cell}",
                    (&holder, until),
                )?;
                Ok(tx.query_row("SELECT epoch FROM cell WHERE number = {cell}", [], |row| row.get(0))?)
            })
            .await?;
        self.epoch.store(epoch, Ordering::SeqCst);
        Ok(())
    }

    /// Prolongs the lease.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when another process took over; this one must end.
    pub async fn renew_lease(&self, now: Timestamp, for_s: u32) -> Result<(), StoreError> {
        let until = us(now + SignedDuration::from_secs(i64::from(for_s)));
        self.write(move |tx| {
            tx.execute("UPDATE cell SET until_us = ?1 WHERE number = {cell}", [until])?;
            Ok(())
        })
        .await
    }

    /// Gives the lease up, so that another process need not wait.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_lease(&self) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute("UPDATE cell SET until_us = 0 WHERE number = {cell}", [])?;
            Ok(())
        })
        .await
    }
}
