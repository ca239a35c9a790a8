//! Kiosks: how they stand, what is behind their doors, pairing and shutting out.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use pickup_protocol::health::Health;
use serde::Deserialize;

use super::door::Nothing;
use super::doors::{self, Part};
use crate::console::accounts::Person;
use crate::console::roles::Op;
use crate::console::routes::User;
use crate::console::{Console, Me, text, words};
use crate::credentials::{self, CredentialError};
use crate::db::Conn;
use crate::kiosk_api;
use crate::store::StoreError;
use crate::time::us;
use crate::web::{Posted, Visit, WebError, html, qr};

/// A kiosk that says nothing for so long is in trouble.
const SILENT_AFTER_S: i64 = 180;

/// A kiosk as listed.
#[derive(Clone, Debug)]
pub struct KioskRow {
    /// Its name.
    pub name: String,
    /// Its centre.
    pub centre: u16,
    /// Whether it has a certificate.
    pub enrolled: bool,
    /// Whether it is shut out.
    pub revoked: bool,
    /// Whether it has not reported lately.
    pub silent: bool,
    /// Whether it serves, as far as known; one that was never paired counts as good.
    pub good: bool,
    /// Code of why it serves nobody.
    pub out_of_service: Option<String>,
    /// Its devices.
    pub devices: Vec<Device>,
    /// Doors that hold something or are reserved.
    pub doors: i64,
    /// How long ago it reported, in words.
    pub age: Option<String>,
}

/// A device as marked.
#[derive(Clone, Debug)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// What is wrong.
    pub fault: Option<String>,
    /// Style.
    pub tone: &'static str,
}

/// A door that holds a parcel or is reserved for one.
pub struct Door {
    /// Its number.
    pub number: i64,
    waybill: String,
    order_no: String,
    /// How the parcel stands.
    pub chip: words::Chip,
    /// Style.
    pub tone: &'static str,
    since_us: i64,
}

#[derive(Template)]
#[template(path = "console/kiosks.html")]
struct List {
    p: Visit,
    me: Me,
    kiosks: Vec<KioskRow>,
    centres: Vec<(u16, String)>,
    may_pair: bool,
    code: Option<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "console/kiosk.html")]
struct Detail {
    p: Visit,
    me: Me,
    kiosk: KioskRow,
    health: Option<Health>,
    got_us: Option<i64>,
    doors: Vec<Door>,
    part: Part,
    purposes: Vec<(&'static str, &'static str)>,
    may_pair: bool,
    may_open: bool,
}

/// A kiosk to be paired.
#[derive(Deserialize)]
pub struct Pair {
    name: String,
    centre: u16,
}

/// `GET /kiosks`.
pub async fn list(State(console): State<Arc<Console>>, p: Visit, user: User) -> Result<Response, WebError> {
    page(&console, p, &user, None).await
}

/// `POST /kiosks`: a one-time code.
pub async fn pair(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Posted(Pair { name, centre }): Posted<Pair>,
) -> Result<Response, WebError> {
    let name = name.trim().to_owned();
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if name.is_empty() || name.len() > 20 || !plain || !user.person().sees(centre) {
        return Err(WebError::refused(
            "自提柜名称只能用字母、数字和连字符，最多20个；提货中心须在您的权限内。",
            "A kiosk's name has up to 20 letters, digits and hyphens, and its centre is one of yours.",
        ));
    }
    let (app, now, told) = (Arc::clone(&console.shop.app), console.shop.app.now(), name.clone());
    let (by, made) = (user.person().actor(), name.clone());
    let code = console.shop.app.store.write(move |tx| {
        let code = credentials::issue_code(tx, &app.secrets, &app.ca.digest(), now, &name, Some(centre))?;
        asked(tx, now, &by, &name, "code_asked")?;
        Ok::<_, CredentialError>(code)
    });
    let code = code.await.map_err(refused)?;
    let drawn = qr::svg(&code, 224)?;
    tracing::info!(kiosk = told, "a pairing code was issued");
    page(&console, p, &user, Some((made, code, drawn))).await
}

/// `GET /kiosks/{name}`.
pub async fn show(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(name): Path<String>,
) -> Result<Response, WebError> {
    let (now, person, lang) = (console.shop.app.now(), user.person().clone(), p.lang);
    let (reader, visit) = (user.clone(), p.clone());
    let read = console.shop.app.store.read(move |conn| {
        let Some(kiosk) = rows(conn, &person, now)?.into_iter().find(|kiosk| kiosk.name == name) else {
            return Ok(None);
        };
        let Some(part) = doors::part(conn, &reader, &visit, &name, now)? else { return Ok(None) };
        let standing = kiosk_api::last_health(conn, &name)?;
        let held = standing.as_ref().map(|standing| self::doors(conn, &standing.id, lang)).transpose()?;
        let health = standing.and_then(|standing| standing.health);
        Ok::<_, StoreError>(Some((kiosk, health, held.unwrap_or_default(), part)))
    });
    let (kiosk, health, doors, part) = read.await?.ok_or_else(WebError::not_found)?;
    let (got_us, health) = health.map_or((None, None), |(at, health)| (Some(us(at)), Some(health)));
    let (me, may_pair) = (Me::of(&user, &p), user.may(Op::PairKiosks));
    let (may_open, purposes) = (user.may(Op::OpenDoors) && !kiosk.revoked, super::doors::purposes(p.lang));
    Ok(html(&Detail { p, me, kiosk, health, got_us, doors, part, purposes, may_pair, may_open }))
}

