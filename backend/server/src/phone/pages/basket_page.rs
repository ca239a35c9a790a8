//! The basket: what is in it, what it costs, and what became of a payment.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use pickup_domain::{Reason, ReasonCode};
use serde::Deserialize;

use super::parts::{Item, Sum, items, told};
use super::product::own;
use super::{Caller, Page, found, to};
use crate::phone::Phone;
use crate::phone::basket::{self, Basket};
use crate::phone::pay::{self, Checkout, State as Paying};
use crate::phone::{order, words};
use crate::shop::fault::speak;
use crate::shop::goods::{Quote, quote_for};
use crate::web::{Lang, Posted, Visit, WebError, html};

#[derive(Template)]
#[template(path = "phone/basket.html")]
struct BasketPage<'a> {
    p: &'a Visit,
    link: String,
    centre: u16,
    items: Vec<Item>,
    sum: Sum,
    against: Vec<String>,
    before: Option<Before>,
}

impl BasketPage<'_> {
    fn soon(&self) -> bool {
        self.before.as_ref().is_some_and(|before| before.soon)
    }
}

/// What became of the last payment.
struct Before {
    tone: &'static str,
    text: String,
    reasons: Vec<String>,
    pay_url: String,
    /// The money is here and the order about to be: the page looks again by itself, and offers nothing meanwhile.
    soon: bool,
}

/// `GET /b`: the basket of this browser.
pub async fn mine(p: Visit, State(phone): State<Arc<Phone>>, headers: HeaderMap) -> Page {
    match own(&phone, &headers).await? {
        Some((link, _)) => Ok(to(&format!("/b/{}", link.as_str()))),
        None => Ok(html(&BasketPage {
            p: &p,
            link: String::new(),
            centre: phone.shop.data.operator.centre.number,
            items: Vec::new(),
            sum: Sum { goods: String::new(), tax: String::new(), total: String::new(), total_fen: 0 },
            against: Vec::new(),
            before: None,
        })),
    }
}

/// `GET /b/{link}`.
pub async fn show(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    caller: Caller,
    Path(link): Path<String>,
) -> Page {
    let (link, basket) = found(&phone, caller, &link).await?;
    if basket.order_id.is_some() {
        return Ok(to(&format!("/o/{}", link.as_str())));
    }
    let quote = quoted(&phone, &basket).await?;
    let id = basket.id;
    let last = phone.shop.app.store.read(move |conn| pay::last(conn, id)).await?;
    let against = if basket.lines.is_empty() { Vec::new() } else { told(&phone, &quote.reasons, p.lang) };
    Ok(html(&BasketPage {
        link: link.as_str().to_owned(),
        centre: basket.centre,
        items: items(&phone, &basket, p.lang),
        sum: Sum::from(&quote),
        against,
        before: last.and_then(|last| before(&phone, &last, p.lang)),
        p: &p,
    }))
}

/// How many pieces of an article there are to be.
#[derive(Deserialize)]
pub struct Change {
    sku: String,
    qty: i64,
}

/// `POST /b/{link}`.
pub async fn change(
    State(phone): State<Arc<Phone>>,
    caller: Caller,
    Path(link): Path<String>,
    Posted(form): Posted<Change>,
) -> Page {
    let (link, basket) = found(&phone, caller, &link).await?;
    let now = phone.now();
    let known = basket.lines.iter().any(|(sku, _)| *sku == form.sku);
    if known {
        phone.shop.app.store.write(move |tx| basket::set(tx, &basket, &form.sku, form.qty, now)).await?;
    }
    Ok(to(&format!("/b/{}", link.as_str())))
}

/// What a basket costs now.
pub async fn quoted(phone: &Arc<Phone>, basket: &Basket) -> Result<Quote, WebError> {
    Ok(quote_for(Arc::clone(&phone.shop), order::asked(basket)).await?)
}

fn before(phone: &Arc<Phone>, last: &Checkout, lang: Lang) -> Option<Before> {
    let amount = words::yuan(last.amount);
    let (tone, text) = match last.state {
        Paying::Cleared => return None,
        Paying::Waiting => (
            "warn",
            lang.t("这笔订单还没有付款。", "This order is not paid yet.").to_owned(),
        ),
        Paying::Refused => (
            "bad",
            lang.t(
                "支付没有成功，没有扣款。商品还在购物篮里，可以再试一次。",
                "The payment was refused and nothing was taken. The goods are still in the basket; you can try again.",
            )
            .to_owned(),
        ),
        Paying::Abandoned => (
            "warn",
            lang.t(
                "支付没有完成，没有扣款。商品还在购物篮里。",
                "The payment was not finished and nothing was taken. The goods are still in the basket.",
            )
            .to_owned(),
        ),
        Paying::Paid => (
            "",
            lang.t("已收到付款，正在核对，请稍候。", "Your payment is here and being checked. One moment.")
                .to_owned(),
        ),
        Paying::GivenBack => (
            "bad",
            match lang {
                Lang::Zh => format!("您支付的{amount}不能用于这笔订单，正在原路退回。"),
                Lang::En => format!("The {amount} you paid cannot be used for this order and is going back the way it came."),
            },
        ),
    };
    let pay_url = if last.state == Paying::Waiting { last.pay_url.clone() } else { String::new() };
    let soon = last.state == Paying::Paid;
    Some(Before { tone, text, reasons: reasons(phone, last, lang), pay_url, soon })
}

/// Why money that was paid goes back. Who paid in the buyer's own name may hear that it did not fit the year; the figures
/// are at the kiosk.
fn reasons(phone: &Arc<Phone>, last: &Checkout, lang: Lang) -> Vec<String> {
    let reasons: Vec<Reason> = serde_json::from_str(&last.reasons).unwrap_or_default();
    let year = reasons.iter().any(|reason| reason.code == ReasonCode::LimitAnnual);
    let mut told = told(phone, &speak(&reasons), lang);
    if year {
        told.push(
            lang.t(
                "订单超过订购人今年剩余的跨境电商额度。请减少商品后再买。",
                "The order does not fit what is left of the buyer's yearly limit. Take something out and order again.",
            )
            .to_owned(),
        );
    }
    if last.state == Paying::GivenBack && told.is_empty() {
        told.push(lang.t("这个购物篮已经付过款。", "This basket was paid for already.").to_owned());
    }
    told
}
