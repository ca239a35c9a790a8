//! The trail: every change of state as one row, chained by hash, from which alone the states can be rebuilt.

use std::collections::BTreeMap;

use crate::db::{Bulk, Column, Conn, DbError, Value};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::store::{CellState, StoreError};
use crate::time::us;

const CONTEXT: &[u8] = b"BP-TRAIL-1\0";
/// What the first row has as the hash of the row before.
pub const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What a row is about, and by what its entity is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `orders.id`; state as in `orders.state`.
    Order,
    /// `declaration.cop_no`; state as in `declaration.state`.
    Declaration,
    /// `parcel.pickup`; state as in `parcel.state`.
    Parcel,
    /// Order id; `cleared`: the order is, its holds are taken, its declaration drafted and its parcel begun, all at once.
    Clearing,
    /// Order id; state of its holds.
    Hold,
    /// Grant id; `granted` or `refused`.
    Grant,
    /// Pickup number; `taken`, `unknown`, `inside` (found so) or `conflict`.
    Handover,
    /// Pickup number; `stored`, `not_stored` or `conflict`.
    Deposit,
    /// Kiosk name; `added`, `code_issued`, `enrolled`, `revoked`, `configured`, `out_of_service` or `in_service`.
    Kiosk,
    /// Name of the member of staff; `badge_issued`, `pin_set`, `pin_locked` or `badge_revoked`.
    Staff,
    /// Opening id; from the console first `asked`, `confirmed`, `withdrawn`, `expired` or `refused`; `granted`, or how it ended: `shut`, `inside`, `taken_out`, `empty`, `not_opened`, `unclear` or `conflict`.
    Opening,
    /// Slip number; `printed` when it came out after the handover.
    Slip,
    /// Merchant; `key_issued`.
    Shop,
    /// What was imported; `imported`.
    Data,
    /// `application.cop_no`; state as in `application.state`, or `back` when the goods are in the area again.
    Application,
    /// `tax_bill.tax_no`; `generated`, `summarised`, `void` or `paid`.
    Tax,
    /// `task.kind/task.entity`; `open` or `settled`.
    Task,
    /// `pay_query.session`; `open`, `done` or `failed`.
    PaymentData,
    /// `payback.id`; `requested`, `done` or `failed`.
    Payback,
    /// Order id; state as in `pay_declaration.state`.
    PaymentDeclaration,
    /// Name of an account of the console; `added`, `signed_in`, `password_changed`, `disabled`, `looked_up`, …
    Account,
    /// A book line `book/record number`; `asked`, `refused`, `entered` or `corrected`.
    Book,
    /// `stocktake.id`; `counting`, `review`, `signed` or `dropped`.
    Stocktake,
    /// `centre/day`; `signed`.
    Reconciliation,
}

impl Kind {
    /// As it stands in the trail.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Declaration => "declaration",
            Self::Parcel => "parcel",
            Self::Clearing => "clearing",
            Self::Hold => "hold",
            Self::Grant => "grant",
            Self::Handover => "handover",
            Self::Deposit => "deposit",
            Self::Kiosk => "kiosk",
            Self::Staff => "staff",
            Self::Opening => "opening",
            Self::Slip => "slip",
            Self::Shop => "shop",
            Self::Data => "data",
            Self::Application => "application",
            Self::Tax => "tax",
            Self::Task => "task",
            Self::PaymentData => "payment_data",
            Self::Payback => "payback",
            Self::PaymentDeclaration => "payment_declaration",
            Self::Account => "account",
            Self::Book => "book",
            Self::Stocktake => "stocktake",
            Self::Reconciliation => "reconciliation",
        }
    }
}

/// A change of state to be put on the trail.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// Who did it: `shop:<merchant>`, `customs`, `kiosk:<name>`, `staff:<name>`, `account:<name>`, `system`.
    pub actor: &'a str,
    /// What it is about.
    pub kind: Kind,
    /// Which one; see [`Kind`].
    pub entity: &'a str,
    /// The state it is in from now on.
    pub state: &'a str,
    /// What else matters. Never an identity number.
    pub body: Json,
}

/// Puts a change on the trail, in the transaction that makes it.
///
/// # Errors
/// [`StoreError`] when the row cannot be written.
pub fn append(tx: &Conn, at: Timestamp, change: &Change<'_>) -> Result<(), StoreError> {
    let rows = chain(tx, at, std::slice::from_ref(change))?;
    tx.bulk(&rows)?;
    Ok(())
}

