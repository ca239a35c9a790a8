//! What receipts do to declarations, holds, orders and parcels: decided in memory one after the other, written at once.

use std::collections::BTreeMap;

use jiff::Timestamp;
use pickup_customs::Remedy;
use pickup_domain::declaration::{Answers, DeclarationState, Effect, Receipt, Standing};
use pickup_domain::hold::HoldState;
use pickup_domain::order::{OrderEvent, OrderState};
use pickup_domain::{Money, china_time};
use serde_json::{Value as Json, json};

use crate::clearing::{ClearingError, accounts, again, payback};
use crate::db::{Bulk, Column, Conn};
use crate::parcels;
use crate::shop::Shop;
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// `returnStatus` of a list that the E-Port could not send to customs.
const SEND_FAILED: i32 = 4;
/// `returnStatus` of a list that customs has and does not accept.
pub const REJECTED: i32 = 100;
/// What we say ourselves of a declaration that is given up.
const GIVEN_UP: i32 = -1;
/// How often a declaration is written anew by the system itself before a person is asked.
const AGAIN_AT_MOST: i64 = 5;

/// What a receipt says beside its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Who.
    pub actor: &'static str,
    /// For the trail.
    pub body: Json,
    /// E-Port's number of the list.
    pub pre_no: Option<String>,
    /// Customs' number of the list.
    pub invt_no: Option<String>,
    /// What the system does about a refusal.
    pub remedy: Remedy,
}

impl Said {
    /// Said of a declaration that an application of ours ended.
    #[must_use]
    pub const fn withdrawn(body: Json) -> Self {
        Self { actor: "customs", body, pre_no: None, invt_no: None, remedy: Remedy::Refuse }
    }
}

/// An order's declaration as it was read and as it is by now.
#[derive(Debug)]
struct One {
    cop_no: String,
    before: Standing,
    standing: Standing,
    order: OrderState,
    pre_no: Option<String>,
    invt_no: Option<String>,
    numbered: bool,
    attempt: i64,
    /// Whether anything is held for it.
    held: bool,
}

/// Changes of the trail, kept until they are written.
#[derive(Debug)]
struct Noted {
    actor: &'static str,
    kind: Kind,
    entity: String,
    state: &'static str,
    body: Json,
}

