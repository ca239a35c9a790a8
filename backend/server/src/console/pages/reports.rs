//! Figures by day and centre, as a page with plots, as CSV and as XLSX.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use pickup_domain::{Money, china_time};
use serde::Deserialize;

use crate::clearing::tax_bills::Due;
use crate::console::accounts::Person;
use crate::console::figures::{self, Figures};
use crate::console::plot::{Bar, Plot};
use crate::console::routes::User;
use crate::console::table::{self, Cell, Column, Format, Table};
use crate::console::{Console, Me, text};
use crate::db::Conn;
use crate::store::StoreError;
use crate::web::{Visit, WebError, html};

const USUAL_DAYS: i64 = 14;
const MOST_DAYS: i32 = 366;

#[derive(Template)]
#[template(path = "console/reports.html")]
struct Page {
    p: Visit,
    me: Me,
    from: Date,
    until: Date,
    rows: Vec<(Date, i64, Figures)>,
    sum: Figures,
    plots: Vec<Plot>,
    taxes: Vec<Due>,
}

/// Which days.
#[derive(Debug, Deserialize)]
pub struct Span {
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

impl Span {
    fn days(&self, now: Timestamp) -> Result<(Date, Date), WebError> {
        let today = china_time::date(now);
        let read = |text: &str, usual: Date| {
            if text.is_empty() { Ok(usual) } else { text.parse().map_err(|_| WebError::form()) }
        };
        let until = read(&self.until, today)?;
        let from = read(&self.from, until.saturating_sub((USUAL_DAYS - 1).days()))?;
        let days = from.until(until).map_or(-1, |span| span.get_days());
        if !(0..MOST_DAYS).contains(&days) {
            return Err(WebError::refused(
                "请选择一年以内的起止日期，开始不晚于结束。",
                "Choose a first and a last day within a year, in this order.",
            ));
        }
        Ok((from, until))
    }
}

/// `GET /reports`.
pub async fn show(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Query(span): Query<Span>,
) -> Result<Response, WebError> {
    let (from, until) = span.days(console.shop.app.now())?;
    let person = user.person().clone();
    let read = console.shop.app.store.read(move |conn| standing(conn, &person, from, until));
    let (rows, taxes) = read.await?;
    let sum = rows.iter().fold(Figures::default(), |sum, (.., one)| sum.plus(one));
    let plots = plots(&p, from, until, &rows);
    Ok(html(&Page { me: Me::of(&user, &p), p, from, until, rows, sum, plots, taxes }))
}

/// `GET /reports.csv` and `GET /reports.xlsx`.
pub async fn download(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Query(span): Query<Span>,
) -> Result<Response, WebError> {
    let (from, until) = span.days(console.shop.app.now())?;
    let person = user.person().clone();
    let read = console.shop.app.store.read(move |conn| standing(conn, &person, from, until));
    let (rows, taxes) = read.await?;
    let tables = [by_day(&p, &rows), table::taxes(&p, &taxes)];
    Ok(table::download(Format::of(&p.path), &format!("pickup-{from}-{until}"), &tables))
}

fn by_day(p: &Visit, rows: &[(Date, i64, Figures)]) -> Table {
    let column = |key, zh, en| Column { key, title: p.t(zh, en) };
    let row = |(day, centre, one): &(Date, i64, Figures)| {
        let counts = [*centre, one.placed, one.filed, one.released, one.stored, one.collected];
        let day = std::iter::once(Cell::Day(*day));
        let sums = [one.tax_fen, one.limit_fen].map(|fen| Cell::Money(Money::from_fen(fen)));
        day.chain(counts.map(Cell::Whole)).chain(sums).collect()
    };
    Table {
        name: p.t("按日和中心", "By day and centre"),
        columns: vec![
            column("day", "日期", "Day"),
            column("centre", "中心", "Centre"),
            column("placed", "下单", "Placed"),
            column("filed", "申报", "Filed"),
            column("released", "放行", "Released"),
            column("deposited", "入柜", "Deposited"),
            column("collected", "提货", "Collected"),
            column("tax_cny", "税款（元）", "Tax, CNY"),
            column("personal_limit_cny", "个人额度使用（元）", "Personal limits used, CNY"),
        ],
        rows: rows.iter().map(row).collect(),
    }
}

type Standing = (Vec<(Date, i64, Figures)>, Vec<Due>);

fn standing(conn: &Conn, person: &Person, from: Date, until: Date) -> Result<Standing, StoreError> {
    let days = figures::between(conn, &person.centres_are("centre"), from, until)?;
    Ok((days, figures::taxes(conn, from, until)?))
}

fn plots(p: &Visit, from: Date, until: Date, rows: &[(Date, i64, Figures)]) -> Vec<Plot> {
    let mut days = Vec::new();
    let mut day = from;
    while day <= until && days.len() < 366 {
        let of_day = rows.iter().filter(|(at, ..)| *at == day);
        days.push((day, of_day.fold(Figures::default(), |sum, (.., one)| sum.plus(one))));
        day = day.saturating_add(1.days());
    }
    let plot = |title, unit, value: fn(&Figures) -> i64| Plot {
        title,
        unit,
        bars: days
            .iter()
            .map(|(day, one)| Bar { label: day.strftime("%m-%d").to_string(), value: Some(value(one)) })
            .collect(),
    };
    let orders = p.t("单", "orders");
    vec![
        plot(p.t("放行", "Released"), orders, |one| one.released),
        plot(p.t("提货", "Collected"), orders, |one| one.collected),
        plot(p.t("税款", "Tax"), p.t("元", "CNY"), |one| one.tax_fen / 100),
        plot(p.t("个人额度使用", "Personal limits used"), p.t("元", "CNY"), |one| one.limit_fen / 100),
    ]
}
