//! What a person must see to. One open task per thing; a person settles it with a note, or what happens next does.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::db::{Conn, OptionalExt as _, Row};
use crate::store::StoreError;
use crate::time::{at, us};
use crate::trail::{self, Change, Kind as Trail};

mod advice;

/// What a task is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A declaration was refused for something that can be put right, or is not explained yet; `copNo/attempt`.
    Refused,
    /// Customs did not decide while the hold lasted; `copNo`.
    Unanswered,
    /// A receipt was kept and could not be applied; its cursor.
    Unapplied,
    /// An application to cancel or return was refused; `copNo` of the application.
    ApplicationRefused,
    /// Customs detained the goods; `copNo/status`.
    Detained,
    /// Customs says something nobody has explained yet, and goes on all the same; `copNo/status/code`.
    UnknownCode,
    /// Customs released an order that was given up here, or granted a cancellation of what was handed over; `copNo`.
    Contradiction,
    /// A receipt names nothing known here; `cursor/position`.
    Unmatched,
    /// The gateway does not take a message; its id.
    Parked,
    /// Customs' tax is not ours; the tax bill's number.
    TaxDiffers,
    /// A certificate that declarations are signed with runs out; its serial number and how many days are left at most.
    Certificate,
    /// Returned goods are not back in the area in time; `copNo` of the application.
    NotBack,
    /// The client of a port could not send a file; `customs office/file`.
    NotSent,
    /// Customs did not take payment data in time, or there are none; the session.
    PaymentData,
    /// The payment company does not pay a buyer back; `payback.id`.
    Payback,
    /// The payment company's declaration was rejected by customs, or the company refuses it; the order id.
    PaymentDeclaration,
    /// Somebody stands at a kiosk and needs a member of staff; the call's id.
    Call,
    /// A shop does not take what it wants to be told; the endpoint's id.
    Webhook,
    /// Staff took a released parcel out of its locker; the pickup number.
    TakenOut,
    /// A day was reconciled with differences; `centre/day`.
    Reconciliation,
    /// Customs reads the papers or looks at the goods; `copNo`.
    Examined,
    /// A parcel was not collected in time; the pickup number.
    Overdue,
    /// A shopper paid and payment and order do not match; the order id.
    Mismatch,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 23] = [
        Self::Refused,
        Self::Unanswered,
        Self::Unapplied,
        Self::ApplicationRefused,
        Self::Detained,
        Self::UnknownCode,
        Self::Contradiction,
        Self::Unmatched,
        Self::Parked,
        Self::TaxDiffers,
        Self::NotBack,
        Self::Certificate,
        Self::NotSent,
        Self::PaymentData,
        Self::Payback,
        Self::PaymentDeclaration,
        Self::Call,
        Self::Webhook,
        Self::TakenOut,
        Self::Reconciliation,
        Self::Examined,
        Self::Overdue,
        Self::Mismatch,
    ];

    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
            Self::Unapplied => "unapplied",
            Self::ApplicationRefused => "application_refused",
            Self::Detained => "detained",
            Self::UnknownCode => "unknown_code",
            Self::Contradiction => "contradiction",
            Self::Unmatched => "unmatched",
            Self::Parked => "parked",
            Self::TaxDiffers => "tax_differs",
            Self::NotBack => "not_back",
            Self::Certificate => "certificate",
            Self::NotSent => "not_sent",
            Self::PaymentData => "payment_data",
            Self::Payback => "payback",
            Self::PaymentDeclaration => "payment_declaration",
            Self::Call => "call",
            Self::Webhook => "webhook",
            Self::TakenOut => "taken_out",
            Self::Reconciliation => "reconciliation",
            Self::Examined => "examined",
            Self::Overdue => "overdue",
            Self::Mismatch => "mismatch",
        }
    }

    /// Whether the same may have to be seen to again after it was settled. Of the others a person was told, and that is it.
    #[must_use]
    pub const fn recurs(self) -> bool {
        matches!(
            self,
            Self::Refused
                | Self::ApplicationRefused
                | Self::Parked
                | Self::Payback
                | Self::PaymentData
                | Self::PaymentDeclaration
                | Self::Webhook
                | Self::TakenOut
                | Self::Examined
                | Self::Overdue
        )
    }
}

/// A task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Task {
    /// Its number.
    pub id: i64,
    /// What it is about, see [`Kind`].
    pub kind: String,
    /// Which thing.
    pub entity: String,
    /// The order it belongs to.
    pub order_id: Option<i64>,
    /// The platform's number of that order.
    pub order_no: Option<String>,
    /// What is known.
    pub body: Json,
    /// Since when.
    pub made_at: Timestamp,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
    /// By whom.
    pub settled_by: Option<String>,
    /// How.
    pub note: Option<String>,
}

/// Why a task cannot be settled.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is none with this number.
    #[error("there is no open task {0}: see them with `pickup-backend tasks list`")]
    None(i64),
}

impl From<crate::db::DbError> for TaskError {
    fn from(cause: crate::db::DbError) -> Self {
        Self::Store(cause.into())
    }
}

