//! The upload of payment data: built and signed once, kept, and sent byte for byte until customs answers.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use pickup_customs::Guid;
use pickup_domain::china_time;
use pickup_domain::order::{Order, Payment};
use serde_json::{Value, json};
use uuid::Uuid;

use super::PlatData;
use super::ask::DONE;
use super::raw::{self, Raw};
use super::text::{Facts, OrderFacts, Payee, Pieces, form};
use crate::clearing::ask::payment_context;
use crate::clearing::outbox;
use crate::db::{Conn, OptionalExt as _};
use crate::shop::{Shop, book};
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::{self, us};
use crate::trail::{self, Change, Kind};

/// Customs wants its answer within this time; later a person is told, while it is tried on.
pub const DEADLINE: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_WAIT_MS: u32 = 60_000;

/// A query that waits for its upload.
#[derive(Clone, Debug)]
struct Open {
    session: String,
    order_id: i64,
    order_no: String,
    asked_us: i64,
    attempts: i64,
    kept: Option<Vec<u8>>,
}

/// What became of a try.
enum Tried {
    /// Customs has it.
    Taken(String),
    /// It may or may not have arrived: the same bytes go again.
    Unknown(String),
    /// Customs does not take it so, or it cannot be made yet: it is made anew.
    Not(String),
}

/// Uploads everything that is due; queries that were answered.
///
/// # Errors
/// [`StoreError`] of our own database. That customs does not take something is not an error: it is tried again.
pub async fn all_due(plat: &Arc<PlatData>) -> Result<usize, StoreError> {
    let mut taken = 0;
    loop {
        let due = next(plat).await?;
        if due.is_empty() {
            break;
        }
        // Together: one that hangs must not cost another its deadline.
        let tries = due.iter().map(|open| try_one(plat, open));
        for (tried, open) in futures_util::future::join_all(tries).await.into_iter().zip(&due) {
            let tried = tried?;
            taken += usize::from(matches!(tried, Tried::Taken(_)));
            let (now, config, open) = (plat.now(), &plat.shop.app.config.plat_data, open.clone());
            let patience = (config.retry_ms, config.give_up_after_s);
            plat.shop.app.store.write(move |tx| settle(tx, &open, &tried, now, patience)).await?;
        }
    }
    Ok(taken)
}

async fn next(plat: &Arc<PlatData>) -> Result<Vec<Open>, StoreError> {
    let now = us(plat.now());
    plat.shop
        .app
        .store
        .read(move |conn| {
            Ok(conn
                .prepare_cached(
                    "SELECT session, order_id, order_no, asked_us, attempts, upload FROM pay_query
                     WHERE cell = {cell} AND state = 'open' AND next_us <= ?1 ORDER BY next_us LIMIT 16",
                )?
                .query_map([now], |row| {
                    Ok(Open {
                        session: row.get(0)?,
                        order_id: row.get(1)?,
                        order_no: row.get(2)?,
                        asked_us: row.get(3)?,
                        attempts: row.get(4)?,
                        kept: row.get(5)?,
                    })
                })?
                .collect::<Result<_, _>>()?)
        })
        .await
}

async fn try_one(plat: &Arc<PlatData>, open: &Open) -> Result<Tried, StoreError> {
    let kept = open
        .kept
        .as_ref()
        .and_then(|sealed| outbox::open(&plat.shop.app.secrets, &context(&open.session), sealed).ok());
    let text = match kept {
        Some(text) => text,
        None => match made(plat, open).await? {
            Ok(text) => text,
            Err(why) => return Ok(Tried::Not(why)),
        },
    };
    Ok(send(plat, &String::from_utf8_lossy(&text)).await)
}

