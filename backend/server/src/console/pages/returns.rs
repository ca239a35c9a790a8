//! The returns desk: find the order, choose what comes back, apply to customs, put the goods back or set them aside.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use pickup_domain::application::ApplicationState;
use pickup_domain::returns::{Back, ReturnError};
use serde::Deserialize;
use uuid::Uuid;

use super::order;
use crate::clearing::applications::ask::{self, AskError, Wanted};
use crate::clearing::applications::back::{self, BackError, Place};
use crate::clearing::applications::{self, Application};
use crate::clearing::facts::Facts;
use crate::console::accounts::Person;
use crate::console::routes::User;
use crate::console::{Console, Me, text, words};
use crate::db::Conn;
use crate::shop::book;
use crate::time::us;
use crate::web::{Posted, Visit, WebError, html};

const LINE: &str = "qty_";

struct Row {
    order_no: String,
    application: Application,
}

struct Line {
    gnum: u32,
    sku: String,
    name: String,
    sold: i64,
    left: i64,
}

#[derive(Template)]
#[template(path = "console/returns.html")]
struct Desk {
    p: Visit,
    me: Me,
    lists: Lists,
}

#[derive(Template)]
#[template(path = "console/returns_live.html")]
struct Part {
    p: Visit,
    lists: Lists,
}

struct Lists {
    waiting: Vec<Row>,
    to_come: Vec<Row>,
}

#[derive(Template)]
#[template(path = "console/return.html")]
struct Form {
    p: Visit,
    me: Me,
    order_no: String,
    lines: Vec<Line>,
    before: Vec<Application>,
    request: Uuid,
}

/// The order that goods come back of.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
}

/// Goods that are in the area again.
#[derive(Deserialize)]
pub struct Came {
    cop_no: String,
    to: String,
}

/// `GET /returns`.
pub async fn desk(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Query(Asked { q }): Query<Asked>,
) -> Result<Response, WebError> {
    let (person, asked) = (user.person().clone(), q.trim().to_owned());
    if !asked.is_empty() {
        let wanted = asked.clone();
        let seen = console.shop.app.store.read(move |conn| order::seen(conn, &person, &wanted)).await?;
        let (zh, en) = ("没有这个订单，请核对订单号。", "There is no such order; check its number.");
        seen.ok_or_else(|| WebError::refused(zh, en))?;
        let path: String =
            asked.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
        return Ok(Redirect::to(&format!("/returns/{path}")).into_response());
    }
    let lists = lists(&console, person).await?;
    Ok(html(&Desk { me: Me::of(&user, &p), p, lists }))
}

/// `GET /returns/live`: the applications, whenever they changed.
pub async fn live(State(console): State<Arc<Console>>, p: Visit, user: User) -> Response {
    let live = console.web.live.clone();
    live.events(move || {
        let (console, p, person) = (Arc::clone(&console), p.clone(), user.person().clone());
        async move { Part { p, lists: lists(&console, person).await.ok()? }.render().ok() }
    })
}

async fn lists(console: &Console, person: Person) -> Result<Lists, WebError> {
    let read = console.shop.app.store.read(move |conn| {
        let is_granted = |one: &Application| one.state == ApplicationState::Concluded;
        let (granted, waiting) = applications::open(conn)?.into_iter().partition(is_granted);
        Ok::<_, WebError>(Lists {
            waiting: rows(conn, &person, waiting)?,
            to_come: rows(conn, &person, granted)?,
        })
    });
    read.await
}

/// `GET /returns/{order_no}`.
pub async fn form(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(order_no): Path<String>,
) -> Result<Response, WebError> {
    let (person, asked, lang) = (user.person().clone(), order_no.clone(), p.lang);
    let read = console.shop.app.store.read(move |conn| {
        let Some((id, _)) = order::seen(conn, &person, &asked)? else { return Ok(None) };
        let before = applications::of_order(conn, id)?;
        let facts = Facts::of_order(conn, id).map_err(|_| not_filed())?;
        let lines = facts.lines.into_iter().map(|line| {
            let back =
                applications::pieces_back(&before, line.gnum, |state| state != ApplicationState::Refused);
            Line {
                gnum: line.gnum,
                sku: line.sku,
                name: lang.t(&line.name.zh, &line.name.en).to_owned(),
                sold: line.qty,
                left: line.qty.saturating_sub(back),
            }
        });
        Ok::<_, WebError>(Some((lines.collect(), before)))
    });
    let (lines, before) = read.await?.ok_or_else(WebError::not_found)?;
    let me = Me::of(&user, &p);
    Ok(html(&Form { p, me, order_no, lines, before, request: Uuid::now_v7() }))
}