/// `POST /kiosks/{name}/revoke`.
pub async fn revoke(
    State(console): State<Arc<Console>>,
    user: User,
    Path(name): Path<String>,
    Posted(_): Posted<Nothing>,
) -> Result<Response, WebError> {
    let (now, by, person) = (console.shop.app.now(), user.person().actor(), user.person().clone());
    let done = console.shop.app.store.write(move |tx| {
        if !rows(tx, &person, now)?.iter().any(|kiosk| kiosk.name == name) {
            return Err(CredentialError::NoKiosk(name));
        }
        credentials::revoke_kiosk(tx, now, &name)?;
        Ok(asked(tx, now, &by, &name, "revocation_asked")?)
    });
    done.await.map_err(refused)?;
    Ok(Redirect::to("/kiosks").into_response())
}

/// Who asked, beside the row of what was done.
fn asked(tx: &Conn, now: Timestamp, by: &str, kiosk: &str, state: &str) -> Result<(), StoreError> {
    let name = by.strip_prefix("account:").unwrap_or(by);
    crate::console::accounts::on_trail(tx, now, by, name, state, serde_json::json!({ "kiosk": kiosk }))
}

fn refused(cause: CredentialError) -> WebError {
    match cause {
        CredentialError::Store(cause) => cause.into(),
        CredentialError::Secrets(cause) => cause.into(),
        CredentialError::NoKiosk(_) => WebError::not_found(),
        other => WebError::refused(format!("不能配对：{other}"), format!("It cannot be paired: {other}")),
    }
}

async fn page(
    console: &Console,
    p: Visit,
    user: &User,
    code: Option<(String, String, String)>,
) -> Result<Response, WebError> {
    let (now, person) = (console.shop.app.now(), user.person().clone());
    let (lang, seen) = (p.lang, person.clone());
    let read = console.shop.app.store.read(move |conn| {
        let centres = crate::centre::all(conn)?;
        Ok::<_, StoreError>((rows(conn, &person, now)?, centres))
    });
    let (kiosks, centres) = read.await?;
    let centres = centres
        .into_iter()
        .filter(|(number, _)| seen.sees(*number))
        .map(|(number, centre)| (number, lang.t(&centre.name.zh, &centre.name.en).to_owned()))
        .collect();
    let (me, may_pair) = (Me::of(user, &p), user.may(Op::PairKiosks));
    Ok(html(&List { p, me, kiosks, centres, may_pair, code }))
}

/// Kiosks of the person's centres, by name.
///
/// # Errors
/// [`StoreError`].
pub fn rows(conn: &Conn, person: &Person, now: Timestamp) -> Result<Vec<KioskRow>, StoreError> {
    let sql = format!(
        "SELECT k.name, k.centre, CASE WHEN k.certificate IS NULL THEN 0 ELSE 1 END, k.revoked, h.body, h.got_us,
            (SELECT COUNT(*) FROM door d WHERE d.cell = {{cell}} AND d.kiosk_id = k.id)
         FROM kiosk k LEFT JOIN kiosk_health h ON h.kiosk_id = k.id AND h.cell = {{cell}}
         WHERE {} ORDER BY k.name",
        person.centres_are("k.centre")
    );
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut kiosks = Vec::new();
    while let Some(row) = rows.next()? {
        let (body, got_us): (Option<String>, Option<i64>) = (row.get(4)?, row.get(5)?);
        let health: Option<Health> = body.and_then(|body| serde_json::from_str(&body).ok());
        let age_s = got_us.map(|got| us(now).saturating_sub(got) / 1_000_000);
        let (enrolled, revoked): (bool, bool) = (row.get(2)?, row.get(3)?);
        let silent = enrolled && age_s.is_none_or(|age| age > SILENT_AFTER_S);
        let out_of_service = health.as_ref().and_then(|health| health.out_of_service.clone());
        kiosks.push(KioskRow {
            name: row.get(0)?,
            centre: row.get(1)?,
            enrolled,
            revoked,
            silent,
            good: revoked || !enrolled || (!silent && out_of_service.is_none()),
            out_of_service,
            devices: health.map(devices).unwrap_or_default(),
            doors: row.get(6)?,
            age: age_s.map(text::span),
        });
    }
    Ok(kiosks)
}

fn devices(health: Health) -> Vec<Device> {
    let device = |one: pickup_protocol::health::DeviceHealth| Device {
        tone: match one.good {
            Some(true) => "good",
            Some(false) => "bad",
            None => "",
        },
        name: one.name,
        fault: one.fault,
    };
    health.devices.into_iter().map(device).collect()
}

/// The doors of a kiosk that hold a parcel or are reserved for one.
///
/// # Errors
/// [`StoreError`].
pub fn doors(conn: &Conn, kiosk: &str, lang: crate::web::Lang) -> Result<Vec<Door>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT d.door, p.waybill, o.order_no, p.state, d.stored, d.reserved_us FROM door d
         JOIN parcel p ON p.cell = d.cell AND p.pickup = d.pickup
         JOIN orders o ON o.cell = d.cell AND o.id = d.pickup
         WHERE d.cell = {cell} AND d.kiosk_id = ?1 ORDER BY d.door",
    )?;
    let rows = statement.query_map([kiosk], |row| {
        let (state, stored): (String, bool) = (row.get(3)?, row.get(4)?);
        let tone = match state.as_str() {
            "attention" => "bad",
            "overdue" => "warn",
            _ if stored => "full",
            _ => "",
        };
        Ok(Door {
            number: row.get(0)?,
            waybill: row.get(1)?,
            order_no: row.get(2)?,
            chip: words::state(lang, "parcel", &state),
            tone,
            since_us: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
