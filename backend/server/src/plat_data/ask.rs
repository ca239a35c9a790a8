//! `POST /platDataOpen`: customs asks for the payment data of an order.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::{Form, http::StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::PlatData;
use super::raw::until;
use crate::db::{Conn, OptionalExt as _};
use crate::store::StoreError;
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// A query was understood and will be answered.
pub const DONE: &str = "10000";
/// A query is not answered.
pub const FAILED: &str = "20000";
/// More queries for one order within a day are somebody else's.
const MOST_A_DAY: i64 = 100;

/// The form that customs sends.
#[derive(Debug, Deserialize)]
pub struct OpenForm {
    #[serde(rename = "openReq")]
    open_req: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OpenReq {
    order_no: String,
    #[serde(rename = "sessionID")]
    session: String,
}

/// Why a query is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Malformed,
    Unknown,
    Unpaid,
    OtherOrder,
    TooMany,
}

impl Refusal {
    const fn message(self) -> &'static str {
        match self {
            Self::Malformed => "请求格式不正确",
            Self::Unknown => "订单不存在",
            Self::Unpaid => "订单没有支付信息",
            Self::OtherOrder => "会话编号已用于另一订单",
            Self::TooMany => "该订单的查询过于频繁",
        }
    }
}

/// Takes a query. The same session gets the same answer and one upload, however often it comes.
pub async fn open(
    State(plat): State<Arc<PlatData>>,
    form: Result<Form<OpenForm>, FormRejection>,
) -> (StatusCode, Json<Value>) {
    let now = plat.now();
    let asked = form.ok().and_then(|Form(form)| read(&form.open_req));
    let taken = match asked {
        None => Ok(Err(Refusal::Malformed)),
        Some(asked) => {
            let years = plat.shop.app.config.plat_data.keep_years;
            plat.shop.app.store.write(move |tx| take(tx, &asked, now, years)).await
        }
    };
    let (status, code, message) = match taken {
        Ok(Ok(())) => {
            plat.rung.notify_one();
            (StatusCode::OK, DONE, "")
        }
        Ok(Err(refusal)) => {
            tracing::warn!(?refusal, "a query for payment data is not answered");
            (StatusCode::OK, FAILED, refusal.message())
        }
        Err(error) => {
            tracing::error!(%error, "a query for payment data was not kept");
            (StatusCode::INTERNAL_SERVER_ERROR, FAILED, "系统出错，请稍后重试")
        }
    };
    (status, Json(json!({ "code": code, "message": message, "serviceTime": now.as_millisecond() })))
}

fn read(text: &str) -> Option<OpenReq> {
    let asked: OpenReq = serde_json::from_str(text).ok()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let session = (1..=36).contains(&asked.session.len()) && asked.session.chars().all(plain);
    (session && (1..=60).contains(&asked.order_no.chars().count())).then_some(asked)
}

fn take(
    tx: &Conn,
    asked: &OpenReq,
    now: Timestamp,
    keep_years: u16,
) -> Result<Result<(), Refusal>, StoreError> {
    let known: Option<(String, String)> = tx
        .prepare_cached("SELECT order_no, state FROM pay_query WHERE cell = {cell} AND session = ?1")?
        .query_row([&asked.session], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match known {
        Some((order_no, _)) if order_no != asked.order_no => return Ok(Err(Refusal::OtherOrder)),
        Some((_, state)) if state == "failed" => {
            // Given up before; that customs asks again is a reason to try again.
            tx.execute(
                "UPDATE pay_query SET state = 'open', attempts = 0, next_us = ?2, asked_us = ?2
                 WHERE cell = {cell} AND session = ?1",
                (&asked.session, us(now)),
            )?;
            return Ok(Ok(()));
        }
        Some(_) => return Ok(Ok(())),
        None => {}
    }
    let order: Option<(i64, Option<String>)> = tx
        .prepare_cached(
            "SELECT n.order_id, b.transaction_id FROM used_number n
             JOIN dossier b ON b.cell = n.cell AND b.order_id = n.order_id
             WHERE n.number = ?1 AND n.kind = 'order' AND n.cell = {cell}",
        )?
        .query_row([&asked.order_no], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((order_id, transaction)) = order else { return Ok(Err(Refusal::Unknown)) };
    if transaction.is_none() {
        return Ok(Err(Refusal::Unpaid));
    }
    let day = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::UNIX_EPOCH);
    let lately = "SELECT COUNT(*) FROM pay_query WHERE cell = {cell} AND order_id = ?1 AND asked_us > ?2";
    let lately: i64 = tx.query_row(lately, (order_id, us(day)), |row| row.get(0))?;
    if lately >= MOST_A_DAY {
        return Ok(Err(Refusal::TooMany));
    }
    tx.execute(
        "INSERT INTO pay_query (cell, session, order_no, order_id, state, next_us, asked_us, until_us)
         VALUES ({cell}, ?1, ?2, ?3, 'open', ?4, ?4, ?5)",
        (&asked.session, &asked.order_no, order_id, us(now), us(until(now, keep_years))),
    )?;
    let change = Change {
        actor: "customs",
        kind: Kind::PaymentData,
        entity: &asked.session,
        state: "open",
        body: json!({ "order": order_id }),
    };
    trail::append(tx, now, &change)?;
    Ok(Ok(()))
}
