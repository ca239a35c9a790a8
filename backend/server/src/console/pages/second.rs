//! The second person confirms at the first one's screen: name, password and code of the second step, for this one thing. No
//! session comes of it, failures are slowed down as at the door, and the trail names both accounts.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use pickup_domain::Quantity;
use serde::Deserialize;
use serde_json::json;

use super::door::{keys, note_failure};
use super::doors;
use super::stock::{self, line};
use crate::centre;
use crate::console::accounts::{self, AccountError, Person, factor, password, throttle};
use crate::console::roles::Op;
use crate::console::routes::{Origin, User};
use crate::console::{Console, Me, words};
use crate::kiosk_api::{self, wishes};
use crate::stock::requests::{self, RequestError};
use crate::web::{Posted, Visit, WebError, html};

/// Digits of a code. Recovery codes are longer: they are not for other people's screens.
const CODE_DIGITS: usize = 6;

#[derive(Template)]
#[template(path = "console/second.html")]
struct Page {
    p: Visit,
    me: Me,
    action: String,
    back: String,
    /// What it is about, in words.
    what: String,
    asked_by: String,
    reason: String,
    /// Whether it may be refused here, too, with a note.
    may_refuse: bool,
}

/// Who the second person is.
#[derive(Deserialize)]
pub struct Shown {
    name: String,
    password: String,
    code: String,
}

/// Who decides a request about the book, and how.
#[derive(Deserialize)]
pub struct Decided {
    name: String,
    password: String,
    code: String,
    what: String,
    #[serde(default)]
    note: String,
}

/// `GET /kiosks/{name}/doors/{id}/here`.
pub async fn door(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let (person, now, kiosk, asked) =
        (user.person().clone(), console.shop.app.now(), name.clone(), id.clone());
    let read = console.shop.app.store.read(move |conn| {
        let found = kiosk_api::kiosk_named(conn, &kiosk)?.filter(|kiosk| person.sees(kiosk.centre));
        let Some(kiosk) = found else { return Ok(None) };
        wishes::asked(conn, now, &kiosk, &asked)
    });
    let wish = read.await?.ok_or_else(WebError::not_found)?;
    let purpose = words::purpose(p.lang, &wish.purpose);
    let what = format!("{name} · {} {} · {purpose}", p.t("打开柜门", "Open door"), wish.door.0);
    let (action, back) = (format!("/kiosks/{name}/doors/{id}/here"), format!("/kiosks/{name}"));
    let (me, asked_by, reason) = (Me::of(&user, &p), wish.asked_by, wish.reason);
    Ok(html(&Page { p, me, action, back, what, asked_by, reason, may_refuse: false }))
}

/// `POST /kiosks/{name}/doors/{id}/here`.
pub async fn confirm_door(
    State(console): State<Arc<Console>>,
    user: User,
    Origin(address): Origin,
    Path((name, id)): Path<(String, String)>,
    Posted(shown): Posted<Shown>,
) -> Result<Response, WebError> {
    let second = person(&console, &user, address, shown, Op::OpenDoors).await?;
    let (by, now) = (second.clone(), console.shop.app.now());
    let work = move |tx: &_, kiosk: &_| wishes::confirm(tx, now, kiosk, &id, &by.name);
    doors::done(&console, &second, &name, work).await
}

/// `GET /stock/requests/{id}/here`.
pub async fn request(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
) -> Result<Response, WebError> {
    let asked = console.shop.app.store.read(move |conn| requests::find(conn, id)).await?;
    let asked = asked.filter(requests::Request::is_open).ok_or(RequestError::None(id))?;
    let article = stock::of(&console, &user, &p).await?.find(&asked.key).ok_or_else(WebError::not_found)?;
    let kind = words::entry(p.lang, asked.what.as_str());
    let quantity: Quantity = asked.quantity;
    let what = format!("{} · {} · {kind} {quantity}", article.name, asked.key);
    let (action, back) = (format!("/stock/requests/{id}/here"), "/stock".to_owned());
    let (me, asked_by, reason) = (Me::of(&user, &p), asked.asked_by, asked.reason);
    Ok(html(&Page { p, me, action, back, what, asked_by, reason, may_refuse: true }))
}

