//! Bonded book lines and guarantees, with the proof that entered = on hand + held + gone out.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use pickup_domain::{Quantity, china_time};
use serde::Deserialize;

use crate::books;
use crate::console::routes::User;
use crate::console::{Console, Me, text};
use crate::db::Conn;
use crate::store::StoreError;
use crate::time::at;
use crate::web::{Visit, WebError, html};

#[derive(Template)]
#[template(path = "console/stock.html")]
struct Page {
    p: Visit,
    me: Me,
    lines: Vec<Line>,
    guarantees: Vec<Guarantee>,
    proof: Option<Vec<String>>,
}

struct Line {
    key: String,
    sku: String,
    name: String,
    entered: String,
    on_hand: String,
    held: String,
    out: String,
    low: bool,
}

struct Guarantee {
    number: String,
    amount_fen: i64,
    held_fen: i64,
    used_fen: i64,
    left_fen: i64,
    until: String,
}

/// Whether the books are to be worked out anew.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    proof: u8,
}

/// `GET /stock`.
pub async fn show(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Query(Asked { proof }): Query<Asked>,
) -> Result<Response, WebError> {
    let shop = &console.shop;
    let person = user.person().clone();
    let mine: Vec<String> = shop
        .app
        .store
        .read(crate::centre::all)
        .await?
        .into_values()
        .filter(|c| person.sees(c.number))
        .map(|c| c.ems_no)
        .collect();
    // Record numbers are unique in a book; an article that two centres sell has one name.
    let products = shop.app.store.read(crate::dataset::products).await?;
    let names: BTreeMap<String, (String, String)> = products
        .into_values()
        .map(|product| {
            let name = p.t(&product.name.zh, &product.name.en).to_owned();
            (product.record_no, (product.sku, name))
        })
        .collect();
    let lines = shop.app.store.read(move |conn| lines(conn, &mine, &names)).await?;
    let guarantees = shop.app.store.read(guarantees).await?;
    let proof = match proof {
        1 => Some(shop.app.store.read(books::check).await?.iter().map(ToString::to_string).collect()),
        _ => None,
    };
    Ok(html(&Page { me: Me::of(&user, &p), p, lines, guarantees, proof }))
}

fn lines(
    conn: &Conn,
    books: &[String],
    names: &BTreeMap<String, (String, String)>,
) -> Result<Vec<Line>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT key, lim, held, used FROM account WHERE cell = {cell} AND kind = 'stock' ORDER BY key",
    )?;
    let rows: Vec<(String, i64, i64, i64)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    let pieces = |parts: i64| Quantity::from_parts(parts).to_string();
    let line = |(key, entered, held, out): (String, i64, i64, i64)| {
        let (book, record) = key.split_once('/')?;
        books.iter().find(|one| *one == book)?;
        let (sku, name) = names.get(record).cloned().unwrap_or_default();
        let on_hand = entered.saturating_sub(held).saturating_sub(out);
        Some(Line {
            sku,
            name,
            low: on_hand < entered / 20,
            entered: pieces(entered),
            on_hand: pieces(on_hand),
            held: pieces(held),
            out: pieces(out),
            key,
        })
    };
    Ok(rows.into_iter().filter_map(line).collect())
}

fn guarantees(conn: &Conn) -> Result<Vec<Guarantee>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT key, lim, held, used, valid_until_us FROM account
         WHERE cell = {cell} AND kind = 'guarantee' ORDER BY key",
    )?;
    let rows = statement.query_map([], |row| {
        let (amount_fen, held_fen, used_fen): (i64, i64, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let until: Option<i64> = row.get(4)?;
        Ok(Guarantee {
            number: row.get(0)?,
            amount_fen,
            held_fen,
            used_fen,
            left_fen: amount_fen.saturating_sub(held_fen).saturating_sub(used_fen),
            until: until
                .and_then(|until| at(until).ok())
                .map(|until| china_time::date(until).to_string())
                .unwrap_or_default(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
