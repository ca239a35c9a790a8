//! What follows a payment: the order is cleared as a shop's purchase is, or, when it cannot be, kept as cancelled with its
//! money due, which the job of the payment company takes back to the payer.

use std::sync::Arc;

use jiff::Timestamp;
use pickup_domain::order::{Order, OrderState, Payment};
use pickup_domain::review::Verdict;
use pickup_domain::{IdNumber, Reason, ReasonCode};
use serde_json::json;

use super::basket;
use super::pay::{self, Checkout, State};
use crate::clearing::ask::{Ask, payment_context};
use crate::clearing::batch::Outcome;
use crate::clearing::{ClearingError, payback};
use crate::db::Conn;
use crate::shop::{Shop, book};
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// Payment and order are not of the same person, amount or thing: somebody tells the shopper why it came to nothing.
const MISMATCH: [ReasonCode; 3] =
    [ReasonCode::PayerNotBuyer, ReasonCode::PaymentAmount, ReasonCode::DocumentsDiffer];

/// Clears the order of a payment that was made, or gives the money back. Asked again it changes nothing.
///
/// # Errors
/// [`ClearingError`] when neither could be written; it is to be tried again.
pub async fn settle(shop: &Arc<Shop>, one: &Checkout) -> Result<(), Arc<ClearingError>> {
    let secrets = &shop.app.secrets;
    let Some(payment) = one.payment(secrets).map_err(failed)? else { return Ok(()) };
    let order = one.order(secrets).map_err(failed)?;
    let merchant = shop.app.config.phone.merchant.clone();
    let (id, out_no) = (one.basket, one.out_no.clone());
    let claim = move |tx: &Conn| basket::claim(tx, id, &out_no);
    // Nobody waits for the order of a basket that was paid before, or that was deleted.
    if !shop.app.store.write(claim).await.map_err(failed)? {
        return give_back(shop, one, order, payment, Vec::new()).await;
    }
    let Some(ask) = Ask::new(&shop.app, &merchant, order.clone(), payment.clone()).map_err(Arc::new)? else {
        return give_back(shop, one, order, payment, Vec::new()).await;
    };
    match shop.clearer.clear(ask).await? {
        Outcome::Cleared(answer) | Outcome::Again(answer) => cleared(shop, one, &answer).await,
        Outcome::Refused(reasons) => give_back(shop, one, order, payment, reasons).await,
        Outcome::OrderNoTaken
        | Outcome::TransactionTaken
        | Outcome::PaidOtherwise
        | Outcome::NotPayable(_)
        | Outcome::Later => give_back(shop, one, order, payment, Vec::new()).await,
    }
}

async fn cleared(shop: &Arc<Shop>, one: &Checkout, answer: &str) -> Result<(), Arc<ClearingError>> {
    let answer: serde_json::Value =
        serde_json::from_str(answer).map_err(|e| failed(StoreError::unreadable("a clearing's answer", e)))?;
    let id = answer.get("order_id").and_then(serde_json::Value::as_str).and_then(|id| id.parse::<i64>().ok());
    let id = id.ok_or_else(|| failed(StoreError::unreadable("a clearing's answer", "no order_id")))?;
    let (one, now) = (one.clone(), shop.app.now());
    let write = move |tx: &Conn| {
        if pay::end(tx, &one.out_no, State::Cleared, "[]")? {
            basket::became(tx, one.basket, &one.out_no, id, now)?;
        }
        Ok::<_, StoreError>(())
    };
    shop.app.store.write(write).await.map_err(failed)
}

/// Keeps the order as cancelled, with what was paid due to the payer.
async fn give_back(
    shop: &Arc<Shop>,
    one: &Checkout,
    order: Order,
    payment: Payment,
    reasons: Vec<Reason>,
) -> Result<(), Arc<ClearingError>> {
    let (writer, one) = (Arc::clone(shop), one.clone());
    let write = move |tx: &Conn| -> Result<(), ClearingError> {
        let told = serde_json::to_string(&reasons).map_err(|e| StoreError::unreadable("reasons", e))?;
        if pay::end(tx, &one.out_no, State::GivenBack, &told)? {
            basket::free(tx, one.basket, &one.out_no)?;
            keep_cancelled(tx, &writer, &order, &payment, reasons, writer.app.now())?;
        }
        Ok(())
    };
    shop.app.store.write(write).await.map_err(Arc::new)
}

