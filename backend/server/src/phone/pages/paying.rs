//! Paying: the summary, the way to the payment company and back, and what the company tells.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use pickup_domain::china_time;
use pickup_domain::order::Order;
use pickup_protocol::crockford;
use serde::Deserialize;

use super::basket_page::quoted;
use super::parts::{Item, Sum, items, named, told};
use super::{Caller, Page, counted, found, to};
use crate::payment::checkout::Begin;
use crate::phone::basket::Basket;
use crate::phone::link::Link;
use crate::phone::pay::{self, State as Paying};
use crate::phone::person::Person;
use crate::phone::throttle::Act;
use crate::phone::{Phone, order};
use crate::secrets::random;
use crate::web::{Posted, Visit, WebError, html};

#[derive(Template)]
#[template(path = "phone/pay.html")]
struct PayPage<'a> {
    p: &'a Visit,
    link: &'a str,
    items: Vec<Item>,
    sum: Sum,
    name: String,
    id_number: String,
    telephone: String,
    centre: String,
    address: String,
    told: Vec<String>,
    can_pay: bool,
}

/// `GET /b/{link}/pay`.
pub async fn show(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    caller: Caller,
    Path(link): Path<String>,
) -> Page {
    let (link, basket) = found(&phone, caller, &link).await?;
    summary(&phone, &p, &link, &basket, Vec::new()).await
}

async fn summary(
    phone: &Arc<Phone>,
    p: &Visit,
    link: &Link,
    basket: &Basket,
    mut notes: Vec<String>,
) -> Page {
    let Some(person) = basket.buyer(&phone.shop.app.secrets)?.filter(|_| basket.order_id.is_none()) else {
        return Ok(to(&format!("/b/{}", link.as_str())));
    };
    let quote = quoted(phone, basket).await?;
    notes.extend(told(phone, &quote.reasons, p.lang));
    let can_pay = phone.company.is_some() && quote.reasons.is_empty();
    if phone.company.is_none() {
        let text = p.t(
            "这里暂时不能在线支付，请到服务台。",
            "Nothing can be paid here just now. Please ask the service desk.",
        );
        notes.push(text.to_owned());
    }
    let centre = phone.shop.centre(basket.centre).ok_or_else(WebError::not_found)?;
    Ok(html(&PayPage {
        p,
        link: link.as_str(),
        items: items(phone, basket, p.lang),
        sum: Sum::from(&quote),
        name: person.masked_name(),
        id_number: person.masked_number(),
        telephone: person.masked_telephone(),
        centre: named(&centre.name, p.lang),
        address: named(&centre.address, p.lang),
        told: notes,
        can_pay,
    }))
}

/// The amount that the page showed.
#[derive(Deserialize)]
pub struct Agreed {
    total_fen: i64,
}

/// `POST /b/{link}/pay`: begins the payment and leads to the company's page.
pub async fn begin(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    caller: Caller,
    Path(link): Path<String>,
    Posted(agreed): Posted<Agreed>,
) -> Page {
    let (link, basket) = found(&phone, caller, &link).await?;
    counted(&phone, Act::Order, caller.who(), phone.shop.app.config.phone.orders_an_hour)?;
    let person = basket.buyer(&phone.shop.app.secrets)?.filter(|_| basket.order_no.is_none());
    let Some(person) = person else { return Ok(to(&format!("/b/{}", link.as_str()))) };
    let quote = quoted(&phone, &basket).await?;
    if !quote.reasons.is_empty() || phone.company.is_none() {
        return summary(&phone, &p, &link, &basket, Vec::new()).await;
    }
    if quote.total_fen.fen() != agreed.total_fen {
        let text = p.t(
            "价格或税款有变化，请核对后再支付。",
            "Price or tax has changed. Look at it again before you pay.",
        );
        return summary(&phone, &p, &link, &basket, vec![text.to_owned()]).await;
    }
    let order = order::of(&basket, &person, quote, &number(&phone)?);
    match started(&phone, &p, &link, &basket, &person, order).await? {
        Some(page) => Ok(to(&page)),
        None => {
            let text = p.t(
                "暂时连不上支付机构，没有扣款。请稍后再试。",
                "The payment company cannot be reached just now and nothing was taken. Try again in a moment.",
            );
            summary(&phone, &p, &link, &basket, vec![text.to_owned()]).await
        }
    }
}

