//! Stocktakes: the list, and opening one.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::console::pages::stock::{Article, Articles, of};
use crate::console::roles::Op;
use crate::console::routes::User;
use crate::console::words::{self, Chip};
use crate::console::{Console, Me, text};
use crate::db::Conn;
use crate::stock::take::{self, State as Step, Take, TakeError};
use crate::store::StoreError;
use crate::web::{Posted, Visit, WebError, html};

pub mod count;
pub mod one;

/// So many are listed.
const MOST: i64 = 100;
const LONGEST: usize = 100;

#[derive(Template)]
#[template(path = "console/stocktakes.html")]
struct Page {
    p: Visit,
    me: Me,
    user: User,
    articles: Articles,
    takes: Vec<Take>,
}

/// What is to be counted.
#[derive(Debug, Deserialize)]
pub struct Wish {
    centre: u16,
    #[serde(default)]
    note: String,
    /// Article numbers, barcodes or record numbers; all lines when there are none.
    #[serde(default)]
    only: String,
}

/// `GET /stock/takes`.
pub async fn list(State(console): State<Arc<Console>>, p: Visit, user: User) -> Result<Response, WebError> {
    let articles = of(&console, &user, &p).await?;
    let mut takes = console.shop.app.store.read(|conn| take::all(conn, MOST)).await?;
    takes.retain(|take| articles.centre(take.centre).is_some());
    Ok(html(&Page { me: Me::of(&user, &p), p, user, articles, takes }))
}

/// `POST /stock/takes`.
pub async fn open(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Posted(wish): Posted<Wish>,
) -> Result<Response, WebError> {
    let articles = of(&console, &user, &p).await?;
    let book = articles.centre(wish.centre).ok_or_else(WebError::not_found)?.ems_no.clone();
    let all = console.shop.app.store.read(move |conn| keys(conn, &book)).await?;
    let all: Vec<(String, Article)> =
        all.into_iter().filter_map(|key| Some((key.clone(), articles.find(&key)?))).collect();
    let chosen = chosen(&all, &wish.only)?;
    let note: String = wish.note.trim().chars().take(LONGEST).collect();
    let (now, by, centre) = (console.shop.app.now(), user.person().name.clone(), wish.centre);
    let opened =
        console.shop.app.store.write(move |tx| take::open(tx, now, &by, (centre, &note), &chosen)).await?;
    Ok(Redirect::to(&format!("/stock/takes/{opened}")).into_response())
}

/// The lines that are named, or all.
fn chosen(all: &[(String, Article)], only: &str) -> Result<Vec<String>, WebError> {
    let codes: Vec<&str> = only
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、'))
        .filter(|code| !code.is_empty())
        .collect();
    if codes.is_empty() {
        return Ok(all.iter().map(|(key, _)| key.clone()).collect());
    }
    let mut keys: Vec<String> = codes.into_iter().map(|code| by_code(all, code)).collect::<Result<_, _>>()?;
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}

/// The line that a barcode, an article number or a record number names.
fn by_code(all: &[(String, Article)], code: &str) -> Result<String, TakeError> {
    let is = |key: &str, article: &Article| {
        article.barcode == code
            || article.sku.eq_ignore_ascii_case(code)
            || key.split_once('/').is_some_and(|(_, record)| record == code)
    };
    let found = all.iter().find(|(key, article)| is(key, article));
    found.map(|(key, _)| key.clone()).ok_or_else(|| TakeError::NotInIt(code.to_owned()))
}

fn keys(conn: &Conn, book: &str) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT key FROM account WHERE cell = {cell} AND kind = 'stock' ORDER BY key";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    let all: Vec<String> = rows.collect::<Result<_, _>>()?;
    let ours = |key: &String| key.split_once('/').is_some_and(|(of, _)| of == book);
    Ok(all.into_iter().filter(ours).collect())
}

/// A stocktake that somebody may see, with its lines and the articles they are of.
async fn found(
    console: &Console,
    user: &User,
    p: &Visit,
    id: i64,
) -> Result<(Take, Vec<(take::Line, Article)>), WebError> {
    let articles = of(console, user, p).await?;
    let read = console
        .shop
        .app
        .store
        .read(move |conn| Ok::<_, StoreError>((take::find(conn, id)?, take::lines(conn, id)?)));
    let (take, lines) = read.await?;
    let take = take.filter(|take| articles.centre(take.centre).is_some()).ok_or_else(WebError::not_found)?;
    let lines = lines.into_iter().map(|line| {
        let article = articles.find(&line.key).unwrap_or_default();
        (line, article)
    });
    Ok((take, lines.collect()))
}

/// Where a stocktake stands, as read.
fn step(p: &Visit, step: Step) -> Chip {
    words::stocktake(p.lang, step)
}