fn keep_cancelled(
    tx: &Conn,
    shop: &Shop,
    order: &Order,
    payment: &Payment,
    reasons: Vec<Reason>,
    now: Timestamp,
) -> Result<(), ClearingError> {
    let used = "SELECT 1 FROM used_number WHERE (number = ?1 AND kind = 'order') OR (number = ?2 AND kind = 'payment')";
    if tx.prepare_cached(used)?.exists((&order.order_no, &payment.transaction_id))? {
        // Not to happen: the company gave a number twice. Whose money it is, a person must find out.
        let body = json!({ "order_no": order.order_no, "transaction": payment.transaction_id,
            "amount_fen": payment.amount_fen, "why": "the number of the payment was used before" });
        let entity = format!("checkout/{}", order.order_no);
        return Ok(tasks::raise(tx, now, Task::Payback, &entity, None, &body)?);
    }
    let verdict = Verdict { reasons, ..book::judge(tx, shop, order, now, true)? };
    let id = tx.next_serial()?;
    write_cancelled(tx, shop, id, order, payment, &verdict, now)?;
    payback::due(tx, &format!("order/{id}"), id, payment.amount_fen, now)?;
    let actor = format!("shop:{}", shop.app.config.phone.merchant);
    let codes: Vec<&str> = verdict.reasons.iter().map(|reason| reason.code.as_str()).collect();
    let body = json!({ "order_no": order.order_no, "total_fen": order.total_fen, "reasons": codes });
    let state = OrderState::Cancelled.as_str();
    let mismatched = verdict.reasons.iter().any(|reason| MISMATCH.contains(&reason.code));
    if mismatched {
        let what = json!({ "why": codes, "transaction": payment.transaction_id,
            "amount_fen": payment.amount_fen });
        tasks::raise(tx, now, Task::Mismatch, &id.to_string(), Some(id), &what)?;
    }
    let change = Change { actor: &actor, kind: Kind::Order, entity: &id.to_string(), state, body };
    Ok(trail::append(tx, now, &change)?)
}

fn write_cancelled(
    tx: &Conn,
    shop: &Shop,
    id: i64,
    order: &Order,
    payment: &Payment,
    verdict: &Verdict,
    now: Timestamp,
) -> Result<(), ClearingError> {
    let (secrets, merchant) = (&shop.app.secrets, &shop.app.config.phone.merchant);
    for (number, kind) in [(&order.order_no, "order"), (&payment.transaction_id, "payment")] {
        tx.execute(
            "INSERT INTO used_number (number, kind, cell, order_id) VALUES (?1, ?2, {cell}, ?3)",
            (number, kind, id),
        )?;
    }
    let buyer = order.buyer.id_number.0.parse::<IdNumber>().map(|buyer| secrets.buyer_key(&buyer));
    tx.execute(
        "INSERT INTO orders (cell, id, merchant, order_no, buyer_key, centre, total_fen, state, refund, placed_us)
         VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6, 'cancelled', 'due', ?7)",
        (
            id,
            merchant,
            &order.order_no,
            buyer.unwrap_or_default(),
            order.centre,
            order.total_fen.fen(),
            us(now),
        ),
    )?;
    let plain = serde_json::to_vec(payment).map_err(|e| StoreError::unreadable("a payment", e))?;
    let text = serde_json::to_string(verdict).map_err(|e| StoreError::unreadable("a verdict", e))?;
    let app = &shop.app;
    tx.execute(
        "INSERT INTO dossier (cell, order_id, digest, body, verdict, transaction_id, payment_digest, payment)
         VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (
            id,
            book::digest(app, "order-body", order)?,
            book::seal(secrets, merchant, order)?,
            text,
            &payment.transaction_id,
            book::digest(app, "payment-body", payment)?,
            secrets.seal(&payment_context(merchant, &order.order_no), &plain)?,
        ),
    )?;
    Ok(())
}

fn failed(cause: StoreError) -> Arc<ClearingError> {
    Arc::new(cause.into())
}
