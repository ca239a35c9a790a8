//! `POST /kiosk/v1/grants`: may the door open? What is answered is on the trail before it is answered.

use std::sync::Arc;

use crate::db::{Conn, OptionalExt as _};
use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use pickup_domain::china_time;
use pickup_domain::declaration::DeclarationState;
use pickup_protocol::Reason;
use pickup_protocol::kiosk::{GrantReply, GrantRequest};
use serde_json::json;

use super::Kiosk;
use super::judge::judge;
use super::once::digest;
use crate::App;
use crate::error::{Body, Fault};
use crate::parcels::{self, Parcel};
use crate::store::StoreError;
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// Grants or refuses, once per grant id.
pub async fn grant(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(request): Body<GrantRequest>,
) -> Result<Json<GrantReply>, Fault> {
    let now = app.now();
    app.store.write(move |tx| record(tx, now, &kiosk, &request)).await.map(Json)
}

fn record(tx: &Conn, now: Timestamp, kiosk: &Kiosk, request: &GrantRequest) -> Result<GrantReply, Fault> {
    let digest = digest(kiosk, "grant", request)?;
    let id = request.grant_id.to_string();
    let unreadable = |e| StoreError::unreadable(format!("grant {id}"), e);
    let known: Option<(String, String)> = tx
        .prepare_cached("SELECT body_digest, answer FROM grants WHERE cell = {cell} AND id = ?1")?
        .query_row([&id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((known, answer)) = known {
        if known != digest {
            return Ok(GrantReply::Refused { reason: Reason::RequestConflict });
        }
        return Ok(serde_json::from_str(&answer).map_err(unreadable)?);
    }
    let Some(parcel) = parcels::by_pickup(tx, request.pickup)? else {
        return Ok(GrantReply::Refused { reason: Reason::TicketUnknown });
    };
    let reply = decide(&parcel, kiosk, request, now);
    let answer = serde_json::to_string(&reply).map_err(unreadable)?;
    tx.prepare_cached(
        "INSERT INTO grants (cell, id, pickup, kiosk_id, body_digest, answer, at_us) VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((&id, parcel.number(), &kiosk.key, digest, answer, us(now)))?;
    put_on_trail(tx, now, kiosk, &parcel, request, &reply)?;
    Ok(reply)
}

fn decide(parcel: &Parcel, kiosk: &Kiosk, request: &GrantRequest, now: Timestamp) -> GrantReply {
    let refused = |reason| GrantReply::Refused { reason };
    if let Err(refusal) = judge(parcel, kiosk, now) {
        return refused(refusal.reason);
    }
    if request.evidence.identity != parcel.identity {
        return refused(Reason::IdMismatch);
    }
    let last_day = request.evidence.card_valid_until.as_deref();
    if last_day.is_some_and(|last_day| last_day < china_time::yyyymmdd(now).as_str()) {
        return refused(Reason::IdExpired);
    }
    match parcel.door {
        Some(door) => GrantReply::Granted { doors: vec![door] },
        None => refused(Reason::NeedsAttendant),
    }
}

fn put_on_trail(
    tx: &Conn,
    now: Timestamp,
    kiosk: &Kiosk,
    parcel: &Parcel,
    request: &GrantRequest,
    reply: &GrantReply,
) -> Result<(), StoreError> {
    let state = match reply {
        GrantReply::Granted { .. } => "granted",
        GrantReply::Refused { .. } => "refused",
    };
    let body = json!({
        "pickup": parcel.pickup,
        "reply": reply,
        "declaration": parcel.declaration.map(DeclarationState::as_str),
        "invt_no": parcel.invt_no,
        "card_read_at": request.evidence.read_at,
    });
    let entity = request.grant_id.to_string();
    trail::append(tx, now, &Change { actor: &kiosk.actor(), kind: Kind::Grant, entity: &entity, state, body })
}

#[cfg(test)]
mod tests {
    use pickup_protocol::IdentityDigest;
    use pickup_protocol::kiosk::{Evidence, EvidenceMethod};
    use uuid::Uuid;

    use super::super::judge::tests::{at, kiosk, parcel};
    use super::*;

    fn request(card_valid_until: Option<&str>) -> GrantRequest {
        GrantRequest {
            grant_id: Uuid::from_u128(9),
            pickup: parcel().pickup,
            evidence: Evidence {
                method: EvidenceMethod::IdCard,
                identity: parcel().identity,
                read_at: at(1),
                card_valid_until: card_valid_until.map(str::to_owned),
            },
        }
    }

    // 500 seconds after 1970-01-01T00:00Z it is the first of January in China, too.
    #[test]
    fn a_card_is_good_on_its_last_day_and_not_after() {
        let granted = |until| {
            matches!(decide(&parcel(), &kiosk(), &request(until), at(500)), GrantReply::Granted { .. })
        };
        assert!(granted(None));
        assert!(granted(Some("19700101")));
        assert!(!granted(Some("19691231")));
    }

    #[test]
    fn another_persons_card_is_refused() {
        let mut request = request(None);
        request.evidence.identity = IdentityDigest { salt: "00".into(), digest: "22".into() };
        let refused = GrantReply::Refused { reason: Reason::IdMismatch };
        assert_eq!(decide(&parcel(), &kiosk(), &request, at(500)), refused);
    }
}
