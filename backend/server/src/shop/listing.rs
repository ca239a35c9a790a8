//! The merchant's orders, page by page: the newest first, or those that have changed since.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use pickup_domain::Money;
use pickup_domain::order::OrderState;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::db::{Bulk, Column, Conn, DbError, Row};
use crate::shop::Shop;
use crate::shop::auth::Merchant;
use crate::shop::fault::ShopFault;
use crate::shop::page::{self, Asked};
use crate::store::StoreError;
use crate::time::{at, us};
use crate::webhooks::events;

/// Orders that are looked through for a page at most, so that a page costs the same however many orders there are.
const WINDOW: i64 = 10_000;

/// Which orders.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OrderQuery {
    /// Only those in this state.
    #[param(inline)]
    pub state: Option<OrderState>,
    /// Only those placed at this time or later.
    pub since: Option<Timestamp>,
    /// Those that have changed at this time or later, in the order of their changes; `since` must be absent. An order comes
    /// again when it changes again.
    pub updated_since: Option<Timestamp>,
    /// Where the page before said to go on; the other parameters as then.
    #[param(pattern = "^[0-9]{1,18}$")]
    pub cursor: Option<String>,
    /// Most orders of the page. With `updated_since` a page may have a few more.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u16>,
}

/// An order in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderSummary {
    /// Our id.
    pub order_id: String,
    /// The platform's number.
    pub order_no: String,
    /// Where the order stands.
    pub state: String,
    /// Number of the pickup centre.
    pub centre: u16,
    /// What was paid or is to be paid.
    pub total_fen: Money,
    /// `due` or `done` when money goes back.
    pub refund: Option<String>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Where its declaration stands, once paid.
    pub declaration: Option<String>,
    /// Where its parcel is, once paid.
    pub parcel: Option<String>,
}

/// Orders, a page of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderPage {
    /// Newest first; with `updated_since` in the order of their changes. May be empty while there is more.
    pub orders: Vec<OrderSummary>,
    /// What to give as `cursor` for the next page; absent on the last. With `updated_since` it is always there: ask again
    /// with it later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether there is more already.
    pub more: bool,
}

/// `GET /shop/v1/orders`: the merchant's orders.
///
/// # Errors
/// [`ShopFault`].
#[utoipa::path(get, path = "/shop/v1/orders", tag = "Orders", operation_id = "list_orders", params(OrderQuery),
    responses((status = 200, description = "Orders", body = OrderPage)))]
pub async fn list(
    State(shop): State<Arc<Shop>>,
    Merchant(merchant): Merchant,
    Asked(query): Asked<OrderQuery>,
) -> Result<Json<OrderPage>, ShopFault> {
    let limit = page::limit(query.limit)?;
    let cursor = query.cursor.as_deref().map(page::number).transpose()?;
    let page = shop.app.store.read(move |conn| match query.updated_since {
        Some(since) => changed(conn, &merchant, &query, (since, cursor), limit),
        None => newest(conn, &merchant, &query, cursor, limit),
    });
    Ok(Json(page.await?))
}

const SELECT: &str = "SELECT o.id, o.order_no, o.state, o.centre, o.total_fen, o.refund, o.placed_us, d.state, p.state, o.merchant";
const JOINS: &str = "LEFT JOIN declaration d ON d.cell = o.cell AND d.order_id = o.id
    LEFT JOIN parcel p ON p.cell = o.cell AND p.pickup = o.id";

