//! The trail: every change of state as one row, chained by hash, from which alone the states can be rebuilt.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::store::StoreError;
use crate::time::us;

const CONTEXT: &[u8] = b"BP-TRAIL-1\0";
/// What the first row has as the hash of the row before.
const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What a row is about, and by what its entity is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `orders.id`; state as in `orders.state`.
    Order,
    /// `declaration.cop_no`; state as in `declaration.state`.
    Declaration,
    /// `parcel.pickup`; state as in `parcel.state`.
    Parcel,
    /// Order id; state of its holds.
    Hold,
    /// Grant id; `granted` or `refused`.
    Grant,
    /// Pickup number; `taken`, `unknown`, `inside` (found so) or `conflict`.
    Handover,
    /// Pickup number; `stored`, `not_stored` or `conflict`.
    Deposit,
    /// Kiosk name; `added`, `code_issued`, `enrolled` or `revoked`.
    Kiosk,
    /// Name of the member of staff; `badge_issued`.
    Staff,
    /// Merchant; `key_issued`.
    Shop,
}

impl Kind {
    /// As it stands in the trail.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Declaration => "declaration",
            Self::Parcel => "parcel",
            Self::Hold => "hold",
            Self::Grant => "grant",
            Self::Handover => "handover",
            Self::Deposit => "deposit",
            Self::Kiosk => "kiosk",
            Self::Staff => "staff",
            Self::Shop => "shop",
        }
    }
}

/// A change of state to be put on the trail.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// Who did it: `shop:<merchant>`, `customs`, `kiosk:<name>`, `staff:<name>`, `system`.
    pub actor: &'a str,
    /// What it is about.
    pub kind: Kind,
    /// Which one; see [`Kind`].
    pub entity: &'a str,
    /// The state it is in from now on.
    pub state: &'a str,
    /// What else matters. Never an identity number.
    pub body: Value,
}

/// Puts a change on the trail, in the transaction that makes it.
///
/// # Errors
/// [`StoreError`] when the row cannot be written.
pub fn append(tx: &Transaction<'_>, at: Timestamp, change: &Change<'_>) -> Result<(), StoreError> {
    let last: Option<(i64, String)> = tx
        .prepare_cached("SELECT seq, hash FROM trail ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, previous) = last.unwrap_or((0, NOTHING_BEFORE.to_owned()));
    let mut row = Row {
        seq: seq.saturating_add(1),
        at_us: us(at),
        actor: change.actor.to_owned(),
        kind: change.kind.as_str().to_owned(),
        entity: change.entity.to_owned(),
        state: change.state.to_owned(),
        body: change.body.to_string(),
        previous,
        hash: String::new(),
    };
    row.hash = row.computed();
    tx.prepare_cached(
        "INSERT INTO trail (seq, at_us, actor, kind, entity, state, body, previous, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute((
        row.seq,
        row.at_us,
        row.actor,
        row.kind,
        row.entity,
        row.state,
        row.body,
        row.previous,
        row.hash,
    ))?;
    Ok(())
}

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
    conn: &Connection,
    mut each: impl FnMut(Row) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement = conn
        .prepare(
            "SELECT seq, at_us, actor, kind, entity, state, body, previous, hash FROM trail ORDER BY seq",
        )
        .map_err(StoreError::from)?;
    let mut rows = statement.query([]).map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        each(read_row(row).map_err(StoreError::from)?)?;
    }
    Ok(())
}

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        seq: row.get(0)?,
        at_us: row.get(1)?,
        actor: row.get(2)?,
        kind: row.get(3)?,
        entity: row.get(4)?,
        state: row.get(5)?,
        body: row.get(6)?,
        previous: row.get(7)?,
        hash: row.get(8)?,
    })
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
    /// A row does not name the hash of the row before it.
    #[error("row {0} does not follow from the row before it")]
    Broken(i64),
    /// A row was changed after it was written.
    #[error("row {0} was changed after it was written")]
    Altered(i64),
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
pub fn verify(conn: &Connection) -> Result<Report, StoreError> {
    let mut report = Report { head: NOTHING_BEFORE.to_owned(), ..Report::default() };
    let mut rebuilt: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut expected = 1;
    for_each(conn, |row| {
        check_row(&row, expected, &report.head, &mut report.problems);
        expected = row.seq.saturating_add(1);
        report.rows += 1;
        report.head = row.hash;
        rebuilt.insert((row.kind, row.entity), row.state);
        Ok::<_, StoreError>(())
    })?;
    for (kind, sql) in [
        (Kind::Order, "SELECT id, state FROM orders ORDER BY id"),
        (Kind::Declaration, "SELECT cop_no, state FROM declaration ORDER BY cop_no"),
        (Kind::Parcel, "SELECT CAST(pickup AS TEXT), state FROM parcel ORDER BY pickup"),
    ] {
        compare(kind.as_str(), &states(conn, sql)?, &rebuilt, &mut report.problems);
    }
    Ok(report)
}

fn check_row(row: &Row, expected: i64, head: &str, problems: &mut Vec<Problem>) {
    if row.seq != expected {
        problems.push(Problem::Gap { expected, found: row.seq });
    }
    if row.previous != head {
        problems.push(Problem::Broken(row.seq));
    }
    if row.hash != row.computed() {
        problems.push(Problem::Altered(row.seq));
    }
}

fn states(conn: &Connection, sql: &str) -> Result<BTreeMap<String, String>, StoreError> {
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
