//! The settings a kiosk runs with, version by version, and what differs between two of them.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::console::diff::{self, Line};
use crate::console::routes::User;
use crate::console::{Console, Me, text};
use crate::db::Conn;
use crate::kiosk_api;
use crate::store::StoreError;
use crate::web::{Visit, WebError, html};

/// Most versions listed.
const MOST: u32 = 50;
/// Characters of a digest that name a version.
const SHORT: usize = 12;

#[derive(Template)]
#[template(path = "console/settings.html")]
struct Page {
    p: Visit,
    me: Me,
    kiosk: String,
    versions: Vec<Version>,
    shown: Option<Compared>,
}

/// Settings as a kiosk had them from some moment on.
#[derive(Clone)]
struct Version {
    since_us: i64,
    digest: String,
    program: String,
    body: String,
}

struct Compared {
    /// The older one; `None` for the first of a kiosk.
    before: Option<String>,
    since_us: i64,
    changed: usize,
    lines: Vec<Line>,
}

/// Which version, by when it began, and with which it is compared.
#[derive(Debug, Default, Deserialize)]
pub struct Which {
    since: Option<i64>,
    before: Option<i64>,
}

/// `GET /kiosks/{name}/settings`.
pub async fn show(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(name): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, WebError> {
    let person = user.person().clone();
    let read = console.shop.app.store.read(move |conn| {
        let Some(standing) = kiosk_api::last_health(conn, &name)? else { return Ok(None) };
        if !person.sees(standing.centre) {
            return Ok(None);
        }
        Ok::<_, StoreError>(Some((standing.name, versions(conn, &standing.id)?)))
    });
    let (kiosk, versions) = read.await?.ok_or_else(WebError::not_found)?;
    let shown = compared(&versions, &which);
    Ok(html(&Page { me: Me::of(&user, &p), p, kiosk, versions, shown }))
}

/// Newest first.
fn versions(conn: &Conn, kiosk_id: &str) -> Result<Vec<Version>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT since_us, digest, program, body FROM kiosk_settings WHERE cell = {cell} AND kiosk_id = ?1
         ORDER BY since_us DESC LIMIT ?2",
    )?;
    let rows = statement.query_map((kiosk_id, MOST), |row| {
        let digest: String = row.get(1)?;
        Ok(Version {
            since_us: row.get(0)?,
            digest: digest.chars().take(SHORT).collect(),
            program: row.get(2)?,
            body: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The version asked for, else the newest, beside the one asked for or the one before it.
fn compared(versions: &[Version], which: &Which) -> Option<Compared> {
    let at = |since: i64| versions.iter().position(|version| version.since_us == since);
    let place = which.since.and_then(at).unwrap_or(0);
    let shown = versions.get(place)?;
    let before = match which.before {
        Some(before) => at(before).and_then(|place| versions.get(place)),
        None => versions.get(place.saturating_add(1)),
    };
    let lines = match before {
        Some(before) => diff::lines(&before.body, &shown.body),
        None => shown.body.lines().map(Line::same).collect(),
    };
    Some(Compared {
        before: before.map(|before| text::moment(before.since_us)),
        since_us: shown.since_us,
        changed: lines.iter().filter(|line| line.is_changed()).count(),
        lines: diff::near_changes(lines, before.is_some()),
    })
}
