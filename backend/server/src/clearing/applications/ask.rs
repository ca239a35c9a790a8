//! Asking: what may be cancelled or returned, written down in the transaction that answers.

use jiff::Timestamp;
use pickup_customs::CopNo;
use pickup_domain::application::{ApplicationKind, ApplicationState};
use pickup_domain::declaration::DeclarationState;
use pickup_domain::hold::HoldState;
use pickup_domain::order::OrderState;
use pickup_domain::parcel::ParcelState;
use pickup_domain::returns::{self, Back, Credit, Extras, ReturnError, Sold};
use pickup_domain::review::Verdict;
use serde_json::json;

use super::{Application, by_cop_no, of_order, pieces_back};
use crate::clearing::facts::Facts;
use crate::clearing::{ClearingError, effects};
use crate::db::{Conn, OptionalExt as _};
use crate::shop::Shop;
use crate::store::StoreError;
use crate::time::{at, us};
use crate::trail::{self, Change, Kind};

/// Most characters of a reason, as the message has it.
const LONGEST_REASON: usize = 1000;

/// Who asks, and why.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Made by the asker: a repeat gets the same answer.
    pub request_id: &'a str,
    /// Such as `shop:<merchant>`.
    pub actor: &'a str,
    /// For customs and for the books.
    pub reason: &'a str,
}

/// What became of a wish to cancel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It is cancelled: it was not paid, or customs did not have it.
    AtOnce,
    /// It was cancelled before.
    Before,
    /// Customs is asked.
    Asked(Box<Application>),
}

