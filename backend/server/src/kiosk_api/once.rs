//! Ids made by the caller: a repeat with the same body gets the first answer, with another body it is a conflict.

use std::sync::Arc;

use crate::db::{Conn, OptionalExt as _};
use axum::Json;
use jiff::{SignedDuration, Timestamp};
use pickup_protocol::kiosk::Ack;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Kiosk;
use crate::App;
use crate::error::Fault;
use crate::secrets::Secrets;
use crate::store::StoreError;
use crate::time::us;

/// An answer, and whether it was given before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Once<T> {
    /// Decided now, and kept.
    First(T),
    /// As decided before.
    Again(T),
    /// The id was used with another body, for something else or by another kiosk.
    Conflict,
}

/// SHA-256 of who asks what with which body.
///
/// # Errors
/// [`StoreError`] when the body cannot be written as JSON.
pub fn digest(kiosk: &Kiosk, kind: &str, body: &impl Serialize) -> Result<String, StoreError> {
    let json = serde_json::to_vec(body).map_err(|e| StoreError::unreadable("a request to be compared", e))?;
    let mut hash = Sha256::new();
    for part in [kiosk.key.as_bytes(), b"\0", kind.as_bytes(), b"\0", &json] {
        hash.update(part);
    }
    Ok(hex::encode(hash.finalize()))
}

/// Answers request `id` by `decide`, once.
///
/// # Errors
/// What `decide` says, or the database.
pub fn once<T: Serialize + DeserializeOwned>(
    tx: &Conn,
    now: Timestamp,
    kiosk: &Kiosk,
    (kind, id): (&str, Uuid),
    body: &impl Serialize,
    decide: impl FnOnce() -> Result<T, Fault>,
) -> Result<Once<T>, Fault> {
    let (id, digest) = (id.to_string(), digest(kiosk, kind, body)?);
    let unreadable = |e| StoreError::unreadable(format!("answer to request {id}"), e);
    let known: Option<(String, String)> = tx
        .prepare_cached("SELECT body_digest, answer FROM request WHERE cell = {cell} AND id = ?1")?
        .query_row([&id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((known, answer)) = known {
        if known != digest {
            return Ok(Once::Conflict);
        }
        return Ok(Once::Again(serde_json::from_str(&answer).map_err(unreadable)?));
    }
    let answer = decide()?;
    let kept = serde_json::to_string(&answer).map_err(unreadable)?;
    tx.prepare_cached(
        "INSERT INTO request (cell, id, kind, caller, body_digest, answer, at_us) VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((&id, kind, kiosk.actor(), digest, kept, us(now)))?;
    Ok(Once::First(answer))
}

/// How a report is put down: in the transaction that also keeps that it was, read with the backend's secrets.
pub type Record<R> = fn(&Conn, &Secrets, Timestamp, &Kiosk, &R) -> Result<(), Fault>;

/// Takes a report of something that happened: `record` puts it down the first time, a repeat is only acknowledged.
///
/// # Errors
/// What `record` says, the database, or a conflict when the id was used with another body.
pub async fn report<R: Serialize + Send + 'static>(
    app: &Arc<App>,
    kiosk: Kiosk,
    (kind, id): (&'static str, Uuid),
    body: R,
    record: Record<R>,
) -> Result<Json<Ack>, Fault> {
    let (now, shared) = (app.now(), Arc::clone(app));
    let answer = app.store.write(move |tx| {
        once(tx, now, &kiosk, (kind, id), &body, || record(tx, &shared.secrets, now, &kiosk, &body))
    });
    match answer.await? {
        Once::First(()) => Ok(Json(Ack { first: true })),
        Once::Again(()) => Ok(Json(Ack { first: false })),
        Once::Conflict => Err(Fault::conflict()),
    }
}

/// Forgets verdicts older than a day: nobody repeats a scan after that, and they decide nothing.
///
/// # Errors
/// [`StoreError`].
pub fn forget_verdicts(tx: &Conn, now: Timestamp) -> Result<usize, StoreError> {
    let before = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
    Ok(tx.execute(
        "DELETE FROM request WHERE cell = {cell} AND kind = 'verdict' AND at_us < ?1",
        [us(before)],
    )?)
}
