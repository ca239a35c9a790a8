//! Declarations that did not go through: written and sent anew by the system or a person, or given up.

use jiff::Timestamp;
use pickup_domain::Quantity;
use pickup_domain::declaration::Standing;
use pickup_domain::hold::HoldState;
use serde::Deserialize;
use serde_json::json;

use crate::clearing::facts::Facts;
use crate::clearing::{ClearingError, effects};
use crate::config::Config;
use crate::db::{Conn, OptionalExt as _};
use crate::shop::Shop;
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::{after_ms, us};
use crate::trail::{self, Change, Kind};

/// Why a declaration cannot be resubmitted or given up.
#[derive(Debug, thiserror::Error)]
pub enum AgainError {
    /// Our side.
    #[error(transparent)]
    Clearing(#[from] ClearingError),
    /// There is none.
    #[error("order {0} has no declaration")]
    None(i64),
    /// It is in no state for that.
    #[error(
        "the declaration of order {order_id} is {state}: only one that was refused and is still held can be {wanted}"
    )]
    State {
        /// The order.
        order_id: i64,
        /// Where its declaration stands.
        state: String,
        /// What was asked.
        wanted: &'static str,
    },
    /// The corrections name a line that is not there.
    #[error("the declaration of order {0} has no line {1}")]
    NoLine(i64, u32),
}

impl From<StoreError> for AgainError {
    fn from(cause: StoreError) -> Self {
        Self::Clearing(cause.into())
    }
}

impl From<crate::db::DbError> for AgainError {
    fn from(cause: crate::db::DbError) -> Self {
        Self::Clearing(cause.into())
    }
}

/// What is put right in a declaration before it is filed anew. What bears on price, tax or quantity cannot be changed: give the
/// order up instead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Corrections {
    /// Gross weight in kilograms.
    #[serde(deserialize_with = "decimal")]
    pub gross_kg: Option<Quantity>,
    /// Net weight in kilograms.
    #[serde(deserialize_with = "decimal")]
    pub net_kg: Option<Quantity>,
    /// Six-digit division code of the centre.
    pub district: Option<String>,
    /// Transport mode of the exit.
    pub traf_mode: Option<String>,
    /// Line by line.
    pub lines: Vec<LineCorrections>,
}

/// What is put right in a line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineCorrections {
    /// Its number in the list.
    pub gnum: u32,
    /// Chinese name of the goods.
    #[serde(default)]
    pub name: Option<String>,
    /// Specification.
    #[serde(default)]
    pub spec: Option<String>,
    /// GTIN.
    #[serde(default)]
    pub barcode: Option<String>,
    /// Country of origin, three digits.
    #[serde(default)]
    pub origin: Option<String>,
    /// First legal quantity.
    #[serde(default, deserialize_with = "decimal")]
    pub qty1: Option<Quantity>,
    /// Second legal quantity.
    #[serde(default, deserialize_with = "decimal")]
    pub qty2: Option<Quantity>,
}

/// A quantity as a person writes it, such as `"2.5"`.
fn decimal<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Quantity>, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map(Some).map_err(|e| serde::de::Error::custom(format!("{text}: {e}")))
}

/// Puts a declaration back into the outbox, to be written anew after a while that doubles with every attempt.
///
/// # Errors
/// [`StoreError`].
pub fn requeue(
    tx: &Conn,
    config: &Config,
    (order_id, attempt): (i64, i64),
    rejected: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let wait = super::outbox::wait_ms(config, attempt.saturating_add(1));
    put_back(tx, order_id, rejected, after_ms(now, wait))
}

fn put_back(tx: &Conn, order_id: i64, rejected: bool, due: Timestamp) -> Result<(), StoreError> {
    let waits: i64 = tx
        .prepare_cached("SELECT COUNT(*) FROM outbox WHERE cell = {cell} AND order_id = ?1")?
        .query_row([order_id], |row| row.get(0))?;
    if waits > 0 {
        // Order, waybill and list of one filing were refused one after the other: it is filed anew once.
        return Ok(());
    }
    // What customs itself rejected it has, and takes a change of it; what never reached it is new.
    tx.execute(
        "UPDATE declaration SET attempt = attempt + 1, batch = NULL,
            app_type = CASE WHEN pre_no IS NOT NULL AND ?2 = 1 THEN 2 ELSE 1 END
         WHERE cell = {cell} AND order_id = ?1",
        (order_id, i64::from(rejected)),
    )?;
    tx.execute(
        "INSERT INTO outbox (cell, order_id, due_us) VALUES ({cell}, ?1, ?2)
         ON CONFLICT (cell, order_id) DO UPDATE SET due_us = EXCLUDED.due_us",
        (order_id, us(due)),
    )?;
    Ok(())
}

/// Files a refused declaration anew, with what was put right.
///
/// # Errors
/// [`AgainError`].
pub fn resubmit(
    tx: &Conn,
    order_id: i64,
    corrections: &Corrections,
    by: &str,
    now: Timestamp,
) -> Result<(), AgainError> {
    let (cop_no, standing) = refused(tx, order_id, "filed anew")?;
    let mut facts = Facts::of_order(tx, order_id)?;
    correct(&mut facts, order_id, corrections)?;
    let text = serde_json::to_string(&facts).map_err(|e| StoreError::unreadable("dossier.facts", e))?;
    tx.execute("UPDATE dossier SET facts = ?2 WHERE cell = {cell} AND order_id = ?1", (order_id, text))?;
    put_back(tx, order_id, standing.by.is_some_and(|by| by.status == effects::REJECTED), now)?;
    let anew = standing.anew();
    let state = anew.state.as_str();
    tx.execute(
        "UPDATE declaration SET state = ?2, state_time = ?3 WHERE cell = {cell} AND order_id = ?1",
        (order_id, state, effects::place(anew)),
    )?;
    let change = Change {
        actor: by,
        kind: Kind::Declaration,
        entity: &cop_no,
        state,
        body: json!({ "resubmitted": true, "corrected": *corrections != Corrections::default() }),
    };
    trail::append(tx, now, &change)?;
    Ok(tasks::settle_of_order(tx, now, Task::Refused, order_id, by, "filed anew")?)
}

