//! Signing in and out: password, second factor, a password of one's own in place of a one-time one.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use crate::console::Console;
use crate::console::accounts::throttle::{ACCOUNT, ADDRESS};
use crate::console::accounts::{self, AccountError, Person, factor, password, sessions, throttle};
use crate::console::routes::{Origin, User};
use crate::web::{Posted, Visit, WebError, cookies, html};

#[derive(Template)]
#[template(path = "console/door.html")]
struct Door {
    p: Visit,
    title: &'static str,
    action: &'static str,
    told: Option<&'static str>,
    step: Step,
}

enum Step {
    SignIn { to: String, name: String },
    Code,
    Password,
}

impl Door {
    fn new(p: Visit, step: Step, told: Option<&'static str>) -> Self {
        let (title, action) = match step {
            Step::SignIn { .. } => (p.t("登录", "Sign in"), "/sign-in"),
            Step::Code => (p.t("第二步验证", "Second step"), "/sign-in/code"),
            Step::Password => (p.t("设置密码", "Set a password"), "/first-password"),
        };
        Self { p, title, action, told, step }
    }
}

/// Where to go afterwards.
#[derive(Debug, Deserialize)]
pub struct To {
    #[serde(default)]
    to: String,
}

/// What is typed in to sign in.
#[derive(Deserialize)]
pub struct Words {
    name: String,
    password: String,
    #[serde(default)]
    to: String,
}

/// A code of the second factor.
#[derive(Deserialize)]
pub struct Code {
    code: String,
}

/// A new password, twice.
#[derive(Deserialize)]
pub struct NewPassword {
    new: String,
    again: String,
}

/// `GET /sign-in`.
pub async fn show(p: Visit, Query(To { to }): Query<To>) -> Response {
    html(&Door::new(p, Step::SignIn { to: ours(to), name: String::new() }, None))
}

/// `POST /sign-in`.
pub async fn sign_in(
    State(console): State<Arc<Console>>,
    p: Visit,
    Origin(address): Origin,
    headers: HeaderMap,
    Posted(words): Posted<Words>,
) -> Result<Response, WebError> {
    let (app, now) = (&console.shop.app, console.shop.app.now());
    let name = words.name.trim().to_owned();
    let keys = keys(&console, &name, &address);
    let (asked, waited) = (name.clone(), keys.clone());
    let found = app.store.read(move |conn| {
        let waits = throttle::waits(conn, &waited, now)?;
        let person = accounts::by_name(conn, &asked)?;
        let kept = match &person {
            Some(person) => accounts::kept_password(conn, &person.id, now)?,
            None => None,
        };
        Ok::<_, AccountError>((waits, person, kept))
    });
    let (waits, person, kept) = found.await?;
    if waits {
        return Err(WebError::too_often());
    }
    let right = password::is(&words.password, kept).await?;
    let Some(person) = person.filter(|_| right) else {
        note_failure(&console, &name, keys).await?;
        let told = p.t("账号或密码不正确。", "The account or the password is not right.");
        let mut page = html(&Door::new(p, Step::SignIn { to: ours(words.to), name }, Some(told)));
        *page.status_mut() = StatusCode::UNAUTHORIZED;
        return Ok(page);
    };
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let passed = !person.totp_on;
    let next = if passed { ours(words.to) } else { "/sign-in/code".to_owned() };
    begin(&console, person, passed, (address, agent.to_owned()), keys, &next).await
}

/// `GET /sign-in/code`.
pub async fn ask_code(p: Visit) -> Response {
    html(&Door::new(p, Step::Code, None))
}

/// `POST /sign-in/code`. A new session takes the place of the half one.
pub async fn take_code(
    State(console): State<Arc<Console>>,
    p: Visit,
    User(session): User,
    Posted(Code { code }): Posted<Code>,
) -> Result<Response, WebError> {
    let (app, now) = (Arc::clone(&console.shop.app), console.shop.app.now());
    let keys = keys(&console, &session.person.name, &session.address);
    let (person, waited) = (session.person.clone(), keys.clone());
    let shown = console.shop.app.store.write(move |tx| {
        if throttle::waits(tx, &waited, now)? {
            return Ok(None);
        }
        factor::is_shown(tx, &app.secrets, now, &person, &code).map(Some)
    });
    match shown.await? {
        None => return Err(WebError::too_often()),
        Some(true) => {}
        Some(false) => {
            note_failure(&console, &session.person.name, keys).await?;
            let told = p.t(
                "验证码不正确或已用过，请等下一个。",
                "The code is not right or was used; wait for the next one.",
            );
            let mut page = html(&Door::new(p, Step::Code, Some(told)));
            *page.status_mut() = StatusCode::UNAUTHORIZED;
            return Ok(page);
        }
    }
    let half = session.id.clone();
    console.shop.app.store.write(move |tx| sessions::end(tx, &half)).await?;
    begin(&console, session.person, true, (session.address, session.agent), keys, "/").await
}