/// Notes the payment, then tells the company; the address of its page.
async fn started(
    phone: &Arc<Phone>,
    p: &Visit,
    link: &Link,
    basket: &Basket,
    person: &Person,
    order: Order,
) -> Result<Option<String>, WebError> {
    let Some(company) = &phone.company else { return Ok(None) };
    let ask = Begin {
        out_no: order.order_no.clone(),
        amount: order.total_fen,
        payer_name: person.name.clone(),
        payer_id_number: person.id_number.0.clone(),
        notify_url: format!("{}/pay/notify", phone.public_url),
        return_url: format!("{}/b/{}/back/{}", phone.public_url, link.as_str(), order.order_no),
        lang: p.lang.code(),
    };
    let (app, id, now) = (Arc::clone(&phone.shop.app), basket.id, phone.now());
    phone.shop.app.store.write(move |tx| pay::begin(tx, &app.secrets, id, &order, now)).await?;
    match company.begin(&ask).await {
        Ok(page) => {
            let (out_no, url) = (ask.out_no, page.clone());
            phone.shop.app.store.write(move |tx| pay::set_page(tx, &out_no, &url)).await?;
            Ok(Some(page))
        }
        Err(error) => {
            tracing::warn!(out_no = ask.out_no, %error, "a payment could not be begun");
            Ok(None)
        }
    }
}

/// A number that nobody has used: the day and 40 random bits.
fn number(phone: &Phone) -> Result<String, WebError> {
    let day = china_time::yyyymmdd(phone.now());
    Ok(format!("P{}{day}{}", phone.shop.app.config.cell, crockford::encode(&random::<5>()?)))
}

/// `GET /b/{link}/back/{out_no}`: the payer is back; the company itself is asked how it ended.
pub async fn back(
    State(phone): State<Arc<Phone>>,
    caller: Caller,
    Path((link, out_no)): Path<(String, String)>,
) -> Page {
    let (link, basket) = found(&phone, caller, &link).await?;
    let one = phone.shop.app.store.read(move |conn| pay::find(conn, &out_no)).await?;
    let one = one.filter(|one| one.basket == basket.id).ok_or_else(WebError::not_found)?;
    let done = match one.state {
        Paying::Waiting => phone.ask(&one).await,
        // The company was quicker than the payer: the order is being cleared just now.
        Paying::Paid => phone.settled(&one.out_no).await.map(drop),
        _ => Ok(()),
    };
    if let Err(error) = done {
        // The job goes on with it.
        tracing::error!(out_no = one.out_no, %error, "a payment is settled later");
    }
    phone.bell.notify_one();
    Ok(to(&format!("/b/{}", link.as_str())))
}

/// `POST /pay/notify`: what the company tells, twice or late or not.
pub async fn notified(State(phone): State<Arc<Phone>>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(company) = &phone.company else { return StatusCode::NOT_FOUND.into_response() };
    let told = match company.told(&headers, &body) {
        Ok(told) => told,
        Err(error) => {
            tracing::warn!(%error, "a notification was not taken");
            return StatusCode::BAD_REQUEST.into_response();
        }
    };
    match phone.heard(&told.out_no, told.stands).await {
        // One that is not known here is thanked for as well, else it would be told for ever.
        Ok(_) => {
            phone.bell.notify_one();
            company.thanks().into_response()
        }
        Err(error) => {
            tracing::error!(out_no = told.out_no, %error, "a notification could not be kept");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
