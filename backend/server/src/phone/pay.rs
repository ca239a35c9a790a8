//! Payments begun for baskets: `waiting → paid → cleared | given_back`, or `refused` or `abandoned`. What the company says may
//! come twice, late, or never: each step is taken once, and money that came is never forgotten.

use jiff::Timestamp;
use pickup_domain::Money;
use pickup_domain::order::{Order, Payer, Payment, RawId};

use crate::db::{Conn, OptionalExt as _, Row};
use crate::payment::checkout::{Paid, Stands};
use crate::secrets::Secrets;
use crate::store::StoreError;
use crate::time::{after_ms, backoff_ms, us};

/// First wait before the company is asked how a payment stands, in milliseconds; doubles.
const ASK_AFTER_MS: u32 = 3_000;
/// Longest wait between two questions, in milliseconds.
const LONGEST_WAIT_MS: u32 = 120_000;

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its payer has not decided.
    Waiting,
    /// It was refused.
    Refused,
    /// The payer went away, or took too long.
    Abandoned,
    /// The money is here; the order is about to be cleared.
    Paid,
    /// The order is cleared.
    Cleared,
    /// The order cannot be cleared; the money goes back.
    GivenBack,
}

impl State {
    const ALL: [Self; 6] =
        [Self::Waiting, Self::Refused, Self::Abandoned, Self::Paid, Self::Cleared, Self::GivenBack];

    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Refused => "refused",
            Self::Abandoned => "abandoned",
            Self::Paid => "paid",
            Self::Cleared => "cleared",
            Self::GivenBack => "given_back",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// The state after the company said this: money that comes is taken whenever it comes, and an end stays one.
    #[must_use]
    pub const fn after(self, said: &Stands) -> Self {
        match (self, said) {
            (Self::Waiting | Self::Refused | Self::Abandoned, Stands::Paid(_)) => Self::Paid,
            (Self::Waiting, Stands::Refused) => Self::Refused,
            (Self::Waiting, Stands::Abandoned) => Self::Abandoned,
            (state, _) => state,
        }
    }
}

/// A payment begun for a basket.
#[derive(Clone, Debug)]
pub struct Checkout {
    /// Our number at the company, and the order's.
    pub out_no: String,
    /// `basket.id`.
    pub basket: i64,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub state: State,
    /// The page on which it is paid.
    pub pay_url: String,
    /// Why the money goes back, as JSON of domain reasons.
    pub reasons: String,
    /// How often the company was asked how it stands.
    pub attempts: i64,
    /// When it was begun.
    pub begun_us: i64,
    order: Vec<u8>,
    payment: Option<Vec<u8>>,
}

const SELECT: &str =
    "SELECT out_no, basket, amount_fen, state, pay_url, reasons, attempts, begun_us, body, payment
    FROM checkout WHERE cell = {cell}";

impl Checkout {
    /// The order that it pays.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn order(&self, secrets: &Secrets) -> Result<Order, StoreError> {
        open(secrets, &order_context(&self.out_no), &self.order)
    }

    /// The payment, once it was made.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn payment(&self, secrets: &Secrets) -> Result<Option<Payment>, StoreError> {
        let context = payment_context(&self.out_no);
        self.payment.as_ref().map(|sealed| open(secrets, &context, sealed)).transpose()
    }
}

/// Notes a payment before the company hears of it.
///
/// # Errors
/// [`StoreError`].
pub fn begin(
    tx: &Conn,
    secrets: &Secrets,
    basket: i64,
    order: &Order,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO checkout (cell, out_no, basket, amount_fen, body, state, next_us, begun_us)
         VALUES ({cell}, ?1, ?2, ?3, ?4, 'waiting', ?5, ?6)",
        (
            &order.order_no,
            basket,
            order.total_fen.fen(),
            seal(secrets, &order_context(&order.order_no), order)?,
            us(after_ms(now, i64::from(ASK_AFTER_MS))),
            us(now),
        ),
    )?;
    Ok(())
}

