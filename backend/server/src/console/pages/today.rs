//! How the day goes: what needs a person first, then figures.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::console::Console;
use crate::console::Me;
use crate::console::routes::User;
use crate::web::{Visit, WebError, html};

#[derive(Template)]
#[template(path = "console/today.html")]
struct Today {
    p: Visit,
    me: Me,
}

/// `GET /`.
pub async fn show(State(_console): State<Arc<Console>>, p: Visit, user: User) -> Result<Response, WebError> {
    Ok(html(&Today { me: Me::of(&user, &p), p }))
}

/// `GET /today/live`.
pub async fn live(State(console): State<Arc<Console>>, _user: User) -> Response {
    console.web.live.events(|| async { Some(String::new()) })
}
