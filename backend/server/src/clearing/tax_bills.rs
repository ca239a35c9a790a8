//! Tax as customs computes it: bills (CEB816) kept beside our own figure, their state (CEB818), the payment books they are
//! summed up in, and what falls due when.
//!
//! 海关总署公告2018年第194号: the agent pays from day 31 to day 45 after release what was not returned or cancelled. When a payment
//! book is paid, the guarantee has the tax of its bills again.

use jiff::Timestamp;
use pickup_customs::{Receipt as Paper, TaxState};
use pickup_domain::Money;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::clearing::ClearingError;
use crate::clearing::accounts::{self, Kind as Account, Leg};
use crate::db::{Conn, OptionalExt as _};
use crate::shop::Shop;
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::us;
use crate::trail::{self, Change, Kind};

mod due;

pub use due::{Due, Owed, calendar, owed};

/// Why a payment book cannot be marked paid.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No bill names it.
    #[error("no tax bill names payment book {0}: see them with `pickup-backend tax calendar`")]
    None(String),
}

impl From<crate::db::DbError> for PayError {
    fn from(cause: crate::db::DbError) -> Self {
        Self::Store(cause.into())
    }
}

/// A bill of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Bill {
    /// Its number.
    pub tax_no: String,
    /// `generated`, `summarised`, `void` or `paid`.
    pub state: &'static str,
    /// Customs' figure, to the fen; `None` until the bill itself is here.
    pub customs_fen: Option<Money>,
    /// Ours.
    pub computed_fen: Option<Money>,
    /// Number of the payment book.
    pub duty_no: Option<String>,
}

