//! The shopper's ticket: its text and its QR code.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use pickup_protocol::number::grouped;
use pickup_protocol::{PickupNumber, TypedNumber};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Fault;
use crate::parcels::{self, Parcel};
use crate::shop::auth::Merchant;
use crate::shop::fault::ShopFault;
use crate::shop::{Shop, book};

/// What the shopper shows at the kiosk.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TicketView {
    /// The text of the QR code.
    pub ticket: String,
    /// Pickup number.
    #[schema(value_type = u64)]
    pub pickup: PickupNumber,
    /// The number that can be typed at the kiosk where the code does not scan, in groups.
    pub number: String,
    /// Slip number.
    pub slip_no: Option<String>,
    /// Until when it can be collected.
    pub not_after: Option<Timestamp>,
}

/// `GET /shop/v1/orders/{order_no}/ticket`: what the shopper shows at the kiosk.
///
/// # Errors
/// [`ShopFault`]; 409 while there is no ticket.
#[utoipa::path(get, path = "/shop/v1/orders/{order_no}/ticket", tag = "Orders", operation_id = "show_ticket",
    params(("order_no" = String, Path, description = "The platform's order number")),
    responses((status = 200, description = "The ticket", body = TicketView), (status = 404), (status = 409)))]
pub async fn text(
    State(shop): State<Arc<Shop>>,
    Merchant(merchant): Merchant,
    Path(order_no): Path<String>,
) -> Result<Json<TicketView>, ShopFault> {
    let (parcel, ticket) = ticket_of(shop, merchant, order_no).await?;
    let Parcel { pickup, slip_no, not_after, .. } = parcel;
    let number = grouped(&TypedNumber::of(&ticket, pickup).to_string());
    Ok(Json(TicketView { ticket, pickup, number, slip_no, not_after }))
}

/// `GET /shop/v1/orders/{order_no}/ticket.svg`: the same as a QR code.
///
/// # Errors
/// [`ShopFault`]; 409 while there is no ticket.
#[utoipa::path(get, path = "/shop/v1/orders/{order_no}/ticket.svg", tag = "Orders", operation_id = "draw_ticket",
    params(("order_no" = String, Path, description = "The platform's order number")),
    responses((status = 200, description = "The ticket as a QR code", content_type = "image/svg+xml", body = String),
        (status = 404), (status = 409)))]
pub async fn qr(
    State(shop): State<Arc<Shop>>,
    Merchant(merchant): Merchant,
    Path(order_no): Path<String>,
) -> Result<Response, ShopFault> {
    let (_, ticket) = ticket_of(shop, merchant, order_no).await?;
    let headers = [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "no-store")];
    Ok((headers, drawing(&ticket)?).into_response())
}

/// A QR code of upper-case letters and digits, error correction M, with the quiet zone of the standard.
///
/// # Errors
/// [`Fault`] when the text does not fit a QR code.
pub fn drawing(text: &str) -> Result<String, Fault> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|e| Fault::internal(&e))?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(360, 360).quiet_zone(true).build())
}

async fn ticket_of(
    shop: Arc<Shop>,
    merchant: String,
    order_no: String,
) -> Result<(Parcel, String), ShopFault> {
    shop.app
        .store
        .read(move |conn| {
            let order =
                book::find(conn, &merchant, &order_no)?.ok_or_else(|| ShopFault::no_order(&order_no))?;
            let parcel = parcels::by_order(conn, order.id)?.filter(Parcel::is_released);
            let ticket = parcel.as_ref().and_then(|p| p.ticket.clone());
            Ok(parcel.zip(ticket).ok_or_else(not_yet)?)
        })
        .await
}

fn not_yet() -> Fault {
    Fault::new(
        StatusCode::CONFLICT,
        "NO_TICKET",
        "这份订单现在没有提货码：海关尚未放行，或订单已取消。",
        "There is no ticket for this order: customs has not released it, or it was cancelled.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_drawn_as_a_qr_code() {
        let drawing = drawing(&format!("BP1{}", "A0".repeat(66))).unwrap();
        assert!(drawing.contains("<svg") && drawing.len() > 1_000);
    }
}
