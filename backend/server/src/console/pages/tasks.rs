//! What waits for a person: listed by kind, each with its next action; assigned, noted, settled with a reason.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::actions;
use super::waiting::{self, Waiting};
use crate::console::accounts::{self, Person};
use crate::console::roles::Op;
use crate::console::routes::User;
use crate::console::{Console, Me, facts, text, words};
use crate::db::{Conn, OptionalExt as _, Row};
use crate::store::StoreError;
use crate::tasks::{self, TaskError};
use crate::time::us;
use crate::trail::{self, Change, Kind};
use crate::web::{Lang, Posted, Visit, WebError, html};

const LONGEST_NOTE: usize = 1_000;

/// A task as listed.
#[derive(Clone, Debug)]
pub struct TaskRow {
    /// Its number.
    pub id: i64,
    /// Its kind, as stored.
    pub kind: String,
    /// Its kind as read; of a call what is called for.
    pub name: String,
    /// The order it belongs to.
    pub order_no: Option<String>,
    /// Since when, in words.
    pub age: String,
    /// Who sees to it.
    pub assigned: Option<String>,
    /// What to do.
    pub advice: &'static str,
    entity: String,
    body: String,
    made_us: i64,
    settled_us: Option<i64>,
    settled_by: Option<String>,
    settled_how: Option<String>,
    centre: Option<u16>,
}

struct Note {
    author: String,
    at_us: i64,
    words: String,
}

#[derive(Template)]
#[template(path = "console/tasks.html")]
struct List {
    p: Visit,
    me: Me,
    /// Only on the unfiltered list: none of it is of a kind, or assigned.
    waiting: Vec<Waiting>,
    rows: Vec<TaskRow>,
    kinds: Vec<(String, String, usize)>,
    kind: String,
    mine: bool,
}

#[derive(Template)]
#[template(path = "console/task.html")]
struct Detail {
    p: Visit,
    me: Me,
    task: TaskRow,
    facts: Vec<(String, String)>,
    notes: Vec<Note>,
    people: Vec<String>,
    user: User,
    next: actions::Next,
    /// For what has no button here.
    commands: &'static [&'static str],
}

/// Which tasks are listed.
#[derive(Debug, Deserialize)]
pub struct Filter {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    mine: u8,
}

/// What a person does with a task.
#[derive(Deserialize)]
pub struct Work {
    what: String,
    #[serde(default)]
    who: String,
    #[serde(default)]
    words: String,
}

/// How a task is settled.
#[derive(Deserialize)]
pub struct Settled {
    reason: String,
}

/// `GET /tasks`.
pub async fn list(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Query(filter): Query<Filter>,
) -> Result<Response, WebError> {
    let (now, lang, person) = (console.shop.app.now(), p.lang, user.person().clone());
    let read = console.shop.app.store.read(move |conn| {
        Ok::<_, StoreError>((open(conn, &person, lang, now)?, waiting::of(conn, &person, lang, now)?))
    });
    let (all, mut waiting) = read.await?;
    let mut kinds: Vec<(String, String, usize)> = Vec::new();
    for row in &all {
        match kinds.iter_mut().find(|(kind, ..)| *kind == row.kind) {
            Some((.., count)) => *count = count.saturating_add(1),
            None => kinds.push((row.kind.clone(), named(lang, &row.kind), 1)),
        }
    }
    let (kind, mine) = (filter.kind, filter.mine == 1);
    if mine || !kind.is_empty() {
        waiting.clear();
    }
    let name = &user.person().name;
    let keep = |row: &TaskRow| {
        (kind.is_empty() || row.kind == kind) && (!mine || row.assigned.as_ref() == Some(name))
    };
    let rows = all.into_iter().filter(keep).collect();
    Ok(html(&List { me: Me::of(&user, &p), p, waiting, rows, kinds, kind, mine }))
}

