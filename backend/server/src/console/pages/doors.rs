//! The doors of a kiosk as a picture that lives, and opening one from here: asked by one, confirmed by another.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use pickup_protocol::DoorNumber;
use pickup_protocol::health::Health;
use pickup_protocol::work::Purpose;
use serde::Deserialize;

use super::door::Nothing;
use super::kiosks::{self, Door};
use crate::console::accounts::Person;
use crate::console::roles::Op;
use crate::console::routes::User;
use crate::console::{Console, text, words};
use crate::db::Conn;
use crate::kiosk_api::wishes::{self, Ask, Kept, WishError};
use crate::kiosk_api::{self, Kiosk};
use crate::store::StoreError;
use crate::time::us;
use crate::web::{Lang, Posted, Visit, WebError};

/// Wishes shown.
const SHOWN: u32 = 8;
/// Fewest and most characters of a reason.
const REASON: std::ops::RangeInclusive<usize> = 4..=200;

/// A door of the picture.
pub struct Cell {
    number: u16,
    /// `open`, `shut` or `unknown`.
    state: &'static str,
    said: &'static str,
    tone: &'static str,
    parcel: Option<&'static str>,
}

/// A wish as shown.
pub struct Row {
    id: String,
    door: u16,
    purpose: &'static str,
    reason: String,
    asked_by: String,
    second: String,
    said: String,
    tone: &'static str,
    asked_us: i64,
    may_confirm: bool,
    /// Whether a second person may confirm it here, at the asker's screen.
    may_here: bool,
    may_withdraw: bool,
}

/// The part of a kiosk's page that lives.
#[derive(Template)]
#[template(path = "console/kiosk_doors.html")]
pub struct Part {
    p: Visit,
    kiosk: String,
    /// Every door that is known of, as contacts and books say.
    pub cells: Vec<Cell>,
    rows: Vec<Row>,
}

/// What staff choose from as the purpose: its code and its name.
#[must_use]
pub fn purposes(lang: Lang) -> Vec<(&'static str, &'static str)> {
    Purpose::CHOICES
        .into_iter()
        .map(|purpose| (purpose.as_str(), words::purpose(lang, purpose.as_str())))
        .collect()
}

/// The part as it is now; `None` when there is no such kiosk for this person.
///
/// # Errors
/// [`StoreError`].
pub fn part(
    conn: &Conn,
    user: &User,
    p: &Visit,
    name: &str,
    now: Timestamp,
) -> Result<Option<Part>, StoreError> {
    let Some(standing) = kiosk_api::last_health(conn, name)? else { return Ok(None) };
    if !user.person().sees(standing.centre) {
        return Ok(None);
    }
    let doors = kiosks::doors(conn, &standing.id, p.lang)?;
    let kept = wishes::of_kiosk(conn, &standing.id, SHOWN)?;
    let health = standing.health.map(|(_, health)| health);
    let may = user.may(Op::OpenDoors);
    let rows = kept.into_iter().map(|wish| row(wish, user, may, p.lang, now)).collect();
    Ok(Some(Part { p: p.clone(), kiosk: standing.name, cells: cells(health.as_ref(), &doors, p.lang), rows }))
}

fn cells(health: Option<&Health>, doors: &[Door], lang: Lang) -> Vec<Cell> {
    let contacts = health.into_iter().flat_map(|health| &health.doors);
    let mut all: BTreeMap<u16, Option<bool>> = contacts.map(|door| (door.door.0, door.open)).collect();
    for door in doors {
        all.entry(u16::try_from(door.number).unwrap_or_default()).or_insert(None);
    }
    let cell = |(number, open): (u16, Option<bool>)| {
        let parcel = doors.iter().find(|door| door.number == i64::from(number));
        let (state, said) = match open {
            Some(true) => ("open", lang.t("开", "open")),
            Some(false) => ("shut", lang.t("关", "shut")),
            None => ("unknown", lang.t("未知", "unknown")),
        };
        let tone = match open {
            Some(true) => "bad",
            _ => parcel.map_or("", |door| door.tone),
        };
        Cell { number, state, said, tone, parcel: parcel.map(|door| door.chip.text) }
    };
    all.into_iter().map(cell).collect()
}

