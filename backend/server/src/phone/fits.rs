//! Whether an order fits what is left of a person's year, before it is paid.
//!
//! Whoever types an identity number need not be its holder, and by asking for baskets of many sizes one could learn what
//! somebody else has bought. So there is never a figure, only yes or no, and only a few times a day for each number,
//! whoever asks; after that it is said only when it is paid, and what does not fit goes back by itself. The figures are at
//! the kiosk, once the card lies on the reader.

use jiff::Timestamp;
use pickup_domain::{IdNumber, Money, china_time, limits};

use crate::clearing::accounts;
use crate::db::{Conn, OptionalExt as _};
use crate::secrets::Secrets;
use crate::store::StoreError;

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fits {
    /// It fits, as far as is known here.
    Yes,
    /// It does not.
    No,
    /// It was asked too often today: it is looked at when it is paid.
    NotSaid,
}

/// Whether goods of this dutiable value fit the person's year; counts the question.
///
/// # Errors
/// [`StoreError`].
pub fn ask(
    tx: &Conn,
    secrets: &Secrets,
    person: &IdNumber,
    dutiable: Money,
    answers_a_day: u32,
    now: Timestamp,
) -> Result<Fits, StoreError> {
    let key = secrets.buyer_key(person);
    let day = china_time::date(now).to_string();
    let asked: i64 = tx
        .prepare_cached("SELECT asked FROM limit_question WHERE cell = {cell} AND buyer = ?1 AND day = ?2")?
        .query_row((&key, &day), |row| row.get(0))
        .optional()?
        .unwrap_or_default();
    if asked >= i64::from(answers_a_day) {
        return Ok(Fits::NotSaid);
    }
    tx.execute(
        "INSERT INTO limit_question (cell, buyer, day, asked) VALUES ({cell}, ?1, ?2, 1)
         ON CONFLICT (cell, buyer, day) DO UPDATE SET asked = limit_question.asked + 1",
        (&key, &day),
    )?;
    let year = accounts::spoken_for(accounts::buyer_year(tx, &key, now)?);
    let sum = year.checked_add(dutiable);
    Ok(if sum.is_some_and(|sum| sum <= limits::ANNUAL) { Fits::Yes } else { Fits::No })
}

/// Forgets the questions of days before today.
///
/// # Errors
/// [`StoreError`].
pub fn forget(tx: &Conn, now: Timestamp) -> Result<usize, StoreError> {
    let day = china_time::date(now).to_string();
    Ok(tx.execute("DELETE FROM limit_question WHERE cell = {cell} AND day < ?1", [day])?)
}
