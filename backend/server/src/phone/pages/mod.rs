//! The shopper's pages.
//!
//! | path | what it is |
//! | --- | --- |
//! | `/`, `/c/{centre}` | what there is to buy |
//! | `/p/{centre}/{sku}` | an article: where the code of a shelf label leads |
//! | `/b`, `/b/{link}`, `/b/{link}/you`, `/b/{link}/pay` | the basket, who buys, paying |
//! | `/b/{link}/back/{out_no}`, `/pay/notify` | back from the payment company, and what it tells |
//! | `/o/{link}`, `/o/{link}/live`, `/o/{link}/code.svg`, `/o/{link}/code.png` | where the order stands, and its code |
//! | `/my`, `/my/…` | my orders: by telephone and a code sent to it |

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};

use super::Phone;
use super::basket::{self, Basket};
use super::link::Link;
use super::throttle::{Act, Who};
use crate::web::{self, WebError};

mod after;
mod basket_page;
mod buyer;
mod mine;
mod order;
mod parts;
mod paying;
mod product;

/// What a page answers.
type Page = Result<Response, WebError>;

/// The routes.
pub fn router(phone: Arc<Phone>) -> Router {
    let web = phone.web.clone();
    let routes = Router::new()
        .route("/", get(product::first))
        .route("/c/{centre}", get(product::list))
        .route("/p/{centre}/{sku}", get(product::show).post(product::add))
        .route("/b", get(basket_page::mine))
        .route("/b/{link}", get(basket_page::show).post(basket_page::change))
        .route("/b/{link}/you", get(buyer::show).post(buyer::enter))
        .route("/b/{link}/pay", get(paying::show).post(paying::begin))
        .route("/b/{link}/back/{out_no}", get(paying::back))
        .route("/o/{link}", get(order::show))
        .route("/o/{link}/live", get(order::live))
        .route("/o/{link}/code.svg", get(order::svg))
        .route("/o/{link}/code.png", get(order::png))
        .route("/my", get(mine::enter).post(mine::send))
        .route("/my/code", post(mine::redeem))
        .route("/my/orders", get(mine::orders))
        .route("/my/orders/{id}", get(after::show))
        .route("/my/orders/{id}/cancel", post(after::cancel))
        .route("/my/orders/{id}/return", post(after::give_back))
        .route("/my/orders/{id}/later", post(after::put_off))
        .route("/my/data", get(mine::data))
        .route("/my/data.json", get(mine::data_file))
        .route("/my/data/delete", post(mine::delete))
        .route("/my/leave", post(mine::leave))
        .with_state(Arc::clone(&phone));
    // What the payment company tells is no page: no form, no cookie.
    let told = Router::new().route("/pay/notify", post(paying::notified)).with_state(phone);
    web::layer(routes, web).merge(told)
}

/// Where a request comes from. A proxy on this machine says it in `x-forwarded-for`; nobody else is believed.
#[derive(Clone, Copy, Debug)]
struct Caller(IpAddr);

impl Caller {
    fn who(self) -> Who {
        Who::Address(self.0)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip());
        let noted = parts.headers.get("x-forwarded-for").and_then(|v| v.to_str().ok());
        let noted = noted.and_then(|all| all.rsplit(',').next()?.trim().parse().ok());
        Ok(Self(noted.filter(|_| peer.is_loopback()).unwrap_or(peer)))
    }
}

/// The basket behind a link. Links that lead nowhere are counted, so that nobody tries many.
async fn found(phone: &Arc<Phone>, caller: Caller, link: &str) -> Result<(Link, Basket), WebError> {
    let most = phone.shop.app.config.phone.wrong_links_an_hour;
    if phone.throttle.is_shut(Act::WrongLink, caller.who(), most, phone.now()) {
        return Err(WebError::too_often());
    }
    if let Some(link) = Link::parse(link) {
        let (app, of) = (Arc::clone(&phone.shop.app), link.clone());
        let basket = phone.shop.app.store.read(move |conn| basket::find(conn, &app.secrets, &of)).await?;
        if let Some(basket) = basket {
            return Ok((link, basket));
        }
    }
    phone.throttle.allows(Act::WrongLink, caller.who(), most, phone.now());
    Err(WebError::not_found())
}

/// Counts an act, or says that there were too many.
fn counted(phone: &Phone, act: Act, who: Who, an_hour: u32) -> Result<(), WebError> {
    if phone.throttle.allows(act, who, an_hour, phone.now()) { Ok(()) } else { Err(WebError::too_often()) }
}

/// Leads to a page of ours.
fn to(path: &str) -> Response {
    Redirect::to(path).into_response()
}
