//! `GET /kiosk/v1/hello` and `GET /kiosk/v1/manifest`: what a kiosk needs to know, and what lies released in its lockers.

use std::sync::Arc;

use crate::db::Conn;
use axum::extract::State;
use axum::{Extension, Json};
use jiff::{SignedDuration, Timestamp};
use pickup_domain::parcel::ParcelState;
use pickup_protocol::kiosk::{Centre, Hello, PublicKey, Text};
use pickup_protocol::manifest::Collected;
use pickup_protocol::{Manifest, ManifestEntry, SignedManifest, TypedNumber};

use super::grounds::offline_for_s;
use super::offer::offer;
use super::{Kiosk, usual};
use crate::App;
use crate::centre;
use crate::error::Fault;
use crate::parcels;
use crate::store::StoreError;
use crate::time::{after, at, us};

const COLLECTED_FOR_DAYS: i64 = 7;

/// Who the kiosk is, where it stands, which keys sign tickets, and the time.
pub async fn hello(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
) -> Result<Json<Hello>, Fault> {
    let number = kiosk.centre;
    let (mut centres, usual_release_min) = app
        .store
        .read(move |conn| Ok::<_, StoreError>((centre::all(conn)?, usual::release_min(conn, number)?)))
        .await?;
    let found = centres.remove(&number);
    let found = found.ok_or_else(|| StoreError::unreadable(format!("centre {number}"), "it is gone"))?;
    let key = PublicKey {
        id: app.secrets.signing_id(),
        ed25519: hex::encode(app.secrets.signing().verifying_key().to_bytes()),
    };
    let elsewhere = centres.into_values().map(public).collect();
    let (kiosk_id, name, centre) = (kiosk.id, kiosk.name, public(found));
    let keys = vec![key];
    Ok(Json(Hello { now: app.now(), kiosk_id, kiosk: name, centre, keys, elsewhere, usual_release_min }))
}

/// What anybody may know of a centre.
fn public(centre: pickup_domain::centre::Centre) -> Centre {
    Centre {
        number: centre.number,
        name: Text { zh: centre.name.zh, en: centre.name.en },
        address: Text { zh: centre.address.zh, en: centre.address.en },
        help_phone: centre.help_phone,
        at: centre.at,
    }
}

/// The kiosk's release manifest, signed; each has the next sequence number.
pub async fn manifest(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
) -> Result<Json<SignedManifest>, Fault> {
    let (now, usual_s) = (app.now(), app.config.manifest_for_s);
    let manifest = app.store.write(move |tx| write_manifest(tx, now, &kiosk, usual_s)).await?;
    let signed = SignedManifest::sign(&manifest, app.secrets.signing_id(), app.secrets.signing());
    signed.map(Json).map_err(|e| Fault::internal(&e))
}

fn write_manifest(tx: &Conn, now: Timestamp, kiosk: &Kiosk, usual_s: u32) -> Result<Manifest, Fault> {
    let valid_until = after(now, offline_for_s(tx, kiosk.centre, usual_s)?);
    let sequence: i64 = tx.query_row(
        "UPDATE kiosk SET manifest_sequence = manifest_sequence + 1 WHERE id = ?1 RETURNING manifest_sequence",
        [&kiosk.key],
        |row| row.get(0),
    )?;
    let mut entries = Vec::new();
    for parcel in parcels::at_kiosk(tx, &kiosk.key, ParcelState::InLocker)? {
        if parcel.is_released() && parcel.not_after.is_some_and(|end| now <= end) {
            let (offer, slip) = offer(tx, &parcel, now)?;
            let number = parcel.ticket.as_deref().map(|ticket| TypedNumber::of(ticket, parcel.pickup));
            entries.push(ManifestEntry { offer, slip, number });
        }
    }
    Ok(Manifest {
        version: 1,
        kiosk_id: kiosk.id,
        sequence: u64::try_from(sequence).unwrap_or_default(),
        issued_at: now,
        valid_until,
        entries,
        collected: collected_lately(tx, now, kiosk)?,
    })
}

fn collected_lately(tx: &Conn, now: Timestamp, kiosk: &Kiosk) -> Result<Vec<Collected>, StoreError> {
    let since =
        now.checked_sub(SignedDuration::from_hours(24 * COLLECTED_FOR_DAYS)).unwrap_or(Timestamp::MIN);
    let mut statement = tx.prepare_cached(
        "SELECT pickup, collected_us FROM parcel
         WHERE cell = {cell} AND kiosk_id = ?1 AND state = 'collected' AND collected_us >= ?2 ORDER BY pickup + 0",
    )?;
    let rows = statement.query_map((&kiosk.key, us(since)), |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (number, collected_us): (i64, i64) = row?;
        Ok(Collected { pickup: parcels::pickup_number(number)?, at: at(collected_us)? })
    })
    .collect()
}