/// Builds, signs and keeps the upload; or why that cannot be done yet.
async fn made(plat: &Arc<PlatData>, open: &Open) -> Result<Result<Vec<u8>, String>, StoreError> {
    let (reader, wanted) = (Arc::clone(&plat.shop), open.clone());
    let facts = match plat.shop.app.store.read(move |conn| facts(conn, &reader, &wanted)).await {
        Ok(Some(facts)) => facts,
        Ok(None) => return Ok(Err("the shop has not given request and response of the payment".to_owned())),
        // One that cannot be read must not hold up the others.
        Err(error) => return Ok(Err(error.to_string())),
    };
    let pieces = Pieces::new(&open.session, &facts, plat.now().as_millisecond());
    let signature = match plat.signing.sign(pieces.to_sign().as_bytes()).await {
        Ok(signature) => STANDARD.encode(signature),
        Err(error) => return Ok(Err(error.to_string())),
    };
    let text = pieces.signed(&plat.signing.certificate().serial_hex(), &signature).into_bytes();
    let sealed = outbox::seal(&plat.shop.app.secrets, &context(&open.session), &text)
        .map_err(|error| StoreError::unreadable("an upload", error))?;
    let session = open.session.clone();
    plat.shop
        .app
        .store
        .write(move |tx| {
            let sql = "UPDATE pay_query SET upload = ?2 WHERE cell = {cell} AND session = ?1";
            tx.execute(sql, (&session, sealed))?;
            Ok::<_, StoreError>(())
        })
        .await?;
    Ok(Ok(text))
}

fn context(session: &str) -> String {
    format!("pay-query/{session}")
}

fn facts(conn: &Conn, shop: &Shop, open: &Open) -> Result<Option<Facts>, StoreError> {
    let Some((order, payment)) = dossier(conn, shop, &open.order_no)? else { return Ok(None) };
    let Some(raw) = raw::find(conn, &shop.app.secrets, &payment.transaction_id)? else { return Ok(None) };
    let mut orders = vec![order_facts(shop, &order)];
    for order_no in raw.order_nos.iter().filter(|number| **number != open.order_no) {
        if let Some((order, _)) = dossier(conn, shop, order_no)? {
            orders.push(order_facts(shop, &order));
        }
    }
    Ok(Some(put_together(shop, raw, &payment, orders)))
}

fn put_together(shop: &Shop, raw: Raw, payment: &Payment, orders: Vec<OrderFacts>) -> Facts {
    let (config, platform) = (&shop.app.config.plat_data, &shop.data.operator.platform);
    let or = |given: &String, other: &String| if given.is_empty() { other.clone() } else { given.clone() };
    Facts {
        guid: Guid::from_bytes(Uuid::now_v7().into_bytes()).to_string(),
        request: raw.request,
        response: raw.response,
        platform: platform.code.clone(),
        pay_code: payment.pay_code.clone(),
        transaction: payment.transaction_id.clone(),
        total: raw.total_fen.unwrap_or(payment.amount_fen),
        check_body: raw.check_body.unwrap_or_else(|| config.check_body.clone()),
        pay_type: raw.pay_type.unwrap_or_else(|| config.pay_type.clone()),
        paid_at: china_time::seconds14(payment.paid_at),
        orders,
        payee: Payee {
            account: config.payee_account.clone(),
            code: or(&config.payee_code, &platform.code),
            name: or(&config.payee_name, &platform.name),
        },
    }
}

fn order_facts(shop: &Shop, order: &Order) -> OrderFacts {
    let link = &shop.app.config.plat_data.item_link;
    let goods = order.lines.iter().map(|line| {
        let name =
            shop.product(&line.sku).map_or_else(|| line.sku.clone(), |product| product.name.zh.clone());
        let address = if link.is_empty() {
            format!("{}/goods/{}.svg", shop.app.config.public_url, line.sku)
        } else {
            link.replace("{sku}", &line.sku)
        };
        (name, address)
    });
    OrderFacts { order_no: order.order_no.clone(), goods: goods.collect() }
}

