//! Wishes whose time ran out: what was not fetched is never opened, and of what was fetched and not heard of a person must look.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pickup_protocol::DoorNumber;
use pickup_protocol::work::OpeningOutcome;
use serde_json::json;

use super::{Kept, SELECT, end, on_trail, read};
use crate::App;
use crate::db::{Conn, OptionalExt as _};
use crate::store::StoreError;
use crate::tasks;
use crate::time::us;

/// After so long without a word of the kiosk nobody knows what the door did, in seconds.
const HEARD_WITHIN_S: i64 = 600;
/// How often it is looked whether a wish ran out.
const LOOK: Duration = Duration::from_secs(10);

/// Somebody must look at a door of which nobody knows what it did.
///
/// # Errors
/// [`StoreError`].
pub fn call(tx: &Conn, now: Timestamp, id: &str, kiosk: &str, door: DoorNumber) -> Result<(), StoreError> {
    let body = json!({ "kiosk": kiosk, "code": "DOOR_UNKNOWN", "ago_s": 0, "about": format!("{}", door.0) });
    tasks::raise(tx, now, tasks::Kind::Call, id, None, &body)
}

/// Ends wishes whose time ran out, for ever.
pub async fn run(app: Arc<App>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let now = app.now();
        match app.store.read(move |conn| late(conn, now)).await {
            Ok(late) if late.is_empty() => {}
            Ok(_) => {
                if let Err(error) = app.store.write(move |tx| sweep(tx, now)).await {
                    tracing::warn!(%error, "doors that were wished for were not looked after; trying on");
                }
            }
            Err(error) => tracing::warn!(%error, "doors that were wished for cannot be read; trying on"),
        }
    }
}

fn late(conn: &Conn, now: Timestamp) -> Result<Vec<(Kept, String)>, StoreError> {
    let silent = now.checked_sub(SignedDuration::from_secs(HEARD_WITHIN_S)).unwrap_or(Timestamp::UNIX_EPOCH);
    let sql = format!(
        "{SELECT} AND ((state IN ('asked', 'confirmed') AND until_us <= ?1) OR (state = 'fetched' AND until_us <= ?2))
         ORDER BY id LIMIT 100"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query((us(now), us(silent)))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push((read(row)?, row.get(10)?));
    }
    Ok(all)
}

/// Ends wishes whose time ran out: what was not fetched is never opened, and of what was somebody must look.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(tx: &Conn, now: Timestamp) -> Result<(), StoreError> {
    for (wish, kiosk_id) in late(tx, now)? {
        let kiosk: Option<String> =
            tx.query_row("SELECT name FROM kiosk WHERE id = ?1", [&kiosk_id], |row| row.get(0)).optional()?;
        let kiosk = kiosk.unwrap_or(kiosk_id);
        let body = json!({ "kiosk": kiosk, "door": wish.door });
        if wish.state == "fetched" {
            end(tx, now, &wish.id, "ended", Some(OpeningOutcome::Unclear.as_str()))?;
            call(tx, now, &wish.id, &kiosk, wish.door)?;
            on_trail(tx, now, "", &wish.id, OpeningOutcome::Unclear.as_str(), body)?;
        } else {
            end(tx, now, &wish.id, "expired", None)?;
            on_trail(tx, now, "", &wish.id, "expired", body)?;
        }
    }
    Ok(())
}