fn correct(facts: &mut Facts, order_id: i64, corrections: &Corrections) -> Result<(), AgainError> {
    let set = |field: &mut String, new: &Option<String>| {
        if let Some(new) = new {
            field.clone_from(new);
        }
    };
    facts.gross_kg = corrections.gross_kg.unwrap_or(facts.gross_kg);
    facts.net_kg = corrections.net_kg.unwrap_or(facts.net_kg);
    set(&mut facts.district, &corrections.district);
    set(&mut facts.traf_mode, &corrections.traf_mode);
    for fix in &corrections.lines {
        let line = facts.lines.iter_mut().find(|line| line.gnum == fix.gnum);
        let line = line.ok_or(AgainError::NoLine(order_id, fix.gnum))?;
        set(&mut line.name.zh, &fix.name);
        set(&mut line.spec, &fix.spec);
        set(&mut line.barcode, &fix.barcode);
        set(&mut line.origin, &fix.origin);
        line.qty1 = fix.qty1.unwrap_or(line.qty1);
        line.qty2 = fix.qty2.or(line.qty2);
    }
    Ok(())
}

/// Whether a declaration was filed before and is to be filed anew.
///
/// # Errors
/// [`StoreError`].
pub fn was_filed(tx: &Conn, order_id: i64) -> Result<bool, StoreError> {
    let attempt: i64 = tx
        .prepare_cached("SELECT attempt FROM declaration WHERE cell = {cell} AND order_id = ?1")?
        .query_row([order_id], |row| row.get(0))?;
    Ok(attempt > 0)
}

/// Gives a refused declaration up, or one that customs did not decide on while its hold lasted: what is held is given back,
/// the order cancelled, its money due. If customs releases it all the same, a person is told.
///
/// # Errors
/// [`AgainError`].
pub fn give_up(tx: &Conn, shop: &Shop, order_id: i64, why: &str) -> Result<(), AgainError> {
    let expired: i64 = tx
        .prepare_cached(
            "SELECT COUNT(*) FROM hold WHERE cell = {cell} AND order_id = ?1 AND state = 'held' AND expires_us <= ?2",
        )?
        .query_row((order_id, us(shop.app.now())), |row| row.get(0))?;
    if expired == 0 {
        refused(tx, order_id, "given up")?;
    }
    tasks::settle_of_order(tx, shop.app.now(), Task::Unanswered, order_id, "operator", "given up")?;
    Ok(effects::give_up(tx, shop, order_id, HoldState::Voided, why)?)
}

/// Declarations that customs has not decided on while their holds lasted, and of which nobody was told: order, copNo and
/// state. Customs may still release them, so nothing is given up by itself.
///
/// # Errors
/// [`StoreError`].
pub fn unanswered(conn: &Conn, now: Timestamp) -> Result<Vec<(i64, String, String)>, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT h.order_id, d.cop_no, d.state FROM hold h
             JOIN declaration d ON d.cell = h.cell AND d.order_id = h.order_id
             WHERE h.cell = {cell} AND h.state = 'held' AND h.expires_us <= ?1
                AND d.state IN ('drafted', 'sent', 'accepted', 'review', 'inspected')
                AND NOT EXISTS (SELECT 1 FROM task t WHERE t.cell = h.cell AND t.kind = 'unanswered'
                    AND t.entity = d.cop_no)
             ORDER BY h.order_id LIMIT 1000",
        )?
        .query_map([us(now)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?)
}

/// Orders whose declaration was refused and nobody decided on while their holds lasted.
///
/// # Errors
/// [`StoreError`].
pub fn undecided(conn: &Conn, now: Timestamp) -> Result<Vec<i64>, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT h.order_id FROM hold h JOIN declaration d ON d.cell = h.cell AND d.order_id = h.order_id
             WHERE h.cell = {cell} AND h.state = 'held' AND h.expires_us <= ?1 AND d.state IN ('rejected', 'exception')
             ORDER BY h.order_id",
        )?
        .query_map([us(now)], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

/// The copNo of a declaration that was refused and is still held, and where it stands.
fn refused(tx: &Conn, order_id: i64, wanted: &'static str) -> Result<(String, Standing), AgainError> {
    let row: Option<(String, String, String, String)> = tx
        .prepare_cached(
            "SELECT d.cop_no, d.state, d.state_time, h.state FROM declaration d
             JOIN hold h ON h.cell = d.cell AND h.order_id = d.order_id
             WHERE d.cell = {cell} AND d.order_id = ?1",
        )?
        .query_row([order_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let (cop_no, state, time, hold) = row.ok_or(AgainError::None(order_id))?;
    let standing = effects::standing(&cop_no, &state, &time)?;
    if standing.state.was_refused() && hold == HoldState::Held.as_str() {
        return Ok((cop_no, standing));
    }
    Err(AgainError::State { order_id, state, wanted })
}
