//! What is kept about a telephone's holder, and how it is deleted: all that no law makes us keep.

use jiff::Timestamp;
use serde::Serialize;

use super::basket::{self, Basket};
use super::status::Stage;
use crate::db::Conn;
use crate::parcels;
use crate::secrets::Secrets;
use crate::store::StoreError;

/// What is kept of one purchase.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    /// Number of the order.
    pub order_no: String,
    /// Name, its first character only.
    pub name: String,
    /// Identity number, masked.
    pub id_number: String,
    /// Telephone, its last digits only.
    pub telephone: String,
    /// Article and pieces.
    pub lines: Vec<(String, i64)>,
    /// Version of the notice that was agreed to.
    pub notice: Option<String>,
    /// Language of messages.
    pub lang: &'static str,
}

/// Everything kept of a telephone's purchases.
///
/// # Errors
/// [`StoreError`].
pub fn of_phone(conn: &Conn, secrets: &Secrets, phone: &str) -> Result<Vec<Kept>, StoreError> {
    let mut all = Vec::new();
    for basket in basket::of_phone(conn, phone)? {
        let person = basket.buyer(secrets)?;
        let of = |text: fn(&super::person::Person) -> String| person.as_ref().map(text).unwrap_or_default();
        all.push(Kept {
            name: of(super::person::Person::masked_name),
            id_number: of(super::person::Person::masked_number),
            telephone: of(super::person::Person::masked_telephone),
            order_no: basket.order_no.unwrap_or_default(),
            lines: basket.lines,
            notice: basket.notice,
            lang: basket.lang.code(),
        });
    }
    Ok(all)
}

/// What was deleted, and what could not be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Baskets, with person, telephone and messages.
    pub purchases: usize,
    /// Orders on their way, which must be finished or cancelled first.
    pub on_their_way: usize,
}

/// Deletes the baskets, persons, telephones, messages and sessions of a telephone, but not of orders on their way: those
/// could not be handed over any more. The orders themselves, their declarations and payments stay, as customs requires.
///
/// # Errors
/// [`StoreError`].
pub fn delete(tx: &Conn, phone: &str, now: Timestamp) -> Result<Deleted, StoreError> {
    let mut deleted = Deleted::default();
    let mut ids = Vec::new();
    let sql = "SELECT id FROM basket WHERE cell = {cell} AND phone = ?1 AND order_id IS NULL
        AND NOT EXISTS (SELECT 1 FROM checkout c WHERE c.cell = basket.cell AND c.basket = basket.id
            AND c.state IN ('waiting', 'paid'))";
    for id in tx.prepare_cached(sql)?.query_map([phone], |row| row.get::<_, i64>(0))? {
        ids.push(id?);
    }
    for basket in basket::of_phone(tx, phone)? {
        if is_done(tx, &basket, now)? {
            ids.push(basket.id);
        } else {
            deleted.on_their_way += 1;
        }
    }
    for id in ids {
        tx.execute("DELETE FROM text_message WHERE cell = {cell} AND basket = ?1", [id])?;
        tx.execute("DELETE FROM checkout WHERE cell = {cell} AND basket = ?1", [id])?;
        deleted.purchases += tx.execute("DELETE FROM basket WHERE cell = {cell} AND id = ?1", [id])?;
    }
    tx.execute("DELETE FROM phone_code WHERE cell = {cell} AND phone = ?1", [phone])?;
    Ok(deleted)
}

fn is_done(conn: &Conn, basket: &Basket, now: Timestamp) -> Result<bool, StoreError> {
    let Some(order_id) = basket.order_id else { return Ok(true) };
    let Some(parcel) = parcels::by_order(conn, order_id)? else { return Ok(true) };
    Ok(matches!(Stage::of(&parcel, now), Stage::Collected | Stage::Cancelled | Stage::Returned))
}
