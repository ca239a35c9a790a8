//! `POST /kiosk/v1/enrol`: a one-time code and a certificate request become a client certificate.

use std::sync::Arc;

use crate::db::{Conn, OptionalExt as _};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use pickup_protocol::crockford;
use pickup_protocol::kiosk::{EnrolReply, EnrolRequest};
use serde_json::json;

use crate::App;
use crate::ca::{Ca, CaError};
use crate::error::{Body, Fault};
use crate::secrets::Secrets;
use crate::store::StoreError;
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// Certifies a kiosk.
pub async fn enrol(
    State(app): State<Arc<App>>,
    Body(request): Body<EnrolRequest>,
) -> Result<Json<EnrolReply>, Fault> {
    let now = app.now();
    let shared = Arc::clone(&app);
    app.store.write(move |tx| certify(tx, &shared.secrets, &shared.ca, now, &request)).await.map(Json)
}

struct Code {
    kiosk_id: String,
    name: String,
    expires_us: i64,
    used: bool,
}

fn certify(
    tx: &Conn,
    secrets: &Secrets,
    ca: &Ca,
    now: Timestamp,
    request: &EnrolRequest,
) -> Result<EnrolReply, Fault> {
    let secret = crockford::decode(request.secret.trim()).filter(|secret| secret.len() == 10);
    let digest = secrets.fingerprint("enrolment", &secret.ok_or_else(code_unknown)?);
    let code = find(tx, &digest)?.ok_or_else(code_unknown)?;
    check(&code, now)?;
    // A bad request does not use up the code.
    let certificate =
        ca.certify_kiosk(&request.csr_pem, &code.kiosk_id, now).map_err(|cause| match cause {
            CaError::Request(_) => request_unusable(),
            other => Fault::internal(&other),
        })?;
    tx.execute("UPDATE enrolment SET used_us = ?2 WHERE secret_digest = ?1", (&digest, us(now)))?;
    tx.execute(
        "UPDATE kiosk SET certificate = ?2, revoked = 0, enrolled_us = ?3 WHERE id = ?1",
        (&code.kiosk_id, &certificate.fingerprint, us(now)),
    )?;
    let body = json!({ "certificate": certificate.fingerprint });
    let change = Change { actor: "system", kind: Kind::Kiosk, entity: &code.name, state: "enrolled", body };
    trail::append(tx, now, &change)?;
    let kiosk_id = code.kiosk_id.parse().map_err(|e| StoreError::unreadable("id of a kiosk", e))?;
    let ca_pem = ca.pem().to_owned();
    Ok(EnrolReply { kiosk_id, name: code.name, certificate_pem: certificate.pem, ca_pem })
}

fn find(tx: &Conn, digest: &str) -> Result<Option<Code>, StoreError> {
    Ok(tx
        .query_row(
            "SELECT e.kiosk_id, k.name, e.expires_us, e.used_us IS NOT NULL
             FROM enrolment e JOIN kiosk k ON k.id = e.kiosk_id WHERE e.secret_digest = ?1",
            [digest],
            |row| {
                Ok(Code {
                    kiosk_id: row.get(0)?,
                    name: row.get(1)?,
                    expires_us: row.get(2)?,
                    used: row.get(3)?,
                })
            },
        )
        .optional()?)
}

fn check(code: &Code, now: Timestamp) -> Result<(), Fault> {
    if code.used {
        Err(refused(
            "CODE_USED",
            "这个一次性代码已经用过，请重新申请。",
            "This one-time code was used before. Ask for a new one.",
        ))
    } else if us(now) > code.expires_us {
        Err(refused(
            "CODE_EXPIRED",
            "一次性代码已过期，请重新申请。",
            "This one-time code has run out. Ask for a new one.",
        ))
    } else {
        Ok(())
    }
}

fn refused(code: &str, zh: &str, en: &str) -> Fault {
    Fault::new(StatusCode::FORBIDDEN, code, zh, en)
}

fn code_unknown() -> Fault {
    refused(
        "CODE_UNKNOWN",
        "一次性代码不正确，请核对后重新输入。",
        "This one-time code is not known here. Check it and type it again.",
    )
}

fn request_unusable() -> Fault {
    Fault::new(
        StatusCode::BAD_REQUEST,
        "CSR_UNUSABLE",
        "证书请求无法使用。",
        "The certificate request cannot be read, or its signature is wrong.",
    )
}
