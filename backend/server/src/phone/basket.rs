//! Baskets: what lies in one, who buys it, and the order it became. Kept here, found by an unguessable link, no account.

use jiff::Timestamp;

use super::link::Link;
use super::person::Person;
use crate::db::{Conn, Row};
use crate::secrets::Secrets;
use crate::store::StoreError;
use crate::time::{at, us};
use crate::web::Lang;

/// Most articles of a basket; far fewer than a declaration takes.
pub const MOST_LINES: usize = 20;
/// Most pieces of one article.
pub const MOST_PIECES: i64 = 99;

/// What may still have to be told about an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// Nothing.
    Nothing,
    /// Its way to the shopper.
    Way,
    /// That goods came back.
    Return,
}

/// A basket.
#[derive(Clone, Debug)]
pub struct Basket {
    /// Its number.
    pub id: i64,
    /// Number of the centre it is collected at.
    pub centre: u16,
    /// Language of its messages.
    pub lang: Lang,
    /// Article and pieces, in the order they were put in.
    pub lines: Vec<(String, i64)>,
    /// Who buys, sealed.
    pub person: Option<Vec<u8>>,
    /// Keyed digest of the telephone.
    pub phone: Option<String>,
    /// Version of the notice that was agreed to.
    pub notice: Option<String>,
    /// The order's number, when it became one.
    pub order_no: Option<String>,
    /// `orders.id`, when it became one.
    pub order_id: Option<i64>,
    /// How often the pickup was put off.
    pub put_offs: u32,
    /// When it was last changed.
    pub changed_at: Timestamp,
}

const SELECT: &str = "SELECT id, centre, lang, lines, person, phone, notice, order_no, order_id, changed_us,
    put_offs
    FROM basket WHERE cell = {cell}";

impl Basket {
    /// Who buys, when that was entered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn buyer(&self, secrets: &Secrets) -> Result<Option<Person>, StoreError> {
        let open = |sealed: &Vec<u8>| {
            Person::open(secrets, self.id, sealed)
                .map_err(|e| StoreError::unreadable(format!("person of basket {}", self.id), e))
        };
        self.person.as_ref().map(open).transpose()
    }

    /// Pieces in it.
    #[must_use]
    pub fn pieces(&self) -> i64 {
        self.lines.iter().fold(0_i64, |sum, (_, qty)| sum.saturating_add(*qty))
    }
}

/// Begins an empty basket; its number.
///
/// # Errors
/// [`StoreError`].
pub fn begin(
    tx: &Conn,
    secrets: &Secrets,
    link: &Link,
    centre: u16,
    lang: Lang,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let id = tx.next_serial()?;
    let sealed = link.seal(secrets, id).map_err(|e| StoreError::unreadable("a link", e))?;
    tx.execute(
        "INSERT INTO basket (cell, id, link, centre, lang, lines, sealed_link, changed_us)
         VALUES ({cell}, ?1, ?2, ?3, ?4, '[]', ?5, ?6)",
        (id, link.digest(secrets), centre, lang.code(), sealed, us(now)),
    )?;
    Ok(id)
}

/// The basket behind a link.
///
/// # Errors
/// [`StoreError`].
pub fn find(conn: &Conn, secrets: &Secrets, link: &Link) -> Result<Option<Basket>, StoreError> {
    let sql = format!("{SELECT} AND link = ?1");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([link.digest(secrets)])?;
    rows.next()?.map(read).transpose()
}

/// The basket with this number.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(conn: &Conn, id: i64) -> Result<Option<Basket>, StoreError> {
    let sql = format!("{SELECT} AND id = ?1");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(read).transpose()
}

/// The baskets of a telephone that became orders, newest first, at most a hundred.
///
/// # Errors
/// [`StoreError`].
pub fn of_phone(conn: &Conn, phone: &str) -> Result<Vec<Basket>, StoreError> {
    many(conn, "phone = ?1 AND order_id IS NOT NULL ORDER BY id DESC LIMIT 100", phone)
}

/// The baskets whose orders are on their way to the shopper.
///
/// # Errors
/// [`StoreError`].
pub fn watched(conn: &Conn) -> Result<Vec<Basket>, StoreError> {
    many(conn, "watched = 1 AND lang <> ?1 ORDER BY id", "")
}

/// The baskets of collected orders whose return customs has granted since.
///
/// # Errors
/// [`StoreError`].
pub fn returned(conn: &Conn) -> Result<Vec<Basket>, StoreError> {
    let which = "watched = 2 AND EXISTS (SELECT 1 FROM application a WHERE a.cell = basket.cell
        AND a.order_id = basket.order_id AND a.kind = 'refund' AND a.state = ?1) ORDER BY id";
    many(conn, which, "concluded")
}