/// `GET /tasks/{id}`.
pub async fn show(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
) -> Result<Response, WebError> {
    let (now, lang, person) = (console.shop.app.now(), p.lang, user.person().clone());
    let read = console.shop.app.store.read(move |conn| {
        let Some(task) = find(conn, lang, now, id)? else { return Ok(None) };
        if !task.centre.is_none_or(|centre| person.sees(centre)) {
            return Ok(None);
        }
        let people = accounts::all(conn)?.into_iter().filter(|person| !person.disabled);
        let people: Vec<String> = people.map(|person| person.name).collect();
        Ok::<_, StoreError>(Some((task, notes(conn, id)?, people)))
    });
    let (task, notes, people) = read.await?.ok_or_else(WebError::not_found)?;
    let (me, facts) = (Me::of(&user, &p), facts::read(p.lang, &task.body));
    let next = actions::Next::of(&task.kind, task.settled_us.is_none(), &user);
    let commands = if next.any() { &[] } else { words::commands(&task.kind) };
    Ok(html(&Detail { p, me, task, facts, notes, people, user, next, commands }))
}

/// `POST /tasks/{id}`: take it, hand it on, note something.
pub async fn work(
    State(console): State<Arc<Console>>,
    user: User,
    Path(id): Path<i64>,
    Posted(work): Posted<Work>,
) -> Result<Response, WebError> {
    let (now, person) = (console.shop.app.now(), user.person().clone());
    let noted = work.words.trim().to_owned();
    let change = match work.what.as_str() {
        "take" => Did::Assign(Some(person.name.clone())),
        "assign" if work.who.is_empty() => Did::Assign(None),
        "assign" => Did::Assign(Some(work.who)),
        "note" if !noted.is_empty() && noted.chars().count() <= LONGEST_NOTE => Did::Note(noted),
        _ => return Err(WebError::form()),
    };
    let done = console.shop.app.store.write(move |tx| change.apply(tx, now, &person, id)).await?;
    if done { Ok(Redirect::to(&format!("/tasks/{id}")).into_response()) } else { Err(WebError::not_found()) }
}

/// `POST /tasks/{id}/settle`.
pub async fn settle(
    State(console): State<Arc<Console>>,
    user: User,
    Path(id): Path<i64>,
    Posted(Settled { reason }): Posted<Settled>,
) -> Result<Response, WebError> {
    let (now, reason) = (console.shop.app.now(), reason.trim().to_owned());
    if reason.is_empty() || reason.chars().count() > LONGEST_NOTE {
        return Err(WebError::refused(
            "请写明处理结果（最多1000字）。",
            "Say how it was settled, in at most 1000 characters.",
        ));
    }
    let settled = console.shop.app.store.write(move |tx| {
        let Some(task) = open_one(tx, user.person(), Lang::Zh, now, id)? else {
            return Err(TaskError::None(id));
        };
        if !may_settle(&user, &task) {
            return Ok(false);
        }
        tasks::settle(tx, now, id, &user.person().actor(), &reason).map(|()| true)
    });
    match settled.await {
        Ok(true) => Ok(Redirect::to("/tasks").into_response()),
        Ok(false) => Err(WebError::forbidden()),
        Err(TaskError::None(_)) => Err(WebError::refused(
            "该事项已经处理完毕，或不存在。",
            "This task is settled already, or there is none.",
        )),
        Err(TaskError::Store(cause)) => Err(cause.into()),
    }
}

/// A change that settles nothing.
enum Did {
    Assign(Option<String>),
    Note(String),
}

impl Did {
    fn apply(self, tx: &Conn, now: Timestamp, person: &Person, id: i64) -> Result<bool, StoreError> {
        let Some(task) = open_one(tx, person, Lang::Zh, now, id)? else { return Ok(false) };
        let (kind, entity) = (task.kind, task.entity);
        let body = match &self {
            Self::Assign(who) => {
                tx.execute(
                    "UPDATE task SET assigned = ?2 WHERE cell = {cell} AND id = ?1",
                    (id, who.clone()),
                )?;
                json!({ "assigned": who })
            }
            Self::Note(words) => {
                tx.execute(
                    "INSERT INTO task_note (cell, task, position, author, at_us, words)
                     SELECT {cell}, ?1, COALESCE(MAX(position), 0) + 1, ?2, ?3, ?4 FROM task_note
                     WHERE cell = {cell} AND task = ?1",
                    (id, &person.name, us(now), words),
                )?;
                json!({ "noted": words })
            }
        };
        let (actor, entity) = (person.actor(), format!("{kind}/{entity}"));
        let change = Change { actor: &actor, kind: Kind::Task, entity: &entity, state: "open", body };
        trail::append(tx, now, &change)?;
        Ok(true)
    }
}