/// `POST /returns/{order_no}`. The form carries an id of its own: sent twice, it is one application.
pub async fn apply(
    State(console): State<Arc<Console>>,
    user: User,
    Path(order_no): Path<String>,
    Posted(fields): Posted<HashMap<String, String>>,
) -> Result<Response, WebError> {
    let lines = chosen(&fields)?;
    let field = |name: &str| fields.get(name).map(|text| text.trim().to_owned()).unwrap_or_default();
    let (request, reason) = (field("request"), field("reason"));
    Uuid::parse_str(&request).map_err(|_| WebError::form())?;
    let (shop, person, now) = (Arc::clone(&console.shop), user.person().clone(), console.shop.app.now());
    let done = console.shop.app.store.write(move |tx| {
        let Some((id, _)) = order::seen(tx, &person, &order_no)? else { return Err(WebError::not_found()) };
        let actor = person.actor();
        let wanted = Wanted { request_id: &request, actor: &actor, reason: &reason };
        ask::refund(tx, &shop, id, &lines, &wanted, now).map_err(refused)
    });
    done.await?;
    Ok(Redirect::to("/returns").into_response())
}

/// `POST /returns/back`: the goods are in the area again and were checked.
pub async fn came_back(
    State(console): State<Arc<Console>>,
    user: User,
    Posted(Came { cop_no, to }): Posted<Came>,
) -> Result<Response, WebError> {
    let place = match to.as_str() {
        "shelf" => Place::Shelf,
        "aside" => Place::Aside,
        _ => return Err(WebError::form()),
    };
    let (person, now) = (user.person().clone(), console.shop.app.now());
    let done = console.shop.app.store.write(move |tx| {
        let one = applications::by_cop_no(tx, &cop_no)?.ok_or_else(WebError::not_found)?;
        let order_no = book::order_no(tx, one.order_id)?;
        order::seen(tx, &person, &order_no)?.ok_or_else(WebError::not_found)?;
        back::note(tx, &cop_no, place, &person.actor(), now).map_err(|cause| match cause {
            BackError::Store(cause) => cause.into(),
            other => {
                WebError::refused(format!("不能登记：{other}"), format!("This cannot be noted: {other}"))
            }
        })
    });
    done.await?;
    Ok(Redirect::to("/returns").into_response())
}

fn rows(conn: &Conn, person: &Person, all: Vec<Application>) -> Result<Vec<Row>, WebError> {
    let mut rows = Vec::new();
    for application in all {
        let order_no = book::order_no(conn, application.order_id)?;
        if order::seen(conn, person, &order_no)?.is_some() {
            rows.push(Row { order_no, application });
        }
    }
    Ok(rows)
}

fn chosen(fields: &HashMap<String, String>) -> Result<Vec<Back>, WebError> {
    let mut lines = Vec::new();
    for (name, value) in fields {
        let Some(gnum) = name.strip_prefix(LINE) else { continue };
        let gnum = gnum.parse().map_err(|_| WebError::form())?;
        let qty =
            if value.trim().is_empty() { 0 } else { value.trim().parse().map_err(|_| WebError::form())? };
        if qty != 0 {
            lines.push(Back { gnum, qty });
        }
    }
    lines.sort_by_key(|line| line.gnum);
    Ok(lines)
}

fn not_filed() -> WebError {
    WebError::refused(
        "该订单没有申报，不能在此退货。",
        "Nothing of this order was declared; it cannot be returned here.",
    )
}

fn refused(cause: AskError) -> WebError {
    let zh = match &cause {
        AskError::Clearing(cause) => return WebError::internal(cause),
        AskError::NotHandedOver { .. } => "商品尚未交付，不能退货；请改为取消订单。",
        AskError::AllBack(_) => "该订单的商品已全部退回。",
        AskError::Open(_) => "该订单已有申请正在等待海关处理。",
        AskError::Reason => "请填写原因，最多1000字，一行。",
        AskError::Rule(ReturnError::TooLate { .. }) => "已超过放行后30天的退货申请期限。",
        AskError::Rule(ReturnError::Pieces { .. }) => "退货数量超过可退数量。",
        AskError::Rule(ReturnError::Nothing) => "请选择要退回的商品。",
        _ => "退货申请不符合要求。",
    };
    WebError::refused(zh, format!("This cannot be applied for: {cause}."))
}

fn day(at: &Option<jiff::Timestamp>) -> String {
    text::moment_or_dash(at.map(us)).chars().take(10).collect()
}