/// An order and its payment; `None` for an order that is not paid or not here.
fn dossier(conn: &Conn, shop: &Shop, order_no: &str) -> Result<Option<(Order, Payment)>, StoreError> {
    let row: Option<(String, Vec<u8>, Option<Vec<u8>>)> = conn
        .prepare_cached(
            "SELECT o.merchant, b.body, b.payment FROM used_number n
             JOIN orders o ON o.cell = n.cell AND o.id = n.order_id
             JOIN dossier b ON b.cell = n.cell AND b.order_id = n.order_id
             WHERE n.number = ?1 AND n.kind = 'order' AND n.cell = {cell}",
        )?
        .query_row([order_no], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((merchant, body, Some(payment))) = row else { return Ok(None) };
    let bad =
        |why: &dyn std::fmt::Display| StoreError::unreadable(format!("dossier of order {order_no}"), why);
    let order = book::unseal(&shop.app.secrets, &merchant, order_no, &body).map_err(|e| bad(&e))?;
    let opened = shop.app.secrets.open(&payment_context(&merchant, order_no), &payment);
    let plain = opened.map_err(|e| bad(&e))?;
    let payment = serde_json::from_slice(&plain).map_err(|e| bad(&format!("{:?}", e.classify())))?;
    Ok(Some((order, payment)))
}

async fn send(plat: &PlatData, text: &str) -> Tried {
    let request = plat
        .client
        .post(&plat.shop.app.config.plat_data.upload_url)
        .header("content-type", "application/x-www-form-urlencoded; charset=UTF-8")
        .body(form("payExInfoStr", text));
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) => return Tried::Unknown(error.to_string()),
    };
    let status = answer.status();
    let Ok(text) = answer.text().await else { return Tried::Unknown("the answer broke off".to_owned()) };
    let short = || format!("{status}: {}", text.chars().take(200).collect::<String>());
    let Ok(value) = serde_json::from_str::<Value>(&text) else { return Tried::Unknown(short()) };
    let code = match value.get("code") {
        Some(Value::String(code)) => code.clone(),
        Some(Value::Number(code)) => code.to_string(),
        _ => return Tried::Unknown(short()),
    };
    if code == DONE { Tried::Taken(short()) } else { Tried::Not(short()) }
}

fn settle(
    tx: &Conn,
    open: &Open,
    tried: &Tried,
    now: Timestamp,
    (retry_ms, give_up_after_s): (u32, u32),
) -> Result<(), StoreError> {
    let (session, order) = (&open.session, Some(open.order_id));
    let waited_us = us(now).saturating_sub(open.asked_us);
    let (why, keep) = match tried {
        Tried::Taken(said) => {
            tx.execute(
                "UPDATE pay_query SET state = 'done', done_us = ?2, said = ?3, attempts = attempts + 1
                 WHERE cell = {cell} AND session = ?1",
                (session, us(now), said),
            )?;
            tracing::info!(session, ms = waited_us / 1000, "payment data were taken by customs");
            tasks::settle_of_entity(tx, now, Task::PaymentData, session, "system", "taken by customs")?;
            return on_trail(tx, now, open, "done");
        }
        Tried::Unknown(why) => (why, 1),
        Tried::Not(why) => (why, 0),
    };
    tracing::warn!(session, why, "payment data were not taken; they are sent again");
    let failed = waited_us > i64::from(give_up_after_s).saturating_mul(1_000_000);
    let next = time::after_ms(now, time::backoff_ms(retry_ms, open.attempts, LONGEST_WAIT_MS));
    tx.execute(
        "UPDATE pay_query SET attempts = attempts + 1, next_us = ?2, said = ?3, state = ?4,
            upload = CASE WHEN ?5 = 1 THEN upload ELSE NULL END
         WHERE cell = {cell} AND session = ?1",
        (session, us(next), why, if failed { "failed" } else { "open" }, keep),
    )?;
    if failed || waited_us > i64::try_from(DEADLINE.as_micros()).unwrap_or(i64::MAX) {
        tasks::raise(
            tx,
            now,
            Task::PaymentData,
            session,
            order,
            &json!({ "order_no": open.order_no, "why": why }),
        )?;
    }
    if failed { on_trail(tx, now, open, "failed") } else { Ok(()) }
}

fn on_trail(tx: &Conn, now: Timestamp, open: &Open, state: &str) -> Result<(), StoreError> {
    let body = json!({ "order": open.order_id, "attempts": open.attempts.saturating_add(1) });
    let change = Change { actor: "system", kind: Kind::PaymentData, entity: &open.session, state, body };
    trail::append(tx, now, &change)
}