/// Takes a tax bill or the state of one. One that comes twice, late or out of order changes nothing.
///
/// # Errors
/// [`ClearingError`].
pub fn take(
    tx: &Conn,
    shop: &Shop,
    order_id: i64,
    paper: &Paper,
    now: Timestamp,
) -> Result<(), ClearingError> {
    let (tax_no, invt_no, duty_no) = match paper {
        Paper::TaxBill(bill) => (&bill.head.tax_no, &bill.head.invt_no, &bill.head.ent_duty_no),
        Paper::TaxStatus(status) => (&status.tax_no, &status.invt_no, &status.ent_duty_no),
        _ => return Ok(()),
    };
    let state = paper.tax_state().unwrap_or(TaxState::Unknown(0));
    let at_us = us(paper.time().timestamp());
    let kept: Option<(i64, i64)> = tx
        .prepare_cached("SELECT state, state_us FROM tax_bill WHERE cell = {cell} AND tax_no = ?1")?
        .query_row([tax_no], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let code = i64::from(state.code());
    // A higher state stands; of the same state the first.
    let moves = !matches!(state, TaxState::Unknown(_)) && kept.is_none_or(|(before, _)| code > before);
    if kept.is_none() {
        tx.execute(
            "INSERT INTO tax_bill (cell, tax_no, order_id, invt_no, state, state_us)
             VALUES ({cell}, ?1, ?2, ?3, ?4, ?5)",
            (tax_no, order_id, invt_no, code, at_us),
        )?;
    } else if moves {
        tx.execute(
            "UPDATE tax_bill SET state = ?2, state_us = ?3 WHERE cell = {cell} AND tax_no = ?1",
            (tax_no, code, at_us),
        )?;
    }
    if let Some(duty_no) = duty_no.as_ref().filter(|number| !number.is_empty()) {
        tx.execute(
            "UPDATE tax_bill SET duty_no = COALESCE(duty_no, ?2) WHERE cell = {cell} AND tax_no = ?1",
            (tax_no, duty_no),
        )?;
    }
    let told = match paper {
        Paper::TaxBill(bill) => compare(tx, shop, order_id, bill, now)?,
        _ => false,
    };
    if moves || told {
        let body = json!({ "order_id": order_id.to_string(), "invt_no": invt_no, "duty_no": duty_no });
        let stands = kept.filter(|_| !moves).map_or(code, |(before, _)| before);
        let change =
            Change { actor: "customs", kind: Kind::Tax, entity: tax_no, state: word(stands, false), body };
        trail::append(tx, now, &change)?;
    }
    Ok(())
}

/// Keeps customs' amounts beside ours, and has a person look when they differ by more than is tolerated; whether they are new.
fn compare(
    tx: &Conn,
    shop: &Shop,
    order_id: i64,
    bill: &pickup_customs::TaxBill,
    now: Timestamp,
) -> Result<bool, ClearingError> {
    let head = &bill.head;
    let amounts: Option<i64> = tx
        .prepare_cached("SELECT duty FROM tax_bill WHERE cell = {cell} AND tax_no = ?1")?
        .query_row([&head.tax_no], |row| row.get(0))?;
    if amounts.is_some() {
        return Ok(false);
    }
    let computed = computed(tx, order_id)?;
    tx.execute(
        "UPDATE tax_bill SET duty = ?2, vat = ?3, consumption = ?4, computed_fen = ?5
         WHERE cell = {cell} AND tax_no = ?1",
        (
            &head.tax_no,
            head.customs_tax.parts(),
            head.value_added_tax.parts(),
            head.consumption_tax.parts(),
            computed.fen(),
        ),
    )?;
    let customs = head
        .customs_tax
        .checked_add(head.value_added_tax)
        .and_then(|sum| sum.checked_add(head.consumption_tax))
        .map(pickup_customs::Amount::rounded);
    let differs = customs.is_none_or(|customs| {
        customs.fen().abs_diff(computed.fen()) > u64::from(shop.app.config.tax_tolerance_fen)
    });
    if differs && head.status != TaxState::Void {
        let body = json!({
            "customs_fen": customs, "computed_fen": computed, "invt_no": head.invt_no,
            "tolerance_fen": shop.app.config.tax_tolerance_fen,
        });
        tasks::raise(tx, now, Task::TaxDiffers, &head.tax_no, Some(order_id), &body)?;
    }
    Ok(true)
}

/// Our tax of an order, less that of what was returned.
fn computed(tx: &Conn, order_id: i64) -> Result<Money, StoreError> {
    let tax: i64 = tx
        .prepare_cached("SELECT tax_fen FROM declaration WHERE cell = {cell} AND order_id = ?1")?
        .query_row([order_id], |row| row.get(0))?;
    Ok(Money::from_fen(tax.saturating_sub(returned_tax(tx, order_id)?)))
}

fn returned_tax(conn: &Conn, order_id: i64) -> Result<i64, StoreError> {
    use pickup_domain::application::ApplicationState;
    let all = super::applications::of_order(conn, order_id)?;
    let granted = all.iter().filter(|one| one.state == ApplicationState::Concluded);
    Ok(granted.fold(0_i64, |sum, one| sum.saturating_add(one.credit.tax.fen())))
}

/// Notes that a payment book was paid: its bills are paid, and the guarantee has their tax again. Says how many bills.
///
/// # Errors
/// [`PayError`].
pub fn paid(tx: &Conn, duty_no: &str, by: &str, now: Timestamp) -> Result<usize, PayError> {
    let bills: Vec<(String, i64, Option<i64>)> = tx
        .prepare_cached(
            "SELECT tax_no, order_id, paid_us FROM tax_bill WHERE cell = {cell} AND duty_no = ?1 AND state <> 3
             ORDER BY tax_no",
        )?
        .query_map([duty_no], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    if bills.is_empty() {
        return Err(PayError::None(duty_no.to_owned()));
    }
    let mut count = 0;
    for (tax_no, order_id, _) in bills.iter().filter(|(_, _, paid)| paid.is_none()) {
        tx.execute(
            "UPDATE tax_bill SET paid_us = ?2 WHERE cell = {cell} AND tax_no = ?1",
            (tax_no, us(now)),
        )?;
        let body = json!({ "duty_no": duty_no });
        trail::append(tx, now, &Change { actor: by, kind: Kind::Tax, entity: tax_no, state: "paid", body })?;
        let all = Leg { kind: Account::Guarantee, ending: String::new(), amount: i64::MAX };
        accounts::give_back(tx, *order_id, &[all], by, now)?;
        count += 1;
    }
    Ok(count)
}

/// The bills of an order.
///
/// # Errors
/// [`StoreError`].
pub fn of_order(conn: &Conn, order_id: i64) -> Result<Vec<Bill>, StoreError> {
    // Not by the bare column: SQLite would go through all of them in that order rather than use the order's index.
    let mut statement = conn.prepare_cached(
        "SELECT tax_no, state, paid_us, duty, vat, consumption, computed_fen, duty_no FROM tax_bill
         WHERE cell = {cell} AND order_id = ?1 ORDER BY tax_no || ''",
    )?;
    let mut rows = statement.query([order_id])?;
    let mut bills = Vec::new();
    while let Some(row) = rows.next()? {
        let parts = (row.get::<_, Option<i64>>(3)?, row.get(4)?, row.get(5)?);
        bills.push(Bill {
            tax_no: row.get(0)?,
            state: word(row.get(1)?, row.get::<_, Option<i64>>(2)?.is_some()),
            customs_fen: parts.0.map(|duty| to_fen(duty, parts.1, parts.2)),
            computed_fen: row.get::<_, Option<i64>>(6)?.map(Money::from_fen),
            duty_no: row.get(7)?,
        });
    }
    Ok(bills)
}

fn to_fen(duty: i64, vat: Option<i64>, consumption: Option<i64>) -> Money {
    let sum = duty.saturating_add(vat.unwrap_or(0)).saturating_add(consumption.unwrap_or(0));
    pickup_customs::Amount::from_parts(sum).rounded()
}

const fn word(state: i64, paid: bool) -> &'static str {
    match (state, paid) {
        (3, _) => "void",
        (_, true) => "paid",
        (2, _) => "summarised",
        _ => "generated",
    }
}
