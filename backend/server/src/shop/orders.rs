//! Placing and paying orders.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use pickup_domain::order::{Order, OrderState, Payment};
use pickup_domain::{IdNumber, Reason, ReasonCode};
use rusqlite::Transaction;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clearing::{self, Outcome};
use crate::error::{Body, Fault};
use crate::shop::auth::Merchant;
use crate::shop::fault::ShopFault;
use crate::shop::{Shop, book};
use crate::store::StoreError;
use crate::time::us;
use crate::trail::{self, Change, Kind};

type Answer = Result<(StatusCode, Json<Value>), ShopFault>;

/// `POST /shop/v1/orders`.
///
/// # Errors
/// [`ShopFault`]: 422 with every reason, 409 when the number is taken by another order.
pub async fn place(State(shop): State<Arc<Shop>>, merchant: Merchant, Body(order): Body<Order>) -> Answer {
    let writer = Arc::clone(&shop);
    shop.app.store.write(move |tx| place_in(tx, &writer, &merchant, &order, writer.app.now())).await
}

fn place_in(tx: &Transaction<'_>, shop: &Shop, merchant: &Merchant, order: &Order, now: Timestamp) -> Answer {
    let digest = book::digest(&shop.app, "order-body", order)?;
    if let Some(kept) = book::find(tx, &merchant.0, &order.order_no)? {
        if kept.digest != digest {
            let reason = Reason::new(ReasonCode::OrderNoTaken).field("order_no").values("", &order.order_no);
            return Err(ShopFault::Refused(StatusCode::CONFLICT, vec![reason]));
        }
        return Ok((StatusCode::OK, Json(placed(&kept.id, &order.order_no, &kept.verdict)?)));
    }
    if book::taken_by_another(tx, &order.order_no)? {
        let reason = Reason::new(ReasonCode::OrderNoTaken).field("order_no").values("", &order.order_no);
        return Err(ShopFault::Refused(StatusCode::CONFLICT, vec![reason]));
    }
    let verdict = book::judge(tx, shop, order, now, false)?;
    let buyer = order.buyer.id_number.0.parse::<IdNumber>();
    let (Ok(buyer), true) = (buyer, verdict.reasons.is_empty()) else {
        return Err(ShopFault::refused(verdict.reasons));
    };
    let id = Uuid::now_v7().to_string();
    let plain = serde_json::to_vec(order).map_err(|e| StoreError::unreadable("an order", e))?;
    let verdict_json = serde_json::to_string(&verdict).map_err(|e| StoreError::unreadable("a verdict", e))?;
    tx.prepare_cached(
        "INSERT INTO orders (id, merchant, order_no, body_digest, body, buyer_key, centre, total_fen, state, verdict,
            placed_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'placed', ?9, ?10)",
    )?
    .execute((
        &id,
        &merchant.0,
        &order.order_no,
        digest,
        shop.app.secrets.seal(&book::context(&id), &plain)?,
        shop.app.secrets.buyer_key(&buyer),
        order.centre,
        order.total_fen.fen(),
        verdict_json,
        us(now),
    ))?;
    let body = json!({ "order_no": order.order_no, "merchant": merchant.0, "total_fen": order.total_fen });
    let state = OrderState::Placed.as_str();
    trail::append(
        tx,
        now,
        &Change { actor: &merchant.actor(), kind: Kind::Order, entity: &id, state, body },
    )?;
    Ok((StatusCode::CREATED, Json(placed(&id, &order.order_no, &verdict)?)))
}

fn placed(id: &str, order_no: &str, verdict: &pickup_domain::review::Verdict) -> Result<Value, StoreError> {
    let verdict = serde_json::to_value(verdict).map_err(|e| StoreError::unreadable("a verdict", e))?;
    Ok(
        json!({ "order_id": id, "order_no": order_no, "state": OrderState::Placed.as_str(), "verdict": verdict }),
    )
}

/// `POST /shop/v1/orders/{order_no}/payment`: matches the documents and clears the order.
///
/// # Errors
/// [`ShopFault`]: 422 with every reason, 409 for another payment of the same order or a transaction used before.
pub async fn pay(
    State(shop): State<Arc<Shop>>,
    merchant: Merchant,
    Path(order_no): Path<String>,
    Body(payment): Body<Payment>,
) -> Answer {
    let writer = Arc::clone(&shop);
    let answer = shop
        .app
        .store
        .write(move |tx| pay_in(tx, &writer, &merchant, &order_no, &payment, writer.app.now()))
        .await?;
    shop.outbox.notify_one();
    Ok(answer)
}

fn pay_in(
    tx: &Transaction<'_>,
    shop: &Shop,
    merchant: &Merchant,
    order_no: &str,
    payment: &Payment,
    now: Timestamp,
) -> Answer {
    let kept = book::find(tx, &merchant.0, order_no)?.ok_or_else(|| ShopFault::no_order(order_no))?;
    let digest = book::digest(&shop.app, "payment-body", payment)?;
    if let Some(answer) = clearing::earlier_answer(tx, &kept.id, &digest)? {
        return answer.map_or_else(|| Err(Fault::conflict().into()), |a| Ok((StatusCode::OK, Json(a))));
    }
    if kept.state != OrderState::Placed {
        return Err(not_payable(order_no, kept.state).into());
    }
    if clearing::transaction_used(tx, &payment.transaction_id)? {
        return Err(transaction_taken(&payment.transaction_id).into());
    }
    let order = book::unseal(&shop.app.secrets, &kept.id, &kept.sealed)?;
    let asked =
        clearing::Asked { order_id: &kept.id, actor: &merchant.actor(), order: &order, payment, digest };
    match clearing::clear(tx, shop, &asked, now)? {
        Outcome::Cleared(answer) => Ok((StatusCode::CREATED, Json(answer))),
        Outcome::Refused(reasons) => Err(ShopFault::refused(reasons)),
    }
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
