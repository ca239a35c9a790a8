//! One of my orders: to cancel it or put it off before it is collected, or to ask for a return afterwards. Its link alone does not allow
//! that, since it may have been passed on; the telephone's code does.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use pickup_domain::returns::Back;
use serde::Deserialize;
use uuid::Uuid;

use super::mine::session;
use super::order::read;
use super::{Page, to};
use crate::clearing::applications;
use crate::clearing::applications::ask::{self, AskError, Wanted};
use crate::clearing::facts::Facts;
use crate::db::Conn;
use crate::phone::Phone;
use crate::phone::basket::{self, Basket, Watch};
use crate::phone::later::{self, Allowed};
use crate::phone::link::Link;
use crate::phone::status::Stage;
use crate::phone::words::day_and_time;
use crate::shop::Shop;
use crate::shop::fault::ShopFault;
use crate::time::{at, us};
use crate::web::{Posted, Visit, WebError, html};

/// Most characters of a reason; customs takes 1000.
const LONGEST: usize = 200;

#[derive(Template)]
#[template(path = "phone/after.html")]
struct AfterPage<'a> {
    p: &'a Visit,
    id: i64,
    link: String,
    order_no: String,
    stage: &'static str,
    told: &'static str,
    tone: &'static str,
    can_cancel: bool,
    can_return: bool,
    /// Until when it can be collected, and the times it can be put off to, or why it cannot.
    until: String,
    later: Vec<(i64, String)>,
    not_later: String,
    lines: Vec<Line>,
    asked: Vec<(String, &'static str)>,
    request: String,
    fault: String,
}

struct Line {
    gnum: u32,
    name: String,
    qty: i64,
}

/// A wish, with a number made by the page, so that sending it twice asks once.
#[derive(Deserialize)]
pub struct Wish {
    request: String,
    #[serde(default)]
    reason: String,
    /// Which line goes back, with `qty`.
    #[serde(default)]
    gnum: u32,
    #[serde(default)]
    qty: i64,
}

/// `GET /my/orders/{id}`.
pub async fn show(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    headers: HeaderMap,
    Path(id): Path<i64>,
) -> Page {
    let Some(of) = session(&phone, &headers).await? else { return Ok(to("/my")) };
    let basket = own(&phone, of, id).await?;
    page(&phone, &p, &basket, String::new()).await
}

/// `POST /my/orders/{id}/cancel`.
pub async fn cancel(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    headers: HeaderMap,
    Path(id): Path<i64>,
    Posted(wish): Posted<Wish>,
) -> Page {
    asked(&phone, &p, &headers, id, wish, |tx, shop, order_id, wanted, _, now| {
        ask::cancel(tx, shop, order_id, wanted, now).map(drop)
    })
    .await
}

/// `POST /my/orders/{id}/return`.
pub async fn give_back(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    headers: HeaderMap,
    Path(id): Path<i64>,
    Posted(wish): Posted<Wish>,
) -> Page {
    asked(&phone, &p, &headers, id, wish, move |tx, shop, order_id, wanted, wish, now| {
        let lines = [Back { gnum: wish.gnum, qty: wish.qty }];
        ask::refund(tx, shop, order_id, &lines, wanted, now)?;
        basket::watch(tx, id, Watch::Return).map_err(AskError::from)
    })
    .await
}

