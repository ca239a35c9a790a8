//! `POST /kiosk/v1/resolutions`: a member of staff looked behind a door that needed attention.

use std::sync::Arc;

use crate::db::Conn;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use pickup_domain::parcel::{ParcelEvent, ParcelState};
use pickup_protocol::kiosk::{Ack, Found, Resolution};
use serde_json::json;

use super::Kiosk;
use super::handovers::{collect, no_such_pickup};
use super::once::{Once, once};
use super::staff::of_this_centre;
use crate::App;
use crate::error::{Body, Fault};
use crate::parcels::{self, Parcel};
use crate::secrets::Secrets;
use crate::trail::{self, Change, Kind};

/// Takes what was found, once per resolution id.
pub async fn resolution(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(found): Body<Resolution>,
) -> Result<Json<Ack>, Fault> {
    let (now, shared) = (app.now(), Arc::clone(&app));
    let answer = app.store.write(move |tx| {
        once(tx, now, &kiosk, ("resolution", found.resolution_id), &found, || {
            resolve(tx, &shared.secrets, now, &kiosk, &found)
        })
    });
    match answer.await? {
        Once::First(()) => Ok(Json(Ack { first: true })),
        Once::Again(()) => Ok(Json(Ack { first: false })),
        Once::Conflict => Err(Fault::conflict()),
    }
}

fn resolve(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    kiosk: &Kiosk,
    found: &Resolution,
) -> Result<(), Fault> {
    let staff = of_this_centre(tx, secrets, kiosk, &found.badge)?.ok_or_else(badge_unknown)?;
    let parcel = parcels::by_pickup(tx, found.pickup)?.ok_or_else(no_such_pickup)?;
    if parcel.state != ParcelState::Attention || parcel.kiosk_id.as_deref() != Some(kiosk.key.as_str()) {
        return nothing_to_resolve(tx, now, kiosk, &parcel, found, &staff.actor());
    }
    let (event, outcome) = match found.found {
        Found::GoodsInside => (ParcelEvent::FoundInside, "inside"),
        Found::GoodsTaken => (ParcelEvent::FoundTaken, "taken"),
    };
    // The report that left it open is the one that carries the evidence of this handover.
    tx.execute(
        "UPDATE handover SET outcome = ?2 WHERE cell = {cell} AND id =
            (SELECT id FROM handover WHERE cell = {cell} AND pickup = ?1 AND outcome = 'unknown' ORDER BY completed_us DESC LIMIT 1)",
        (parcel.number(), outcome),
    )?;
    let actor = staff.actor();
    let body = json!({ "kiosk": kiosk.name, "resolution": found.resolution_id, "looked_at": found.at });
    let entity = parcel.number().to_string();
    let change =
        Change { actor: &actor, kind: Kind::Handover, entity: &entity, state: outcome, body: body.clone() };
    trail::append(tx, now, &change)?;
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

fn badge_unknown() -> Fault {
    Fault::new(
        StatusCode::FORBIDDEN,
        "BADGE_UNKNOWN",
        "工牌无效。",
        "The badge belongs to nobody of this centre.",
    )
}

/// Somebody looked, and it was settled otherwise meanwhile: nothing changes, and it is not hidden.
fn nothing_to_resolve(
    tx: &Conn,
    now: Timestamp,
    kiosk: &Kiosk,
    parcel: &Parcel,
    found: &Resolution,
    actor: &str,
) -> Result<(), Fault> {
    let body = json!({ "kiosk": kiosk.name, "resolution": found.resolution_id, "looked_at": found.at,
        "found": found.found, "conflicts": ["NOTHING_TO_RESOLVE"] });
    let entity = parcel.number().to_string();
    trail::append(
        tx,
        now,
        &Change { actor, kind: Kind::Handover, entity: &entity, state: "conflict", body },
    )?;
    told(tx, now, kiosk, parcel, found, "NOTHING_TO_RESOLVE")
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