/// `POST /stock/requests/{id}/here`.
pub async fn decide_request(
    State(console): State<Arc<Console>>,
    user: User,
    Origin(address): Origin,
    Path(id): Path<i64>,
    Posted(Decided { name, password, code, what, note }): Posted<Decided>,
) -> Result<Response, WebError> {
    let (approve, note) = line::decision(&what, &note)?;
    let second = person(&console, &user, address, Shown { name, password, code }, Op::DecideStock).await?;
    let now = console.shop.app.now();
    let done = console.shop.app.store.write(move |tx| {
        let asked = requests::find(tx, id)?.ok_or(RequestError::None(id))?;
        let book = asked.key.split_once('/').map_or("", |(book, _)| book);
        let seen =
            |centre: &pickup_domain::centre::Centre| centre.ems_no == book && second.sees(centre.number);
        if !centre::all(tx)?.values().any(seen) {
            return Err(WebError::not_found());
        }
        requests::decide(tx, now, &second.name, (id, approve), &note)?;
        Ok(())
    });
    done.await?;
    Ok(Redirect::to("/stock").into_response())
}

/// Who stands beside the one who is signed in, when all they showed is right and they may do it.
async fn person(
    console: &Console,
    first: &User,
    address: String,
    shown: Shown,
    op: Op,
) -> Result<Person, WebError> {
    let name = shown.name.trim().to_owned();
    if name == first.person().name {
        let (zh, en) = words::wish_refused("same_person");
        return Err(WebError::refused(zh, en));
    }
    let (store, now) = (&console.shop.app.store, console.shop.app.now());
    let keys = keys(console, &name, &address);
    let (asked, waited) = (name.clone(), keys.clone());
    let found = store.read(move |conn| {
        let waits = throttle::waits(conn, &waited, now)?;
        let person = accounts::by_name(conn, &asked)?;
        let kept =
            person.as_ref().map(|person| accounts::kept_password(conn, &person.id, now)).transpose()?;
        Ok::<_, AccountError>((waits, person, kept.flatten()))
    });
    let (waits, person, kept) = found.await?;
    if waits {
        return Err(WebError::too_often());
    }
    let right = password::is(&shown.password, kept).await?;
    let Some(person) = person.filter(|_| right) else {
        note_failure(console, &name, keys).await?;
        return Err(not_right());
    };
    if !op.is_for(person.role) || person.one_time || !person.totp_on {
        return Err(may_not());
    }
    if !takes_code(console, first, &person, &keys, (shown.code, address)).await? {
        note_failure(console, &name, keys).await?;
        return Err(not_right());
    }
    Ok(person)
}

/// Takes the code of the second step, which is used up by that, and puts on the trail who stood where.
async fn takes_code(
    console: &Console,
    first: &User,
    person: &Person,
    keys: &[String; 2],
    (code, address): (String, String),
) -> Result<bool, WebError> {
    let code = code.trim().to_owned();
    if code.len() != CODE_DIGITS || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(false);
    }
    let (app, now, keys) = (Arc::clone(&console.shop.app), console.shop.app.now(), keys.clone());
    let (at, person) = (first.person().name.clone(), person.clone());
    let taken = console.shop.app.store.write(move |tx| {
        if throttle::waits(tx, &keys, now)? {
            return Ok(None);
        }
        let right = factor::is_shown(tx, &app.secrets, now, &person, &code)?;
        if right {
            let [account, _] = &keys;
            throttle::succeeded(tx, account)?;
            let body = json!({ "beside": at, "address": address });
            accounts::on_trail(tx, now, &person.actor(), &person.name, "second_person", body)?;
        }
        Ok::<_, AccountError>(Some(right))
    });
    taken.await?.ok_or_else(WebError::too_often)
}

/// One answer, whatever of it was wrong.
fn not_right() -> WebError {
    WebError::new(
        StatusCode::UNAUTHORIZED,
        "第二人的账号、密码或验证码不正确，什么也没有改动。验证码用过一次即失效，请等下一个。",
        "The second person's account, password or code is not right. Nothing was changed. A code is good once: wait for the next one.",
    )
}

fn may_not() -> WebError {
    WebError::refused(
        "第二人的账号须有这项权限、已设置自己的密码并启用第二步验证。什么也没有改动。",
        "The second person's account must be one that may do this, with a password of its own and the second step on. Nothing was changed.",
    )
}
