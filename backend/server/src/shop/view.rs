//! What a shop sees of an order: every state, the tax, what customs said, the parcel and the refund.

use std::sync::Arc;

use crate::db::{Conn, OptionalExt as _};
use axum::Json;
use axum::extract::{Path, State};
use pickup_customs::Status;
use pickup_domain::Money;
use pickup_domain::review::Verdict;
use pickup_protocol::PickupNumber;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clearing::applications::{self, Application};
use crate::clearing::payback::{self, Payback};
use crate::clearing::tax_bills::{self, Bill};
use crate::dataset;
use crate::parcels;
use crate::sandbox;
use crate::shop::auth::Merchant;
use crate::shop::fault::ShopFault;
use crate::shop::{Shop, book};
use crate::time::at;

/// An order as shops see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderView {
    /// Our id.
    pub order_id: String,
    /// The platform's number.
    pub order_no: String,
    /// Where the order stands.
    pub state: &'static str,
    /// The verdict with the tax of each line.
    pub verdict: Verdict,
    /// `due` or `done` when money goes back.
    pub refund: Option<String>,
    /// When it was placed.
    pub placed_at: jiff::Timestamp,
    /// The declaration, once paid.
    pub declaration: Option<DeclarationView>,
    /// The parcel, once paid.
    pub parcel: Option<ParcelView>,
    /// What customs was asked afterwards: to cancel, or to take goods back.
    pub applications: Vec<Application>,
    /// Customs' tax bills.
    pub tax_bills: Vec<Bill>,
    /// Money that goes back.
    pub paybacks: Vec<Payback>,
    /// Whether it is of the sandbox, where nothing is real; absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub sandbox: bool,
}

/// A declaration as shops see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeclarationView {
    /// Our number of the list.
    pub cop_no: String,
    /// Where it stands.
    pub state: String,
    /// 电子口岸编号.
    pub pre_no: Option<String>,
    /// 清单编号.
    pub invt_no: Option<String>,
    /// Tax declared.
    pub tax_fen: Money,
    /// Receipts, newest first, at most ten.
    pub receipts: Vec<ReceiptView>,
}

/// A receipt as shops see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReceiptView {
    /// Message, such as `CEB622Message`.
    pub kind: String,
    /// returnStatus.
    pub status: i32,
    /// What it means, as a stable name.
    pub cause: &'static str,
    /// Sentence in Chinese.
    pub message_zh: String,
    /// Sentence in English.
    pub message_en: String,
    /// The port's own words.
    pub info: String,
    /// The receipt's own time.
    pub at: jiff::Timestamp,
}

/// A parcel as shops see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ParcelView {
    /// Pickup number.
    #[schema(value_type = u64)]
    pub pickup: PickupNumber,
    /// Waybill, the text of the label.
    pub waybill: String,
    /// Where it is.
    pub state: &'static str,
    /// Smallest door.
    pub size: &'static str,
    /// Slip number, once ready.
    pub slip_no: Option<String>,
    /// Ticket, while it may be collected.
    pub ticket: Option<String>,
    /// Until when it can be collected.
    pub not_after: Option<jiff::Timestamp>,
    /// When it was collected.
    pub collected_at: Option<jiff::Timestamp>,
}

/// `GET /shop/v1/orders/{order_no}`: everything known of an order.
///
/// # Errors
/// [`ShopFault`]; 404 when the merchant has no such order.
#[utoipa::path(get, path = "/shop/v1/orders/{order_no}", tag = "Orders", operation_id = "show_order",
    params(("order_no" = String, Path, description = "The platform's order number")),
    responses((status = 200, description = "Every state of the order", body = OrderView), (status = 404)))]
pub async fn show(
    State(shop): State<Arc<Shop>>,
    Merchant(merchant): Merchant,
    Path(order_no): Path<String>,
) -> Result<Json<OrderView>, ShopFault> {
    let view = shop.app.store.read(move |conn| view(conn, &merchant, &order_no)).await?;
    Ok(Json(view))
}

/// The order `order_no` of a merchant.
///
/// # Errors
/// [`ShopFault`]; 404 when there is none.
pub fn view(conn: &Conn, merchant: &str, order_no: &str) -> Result<OrderView, ShopFault> {
    let kept = book::find(conn, merchant, order_no)?.ok_or_else(|| ShopFault::no_order(order_no))?;
    Ok(OrderView {
        declaration: declaration(conn, kept.id)?,
        parcel: parcels::by_order(conn, kept.id)?.map(parcel),
        applications: applications::of_order(conn, kept.id)?,
        tax_bills: tax_bills::of_order(conn, kept.id)?,
        paybacks: payback::of_order(conn, kept.id)?,
        sandbox: sandbox::is(conn),
        order_no: order_no.to_owned(),
        state: kept.state.as_str(),
        verdict: kept.verdict,
        refund: kept.refund,
        placed_at: at(kept.placed_us)?,
        order_id: kept.id.to_string(),
    })
}

fn parcel(parcel: parcels::Parcel) -> ParcelView {
    let released = parcel.is_released();
    ParcelView {
        pickup: parcel.pickup,
        waybill: parcel.waybill,
        state: parcel.state.as_str(),
        size: parcel.size.as_str(),
        slip_no: parcel.slip_no,
        ticket: parcel.ticket.filter(|_| released),
        not_after: parcel.not_after,
        collected_at: parcel.collected_at,
    }
}

fn declaration(conn: &Conn, order_id: i64) -> Result<Option<DeclarationView>, ShopFault> {
    let row = conn
        .prepare_cached(
            "SELECT cop_no, state, pre_no, invt_no, tax_fen FROM declaration WHERE cell = {cell} AND order_id = ?1",
        )?
        .query_row([order_id], |row| {
            Ok(DeclarationView {
                cop_no: row.get(0)?,
                state: row.get(1)?,
                pre_no: row.get(2)?,
                invt_no: row.get(3)?,
                tax_fen: Money::from_fen(row.get(4)?),
                receipts: Vec::new(),
            })
        })
        .optional()?;
    let Some(mut view) = row else { return Ok(None) };
    view.receipts = last_receipts(conn, order_id)?;
    Ok(Some(view))
}

fn last_receipts(conn: &Conn, order_id: i64) -> Result<Vec<ReceiptView>, ShopFault> {
    let dictionary = dataset::codes(conn)?;
    let mut statement = conn.prepare_cached(
        "SELECT kind, status, info, at_us FROM receipt_record
         WHERE cell = {cell} AND order_id = ?1 ORDER BY cursor DESC, position DESC LIMIT 10",
    )?;
    let rows: Vec<(String, i32, String, i64)> = statement
        .query_map([order_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    let mut views = Vec::new();
    for (kind, status, info, at_us) in rows {
        let explained = dictionary.explain(Status::from_code(status), &info);
        views.push(ReceiptView {
            kind,
            status,
            cause: explained.cause.name(),
            message_zh: explained.zh,
            message_en: explained.en,
            info,
            at: at(at_us)?,
        });
    }
    Ok(views)
}
