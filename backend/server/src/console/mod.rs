//! The staff console: server-rendered pages for who hands out, files with customs, looks after kiosks, and answers for it.
//!
//! It has an address of its own (`console_listen`). [`roles`] says who may do what, [`routes`] lets no route exist without
//! that, [`accounts`] knows who is who, and each file of `pages` draws one page.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;

use crate::reconcile::so_far::SoFar;
use crate::shop::Shop;
use crate::web::{self, Web, error};

pub mod accounts;
mod diff;
mod facts;
pub mod figures;
pub mod finder;
mod pages;
pub mod plot;
pub mod roles;
pub mod routes;
pub mod table;
pub mod text;
pub mod words;

use roles::Op;
use routes::{Listed, Routes};

/// What the console's pages share.
pub struct Console {
    /// Operator, catalogue, rules, database, keys, clock.
    pub shop: Arc<Shop>,
    /// What pages are made with.
    pub web: Web,
    /// Reconciliations of the day so far.
    pub so_far: Arc<SoFar>,
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").field("web", &self.web).finish_non_exhaustive()
    }
}

/// The console as a service, which knows where its callers are.
#[must_use]
pub fn service(shop: Arc<Shop>, web: Web) -> IntoMakeServiceWithConnectInfo<Router, SocketAddr> {
    let (routes, _) = build(shop, web);
    routes.into_make_service_with_connect_info()
}

/// Every route of the console, for who compares them with the authorization table.
#[must_use]
pub fn listed(shop: Arc<Shop>, web: Web) -> Vec<Listed> {
    build(shop, web).1
}

fn build(shop: Arc<Shop>, web: Web) -> (Router, Vec<Listed>) {
    let console = Arc::new(Console { shop, web: web.clone(), so_far: Arc::default() });
    let (router, listed) = pages::add(Routes::new(&console)).done();
    let all = router.merge(web::assets::router()).fallback(error::no_such_page);
    (web::layer(all, web), listed)
}

/// What the head of every page shows: who is signed in, and where one can go.
#[derive(Clone, Debug)]
pub struct Me {
    /// Name of the account.
    pub name: String,
    /// Its role, in the reader's language.
    pub role: &'static str,
    /// Where it can go.
    pub places: Vec<Place>,
}

/// A page that can be gone to.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its address.
    pub path: &'static str,
    /// Its name, in the reader's language.
    pub name: &'static str,
    /// Whether the reader is there.
    pub here: bool,
}

const PLACES: &[(Op, &str, &str, &str)] = &[
    (Op::Today, "/", "今日", "Today"),
    (Op::Orders, "/orders", "订单", "Orders"),
    (Op::Tasks, "/tasks", "待办", "Exceptions"),
    (Op::Kiosks, "/kiosks", "自提柜", "Kiosks"),
    (Op::Stock, "/stock", "库存", "Stock"),
    (Op::Returns, "/returns", "退货", "Returns"),
    (Op::Reports, "/reports", "报表", "Reports"),
    (Op::Limits, "/limits", "额度", "Limits"),
    (Op::People, "/people", "账号", "People"),
];

impl Me {
    /// For who is signed in, on the page at `path`.
    #[must_use]
    pub fn of(user: &routes::User, visit: &web::Visit) -> Self {
        let is_here =
            |path: &str| visit.path == path || (path != "/" && visit.path.starts_with(&format!("{path}/")));
        let places = PLACES.iter().filter(|(op, ..)| user.may(*op));
        let places =
            places.map(|&(_, path, zh, en)| Place { path, name: visit.t(zh, en), here: is_here(path) });
        let person = user.person();
        Self { name: person.name.clone(), role: person.role.name(visit.lang), places: places.collect() }
    }
}

#[cfg(test)]
mod tests;
