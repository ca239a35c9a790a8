//! One's own account: password, second factor, sessions.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::door::{self, Nothing};
use crate::console::accounts::sessions::{self, Session};
use crate::console::accounts::totp;
use crate::console::accounts::{self, AccountError, factor, password};
use crate::console::routes::User;
use crate::console::{Console, Me, text};
use crate::web::{Posted, Visit, WebError, html, qr};

#[derive(Template)]
#[template(path = "console/own.html")]
struct Own {
    p: Visit,
    me: Me,
    done: bool,
    codes: Option<Vec<String>>,
    factor: Option<(String, String)>,
    totp_on: bool,
    sessions: Vec<Session>,
    this: String,
}

/// What was done before the page is shown.
#[derive(Debug, Deserialize)]
pub struct Before {
    #[serde(default)]
    done: u8,
}

/// One's present password and the new one.
#[derive(Deserialize)]
pub struct Change {
    old: String,
    new: String,
    again: String,
}

/// A code of the telephone.
#[derive(Deserialize)]
pub struct Confirm {
    code: String,
}

/// A session.
#[derive(Deserialize)]
pub struct Which {
    session: String,
}

/// `GET /own`.
pub async fn show(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Query(before): Query<Before>,
) -> Result<Response, WebError> {
    page(&console, p, user, before.done == 1, None, None).await
}

/// `POST /own/password`.
pub async fn password(
    State(console): State<Arc<Console>>,
    user: User,
    Posted(words): Posted<Change>,
) -> Result<Response, WebError> {
    let (id, now) = (user.person().id.clone(), console.shop.app.now());
    let kept = console.shop.app.store.read(move |conn| accounts::kept_password(conn, &id, now)).await?;
    if !password::is(&words.old, kept).await? {
        return Err(WebError::refused(
            "现在的密码不正确，什么也没有改动。",
            "The present password is not right; nothing was changed.",
        ));
    }
    door::set_password(&console, user.person(), &words.new, &words.again).await?;
    let (person, this) = (user.person().id.clone(), user.0.id.clone());
    console
        .shop
        .app
        .store
        .write(move |tx| {
            tx.execute("DELETE FROM session WHERE person = ?1 AND id <> ?2", (&person, &this))?;
            Ok::<_, AccountError>(())
        })
        .await?;
    Ok(Redirect::to("/own?done=1").into_response())
}

/// `POST /own/factor`.
pub async fn begin_factor(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Posted(_): Posted<Nothing>,
) -> Result<Response, WebError> {
    if user.person().totp_on {
        return Ok(Redirect::to("/own").into_response());
    }
    let (app, person) = (Arc::clone(&console.shop.app), user.person().clone());
    let secret = console.shop.app.store.write(move |tx| factor::begin(tx, &app.secrets, &person)).await?;
    let drawn = qr::svg(&totp::address(&secret, &user.person().name), 224)?;
    page(&console, p, user, false, None, Some((drawn, totp::base32(&secret)))).await
}

/// `POST /own/factor/confirm`.
pub async fn confirm_factor(
    State(console): State<Arc<Console>>,
    p: Visit,
    mut user: User,
    Posted(Confirm { code }): Posted<Confirm>,
) -> Result<Response, WebError> {
    let (app, person, now) = (Arc::clone(&console.shop.app), user.person().clone(), console.shop.app.now());
    let confirm = move |tx: &crate::db::Conn| factor::confirm(tx, &app.secrets, now, &person, &code);
    let Some(codes) = console.shop.app.store.write(confirm).await? else {
        return Err(WebError::refused(
            "验证码不正确。请核对手机时间，返回后用新的验证码再试。",
            "The code is not right. Check the time of the telephone, go back and try a new code.",
        ));
    };
    user.0.person.totp_on = true;
    page(&console, p, user, true, Some(codes), None).await
}

/// `POST /own/session/end`.
pub async fn end_session(
    State(console): State<Arc<Console>>,
    user: User,
    Posted(Which { session }): Posted<Which>,
) -> Result<Response, WebError> {
    let (person, now) = (user.person().clone(), console.shop.app.now());
    let ended = console.shop.app.store.write(move |tx| {
        let mine = tx.execute("DELETE FROM session WHERE id = ?1 AND person = ?2", (&session, &person.id))?;
        if mine == 1 {
            let body = serde_json::json!({});
            accounts::on_trail(tx, now, &person.actor(), &person.name, "session_ended", body)?;
        }
        Ok::<_, AccountError>(())
    });
    ended.await?;
    Ok(Redirect::to("/own?done=1").into_response())
}

async fn page(
    console: &Console,
    p: Visit,
    user: User,
    done: bool,
    codes: Option<Vec<String>>,
    factor: Option<(String, String)>,
) -> Result<Response, WebError> {
    let (app, now, id) = (Arc::clone(&console.shop.app), console.shop.app.now(), user.person().id.clone());
    let sessions =
        console.shop.app.store.read(move |conn| sessions::all(conn, &app.config, now, Some(&id))).await?;
    let (me, totp_on, this) = (Me::of(&user, &p), user.person().totp_on, user.0.id);
    Ok(html(&Own { me, p, done, codes, factor, totp_on, sessions, this }))
}
