//! `POST /kiosk/v1/verdict`: what a scanned ticket is good for.

use std::sync::Arc;

use crate::db::{Conn, OptionalExt as _};
use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use pickup_domain::declaration::DeclarationState as D;
use pickup_protocol::kiosk::{Progress, Verdict, VerdictRequest};
use pickup_protocol::{Reason, Ticket, TicketError};
use serde::Serialize;
use uuid::Uuid;

use super::Kiosk;
use super::judge::{Refusal, judge};
use super::offer::offer;
use super::once::{Once, once};
use crate::App;
use crate::error::{Body, Fault};
use crate::parcels::{self, Parcel};
use crate::secrets::Secrets;
use crate::store::StoreError;

/// Says whether the ticket's parcel may be handed to its buyer here and now.
pub async fn verdict(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(request): Body<VerdictRequest>,
) -> Result<Json<Verdict>, Fault> {
    let id = request.request_id;
    decided(&app, kiosk, id, request, |tx, secrets, now, kiosk, request| {
        decide(tx, secrets, now, kiosk, &request.ticket)
    })
    .await
}

/// Answers a request for a verdict by `decide`, once per request id.
pub(super) async fn decided<R: Serialize + Send + 'static>(
    app: &Arc<App>,
    kiosk: Kiosk,
    id: Uuid,
    request: R,
    decide: fn(&Conn, &Secrets, Timestamp, &Kiosk, &R) -> Result<Verdict, StoreError>,
) -> Result<Json<Verdict>, Fault> {
    let (now, shared) = (app.now(), Arc::clone(app));
    let answer = app.store.write(move |tx| {
        once(tx, now, &kiosk, ("verdict", id), &request, || {
            Ok(decide(tx, &shared.secrets, now, &kiosk, &request)?)
        })
    });
    Ok(Json(match answer.await? {
        Once::First(verdict) | Once::Again(verdict) => verdict,
        Once::Conflict => Verdict::refused(Reason::RequestConflict, None),
    }))
}

fn decide(
    conn: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    kiosk: &Kiosk,
    ticket: &str,
) -> Result<Verdict, StoreError> {
    let refused = |reason: Reason| Ok(Verdict::refused(reason, None));
    let ticket = match Ticket::verify(ticket, |id| secrets.verifying(id)) {
        Ok(ticket) => ticket,
        Err(TicketError::Malformed) => return refused(Reason::TicketMalformed),
        Err(TicketError::Forged | TicketError::UnknownKey(_)) => return refused(Reason::TicketForged),
    };
    if ticket.centre != kiosk.centre {
        return refused(Reason::OtherCentre);
    }
    let Some(parcel) = parcels::by_pickup(conn, ticket.pickup)? else {
        return refused(Reason::TicketUnknown);
    };
    of_parcel(conn, now, kiosk, &parcel, ticket.expired_at(now))
}

/// What is said of a parcel to somebody who has shown that they hold its ticket.
///
/// # Errors
/// [`StoreError`].
pub(super) fn of_parcel(
    conn: &Conn,
    now: Timestamp,
    kiosk: &Kiosk,
    parcel: &Parcel,
    ticket_ran_out: bool,
) -> Result<Verdict, StoreError> {
    if let Err(Refusal { reason, collected_at }) = judge(parcel, kiosk, now) {
        let kiosk = match reason {
            Reason::OtherKiosk | Reason::AlreadyCollected => name_of(conn, parcel.kiosk_id.as_deref())?,
            _ => None,
        };
        return Ok(Verdict::Refused { reason, collected_at, progress: progress(parcel, reason), kiosk });
    }
    if ticket_ran_out {
        return Ok(Verdict::refused(Reason::TicketExpired, None));
    }
    let (offer, slip) = offer(conn, parcel, now)?;
    Ok(Verdict::Ready { offer, slip })
}

fn name_of(conn: &Conn, kiosk: Option<&str>) -> Result<Option<String>, StoreError> {
    let mut found = conn.prepare_cached("SELECT name FROM kiosk WHERE id = ?1")?;
    Ok(found.query_row([kiosk.unwrap_or_default()], |row| row.get(0)).optional()?)
}

/// How far a parcel is that only has to be waited for.
fn progress(parcel: &Parcel, reason: Reason) -> Option<Progress> {
    match (reason, parcel.declaration) {
        (Reason::NotInLocker, _) => Some(Progress::Picking),
        (Reason::UnderInspection, Some(D::Inspected)) => Some(Progress::Inspection),
        (Reason::UnderInspection, _) => Some(Progress::Review),
        (Reason::NotReleased, Some(D::Accepted)) => Some(Progress::Accepted),
        (Reason::NotReleased, Some(D::Rejected | D::Exception)) => Some(Progress::Correction),
        (Reason::NotReleased, Some(D::Drafted | D::Sent)) => Some(Progress::Filed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kiosk_api::judge::tests::{at, kiosk, parcel};

    #[test]
    fn whoever_only_has_to_wait_is_told_how_far_their_parcel_is_and_nobody_else() {
        let waits =
            |reason| matches!(reason, Reason::NotReleased | Reason::UnderInspection | Reason::NotInLocker);
        for state in D::ALL {
            let parcel = Parcel { declaration: Some(state), ..parcel() };
            if let Err(refusal) = judge(&parcel, &kiosk(), at(500)) {
                assert_eq!(progress(&parcel, refusal.reason).is_some(), waits(refusal.reason), "{state:?}");
            }
        }
        let inspected = Parcel { declaration: Some(D::Inspected), ..parcel() };
        assert_eq!(progress(&inspected, Reason::UnderInspection), Some(Progress::Inspection));
        assert_eq!(progress(&parcel(), Reason::NotInLocker), Some(Progress::Picking));
    }
}
