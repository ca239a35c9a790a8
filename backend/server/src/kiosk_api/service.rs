//! `POST /kiosk/v1/service`: staff took a kiosk out of service, or put it back.
//!
//! It has happened, so it is put on the trail whoever it was: a badge that was withdrawn meanwhile, or belongs to another
//! centre, is noted and not turned away.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use pickup_protocol::kiosk::Ack;
use pickup_protocol::service::ServiceChange;
use serde_json::json;

use super::staff::of_this_centre;
use super::{Kiosk, once};
use crate::App;
use crate::db::Conn;
use crate::error::{Body, Fault};
use crate::secrets::Secrets;
use crate::trail::{self, Change, Kind};

/// Takes a change, once per its id.
pub async fn service(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(change): Body<ServiceChange>,
) -> Result<Json<Ack>, Fault> {
    let id = change.change_id;
    once::report(&app, kiosk, ("service", id), change, note).await
}

fn note(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    kiosk: &Kiosk,
    change: &ServiceChange,
) -> Result<(), Fault> {
    let staff = of_this_centre(tx, secrets, kiosk, &change.badge)?;
    let actor = staff.as_ref().map_or_else(|| kiosk.actor(), |staff| staff.actor());
    let body = json!({ "change": change.change_id, "reason": change.out, "at": change.at,
        "badge_known": staff.is_some() });
    let state = if change.out.is_some() { "out_of_service" } else { "in_service" };
    trail::append(tx, now, &Change { actor: &actor, kind: Kind::Kiosk, entity: &kiosk.name, state, body })?;
    Ok(())
}
