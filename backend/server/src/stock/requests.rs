//! Entries and corrections of book lines that one person asks for and another one decides. The book moves with the approval
//! and not before.

use jiff::Timestamp;
use pickup_domain::Quantity;
use serde_json::json;

use super::{EntryKind, StockError, changed, enter};
use crate::db::{Conn, OptionalExt as _, Row};
use crate::store::StoreError;
use crate::time::us;
use crate::trail::{self, Change, Kind};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Goods came into the area.
    Entry,
    /// The book is wrong.
    Correction,
}

impl What {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Correction => "correction",
        }
    }

    /// The one stored so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Entry, Self::Correction].into_iter().find(|what| what.as_str() == text)
    }
}

/// Why a request was not taken or not decided.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The book.
    #[error(transparent)]
    Stock(#[from] StockError),
    /// There is no open request with this number.
    #[error("there is no open request {0}: it was decided already")]
    None(i64),
    /// Who asked cannot decide.
    #[error("{0} asked for this: another person must decide")]
    OwnRequest(String),
    /// What enters is above zero.
    #[error("an entry is above zero: ask for a correction to take something off")]
    EntryBelowZero,
}

impl From<StoreError> for RequestError {
    fn from(cause: StoreError) -> Self {
        Self::Stock(cause.into())
    }
}

impl From<crate::db::DbError> for RequestError {
    fn from(cause: crate::db::DbError) -> Self {
        Self::Stock(cause.into())
    }
}

/// A request that somebody makes.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Line: `book/record number`.
    pub key: String,
    /// Entry or correction.
    pub what: What,
    /// How much; below zero takes off.
    pub quantity: Quantity,
    /// Document that the goods came in by; may be empty.
    pub document: String,
    /// Why.
    pub reason: String,
}

/// A request as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub id: i64,
    /// Line: `book/record number`.
    pub key: String,
    /// `entry` or `correction`.
    pub what: What,
    /// How much; below zero takes off.
    pub quantity: Quantity,
    /// Document that the goods came in by.
    pub document: String,
    /// Why.
    pub reason: String,
    /// `open`, `approved` or `refused`.
    pub state: String,
    /// Name of the account that asked.
    pub asked_by: String,
    /// When, microseconds.
    pub asked_us: i64,
    /// Name of the account that decided.
    pub decided_by: Option<String>,
    /// When, microseconds.
    pub decided_us: Option<i64>,
    /// Why it was decided so.
    pub note: String,
}

impl Request {
    /// Whether it waits for somebody.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == "open"
    }
}

/// Keeps a request; gives its number. What could not be approved now is refused at once.
///
/// # Errors
/// [`RequestError`].
pub fn ask(tx: &Conn, now: Timestamp, by: &str, ask: &Ask) -> Result<i64, RequestError> {
    if ask.what == What::Entry && ask.quantity <= Quantity::ZERO {
        return Err(RequestError::EntryBelowZero);
    }
    changed(tx, &ask.key, ask.quantity)?;
    let id = tx.next_serial()?;
    tx.execute(
        "INSERT INTO book_request (cell, id, key, kind, quantity, document, reason, state, asked_by, asked_us)
         VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6, 'open', ?7, ?8)",
        (
            id,
            &ask.key,
            ask.what.as_str(),
            ask.quantity.parts(),
            &ask.document,
            &ask.reason,
            by,
            us(now),
        ),
    )?;
    let body = json!({
        "request": id, "what": ask.what.as_str(), "quantity": ask.quantity.to_string(),
        "document": ask.document, "reason": ask.reason,
    });
    on_trail(tx, now, by, &ask.key, "asked", body)?;
    Ok(id)
}

/// Decides a request; an approved one moves the book.
///
/// # Errors
/// [`RequestError`]; the transaction must then be dropped.
pub fn decide(
    tx: &Conn,
    now: Timestamp,
    by: &str,
    (id, approve): (i64, bool),
    note: &str,
) -> Result<Request, RequestError> {
    let request = find(tx, id)?.filter(Request::is_open).ok_or(RequestError::None(id))?;
    if request.asked_by == by {
        return Err(RequestError::OwnRequest(by.to_owned()));
    }
    let state = if approve { "approved" } else { "refused" };
    tx.execute(
        "UPDATE book_request SET state = ?2, decided_by = ?3, decided_us = ?4, note = ?5
         WHERE cell = {cell} AND id = ?1",
        (id, state, by, us(now), note),
    )?;
    let mut body = json!({ "request": id, "asked_by": request.asked_by, "note": note });
    if !approve {
        on_trail(tx, now, by, &request.key, "refused", body)?;
        return Ok(request);
    }
    let (kind, word) = match request.what {
        What::Entry => (EntryKind::Entry, "entered"),
        What::Correction => (EntryKind::Correction, "corrected"),
    };
    let document = if request.document.is_empty() { &request.reason } else { &request.document };
    // In the form in which an import lists its lines: whoever adds up the trail reads both alike.
    let lines = json!([[request.key, request.quantity, document]]);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("lines".to_owned(), lines);
    }
    on_trail(tx, now, by, &request.key, word, body)?;
    enter(tx, now, &request.key, (kind, request.quantity), document)?;
    Ok(request)
}

fn on_trail(
    tx: &Conn,
    now: Timestamp,
    by: &str,
    key: &str,
    state: &str,
    body: serde_json::Value,
) -> Result<(), StoreError> {
    let actor = format!("account:{by}");
    trail::append(tx, now, &Change { actor: &actor, kind: Kind::Book, entity: key, state, body })
}

const SELECT: &str =
    "SELECT id, key, kind, quantity, document, reason, state, asked_by, asked_us, decided_by,
    decided_us, note FROM book_request WHERE cell = {cell}";

/// The request with this number.
///
/// # Errors
/// [`StoreError`].
pub fn find(conn: &Conn, id: i64) -> Result<Option<Request>, StoreError> {
    let sql = format!("{SELECT} AND id = ?1");
    let row = conn.prepare_cached(&sql)?.query_row([id], |row| Ok(row.clone())).optional()?;
    row.as_ref().map(read).transpose()
}

/// What waits for somebody, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn open(conn: &Conn) -> Result<Vec<Request>, StoreError> {
    let sql = format!("{SELECT} AND state = 'open' ORDER BY id");
    let rows: Vec<Row> =
        conn.prepare_cached(&sql)?.query_map([], |row| Ok(row.clone()))?.collect::<Result<_, _>>()?;
    rows.iter().map(read).collect()
}

/// What was asked for a line, newest first, so many at most.
///
/// # Errors
/// [`StoreError`].
pub fn of_line(conn: &Conn, key: &str, most: i64) -> Result<Vec<Request>, StoreError> {
    let sql = format!("{SELECT} AND key = ?1 ORDER BY id DESC LIMIT ?2");
    let rows: Vec<Row> = conn
        .prepare_cached(&sql)?
        .query_map((key, most), |row| Ok(row.clone()))?
        .collect::<Result<_, _>>()?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Request, StoreError> {
    let what: String = row.get(2)?;
    Ok(Request {
        id: row.get(0)?,
        key: row.get(1)?,
        what: What::parse(&what).ok_or_else(|| StoreError::unreadable("book_request.kind", &what))?,
        quantity: Quantity::from_parts(row.get(3)?),
        document: row.get(4)?,
        reason: row.get(5)?,
        state: row.get(6)?,
        asked_by: row.get(7)?,
        asked_us: row.get(8)?,
        decided_by: row.get(9)?,
        decided_us: row.get(10)?,
        note: row.get(11)?,
    })
}
