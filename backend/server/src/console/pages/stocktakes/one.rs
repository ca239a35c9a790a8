//! One stocktake: what is to be counted, blind; then what differs; then what was corrected.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use pickup_domain::Quantity;
use serde::Deserialize;

use super::{Article, found, step};
use crate::console::roles::Op;
use crate::console::routes::User;
use crate::console::table::{self, Format};
use crate::console::{Console, Me, text};
use crate::db::Conn;
use crate::stock::take::{self, Line, State as Step, Take, TakeError};
use crate::web::{Posted, Visit, WebError, html};

#[derive(Template)]
#[template(path = "console/stocktake_count.html")]
struct Counting {
    p: Visit,
    me: Me,
    user: User,
    take: Take,
    lines: Vec<(Line, Article)>,
    last: Option<(String, Quantity)>,
    open: usize,
}

#[derive(Template)]
#[template(path = "console/stocktake.html")]
struct Review {
    p: Visit,
    me: Me,
    user: User,
    take: Take,
    lines: Vec<(Line, Article)>,
    differing: usize,
}

/// Which line was counted last.
#[derive(Debug, Deserialize)]
pub struct Last {
    #[serde(default)]
    last: String,
}

/// Lines that are chosen.
#[derive(Debug, Deserialize)]
pub struct Chosen {
    #[serde(default)]
    lines: String,
    #[serde(default)]
    key: String,
}

/// A form that says nothing but that it was sent.
#[derive(Debug, Deserialize)]
pub struct Nothing {}

/// `GET /stock/takes/{id}`.
pub async fn show(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
    Query(Last { last }): Query<Last>,
) -> Result<Response, WebError> {
    let (take, lines) = found(&console, &user, &p, id).await?;
    let me = Me::of(&user, &p);
    if take.state != Step::Counting {
        let differing = lines.iter().filter(|(line, _)| line.variance() != Some(Quantity::ZERO)).count();
        return Ok(html(&Review { p, me, user, take, lines, differing }));
    }
    let last = lines.iter().find(|(line, _)| line.key == last);
    let last = last.and_then(|(line, article)| Some((article.name.clone(), line.counted?)));
    let open = lines.iter().filter(|(line, _)| line.counted.is_none()).count();
    Ok(html(&Counting { p, me, user, take, lines, last, open }))
}

/// `GET /stock/takes/{id}/variance.csv` and `….xlsx`, once the count has ended.
pub async fn download(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
) -> Result<Response, WebError> {
    let (take, lines) = found(&console, &user, &p, id).await?;
    if take.state == Step::Counting {
        return Err(WebError::not_found());
    }
    let lines = lines.into_iter().map(|(line, article)| (line, article.sku, article.name));
    let table = table::variances(&p, lines);
    Ok(table::download(Format::of(&p.path), &format!("stocktake-{id}"), &[table]))
}

/// `POST /stock/takes/{id}/close`: everything is counted.
pub async fn close(
    console: State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
    _: Posted<Nothing>,
) -> Result<Response, WebError> {
    act(console, (p, user), id, take::close).await
}

/// `POST /stock/takes/{id}/again`: one line is to be counted anew, or every one that differs.
pub async fn again(
    console: State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
    Posted(Chosen { lines, key }): Posted<Chosen>,
) -> Result<Response, WebError> {
    act(console, (p, user), id, move |tx, now, by, id| {
        let keys = match lines.as_str() {
            "differing" => take::lines(tx, id)?
                .into_iter()
                .filter(|line| line.moved() || line.variance() != Some(Quantity::ZERO))
                .map(|line| line.key)
                .collect(),
            _ => vec![key],
        };
        take::again(tx, now, by, id, &keys)
    })
    .await
}

/// `POST /stock/takes/{id}/sign`.
pub async fn sign(
    console: State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
    _: Posted<Nothing>,
) -> Result<Response, WebError> {
    act(console, (p, user), id, |tx, now, by, id| take::sign(tx, now, by, id).map(drop)).await
}

/// `POST /stock/takes/{id}/abandon`.
pub async fn abandon(
    console: State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
    _: Posted<Nothing>,
) -> Result<Response, WebError> {
    act(console, (p, user), id, take::abandon).await
}

/// Does something with a stocktake that the person may see, and shows it.
async fn act(
    State(console): State<Arc<Console>>,
    (p, user): (Visit, User),
    id: i64,
    what: impl FnOnce(&Conn, Timestamp, &str, i64) -> Result<(), TakeError> + Send + 'static,
) -> Result<Response, WebError> {
    found(&console, &user, &p, id).await?;
    let (now, by) = (console.shop.app.now(), user.person().name.clone());
    console.shop.app.store.write(move |tx| what(tx, now, &by, id)).await?;
    Ok(Redirect::to(&format!("/stock/takes/{id}")).into_response())
}

impl Review {
    /// Whether the reader may sign: who counted may not.
    fn may_sign(&self) -> bool {
        let name = &self.user.person().name;
        self.take.state == Step::Review
            && self.user.may(Op::SignStocktakes)
            && self.lines.iter().all(|(line, _)| line.counted_by.as_ref() != Some(name))
    }

    fn may_count(&self) -> bool {
        self.take.state == Step::Review && self.user.may(Op::CountStock)
    }

    fn in_doubt(&self) -> bool {
        self.lines.iter().any(|(line, _)| line.in_doubt())
    }
}

/// A quantity with its sign, so that what lacks is told from what is over.
fn signed(quantity: Option<Quantity>) -> String {
    match quantity {
        Some(quantity) if quantity > Quantity::ZERO => format!("+{quantity}"),
        Some(quantity) => quantity.to_string(),
        None => "–".to_owned(),
    }
}

fn or_dash(quantity: Option<Quantity>) -> String {
    quantity.map_or_else(|| "–".to_owned(), |quantity| quantity.to_string())
}
