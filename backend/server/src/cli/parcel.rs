//! `parcel overdue | extend`.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use jiff::{SignedDuration, Timestamp};
use pickup_domain::parcel::ParcelState;
use pickup_server::store::StoreError;
use pickup_server::{App, parcels, time};

/// Lists parcels that were not collected in time, longest first.
pub async fn overdue(app: Arc<App>, json: bool) -> Result<()> {
    let found = app.store.read(|conn| {
        let mut statement = conn.prepare(
            "SELECT p.waybill, p.not_after_us, k.name, p.door FROM parcel p LEFT JOIN kiosk k ON k.id = p.kiosk_id
             WHERE p.cell = {cell} AND p.state = 'overdue' ORDER BY p.not_after_us, p.pickup",
        )?;
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let rows: Vec<(String, i64, Option<String>, Option<u16>)> = rows.collect::<Result<_, _>>()?;
        rows.into_iter()
            .map(|(waybill, us, kiosk, door)| Ok((waybill, time::at(us)?, kiosk, door)))
            .collect::<Result<Vec<_>, StoreError>>()
    });
    for (waybill, since, kiosk, door) in found.await? {
        if json {
            let line =
                serde_json::json!({ "waybill": waybill, "since": since, "kiosk": kiosk, "door": door });
            say!("{line}");
            continue;
        }
        match (kiosk, door) {
            (Some(kiosk), Some(door)) => say!("{waybill}  since {since}  kiosk {kiosk} door {door:02}"),
            _ => say!("{waybill}  since {since}  not in a locker"),
        }
    }
    Ok(())
}

/// Gives a parcel more time.
pub async fn extend(app: Arc<App>, waybill: String, days: u16) -> Result<()> {
    let now = app.now();
    let until: Timestamp =
        now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).context("that is too far away")?;
    let (shared, asked) = (Arc::clone(&app), waybill.clone());
    let state = app
        .store
        .write(move |tx| parcels::extend(tx, &shared.secrets, now, "operator", &asked, until))
        .await?;
    say!("Parcel {waybill} can be collected until {until}, with the new ticket in its order.");
    if state == ParcelState::Ready {
        say!("It is in no locker: staff store it by scanning its label.");
    }
    Ok(())
}
