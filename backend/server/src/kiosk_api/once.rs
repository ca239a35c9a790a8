//! Ids made by the caller: a repeat with the same body gets the first answer, with another body it is a conflict.

use crate::db::{Conn, OptionalExt as _};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Kiosk;
use crate::error::Fault;
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
