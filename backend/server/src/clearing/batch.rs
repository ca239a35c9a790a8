//! Clears a batch: a few reads over all orders at once, a pure decision on each in order of arrival, a few writes.
//!
//! What one order is refused for never touches another: a refusal writes nothing. What earlier orders of the batch hold is
//! counted before the next is judged.

use jiff::Timestamp;
use pickup_domain::Reason;
use pickup_domain::order::OrderState;

use crate::clearing::ask::{Ask, Origin};
use crate::clearing::decide::{Decision, decide};
use crate::clearing::rows::Rows;
use crate::clearing::standing::Standing;
use crate::clearing::{ClearingError, earlier};
use crate::db::Conn;
use crate::shop::Shop;
use crate::store::StoreError;

/// What came of one order.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Held and written; the answer for the shop, as JSON.
    Cleared(String),
    /// The same was asked before; the answer of then.
    Again(String),
    /// Refused with every reason; nothing was written.
    Refused(Vec<Reason>),
    /// The order number belongs to another order.
    OrderNoTaken,
    /// The payment number was used for another order.
    TransactionTaken,
    /// The order was paid with another payment.
    PaidOtherwise,
    /// The order is in no state to be paid.
    NotPayable(OrderState),
    /// One of its numbers comes twice in this batch; it is to be asked once more.
    Later,
}

/// Clears a batch in a writing transaction; an outcome for each.
///
/// # Errors
/// [`ClearingError`]; the transaction must then be dropped, and with it the whole batch.
pub fn clear(
    tx: &Conn,
    shop: &Shop,
    asks: &[Box<Ask>],
    now: Timestamp,
) -> Result<Vec<Outcome>, ClearingError> {
    let mut standing = Standing::read(tx, shop, asks, now)?;
    let mut rows = Rows::default();
    let mut outcomes = Vec::with_capacity(asks.len());
    for (i, ask) in asks.iter().enumerate() {
        outcomes.push(one(tx, shop, &mut standing, &mut rows, (i, ask), now)?);
    }
    rows.write(tx, shop, now)?;
    Ok(outcomes)
}

fn one<'a>(
    tx: &Conn,
    shop: &Shop,
    standing: &mut Standing<'a>,
    rows: &mut Rows,
    (i, ask): (usize, &'a Ask),
    now: Timestamp,
) -> Result<Outcome, ClearingError> {
    if !standing.first_of_its_numbers(ask) {
        return Ok(Outcome::Later);
    }
    if let Some(known) = earlier::outcome(tx, ask, standing.used(i), standing.placed(i))? {
        return Ok(known);
    }
    let id = match ask.origin {
        Origin::Placed(id) => id,
        Origin::New { .. } => tx.state().map_or(0, |cell| cell.serial).saturating_add(1),
    };
    let verdict = standing.judge(shop, i, ask, now);
    let Some(centre) = shop.centre(ask.order.centre) else { return Ok(Outcome::Refused(verdict.reasons)) };
    let writes = match decide(shop, centre, ask, &verdict, id, now) {
        Decision::Refuse(reasons) => return Ok(Outcome::Refused(reasons)),
        Decision::Clear(writes) => writes,
    };
    if !standing.hold(&writes.holds) {
        return Err(StoreError::unreadable("an account", "less is left than was decided to be held").into());
    }
    if matches!(ask.origin, Origin::New { .. }) {
        tx.move_on(|cell| cell.serial = id)?;
    }
    rows.push(ask, id, &verdict, *writes, now).map(Outcome::Cleared)
}
