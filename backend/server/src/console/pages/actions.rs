//! The next actions of a task, as an operator has them at a shell: file anew, give up, send again, apply again, pay back.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::tasks::{self, TaskRow};
use crate::clearing::again::{self, AgainError, Corrections};
use crate::clearing::{ClearingError, outbox, payback, receipts};
use crate::console::Console;
use crate::console::roles::Op;
use crate::console::routes::User;
use crate::db::Conn;
use crate::shop::book;
use crate::web::{Posted, Visit, WebError};

/// Which actions a task's page offers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Next {
    /// File the declaration anew.
    pub file_again: bool,
    /// Give the declaration up.
    pub give_up: bool,
    /// Send the message again.
    pub send_again: bool,
    /// Apply the receipt again.
    pub apply: bool,
    /// Ask the payment company again, or note that the money went back.
    pub pay_back: bool,
}

impl Next {
    /// Whether there is a button for anything.
    #[must_use]
    pub const fn any(self) -> bool {
        self.file_again || self.give_up || self.send_again || self.apply || self.pay_back
    }

    /// For a task of this kind and who looks at it.
    #[must_use]
    pub fn of(kind: &str, open: bool, user: &User) -> Self {
        let may = |op| open && user.may(op);
        Self {
            file_again: kind == "refused" && may(Op::FileAgain),
            give_up: matches!(kind, "refused" | "unanswered") && may(Op::GiveUp),
            send_again: kind == "parked" && may(Op::FileAgain),
            apply: kind == "unapplied" && may(Op::FileAgain),
            pay_back: kind == "payback" && may(Op::SettleTasks),
        }
    }
}

/// What is put right before a declaration is filed anew. Empty for what stays.
#[derive(Deserialize)]
pub struct Anew {
    #[serde(default)]
    gross_kg: String,
    #[serde(default)]
    net_kg: String,
}

/// Why something is given up.
#[derive(Deserialize)]
pub struct Why {
    reason: String,
}

/// How a payback goes on.
#[derive(Deserialize)]
pub struct Money {
    what: String,
}

/// A form without fields.
#[derive(Deserialize)]
pub struct Nothing {}

/// `POST /tasks/{id}/file-again`.
pub async fn file_again(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
    Posted(anew): Posted<Anew>,
) -> Result<Response, WebError> {
    let (fixes, by, now) = (corrections(&anew)?, user.person().actor(), console.shop.app.now());
    let act = move |tx: &Conn, order| again::resubmit(tx, order, &fixes, &by, now);
    with_order(&console, &p, &user, id, &["refused"], act).await
}

/// `POST /tasks/{id}/give-up`.
pub async fn give_up(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
    Posted(Why { reason }): Posted<Why>,
) -> Result<Response, WebError> {
    let reason = format!("{} ({})", reason.trim(), user.person().actor());
    let shop = Arc::clone(&console.shop);
    let act = move |tx: &Conn, order| again::give_up(tx, &shop, order, &reason);
    with_order(&console, &p, &user, id, &["refused", "unanswered"], act).await
}

/// `POST /tasks/{id}/send-again`.
pub async fn send_again(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
    Posted(_): Posted<Nothing>,
) -> Result<Response, WebError> {
    let (task, now) = (open_task(&console, &p, &user, id, &["parked"]).await?, console.shop.app.now());
    let (by, message) = (user.person().actor(), task.entity().to_owned());
    console.shop.app.store.write(move |tx| outbox::send_again(tx, Some(&message), &by, now)).await?;
    console.shop.outbox.notify_one();
    Ok(back())
}

/// `POST /tasks/{id}/apply`.
pub async fn apply(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
    Posted(_): Posted<Nothing>,
) -> Result<Response, WebError> {
    let (task, now) = (open_task(&console, &p, &user, id, &["unapplied"]).await?, console.shop.app.now());
    let cursor = task.entity().parse().map_err(|_| WebError::not_found())?;
    let (shop, by) = (Arc::clone(&console.shop), user.person().actor());
    let applied = move |tx: &Conn| receipts::apply_kept(tx, &shop, cursor, &by, now);
    console.shop.app.store.write(applied).await.map_err(|cause: ClearingError| {
        WebError::refused(
            format!("回执仍无法处理：{cause}"),
            format!("The receipt still cannot be applied: {cause}"),
        )
    })?;
    Ok(back())
}

/// `POST /tasks/{id}/payback`.
pub async fn pay_back(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
    Posted(Money { what }): Posted<Money>,
) -> Result<Response, WebError> {
    let (task, now) = (open_task(&console, &p, &user, id, &["payback"]).await?, console.shop.app.now());
    let (by, entity) = (user.person().actor(), task.entity().to_owned());
    let done = console.shop.app.store.write(move |tx| match what.as_str() {
        "retry" => payback::retry(tx, &entity, &by, now),
        _ => payback::done_by_hand(tx, &entity, &by, now),
    });
    done.await.map_err(|cause| {
        WebError::refused(
            format!("退款状态不允许此操作：{cause}"),
            format!("This cannot be done with the payback: {cause}"),
        )
    })?;
    Ok(back())
}

fn back() -> Response {
    Redirect::to("/tasks").into_response()
}

/// The open task with this number, when it is of one of these kinds and the person sees it.
async fn open_task(
    console: &Console,
    p: &Visit,
    user: &User,
    id: i64,
    kinds: &'static [&'static str],
) -> Result<TaskRow, WebError> {
    let (lang, now, person) = (p.lang, console.shop.app.now(), user.person().clone());
    let found =
        console.shop.app.store.read(move |conn| tasks::open_one(conn, &person, lang, now, id)).await?;
    found.filter(|task| kinds.contains(&task.kind.as_str())).ok_or_else(WebError::not_found)
}

/// Does `act` with the declaration of the order that an open task of one of these kinds is about.
async fn with_order<T: Send + 'static>(
    console: &Console,
    p: &Visit,
    user: &User,
    id: i64,
    kinds: &'static [&'static str],
    act: impl FnOnce(&Conn, i64) -> Result<T, AgainError> + Send + 'static,
) -> Result<Response, WebError> {
    let order_no = open_task(console, p, user, id, kinds).await?.order_no.ok_or_else(WebError::not_found)?;
    let done = console.shop.app.store.write(move |tx| {
        let order = book::id_of(tx, &order_no)?.ok_or(AgainError::None(0))?;
        act(tx, order)
    });
    done.await.map_err(again_refused)?;
    Ok(back())
}

fn again_refused(cause: AgainError) -> WebError {
    match cause {
        AgainError::Clearing(cause) => WebError::internal(&cause),
        other => WebError::refused(
            format!("申报单当前状态不允许此操作：{other}"),
            format!("This cannot be done with the declaration now: {other}"),
        ),
    }
}

fn corrections(anew: &Anew) -> Result<Corrections, WebError> {
    let weight = |text: &str| {
        let text = text.trim();
        if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| WebError::form()) }
    };
    Ok(Corrections {
        gross_kg: weight(&anew.gross_kg)?,
        net_kg: weight(&anew.net_kg)?,
        ..Corrections::default()
    })
}
