//! What customs answers to applications (CEB624, CEB626), and what follows for stock, limit, guarantee, order and money.

use jiff::Timestamp;
use pickup_customs::{Receipt as Paper, Status};
use pickup_domain::application::{Answer, ApplicationKind, ApplicationState, Progress};
use pickup_domain::china_time;
use pickup_domain::declaration::{Answers, Receipt};
use pickup_domain::order::{OrderEvent, OrderState};
use serde_json::json;

use super::{Application, by_cop_no, of_order, pieces_back};
use crate::clearing::accounts::{self, Kind as Account, Leg};
use crate::clearing::effects::{Said, States};
use crate::clearing::facts::Facts;
use crate::clearing::{ClearingError, payback};
use crate::db::{Conn, OptionalExt as _};
use crate::shop::Shop;
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::trail::{self, Change, Kind};

/// Takes the answer in `paper` to an application of `order_id`. One that comes twice, late or out of order changes nothing.
///
/// # Errors
/// [`ClearingError`].
pub fn take(
    tx: &Conn,
    shop: &Shop,
    order_id: i64,
    paper: &Paper,
    states: &mut States,
    now: Timestamp,
) -> Result<(), ClearingError> {
    let Some(status) = paper.status() else { return Ok(()) };
    for application in answered(tx, order_id, paper)? {
        let before = progress(&application)?;
        let code = if matches!(paper, Paper::Message(_)) && status.code() >= 0 { -1 } else { status.code() };
        let after = before.take(Answer { status: code, at: paper.time().timestamp() });
        if after == before {
            continue;
        }
        keep(tx, &application, after, paper, now)?;
        if after.state == before.state {
            continue;
        }
        match after.state {
            ApplicationState::Refused => refused(tx, shop, &application, paper, now)?,
            ApplicationState::Concluded => granted(tx, &application, after, states, now)?,
            _ => {}
        }
    }
    Ok(())
}

/// The applications a paper answers: the one it names, or all of a message that was refused as a whole.
fn answered(tx: &Conn, order_id: i64, paper: &Paper) -> Result<Vec<Application>, StoreError> {
    let Paper::Message(message) = paper else {
        return Ok(by_cop_no(tx, paper.key())?.into_iter().collect());
    };
    let batch: Option<i64> = tx
        .prepare_cached("SELECT batch FROM message WHERE cell = {cell} AND id = ?1")?
        .query_row([&message.ori_cop_msg_id], |row| row.get(0))
        .optional()?;
    let mut all = Vec::new();
    for one in of_order(tx, order_id)? {
        let of: Option<i64> = tx
            .prepare_cached("SELECT batch FROM application WHERE cell = {cell} AND id = ?1")?
            .query_row([one.id], |row| row.get(0))?;
        if of.is_some() && of == batch {
            all.push(one);
        }
    }
    Ok(all)
}

/// Where an application stands, from its two columns: `state_time` is the receipt's time (17 digits) and its status.
fn progress(application: &Application) -> Result<Progress, StoreError> {
    let kept = &application.state_time;
    let mut progress = Progress { state: application.state, ..Progress::new(application.kind) };
    if !kept.is_empty() {
        let bad = || {
            StoreError::unreadable(format!("application.state_time of {}", application.cop_no), kept.as_str())
        };
        let (time, status) = kept.split_once('/').ok_or_else(bad)?;
        progress.by = Some(Answer {
            status: status.parse().map_err(|_| bad())?,
            at: china_time::parse_digits(time).ok_or_else(bad)?,
        });
    }
    Ok(progress)
}

fn keep(
    tx: &Conn,
    application: &Application,
    after: Progress,
    paper: &Paper,
    now: Timestamp,
) -> Result<(), StoreError> {
    let place =
        after.by.map(|by| format!("{}/{}", china_time::millis17(by.at), by.status)).unwrap_or_default();
    let pre_no = match paper {
        Paper::Cancel(answer) => answer.pre_no.clone(),
        Paper::Refund(answer) => answer.pre_no.clone(),
        _ => None,
    };
    tx.prepare_cached(
        "UPDATE application SET state = ?2, state_time = ?3, pre_no = COALESCE(pre_no, ?4)
         WHERE cell = {cell} AND id = ?1",
    )?
    .execute((application.id, after.state.as_str(), place, pre_no))?;
    if after.state == application.state {
        return Ok(());
    }
    let body = json!({ "status": paper.status().map(Status::code), "info": paper.info() });
    let change = Change {
        actor: "customs",
        kind: Kind::Application,
        entity: &application.cop_no,
        state: after.state.as_str(),
        body,
    };
    trail::append(tx, now, &change)
}

