//! `POST /kiosk/v1/verdict`: what a scanned ticket is good for.

use std::sync::Arc;

use crate::db::Conn;
use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use pickup_protocol::kiosk::{Verdict, VerdictRequest};
use pickup_protocol::{Reason, Ticket, TicketError};

use super::Kiosk;
use super::judge::{Refusal, judge};
use super::offer::offer;
use super::once::{Once, once};
use crate::App;
use crate::error::{Body, Fault};
use crate::parcels;
use crate::secrets::Secrets;
use crate::store::StoreError;

/// Says whether the ticket's parcel may be handed to its buyer here and now.
pub async fn verdict(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(request): Body<VerdictRequest>,
) -> Result<Json<Verdict>, Fault> {
    let (now, shared) = (app.now(), Arc::clone(&app));
    let answer = app.store.write(move |tx| {
        once(tx, now, &kiosk, ("verdict", request.request_id), &request, || {
            Ok(decide(tx, &shared.secrets, now, &kiosk, &request.ticket)?)
        })
    });
    Ok(Json(match answer.await? {
        Once::First(verdict) | Once::Again(verdict) => verdict,
        Once::Conflict => Verdict::Refused { reason: Reason::RequestConflict, collected_at: None },
    }))
}

fn decide(
    conn: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    kiosk: &Kiosk,
    ticket: &str,
) -> Result<Verdict, StoreError> {
    let refused = |refusal: Refusal| {
        Ok(Verdict::Refused { reason: refusal.reason, collected_at: refusal.collected_at })
    };
    let ticket = match Ticket::verify(ticket, |id| secrets.verifying(id)) {
        Ok(ticket) => ticket,
        Err(TicketError::Malformed) => return refused(Reason::TicketMalformed.into()),
        Err(TicketError::Forged | TicketError::UnknownKey(_)) => return refused(Reason::TicketForged.into()),
    };
    if ticket.centre != kiosk.centre {
        return refused(Reason::OtherCentre.into());
    }
    let Some(parcel) = parcels::by_pickup(conn, ticket.pickup)? else {
        return refused(Reason::TicketUnknown.into());
    };
    if let Err(refusal) = judge(&parcel, kiosk, now) {
        return refused(refusal);
    }
    if ticket.expired_at(now) {
        return refused(Reason::TicketExpired.into());
    }
    let (offer, slip) = offer(conn, &parcel, now)?;
    Ok(Verdict::Ready { offer, slip })
}
