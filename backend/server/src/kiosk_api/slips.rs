//! `POST /kiosk/v1/slips` and `/slips/printed`: the slip of a handover that ended without one, printed by staff afterwards.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use pickup_protocol::Reason;
use pickup_protocol::kiosk::Ack;
use pickup_protocol::work::{SlipPrinted, SlipReply, SlipRequest};
use serde_json::json;

use super::handovers::no_such_pickup;
use super::offer::offer;
use super::staff::of_this_centre;
use super::{Kiosk, once};
use crate::App;
use crate::db::Conn;
use crate::error::{Body, Fault};
use crate::parcels;
use crate::secrets::Secrets;
use crate::store::StoreError;
use crate::trail::{self, Change, Kind};

/// What the slip says.
pub async fn slip(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(request): Body<SlipRequest>,
) -> Result<Json<SlipReply>, Fault> {
    let (now, shared) = (app.now(), Arc::clone(&app));
    let reply = app.store.read(move |conn| owed(conn, &shared.secrets, now, &kiosk, &request)).await?;
    Ok(Json(reply))
}

fn owed(
    conn: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    kiosk: &Kiosk,
    request: &SlipRequest,
) -> Result<SlipReply, StoreError> {
    if of_this_centre(conn, secrets, kiosk, &request.badge)?.is_none() {
        return Ok(SlipReply::Refused { reason: Reason::BadgeUnknown });
    }
    let Some(parcel) = parcels::by_pickup(conn, request.pickup)? else {
        return Ok(SlipReply::Refused { reason: Reason::LabelUnknown });
    };
    let is_owed = conn
        .prepare_cached(
            "SELECT 1 FROM handover WHERE cell = {cell} AND pickup = ?1 AND kiosk_id = ?2 AND outcome = 'taken'
             AND slip_owed = 1",
        )?
        .exists((parcel.number(), &kiosk.key))?;
    if !is_owed {
        return Ok(SlipReply::Refused { reason: Reason::LabelUnknown });
    }
    let (offer, slip) = offer(conn, &parcel, now)?;
    Ok(SlipReply::Owed { offer, slip })
}

/// It came out.
pub async fn printed(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(report): Body<SlipPrinted>,
) -> Result<Json<Ack>, Fault> {
    let id = report.report_id;
    once::report(&app, kiosk, ("slip-printed", id), report, record).await
}

fn record(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    kiosk: &Kiosk,
    report: &SlipPrinted,
) -> Result<(), Fault> {
    let parcel = parcels::by_pickup(tx, report.pickup)?.ok_or_else(no_such_pickup)?;
    let staff = of_this_centre(tx, secrets, kiosk, &report.badge)?;
    let actor = staff.map_or_else(|| kiosk.actor(), |staff| staff.actor());
    tx.execute("UPDATE handover SET slip_owed = 0 WHERE cell = {cell} AND pickup = ?1", [parcel.number()])?;
    let entity = parcel.slip_no.clone().unwrap_or_else(|| parcel.number().to_string());
    let body = json!({ "kiosk": kiosk.name, "pickup": report.pickup, "copy": report.copy, "at": report.at });
    Ok(trail::append(
        tx,
        now,
        &Change { actor: &actor, kind: Kind::Slip, entity: &entity, state: "printed", body },
    )?)
}
