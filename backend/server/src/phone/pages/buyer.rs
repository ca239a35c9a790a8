//! Who buys: name, identity number, telephone, and agreement to the notice.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::basket_page::quoted;
use super::parts::told;
use super::{Caller, Page, counted, found, to};
use crate::phone::Phone;
use crate::phone::basket::{self, Basket};
use crate::phone::fits::{self, Fits};
use crate::phone::person::Person;
use crate::phone::throttle::Act;
use crate::phone::{notice, order};
use crate::shop::fault::speak;
use crate::shop::{Shop, book};
use crate::web::{Lang, Posted, Visit, WebError, html};

#[derive(Template)]
#[template(path = "phone/buyer.html")]
struct BuyerPage<'a> {
    p: &'a Visit,
    link: &'a str,
    /// Typed again only in the answer to what was typed.
    name: &'a str,
    id_number: &'a str,
    telephone: &'a str,
    agreed: bool,
    faults: Vec<String>,
    notice: Vec<&'static str>,
    version: &'static str,
}

/// What was typed.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    id_number: String,
    #[serde(default)]
    telephone: String,
    #[serde(default)]
    agree: String,
    #[serde(default)]
    version: String,
}

/// `GET /b/{link}/you`.
pub async fn show(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    caller: Caller,
    Path(link): Path<String>,
) -> Page {
    let (link, basket) = found(&phone, caller, &link).await?;
    if basket.order_id.is_some() || basket.lines.is_empty() {
        return Ok(to(&format!("/b/{}", link.as_str())));
    }
    if !notice::in_force(&phone.shop, phone.now()) {
        return Err(WebError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "消费者告知书正在更新，暂时不能下单，请到服务台购买。",
            "The notice to consumers is being renewed and nothing can be ordered here just now. Please ask the service desk.",
        ));
    }
    Ok(html(&page(&p, link.as_str(), None, Vec::new())))
}

/// `POST /b/{link}/you`: kept, encrypted, when nothing is wrong with it.
pub async fn enter(
    p: Visit,
    State(phone): State<Arc<Phone>>,
    caller: Caller,
    Path(link): Path<String>,
    Posted(typed): Posted<Typed>,
) -> Page {
    let (link, basket) = found(&phone, caller, &link).await?;
    counted(&phone, Act::Order, caller.who(), phone.shop.app.config.phone.orders_an_hour)?;
    let again = |faults: Vec<String>| {
        let mut answer = html(&page(&p, link.as_str(), Some(&typed), faults));
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        Ok(answer)
    };
    let mut faults = Vec::new();
    let person = match Person::read(&typed.name, &typed.id_number, &typed.telephone) {
        Ok(person) => Some(person),
        Err(all) => {
            let text = |fault: crate::phone::person::PersonFault| {
                let (zh, en) = fault.texts();
                p.t(zh, en).to_owned()
            };
            faults = all.into_iter().map(text).collect();
            None
        }
    };
    if typed.agree.is_empty() || typed.version != notice::VERSION {
        let text = p.t("请阅读并同意告知事项。", "Please read the notice and agree to it.");
        faults.push(text.to_owned());
    }
    let Some(person) = person.filter(|_| faults.is_empty()) else { return again(faults) };
    let against = judged(&phone, &basket, &person, p.lang).await?;
    if !against.is_empty() {
        return again(against);
    }
    let (app, now, lang) = (Arc::clone(&phone.shop.app), phone.now(), p.lang);
    let keep = move |tx: &crate::db::Conn| {
        basket::set_person(tx, &app.secrets, &basket, &person, notice::VERSION, lang, now)
    };
    phone.shop.app.store.write(keep).await?;
    Ok(to(&format!("/b/{}/pay", link.as_str())))
}

/// Everything against this person buying this basket, as far as it may be said.
async fn judged(
    phone: &Arc<Phone>,
    basket: &Basket,
    person: &Person,
    lang: Lang,
) -> Result<Vec<String>, WebError> {
    let agreed = Basket { notice: Some(notice::VERSION.to_owned()), ..basket.clone() };
    let quote = quoted(phone, basket).await?;
    let dutiable = quote.tax.as_ref().map_or(quote.goods_fen, |tax| tax.dutiable);
    let order = order::of(&agreed, person, quote, "P0");
    let (shop, now) = (Arc::clone(&phone.shop), phone.now());
    let judge = move |conn: &crate::db::Conn| book::judge(conn, &shop, &order, now, false);
    let verdict = phone.shop.app.store.read(judge).await?;
    let mut against = told(phone, &speak(&verdict.reasons), lang);
    let Some(number) = person.number().filter(|_| against.is_empty()) else { return Ok(against) };
    let shop = Arc::clone(&phone.shop);
    let most = phone.shop.app.config.phone.limit_answers_a_day;
    let ask = move |tx: &crate::db::Conn| fits::ask(tx, secrets(&shop), &number, dutiable, most, now);
    if phone.shop.app.store.write(ask).await? == Fits::No {
        let text = lang.t(
            "订单超过本人今年剩余的跨境电商额度，请减少商品。剩余额度可在取货机上刷身份证查看。",
            "The order does not fit what is left of this person's yearly limit. Take something out. How much is left can be seen at the kiosk with the ID card.",
        );
        against.push(text.to_owned());
    }
    Ok(against)
}

fn secrets(shop: &Shop) -> &crate::secrets::Secrets {
    &shop.app.secrets
}

fn page<'a>(p: &'a Visit, link: &'a str, typed: Option<&'a Typed>, faults: Vec<String>) -> BuyerPage<'a> {
    BuyerPage {
        p,
        link,
        name: typed.map_or("", |typed| &typed.name),
        id_number: typed.map_or("", |typed| &typed.id_number),
        telephone: typed.map_or("", |typed| &typed.telephone),
        agreed: typed.is_some_and(|typed| !typed.agree.is_empty()),
        faults,
        notice: notice::POINTS.iter().map(|(zh, en)| p.lang.t(zh, en)).collect(),
        version: notice::VERSION,
    }
}
