//! What is asked of customs after an order was cleared: to cancel it before the goods leave (CEB623), or to take goods back
//! within 30 days of release (CEB625). A cancellation keeps every door shut from the moment it is asked.
//!
//! [`ask`] writes the application down, [`papers`] builds and signs its message as soon as customs' number of the list is
//! known, [`answers`] takes CEB624 and CEB626 and does what follows, and [`back`] notes that returned goods are in the area
//! again.

use jiff::Timestamp;
use pickup_domain::application::{ApplicationKind, ApplicationState};
use pickup_domain::returns::{Back, Credit};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::{Conn, Row};
use crate::store::StoreError;
use crate::time::at;

pub mod answers;
pub mod ask;
pub mod back;
pub mod papers;

/// An application as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Application {
    /// Our number of it.
    pub cop_no: String,
    /// The order.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String)]
    pub order_id: i64,
    /// What is asked.
    pub kind: ApplicationKind,
    /// Why.
    pub reason: String,
    /// What comes back.
    pub lines: Vec<Back>,
    /// What goes back to the buyer for it.
    pub credit: Credit,
    /// Where it stands.
    pub state: ApplicationState,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Until when returned goods are to be in the area.
    pub back_until: Option<Timestamp>,
    /// When they were.
    pub back_at: Option<Timestamp>,
    /// `shelf` or `aside`.
    pub back_to: Option<String>,
    #[serde(skip)]
    id: i64,
    #[serde(skip)]
    state_time: String,
}

fn as_text<S: serde::Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

const SELECT: &str =
    "SELECT id, cop_no, order_id, kind, reason, lines, credit, state, asked_us, back_until_us, back_us,
    back_to, state_time FROM application WHERE cell = {cell}";

/// The applications of an order, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn of_order(conn: &Conn, order_id: i64) -> Result<Vec<Application>, StoreError> {
    // Not by the bare column: SQLite would go through all of them in that order rather than use the order's index.
    let sql = format!("{SELECT} AND order_id = ?1 ORDER BY id + 0");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([order_id])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// The application with this number.
///
/// # Errors
/// [`StoreError`].
pub fn by_cop_no(conn: &Conn, cop_no: &str) -> Result<Option<Application>, StoreError> {
    let sql = format!("{SELECT} AND cop_no = ?1");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([cop_no])?;
    rows.next()?.map(read).transpose()
}

/// All of a kind that are not settled: not decided by customs, or granted with the goods still on their way back.
///
/// # Errors
/// [`StoreError`].
pub fn open(conn: &Conn) -> Result<Vec<Application>, StoreError> {
    let sql = format!(
        "{SELECT} AND (state NOT IN ('concluded', 'refused')
            OR (kind = 'refund' AND state = 'concluded' AND back_us IS NULL)) ORDER BY id"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// Pieces of a line that come back by those of the returns whose state counts.
#[must_use]
pub fn pieces_back(all: &[Application], gnum: u32, counts: fn(ApplicationState) -> bool) -> i64 {
    all.iter()
        .filter(|one| one.kind == ApplicationKind::Refund && counts(one.state))
        .flat_map(|one| &one.lines)
        .filter(|line| line.gnum == gnum)
        .fold(0_i64, |sum, line| sum.saturating_add(line.qty))
}

fn read(row: &Row) -> Result<Application, StoreError> {
    let cop_no: String = row.get(1)?;
    let what = |column: &str| format!("application.{column} of {cop_no}");
    let (kind, state): (String, String) = (row.get(3)?, row.get(7)?);
    let (lines, credit): (String, String) = (row.get(5)?, row.get(6)?);
    let time = |column| -> Result<_, StoreError> { row.get::<_, Option<i64>>(column)?.map(at).transpose() };
    Ok(Application {
        id: row.get(0)?,
        order_id: row.get(2)?,
        kind: ApplicationKind::from_word(&kind).ok_or_else(|| StoreError::unreadable(what("kind"), &kind))?,
        reason: row.get(4)?,
        lines: serde_json::from_str(&lines).map_err(|e| StoreError::unreadable(what("lines"), e))?,
        credit: serde_json::from_str(&credit).map_err(|e| StoreError::unreadable(what("credit"), e))?,
        state: ApplicationState::from_word(&state)
            .ok_or_else(|| StoreError::unreadable(what("state"), &state))?,
        asked_at: at(row.get(8)?)?,
        back_until: time(9)?,
        back_at: time(10)?,
        back_to: row.get(11)?,
        state_time: row.get(12)?,
        cop_no,
    })
}