fn row(wish: Kept, user: &User, may: bool, lang: Lang, now: Timestamp) -> Row {
    let own = wish.asked_by == user.person().name;
    let in_time = now < wish.until;
    let open = in_time && matches!(wish.state.as_str(), "asked" | "confirmed");
    let state = if !in_time && matches!(wish.state.as_str(), "asked" | "confirmed") {
        "expired"
    } else {
        &wish.state
    };
    let (said, tone) = words::wish(lang, state, wish.outcome.as_deref());
    Row {
        door: wish.door.0,
        purpose: words::purpose(lang, &wish.purpose),
        said,
        tone,
        asked_us: us(wish.asked_at),
        may_here: may && open && own && wish.state == "asked",
        may_confirm: may && open && !own && wish.state == "asked",
        may_withdraw: may && open,
        second: wish.second.unwrap_or_default(),
        reason: wish.reason,
        asked_by: wish.asked_by,
        id: wish.id,
    }
}

/// `GET /kiosks/{name}/live`.
pub async fn live(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(name): Path<String>,
) -> Response {
    let live = console.web.live.clone();
    live.events(move || {
        let (console, p, user, name) = (Arc::clone(&console), p.clone(), user.clone(), name.clone());
        async move {
            let now = console.shop.app.now();
            let read = console.shop.app.store.read(move |conn| part(conn, &user, &p, &name, now));
            read.await.ok()??.render().ok()
        }
    })
}

/// A door that somebody wants open.
#[derive(Deserialize)]
pub struct Wanted {
    door: u16,
    purpose: String,
    reason: String,
}

/// `POST /kiosks/{name}/doors`.
pub async fn ask(
    State(console): State<Arc<Console>>,
    user: User,
    Path(name): Path<String>,
    Posted(wanted): Posted<Wanted>,
) -> Result<Response, WebError> {
    let purpose = wishes::purpose(&wanted.purpose).ok_or_else(WebError::form)?;
    let reason: String = wanted.reason.trim().chars().filter(|c| !c.is_control()).collect();
    if !REASON.contains(&reason.chars().count()) {
        return Err(WebError::refused(
            "请写明开门原因（4至200个字）。",
            "Say why the door is to be opened, in 4 to 200 characters.",
        ));
    }
    let (by, now) = (user.person().name.clone(), console.shop.app.now());
    done(&console, user.person(), &name, move |tx, kiosk| {
        let ask = Ask { door: DoorNumber(wanted.door), purpose, reason: &reason, by: &by };
        wishes::ask(tx, now, kiosk, ask).map(drop)
    })
    .await
}

/// `POST /kiosks/{name}/doors/{id}/confirm`: by the second person.
pub async fn confirm(
    State(console): State<Arc<Console>>,
    user: User,
    Path((name, id)): Path<(String, String)>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, WebError> {
    let (by, now) = (user.person().name.clone(), console.shop.app.now());
    done(&console, user.person(), &name, move |tx, kiosk| wishes::confirm(tx, now, kiosk, &id, &by)).await
}

/// `POST /kiosks/{name}/doors/{id}/withdraw`.
pub async fn withdraw(
    State(console): State<Arc<Console>>,
    user: User,
    Path((name, id)): Path<(String, String)>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, WebError> {
    let (by, now) = (user.person().name.clone(), console.shop.app.now());
    done(&console, user.person(), &name, move |tx, kiosk| wishes::withdraw(tx, now, kiosk, &id, &by)).await
}

/// Does something to the kiosk of this name, when the account sees it, and leads back to its page.
///
/// # Errors
/// [`WebError`], also for what is refused.
pub(super) async fn done(
    console: &Console,
    person: &Person,
    name: &str,
    work: impl FnOnce(&Conn, &Kiosk) -> Result<(), WishError> + Send + 'static,
) -> Result<Response, WebError> {
    let (asked, person) = (name.to_owned(), person.clone());
    let written = console.shop.app.store.write(move |tx| {
        let kiosk = kiosk_api::kiosk_named(tx, &asked)?.filter(|kiosk| person.sees(kiosk.centre));
        match kiosk {
            Some(kiosk) => work(tx, &kiosk).map(|()| true),
            None => Ok(false),
        }
    });
    match written.await {
        Ok(true) => Ok(Redirect::to(&format!("/kiosks/{name}")).into_response()),
        Ok(false) => Err(WebError::not_found()),
        Err(WishError::Store(cause)) => Err(cause.into()),
        Err(other) => {
            let (zh, en) = words::wish_refused(other.code());
            Err(WebError::refused(zh, en))
        }
    }
}