/// Has a person see to something. Nothing happens when the same is a task already; one that was settled is opened again
/// when its kind may recur.
///
/// # Errors
/// [`StoreError`].
pub fn raise(
    tx: &Conn,
    now: Timestamp,
    kind: Kind,
    entity: &str,
    order_id: Option<i64>,
    body: &Json,
) -> Result<(), StoreError> {
    let mut made = tx
        .prepare_cached(
            "INSERT INTO task (cell, id, kind, entity, order_id, body, made_us)
             SELECT {cell}, COALESCE(MAX(id), 0) + 1, ?1, ?2, ?3, ?4, ?5 FROM task WHERE cell = {cell}
             ON CONFLICT (cell, kind, entity) DO NOTHING",
        )?
        .execute((kind.as_str(), entity, order_id, body.to_string(), us(now)))?;
    if made == 0 && kind.recurs() {
        made = tx
            .prepare_cached(
                "UPDATE task SET settled_us = NULL, settled_by = NULL, note = NULL, body = ?3, made_us = ?4
                 WHERE cell = {cell} AND kind = ?1 AND entity = ?2 AND settled_us IS NOT NULL",
            )?
            .execute((kind.as_str(), entity, body.to_string(), us(now)))?;
    }
    if made == 0 {
        return Ok(());
    }
    tracing::warn!(kind = kind.as_str(), entity, "a person must see to this");
    on_trail(tx, now, "system", &format!("{}/{entity}", kind.as_str()), "open", body.clone())
}

/// Whether a person was told of this before.
///
/// # Errors
/// [`StoreError`].
pub fn was_raised(conn: &Conn, kind: Kind, entity: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM task WHERE cell = {cell} AND kind = ?1 AND entity = ?2";
    Ok(conn.prepare_cached(sql)?.exists((kind.as_str(), entity))?)
}

/// Settles the open task `id`.
///
/// # Errors
/// [`TaskError`].
pub fn settle(tx: &Conn, now: Timestamp, id: i64, by: &str, note: &str) -> Result<(), TaskError> {
    let row: Option<(String, String)> = tx
        .prepare_cached(
            "SELECT kind, entity FROM task WHERE cell = {cell} AND id = ?1 AND settled_us IS NULL",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (kind, entity) = row.ok_or(TaskError::None(id))?;
    tx.execute(
        "UPDATE task SET settled_us = ?2, settled_by = ?3, note = ?4 WHERE cell = {cell} AND id = ?1",
        (id, us(now), by, note),
    )?;
    on_trail(tx, now, by, &format!("{kind}/{entity}"), "settled", json!({ "note": note }))?;
    Ok(())
}

/// Settles the open tasks of a kind that an order has: what happened next made them moot.
///
/// # Errors
/// [`StoreError`].
pub fn settle_of_order(
    tx: &Conn,
    now: Timestamp,
    kind: Kind,
    order_id: i64,
    by: &str,
    note: &str,
) -> Result<(), StoreError> {
    let open: Vec<i64> = tx
        .prepare_cached(
            "SELECT id FROM task WHERE cell = {cell} AND order_id = ?1 AND kind = ?2 AND settled_us IS NULL
             ORDER BY id",
        )?
        .query_map((order_id, kind.as_str()), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in open {
        match settle(tx, now, id, by, note) {
            Err(TaskError::Store(error)) => return Err(error),
            Ok(()) | Err(TaskError::None(_)) => {}
        }
    }
    Ok(())
}

/// Settles the open task about a thing.
///
/// # Errors
/// [`StoreError`].
pub fn settle_of_entity(
    tx: &Conn,
    now: Timestamp,
    kind: Kind,
    entity: &str,
    by: &str,
    note: &str,
) -> Result<(), StoreError> {
    let id: Option<i64> = tx
        .prepare_cached(
            "SELECT id FROM task WHERE cell = {cell} AND kind = ?1 AND entity = ?2 AND settled_us IS NULL",
        )?
        .query_row((kind.as_str(), entity), |row| row.get(0))
        .optional()?;
    match id.map(|id| settle(tx, now, id, by, note)) {
        Some(Err(TaskError::Store(error))) => Err(error),
        _ => Ok(()),
    }
}

/// Open tasks, oldest first; with `settled` those that are done, too.
///
/// # Errors
/// [`StoreError`].
pub fn list(conn: &Conn, settled: bool) -> Result<Vec<Task>, StoreError> {
    let sql = format!(
        "SELECT t.id, t.kind, t.entity, t.order_id, t.body, t.made_us, t.settled_us, t.settled_by, t.note, o.order_no
         FROM task t LEFT JOIN orders o ON o.cell = t.cell AND o.id = t.order_id
         WHERE t.cell = {{cell}} {} ORDER BY t.id",
        if settled { "" } else { "AND t.settled_us IS NULL" }
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut tasks = Vec::new();
    while let Some(row) = rows.next()? {
        tasks.push(read(row)?);
    }
    Ok(tasks)
}

fn read(row: &Row) -> Result<Task, StoreError> {
    let body: String = row.get(4)?;
    Ok(Task {
        id: row.get(0)?,
        kind: row.get(1)?,
        entity: row.get(2)?,
        order_id: row.get(3)?,
        order_no: row.get(9)?,
        body: serde_json::from_str(&body).map_err(|e| StoreError::unreadable("task.body", e))?,
        made_at: at(row.get(5)?)?,
        settled_at: row.get::<_, Option<i64>>(6)?.map(at).transpose()?,
        settled_by: row.get(7)?,
        note: row.get(8)?,
    })
}

fn on_trail(
    tx: &Conn,
    now: Timestamp,
    actor: &str,
    entity: &str,
    state: &str,
    body: Json,
) -> Result<(), StoreError> {
    trail::append(tx, now, &Change { actor, kind: Trail::Task, entity, state, body })
}