fn newest(
    conn: &Conn,
    merchant: &str,
    query: &OrderQuery,
    cursor: Option<i64>,
    limit: usize,
) -> Result<OrderPage, StoreError> {
    let newest = "SELECT COALESCE(MAX(id), 0) FROM orders WHERE cell = {cell}";
    let newest: i64 = conn.query_row(newest, [], |row| row.get(0))?;
    let before = cursor.unwrap_or(i64::MAX).min(newest.saturating_add(1));
    let from = before.saturating_sub(WINDOW).max(1);
    let sql = format!(
        "{SELECT} FROM orders o {JOINS} WHERE o.cell = {{cell}} AND o.id < ?1 AND o.id >= ?2 AND o.merchant = ?3
         AND (?4 = '' OR o.state = ?4) ORDER BY o.id DESC LIMIT ?5"
    );
    let state = query.state.map_or("", OrderState::as_str);
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((before, from, merchant, state, most), |row| Ok(read(row)))?;
    let mut orders = rows.collect::<Result<Vec<_>, DbError>>()?.into_iter().collect::<Result<Vec<_>, _>>()?;
    let full = orders.len() == limit;
    let last = orders.last().and_then(|order| order.order_id.parse::<i64>().ok());
    let all = orders.len();
    orders.retain(|order| query.since.is_none_or(|since| order.placed_at >= since));
    // Ids are given in the order of time: behind the first that is too old there are only older ones.
    let too_old = orders.len() < all || (all == 0 && is_before(conn, from, query.since)?);
    let next = match last.filter(|_| full) {
        _ if too_old => None,
        Some(last) => Some(last),
        None => Some(from).filter(|from| *from > 1),
    };
    let next = next.filter(|next| *next > 1).map(|next| next.to_string());
    Ok(OrderPage { orders, more: next.is_some(), next })
}

/// Whether the first order of a window in which the merchant has none was placed before `since`.
fn is_before(conn: &Conn, id: i64, since: Option<Timestamp>) -> Result<bool, StoreError> {
    let Some(since) = since else { return Ok(false) };
    let sql = "SELECT 1 FROM orders WHERE cell = {cell} AND id = ?1 AND placed_us < ?2";
    Ok(conn.prepare_cached(sql)?.exists((id, us(since)))?)
}

fn changed(
    conn: &Conn,
    merchant: &str,
    query: &OrderQuery,
    (since, cursor): (Timestamp, Option<i64>),
    limit: usize,
) -> Result<OrderPage, StoreError> {
    let after = match cursor {
        Some(after) => after,
        None => events::before(conn, since)?,
    };
    let window = events::changes(conn, after)?;
    let (mut orders, mut through, mut more) = (Vec::new(), window.through, window.more);
    for part in window.changes.chunks(limit) {
        if orders.len() >= limit {
            more = true;
            break;
        }
        through = part.last().map_or(through, |change| change.seq);
        orders.extend(those(conn, part, merchant)?);
    }
    if !more {
        through = window.through;
    }
    let mut seen = BTreeSet::new();
    orders.retain(|order| seen.insert(order.order_id.clone()));
    orders.retain(|order| query.state.is_none_or(|state| order.state == state.as_str()));
    Ok(OrderPage { orders, next: Some(through.to_string()), more })
}

/// The merchant's orders that changed, as they stand now, in the order of the changes.
fn those(
    conn: &Conn,
    changes: &[events::OrderChange],
    merchant: &str,
) -> Result<Vec<OrderSummary>, StoreError> {
    let ids: BTreeSet<i64> = changes.iter().map(|change| change.order_id).collect();
    let sql = format!("{SELECT} FROM {{r: id i}} JOIN orders o ON o.cell = {{cell}} AND o.id = r.id {JOINS}");
    let rows = conn.bulk_rows(&[Bulk::new(&sql, vec![Column::Int(ids.into_iter().collect())])])?;
    let mut orders = Vec::new();
    for row in rows.iter().flatten() {
        if row.get::<_, String>(9)? == merchant {
            orders.push(read(row)?);
        }
    }
    let place = |order: &OrderSummary| {
        let id: i64 = order.order_id.parse().unwrap_or_default();
        changes.iter().position(|change| change.order_id == id)
    };
    orders.sort_by_key(place);
    Ok(orders)
}

fn read(row: &Row) -> Result<OrderSummary, StoreError> {
    Ok(OrderSummary {
        order_id: row.get::<_, i64>(0)?.to_string(),
        order_no: row.get(1)?,
        state: row.get(2)?,
        centre: row.get(3)?,
        total_fen: Money::from_fen(row.get(4)?),
        refund: row.get(5)?,
        placed_at: at(row.get(6)?)?,
        declaration: row.get(7)?,
        parcel: row.get(8)?,
    })
}
