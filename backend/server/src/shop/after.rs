//! After an order was placed: to cancel it, and to bring goods back.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use pickup_domain::returns::{Back, ReturnError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clearing::applications::Application;
use crate::clearing::applications::ask::{self, AskError, Cancelled, Wanted};
use crate::clearing::facts::Facts;
use crate::db::Conn;
use crate::error::{Body, Fault};
use crate::shop::auth::Merchant;
use crate::shop::fault::ShopFault;
use crate::shop::{Shop, book};

/// What became of a wish to cancel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CancelAnswer {
    /// `cancelled`, or `asked` when customs decides.
    pub state: &'static str,
    /// What customs is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<Application>,
}

/// What customs is asked for goods that come back.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReturnAnswer {
    /// The application, with what goes back to the buyer once it is granted.
    pub application: Application,
}

/// A wish to cancel.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelRequest {
    /// Made by the shop: a repeat gets the same answer.
    pub request_id: String,
    /// Why, for customs.
    pub reason: String,
}

/// Goods to be brought back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnRequest {
    /// Made by the shop: a repeat gets the same answer.
    pub request_id: String,
    /// Why, for customs.
    pub reason: String,
    /// What.
    pub lines: Vec<ReturnLine>,
}

/// Pieces of an article.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnLine {
    /// Article.
    pub sku: String,
    /// Pieces.
    pub qty: i64,
}

/// `POST /shop/v1/orders/{order_no}/cancel`: 200 when it is cancelled, 202 when customs is asked.
///
/// # Errors
/// [`ShopFault`]; 409 when the goods were handed over.
#[utoipa::path(post, path = "/shop/v1/orders/{order_no}/cancel", tag = "Afterwards", operation_id = "cancel_order",
    params(("order_no" = String, Path, description = "The platform's order number")), request_body = CancelRequest,
    responses((status = 200, description = "It is cancelled", body = CancelAnswer),
        (status = 202, description = "Customs is asked", body = CancelAnswer),
        (status = 404), (status = 409), (status = 422)))]
pub async fn cancel(
    State(shop): State<Arc<Shop>>,
    merchant: Merchant,
    Path(order_no): Path<String>,
    Body(request): Body<CancelRequest>,
) -> Result<(StatusCode, Json<CancelAnswer>), ShopFault> {
    let writer = Arc::clone(&shop);
    let done = shop.app.store.write(move |tx| -> Result<_, ShopFault> {
        let order_id = order_id(tx, &merchant, &order_no)?;
        let actor = merchant.actor();
        let wanted = Wanted { request_id: &request.request_id, actor: &actor, reason: &request.reason };
        Ok(ask::cancel(tx, &writer, order_id, &wanted, writer.app.now())?)
    });
    Ok(match done.await? {
        Cancelled::AtOnce | Cancelled::Before => {
            (StatusCode::OK, Json(CancelAnswer { state: "cancelled", application: None }))
        }
        Cancelled::Asked(application) => {
            let application = Some(*application);
            (StatusCode::ACCEPTED, Json(CancelAnswer { state: "asked", application }))
        }
    })
}

/// `POST /shop/v1/orders/{order_no}/returns`: 202 with the application and what goes back to the buyer once it is granted.
///
/// # Errors
/// [`ShopFault`]; 409 or 422 for what cannot be returned.
#[utoipa::path(post, path = "/shop/v1/orders/{order_no}/returns", tag = "Afterwards", operation_id = "return_goods",
    params(("order_no" = String, Path, description = "The platform's order number")), request_body = ReturnRequest,
    responses((status = 202, description = "Customs is asked", body = ReturnAnswer),
        (status = 404), (status = 409), (status = 422)))]
