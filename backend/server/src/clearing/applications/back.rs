//! Returned goods are in the area again, checked by a person: back on the shelf they can be sold again; set aside they stay out
//! of the stock until customs says what becomes of them.

use jiff::Timestamp;
use pickup_domain::Quantity;
use pickup_domain::application::{ApplicationKind, ApplicationState};
use serde_json::json;

use super::by_cop_no;
use crate::clearing::accounts::{self, Kind as Account, Leg};
use crate::clearing::facts::Facts;
use crate::db::Conn;
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// Where returned goods went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Unopened and in their original state: to be sold again.
    Shelf,
    /// Opened, damaged or expired: to be re-exported or destroyed under supervision.
    Aside,
}

impl Place {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shelf => "shelf",
            Self::Aside => "aside",
        }
    }
}

/// Why it is not noted.
#[derive(Debug, thiserror::Error)]
pub enum BackError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is none.
    #[error("there is no application {0}")]
    None(String),
    /// It is no return, or customs has not granted it.
    #[error("application {0} is no return that customs has granted")]
    NotGranted(String),
    /// They are back already.
    #[error("the goods of {0} are back already")]
    Again(String),
}

impl From<crate::db::DbError> for BackError {
    fn from(cause: crate::db::DbError) -> Self {
        Self::Store(cause.into())
    }
}

/// Notes that the goods of a granted return are in the area again.
///
/// # Errors
/// [`BackError`].
pub fn note(tx: &Conn, cop_no: &str, place: Place, by: &str, now: Timestamp) -> Result<(), BackError> {
    let application = by_cop_no(tx, cop_no)?.ok_or_else(|| BackError::None(cop_no.to_owned()))?;
    if application.kind != ApplicationKind::Refund || application.state != ApplicationState::Concluded {
        return Err(BackError::NotGranted(cop_no.to_owned()));
    }
    if application.back_at.is_some() {
        return Err(BackError::Again(cop_no.to_owned()));
    }
    tx.execute(
        "UPDATE application SET back_us = ?2, back_to = ?3 WHERE cell = {cell} AND cop_no = ?1",
        (cop_no, us(now), place.as_str()),
    )?;
    let body = json!({ "to": place.as_str() });
    trail::append(
        tx,
        now,
        &Change { actor: by, kind: Kind::Application, entity: cop_no, state: "back", body },
    )?;
    if place == Place::Shelf {
        let facts = Facts::of_order(tx, application.order_id)?;
        let legs: Vec<Leg> = application
            .lines
            .iter()
            .filter_map(|back| {
                let line = facts.lines.iter().find(|line| line.gnum == back.gnum)?;
                let ending = format!("/{}", line.record_no);
                Some(Leg { kind: Account::Stock, ending, amount: Quantity::whole(back.qty)?.parts() })
            })
            .collect();
        accounts::give_back(tx, application.order_id, &legs, by, now)?;
    }
    Ok(tasks::settle_of_entity(tx, now, Task::NotBack, cop_no, by, "the goods are back")?)
}

/// Whether goods are not back in time of which nobody was told.
///
/// # Errors
/// [`StoreError`].
pub fn is_any_overdue(conn: &Conn, now: Timestamp) -> Result<bool, StoreError> {
    let count: i64 = conn
        .prepare_cached(
            "SELECT COUNT(*) FROM application a WHERE a.cell = {cell} AND a.kind = 'refund' AND a.state = 'concluded'
             AND a.back_us IS NULL AND a.back_until_us < ?1 AND NOT EXISTS (
                SELECT 1 FROM task t WHERE t.cell = a.cell AND t.kind = 'not_back' AND t.entity = a.cop_no)",
        )?
        .query_row([us(now)], |row| row.get(0))?;
    Ok(count > 0)
}

/// Has a person look for goods that are not back in time.
///
/// # Errors
/// [`StoreError`].
pub fn overdue(tx: &Conn, now: Timestamp) -> Result<(), StoreError> {
    let late: Vec<(String, i64)> = tx
        .prepare_cached(
            "SELECT cop_no, order_id FROM application WHERE cell = {cell} AND kind = 'refund' AND state = 'concluded'
             AND back_us IS NULL AND back_until_us < ?1 ORDER BY id",
        )?
        .query_map([us(now)], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (cop_no, order_id) in late {
        tasks::raise(tx, now, Task::NotBack, &cop_no, Some(order_id), &json!({}))?;
    }
    Ok(())
}
