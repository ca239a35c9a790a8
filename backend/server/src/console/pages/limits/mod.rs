//! What a person has used of the yearly limit, by the exact identity number only (who looked is on the trail, by the keyed
//! digest of the number); what is used of the tax guarantees, and when tax falls due.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::ToSpan as _;
use jiff::civil::Date;
use pickup_domain::{IdNumber, china_time, limits};
use serde::Deserialize;
use serde_json::json;

use crate::clearing::accounts as books;
use crate::clearing::tax_bills::Due;
use crate::console::figures;
use crate::console::plot::{Bar, Plot};
use crate::console::routes::User;
use crate::console::table::{self, Format};
use crate::console::words::Chip;
use crate::console::{Console, Me, accounts, text};
use crate::store::StoreError;
use crate::web::{Posted, Visit, WebError, html};

mod guarantees;

use guarantees::Guarantee;

#[derive(Template)]
#[template(path = "console/limits.html")]
struct Page {
    p: Visit,
    me: Me,
    found: Option<Found>,
    guarantees: Vec<Guarantee>,
    plots: Vec<Plot>,
    taxes: Vec<Due>,
    today: Date,
}

/// Releases of so many days: what was released before is paid, or late.
const CALENDAR_DAYS: i64 = 60;

impl Page {
    /// The page as everybody sees it, with what was looked up.
    async fn of(console: &Console, p: Visit, user: &User, found: Option<Found>) -> Result<Self, WebError> {
        let now = console.shop.app.now();
        let today = china_time::date(now);
        let from = today.saturating_sub(CALENDAR_DAYS.days());
        let read = console.shop.app.store.read(move |conn| {
            Ok::<_, StoreError>((guarantees::all(conn, now)?, figures::taxes(conn, from, today)?))
        });
        let (guarantees, taxes) = read.await?;
        let yuan = |due: &Due| Bar {
            label: due.until.strftime("%m-%d").to_string(),
            value: Some(due.computed_fen / 100),
        };
        let falls_due = Plot {
            title: p.t("应缴税款，按缴款截止日", "Tax by the last day to pay it"),
            unit: p.t("元", "CNY"),
            bars: taxes.iter().map(yuan).collect(),
        };
        let plots = vec![guarantees::plot(&p, &guarantees), falls_due];
        Ok(Self { me: Me::of(user, &p), p, found, guarantees, plots, taxes, today })
    }

    /// How a day of the calendar stands.
    fn stands(&self, due: &Due) -> Chip {
        let (zh, en, tone) = match () {
            () if due.billed > 0 && due.paid == due.billed => ("已缴", "Paid", "good"),
            () if self.today > due.until => ("逾期", "Late", "bad"),
            () if self.today >= due.from => ("应缴", "To be paid now", "warn"),
            () => ("未到期", "Not due", ""),
        };
        Chip { text: self.p.t(zh, en), tone }
    }
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
pub async fn ask(State(console): State<Arc<Console>>, p: Visit, user: User) -> Result<Response, WebError> {
    Ok(html(&Page::of(&console, p, &user, None).await?))
}

/// `GET /limits/tax.csv` and `GET /limits/tax.xlsx`: the tax calendar.
pub async fn download(State(console): State<Arc<Console>>, p: Visit) -> Result<Response, WebError> {
    let today = china_time::date(console.shop.app.now());
    let from = today.saturating_sub(CALENDAR_DAYS.days());
    let taxes = console.shop.app.store.read(move |conn| figures::taxes(conn, from, today)).await?;
    Ok(table::download(Format::of(&p.path), "tax-calendar", &[table::taxes(&p, &taxes)]))
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
    Ok(html(&Page::of(&console, p, &user, Some(Found { masked, years })).await?))
}
