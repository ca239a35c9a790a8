//! `POST /kiosk/v1/verdict/number`: what a typed pickup number is good for, as its ticket would be.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use pickup_protocol::kiosk::{NumberRequest, Verdict};
use pickup_protocol::{Reason, Ticket, TypedNumber};

use super::Kiosk;
use super::verdict::{decided, of_parcel};
use crate::App;
use crate::db::Conn;
use crate::error::{Body, Fault};
use crate::parcels;
use crate::secrets::Secrets;
use crate::store::StoreError;

/// Says whether the parcel of this number may be handed to its buyer here and now.
pub async fn verdict(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(request): Body<NumberRequest>,
) -> Result<Json<Verdict>, Fault> {
    let id = request.request_id;
    decided(&app, kiosk, id, request, |tx, secrets, now, kiosk, request| {
        decide(tx, secrets, now, kiosk, request.number)
    })
    .await
}

/// Whoever does not hold the ticket learns nothing, not even whether there is such a pickup.
fn decide(
    conn: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    kiosk: &Kiosk,
    number: TypedNumber,
) -> Result<Verdict, StoreError> {
    let unknown = || Ok(Verdict::refused(Reason::NumberUnknown, None));
    let Some(parcel) = parcels::by_pickup(conn, number.pickup)? else { return unknown() };
    let Some(ticket) = &parcel.ticket else { return unknown() };
    if TypedNumber::of(ticket, parcel.pickup) != number {
        return unknown();
    }
    let ran_out =
        Ticket::verify(ticket, |id| secrets.verifying(id)).is_ok_and(|ticket| ticket.expired_at(now));
    of_parcel(conn, now, kiosk, &parcel, ran_out)
}
