//! `POST /kiosk/v1/resolutions`: a member of staff looked behind a door that needed attention.

use std::sync::Arc;

use crate::db::Conn;
use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use pickup_domain::parcel::{ParcelEvent, ParcelState};
use pickup_protocol::kiosk::{Ack, Found, Resolution};
use serde_json::json;

use super::handovers::{collect, no_such_pickup};
use super::staff::of_this_centre;
use super::{Kiosk, once};
use crate::App;
use crate::error::{Body, Fault};
use crate::parcels::{self, Parcel};
use crate::secrets::Secrets;
use crate::store::StoreError;
use crate::trail::{self, Change, Kind};

/// Takes what was found, once per resolution id.
pub async fn resolution(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(found): Body<Resolution>,
) -> Result<Json<Ack>, Fault> {
    let id = found.resolution_id;
    once::report(&app, kiosk, ("resolution", id), found, resolve).await
}

fn resolve(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    kiosk: &Kiosk,
    found: &Resolution,
) -> Result<(), Fault> {
    let parcel = parcels::by_pickup(tx, found.pickup)?.ok_or_else(no_such_pickup)?;
    let Some(staff) = of_this_centre(tx, secrets, kiosk, &found.badge)? else {
        // Whoever looked is no member of staff any more. What was seen was seen; another one looks again.
        return not_applied(tx, now, kiosk, &parcel, found, &kiosk.actor(), "BADGE_UNKNOWN");
    };
    if parcel.state != ParcelState::Attention || parcel.kiosk_id.as_deref() != Some(kiosk.key.as_str()) {
        // Settled otherwise meanwhile.
        return not_applied(tx, now, kiosk, &parcel, found, &staff.actor(), "NOTHING_TO_RESOLVE");
    }
    let (event, outcome) = match found.found {
        Found::GoodsInside => (ParcelEvent::FoundInside, "inside"),
        Found::GoodsTaken => (ParcelEvent::FoundTaken, "taken"),
    };
    // The report that left it open is the one that carries the evidence of this handover.
    let of_shopper = tx.execute(
        "UPDATE handover SET outcome = ?2 WHERE cell = {cell} AND id =
            (SELECT id FROM handover WHERE cell = {cell} AND pickup = ?1 AND outcome = 'unknown' ORDER BY completed_us DESC LIMIT 1)",
        (parcel.number(), outcome),
    )? > 0;
    let actor = staff.actor();
    let body = json!({ "kiosk": kiosk.name, "resolution": found.resolution_id, "looked_at": found.at });
    let entity = parcel.number().to_string();
    let change =
        Change { actor: &actor, kind: Kind::Handover, entity: &entity, state: outcome, body: body.clone() };
    trail::append(tx, now, &change)?;
    if found.found == Found::GoodsTaken && !of_shopper {
        // It was staff who opened that door, so no shopper has it.
        told(tx, now, kiosk, &parcel, found, "PARCEL_MISSING")?;
        return Ok(parcels::take_out(tx, now, &actor, &parcel, body).map_err(StoreError::from)?);
    }
    let state = parcel.state.apply(event).map_err(|e| Fault::internal(&e))?;
    parcels::set_state(tx, now, &actor, &parcel, state, body)?;
    match found.found {
        Found::GoodsTaken => {
            if !parcels::fulfil_order(tx, now, &actor, &parcel)? {
                told(tx, now, kiosk, &parcel, found, "ORDER_NOT_OPEN")?;
            }
            collect(tx, &parcel, found.at.min(now))?;
        }
        Found::GoodsInside => {
            let sql = "UPDATE kiosk SET manifest_sequence = manifest_sequence + 1 WHERE id = ?1";
            tx.execute(sql, [&kiosk.key])?;
        }
    }
    Ok(())
}

/// Somebody looked, and nothing changes by it: it is not hidden.
fn not_applied(
    tx: &Conn,
    now: Timestamp,
    kiosk: &Kiosk,
    parcel: &Parcel,
    found: &Resolution,
    actor: &str,
    why: &str,
) -> Result<(), Fault> {
    let body = json!({ "kiosk": kiosk.name, "resolution": found.resolution_id, "looked_at": found.at,
        "found": found.found, "conflicts": [why] });
    let entity = parcel.number().to_string();
    trail::append(
        tx,
        now,
        &Change { actor, kind: Kind::Handover, entity: &entity, state: "conflict", body },
    )?;
    told(tx, now, kiosk, parcel, found, why)
}

fn told(
    tx: &Conn,
    now: Timestamp,
    kiosk: &Kiosk,
    parcel: &Parcel,
    found: &Resolution,
    conflict: &str,
) -> Result<(), Fault> {
    let what =
        json!({ "kiosk": kiosk.name, "conflicts": [conflict], "found": found.found, "looked_at": found.at });
    let report = format!("resolution/{}", found.resolution_id);
    Ok(parcels::contradicts(tx, now, parcel, &report, what)?)
}
