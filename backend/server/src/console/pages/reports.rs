//! Figures by day and centre, as a page with plots, as CSV and as XLSX.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use pickup_domain::{Money, china_time};
use serde::Deserialize;

use crate::clearing::tax_bills::{self, Due};
use crate::console::accounts::Person;
use crate::console::plot::{Bar, Plot};
use crate::console::routes::User;
use crate::console::table::{self, Cell, Column, Format, Table};
use crate::console::{Console, Me, text};
use crate::db::Conn;
use crate::store::StoreError;
use crate::time::us;
use crate::web::{Visit, WebError, html};

const USUAL_DAYS: i64 = 14;
const MOST_DAYS: i32 = 366;
const DAY_US: i64 = 86_400_000_000;
/// China is eight hours ahead all the year.
const AHEAD_US: i64 = 8 * 3_600_000_000;

/// One day of one centre.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Figures {
    placed: i64,
    filed: i64,
    released: i64,
    stored: i64,
    collected: i64,
    tax_fen: i64,
}

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
    let read = console.shop.app.store.read(move |conn| {
        Ok::<_, StoreError>((figures(conn, &person, from, until)?, tax_bills::calendar(conn, from, until)?))
    });
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
    let read = console.shop.app.store.read(move |conn| {
        Ok::<_, StoreError>((figures(conn, &person, from, until)?, tax_bills::calendar(conn, from, until)?))
    });
    let (rows, taxes) = read.await?;
    let tables = [by_day(&p, &rows), table::taxes(&p, &taxes)];
    Ok(table::download(Format::of(&p.path), &format!("pickup-{from}-{until}"), &tables))
}

fn by_day(p: &Visit, rows: &[(Date, i64, Figures)]) -> Table {
    let column = |key, zh, en| Column { key, title: p.t(zh, en) };
    let row = |(day, centre, one): &(Date, i64, Figures)| {
        let counts = [*centre, one.placed, one.filed, one.released, one.stored, one.collected];
        let day = std::iter::once(Cell::Day(*day));
        let tax = Cell::Money(Money::from_fen(one.tax_fen));
        day.chain(counts.map(Cell::Whole)).chain([tax]).collect()
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
        ],
        rows: rows.iter().map(row).collect(),
    }
}

fn figures(
    conn: &Conn,
    person: &Person,
    from: Date,
    until: Date,
) -> Result<Vec<(Date, i64, Figures)>, StoreError> {
    let first = us(china_time::midnight(from));
    let end = us(china_time::midnight(until)).saturating_add(DAY_US);
    let mut days: BTreeMap<(i64, i64), Figures> = BTreeMap::new();
    for (column, put) in COLUMNS {
        let sql = format!(
            "SELECT (f.{column} + {AHEAD_US}) / {DAY_US}, f.centre, COUNT(*),
                CAST(COALESCE(SUM(d.tax_fen), 0) AS BIGINT)
             FROM order_find f LEFT JOIN declaration d ON d.cell = f.cell AND d.order_id = f.order_id
             WHERE f.cell = {{cell}} AND f.{column} >= ?1 AND f.{column} < ?2 AND {}
             GROUP BY (f.{column} + {AHEAD_US}) / {DAY_US}, f.centre",
            person.centres_are("f.centre")
        );
        let mut statement = conn.prepare(&sql)?;
        let rows = statement
            .query_map((first, end), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        for row in rows {
            let (day, centre, count, tax): (i64, i64, i64, i64) = row?;
            put(days.entry((day, centre)).or_default(), count, tax);
        }
    }
    let dated = |((day, centre), one): ((i64, i64), Figures)| {
        let at = crate::time::at(day.saturating_mul(DAY_US)).ok()?;
        Some((china_time::date(at), centre, one))
    };
    Ok(days.into_iter().filter_map(dated).collect())
}

type Put = fn(&mut Figures, i64, i64);

const COLUMNS: [(&str, Put); 5] = [
    ("placed_us", |one, count, _| one.placed = count),
    ("cleared_us", |one, count, _| one.filed = count),
    ("released_us", |one, count, tax| {
        one.released = count;
        one.tax_fen = tax;
    }),
    ("stored_us", |one, count, _| one.stored = count),
    ("collected_us", |one, count, _| one.collected = count),
];

impl Figures {
    fn plus(&self, other: &Self) -> Self {
        Self {
            placed: self.placed.saturating_add(other.placed),
            filed: self.filed.saturating_add(other.filed),
            released: self.released.saturating_add(other.released),
            stored: self.stored.saturating_add(other.stored),
            collected: self.collected.saturating_add(other.collected),
            tax_fen: self.tax_fen.saturating_add(other.tax_fen),
        }
    }
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
    ]
}
