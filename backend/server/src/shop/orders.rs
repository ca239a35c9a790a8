//! Placing and paying orders.

use std::sync::Arc;

use crate::db::Conn;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use pickup_domain::order::{Order, OrderState, Payment};
use pickup_domain::review::Verdict;
use pickup_domain::{IdNumber, Money, Reason, ReasonCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::clearing::ask::Ask;
use crate::clearing::batch::Outcome;
use crate::error::{Body, Fault};
use crate::shop::auth::Merchant;
use crate::shop::fault::ShopFault;
use crate::shop::{Shop, book};
use crate::store::StoreError;
use crate::time::us;
use crate::trail::{self, Change, Kind};

type Answer<T> = Result<(StatusCode, Json<T>), ShopFault>;

/// An order that is kept and waits for its payment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderPlaced {
    /// Our id.
    pub order_id: String,
    /// The platform's number.
    pub order_no: String,
    /// `placed`.
    pub state: String,
    /// The verdict with the tax of each line.
    pub verdict: Verdict,
}

/// An order that is paid, held for and declared.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OrderCleared {
    /// Our id.
    pub order_id: String,
    /// The platform's number.
    pub order_no: String,
    /// `cleared`.
    pub state: String,
    /// Our number of the declaration.
    pub cop_no: String,
    /// Waybill, the text of the parcel's label.
    pub waybill: String,
    /// Pickup number.
    pub pickup: i64,
    /// Tax declared.
    pub tax_fen: Money,
}

/// `POST /shop/v1/orders`: keeps an order, which then waits for its payment.
///
/// # Errors
/// [`ShopFault`]: 422 with every reason, 409 when the number is taken by another order.
#[utoipa::path(post, path = "/shop/v1/orders", tag = "Orders", operation_id = "place_order", request_body = Order,
    responses((status = 201, description = "Kept; it waits for its payment", body = OrderPlaced),
        (status = 200, description = "The same was placed before", body = OrderPlaced),
        (status = 409), (status = 422)))]
pub async fn place(
    State(shop): State<Arc<Shop>>,
    merchant: Merchant,
    Body(order): Body<Order>,
) -> Answer<OrderPlaced> {
    let writer = Arc::clone(&shop);
    shop.app.store.write(move |tx| place_in(tx, &writer, &merchant, &order, writer.app.now())).await
}

fn place_in(
    tx: &Conn,
    shop: &Shop,
    merchant: &Merchant,
    order: &Order,
    now: Timestamp,
) -> Answer<OrderPlaced> {
    let digest = book::digest(&shop.app, "order-body", order)?;
    if let Some(kept) = book::find(tx, &merchant.0, &order.order_no)? {
        if kept.digest != digest {
            return Err(order_no_taken(&order.order_no));
        }
        return Ok((StatusCode::OK, Json(placed(kept.id, &order.order_no, kept.verdict))));
    }
    if book::taken_by_another(tx, &order.order_no)? {
        return Err(order_no_taken(&order.order_no));
    }
    let verdict = book::judge(tx, shop, order, now, false)?;
    let buyer = order.buyer.id_number.0.parse::<IdNumber>();
    let (Ok(buyer), true) = (buyer, verdict.reasons.is_empty()) else {
        return Err(ShopFault::refused(verdict.reasons));
    };
    let id = tx.next_serial()?;
    insert(tx, shop, merchant, order, (id, &digest), &shop.app.secrets.buyer_key(&buyer), &verdict, now)?;
    Ok((StatusCode::CREATED, Json(placed(id, &order.order_no, verdict))))
}

#[allow(clippy::too_many_arguments, reason = "a row has many columns")]
fn insert(
    tx: &Conn,
    shop: &Shop,
    merchant: &Merchant,
    order: &Order,
    (id, digest): (i64, &str),
    buyer_key: &str,
    verdict: &Verdict,
    now: Timestamp,
) -> Result<(), ShopFault> {
    tx.execute(
        "INSERT INTO used_number (number, kind, cell, order_id) VALUES (?1, 'order', {cell}, ?2)",
        (&order.order_no, id),
    )?;
    let state = OrderState::Placed.as_str();
    tx.prepare_cached(
        "INSERT INTO orders (cell, id, merchant, order_no, buyer_key, centre, total_fen, state, placed_us)
         VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute((
        id,
        &merchant.0,
        &order.order_no,
        buyer_key,
        order.centre,
        order.total_fen.fen(),
        state,
        us(now),
    ))?;
    let verdict = serde_json::to_string(verdict).map_err(|e| StoreError::unreadable("a verdict", e))?;
    let sealed = book::seal(&shop.app.secrets, &merchant.0, order)?;
    tx.execute(
        "INSERT INTO dossier (cell, order_id, digest, body, verdict) VALUES ({cell}, ?1, ?2, ?3, ?4)",
        (id, digest, sealed, verdict),
    )?;
    let body = json!({ "order_no": order.order_no, "merchant": merchant.0, "total_fen": order.total_fen });
    let change = Change { actor: &merchant.actor(), kind: Kind::Order, entity: &id.to_string(), state, body };
    trail::append(tx, now, &change)?;
    Ok(())
}

fn placed(id: i64, order_no: &str, verdict: Verdict) -> OrderPlaced {
    let state = OrderState::Placed.as_str().to_owned();
    OrderPlaced { order_id: id.to_string(), order_no: order_no.to_owned(), state, verdict }
}

/// `POST /shop/v1/orders/{order_no}/payment`: matches the documents and clears the order.
///
/// # Errors
/// [`ShopFault`]: 422 with every reason, 409 for another payment of the same order or a transaction used before.
#[utoipa::path(post, path = "/shop/v1/orders/{order_no}/payment", tag = "Orders", operation_id = "pay_order",
    params(("order_no" = String, Path, description = "The platform's order number")), request_body = Payment,
    responses((status = 201, description = "Paid, held for and declared", body = OrderCleared),
        (status = 200, description = "The same was done before", body = OrderCleared),
        (status = 404), (status = 409), (status = 422)))]
