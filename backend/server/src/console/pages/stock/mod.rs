//! Bonded book lines, what waits for a decision about them, and the proof that entered = on hand + held + gone out.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use pickup_domain::Quantity;
use serde::Deserialize;

use crate::books;
use crate::console::plot::{Bar, Plot};
use crate::console::roles::Op;
use crate::console::routes::User;
use crate::console::table::{self, Format};
use crate::console::{Console, Me, text, words};
use crate::db::Conn;
use crate::stock::requests::{self, Request};
use crate::stock::take;
use crate::store::StoreError;
use crate::web::{Visit, WebError, html};

mod articles;
mod errors;
pub mod line;

pub use articles::{Article, Articles, of};

/// Most bars that can still be told apart.
const MOST_BARS: usize = 40;

#[derive(Template)]
#[template(path = "console/stock.html")]
struct Page {
    p: Visit,
    me: Me,
    user: User,
    lines: Vec<Line>,
    plot: Option<Plot>,
    open: Vec<Open>,
    proof: Option<Vec<String>>,
}

struct Line {
    key: String,
    article: Article,
    entered: String,
    on_hand: String,
    held: String,
    out: String,
    low: bool,
    /// The stocktake it is under, for whom its balance is not to be seen.
    counting: Option<i64>,
    on_hand_pieces: i64,
}

/// A request with the article it is about.
struct Open {
    request: Request,
    article: Article,
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
    let store = &console.shop.app.store;
    let articles = of(&console, &user, &p).await?;
    let (accounts, counting, open) = store
        .read(|conn| Ok::<_, StoreError>((accounts(conn)?, take::under_count(conn)?, requests::open(conn)?)))
        .await?;
    let blind = if user.may(Op::SignStocktakes) { BTreeMap::new() } else { counting };
    let lines: Vec<Line> =
        accounts.into_iter().filter_map(|account| Line::of(account, &articles, &blind)).collect();
    let open = open
        .into_iter()
        .filter_map(|request| Some(Open { article: articles.find(&request.key)?, request }))
        .collect();
    let proof = match proof {
        1 => Some(store.read(books::check).await?.iter().map(ToString::to_string).collect()),
        _ => None,
    };
    let plot = plot(&p, &lines);
    Ok(html(&Page { me: Me::of(&user, &p), p, user, lines, plot, open, proof }))
}

/// `GET /stock.csv` and `GET /stock.xlsx`; lines under a blind count are left out.
pub async fn download(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
) -> Result<Response, WebError> {
    let articles = of(&console, &user, &p).await?;
    let read =
        console.shop.app.store.read(|conn| Ok::<_, StoreError>((accounts(conn)?, take::under_count(conn)?)));
    let (accounts, counting) = read.await?;
    let blind = !user.may(Op::SignStocktakes);
    let lines = accounts.into_iter().filter(|(key, ..)| !(blind && counting.contains_key(key)));
    let lines = lines.filter_map(|account| {
        let article = articles.find(&account.0)?;
        Some((account, article.sku, article.name))
    });
    let table = table::balances(&p, lines);
    Ok(table::download(Format::of(&p.path), "stock", &[table]))
}

impl Page {
    /// Whether the reader is the second person that a request waits for.
    fn may_decide(&self, open: &Open) -> bool {
        self.user.may(Op::DecideStock) && open.request.asked_by != self.user.person().name
    }
}

type Account = (String, i64, i64, i64);

fn accounts(conn: &Conn) -> Result<Vec<Account>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT key, lim, held, used FROM account WHERE cell = {cell} AND kind = 'stock' ORDER BY key",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Line {
    fn of(
        (key, entered, held, out): Account,
        articles: &Articles,
        blind: &BTreeMap<String, i64>,
    ) -> Option<Self> {
        let pieces = |parts: i64| Quantity::from_parts(parts).to_string();
        let on_hand = entered.saturating_sub(held).saturating_sub(out);
        Some(Self {
            article: articles.find(&key)?,
            low: on_hand < entered / 20,
            entered: pieces(entered),
            on_hand: pieces(on_hand),
            held: pieces(held),
            out: pieces(out),
            counting: blind.get(&key).copied(),
            on_hand_pieces: on_hand / Quantity::SCALE,
            key,
        })
    }
}

fn plot(p: &Visit, lines: &[Line]) -> Option<Plot> {
    let seen = lines.iter().filter(|line| line.counting.is_none()).take(MOST_BARS);
    let bars: Vec<Bar> =
        seen.map(|line| Bar { label: line.article.sku.clone(), value: Some(line.on_hand_pieces) }).collect();
    (!bars.is_empty()).then(|| Plot {
        title: p.t("各货号现存", "On hand by article"),
        unit: p.t("件", "pieces"),
        bars,
    })
}