/// The rows of several changes, in this order, chained to what is there; to be written in this transaction.
///
/// # Errors
/// [`StoreError`] outside a writing transaction.
pub fn chain(tx: &Conn, at: Timestamp, changes: &[Change<'_>]) -> Result<Bulk<'static>, StoreError> {
    let mut rows = None;
    tx.move_on(|cell| rows = Some(chained(cell, at, changes)))?;
    rows.ok_or(StoreError::Closed)
}

/// As [`chain`], on a state of the cell.
pub fn chained(cell: &mut CellState, at: Timestamp, changes: &[Change<'_>]) -> Bulk<'static> {
    let at_us = us(at);
    let (mut seqs, mut hashes) = (Vec::with_capacity(changes.len()), Vec::with_capacity(changes.len()));
    let mut texts: [Vec<String>; 5] = std::array::from_fn(|_| Vec::with_capacity(changes.len()));
    for change in changes {
        let mut row = Row {
            seq: cell.trail_seq.saturating_add(1),
            at_us,
            actor: change.actor.to_owned(),
            kind: change.kind.as_str().to_owned(),
            entity: change.entity.to_owned(),
            state: change.state.to_owned(),
            body: change.body.to_string(),
            previous: std::mem::take(&mut cell.trail_hash),
            hash: String::new(),
        };
        row.hash = row.computed();
        cell.trail_seq = row.seq;
        cell.trail_hash.clone_from(&row.hash);
        seqs.push(row.seq);
        hashes.push(row.hash);
        let [actor, kind, entity, state, body] = &mut texts;
        actor.push(row.actor);
        kind.push(row.kind);
        entity.push(row.entity);
        state.push(row.state);
        body.push(row.body);
    }
    let [actor, kind, entity, state, body] = texts.map(Column::Text);
    let columns = vec![Column::Int(seqs), actor, kind, entity, state, body, Column::Text(hashes)];
    Bulk::with(INSERT, columns, vec![Value::Int(at_us)])
}

const INSERT: &str = "INSERT INTO trail (cell, seq, at_us, actor, kind, entity, state, body, hash)
    SELECT {cell}, r.seq, ?8, r.actor, r.kind, r.entity, r.state, r.body, r.hash
    FROM {r: seq i, actor t, kind t, entity t, state t, body t, hash t}";

/// One row of the trail; as JSON it is one line of the export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// 1, 2, 3, … without gaps.
    pub seq: i64,
    /// Microseconds since 1970 in UTC.
    pub at_us: i64,
    /// Who.
    pub actor: String,
    /// What it is about.
    pub kind: String,
    /// Which one.
    pub entity: String,
    /// The state from then on.
    pub state: String,
    /// JSON.
    pub body: String,
    /// Hash of the row before.
    pub previous: String,
    /// Hash of this row.
    pub hash: String,
}

impl Row {
    /// Whether it stands as it was written, right after the row with this hash.
    #[must_use]
    pub fn follows(&self, head: &str) -> bool {
        self.previous == head && self.hash == self.computed()
    }

    /// SHA-256 over every field with its length before it, so that no two rows can be read as one another.
    fn computed(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(CONTEXT);
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at_us.to_be_bytes());
        for field in [&self.actor, &self.kind, &self.entity, &self.state, &self.body, &self.previous] {
            hash.update(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(field.as_bytes());
        }
        hex::encode(hash.finalize())
    }
}

/// Calls `each` with every row in order.
///
/// # Errors
/// What `each` says, or [`StoreError`].
pub fn for_each<E: From<StoreError>>(
    conn: &Conn,
    mut each: impl FnMut(Row) -> Result<(), E>,
) -> Result<(), E> {
    let (mut last, mut previous) = (0_i64, NOTHING_BEFORE.to_owned());
    loop {
        let page = page(conn, last, &previous).map_err(StoreError::from)?;
        let Some(end) = page.last() else { return Ok(()) };
        (last, previous) = (end.seq, end.hash.clone());
        page.into_iter().try_for_each(&mut each)?;
    }
}

/// The next rows after `last`, so many that memory never matters.
fn page(conn: &Conn, last: i64, previous: &str) -> Result<Vec<Row>, DbError> {
    let mut previous = previous.to_owned();
    conn.prepare_cached(
        "SELECT seq, at_us, actor, kind, entity, state, body, hash FROM trail
         WHERE cell = {cell} AND seq > ?1 ORDER BY seq LIMIT 5000",
    )?
    .query_map([last], |row| {
        let hash: String = row.get(7)?;
        Ok(Row {
            seq: row.get(0)?,
            at_us: row.get(1)?,
            actor: row.get(2)?,
            kind: row.get(3)?,
            entity: row.get(4)?,
            state: row.get(5)?,
            body: row.get(6)?,
            previous: std::mem::replace(&mut previous, hash.clone()),
            hash,
        })
    })?
    .collect()
}

/// What [`verify`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows read.
    pub rows: i64,
    /// Hash of the last row; write it down elsewhere to notice a trail cut short.
    pub head: String,
    /// What is wrong, in order of the trail and then of the tables.
    pub problems: Vec<Problem>,
}

/// Something wrong with the trail or with the tables beside it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A row is missing or out of place.
    #[error("row {found} stands where row {expected} should be")]
    Gap {
        /// Number expected.
        expected: i64,
        /// Number found.
        found: i64,
    },
    /// A row's hash does not follow from the row and the one before it.
    #[error("row {0} was changed after it was written, or the row before it was")]
    Broken(i64),
    /// The table says otherwise than the trail.
    #[error("{kind} {entity}: the trail says {trail:?}, the table says {table:?}")]
    Differs {
        /// `order`, `declaration` or `parcel`.
        kind: &'static str,
        /// Which one.
        entity: String,
        /// State by the trail; `None` when the trail does not know it.
        trail: Option<String>,
        /// State in the table; `None` when the table has no such row.
        table: Option<String>,
    },
}

/// Recomputes the chain, rebuilds the states of orders, declarations and parcels from the trail alone and compares them
/// with the tables.
///
/// # Errors
/// [`StoreError`] when the tables cannot be read; what is wrong with the trail is in the [`Report`].
pub fn verify(conn: &Conn) -> Result<Report, StoreError> {
    let mut report = Report { head: NOTHING_BEFORE.to_owned(), ..Report::default() };
    let mut rebuilt: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut expected = 1;
    for_each(conn, |row| {
        check_row(&row, expected, &report.head, &mut report.problems);
        expected = row.seq.saturating_add(1);
        report.rows += 1;
        report.head.clone_from(&row.hash);
        rebuild(&mut rebuilt, row);
        Ok::<_, StoreError>(())
    })?;
    for (kind, sql) in [
        (Kind::Order, "SELECT CAST(id AS TEXT), state FROM orders WHERE cell = {cell}"),
        (Kind::Declaration, "SELECT cop_no, state FROM declaration WHERE cell = {cell}"),
        (Kind::Parcel, "SELECT CAST(pickup AS TEXT), state FROM parcel WHERE cell = {cell}"),
    ] {
        compare(kind.as_str(), &states(conn, sql)?, &rebuilt, &mut report.problems);
    }
    Ok(report)
}

/// A clearing sets several states at once; every other row sets one.
fn rebuild(states: &mut BTreeMap<(String, String), String>, row: Row) {
    if row.kind != Kind::Clearing.as_str() {
        states.insert((row.kind, row.entity), row.state);
        return;
    }
    let body: Json = serde_json::from_str(&row.body).unwrap_or_default();
    let mut set = |kind: Kind, entity: String, state: &str| {
        states.insert((kind.as_str().to_owned(), entity), state.to_owned());
    };
    set(Kind::Parcel, row.entity.clone(), "picking");
    set(Kind::Hold, row.entity.clone(), "held");
    set(Kind::Order, row.entity, "cleared");
    if let Some(cop_no) = body.get("cop_no").and_then(Json::as_str) {
        set(Kind::Declaration, cop_no.to_owned(), "drafted");
    }
}

fn check_row(row: &Row, expected: i64, head: &str, problems: &mut Vec<Problem>) {
    if row.seq != expected {
        problems.push(Problem::Gap { expected, found: row.seq });
    }
    if !row.follows(head) {
        problems.push(Problem::Broken(row.seq));
    }
}

fn states(conn: &Conn, sql: &str) -> Result<BTreeMap<String, String>, StoreError> {
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn compare(
    kind: &'static str,
    table: &BTreeMap<String, String>,
    rebuilt: &BTreeMap<(String, String), String>,
    problems: &mut Vec<Problem>,
) {
    let trail: BTreeMap<&String, &String> =
        rebuilt.iter().filter(|((k, _), _)| k == kind).map(|((_, entity), state)| (entity, state)).collect();
    let mut entities: Vec<&String> = table.keys().chain(trail.keys().copied()).collect();
    entities.sort_unstable();
    entities.dedup();
    for entity in entities {
        let (by_trail, by_table) = (trail.get(entity).copied().cloned(), table.get(entity).cloned());
        if by_trail != by_table {
            problems.push(Problem::Differs {
                kind,
                entity: entity.clone(),
                trail: by_trail,
                table: by_table,
            });
        }
    }
}