/// Asks one thing of an order of whoever is signed in, in one transaction.
async fn asked(
    phone: &Arc<Phone>,
    p: &Visit,
    headers: &HeaderMap,
    id: i64,
    wish: Wish,
    ask: impl FnOnce(&Conn, &Shop, i64, &Wanted<'_>, &Wish, Timestamp) -> Result<(), AskError> + Send + 'static,
) -> Page {
    let Some(of) = session(phone, headers).await? else { return Ok(to("/my")) };
    let basket = own(phone, of, id).await?;
    let order_id = basket.order_id.ok_or_else(WebError::not_found)?;
    let (shop, now) = (Arc::clone(&phone.shop), phone.now());
    let actor = format!("shop:{}", shop.app.config.phone.merchant);
    let (request_id, reason) = (request_id(&wish, id)?, reason(&wish));
    let done = phone.shop.app.store.write(move |tx| {
        let wanted = Wanted { request_id: &request_id, actor: &actor, reason: &reason };
        ask(tx, &shop, order_id, &wanted, &wish, now)
    });
    answered(phone, p, &basket, done.await).await
}

/// Another time to collect, in microseconds since 1970.
#[derive(Deserialize)]
pub struct Later {
    until_us: i64,
}

/// `POST /my/orders/{id}/later`.
pub async fn put_off(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    headers: HeaderMap,
    Path(id): Path<i64>,
    Posted(wish): Posted<Later>,
) -> Page {
    let Some(of) = session(&phone, &headers).await? else { return Ok(to("/my")) };
    let basket = own(&phone, of, id).await?;
    let until = at(wish.until_us).map_err(|_| WebError::form())?;
    let (shop, url, now) = (Arc::clone(&phone.shop), phone.public_url.clone(), phone.now());
    let wanted = basket.clone();
    let done =
        phone.shop.app.store.write(move |tx| later::put_off(tx, &shop, &url, &wanted, until, now)).await;
    phone.bell.notify_one();
    match done {
        Ok(()) => Ok(to(&format!("/my/orders/{id}"))),
        Err(cause) => {
            let fault = cause.told(p.lang).ok_or_else(|| WebError::internal(&cause))?;
            refused(&phone, &p, &basket, fault).await
        }
    }
}

async fn answered(phone: &Arc<Phone>, p: &Visit, basket: &Basket, done: Result<(), AskError>) -> Page {
    phone.shop.outbox.notify_one();
    let fault = match done {
        Ok(()) => return Ok(to(&format!("/my/orders/{}", basket.id))),
        Err(AskError::Clearing(cause)) => return Err(WebError::internal(&cause)),
        Err(other) => match ShopFault::from(other) {
            ShopFault::Plain(fault) => p.t(&fault.error.message_zh, &fault.error.message_en).to_owned(),
            ShopFault::Refused(..) => p.t("现在不能这样做。", "This cannot be done now.").to_owned(),
        },
    };
    refused(phone, p, basket, fault).await
}

async fn refused(phone: &Arc<Phone>, p: &Visit, basket: &Basket, fault: String) -> Page {
    let mut answer = page(phone, p, basket, fault).await?;
    *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(answer)
}

async fn own(phone: &Arc<Phone>, of: String, id: i64) -> Result<Basket, WebError> {
    let basket = phone.shop.app.store.read(move |conn| basket::by_id(conn, id)).await?;
    basket.filter(|basket| basket.phone.as_deref() == Some(&of)).ok_or_else(WebError::not_found)
}

async fn page(phone: &Arc<Phone>, p: &Visit, basket: &Basket, fault: String) -> Page {
    let read = read(phone, basket).await?.ok_or_else(WebError::not_found)?;
    let (app, id) = (Arc::clone(&phone.shop.app), basket.id);
    let order_id = read.parcel.order_id;
    let more = phone.shop.app.store.read(move |conn: &Conn| {
        let facts = Facts::of_order(conn, order_id)?;
        let asked = applications::of_order(conn, order_id)?;
        Ok::<_, crate::store::StoreError>((Link::of_basket(conn, &app.secrets, id)?, facts, asked))
    });
    let (link, facts, asked) = more.await?;
    let allowed = Allowed::at(&phone.shop, read.parcel.centre);
    let choices = later::choices(&read.parcel, basket.put_offs, allowed, phone.now());
    let waits = matches!(read.stage, Stage::Released | Stage::InLocker);
    let not_later = choices.as_ref().err().filter(|_| waits).and_then(|why| why.told(p.lang));
    let time = |at: Timestamp| day_and_time(at, p.lang);
    let line = |line: &crate::clearing::facts::FactLine| Line {
        gnum: line.gnum,
        name: p.t(&line.name.zh, &line.name.en).to_owned(),
        qty: line.qty,
    };
    Ok(html(&AfterPage {
        p,
        id: basket.id,
        link: link.as_str().to_owned(),
        order_no: facts.order_no.clone(),
        stage: read.stage.name(p.lang),
        told: read.stage.told(p.lang),
        tone: read.stage.tone(),
        can_cancel: read.stage.can_cancel(),
        can_return: read.stage == Stage::Collected,
        until: read.parcel.not_after.filter(|_| waits).map(time).unwrap_or_default(),
        later: choices.unwrap_or_default().into_iter().map(|at| (us(at), time(at))).collect(),
        not_later: not_later.unwrap_or_default(),
        lines: facts.lines.iter().map(line).collect(),
        asked: asked.iter().map(|one| (one.cop_no.clone(), application(one, p))).collect(),
        request: Uuid::now_v7().to_string(),
        fault,
    }))
}

/// Where an application stands, for the person who asked.
fn application(one: &applications::Application, p: &Visit) -> &'static str {
    use pickup_domain::application::{ApplicationKind as Kind, ApplicationState as State};
    match (one.kind, one.state) {
        (Kind::Cancel, State::Concluded) => p.t("取消已完成", "Cancelled"),
        (Kind::Cancel, State::Refused) => p.t("海关没有同意取消", "Customs did not agree to cancel"),
        (Kind::Cancel, _) => p.t("取消申请处理中", "Being cancelled"),
        (Kind::Refund, State::Concluded) => {
            p.t("海关已同意退货，请把商品带回服务台", "Customs agrees: bring the goods to the service desk")
        }
        (Kind::Refund, State::Refused) => p.t("海关没有同意退货", "Customs did not agree to the return"),
        (Kind::Refund, _) => p.t("退货申请处理中", "The return is being asked for"),
    }
}

/// The number of a wish, of this order only.
fn request_id(wish: &Wish, basket: i64) -> Result<String, WebError> {
    let number = wish.request.parse::<Uuid>().map_err(|_| WebError::form())?;
    Ok(format!("phone-{basket}-{number}"))
}

fn reason(wish: &Wish) -> String {
    let line: String = wish.reason.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if line.trim().is_empty() { "消费者申请".to_owned() } else { line.trim().to_owned() }
}
