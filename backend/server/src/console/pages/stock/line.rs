//! One book line: its balance, what entered it and why, and what somebody asks to be entered or corrected.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use pickup_domain::Quantity;
use serde::Deserialize;

use super::{Article, of};
use crate::console::roles::Op;
use crate::console::routes::User;
use crate::console::{Console, Me, text, words};
use crate::stock::requests::{self, Ask, Request, RequestError, What};
use crate::stock::take;
use crate::stock::{self, Entry, StockError};
use crate::web::{Posted, Visit, WebError, html};

/// So many entries and requests are shown.
const MOST: i64 = 200;
const LONGEST: usize = 200;

#[derive(Template)]
#[template(path = "console/stock_line.html")]
struct Page {
    p: Visit,
    me: Me,
    user: User,
    key: String,
    article: Article,
    balance: Option<Balance>,
    entries: Vec<Entry>,
    requests: Vec<Request>,
}

struct Balance {
    entered: Quantity,
    on_hand: Quantity,
    held: Quantity,
    out: Quantity,
}

/// What is asked for.
#[derive(Debug, Deserialize)]
pub struct Wish {
    what: String,
    quantity: String,
    #[serde(default)]
    document: String,
    reason: String,
}

/// How a request is decided.
#[derive(Debug, Deserialize)]
pub struct Decision {
    what: String,
    #[serde(default)]
    note: String,
}

/// `GET /stock/lines/{book}/{record}`.
pub async fn show(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path((book, record)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let key = format!("{book}/{record}");
    let article = of(&console, &user, &p).await?.find(&key).ok_or_else(WebError::not_found)?;
    let asked = key.clone();
    let read = console.shop.app.store.read(move |conn| {
        let account = stock::balance(conn, &asked)?;
        let counting = take::under_count(conn)?.contains_key(&asked);
        let entries = stock::entries(conn, &asked, MOST)?;
        Ok::<_, StockError>((account, counting, entries, requests::of_line(conn, &asked, MOST)?))
    });
    let (account, counting, entries, requests) = read.await.map_err(missing)?;
    let parts = Quantity::from_parts;
    let balance = Balance {
        entered: parts(account.lim()),
        on_hand: parts(account.available()),
        held: parts(account.held()),
        out: parts(account.used()),
    };
    let balance = Some(balance).filter(|_| !counting || user.may(Op::SignStocktakes));
    Ok(html(&Page { me: Me::of(&user, &p), p, user, key, article, balance, entries, requests }))
}

fn missing(cause: StockError) -> WebError {
    match cause {
        StockError::NoLine(_) => WebError::not_found(),
        other => other.into(),
    }
}

/// `POST /stock/lines/{book}/{record}`: asks for an entry or a correction.
pub async fn ask(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path((book, record)): Path<(String, String)>,
    Posted(wish): Posted<Wish>,
) -> Result<Response, WebError> {
    let key = format!("{book}/{record}");
    of(&console, &user, &p).await?.find(&key).ok_or_else(WebError::not_found)?;
    let ask = Ask {
        key,
        what: What::parse(&wish.what).ok_or_else(WebError::form)?,
        quantity: wish.quantity.trim().parse().map_err(|_| no_quantity())?,
        document: said(&wish.document),
        reason: Some(said(&wish.reason)).filter(|reason| !reason.is_empty()).ok_or_else(no_reason)?,
    };
    let (now, by, back) = (console.shop.app.now(), user.person().name.clone(), ask.key.clone());
    console.shop.app.store.write(move |tx| requests::ask(tx, now, &by, &ask)).await?;
    Ok(Redirect::to(&format!("/stock/lines/{back}")).into_response())
}

/// `POST /stock/requests/{id}`: approves or refuses.
pub async fn decide(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
    Posted(Decision { what, note }): Posted<Decision>,
) -> Result<Response, WebError> {
    let (approve, note) = decision(&what, &note)?;
    let asked = console.shop.app.store.read(move |conn| requests::find(conn, id)).await?;
    let key = asked.ok_or(RequestError::None(id))?.key;
    of(&console, &user, &p).await?.find(&key).ok_or_else(WebError::not_found)?;
    let (now, by) = (console.shop.app.now(), user.person().name.clone());
    console.shop.app.store.write(move |tx| requests::decide(tx, now, &by, (id, approve), &note)).await?;
    Ok(Redirect::to("/stock").into_response())
}

/// Whether a request is approved, and the note with it.
///
/// # Errors
/// [`WebError`] for a refusal without a reason.
pub fn decision(what: &str, note: &str) -> Result<(bool, String), WebError> {
    let approve = match what {
        "approve" => true,
        "refuse" => false,
        _ => return Err(WebError::form()),
    };
    let note = said(note);
    if !approve && note.is_empty() {
        return Err(no_reason());
    }
    Ok((approve, note))
}

/// What somebody wrote, cut to what is kept.
fn said(text: &str) -> String {
    text.trim().chars().take(LONGEST).collect()
}

fn no_quantity() -> WebError {
    WebError::refused(
        "数量须为数字，最多五位小数，例如 12 或 -0.5。什么也没有改动。",
        "A quantity is a number with at most five decimals, such as 12 or -0.5. Nothing was changed.",
    )
}

fn no_reason() -> WebError {
    WebError::refused("请写明原因。什么也没有改动。", "Say why. Nothing was changed.")
}