pub async fn give_back(
    State(shop): State<Arc<Shop>>,
    merchant: Merchant,
    Path(order_no): Path<String>,
    Body(request): Body<ReturnRequest>,
) -> Result<(StatusCode, Json<ReturnAnswer>), ShopFault> {
    let writer = Arc::clone(&shop);
    let done = shop.app.store.write(move |tx| -> Result<_, ShopFault> {
        let order_id = order_id(tx, &merchant, &order_no)?;
        let lines = lines(tx, order_id, &request.lines)?;
        let actor = merchant.actor();
        let wanted = Wanted { request_id: &request.request_id, actor: &actor, reason: &request.reason };
        Ok(ask::refund(tx, &writer, order_id, &lines, &wanted, writer.app.now())?)
    });
    Ok((StatusCode::ACCEPTED, Json(ReturnAnswer { application: done.await? })))
}

fn order_id(tx: &Conn, merchant: &Merchant, order_no: &str) -> Result<i64, ShopFault> {
    Ok(book::find(tx, &merchant.0, order_no)?.ok_or_else(|| ShopFault::no_order(order_no))?.id)
}

/// The lines of the declaration that have these articles.
///
/// # Errors
/// [`ShopFault`] for an article that is not on it.
pub fn lines(tx: &Conn, order_id: i64, asked: &[ReturnLine]) -> Result<Vec<Back>, ShopFault> {
    let facts: Option<String> = tx
        .prepare_cached("SELECT facts FROM dossier WHERE cell = {cell} AND order_id = ?1")?
        .query_row([order_id], |row| row.get(0))?;
    let facts = facts.map(|text| Facts::read(&text)).transpose()?;
    asked
        .iter()
        .map(|line| {
            let of = facts.iter().flat_map(|facts| &facts.lines).find(|of| of.sku == line.sku);
            let gnum = of.map(|of| of.gnum).ok_or_else(|| not_on_it(&line.sku))?;
            Ok(Back { gnum, qty: line.qty })
        })
        .collect()
}

fn not_on_it(sku: &str) -> ShopFault {
    Fault::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "RETURN_LINE_UNKNOWN",
        format!("订单申报清单中没有商品{sku}。"),
        format!("The order's declaration has no article {sku}."),
    )
    .into()
}

impl From<AskError> for ShopFault {
    fn from(cause: AskError) -> Self {
        let en = format!("{}.", upper_first(&cause.to_string()));
        let conflict =
            |code: &str, zh: String| Self::from(Fault::new(StatusCode::CONFLICT, code, zh, en.clone()));
        let rule = |code: &str, zh: String| {
            Self::from(Fault::new(StatusCode::UNPROCESSABLE_ENTITY, code, zh, en.clone()))
        };
        match cause {
            AskError::Clearing(cause) => Self::from(cause),
            AskError::None(id) => Self::no_order(&id.to_string()),
            AskError::Conflict(_) => Fault::conflict().into(),
            AskError::HandedOver(_) => {
                conflict("ORDER_HANDED_OVER", "商品已交付，请改为申请退货。".to_owned())
            }
            AskError::NotHandedOver { .. } => {
                conflict("ORDER_NOT_HANDED_OVER", "商品尚未交付，请改为取消订单。".to_owned())
            }
            AskError::AllBack(_) => conflict("ORDER_RETURNED", "该订单的商品已全部退回。".to_owned()),
            AskError::Open(number) => {
                conflict("APPLICATION_OPEN", format!("该订单的申请{number}正在等待海关处理。"))
            }
            AskError::Reason => rule("REASON_NEEDED", "请填写原因，最多1000字。".to_owned()),
            AskError::Rule(why) => match why {
                ReturnError::TooLate { .. } => {
                    rule("RETURN_TOO_LATE", "已超过放行后30天的退货申请期限。".to_owned())
                }
                ReturnError::Pieces { left, .. } => {
                    rule("RETURN_PIECES", format!("退货数量不正确，可退{left}件。"))
                }
                ReturnError::Nothing => rule("RETURN_EMPTY", "请选择要退回的商品。".to_owned()),
                ReturnError::Twice(_) => rule("RETURN_LINE_TWICE", "同一商品重复填写。".to_owned()),
                ReturnError::NoLine(_) => rule("RETURN_LINE_UNKNOWN", "清单中没有该商品项。".to_owned()),
                ReturnError::Amounts => rule("RETURN_AMOUNTS", "金额超出可计算范围。".to_owned()),
            },
        }
    }
}

fn upper_first(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}
