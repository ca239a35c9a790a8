//! What was asked before: the same again gets its first answer, something else under a used number is refused.

use pickup_domain::Money;
use pickup_domain::order::OrderState;

use crate::clearing::ask::{Ask, Origin};
use crate::clearing::batch::Outcome;
use crate::clearing::rows::answer;
use crate::clearing::standing::Used;
use crate::db::{Conn, OptionalExt as _};
use crate::store::StoreError;

/// The outcome when one of the order's numbers was used before, or it is not in a state to be paid; else `None`.
///
/// # Errors
/// [`StoreError`].
pub fn outcome(
    tx: &Conn,
    ask: &Ask,
    used: &[Used],
    placed: Option<OrderState>,
) -> Result<Option<Outcome>, StoreError> {
    let known = match ask.origin {
        Origin::Placed(id) => Some((id, placed)),
        Origin::New { .. } => match used.iter().find(|one| one.kind == "order") {
            None => None,
            Some(one) if one.cell != tx.cell() => return Ok(Some(Outcome::OrderNoTaken)),
            Some(one) => {
                if !is_same_order(tx, ask, one.order_id)? {
                    return Ok(Some(Outcome::OrderNoTaken));
                }
                Some((one.order_id, None))
            }
        },
    };
    if let Some((id, state)) = known {
        if let Some(paid) = earlier_payment(tx, ask, id)? {
            return Ok(Some(paid));
        }
        let state = match state {
            Some(state) => state,
            None => order_state(tx, id)?,
        };
        if state != OrderState::Placed || matches!(ask.origin, Origin::New { .. }) {
            return Ok(Some(Outcome::NotPayable(state)));
        }
    }
    let taken = used.iter().any(|one| one.kind == "payment");
    Ok(taken.then_some(Outcome::TransactionTaken))
}

fn is_same_order(tx: &Conn, ask: &Ask, id: i64) -> Result<bool, StoreError> {
    let Origin::New { digest, .. } = &ask.origin else { return Ok(false) };
    let kept: Option<(String, String)> = tx
        .prepare_cached(
            "SELECT o.merchant, b.digest FROM orders o JOIN dossier b ON b.cell = o.cell AND b.order_id = o.id
             WHERE o.cell = {cell} AND o.id = ?1",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(kept.is_some_and(|(merchant, kept)| merchant == ask.merchant && kept == *digest))
}

fn earlier_payment(tx: &Conn, ask: &Ask, id: i64) -> Result<Option<Outcome>, StoreError> {
    let kept: Option<(String, String, String, i64)> = tx
        .prepare_cached(
            "SELECT b.payment_digest, d.cop_no, d.waybill, d.tax_fen FROM dossier b
             JOIN declaration d ON d.cell = b.cell AND d.order_id = b.order_id
             WHERE b.cell = {cell} AND b.order_id = ?1",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    Ok(kept.map(|(digest, cop_no, waybill, tax)| {
        if digest == ask.payment_digest {
            Outcome::Again(answer(id, &ask.order.order_no, &cop_no, &waybill, Money::from_fen(tax)))
        } else {
            Outcome::PaidOtherwise
        }
    }))
}

fn order_state(tx: &Conn, id: i64) -> Result<OrderState, StoreError> {
    let word: String = tx
        .prepare_cached("SELECT state FROM orders WHERE cell = {cell} AND id = ?1")?
        .query_row([id], |row| row.get(0))?;
    OrderState::from_word(&word).ok_or_else(|| StoreError::unreadable("orders.state", word))
}
