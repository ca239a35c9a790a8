//! `POST /kiosk/v1/health`: how a kiosk stands. Of its reports only the last is kept, and by day what was amiss.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use jiff::Timestamp;
use pickup_protocol::health::Health;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Kiosk;
use super::amiss::Amiss;
use crate::App;
use crate::db::{Conn, OptionalExt as _};
use crate::error::{Body, Fault};
use crate::store::StoreError;
use crate::tasks;
use crate::time::{at, us};
use crate::trail::{self, Change, Kind};

/// Takes a report.
pub async fn health(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(health): Body<Health>,
) -> Result<Json<Value>, Fault> {
    let now = app.now();
    app.store.write(move |tx| keep(tx, now, &kiosk, health)).await?;
    Ok(Json(json!({})))
}

fn keep(tx: &Conn, now: Timestamp, kiosk: &Kiosk, health: Health) -> Result<(), Fault> {
    let mut health = health.bounded();
    let settings = std::mem::take(&mut health.settings);
    keep_settings(tx, now, kiosk, &health.version, &settings)?;
    let before = kept(tx, &kiosk.key)?;
    let mut calls = Vec::new();
    for call in &health.calls {
        if !tasks::was_raised(tx, tasks::Kind::Call, &call.id.to_string())? {
            calls.push(call.code.as_str());
        }
        let mut body = json!({ "kiosk": kiosk.name, "code": call.code, "ago_s": call.ago_s });
        if let (Some(about), Some(fields)) = (&call.about, body.as_object_mut()) {
            fields.insert("about".into(), json!(about));
        }
        tasks::raise(tx, now, tasks::Kind::Call, &call.id.to_string(), None, &body)?;
    }
    let before = before.as_ref().map(|(at, old)| (*at, old));
    Amiss::between(before, now, &health, &calls).note(tx, now, kiosk)?;
    let body = serde_json::to_string(&health)
        .map_err(|e| StoreError::unreadable(format!("health of kiosk {}", kiosk.name), e))?;
    tx.execute(
        "INSERT INTO kiosk_health (cell, kiosk_id, body, got_us) VALUES ({cell}, ?1, ?2, ?3)
         ON CONFLICT (cell, kiosk_id) DO UPDATE SET body = excluded.body, got_us = excluded.got_us",
        (&kiosk.key, body, us(now)),
    )?;
    Ok(())
}

/// The report before; one that this version cannot read counts as none.
fn kept(tx: &Conn, kiosk: &str) -> Result<Option<(Timestamp, Health)>, StoreError> {
    let row: Option<(String, i64)> = tx
        .prepare_cached("SELECT body, got_us FROM kiosk_health WHERE cell = {cell} AND kiosk_id = ?1")?
        .query_row([kiosk], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((body, got_us)) = row else { return Ok(None) };
    let Ok(health) = serde_json::from_str(&body) else { return Ok(None) };
    Ok(Some((at(got_us)?, health)))
}

/// Keeps the settings of a kiosk when they, or its program, are others than those it had last.
fn keep_settings(
    tx: &Conn,
    now: Timestamp,
    kiosk: &Kiosk,
    program: &str,
    settings: &str,
) -> Result<(), StoreError> {
    if settings.is_empty() {
        return Ok(());
    }
    let digest = hex::encode(Sha256::digest(settings.as_bytes()));
    let last: Option<(String, String)> = tx
        .prepare_cached(
            "SELECT digest, program FROM kiosk_settings WHERE cell = {cell} AND kiosk_id = ?1
             ORDER BY since_us DESC LIMIT 1",
        )?
        .query_row([&kiosk.key], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if last.is_some_and(|(of, by)| of == digest && by == program) {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO kiosk_settings (cell, kiosk_id, since_us, digest, program, body)
         VALUES ({cell}, ?1, ?2, ?3, ?4, ?5)",
        (&kiosk.key, us(now), &digest, program, settings),
    )?;
    let body = json!({ "digest": digest, "program": program });
    let change =
        Change { actor: &kiosk.actor(), kind: Kind::Kiosk, entity: &kiosk.name, state: "configured", body };
    trail::append(tx, now, &change)
}

/// A kiosk and what it said last.
#[derive(Debug)]
pub struct Standing {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Number of its centre.
    pub centre: u16,
    /// When it said so, and what; `None` when it never did.
    pub health: Option<(Timestamp, Health)>,
}

/// What the kiosk of this name or id said last; `None` when there is no such kiosk.
///
/// # Errors
/// [`StoreError`].
pub fn last(conn: &Conn, name_or_id: &str) -> Result<Option<Standing>, StoreError> {
    let found: Option<(String, String, u16)> = conn
        .prepare("SELECT id, name, centre FROM kiosk WHERE name = ?1 OR id = ?1")?
        .query_row([name_or_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((id, name, centre)) = found else { return Ok(None) };
    let kept: Option<(String, i64)> = conn
        .prepare("SELECT body, got_us FROM kiosk_health WHERE cell = {cell} AND kiosk_id = ?1")?
        .query_row([&id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let health = match kept {
        None => None,
        Some((body, got_us)) => {
            let unreadable = |e| StoreError::unreadable(format!("health of kiosk {name}"), e);
            Some((at(got_us)?, serde_json::from_str(&body).map_err(unreadable)?))
        }
    };
    Ok(Some(Standing { id, name, centre, health }))
}
