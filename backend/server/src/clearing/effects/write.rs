//! Writes what [`super::States`] has decided, and gives orders up.

use jiff::Timestamp;
use pickup_domain::Money;
use pickup_domain::declaration::{Answers, DeclarationState, Receipt};
use pickup_domain::hold::HoldState;
use pickup_domain::order::{OrderEvent, OrderState};
use serde_json::json;

use super::{Contradiction, GIVEN_UP, Noted, One, States, is_examined, place};
use crate::clearing::{ClearingError, accounts, again, payback, set_order};
use crate::db::{Bulk, Column, Conn};
use crate::parcels;
use crate::shop::Shop;
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::us;
use crate::trail::{self, Change, Kind};

impl States {
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
        // What waited to be filed anew and is refused for good, or with customs after all, is not filed any more.
        let drafted = |one: &One| one.standing.state == DeclarationState::Drafted;
        let overtaken =
            self.all.iter().filter(|(_, one)| one.before.state == DeclarationState::Drafted && !drafted(one));
        for (order_id, _) in overtaken {
            tx.execute("DELETE FROM outbox WHERE cell = {cell} AND order_id = ?1", [*order_id])?;
        }
        for (order_id, rejected) in self.again.iter().filter(|(id, _)| self.all.get(id).is_some_and(drafted))
        {
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
            let (entity, body) = (what.entity(&one.cop_no), json!({ "what": what.words() }));
            tasks::raise(tx, now, Task::Contradiction, &entity, Some(*order_id), &body)?;
        }
        let decided = self.all.values().filter(|one| {
            !one.held && one.before.state.is_with_customs() && !one.standing.state.is_with_customs()
        });
        for one in decided {
            let open = Contradiction::TakenUp.entity(&one.cop_no);
            tasks::settle_of_entity(tx, now, Task::Contradiction, &open, "system", "customs has decided")?;
        }
        for (order_id, body) in &self.unknown {
            let Some(one) = self.all.get(order_id) else { continue };
            let part =
                |name: &str| body.get(name).map(|part| part.to_string().replace('"', "")).unwrap_or_default();
            let entity = format!("{}/{}/{}", one.cop_no, part("status"), part("code"));
            tasks::raise(tx, now, Task::UnknownCode, &entity, Some(*order_id), body)?;
        }
        for (order_id, receipt) in &self.detained {
            let Some(one) = self.all.get(order_id) else { continue };
            let entity = format!("{}/{}", one.cop_no, receipt.status);
            let body = json!({ "status": receipt.status, "at": receipt.at });
            tasks::raise(tx, now, Task::Detained, &entity, Some(*order_id), &body)?;
        }
        self.write_examined(tx, now)
    }

    /// Somebody sees to what customs examines, until customs has decided or it is over here.
    fn write_examined(&self, tx: &Conn, now: Timestamp) -> Result<(), ClearingError> {
        for (order_id, one) in &self.all {
            match (is_examined(one.before.state), is_examined(one.standing.state)) {
                (false, true) => {
                    let Some(body) = self.examined.get(order_id) else { continue };
                    tasks::raise(tx, now, Task::Examined, &one.cop_no, Some(*order_id), body)?;
                }
                (true, false) => {
                    let note = "customs has decided";
                    tasks::settle_of_order(tx, now, Task::Examined, *order_id, "system", note)?;
                }
                _ => {}
            }
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

/// Takes a declaration that cannot be written anew out of the outbox, for a person to decide on.
///
/// # Errors
/// [`ClearingError`].
pub fn stop(tx: &Conn, shop: &Shop, order_id: i64, why: &str) -> Result<(), ClearingError> {
    let now = shop.app.now();
    let mut states = States::read(tx, &[order_id])?;
    if let Some(one) = states.all.get_mut(&order_id) {
        one.standing.state = DeclarationState::Exception;
        let body = json!({ "why": why });
        let noted = one.noted("system", DeclarationState::Exception, body.clone());
        states.trail.push(noted);
        states.ask.insert(order_id, body);
    }
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
    set_order(tx, now, actor, order_id, state, json!({ "refund": "due" }))?;
    Ok(())
}
