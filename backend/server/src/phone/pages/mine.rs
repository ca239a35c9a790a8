//! My orders: a telephone, a code sent to it, and a short session. My data: what is kept, and deleting it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::{Caller, Page, counted, to};
use crate::db::Conn;
use crate::parcels;
use crate::phone::person::telephone_of;
use crate::phone::status::Stage;
use crate::phone::throttle::{Act, Who};
use crate::phone::words::day_and_time;
use crate::phone::{Phone, basket, codes, data as kept};
use crate::store::StoreError;
use crate::web::{Lang, Posted, Visit, WebError, cookies, html};

/// Cookie of a session.
const SESSION: &str = "bp_phone";
/// An address may ask for so many times what a telephone may.
const PHONES_OF_AN_ADDRESS: u32 = 8;

#[derive(Template)]
#[template(path = "phone/my.html")]
struct MyPage<'a> {
    p: &'a Visit,
    /// Empty on the first page; then a code is asked for.
    telephone: &'a str,
    fault: &'a str,
}

#[derive(Template)]
#[template(path = "phone/orders.html")]
struct OrdersPage<'a> {
    p: &'a Visit,
    orders: Vec<Row>,
}

struct Row {
    id: i64,
    order_no: String,
    stage: &'static str,
    tone: &'static str,
    names: String,
    when: String,
}

#[derive(Template)]
#[template(path = "phone/data.html")]
struct DataPage<'a> {
    p: &'a Visit,
    kept: Vec<kept::Kept>,
    deleted: Option<kept::Deleted>,
}

/// A telephone.
#[derive(Deserialize)]
pub struct Asked {
    telephone: String,
}

/// A telephone and the code that was sent to it.
#[derive(Deserialize)]
pub struct Typed {
    telephone: String,
    code: String,
}

/// No fields but the token.
#[derive(Deserialize)]
pub struct Nothing {}

/// `GET /my`.
pub async fn enter(p: Visit, State(phone): State<Arc<Phone>>, headers: HeaderMap) -> Page {
    if session(&phone, &headers).await?.is_some() {
        return Ok(to("/my/orders"));
    }
    Ok(html(&MyPage { p: &p, telephone: "", fault: "" }))
}

/// `POST /my`: sends a code. Whether the telephone has orders is not told.
pub async fn send(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    caller: Caller,
    Posted(asked): Posted<Asked>,
) -> Page {
    let Some(telephone) = telephone_of(&asked.telephone) else {
        let fault = p.t("请填写11位手机号码。", "Enter a mobile number of 11 digits.");
        return Ok(unprocessable(&MyPage { p: &p, telephone: "", fault }));
    };
    let most = phone.shop.app.config.phone.codes_an_hour;
    counted(&phone, Act::Code, caller.who(), most.saturating_mul(PHONES_OF_AN_ADDRESS))?;
    let key = basket::phone_key(&phone.shop.app.secrets, &telephone);
    counted(&phone, Act::Code, Who::Phone(key), most)?;
    let (app, to, lang, now) = (Arc::clone(&phone.shop.app), telephone.clone(), p.lang, phone.now());
    phone.shop.app.store.write(move |tx| codes::send(tx, &app.secrets, &to, lang, now)).await?;
    phone.bell.notify_one();
    Ok(html(&MyPage { p: &p, telephone: &telephone, fault: "" }))
}

