//! What a person has used of the yearly limit. By the exact identity number only; who looked is on the trail, by the keyed
//! digest of the number.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use pickup_domain::{IdNumber, china_time, limits};
use serde::Deserialize;
use serde_json::json;

use crate::clearing::accounts as books;
use crate::console::routes::User;
use crate::console::{Console, Me, accounts, text};
use crate::store::StoreError;
use crate::web::{Posted, Visit, WebError, html};

#[derive(Template)]
#[template(path = "console/limits.html")]
struct Page {
    p: Visit,
    me: Me,
    found: Option<Found>,
}

struct Found {
    masked: String,
    years: Vec<Year>,
}

struct Year {
    year: i16,
    limit_fen: i64,
    held_fen: i64,
    used_fen: i64,
    left_fen: i64,
}

/// Whose limit is looked up.
#[derive(Deserialize)]
pub struct Asked {
    id_number: String,
}

/// `GET /limits`.
pub async fn ask(p: Visit, user: User) -> Response {
    html(&Page { me: Me::of(&user, &p), p, found: None })
}

/// `POST /limits`: not a GET, so that the number stands in no address and no log.
pub async fn show(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Posted(Asked { id_number }): Posted<Asked>,
) -> Result<Response, WebError> {
    let id: IdNumber = id_number.trim().parse().map_err(|_| {
        WebError::refused(
            "身份证号格式或校验位不正确，请核对。",
            "The identity number is not of its form, or its check character is wrong.",
        )
    })?;
    let (app, person, now) = (Arc::clone(&console.shop.app), user.person().clone(), console.shop.app.now());
    let masked = id.masked();
    let read = console.shop.app.store.write(move |tx| {
        let (key, this) = (app.secrets.buyer_key(&id), china_time::year(now));
        let body = json!({ "buyer": key });
        accounts::on_trail(tx, now, &person.actor(), &person.name, "limit_looked_up", body)?;
        let mut years = Vec::new();
        for year in [this, this.saturating_sub(1)] {
            let account = books::find(tx, &books::buyer_key(&key, year))?;
            let (held, used) = account.map_or((0, 0), |account| (account.held(), account.used()));
            let limit = limits::ANNUAL.fen();
            let left_fen = limit.saturating_sub(held).saturating_sub(used);
            years.push(Year { year, limit_fen: limit, held_fen: held, used_fen: used, left_fen });
        }
        Ok::<_, StoreError>(years)
    });
    let years = read.await?;
    Ok(html(&Page { me: Me::of(&user, &p), p, found: Some(Found { masked, years }) }))
}
