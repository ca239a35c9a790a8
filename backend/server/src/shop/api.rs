//! Every operation of the shop API with what it asks for: the one table that routes, scopes and the document are made of.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::middleware;
use axum::routing::{MethodRouter, delete, get, post, put};

use crate::credentials::keys::Scope;
use crate::error::no_such_path;
use crate::plat_data::raw;
use crate::shop::gate::{self, Gate};
use crate::shop::{Shop, after, docs, document, goods, listing, orders, problem, ticket, view};
use crate::webhooks::api as hooks;

/// Root of all paths.
pub const ROOT: &str = "/shop/v1";

/// An operation: what is called how, what a key must be allowed, and who does it.
pub struct Operation {
    /// HTTP method.
    pub method: Method,
    /// Path below [`ROOT`].
    pub path: &'static str,
    /// What the key must be allowed; `None` where no key is asked for.
    pub scope: Option<Scope>,
    does: MethodRouter<Arc<Shop>>,
}

/// The authorization table.
#[must_use]
pub fn operations() -> Vec<Operation> {
    let of = |method: Method, path, scope: Scope, does| Operation { method, path, scope: Some(scope), does };
    let open = |path, does| Operation { method: Method::GET, path, scope: None, does };
    vec![
        of(Method::GET, "/goods", Scope::Read, get(goods::list)),
        of(Method::POST, "/quotes", Scope::Read, post(goods::quote)),
        of(Method::GET, "/orders", Scope::Read, get(listing::list)),
        of(Method::POST, "/orders", Scope::Order, post(orders::place)),
        of(Method::POST, "/purchases", Scope::Order, post(orders::purchase)),
        of(Method::GET, "/orders/{order_no}", Scope::Read, get(view::show)),
        of(Method::POST, "/orders/{order_no}/payment", Scope::Order, post(orders::pay)),
        of(Method::POST, "/orders/{order_no}/cancel", Scope::After, post(after::cancel)),
        of(Method::POST, "/orders/{order_no}/returns", Scope::After, post(after::give_back)),
        of(Method::GET, "/orders/{order_no}/ticket", Scope::Read, get(ticket::text)),
        of(Method::GET, "/orders/{order_no}/ticket.svg", Scope::Read, get(ticket::qr)),
        of(Method::PUT, "/payments/{transaction}/raw", Scope::Order, put(raw::put)),
        of(Method::GET, "/events", Scope::Read, get(hooks::happened)),
        of(Method::GET, "/webhooks", Scope::Webhooks, get(hooks::list)),
        of(Method::POST, "/webhooks", Scope::Webhooks, post(hooks::add)),
        of(Method::GET, "/webhooks/{webhook}", Scope::Webhooks, get(hooks::show)),
        of(Method::DELETE, "/webhooks/{webhook}", Scope::Webhooks, delete(hooks::remove)),
        of(Method::POST, "/webhooks/{webhook}/enable", Scope::Webhooks, post(hooks::enable)),
        of(Method::GET, "/webhooks/{webhook}/deliveries", Scope::Webhooks, get(hooks::deliveries)),
        of(
            Method::POST,
            "/webhooks/{webhook}/deliveries/{event}/redeliver",
            Scope::Webhooks,
            post(hooks::redeliver),
        ),
        open("/openapi.json", get(document::serve)),
        open("/docs", get(docs::page)),
        open("/docs.css", get(docs::style)),
    ]
}

/// The routes of all operations.
pub fn router(shop: &Arc<Shop>) -> Router {
    let mut routes = Router::new();
    for operation in operations() {
        let does = match operation.scope {
            Some(scope) => {
                let gate = Gate { scope, shop: Arc::clone(shop) };
                operation.does.route_layer(middleware::from_fn_with_state(gate, gate::pass))
            }
            None => operation.does,
        };
        routes = routes.route(operation.path, does);
    }
    let routes = routes
        .fallback(no_such_path)
        .layer(DefaultBodyLimit::max(gate::BODY_MOST))
        .layer(middleware::from_fn(problem::layer))
        .with_state(Arc::clone(shop));
    Router::new().nest(ROOT, routes)
}