/// `POST /my/code`: opens a session.
pub async fn redeem(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    caller: Caller,
    Posted(typed): Posted<Typed>,
) -> Page {
    let most = phone.shop.app.config.phone.wrong_links_an_hour;
    if phone.throttle.is_shut(Act::WrongLink, caller.who(), most, phone.now()) {
        return Err(WebError::too_often());
    }
    let (app, now, of) = (Arc::clone(&phone.shop.app), phone.now(), typed.telephone.clone());
    let redeem = move |tx: &Conn| codes::redeem(tx, &app.secrets, &of, &typed.code, now);
    let Some(token) = phone.shop.app.store.write(redeem).await? else {
        phone.throttle.allows(Act::WrongLink, caller.who(), most, phone.now());
        let fault = p.t(
            "验证码不正确或已失效。请核对，或重新获取。",
            "The code is wrong or has run out. Check it, or ask for another.",
        );
        return Ok(unprocessable(&MyPage { p: &p, telephone: &typed.telephone, fault }));
    };
    let mut answer = to("/my/orders");
    let cookie = cookies::set(SESSION, &token, Some(codes::SESSION_FOR_S), phone.web.tls());
    if let Some(cookie) = cookie {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// `GET /my/orders`.
pub async fn orders(p: Visit, State(phone): State<Arc<Phone>>, headers: HeaderMap) -> Page {
    let Some(of) = session(&phone, &headers).await? else { return Ok(to("/my")) };
    let (lang, now) = (p.lang, phone.now());
    let orders = phone.shop.app.store.read(move |conn| rows(conn, &of, lang, now)).await?;
    Ok(html(&OrdersPage { p: &p, orders }))
}

fn rows(conn: &Conn, of: &str, lang: Lang, now: jiff::Timestamp) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    for basket in basket::of_phone(conn, of)? {
        let Some(parcel) = basket.order_id.map(|id| parcels::by_order(conn, id)).transpose()?.flatten()
        else {
            continue;
        };
        let stage = Stage::of(&parcel, now);
        let name = |line: &pickup_protocol::kiosk::Line| lang.t(&line.name.zh, &line.name.en).to_owned();
        let names: Vec<String> = parcel.contents.lines.iter().map(name).collect();
        rows.push(Row {
            id: basket.id,
            order_no: parcel.contents.order_no.clone(),
            stage: stage.name(lang),
            tone: stage.tone(),
            names: names.join(lang.t("、", ", ")),
            when: day_and_time(basket.changed_at, lang),
        });
    }
    Ok(rows)
}

/// `GET /my/data`.
pub async fn data(p: Visit, State(phone): State<Arc<Phone>>, headers: HeaderMap) -> Page {
    let Some(of) = session(&phone, &headers).await? else { return Ok(to("/my")) };
    let kept = all_kept(&phone, of).await?;
    Ok(html(&DataPage { p: &p, kept, deleted: None }))
}

/// `GET /my/data.json`: the same to take away.
pub async fn data_file(State(phone): State<Arc<Phone>>, headers: HeaderMap) -> Page {
    let Some(of) = session(&phone, &headers).await? else { return Ok(to("/my")) };
    let kept = all_kept(&phone, of).await?;
    let text = serde_json::to_string_pretty(&kept).map_err(|e| WebError::internal(&e))?;
    let headers =
        [(CONTENT_TYPE, "application/json"), (CONTENT_DISPOSITION, "attachment; filename=\"my-data.json\"")];
    Ok((headers, text).into_response())
}

async fn all_kept(phone: &Arc<Phone>, of: String) -> Result<Vec<kept::Kept>, WebError> {
    let app = Arc::clone(&phone.shop.app);
    Ok(phone.shop.app.store.read(move |conn| kept::of_phone(conn, &app.secrets, &of)).await?)
}

/// `POST /my/data/delete`.
pub async fn delete(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    headers: HeaderMap,
    Posted(Nothing {}): Posted<Nothing>,
) -> Page {
    let Some(of) = session(&phone, &headers).await? else { return Ok(to("/my")) };
    let (now, whose) = (phone.now(), of.clone());
    let deleted = phone.shop.app.store.write(move |tx| kept::delete(tx, &whose, now)).await?;
    let kept = all_kept(&phone, of).await?;
    Ok(html(&DataPage { p: &p, kept, deleted: Some(deleted) }))
}

/// `POST /my/leave`: ends the session.
pub async fn leave(
    State(phone): State<Arc<Phone>>,
    headers: HeaderMap,
    Posted(Nothing {}): Posted<Nothing>,
) -> Page {
    if let Some(token) = cookies::get(&headers, SESSION).map(str::to_owned) {
        let app = Arc::clone(&phone.shop.app);
        phone.shop.app.store.write(move |tx| codes::end(tx, &app.secrets, &token)).await?;
    }
    let mut answer = to("/my");
    if let Some(cookie) = cookies::forget(SESSION, phone.web.tls()) {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// The telephone (its keyed digest) of the session that a request comes with.
pub async fn session(phone: &Arc<Phone>, headers: &HeaderMap) -> Result<Option<String>, WebError> {
    let Some(token) = cookies::get(headers, SESSION).map(str::to_owned) else { return Ok(None) };
    let (app, now) = (Arc::clone(&phone.shop.app), phone.now());
    Ok(phone.shop.app.store.read(move |conn| codes::session(conn, &app.secrets, &token, now)).await?)
}

fn unprocessable(page: &impl Template) -> Response {
    let mut answer = html(page);
    *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    answer
}
