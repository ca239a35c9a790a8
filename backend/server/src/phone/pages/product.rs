//! What there is to buy, and one article: where the code of a shelf label leads.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use pickup_domain::hold::Account;
use pickup_domain::{Quantity, goods};
use serde::Deserialize;

use super::parts::{Sum, named, told};
use super::{Caller, Page, counted, to};
use crate::clearing::accounts;
use crate::phone::Phone;
use crate::phone::basket::{self, Basket};
use crate::phone::link::Link;
use crate::phone::notice;
use crate::phone::throttle::Act;
use crate::phone::words::yuan;
use crate::shop::goods::{QuoteLine, QuoteRequest, items, quote_for};
use crate::web::{Posted, Visit, WebError, cookies, html};

/// Cookie with the link of the basket that this browser fills.
pub const BASKET: &str = "bp_basket";
/// How long a browser keeps it, in seconds.
const KEEP_S: u32 = 2 * 24 * 3600;

#[derive(Template)]
#[template(path = "phone/list.html")]
struct List<'a> {
    p: &'a Visit,
    centre: u16,
    name: String,
    goods: Vec<Tile>,
}

struct Tile {
    sku: String,
    name: String,
    price: String,
    left: i64,
}

#[derive(Template)]
#[template(path = "phone/product.html")]
struct Product<'a> {
    p: &'a Visit,
    centre: u16,
    centre_name: String,
    sku: String,
    name: String,
    other_name: String,
    spec: String,
    unit: String,
    sum: Sum,
    left: i64,
    most: i64,
    against: Vec<String>,
    notice: Vec<&'static str>,
}

/// `GET /`: the first centre's goods.
pub async fn first(State(phone): State<Arc<Phone>>) -> Page {
    let first = phone.shop.app.store.read(crate::centre::first).await?;
    let first = first.ok_or_else(WebError::not_found)?;
    Ok(to(&format!("/c/{first}")))
}

/// `GET /c/{centre}`.
pub async fn list(p: Visit, State(phone): State<Arc<Phone>>, Path(centre): Path<u16>) -> Page {
    let of = phone.shop.centre(centre).ok_or_else(WebError::not_found)?;
    let all = items(Arc::clone(&phone.shop)).await?;
    let tile = |item: crate::shop::goods::GoodsItem| Tile {
        price: yuan(item.price_fen.checked_add(item.tax_fen).unwrap_or(item.price_fen)),
        name: named(&item.name, p.lang),
        left: item.stock,
        sku: item.sku,
    };
    let goods = all.into_iter().filter(|item| item.permitted).map(tile).collect();
    Ok(html(&List { p: &p, centre, name: named(&of.name, p.lang), goods }))
}

/// `GET /p/{centre}/{sku}`.
pub async fn show(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    Path((centre, sku)): Path<(u16, String)>,
) -> Page {
    let of = phone.shop.centre(centre).cloned().ok_or_else(WebError::not_found)?;
    let product = phone.shop.product(&sku).cloned().ok_or_else(WebError::not_found)?;
    let lines = vec![QuoteLine { sku: sku.clone(), qty: 1 }];
    let quote = quote_for(Arc::clone(&phone.shop), QuoteRequest { centre, lines }).await?;
    let key = accounts::stock_key(&of, &product);
    let account = phone.shop.app.store.read(move |conn| accounts::find(conn, &key)).await?;
    let left = account.map_or(0, Account::available) / Quantity::SCALE;
    let most = product.permission.order_max.unwrap_or(10).min(left).clamp(1, basket::MOST_PIECES);
    let lang = p.lang;
    Ok(html(&Product {
        p: &p,
        centre,
        centre_name: named(&of.name, lang),
        name: named(&product.name, lang),
        other_name: named(&product.name, lang.other()),
        spec: product.spec.replace('|', " · "),
        unit: named(&goods::unit_name(&product.unit), lang),
        sum: Sum::from(&quote),
        left,
        most,
        against: told(&phone, &quote.reasons, lang),
        notice: notice::POINTS.iter().map(|(zh, en)| lang.t(zh, en)).collect(),
        sku,
    }))
}

/// How many pieces are put into the basket.
#[derive(Deserialize)]
pub struct Add {
    qty: i64,
}

/// `POST /p/{centre}/{sku}`: into this browser's basket, or a new one.
pub async fn add(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    caller: Caller,
    Path((centre, sku)): Path<(u16, String)>,
    headers: HeaderMap,
    Posted(form): Posted<Add>,
) -> Page {
    phone.shop.centre(centre).ok_or_else(WebError::not_found)?;
    phone.shop.product(&sku).ok_or_else(WebError::not_found)?;
    let (link, basket) = match own(&phone, &headers).await? {
        Some((link, basket)) if basket.centre == centre && basket.order_no.is_none() => (link, basket),
        _ => begun(&phone, caller, centre, &p).await?,
    };
    let (now, qty) = (phone.now(), form.qty.clamp(1, basket::MOST_PIECES));
    phone.shop.app.store.write(move |tx| basket::add(tx, &basket, &sku, qty, now)).await?;
    let mut answer: Response = to(&format!("/b/{}", link.as_str()));
    if let Some(cookie) = cookies::set(BASKET, link.as_str(), Some(KEEP_S), phone.web.tls()) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(answer.into_response())
}

/// The basket that this browser fills.
pub async fn own(phone: &Arc<Phone>, headers: &HeaderMap) -> Result<Option<(Link, Basket)>, WebError> {
    let Some(link) = cookies::get(headers, BASKET).and_then(Link::parse) else { return Ok(None) };
    let (app, of) = (Arc::clone(&phone.shop.app), link.clone());
    let basket = phone.shop.app.store.read(move |conn| basket::find(conn, &app.secrets, &of)).await?;
    Ok(basket.map(|basket| (link, basket)))
}

async fn begun(
    phone: &Arc<Phone>,
    caller: Caller,
    centre: u16,
    p: &Visit,
) -> Result<(Link, Basket), WebError> {
    counted(phone, Act::Basket, caller.who(), phone.shop.app.config.phone.baskets_an_hour)?;
    let link = Link::new()?;
    let (app, of, lang, now) = (Arc::clone(&phone.shop.app), link.clone(), p.lang, phone.now());
    let basket = phone.shop.app.store.write(move |tx| {
        basket::begin(tx, &app.secrets, &of, centre, lang, now)?;
        basket::find(tx, &app.secrets, &of)
    });
    let basket = basket.await?.ok_or_else(WebError::not_found)?;
    Ok((link, basket))
}