fn refused(
    tx: &Conn,
    shop: &Shop,
    application: &Application,
    paper: &Paper,
    now: Timestamp,
) -> Result<(), StoreError> {
    let status = paper.status().unwrap_or(Status::Unknown(0));
    let why = shop.codes.explain(status, paper.info());
    let body = json!({
        "application": application.kind, "status": status.code(), "info": paper.info(), "zh": why.zh, "en": why.en,
    });
    tasks::raise(tx, now, Task::ApplicationRefused, &application.cop_no, Some(application.order_id), &body)
}

fn granted(
    tx: &Conn,
    application: &Application,
    after: Progress,
    states: &mut States,
    now: Timestamp,
) -> Result<(), ClearingError> {
    let order_id = application.order_id;
    tasks::settle_of_order(tx, now, Task::ApplicationRefused, order_id, "customs", "granted after all")?;
    let by = after.by.map(|by| (by.status, by.at)).unwrap_or_default();
    let receipt = |answers| Receipt { answers, status: by.0, at: by.1 };
    let body = json!({ "application": application.cop_no });
    if application.kind == ApplicationKind::Cancel {
        let state = order_state(tx, order_id)?;
        if matches!(state, OrderState::Fulfilled | OrderState::Returned) {
            let body = json!({ "what": "cancelled at customs after it was handed over" });
            tasks::raise(tx, now, Task::Contradiction, &application.cop_no, Some(order_id), &body)?;
            return Ok(());
        }
        states.take(order_id, receipt(Answers::Cancel), Said::withdrawn(body));
        return Ok(());
    }
    if is_too_much(tx, application)? {
        let body = json!({ "what": "more is granted to come back than was sold" });
        tasks::raise(tx, now, Task::Contradiction, &application.cop_no, Some(order_id), &body)?;
        return Ok(());
    }
    accounts::give_back(tx, order_id, &legs(tx, application)?, "customs", now)?;
    payback::due(tx, &application.cop_no, order_id, application.credit.money, now)?;
    if application.credit.whole {
        states.take(order_id, receipt(Answers::Refund), Said::withdrawn(body));
        if let Ok(state) = order_state(tx, order_id)?.apply(OrderEvent::Returned) {
            crate::clearing::set_order(tx, now, "customs", order_id, state, json!({}))?;
        }
    }
    Ok(())
}

/// Whether, with this one, more is granted to come back than was sold: a return that was refused, asked again, and then
/// granted twice.
fn is_too_much(tx: &Conn, application: &Application) -> Result<bool, StoreError> {
    let facts = Facts::of_order(tx, application.order_id)?;
    let granted = of_order(tx, application.order_id)?;
    let is_granted = |state| state == ApplicationState::Concluded;
    Ok(facts.lines.iter().any(|line| pieces_back(&granted, line.gnum, is_granted) > line.qty))
}

/// What a granted return gives back at once. The stock comes back when the goods do.
fn legs(tx: &Conn, application: &Application) -> Result<Vec<Leg>, StoreError> {
    let facts = Facts::of_order(tx, application.order_id)?;
    let mut legs = vec![
        Leg { kind: Account::Buyer, ending: String::new(), amount: application.credit.limit.fen() },
        Leg { kind: Account::Guarantee, ending: String::new(), amount: application.credit.tax.fen() },
    ];
    for back in &application.lines {
        if let Some(line) = facts.lines.iter().find(|line| line.gnum == back.gnum) {
            let ending = format!("/{}", line.hs.as_str().get(..8).unwrap_or_default());
            legs.push(Leg { kind: Account::Goods, ending, amount: back.qty });
        }
    }
    Ok(legs)
}

fn order_state(tx: &Conn, order_id: i64) -> Result<OrderState, StoreError> {
    let state: String = tx
        .prepare_cached("SELECT state FROM orders WHERE cell = {cell} AND id = ?1")?
        .query_row([order_id], |row| row.get(0))?;
    OrderState::from_word(&state).ok_or_else(|| StoreError::unreadable("orders.state", &state))
}