pub async fn pay(
    State(shop): State<Arc<Shop>>,
    merchant: Merchant,
    Path(order_no): Path<String>,
    Body(payment): Body<Payment>,
) -> Answer<OrderCleared> {
    let (reader, of, number) = (Arc::clone(&shop), merchant.0.clone(), order_no.clone());
    let found = shop.app.store.read(move |conn| -> Result<_, ShopFault> {
        let kept = book::find(conn, &of, &number)?.ok_or_else(|| ShopFault::no_order(&number))?;
        let order = book::unseal(&reader.app.secrets, &of, &number, &kept.sealed)?;
        Ok((kept.id, order))
    });
    let (id, order) = found.await?;
    let ask = Ask::paying(&shop.app, &merchant.0, id, order.clone(), payment.clone())?;
    settle(&shop, ask, &order, &payment).await
}

/// An order together with its payment.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Purchase {
    /// The order.
    pub order: Order,
    /// Its payment.
    pub payment: Payment,
}

/// `POST /shop/v1/purchases`: an order with its payment, cleared in one moment or refused with every reason.
///
/// # Errors
/// As [`place`] and [`pay`]; what is refused is not kept.
#[utoipa::path(post, path = "/shop/v1/purchases", tag = "Orders", operation_id = "purchase", request_body = Purchase,
    responses((status = 201, description = "Paid, held for and declared", body = OrderCleared),
        (status = 200, description = "The same was done before", body = OrderCleared),
        (status = 409), (status = 422)))]
pub async fn purchase(
    State(shop): State<Arc<Shop>>,
    merchant: Merchant,
    Body(Purchase { order, payment }): Body<Purchase>,
) -> Answer<OrderCleared> {
    let ask = Ask::new(&shop.app, &merchant.0, order.clone(), payment.clone())?;
    settle(&shop, ask, &order, &payment).await
}

async fn settle(
    shop: &Arc<Shop>,
    ask: Option<Ask>,
    order: &Order,
    payment: &Payment,
) -> Answer<OrderCleared> {
    let Some(ask) = ask else {
        let (reader, order) = (Arc::clone(shop), order.clone());
        let judge = move |conn: &Conn| book::judge(conn, &reader, &order, reader.app.now(), false);
        return Err(ShopFault::refused(shop.app.store.read(judge).await?.reasons));
    };
    let outcome = shop.clearer.clear(ask).await.map_err(|cause| ShopFault::from(Fault::internal(&*cause)))?;
    match outcome {
        Outcome::Cleared(answer) => Ok((StatusCode::CREATED, Json(read(&answer)?))),
        Outcome::Again(answer) => Ok((StatusCode::OK, Json(read(&answer)?))),
        Outcome::Refused(reasons) => Err(ShopFault::refused(reasons)),
        Outcome::OrderNoTaken => Err(order_no_taken(&order.order_no)),
        Outcome::TransactionTaken => Err(transaction_taken(&payment.transaction_id).into()),
        Outcome::PaidOtherwise | Outcome::Later => Err(Fault::conflict().into()),
        Outcome::NotPayable(state) => Err(not_payable(&order.order_no, state).into()),
    }
}

fn read(answer: &str) -> Result<OrderCleared, StoreError> {
    serde_json::from_str(answer).map_err(|e| StoreError::unreadable("clearing.answer", e))
}

fn order_no_taken(order_no: &str) -> ShopFault {
    let reason = Reason::new(ReasonCode::OrderNoTaken).field("order_no").values("", order_no);
    ShopFault::Refused(StatusCode::CONFLICT, vec![reason])
}

fn not_payable(order_no: &str, state: OrderState) -> Fault {
    Fault::new(
        StatusCode::CONFLICT,
        "ORDER_NOT_PAYABLE",
        format!("订单{order_no}当前状态为{}，不能支付。", state.as_str()),
        format!("The order {order_no} is {} and takes no payment.", state.as_str()),
    )
}

fn transaction_taken(id: &str) -> Fault {
    Fault::new(
        StatusCode::CONFLICT,
        "PAYMENT_TRANSACTION_TAKEN",
        format!("支付流水号{id}已用于另一份订单。"),
        format!("The payment number {id} was used for another order."),
    )
}
