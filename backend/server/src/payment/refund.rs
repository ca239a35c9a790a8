//! Takes money that goes back to buyers to the payment company: `due → requested → done | failed`, each under a number of its
//! own, so that a crash anywhere and any number of tries pay it once.

use std::sync::Arc;

use jiff::Timestamp;
use pickup_domain::Money;
use serde_json::json;

use super::{Company, CompanyError, RefundAsk, RefundState, next_try};
use crate::db::Conn;
use crate::shop::Shop;
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// A payback on its way.
#[derive(Clone, Debug)]
struct Due {
    id: String,
    order_id: i64,
    ask: RefundAsk,
    state: String,
    attempts: i64,
}

/// Asks the company for everything that is due; paybacks that came to an end.
///
/// # Errors
/// [`StoreError`] of our own database. That the company does not answer is not an error: it is asked again.
pub async fn all_due(shop: &Arc<Shop>, company: &dyn Company) -> Result<usize, StoreError> {
    let mut ended = 0;
    loop {
        let now = us(shop.app.now());
        let due = shop.app.store.read(move |conn| due(conn, now)).await?;
        if due.is_empty() {
            return Ok(ended);
        }
        for one in due {
            let (noted, now) = (one.clone(), shop.app.now());
            // On the disk before the company hears of it.
            if !shop.app.store.write(move |tx| note(tx, &noted, now)).await? {
                // A person has paid it back meanwhile.
                continue;
            }
            let answer = company.refund(&one.ask).await;
            ended += usize::from(matches!(answer, Ok(RefundState::Done | RefundState::Refused(_))));
            let (now, config) = (shop.app.now(), &shop.app.config.payment);
            let patience = (config.retry_ms, config.tell_after);
            shop.app.store.write(move |tx| settle(tx, &one, &answer, now, patience)).await?;
        }
    }
}

fn due(conn: &Conn, now_us: i64) -> Result<Vec<Due>, StoreError> {
    let cell = conn.cell();
    Ok(conn
        .prepare_cached(
            "SELECT p.id, p.order_id, p.amount_fen, p.state, b.transaction_id, COALESCE(t.attempts, 0) FROM payback p
             JOIN dossier b ON b.cell = p.cell AND b.order_id = p.order_id
             LEFT JOIN payback_try t ON t.cell = p.cell AND t.id = p.id
             WHERE p.cell = {cell} AND p.state IN ('due', 'requested') AND b.transaction_id IS NOT NULL
                AND COALESCE(t.next_us, 0) <= ?1
             ORDER BY p.id LIMIT 50",
        )?
        .query_map([now_us], |row| {
            let id: String = row.get(0)?;
            let number = format!("R{cell}-{}", id.replace('/', "-"));
            let ask = RefundAsk { number, transaction: row.get(4)?, amount: Money::from_fen(row.get(2)?) };
            Ok(Due { id, order_id: row.get(1)?, ask, state: row.get(3)?, attempts: row.get(5)? })
        })?
        .collect::<Result<_, _>>()?)
}

/// Notes that the company is about to be asked; `false` when it need not be any more.
fn note(tx: &Conn, one: &Due, now: Timestamp) -> Result<bool, StoreError> {
    let state: String = tx
        .prepare_cached("SELECT state FROM payback WHERE cell = {cell} AND id = ?1")?
        .query_row([&one.id], |row| row.get(0))?;
    if state != one.state {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO payback_try (cell, id, number, next_us) VALUES ({cell}, ?1, ?2, ?3)
         ON CONFLICT (cell, id) DO NOTHING",
        (&one.id, &one.ask.number, us(now)),
    )?;
    if one.state != "requested" {
        set(tx, one, "requested", now, "")?;
    }
    Ok(true)
}

fn settle(
    tx: &Conn,
    one: &Due,
    answer: &Result<RefundState, CompanyError>,
    now: Timestamp,
    (retry_ms, tell_after): (u32, u32),
) -> Result<(), StoreError> {
    let said = match answer {
        Ok(RefundState::Done) => {
            // All of the order's money, or that of a return.
            tx.execute(
                "UPDATE orders SET refund = 'done' WHERE cell = {cell} AND id = ?1 AND refund = 'due' AND ?2 = ?3",
                (one.order_id, &one.id, format!("order/{}", one.order_id)),
            )?;
            tasks::settle_of_entity(tx, now, Task::Payback, &one.id, "system", "paid back")?;
            return set(tx, one, "done", now, "");
        }
        Ok(RefundState::Refused(why)) => {
            raise(tx, one, now, why)?;
            return set(tx, one, "failed", now, why);
        }
        Ok(RefundState::Pending) => "pending".to_owned(),
        Err(error) => {
            tracing::warn!(payback = one.id, %error, "a refund is asked for again");
            if one.attempts.saturating_add(1) >= i64::from(tell_after) {
                raise(tx, one, now, &error.to_string())?;
            }
            error.to_string()
        }
    };
    let next = next_try(now, retry_ms, one.attempts);
    tx.execute(
        "UPDATE payback_try SET attempts = attempts + 1, next_us = ?2, said = ?3 WHERE cell = {cell} AND id = ?1",
        (&one.id, us(next), said),
    )?;
    Ok(())
}

fn raise(tx: &Conn, one: &Due, now: Timestamp, why: &str) -> Result<(), StoreError> {
    let body = json!({ "number": one.ask.number, "amount_fen": one.ask.amount, "why": why });
    tasks::raise(tx, now, Task::Payback, &one.id, Some(one.order_id), &body)
}

fn set(tx: &Conn, one: &Due, state: &str, now: Timestamp, why: &str) -> Result<(), StoreError> {
    let sql = "UPDATE payback SET state = ?2 WHERE cell = {cell} AND id = ?1";
    tx.execute(sql, (&one.id, state))?;
    let body =
        json!({ "order": one.order_id, "amount_fen": one.ask.amount, "number": one.ask.number, "why": why });
    trail::append(tx, now, &Change { actor: "system", kind: Kind::Payback, entity: &one.id, state, body })
}
