//! Request and response of a payment exactly as exchanged with the payment company, sealed and kept for at least three years.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use pickup_domain::Money;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::{Conn, OptionalExt as _};
use crate::error::{Body, Fault};
use crate::secrets::Secrets;
use crate::shop::auth::Merchant;
use crate::shop::fault::ShopFault;
use crate::shop::{Shop, book};
use crate::store::StoreError;
use crate::time::us;

/// Most characters of a request or response, as the upload takes them.
const MOST: usize = 8000;
/// The law's least.
const LEAST_YEARS: u16 = 3;

/// The raw data of a payment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// What was sent to the payment company, unchanged.
    #[schema(min_length = 1, max_length = 8000)]
    pub request: String,
    /// What it answered, unchanged.
    #[schema(min_length = 1, max_length = 8000)]
    pub response: String,
    /// Who checked the payment: `1` 银联, `2` 网联, `3` another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]$")]
    pub check_body: Option<String>,
    /// How was paid: `1` app, `2` PC, `3` code, `4` another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]$")]
    pub pay_type: Option<String>,
    /// Further orders of the merchant that the same payment paid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order_nos: Vec<String>,
    /// What was paid for all of them together; the order's own payment by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_fen: Option<Money>,
}

/// The raw data are kept.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct RawKept {
    /// Always `true`.
    pub kept: bool,
}

/// What raw data are sealed under.
#[must_use]
pub fn context(transaction: &str) -> String {
    format!("payment-raw/{transaction}")
}

/// Until when what is kept from `now` on must be kept.
#[must_use]
pub fn until(now: Timestamp, years: u16) -> Timestamp {
    let hours = i64::from(years.max(LEAST_YEARS)) * 366 * 24;
    now.checked_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX)
}

/// `PUT /shop/v1/payments/{transaction}/raw`: keeps the raw data of a payment; again with the same body it changes nothing.
///
/// # Errors
/// [`ShopFault`]: 404 for a payment of no order of the merchant, 409 for other data than were given before, 422 when customs
/// would not take them.
#[utoipa::path(put, path = "/shop/v1/payments/{transaction}/raw", tag = "Orders", operation_id = "keep_payment_data",
    params(("transaction" = String, Path, description = "Number of the payment")), request_body = Raw,
    responses((status = 201, description = "Kept", body = RawKept),
        (status = 200, description = "The same was kept before", body = RawKept), (status = 404), (status = 409)))]
pub async fn put(
    State(shop): State<Arc<Shop>>,
    Merchant(merchant): Merchant,
    Path(transaction): Path<String>,
    Body(raw): Body<Raw>,
) -> Result<(StatusCode, Json<RawKept>), ShopFault> {
    check(&raw)?;
    let digest = book::digest(&shop.app, "payment-raw", &raw)?;
    let plain = serde_json::to_vec(&raw).map_err(|e| StoreError::unreadable("raw data", e))?;
    let sealed = shop.app.secrets.seal(&context(&transaction), &plain)?;
    let (now, years) = (shop.app.now(), shop.app.config.plat_data.keep_years);
    let write = move |tx: &Conn| -> Result<bool, ShopFault> {
        owned(tx, &merchant, &transaction, &raw.order_nos)?;
        keep(tx, &transaction, &digest, &sealed, now, until(now, years))
    };
    let new = shop.app.store.write(write).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(RawKept { kept: true })))
}

fn check(raw: &Raw) -> Result<(), Fault> {
    for (field, text) in [("request", &raw.request), ("response", &raw.response)] {
        if !(1..=MOST).contains(&text.chars().count()) {
            return Err(Fault::malformed(format!("{field} has 1 to {MOST} characters")));
        }
    }
    for (field, code) in [("check_body", &raw.check_body), ("pay_type", &raw.pay_type)] {
        if code.as_ref().is_some_and(|code| code.len() != 1 || !code.bytes().all(|b| b.is_ascii_digit())) {
            return Err(Fault::malformed(format!("{field} is one digit")));
        }
    }
    Ok(())
}

fn owned(tx: &Conn, merchant: &str, transaction: &str, order_nos: &[String]) -> Result<(), ShopFault> {
    let sql = "SELECT 1 FROM used_number n JOIN orders o ON o.cell = n.cell AND o.id = n.order_id
        WHERE n.number = ?1 AND n.kind = ?3 AND n.cell = {cell} AND o.merchant = ?2";
    let mut statement = tx.prepare_cached(sql)?;
    if !statement.exists((transaction, merchant, "payment"))? {
        let zh = format!("没有支付流水号{transaction}。");
        return Err(Fault::not_found(zh, format!("There is no payment {transaction}.")).into());
    }
    for order_no in order_nos {
        if !statement.exists((order_no, merchant, "order"))? {
            return Err(ShopFault::no_order(order_no));
        }
    }
    Ok(())
}

fn keep(
    tx: &Conn,
    transaction: &str,
    digest: &str,
    sealed: &[u8],
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, ShopFault> {
    let known = "SELECT digest FROM payment_raw WHERE cell = {cell} AND transaction_id = ?1";
    let known: Option<String> = tx.query_row(known, [transaction], |row| row.get(0)).optional()?;
    if let Some(known) = known {
        return if known == digest { Ok(false) } else { Err(Fault::conflict().into()) };
    }
    tx.execute(
        "INSERT INTO payment_raw (cell, transaction_id, digest, body, kept_us, until_us)
         VALUES ({cell}, ?1, ?2, ?3, ?4, ?5)",
        (transaction, digest, sealed, us(now), us(until)),
    )?;
    // Customs may have asked already.
    tx.execute("UPDATE pay_query SET next_us = ?1 WHERE cell = {cell} AND state = 'open'", [us(now)])?;
    Ok(true)
}

/// The raw data of a payment, when they were given.
///
/// # Errors
/// [`StoreError`] when they cannot be opened.
pub fn find(conn: &Conn, secrets: &Secrets, transaction: &str) -> Result<Option<Raw>, StoreError> {
    let sealed: Option<Vec<u8>> = conn
        .prepare_cached("SELECT body FROM payment_raw WHERE cell = {cell} AND transaction_id = ?1")?
        .query_row([transaction], |row| row.get(0))
        .optional()?;
    let Some(sealed) = sealed else { return Ok(None) };
    let bad =
        |why: &dyn std::fmt::Display| StoreError::unreadable(format!("payment_raw of {transaction}"), why);
    let plain = secrets.open(&context(transaction), &sealed).map_err(|e| bad(&e))?;
    serde_json::from_slice(&plain).map(Some).map_err(|e| bad(&format!("{:?}", e.classify())))
}

/// Removes what was kept long enough; rows removed.
///
/// # Errors
/// [`StoreError`].
pub fn forget(tx: &Conn, now: Timestamp) -> Result<usize, StoreError> {
    let raw = tx.execute("DELETE FROM payment_raw WHERE cell = {cell} AND until_us < ?1", [us(now)])?;
    let queries = tx.execute("DELETE FROM pay_query WHERE cell = {cell} AND until_us < ?1", [us(now)])?;
    Ok(raw.saturating_add(queries))
}
