//! Has the payment company declare payments to customs (CEB411), where it does so only when asked: one declaration an order,
//! `due → submitted → accepted | rejected`, asked again until it is accepted, once anew when it was rejected.

use std::sync::Arc;

use jiff::Timestamp;
use pickup_domain::Money;
use serde_json::json;

use super::{Company, CompanyError, DeclareAsk, DeclareState, next_try};
use crate::db::Conn;
use crate::shop::Shop;
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// A payment to be declared.
#[derive(Clone, Debug)]
struct Due {
    order_id: i64,
    order_no: String,
    transaction: String,
    amount: Money,
    state: String,
    attempts: i64,
}

/// Asks for everything that is due or still on its way; declarations that came to an end.
///
/// # Errors
/// [`StoreError`] of our own database. That the company does not answer is not an error: it is asked again.
pub async fn all_due(shop: &Arc<Shop>, company: &dyn Company) -> Result<usize, StoreError> {
    let now = us(shop.app.now());
    shop.app.store.write(move |tx| adopt(tx, now)).await?;
    let mut ended = 0;
    loop {
        let now = us(shop.app.now());
        let due = shop.app.store.read(move |conn| due(conn, now)).await?;
        if due.is_empty() {
            return Ok(ended);
        }
        for one in due {
            let ask = DeclareAsk {
                order_no: one.order_no.clone(),
                transaction: one.transaction.clone(),
                amount: one.amount,
                platform: shop.data.operator.platform.code.clone(),
                customs: shop.app.config.payment.customs.clone(),
            };
            let answer = company.declare(&ask).await;
            ended += usize::from(matches!(answer, Ok(DeclareState::Accepted | DeclareState::Rejected(_))));
            let (now, config) = (shop.app.now(), &shop.app.config.payment);
            let patience = (config.retry_ms, config.tell_after);
            shop.app.store.write(move |tx| settle(tx, &one, &answer, now, patience)).await?;
        }
    }
}

/// Takes up orders that were cleared since.
fn adopt(tx: &Conn, now_us: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO pay_declaration (cell, order_id, state, next_us)
         SELECT o.cell, o.id, 'due', ?1 FROM orders o WHERE o.cell = {cell} AND o.state = 'cleared'
            AND NOT EXISTS (SELECT 1 FROM pay_declaration p WHERE p.cell = o.cell AND p.order_id = o.id)
         ORDER BY o.id LIMIT 500",
        [now_us],
    )?;
    Ok(())
}

fn due(conn: &Conn, now_us: i64) -> Result<Vec<Due>, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT p.order_id, o.order_no, b.transaction_id, o.total_fen, p.state, p.attempts FROM pay_declaration p
             JOIN orders o ON o.cell = p.cell AND o.id = p.order_id
             JOIN dossier b ON b.cell = p.cell AND b.order_id = p.order_id
             WHERE p.cell = {cell} AND p.state IN ('due', 'submitted') AND p.next_us <= ?1
                AND b.transaction_id IS NOT NULL
             ORDER BY p.order_id LIMIT 50",
        )?
        .query_map([now_us], |row| {
            Ok(Due {
                order_id: row.get(0)?,
                order_no: row.get(1)?,
                transaction: row.get(2)?,
                amount: Money::from_fen(row.get(3)?),
                state: row.get(4)?,
                attempts: row.get(5)?,
            })
        })?
        .collect::<Result<_, _>>()?)
}

fn settle(
    tx: &Conn,
    one: &Due,
    answer: &Result<DeclareState, CompanyError>,
    now: Timestamp,
    (retry_ms, tell_after): (u32, u32),
) -> Result<(), StoreError> {
    let (state, said) = match answer {
        Ok(DeclareState::Submitted) => ("submitted", String::new()),
        Ok(DeclareState::Accepted) => ("accepted", String::new()),
        Ok(DeclareState::Rejected(why)) => ("rejected", why.clone()),
        Err(error) => (one.state.as_str(), error.to_string()),
    };
    let next = next_try(now, retry_ms, one.attempts);
    tx.execute(
        "UPDATE pay_declaration SET state = ?2, attempts = attempts + 1, next_us = ?3, said = ?4
         WHERE cell = {cell} AND order_id = ?1",
        (one.order_id, state, us(next), &said),
    )?;
    let entity = one.order_id.to_string();
    let given_up = answer.is_err() && one.attempts.saturating_add(1) >= i64::from(tell_after);
    if state == "rejected" || given_up {
        let body = json!({ "order_no": one.order_no, "why": said });
        tasks::raise(tx, now, Task::PaymentDeclaration, &entity, Some(one.order_id), &body)?;
    }
    if state == "accepted" {
        tasks::settle_of_entity(tx, now, Task::PaymentDeclaration, &entity, "system", "accepted by customs")?;
    }
    if state == one.state {
        return Ok(());
    }
    let body = json!({ "why": said });
    let kind = Kind::PaymentDeclaration;
    trail::append(tx, now, &Change { actor: "system", kind, entity: &entity, state, body })
}

/// Has rejected declarations sent again, after a person saw to the reason: their orders, how many were taken.
///
/// # Errors
/// [`StoreError`]; a company that does not answer is told in the log.
pub async fn redeclare(shop: &Arc<Shop>, company: &dyn Company) -> Result<usize, StoreError> {
    let rejected: Vec<(i64, String)> = shop
        .app
        .store
        .read(|conn| {
            let sql = "SELECT p.order_id, o.order_no FROM pay_declaration p
                JOIN orders o ON o.cell = p.cell AND o.id = p.order_id
                WHERE p.cell = {cell} AND p.state = 'rejected' ORDER BY p.order_id";
            let mut statement = conn.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok::<_, StoreError>(rows.collect::<Result<_, _>>()?)
        })
        .await?;
    let mut taken = 0;
    for (order_id, order_no) in rejected {
        if let Err(error) = company.redeclare(&order_no).await {
            tracing::warn!(order = order_id, %error, "a payment was not declared anew");
            continue;
        }
        let now = us(shop.app.now());
        let sql = "UPDATE pay_declaration SET state = 'submitted', next_us = ?2 WHERE cell = {cell} AND order_id = ?1";
        shop.app.store.write(move |tx| Ok::<_, StoreError>(tx.execute(sql, (order_id, now))?)).await?;
        taken += 1;
    }
    Ok(taken)
}
