//! What kiosks reach over mutual TLS: version 1 of the kiosk protocol.
//!
//! Each path is a thin handler over a function of a transaction, the time and the request; what may happen is decided by
//! pure functions beside them.

mod amiss;
mod auth;
mod badge;
mod deposits;
mod ended;
mod enrol;
mod grants;
mod grounds;
mod handovers;
mod health;
mod hello;
mod judge;
mod number;
mod offer;
mod once;
mod openings;
mod plan;
mod resolutions;
mod service;
mod slips;
mod staff;
mod usual;
mod verdict;
pub mod wishes;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::App;
use crate::error::no_such_path;

pub use amiss::{Amiss, by_day as amiss_by_day};
pub use auth::Kiosk;
pub use auth::named as kiosk_named;
pub use handovers::collect;
pub use health::{Standing, last as last_health};
pub use once::forget_verdicts;

const BODY_AT_MOST: usize = 256 * 1024;

/// All paths of the kiosk listener; every one but `enrol` wants a client certificate.
pub fn router(app: Arc<App>) -> Router {
    let paths = Router::new()
        .route("/kiosk/v1/hello", get(hello::hello))
        .route("/kiosk/v1/manifest", get(hello::manifest))
        .route("/kiosk/v1/verdict", post(verdict::verdict))
        .route("/kiosk/v1/verdict/number", post(number::verdict))
        .route("/kiosk/v1/grants", post(grants::grant))
        .route("/kiosk/v1/handovers", post(handovers::handover))
        .route("/kiosk/v1/staff", post(staff::staff))
        .route("/kiosk/v1/deposits/plan", post(plan::plan))
        .route("/kiosk/v1/deposits", post(deposits::deposit))
        .route("/kiosk/v1/resolutions", post(resolutions::resolution))
        .route("/kiosk/v1/service", post(service::service))
        .route("/kiosk/v1/openings", post(openings::opening))
        .route("/kiosk/v1/openings/ended", post(ended::ended))
        .route("/kiosk/v1/wishes", post(wishes::wishes))
        .route("/kiosk/v1/slips", post(slips::slip))
        .route("/kiosk/v1/slips/printed", post(slips::printed))
        .route("/kiosk/v1/health", post(health::health))
        .route_layer(from_fn_with_state(Arc::clone(&app), auth::require_kiosk));
    Router::new()
        .route("/kiosk/v1/enrol", post(enrol::enrol))
        .merge(paths)
        .fallback(no_such_path)
        .layer(DefaultBodyLimit::max(BODY_AT_MOST))
        .with_state(app)
}
