//! Finding orders: by any number, by a telephone's last four digits, by the buyer's whole name.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::console::accounts::Person;
use crate::console::finder;
use crate::console::routes::User;
use crate::console::{Console, Me, text, words};
use crate::db::{Conn, OptionalExt as _, Row};
use crate::secrets::Secrets;
use crate::store::StoreError;
use crate::web::{Lang, Visit, WebError, html};

const SHOWN: i64 = 50;

/// An order as listed.
#[derive(Clone, Debug)]
pub struct OrderRow {
    order_no: String,
    placed_us: i64,
    buyer: String,
    total_fen: i64,
    order: words::Chip,
    declaration: Option<words::Chip>,
    parcel: Option<words::Chip>,
}

#[derive(Template)]
#[template(path = "console/orders.html")]
struct List {
    p: Visit,
    me: Me,
    rows: Vec<OrderRow>,
    query: String,
}

/// What is looked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
}

/// `GET /orders`.
pub async fn list(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Query(Asked { q }): Query<Asked>,
) -> Result<Response, WebError> {
    let (app, person, lang) = (Arc::clone(&console.shop.app), user.person().clone(), p.lang);
    let query = q.trim().to_owned();
    let asked = query.clone();
    let found = console.shop.app.store.read(move |conn| search(conn, &app.secrets, &person, lang, &asked));
    let rows = found.await?;
    match rows.as_slice() {
        [one] if !query.is_empty() => {
            Ok(Redirect::to(&format!("/orders/{}", escaped(&one.order_no))).into_response())
        }
        _ => Ok(html(&List { me: Me::of(&user, &p), p, rows, query })),
    }
}

/// A number as part of an address.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        match byte {
            b if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.') => all.push(char::from(b)),
            b => all.push_str(&format!("%{b:02X}")),
        }
        all
    })
}

/// Orders of the person's centres that have this number, telephone tail or name; the newest ones for nothing.
///
/// # Errors
/// [`StoreError`].
pub fn search(
    conn: &Conn,
    secrets: &Secrets,
    person: &Person,
    lang: Lang,
    query: &str,
) -> Result<Vec<OrderRow>, StoreError> {
    if query.is_empty() {
        return newest(conn, person, lang);
    }
    if let Some(id) = by_number(conn, query)? {
        return rows(conn, person, lang, &[id]);
    }
    let is_tail = query.len() == 4 && query.bytes().all(|b| b.is_ascii_digit());
    let ids = match finder::tail(secrets, query).filter(|_| is_tail) {
        Some(tail) => ids(conn, "tail", &tail)?,
        None => ids(conn, "name", &finder::name(secrets, query))?,
    };
    rows(conn, person, lang, &ids)
}

/// Every kind of number that leads to one order.
const NUMBERS: &[&str] = &[
    "SELECT order_id FROM used_number WHERE number = ?1 AND cell = {cell}",
    "SELECT pickup FROM parcel WHERE cell = {cell} AND waybill = ?1",
    "SELECT order_id FROM declaration WHERE cell = {cell} AND cop_no = ?1",
    "SELECT order_id FROM declaration WHERE cell = {cell} AND invt_no = ?1",
    "SELECT order_id FROM application WHERE cell = {cell} AND cop_no = ?1",
    "SELECT order_id FROM tax_bill WHERE cell = {cell} AND tax_no = ?1",
];

fn by_number(conn: &Conn, query: &str) -> Result<Option<i64>, StoreError> {
    for sql in NUMBERS {
        if let Some(id) = conn.prepare_cached(sql)?.query_row([query], |row| row.get(0)).optional()? {
            return Ok(Some(id));
        }
    }
    // A pickup number is the order's own, eight digits; shorter it is more likely a telephone.
    let Some(pickup) = query.parse::<i64>().ok().filter(|_| query.len() >= 8) else { return Ok(None) };
    let sql = "SELECT pickup FROM parcel WHERE cell = {cell} AND pickup = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([pickup], |row| row.get(0)).optional()?)
}

fn ids(conn: &Conn, column: &str, digest: &str) -> Result<Vec<i64>, StoreError> {
    let sql = format!(
        "SELECT order_id FROM order_find WHERE cell = {{cell}} AND {column} = ?1 ORDER BY order_id DESC LIMIT ?2"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((digest, SHOWN), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

const SELECT: &str =
    "SELECT o.order_no, o.placed_us, COALESCE(p.buyer_masked, ''), o.total_fen, o.state, d.state, p.state
    FROM orders o LEFT JOIN declaration d ON d.cell = o.cell AND d.order_id = o.id
    LEFT JOIN parcel p ON p.cell = o.cell AND p.pickup = o.id WHERE o.cell = {cell}";

fn newest(conn: &Conn, person: &Person, lang: Lang) -> Result<Vec<OrderRow>, StoreError> {
    let sql = format!("{SELECT} AND {} ORDER BY o.id DESC LIMIT ?1", person.centres_are("o.centre"));
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map([SHOWN], |row| read(row, lang))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn rows(conn: &Conn, person: &Person, lang: Lang, ids: &[i64]) -> Result<Vec<OrderRow>, StoreError> {
    let sql = format!("{SELECT} AND o.id = ?1 AND {}", person.centres_are("o.centre"));
    let mut statement = conn.prepare_cached(&sql)?;
    let mut found = Vec::new();
    for id in ids {
        found.extend(statement.query_row([*id], |row| read(row, lang)).optional()?);
    }
    Ok(found)
}

fn read(row: &Row, lang: Lang) -> Result<OrderRow, crate::db::DbError> {
    let (order, declaration, parcel): (String, Option<String>, Option<String>) =
        (row.get(4)?, row.get(5)?, row.get(6)?);
    Ok(OrderRow {
        order_no: row.get(0)?,
        placed_us: row.get(1)?,
        buyer: row.get(2)?,
        total_fen: row.get(3)?,
        order: words::state(lang, "order", &order),
        declaration: declaration.map(|word| words::state(lang, "declaration", &word)),
        parcel: parcel.map(|word| words::state(lang, "parcel", &word)),
    })
}