/// The declarations that receipts belong to.
#[derive(Debug, Default)]
pub struct States {
    all: BTreeMap<i64, One>,
    trail: Vec<Noted>,
    post: Vec<i64>,
    void: Vec<i64>,
    withdraw: Vec<i64>,
    cancel: Vec<(i64, &'static str)>,
    /// To be written anew.
    again: Vec<(i64, bool)>,
    /// To be decided by a person.
    ask: BTreeMap<i64, Json>,
    /// What a person was asked, and happened by itself.
    moot: Vec<i64>,
    contradictions: Vec<(i64, &'static str)>,
    detained: Vec<(i64, Receipt)>,
    numbers: Vec<String>,
}

impl States {
    /// Reads where the declarations of these orders stand.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read(tx: &Conn, orders: &[i64]) -> Result<Self, StoreError> {
        let mut ids = orders.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let read = Bulk::new(
            "SELECT r.id, d.cop_no, d.state, d.state_time, d.pre_no, d.invt_no, o.state, d.attempt, h.state
             FROM {r: id i}
             JOIN declaration d ON d.cell = {cell} AND d.order_id = r.id
             JOIN orders o ON o.cell = {cell} AND o.id = r.id
             JOIN hold h ON h.cell = {cell} AND h.order_id = r.id",
            vec![Column::Int(ids)],
        );
        let mut all = BTreeMap::new();
        for row in tx.bulk_rows(&[read])?.into_iter().flatten() {
            let (cop_no, state, time): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let order: String = row.get(6)?;
            let order = OrderState::from_word(&order)
                .ok_or_else(|| StoreError::unreadable("orders.state", &order))?;
            let standing = standing(&cop_no, &state, &time)?;
            let (pre_no, invt_no) = (row.get(4)?, row.get(5)?);
            let (attempt, hold): (i64, String) = (row.get(7)?, row.get(8)?);
            let one = One {
                cop_no,
                before: standing,
                standing,
                order,
                pre_no,
                invt_no,
                numbered: false,
                attempt,
                held: hold == HoldState::Held.as_str(),
            };
            all.insert(row.get(0)?, one);
        }
        Ok(Self { all, ..Self::default() })
    }

    /// Takes a receipt of an order; one that comes twice, late or out of order changes nothing.
    pub fn take(&mut self, order_id: i64, receipt: Receipt, said: Said) {
        let Some(one) = self.all.get_mut(&order_id) else { return };
        if let (None, Some(number)) = (&one.invt_no, &said.invt_no) {
            self.numbers.push(number.clone());
        }
        for (kept, new) in [(&mut one.pre_no, said.pre_no), (&mut one.invt_no, said.invt_no)] {
            if kept.is_none() && new.is_some() {
                *kept = new;
                one.numbered = true;
            }
        }
        let (after, effect) = one.standing.take(receipt);
        if after == one.standing {
            return;
        }
        let before = std::mem::replace(&mut one.standing, after);
        let mut note = |state: DeclarationState, body: Json| {
            self.trail.push(Noted {
                actor: said.actor,
                kind: Kind::Declaration,
                entity: one.cop_no.clone(),
                state: state.as_str(),
                body,
            });
        };
        if after.state != before.state {
            note(after.state, said.body.clone());
        }
        let goes_again = said.remedy == Remedy::Again && one.attempt < AGAIN_AT_MOST;
        if receipt.answers == Answers::List && receipt.status == SEND_FAILED && goes_again {
            one.standing = after.anew();
            note(DeclarationState::Drafted, json!({ "again": one.attempt.saturating_add(1) }));
            self.again.push((order_id, false));
            return;
        }
        if before.state.was_refused() && !after.state.was_refused() {
            self.moot.push(order_id);
            self.ask.remove(&order_id);
        }
        if matches!(receipt.status, 501..=599 | 600) {
            self.detained.push((order_id, receipt));
        }
        if after.state.was_refused() && one.held {
            let refused_by_customs = receipt.answers == Answers::List;
            match said.remedy {
                Remedy::Again if refused_by_customs && goes_again => {
                    self.again.push((order_id, receipt.status == REJECTED));
                    self.ask.remove(&order_id);
                    one.standing = after.anew();
                    note(DeclarationState::Drafted, json!({ "again": one.attempt.saturating_add(1) }));
                }
                Remedy::Again | Remedy::Person if refused_by_customs => {
                    self.ask.insert(order_id, said.body);
                }
                _ => {
                    // Released and taken back in one message: nothing was posted yet.
                    self.post.retain(|posted| *posted != order_id);
                    self.ask.remove(&order_id);
                    one.held = false;
                    self.void.push(order_id);
                    self.moot.push(order_id);
                    self.cancel.push((order_id, said.actor));
                }
            }
            return;
        }
        match effect {
            // The order was given up before customs answered: nothing is held for it any more.
            Effect::Post if one.order == OrderState::Cancelled || !one.held => {
                self.contradictions.push((order_id, "released after it was given up"));
            }
            Effect::Post => self.post.push(order_id),
            Effect::Withdraw if receipt.answers != Answers::Refund => {
                self.withdraw.push(order_id);
                self.cancel.push((order_id, said.actor));
            }
            // A return gives back what comes back, see `applications`.
            Effect::None | Effect::Void | Effect::Withdraw => {}
        }
    }

    /// Numbers of lists that were not known before.
    #[must_use]
    pub fn new_numbers(&self) -> &[String] {
        &self.numbers
    }

    /// Writes what changed.
    ///
    /// # Errors
    /// [`ClearingError`]; the transaction must then be dropped.
    pub fn write(mut self, tx: &Conn, shop: &Shop, now: Timestamp) -> Result<(), ClearingError> {
        self.write_declarations(tx)?;
        self.end(tx, &self.post.clone(), HoldState::Held, HoldState::Posted)?;
        self.end(tx, &self.void.clone(), HoldState::Held, HoldState::Voided)?;
        self.end(tx, &self.withdraw.clone(), HoldState::Posted, HoldState::Voided)?;
        let changes: Vec<Change<'_>> = self
            .trail
            .iter()
            .map(|noted| Change {
                actor: noted.actor,
                kind: noted.kind,
                entity: &noted.entity,
                state: noted.state,
                body: noted.body.clone(),
            })
            .collect();
        tx.bulk(&trail::chain(tx, now, &changes)?)?;
        if !self.post.is_empty() {
            let released = Bulk::with(
                "UPDATE declaration SET released_us = ?2 FROM {r: id i}
                 WHERE declaration.cell = {cell} AND declaration.order_id = r.id",
                vec![Column::Int(self.post.clone())],
                vec![crate::db::Value::Int(us(now))],
            );
            tx.bulk(&released)?;
            parcels::make_ready(
                tx,
                &shop.app.secrets,
                now,
                "customs",
                &self.post,
                shop.app.config.ticket_for_s,
            )?;
        }
        self.write_to_do(tx, shop, now)?;
        for (order_id, actor) in &self.cancel {
            let order = self.all.get(order_id).map_or(OrderState::Cancelled, |one| one.order);
            cancel(tx, *order_id, order, actor, now)?;
        }
        Ok(())
    }

    /// What is to be written anew, decided by a person, or not any more.
    fn write_to_do(&self, tx: &Conn, shop: &Shop, now: Timestamp) -> Result<(), ClearingError> {
        for order_id in &self.moot {
            tasks::settle_of_order(tx, now, Task::Refused, *order_id, "system", "customs went on by itself")?;
        }
        for (order_id, rejected) in &self.again {
            let attempt = self.all.get(order_id).map_or(0, |one| one.attempt);
            again::requeue(tx, &shop.app.config, (*order_id, attempt), *rejected, now)?;
        }
        for (order_id, body) in &self.ask {
            let Some(one) = self.all.get(order_id) else { continue };
            let entity = format!("{}/{}", one.cop_no, one.attempt);
            tasks::raise(tx, now, Task::Refused, &entity, Some(*order_id), body)?;
        }
        for (order_id, what) in &self.contradictions {
            let Some(one) = self.all.get(order_id) else { continue };
            let body = json!({ "what": what });
            tasks::raise(tx, now, Task::Contradiction, &one.cop_no, Some(*order_id), &body)?;
        }
        for (order_id, receipt) in &self.detained {
            let Some(one) = self.all.get(order_id) else { continue };
            let entity = format!("{}/{}", one.cop_no, receipt.status);
            let body = json!({ "status": receipt.status, "at": receipt.at });
            tasks::raise(tx, now, Task::Detained, &entity, Some(*order_id), &body)?;
        }
        Ok(())
    }

    fn write_declarations(&self, tx: &Conn) -> Result<(), StoreError> {
        let changed: Vec<(&i64, &One)> =
            self.all.iter().filter(|(_, one)| one.numbered || one.standing != one.before).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let text =
            |of: &dyn Fn(&One) -> String| Column::Text(changed.iter().map(|(_, one)| of(one)).collect());
        tx.bulk(&Bulk::new(
            "UPDATE declaration SET state = r.state, state_time = r.place,
                pre_no = NULLIF(r.pre_no, ''), invt_no = NULLIF(r.invt_no, '')
             FROM {r: id i, state t, place t, pre_no t, invt_no t}
             WHERE declaration.cell = {cell} AND declaration.order_id = r.id",
            vec![
                Column::Int(changed.iter().map(|(id, _)| **id).collect()),
                text(&|one| one.standing.state.as_str().to_owned()),
                text(&|one| place(one.standing)),
                text(&|one| one.pre_no.clone().unwrap_or_default()),
                text(&|one| one.invt_no.clone().unwrap_or_default()),
            ],
        ))?;
        Ok(())
    }

    fn end(&mut self, tx: &Conn, orders: &[i64], from: HoldState, into: HoldState) -> Result<(), StoreError> {
        if orders.is_empty() {
            return Ok(());
        }
        let ended = accounts::end_holds(tx, orders, from, into)?;
        for order_id in ended {
            self.trail.push(Noted {
                actor: "customs",
                kind: Kind::Hold,
                entity: order_id.to_string(),
                state: into.as_str(),
                body: json!({ "from": from.as_str() }),
            });
        }
        Ok(())
    }
}

/// Ends an order that is not declared, as an exception of our own; its holds end as `holds` says.
///
/// # Errors
/// [`ClearingError`].
pub fn give_up(
    tx: &Conn,
    shop: &Shop,
    order_id: i64,
    holds: HoldState,
    why: &str,
) -> Result<(), ClearingError> {
    let now = shop.app.now();
    tx.execute("DELETE FROM outbox WHERE cell = {cell} AND order_id = ?1", [order_id])?;
    let mut states = States::read(tx, &[order_id])?;
    states.end(tx, &[order_id], HoldState::Held, holds)?;
    if let Some(one) = states.all.get_mut(&order_id) {
        one.held = false;
        if !one.standing.state.was_refused() {
            // Whatever customs said before: it is over here.
            one.standing.state = DeclarationState::Exception;
            one.standing.by.get_or_insert(Receipt { answers: Answers::List, status: GIVEN_UP, at: now });
            let (entity, body) = (one.cop_no.clone(), json!({ "why": why }));
            let state = one.standing.state.as_str();
            states.trail.push(Noted { actor: "system", kind: Kind::Declaration, entity, state, body });
        }
    }
    states.moot.push(order_id);
    states.cancel.push((order_id, "system"));
    states.write(tx, shop, now)
}

/// Cancels an order: its parcel is taken back and its money due.
fn cancel(
    tx: &Conn,
    order_id: i64,
    order: OrderState,
    actor: &str,
    now: Timestamp,
) -> Result<(), ClearingError> {
    parcels::take_back(tx, now, actor, order_id)?;
    let Ok(state) = order.apply(OrderEvent::Cancelled) else { return Ok(()) };
    tx.execute(
        "UPDATE orders SET refund = 'due' WHERE cell = {cell} AND id = ?1 AND refund IS NULL",
        [order_id],
    )?;
    let total: i64 = tx
        .prepare_cached("SELECT total_fen FROM orders WHERE cell = {cell} AND id = ?1")?
        .query_row([order_id], |row| row.get(0))?;
    payback::due(tx, &format!("order/{order_id}"), order_id, Money::from_fen(total), now)?;
    super::set_order(tx, now, actor, order_id, state, json!({ "refund": "due" }))?;
    Ok(())
}

/// Where a declaration stands, from its two columns. `state_time` is the receipt's time (17 digits), then what it answers
/// and its status, so that receipts of the same millisecond keep their sequence; after a `|` since when it is filed anew.
///
/// # Errors
/// [`StoreError`] when they are not what this program writes.
pub fn standing(cop_no: &str, state: &str, state_time: &str) -> Result<Standing, StoreError> {
    let bad = || StoreError::unreadable(format!("declaration.state_time of {cop_no}"), state_time);
    let state = DeclarationState::from_word(state)
        .ok_or_else(|| StoreError::unreadable(format!("declaration.state of {cop_no}"), state))?;
    let (by, since) = state_time.split_once('|').unwrap_or((state_time, ""));
    let since = match since {
        "" => None,
        since => Some(china_time::parse_digits(since).ok_or_else(bad)?),
    };
    if by.is_empty() {
        return Ok(Standing { state, by: None, since });
    }
    let mut parts = by.split('/');
    let at = parts.next().and_then(china_time::parse_digits).ok_or_else(bad)?;
    let answers = match parts.next() {
        Some("list") => Answers::List,
        Some("cancel") => Answers::Cancel,
        Some("refund") => Answers::Refund,
        _ => return Err(bad()),
    };
    let status = parts.next().and_then(|s| s.parse().ok()).ok_or_else(bad)?;
    Ok(Standing { state, by: Some(Receipt { answers, status, at }), since })
}

/// A declaration's `state_time`.
#[must_use]
pub fn place(standing: Standing) -> String {
    let by = standing.by.map(|receipt| {
        let answers = match receipt.answers {
            Answers::List => "list",
            Answers::Cancel => "cancel",
            Answers::Refund => "refund",
        };
        format!("{}/{answers}/{}", china_time::millis17(receipt.at), receipt.status)
    });
    let since = standing.since.map(|since| format!("|{}", china_time::millis17(since)));
    by.unwrap_or_default() + &since.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_declaration_stands_reads_back() {
        let receipt = Receipt {
            answers: Answers::List,
            status: -621_018,
            at: "2026-11-21T05:06:07.089Z".parse().unwrap(),
        };
        let standing_now = Standing { state: DeclarationState::Exception, by: Some(receipt), since: None };
        let text = place(standing_now);
        assert_eq!(text, "20261121130607089/list/-621018");
        assert_eq!(standing("BP1", "exception", &text).unwrap(), standing_now);
        let anew = standing_now.anew();
        assert_eq!(place(anew), "|20261121130607089");
        assert_eq!(standing("BP1", "drafted", &place(anew)).unwrap(), anew);
        let again = anew.take(Receipt { at: "2026-11-21T06:00:00Z".parse().unwrap(), ..receipt }).0;
        assert_eq!(place(again), "20261121140000000/list/-621018|20261121130607089");
        assert_eq!(standing("BP1", "exception", &place(again)).unwrap(), again);
        assert!(standing("BP1", "exception", "20261121130607089").is_err());
        assert_eq!(standing("BP1", "sent", "").unwrap(), Standing::new(true));
    }
}