const SELECT: &str = "SELECT t.id, t.kind, t.entity, o.order_no, t.body, t.made_us, t.settled_us, t.settled_by, t.note,
    t.assigned, o.centre FROM task t LEFT JOIN orders o ON o.cell = t.cell AND o.id = t.order_id WHERE t.cell = {cell}";

/// Open tasks that a person sees, oldest first; who stands at a kiosk goes before everything.
///
/// # Errors
/// [`StoreError`].
pub fn open(conn: &Conn, person: &Person, lang: Lang, now: Timestamp) -> Result<Vec<TaskRow>, StoreError> {
    let sql =
        format!("{SELECT} AND t.settled_us IS NULL ORDER BY CASE t.kind WHEN 'call' THEN 0 ELSE 1 END, t.id");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row, lang, now)?);
    }
    found.retain(|task| task.centre.is_none_or(|centre| person.sees(centre)));
    Ok(found)
}

/// The task with this number, settled or not.
///
/// # Errors
/// [`StoreError`].
pub fn find(conn: &Conn, lang: Lang, now: Timestamp, id: i64) -> Result<Option<TaskRow>, StoreError> {
    let sql = format!("{SELECT} AND t.id = ?1");
    let row = conn.prepare_cached(&sql)?.query_row([id], |row| Ok(row.clone())).optional()?;
    row.map(|row| read(&row, lang, now)).transpose()
}

/// The open task with this number, when the person sees it.
///
/// # Errors
/// [`StoreError`].
pub fn open_one(
    conn: &Conn,
    person: &Person,
    lang: Lang,
    now: Timestamp,
    id: i64,
) -> Result<Option<TaskRow>, StoreError> {
    let found = find(conn, lang, now, id)?.filter(TaskRow::is_open);
    Ok(found.filter(|task| task.centre.is_none_or(|centre| person.sees(centre))))
}

/// Tasks of an order, open and settled.
///
/// # Errors
/// [`StoreError`].
pub fn of_order(conn: &Conn, lang: Lang, now: Timestamp, order: i64) -> Result<Vec<TaskRow>, StoreError> {
    // Not by the bare column: SQLite would go through all of them in that order rather than use the order's index.
    let sql = format!("{SELECT} AND t.order_id = ?1 ORDER BY t.id + 0");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([order])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row, lang, now)?);
    }
    Ok(found)
}

fn read(row: &Row, lang: Lang, now: Timestamp) -> Result<TaskRow, StoreError> {
    let (kind, body, made_us): (String, String, i64) = (row.get(1)?, row.get(4)?, row.get(5)?);
    let call = if kind == tasks::Kind::Call.as_str() { facts::call(lang, &body) } else { None };
    Ok(TaskRow {
        id: row.get(0)?,
        name: call.unwrap_or_else(|| named(lang, &kind)),
        advice: words::advice(lang, &kind),
        kind,
        entity: row.get(2)?,
        order_no: row.get(3)?,
        body,
        age: text::span(us(now).saturating_sub(made_us) / 1_000_000),
        made_us,
        settled_us: row.get(6)?,
        settled_by: row.get(7)?,
        settled_how: row.get(8)?,
        assigned: row.get(9)?,
        centre: row.get(10)?,
    })
}

impl TaskRow {
    /// Which thing it is about.
    #[must_use]
    pub fn entity(&self) -> &str {
        &self.entity
    }

    /// Whether it waits.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.settled_us.is_none()
    }
}

/// A kind of task, as read.
fn named(lang: Lang, kind: &str) -> String {
    words::task(lang, kind).unwrap_or(kind).to_owned()
}

fn notes(conn: &Conn, id: i64) -> Result<Vec<Note>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT author, at_us, words FROM task_note WHERE cell = {cell} AND task = ?1 ORDER BY position",
    )?;
    let rows = statement
        .query_map([id], |row| Ok(Note { author: row.get(0)?, at_us: row.get(1)?, words: row.get(2)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A call for help is settled by whoever went there; anything else by who answers for it.
fn may_settle(user: &User, task: &TaskRow) -> bool {
    let is_call = task.kind == tasks::Kind::Call.as_str();
    user.may(Op::SettleTasks) || is_call && user.may(Op::SettleCalls)
}

impl Detail {
    fn may_settle(&self) -> bool {
        self.task.is_open() && may_settle(&self.user, &self.task)
    }

    fn may(&self, op: Op) -> bool {
        self.task.is_open() && self.user.may(op)
    }
}
