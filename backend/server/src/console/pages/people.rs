//! Accounts, their sessions, and who did what.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use crate::console::accounts::sessions::{self, Session};
use crate::console::accounts::{self, AccountError, New, Person, factor, password};
use crate::console::roles::{Op, Role};
use crate::console::routes::User;
use crate::console::{Console, Me, text};
use crate::db::Conn;
use crate::store::StoreError;
use crate::web::{Posted, Visit, WebError, html};

const LOG_ROWS: i64 = 100;

#[derive(Template)]
#[template(path = "console/people.html")]
struct People {
    p: Visit,
    me: Me,
    people: Vec<Person>,
    sessions: Vec<Session>,
    log: Vec<Logged>,
    roles: [Role; 5],
    may_change: bool,
    given: Option<(String, String)>,
}

/// A row of the trail that an account made.
struct Logged {
    at_us: i64,
    who: String,
    kind: String,
    entity: String,
    state: String,
    body: String,
}

/// A new account.
#[derive(Deserialize)]
pub struct Added {
    name: String,
    role: String,
    #[serde(default)]
    centres: String,
}

/// A change of one.
#[derive(Deserialize)]
pub struct Changed {
    what: String,
    role: String,
    #[serde(default)]
    centres: String,
}

/// A session.
#[derive(Deserialize)]
pub struct Which {
    session: String,
}

/// `GET /people`.
pub async fn show(State(console): State<Arc<Console>>, p: Visit, user: User) -> Result<Response, WebError> {
    page(&console, p, &user, None).await
}

/// `POST /people`.
pub async fn add(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Posted(added): Posted<Added>,
) -> Result<Response, WebError> {
    let role = Role::parse(&added.role).ok_or_else(WebError::form)?;
    let centres = centres(&added.centres)?;
    let (word, now, by) = (password::one_time()?, console.shop.app.now(), user.person().actor());
    let (hash, name) = (password::hash(&word).await?, added.name.trim().to_owned());
    let made = console.shop.app.store.write(move |tx| {
        accounts::add(tx, now, &by, &New { name: &name, role, centres: &centres, hash: &hash })
    });
    let person = made.await?;
    page(&console, p, &user, Some((person.name, word))).await
}

/// `POST /people/{id}`.
pub async fn change(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<String>,
    Posted(changed): Posted<Changed>,
) -> Result<Response, WebError> {
    let person = console.shop.app.store.read(move |conn| accounts::by_id(conn, &id)).await?;
    let person = person.ok_or_else(WebError::not_found)?;
    let (now, by, name) = (console.shop.app.now(), user.person().actor(), person.name.clone());
    if changed.what == "password" {
        let word = password::one_time()?;
        let hash = password::hash(&word).await?;
        let set = console.shop.app.store.write(move |tx| {
            sessions::end_all(tx, &person.id)?;
            accounts::set_password(tx, now, &by, &person, &hash, true)
        });
        set.await?;
        return page(&console, p, &user, Some((name, word))).await;
    }
    let role = Role::parse(&changed.role).ok_or_else(WebError::form)?;
    let centres = centres(&changed.centres)?;
    let done = console.shop.app.store.write(move |tx| {
        match changed.what.as_str() {
            "role" => accounts::set_role(tx, now, &by, &person, role, &centres)?,
            "factor" => factor::drop_it(tx, now, &by, &person)?,
            "disable" => accounts::set_disabled(tx, now, &by, &person, true)?,
            "enable" => accounts::set_disabled(tx, now, &by, &person, false)?,
            _ => return Ok(false),
        }
        Ok::<_, AccountError>(true)
    });
    if done.await? { Ok(Redirect::to("/people").into_response()) } else { Err(WebError::form()) }
}

/// `POST /people/session/end`.
pub async fn end_session(
    State(console): State<Arc<Console>>,
    user: User,
    Posted(Which { session }): Posted<Which>,
) -> Result<Response, WebError> {
    let (now, by) = (console.shop.app.now(), user.person().actor());
    let app = Arc::clone(&console.shop.app);
    let ended = console.shop.app.store.write(move |tx| {
        let all = sessions::all(tx, &app.config, now, None)?;
        let Some(one) = all.into_iter().find(|one| one.id == session) else { return Ok(()) };
        sessions::end(tx, &one.id)?;
        accounts::on_trail(tx, now, &by, &one.person.name, "session_ended", json!({}))
    });
    ended.await.map_err(|cause: StoreError| WebError::from(cause))?;
    Ok(Redirect::to("/people").into_response())
}

async fn page(
    console: &Console,
    p: Visit,
    user: &User,
    given: Option<(String, String)>,
) -> Result<Response, WebError> {
    let (app, now) = (Arc::clone(&console.shop.app), console.shop.app.now());
    let read = console.shop.app.store.read(move |conn| {
        let sessions = sessions::all(conn, &app.config, now, None)?;
        Ok::<_, StoreError>((accounts::all(conn)?, sessions, log(conn)?))
    });
    let (people, sessions, log) = read.await?;
    let (me, may_change) = (Me::of(user, &p), user.may(Op::ChangePeople));
    Ok(html(&People { me, p, people, sessions, log, roles: Role::ALL, may_change, given }))
}

fn log(conn: &Conn) -> Result<Vec<Logged>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT at_us, actor, kind, entity, state, body FROM trail
         WHERE cell = {cell} AND actor >= 'account:' AND actor < 'account;' ORDER BY seq DESC LIMIT ?1",
    )?;
    let rows = statement.query_map([LOG_ROWS], |row| {
        let who: String = row.get(1)?;
        Ok(Logged {
            at_us: row.get(0)?,
            who: who.strip_prefix("account:").unwrap_or(&who).to_owned(),
            kind: row.get(2)?,
            entity: row.get(3)?,
            state: row.get(4)?,
            body: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// `1, 2` as numbers of centres.
fn centres(text: &str) -> Result<Vec<u16>, WebError> {
    let parts = text.split([',', ' ', '，', '、']).filter(|part| !part.is_empty());
    parts.map(|part| part.parse()).collect::<Result<_, _>>().map_err(|_| {
        WebError::refused(
            "提货中心编号须为数字，用逗号分开。",
            "Numbers of centres are digits, with commas between.",
        )
    })
}

fn numbers(centres: &[u16]) -> String {
    centres.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