/// Why nothing is asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Our side.
    #[error(transparent)]
    Clearing(#[from] ClearingError),
    /// There is no such order.
    #[error("there is no order {0}")]
    None(i64),
    /// The request id was used for something else.
    #[error("request {0} was used for another application")]
    Conflict(String),
    /// The goods were handed over.
    #[error("order {0} was handed over: apply for a return instead")]
    HandedOver(i64),
    /// There is nothing to return.
    #[error("order {order_id} is {state}: only what was handed over can be returned; cancel it instead")]
    NotHandedOver {
        /// The order.
        order_id: i64,
        /// Where it stands.
        state: &'static str,
    },
    /// Nothing is left to return.
    #[error("all of order {0} has come back already")]
    AllBack(i64),
    /// Another application is not decided yet.
    #[error("application {0} of this order is not decided yet: wait for customs")]
    Open(String),
    /// A reason is needed.
    #[error("a reason of 1 to {LONGEST_REASON} characters, on one line, is needed")]
    Reason,
    /// The rules.
    #[error(transparent)]
    Rule(#[from] ReturnError),
}

impl From<StoreError> for AskError {
    fn from(cause: StoreError) -> Self {
        Self::Clearing(cause.into())
    }
}

impl From<crate::db::DbError> for AskError {
    fn from(cause: crate::db::DbError) -> Self {
        Self::Clearing(cause.into())
    }
}

/// What is known of the order.
struct Subject {
    order: OrderState,
    declaration: Option<DeclarationState>,
    hold: Option<String>,
    parcel: Option<ParcelState>,
    released: Option<Timestamp>,
    waits: bool,
}

/// Asks to cancel an order whose goods were not handed over.
///
/// # Errors
/// [`AskError`].
pub fn cancel(
    tx: &Conn,
    shop: &Shop,
    order_id: i64,
    wanted: &Wanted<'_>,
    now: Timestamp,
) -> Result<Cancelled, AskError> {
    check_reason(wanted)?;
    let subject = subject(tx, order_id)?.ok_or(AskError::None(order_id))?;
    if matches!(subject.order, OrderState::Fulfilled | OrderState::Returned)
        || subject.parcel == Some(ParcelState::Collected)
    {
        return Err(AskError::HandedOver(order_id));
    }
    if subject.order == OrderState::Cancelled {
        return Ok(Cancelled::Before);
    }
    if let Some(kept) = kept(tx, shop, order_id, ApplicationKind::Cancel, wanted, &[])? {
        return Ok(Cancelled::Asked(Box::new(kept)));
    }
    let held = subject.hold.as_deref() == Some(HoldState::Held.as_str());
    match subject.declaration {
        None => {
            super::super::set_order(tx, now, wanted.actor, order_id, OrderState::Cancelled, json!({}))?;
            return Ok(Cancelled::AtOnce);
        }
        // Nobody but us has seen it, or customs does not want it.
        Some(state)
            if held && (subject.waits && state == DeclarationState::Drafted || state.was_refused()) =>
        {
            effects::give_up(tx, shop, order_id, HoldState::Voided, wanted.reason)?;
            return Ok(Cancelled::AtOnce);
        }
        Some(_) => {}
    }
    no_other(tx, order_id)?;
    write(tx, shop, order_id, (ApplicationKind::Cancel, &[], Credit::default(), None), wanted, now)
        .map(|one| Cancelled::Asked(Box::new(one)))
}

/// Asks to take goods back that were handed over.
///
/// # Errors
/// [`AskError`], also for what the rules do not allow.
pub fn refund(
    tx: &Conn,
    shop: &Shop,
    order_id: i64,
    lines: &[Back],
    wanted: &Wanted<'_>,
    now: Timestamp,
) -> Result<Application, AskError> {
    check_reason(wanted)?;
    let subject = subject(tx, order_id)?.ok_or(AskError::None(order_id))?;
    if let Some(kept) = kept(tx, shop, order_id, ApplicationKind::Refund, wanted, lines)? {
        return Ok(kept);
    }
    if subject.order == OrderState::Returned {
        return Err(AskError::AllBack(order_id));
    }
    let released = subject.released.filter(|_| subject.order == OrderState::Fulfilled);
    let Some(released) = released else {
        return Err(AskError::NotHandedOver { order_id, state: subject.order.as_str() });
    };
    no_other(tx, order_id)?;
    let (sold, extras) = sold(tx, order_id)?;
    let credit = returns::credit(&sold, extras, lines, released, now)?;
    let until = Some(returns::back_until(released));
    write(tx, shop, order_id, (ApplicationKind::Refund, lines, credit, until), wanted, now)
}

/// What was sold, with what came back of it or is about to.
fn sold(tx: &Conn, order_id: i64) -> Result<(Vec<Sold>, Extras), StoreError> {
    let (facts, verdict): (String, String) = tx
        .prepare_cached("SELECT facts, verdict FROM dossier WHERE cell = {cell} AND order_id = ?1")?
        .query_row([order_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let facts = Facts::read(&facts)?;
    let verdict: Verdict =
        serde_json::from_str(&verdict).map_err(|e| StoreError::unreadable("dossier.verdict", e))?;
    let taxes = verdict.tax.map(|tax| tax.lines).unwrap_or_default();
    let before = of_order(tx, order_id)?;
    let sold = facts.lines.iter().enumerate().map(|(at, line)| Sold {
        gnum: line.gnum,
        qty: line.qty,
        price_fen: line.price_fen,
        tax_fen: taxes.get(at).and_then(|tax| tax.sum()).unwrap_or_default(),
        back: pieces_back(&before, line.gnum, |state| state != ApplicationState::Refused),
    });
    Ok((sold.collect(), Extras { freight: facts.freight_fen, discount: facts.discount_fen }))
}

fn subject(tx: &Conn, order_id: i64) -> Result<Option<Subject>, StoreError> {
    let row = tx
        .prepare_cached(
            "SELECT o.state, d.state, h.state, p.state, d.released_us,
                (SELECT COUNT(*) FROM outbox x WHERE x.cell = o.cell AND x.order_id = o.id)
             FROM orders o
             LEFT JOIN declaration d ON d.cell = o.cell AND d.order_id = o.id
             LEFT JOIN hold h ON h.cell = o.cell AND h.order_id = o.id
             LEFT JOIN parcel p ON p.cell = o.cell AND p.pickup = o.id
             WHERE o.cell = {cell} AND o.id = ?1",
        )?
        .query_row([order_id], |row| {
            let texts: (String, Option<String>, Option<String>, Option<String>) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok((texts, row.get::<_, Option<i64>>(4)?, row.get::<_, i64>(5)?))
        })
        .optional()?;
    let Some(((order, declaration, hold, parcel), released, waits)) = row else { return Ok(None) };
    Ok(Some(Subject {
        order: OrderState::from_word(&order).ok_or_else(|| StoreError::unreadable("orders.state", &order))?,
        declaration: declaration.as_deref().and_then(DeclarationState::from_word),
        hold,
        parcel: parcel.as_deref().and_then(ParcelState::from_word),
        released: released.map(at).transpose()?,
        waits: waits > 0,
    }))
}

fn check_reason(wanted: &Wanted<'_>) -> Result<(), AskError> {
    let length = wanted.reason.trim().chars().count();
    let plain = !wanted.reason.chars().any(|c| c.is_control());
    if plain && (1..=LONGEST_REASON).contains(&length) { Ok(()) } else { Err(AskError::Reason) }
}

/// What was asked under the same request id.
fn kept(
    tx: &Conn,
    shop: &Shop,
    order_id: i64,
    kind: ApplicationKind,
    wanted: &Wanted<'_>,
    lines: &[Back],
) -> Result<Option<Application>, AskError> {
    let row: Option<(String, String)> = tx
        .prepare_cached("SELECT cop_no, digest FROM application WHERE cell = {cell} AND request_id = ?1")?
        .query_row([request_id(wanted)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((cop_no, digest)) = row else { return Ok(None) };
    if digest != digest_of(shop, order_id, kind, wanted, lines) {
        return Err(AskError::Conflict(wanted.request_id.to_owned()));
    }
    Ok(by_cop_no(tx, &cop_no)?)
}

fn no_other(tx: &Conn, order_id: i64) -> Result<(), AskError> {
    match of_order(tx, order_id)?.into_iter().find(|one| one.state.is_open()) {
        Some(other) => Err(AskError::Open(other.cop_no)),
        None => Ok(()),
    }
}

fn request_id(wanted: &Wanted<'_>) -> String {
    format!("{}/{}", wanted.actor, wanted.request_id)
}

fn digest_of(
    shop: &Shop,
    order_id: i64,
    kind: ApplicationKind,
    wanted: &Wanted<'_>,
    lines: &[Back],
) -> String {
    let asked = json!([order_id, kind, wanted.reason, lines]).to_string();
    shop.app.secrets.fingerprint("application", asked.as_bytes())
}

fn write(
    tx: &Conn,
    shop: &Shop,
    order_id: i64,
    (kind, lines, credit, until): (ApplicationKind, &[Back], Credit, Option<Timestamp>),
    wanted: &Wanted<'_>,
    now: Timestamp,
) -> Result<Application, AskError> {
    let id = tx.next_serial()?;
    let prefix = if kind == ApplicationKind::Cancel { "BC" } else { "BR" };
    let cop_no = CopNo::generate(prefix, now, id.unsigned_abs()).map_err(ClearingError::from)?;
    let cop_no = cop_no.as_str();
    let state = ApplicationState::Drafted.as_str();
    tx.execute(
        "INSERT INTO application (cell, id, cop_no, order_id, kind, request_id, digest, reason, lines, credit, state,
            asked_us, back_until_us)
         VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        (
            id,
            cop_no,
            order_id,
            kind.as_str(),
            request_id(wanted),
            digest_of(shop, order_id, kind, wanted, lines),
            wanted.reason.trim(),
            json!(lines).to_string(),
            json!(credit).to_string(),
            state,
            us(now),
            until.map(us),
        ),
    )?;
    let body = json!({ "order_id": order_id.to_string(), "kind": kind, "lines": lines, "credit": credit });
    let change = Change { actor: wanted.actor, kind: Kind::Application, entity: cop_no, state, body };
    trail::append(tx, now, &change)?;
    shop.outbox.notify_one();
    Ok(by_cop_no(tx, cop_no)?.ok_or_else(|| StoreError::unreadable("application", cop_no))?)
}