/// Notes where it is paid.
///
/// # Errors
/// [`StoreError`].
pub fn set_page(tx: &Conn, out_no: &str, pay_url: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE checkout SET pay_url = ?2 WHERE cell = {cell} AND out_no = ?1", (out_no, pay_url))?;
    Ok(())
}

/// The payment with this number.
///
/// # Errors
/// [`StoreError`].
pub fn find(conn: &Conn, out_no: &str) -> Result<Option<Checkout>, StoreError> {
    let sql = format!("{SELECT} AND out_no = ?1");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([out_no])?;
    rows.next()?.map(read).transpose()
}

/// The last payment begun for a basket.
///
/// # Errors
/// [`StoreError`].
pub fn last(conn: &Conn, basket: i64) -> Result<Option<Checkout>, StoreError> {
    let sql = format!("{SELECT} AND basket = ?1 ORDER BY begun_us DESC, out_no DESC LIMIT 1");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([basket])?;
    rows.next()?.map(read).transpose()
}

/// Those that are paid and not cleared yet, and those whose turn it is to be asked about.
///
/// # Errors
/// [`StoreError`].
pub fn due(conn: &Conn, now: Timestamp) -> Result<Vec<Checkout>, StoreError> {
    let sql = format!(
        "{SELECT} AND (state = 'paid' OR (state = 'waiting' AND next_us <= ?1)) ORDER BY next_us LIMIT 100"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([us(now)])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// Notes what the company says of a payment; where it stands from then on, `None` when there is no such payment. `pay_code` is
/// the company's registration code.
///
/// # Errors
/// [`StoreError`].
pub fn said(
    tx: &Conn,
    secrets: &Secrets,
    out_no: &str,
    stands: &Stands,
    pay_code: &str,
) -> Result<Option<State>, StoreError> {
    let Some(kept) = find(tx, out_no)? else { return Ok(None) };
    let state = kept.state.after(stands);
    if state == kept.state {
        return Ok(Some(state));
    }
    let payment = match stands {
        Stands::Paid(paid) => {
            let payment = payment_of(out_no, paid, pay_code);
            Some(seal(secrets, &payment_context(out_no), &payment)?)
        }
        _ => None,
    };
    tx.execute(
        "UPDATE checkout SET state = ?2, payment = ?3 WHERE cell = {cell} AND out_no = ?1",
        (out_no, state.as_str(), payment),
    )?;
    Ok(Some(state))
}

/// Notes that the company was asked in vain, and when it is asked again; after `within_min` minutes nobody waits any more.
///
/// # Errors
/// [`StoreError`].
pub fn ask_later(tx: &Conn, one: &Checkout, within_min: u32, now: Timestamp) -> Result<(), StoreError> {
    let wait = backoff_ms(ASK_AFTER_MS, one.attempts, LONGEST_WAIT_MS);
    let patience = i64::from(within_min).saturating_mul(60_000_000);
    let state =
        if us(now).saturating_sub(one.begun_us) > patience { State::Abandoned } else { State::Waiting };
    tx.execute(
        "UPDATE checkout SET state = ?2, attempts = attempts + 1, next_us = ?3
         WHERE cell = {cell} AND out_no = ?1 AND state = 'waiting'",
        (&one.out_no, state.as_str(), us(after_ms(now, wait))),
    )?;
    Ok(())
}

/// Ends a paid one; whether it still was to be ended.
///
/// # Errors
/// [`StoreError`].
pub fn end(tx: &Conn, out_no: &str, state: State, reasons: &str) -> Result<bool, StoreError> {
    let ended = tx.execute(
        "UPDATE checkout SET state = ?2, reasons = ?3 WHERE cell = {cell} AND out_no = ?1 AND state = 'paid'",
        (out_no, state.as_str(), reasons),
    )?;
    Ok(ended > 0)
}

/// Forgets payments begun before `since` that came to their end.
///
/// # Errors
/// [`StoreError`].
pub fn forget(tx: &Conn, since: Timestamp) -> Result<usize, StoreError> {
    let sql =
        "DELETE FROM checkout WHERE cell = {cell} AND begun_us < ?1 AND state NOT IN ('waiting', 'paid')";
    Ok(tx.execute(sql, [us(since)])?)
}

/// Where it stands now.
///
/// # Errors
/// [`StoreError`].
pub fn state_of(conn: &Conn, out_no: &str) -> Result<Option<State>, StoreError> {
    let word: Option<String> = conn
        .prepare_cached("SELECT state FROM checkout WHERE cell = {cell} AND out_no = ?1")?
        .query_row([out_no], |row| row.get(0))
        .optional()?;
    Ok(word.as_deref().and_then(State::from_word))
}

fn payment_of(out_no: &str, paid: &Paid, pay_code: &str) -> Payment {
    Payment {
        transaction_id: paid.transaction.clone(),
        pay_code: pay_code.to_owned(),
        order_no: out_no.to_owned(),
        amount_fen: paid.amount,
        currency: "CNY".to_owned(),
        payer: Payer { name: paid.payer_name.clone(), id_number: RawId(paid.payer_id_number.clone()) },
        paid_at: paid.at,
    }
}

fn order_context(out_no: &str) -> String {
    format!("checkout/{out_no}")
}

fn payment_context(out_no: &str) -> String {
    format!("checkout-payment/{out_no}")
}

fn seal<T: serde::Serialize>(secrets: &Secrets, context: &str, value: &T) -> Result<Vec<u8>, StoreError> {
    let plain = serde_json::to_vec(value).map_err(|e| StoreError::unreadable(context, e))?;
    secrets.seal(context, &plain).map_err(|e| StoreError::unreadable(context, e))
}

fn open<T: serde::de::DeserializeOwned>(
    secrets: &Secrets,
    context: &str,
    sealed: &[u8],
) -> Result<T, StoreError> {
    let plain = secrets.open(context, sealed).map_err(|e| StoreError::unreadable(context, e))?;
    serde_json::from_slice(&plain).map_err(|e| StoreError::unreadable(context, format!("{:?}", e.classify())))
}

fn read(row: &Row) -> Result<Checkout, StoreError> {
    let state: String = row.get(3)?;
    Ok(Checkout {
        out_no: row.get(0)?,
        basket: row.get(1)?,
        amount: Money::from_fen(row.get(2)?),
        state: State::from_word(&state).ok_or_else(|| StoreError::unreadable("checkout.state", state))?,
        pay_url: row.get(4)?,
        reasons: row.get(5)?,
        attempts: row.get(6)?,
        begun_us: row.get(7)?,
        order: row.get(8)?,
        payment: row.get(9)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paid() -> Stands {
        Stands::Paid(Paid {
            transaction: "T".to_owned(),
            amount: Money::from_fen(1),
            payer_name: String::new(),
            payer_id_number: String::new(),
            at: Timestamp::UNIX_EPOCH,
        })
    }

    #[test]
    fn money_that_comes_late_is_taken_and_what_has_ended_stays_so() {
        for state in [State::Waiting, State::Refused, State::Abandoned] {
            assert_eq!(state.after(&paid()), State::Paid);
        }
        for state in [State::Paid, State::Cleared, State::GivenBack] {
            for said in [paid(), Stands::Waiting, Stands::Refused, Stands::Abandoned] {
                assert_eq!(state.after(&said), state);
            }
        }
        assert_eq!(State::Waiting.after(&Stands::Refused), State::Refused);
        assert_eq!(State::Refused.after(&Stands::Abandoned), State::Refused);
    }

    #[test]
    fn words_read_back() {
        for state in State::ALL {
            assert_eq!(State::from_word(state.as_str()), Some(state));
        }
    }
}
