//! The catalogue for shops: articles, pictures, and quotes before an order.

use std::sync::Arc;

use crate::db::Conn;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use pickup_domain::centre::Names;
use pickup_domain::limits::Regime;
use pickup_domain::order::{Buyer, Order, OrderLine, RawId};
use pickup_domain::review::Verdict;
use pickup_domain::tax::{OrderTax, TaxableLine, order_tax};
use pickup_domain::{Money, china_time};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clearing::accounts;
use crate::error::{Body, Fault};
use crate::shop::fault::{ShopFault, SpokenReason, speak};
use crate::shop::page::{self, Asked};
use crate::shop::{Shop, book};
use crate::store::StoreError;

/// An article as shops see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GoodsItem {
    /// Article number.
    pub sku: String,
    /// Name.
    pub name: Names,
    /// Specification.
    pub spec: String,
    /// Group.
    pub category: String,
    /// Commodity code.
    pub hs: String,
    /// Name of the deal unit.
    pub unit: Names,
    /// Price of one.
    pub price_fen: Money,
    /// Tax of one on its own.
    pub tax_fen: Money,
    /// Pieces left.
    pub stock: i64,
    /// Whether the permitted list has it.
    pub permitted: bool,
    /// Most pieces in one order.
    pub order_max: Option<i64>,
    /// Address of the picture.
    pub picture: String,
}

/// What a shop asks before an order.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "centre": 1, "lines": [{ "sku": "MLK-001", "qty": 1 }] }))]
pub struct QuoteRequest {
    /// Number of the pickup centre.
    pub centre: u16,
    /// What.
    pub lines: Vec<QuoteLine>,
}

/// One article of a quote.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteLine {
    /// Article.
    pub sku: String,
    /// Pieces.
    pub qty: i64,
}

/// What an order of these lines would cost, at today's prices and rates.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Quote {
    /// Why such an order would be refused; empty when it would not (the buyer aside).
    pub reasons: Vec<SpokenReason>,
    /// How it is taxed.
    pub regime: Regime,
    /// Lines with their price, as an order wants them.
    pub lines: Vec<OrderLine>,
    /// Sum of the lines.
    pub goods_fen: Money,
    /// Tax.
    pub tax_fen: Money,
    /// To pay.
    pub total_fen: Money,
    /// Tax line by line.
    pub tax: Option<OrderTax>,
}

/// Articles, a page of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GoodsPage {
    /// The articles, by article number.
    pub goods: Vec<GoodsItem>,
    /// What to give as `cursor` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Which page of the articles.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct GoodsQuery {
    /// Where the page before said to go on.
    #[serde(default)]
    pub cursor: String,
    /// Most articles of the page.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u16>,
}

/// `GET /shop/v1/goods`: articles with price, tax of one piece and stock.
///
/// # Errors
/// [`ShopFault`].
#[utoipa::path(get, path = "/shop/v1/goods", tag = "Goods", operation_id = "list_goods", params(GoodsQuery),
    responses((status = 200, description = "The articles", body = GoodsPage)))]
pub async fn list(
    State(shop): State<Arc<Shop>>,
    Asked(query): Asked<GoodsQuery>,
) -> Result<Json<GoodsPage>, ShopFault> {
    // Who does not ask for pages gets all of them.
    let limit = query.limit.map_or(Ok(usize::MAX), |limit| page::limit(Some(limit)))?;
    let mut goods = items(shop).await?;
    goods.sort_by(|a, b| a.sku.cmp(&b.sku));
    goods.retain(|item| item.sku > query.cursor);
    let more = goods.len() > limit;
    goods.truncate(limit);
    let next = goods.last().filter(|_| more).map(|item| item.sku.clone());
    Ok(Json(GoodsPage { goods, next }))
}

/// Every article with its stock as it is now.
///
/// # Errors
/// [`StoreError`].
pub async fn items(shop: Arc<Shop>) -> Result<Vec<GoodsItem>, StoreError> {
    let reader = Arc::clone(&shop);
    shop.app.store.read(move |conn| all(conn, &reader)).await
}