fn many(conn: &Conn, which: &str, key: &str) -> Result<Vec<Basket>, StoreError> {
    let sql = format!("{SELECT} AND {which}");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([key])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// Puts so many pieces of an article more into it; what is above the most is left out.
///
/// # Errors
/// [`StoreError`].
pub fn add(tx: &Conn, basket: &Basket, sku: &str, pieces: i64, now: Timestamp) -> Result<(), StoreError> {
    let there = basket.lines.iter().find(|(of, _)| of == sku).map_or(0, |(_, qty)| *qty);
    set(tx, basket, sku, there.saturating_add(pieces), now)
}

/// Has so many pieces of an article in it, none to take it out.
///
/// # Errors
/// [`StoreError`].
pub fn set(tx: &Conn, basket: &Basket, sku: &str, pieces: i64, now: Timestamp) -> Result<(), StoreError> {
    let pieces = pieces.clamp(0, MOST_PIECES);
    let mut lines = basket.lines.clone();
    let room = lines.len() < MOST_LINES;
    match lines.iter_mut().find(|(of, _)| of == sku) {
        Some(line) => line.1 = pieces,
        None if room => lines.push((sku.to_owned(), pieces)),
        None => {}
    }
    lines.retain(|(_, qty)| *qty > 0);
    let text = serde_json::to_string(&lines).map_err(|e| StoreError::unreadable("basket.lines", e))?;
    tx.execute(
        "UPDATE basket SET lines = ?2, changed_us = ?3 WHERE cell = {cell} AND id = ?1 AND order_id IS NULL",
        (basket.id, text, us(now)),
    )?;
    Ok(())
}

/// Notes who buys and which notice was agreed to.
///
/// # Errors
/// [`StoreError`].
pub fn set_person(
    tx: &Conn,
    secrets: &Secrets,
    basket: &Basket,
    person: &Person,
    notice: &str,
    lang: Lang,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE basket SET person = ?2, phone = ?3, notice = ?4, agreed_us = ?5, changed_us = ?5, lang = ?6
         WHERE cell = {cell} AND id = ?1 AND order_id IS NULL",
        (
            basket.id,
            person.seal(secrets, basket.id)?,
            phone_key(secrets, &person.telephone),
            notice,
            us(now),
            lang.code(),
        ),
    )?;
    Ok(())
}

/// Keeps the basket for the payment with this number, so that no second one becomes an order too; whether it is kept for it.
///
/// # Errors
/// [`StoreError`].
pub fn claim(tx: &Conn, id: i64, order_no: &str) -> Result<bool, StoreError> {
    let kept = tx.execute(
        "UPDATE basket SET order_no = ?2 WHERE cell = {cell} AND id = ?1 AND COALESCE(order_no, ?2) = ?2",
        (id, order_no),
    )?;
    Ok(kept > 0)
}

/// Frees a basket that was kept for a payment which came to nothing.
///
/// # Errors
/// [`StoreError`].
pub fn free(tx: &Conn, id: i64, order_no: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE basket SET order_no = NULL WHERE cell = {cell} AND id = ?1 AND order_no = ?2 AND order_id IS NULL",
        (id, order_no),
    )?;
    Ok(())
}

/// Notes the order it became; from then on it is watched.
///
/// # Errors
/// [`StoreError`].
pub fn became(tx: &Conn, id: i64, order_no: &str, order_id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE basket SET order_no = ?2, order_id = ?3, watched = 1, changed_us = ?4
         WHERE cell = {cell} AND id = ?1 AND order_id IS NULL",
        (id, order_no, order_id, us(now)),
    )?;
    Ok(())
}

/// Notes that the pickup was put off once more.
///
/// # Errors
/// [`StoreError`].
pub fn put_off(tx: &Conn, id: i64) -> Result<(), StoreError> {
    tx.execute("UPDATE basket SET put_offs = put_offs + 1 WHERE cell = {cell} AND id = ?1", [id])?;
    Ok(())
}

/// Has it watched otherwise.
///
/// # Errors
/// [`StoreError`].
pub fn watch(tx: &Conn, id: i64, watch: Watch) -> Result<(), StoreError> {
    let watched = match watch {
        Watch::Nothing => 0,
        Watch::Way => 1,
        Watch::Return => 2,
    };
    tx.execute("UPDATE basket SET watched = ?2 WHERE cell = {cell} AND id = ?1", (id, watched))?;
    Ok(())
}

/// Forgets baskets that became nothing and were not changed since, with what was entered into them; not one whose payment
/// is on its way.
///
/// # Errors
/// [`StoreError`].
pub fn forget(tx: &Conn, since: Timestamp) -> Result<usize, StoreError> {
    Ok(tx.execute(
        "DELETE FROM basket WHERE cell = {cell} AND order_id IS NULL AND changed_us < ?1
         AND NOT EXISTS (SELECT 1 FROM checkout c WHERE c.cell = basket.cell AND c.basket = basket.id
            AND c.state IN ('waiting', 'paid'))",
        [us(since)],
    )?)
}

/// The keyed digest by which a telephone's orders are found.
#[must_use]
pub fn phone_key(secrets: &Secrets, telephone: &str) -> String {
    secrets.short_fingerprint("telephone", telephone.as_bytes())
}

fn read(row: &Row) -> Result<Basket, StoreError> {
    let id: i64 = row.get(0)?;
    let (lang, lines): (String, String) = (row.get(2)?, row.get(3)?);
    let bad = |why: &dyn std::fmt::Display| StoreError::unreadable(format!("lines of basket {id}"), why);
    Ok(Basket {
        id,
        centre: row.get(1)?,
        lang: Lang::parse(&lang).unwrap_or_default(),
        lines: serde_json::from_str(&lines).map_err(|e| bad(&e))?,
        person: row.get(4)?,
        phone: row.get(5)?,
        notice: row.get(6)?,
        order_no: row.get(7)?,
        order_id: row.get(8)?,
        changed_at: at(row.get(9)?)?,
        put_offs: row.get(10)?,
    })
}