/// `GET /first-password`.
pub async fn ask_password(p: Visit, user: User) -> Response {
    if !user.person().one_time {
        return Redirect::to("/").into_response();
    }
    html(&Door::new(p, Step::Password, None))
}

/// `POST /first-password`.
pub async fn take_password(
    State(console): State<Arc<Console>>,
    user: User,
    Posted(words): Posted<NewPassword>,
) -> Result<Response, WebError> {
    set_password(&console, user.person(), &words.new, &words.again).await?;
    Ok(Redirect::to("/").into_response())
}

/// `POST /sign-out`.
pub async fn sign_out(
    State(console): State<Arc<Console>>,
    User(session): User,
    Posted(_): Posted<Nothing>,
) -> Result<Response, WebError> {
    console.shop.app.store.write(move |tx| sessions::end(tx, &session.id)).await?;
    let mut answer = Redirect::to("/sign-in").into_response();
    if let Some(cookie) = cookies::forget(cookies::SESSION, console.web.tls()) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// A form that says nothing but that it was sent.
#[derive(Deserialize)]
pub struct Nothing {}

/// Sets a person's own password, typed in twice.
///
/// # Errors
/// [`WebError`] when it cannot be taken.
pub async fn set_password(
    console: &Console,
    person: &Person,
    new: &str,
    again: &str,
) -> Result<(), WebError> {
    if new != again {
        return Err(WebError::refused(
            "两次输入的密码不同，请返回重新输入。",
            "The two passwords differ. Go back and type them again.",
        ));
    }
    password::check(&person.name, new)?;
    let (app, now, person) = (&console.shop.app, console.shop.app.now(), person.clone());
    let hash = password::hash(new).await?;
    let set =
        app.store.write(move |tx| accounts::set_password(tx, now, &person.actor(), &person, &hash, false));
    Ok(set.await?)
}

async fn begin(
    console: &Console,
    person: Person,
    passed: bool,
    from: (String, String),
    keys: [String; 2],
    next: &str,
) -> Result<Response, WebError> {
    let (app, now) = (Arc::clone(&console.shop.app), console.shop.app.now());
    let begun = console.shop.app.store.write(move |tx| {
        sessions::sweep(tx, &app.config, now)?;
        if passed {
            let [account, _] = &keys;
            throttle::succeeded(tx, account)?;
            let body = json!({ "address": from.0 });
            accounts::on_trail(tx, now, &person.actor(), &person.name, "signed_in", body)?;
        }
        sessions::begin(tx, &app.secrets, now, &person, passed, (&from.0, &from.1))
    });
    let token = begun.await?;
    let mut answer = Redirect::to(next).into_response();
    let age = console.shop.app.config.console_session_s;
    if let Some(cookie) = cookies::set(cookies::SESSION, &token, Some(age), console.web.tls()) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// What failures are counted by. The name is what somebody typed: a digest of it, lest a password typed there is kept.
pub(super) fn keys(console: &Console, name: &str, address: &str) -> [String; 2] {
    let digest = console.shop.app.secrets.short_fingerprint("sign-in", name.as_bytes());
    [format!("account/{digest}"), format!("address/{address}")]
}

/// Counts a failure of an account, known or not, and of an address.
///
/// # Errors
/// [`WebError`].
pub(super) async fn note_failure(console: &Console, name: &str, keys: [String; 2]) -> Result<(), WebError> {
    let (now, name) = (console.shop.app.now(), name.to_owned());
    let noted = console.shop.app.store.write(move |tx| {
        let [account, address] = &keys;
        let slowed = throttle::failed(tx, account, ACCOUNT, now)?;
        throttle::failed(tx, address, ADDRESS, now)?;
        match accounts::by_name(tx, &name)?.filter(|_| slowed) {
            Some(person) => {
                let body = json!({ "from": address });
                accounts::on_trail(tx, now, "system", &person.name, "slowed_down", body)
            }
            None => Ok(()),
        }
    });
    noted.await.map_err(WebError::from)
}

/// A path of this console, or its first page.
fn ours(to: String) -> String {
    let good = to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n']);
    if good { to } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_no_other_site() {
        assert_eq!(ours("/orders/1".into()), "/orders/1");
        for elsewhere in ["//example.invalid", "https://example.invalid", "/\\example.invalid", ""] {
            assert_eq!(ours(elsewhere.into()), "/");
        }
    }
}
