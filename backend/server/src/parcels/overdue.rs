//! Parcels that waited too long: no door opens for them any more. Nothing else changes by itself: whether the goods go back or
//! the shopper gets more time, and what becomes of the money, a person decides.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pickup_domain::parcel::ParcelEvent;
use serde_json::json;

use super::{Parcel, found, set_state};
use crate::App;
use crate::db::Conn;
use crate::store::StoreError;
use crate::time::us;

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(60);
/// Parcels in one transaction, so that no order waits for long.
const AT_ONCE: usize = 100;

/// Marks parcels for ever.
pub async fn run(app: Arc<App>) {
    loop {
        let now = app.now();
        match app.store.write(move |tx| mark(tx, now)).await {
            Ok(AT_ONCE) => continue,
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "parcels were not collected in time"),
            Err(error) => tracing::warn!(%error, "overdue parcels were not marked; trying again"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Marks those whose time ran out before `now`, oldest first, at most a hundred; how many.
///
/// # Errors
/// [`StoreError`].
pub fn mark(tx: &Conn, now: Timestamp) -> Result<usize, StoreError> {
    let late: Vec<i64> = tx
        .prepare_cached(
            "SELECT pickup FROM parcel WHERE cell = {cell} AND state IN ('ready', 'in_locker')
             AND not_after_us < ?1 ORDER BY not_after_us, pickup LIMIT ?2",
        )?
        .query_map((us(now), i64::try_from(AT_ONCE).unwrap_or(100)), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut marked = 0;
    for number in late {
        let Some(parcel) = found::by_order(tx, number)? else { continue };
        let state = parcel
            .state
            .apply(ParcelEvent::TimeRanOut)
            .map_err(|e| StoreError::unreadable(format!("parcel {number}"), e))?;
        let body = json!({ "not_after": parcel.not_after, "door": parcel.door });
        set_state(tx, now, "system", &parcel, state, body)?;
        manifest_changed(tx, &parcel)?;
        marked += 1;
    }
    Ok(marked)
}

/// The kiosk it lies in gets another manifest.
pub(super) fn manifest_changed(tx: &Conn, parcel: &Parcel) -> Result<(), StoreError> {
    if let Some(kiosk) = &parcel.kiosk_id {
        tx.execute("UPDATE kiosk SET manifest_sequence = manifest_sequence + 1 WHERE id = ?1", [kiosk])?;
    }
    Ok(())
}