fn all(conn: &Conn, shop: &Shop) -> Result<Vec<GoodsItem>, StoreError> {
    let today = china_time::date(shop.app.now());
    let mut items = Vec::with_capacity(shop.data.articles.len());
    for article in &shop.data.articles {
        let product = &article.product;
        let tax = shop.data.tariff.on(&product.hs, today).and_then(|tariff| {
            let specific_qty = product.taxed_quantity(1)?;
            let line = TaxableLine { goods: product.price_fen, specific_qty, tariff };
            let over = product.price_fen > pickup_domain::limits::SINGLE;
            let regime = if over { Regime::FullTax } else { Regime::WithinLimits };
            order_tax(&[line], Money::ZERO, Money::ZERO, regime).ok()
        });
        let account = accounts::find(conn, &accounts::stock_key(&shop.data.operator.centre, product))?;
        let left = account.map_or(0, pickup_domain::hold::Account::available);
        items.push(GoodsItem {
            sku: product.sku.clone(),
            name: product.name.clone(),
            spec: product.spec.clone(),
            category: product.category.clone(),
            hs: product.hs.to_string(),
            unit: pickup_domain::goods::unit_name(&product.unit),
            price_fen: product.price_fen,
            tax_fen: tax.map(|tax| tax.total).unwrap_or_default(),
            stock: left / pickup_domain::Quantity::SCALE,
            permitted: product.permission.listed,
            order_max: product.permission.order_max,
            picture: format!("/goods/{}.svg", product.sku),
        });
    }
    Ok(items)
}

/// `POST /shop/v1/quotes`: what a basket would cost, with the tax of each line and every reason against it.
///
/// # Errors
/// [`ShopFault`].
#[utoipa::path(post, path = "/shop/v1/quotes", tag = "Goods", request_body = QuoteRequest,
    responses((status = 200, description = "What it would cost, and every reason against it", body = Quote)))]
pub async fn quote(
    State(shop): State<Arc<Shop>>,
    Body(request): Body<QuoteRequest>,
) -> Result<Json<Quote>, ShopFault> {
    Ok(Json(quote_for(shop, request).await?))
}

/// What an order of these lines would cost.
///
/// # Errors
/// [`StoreError`].
pub async fn quote_for(shop: Arc<Shop>, request: QuoteRequest) -> Result<Quote, StoreError> {
    let order = unpriced(&shop, request);
    let reader = Arc::clone(&shop);
    shop.app
        .store
        .read(move |conn| {
            let verdict = book::judge(conn, &reader, &order, reader.app.now(), true)?;
            Ok(priced(order, &verdict))
        })
        .await
}

fn unpriced(shop: &Shop, request: QuoteRequest) -> Order {
    let price = |sku: &str| shop.product(sku).map(|p| p.price_fen).unwrap_or_default();
    let lines = request.lines.into_iter();
    let lines = lines.map(|l| OrderLine { price_fen: price(&l.sku), sku: l.sku, qty: l.qty }).collect();
    let nobody = Buyer {
        reg_no: String::new(),
        name: String::new(),
        id_number: RawId(String::new()),
        telephone: String::new(),
        authenticated: false,
    };
    Order {
        order_no: String::new(),
        centre: request.centre,
        buyer: nobody,
        lines,
        goods_fen: Money::ZERO,
        freight_fen: Money::ZERO,
        discount_fen: Money::ZERO,
        tax_fen: Money::ZERO,
        total_fen: Money::ZERO,
        currency: "CNY".to_owned(),
        notices_agreed: false,
        notice_version: None,
    }
}

fn priced(order: Order, verdict: &Verdict) -> Quote {
    let goods = Money::checked_sum(order.lines.iter().filter_map(OrderLine::total)).unwrap_or_default();
    let tax = verdict.tax_total();
    Quote {
        reasons: speak(&verdict.reasons),
        regime: verdict.regime,
        lines: order.lines,
        goods_fen: goods,
        tax_fen: tax,
        total_fen: goods.checked_add(tax).unwrap_or_default(),
        tax: verdict.tax.clone(),
    }
}

/// `GET /goods/{sku}.svg`.
///
/// # Errors
/// 404 when there is no such article.
pub async fn picture(State(shop): State<Arc<Shop>>, Path(name): Path<String>) -> Result<Response, Fault> {
    let sku = name.strip_suffix(".svg").unwrap_or_default();
    let article = shop.data.articles.iter().find(|a| a.product.sku == sku);
    let picture = article
        .map(|a| a.picture)
        .ok_or_else(|| Fault::not_found("没有这张图片。", "There is no such picture."))?;
    Ok(([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "max-age=3600")], picture).into_response())
}
