//! What happens to orders, read from the trail: nothing is written for it, and nothing on the trail can be missed.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::db::{Bulk, Column, Conn, DbError, OptionalExt as _};
use crate::sandbox;
use crate::store::StoreError;
use crate::time::{at, us};

/// Rows of the trail that are looked through at once.
pub const WINDOW: i64 = 2_000;

/// What can happen to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub enum EventKind {
    /// Paid, held for and declared.
    #[serde(rename = "order.cleared")]
    Cleared,
    /// Customs has released it; the ticket is there.
    #[serde(rename = "order.released")]
    Released,
    /// Customs refused the declaration. It may be filed anew; if it is given up, `order.cancelled` follows.
    #[serde(rename = "order.rejected")]
    Rejected,
    /// The parcel lies in a locker.
    #[serde(rename = "order.deposited")]
    Deposited,
    /// The parcel was handed over.
    #[serde(rename = "order.collected")]
    Collected,
    /// Customs has granted a return.
    #[serde(rename = "order.returned")]
    Returned,
    /// The order is cancelled; what was paid goes back.
    #[serde(rename = "order.cancelled")]
    Cancelled,
    /// Money went back to the buyer.
    #[serde(rename = "order.refunded")]
    Refunded,
}

/// There is no such event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no event \"{0}\"")]
pub struct UnknownEvent(String);

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Cleared,
        Self::Released,
        Self::Rejected,
        Self::Deposited,
        Self::Collected,
        Self::Returned,
        Self::Cancelled,
        Self::Refunded,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cleared => "order.cleared",
            Self::Released => "order.released",
            Self::Rejected => "order.rejected",
            Self::Deposited => "order.deposited",
            Self::Collected => "order.collected",
            Self::Returned => "order.returned",
            Self::Cancelled => "order.cancelled",
            Self::Refunded => "order.refunded",
        }
    }

    /// What a row of the trail says has happened. Of an application only a granted return counts, see [`changes`].
    fn of(kind: &str, state: &str) -> Option<Self> {
        Some(match (kind, state) {
            ("clearing", "cleared") => Self::Cleared,
            ("declaration", "released") => Self::Released,
            ("declaration", "rejected" | "exception") => Self::Rejected,
            ("parcel", "in_locker") => Self::Deposited,
            ("parcel", "collected") => Self::Collected,
            ("application", "concluded") => Self::Returned,
            ("order", "cancelled") => Self::Cancelled,
            ("payback", "done") => Self::Refunded,
            _ => return None,
        })
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EventKind {
    type Err = UnknownEvent;

    fn from_str(text: &str) -> Result<Self, UnknownEvent> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownEvent(text.to_owned()))
    }
}

/// A change of an order, as a row of the trail has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderChange {
    /// Row of the trail.
    pub seq: i64,
    /// When.
    pub at_us: i64,
    /// Which order.
    pub order_id: i64,
    /// What it means to a shop, where it means anything.
    pub event: Option<EventKind>,
}

/// The changes of orders among the rows of a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// In order of the trail.
    pub changes: Vec<OrderChange>,
    /// The last row looked at; go on behind it.
    pub through: i64,
    /// Whether there are rows behind it.
    pub more: bool,
}

/// An event as shops are told it, by webhook and by `GET /shop/v1/events`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Event {
    /// The same for ever, however often it is told.
    #[schema(example = "evt_1_4711")]
    pub id: String,
    /// What has happened.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// When.
    pub timestamp: Timestamp,
    /// To which order.
    pub data: EventData,
    /// Whether it is of the sandbox, where nothing is real; absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub sandbox: bool,
}

/// The order an event is about; the rest stands in `GET /shop/v1/orders/{order_no}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventData {
    /// Our id.
    pub order_id: String,
    /// The platform's number.
    pub order_no: String,
}

/// The id of the event on a row of the trail.
#[must_use]
pub fn id(cell: i64, seq: i64) -> String {
    format!("evt_{cell}_{seq}")
}

/// The row of the trail that an event's id names, when it is of this cell.
#[must_use]
pub fn seq_of(cell: i64, id: &str) -> Option<i64> {
    id.strip_prefix(&format!("evt_{cell}_"))?.parse().ok()
}

/// The changes of orders in the [`WINDOW`] behind row `after`.
///
/// # Errors
/// [`StoreError`].
pub fn changes(conn: &Conn, after: i64) -> Result<Window, StoreError> {
    let head = head(conn)?;
    let through = after.saturating_add(WINDOW).min(head).max(after);
    let mut statement = conn.prepare_cached(
        "SELECT seq, at_us, kind, entity, state FROM trail WHERE cell = {cell} AND seq > ?1 AND seq <= ?2
         ORDER BY seq",
    )?;
    let rows: Vec<(i64, i64, String, String, String)> = statement
        .query_map((after, through), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?
        .collect::<Result<_, _>>()?;
    let by_number = by_number(conn, &rows)?;
    let changes = rows.iter().filter_map(|(seq, at_us, kind, entity, state)| {
        let (order_id, counts) = match kind.as_str() {
            "order" | "clearing" | "hold" | "parcel" | "payment_declaration" => (entity.parse().ok()?, true),
            "declaration" | "application" | "payback" => *by_number.get(&(kind.as_str(), entity.as_str()))?,
            _ => return None,
        };
        let event = EventKind::of(kind, state).filter(|_| counts);
        Some(OrderChange { seq: *seq, at_us: *at_us, order_id, event })
    });
    Ok(Window { changes: changes.collect(), through, more: through < head })
}

/// The last row of the trail.
///
/// # Errors
/// [`StoreError`].
pub fn head(conn: &Conn) -> Result<i64, StoreError> {
    let sql = "SELECT trail_seq FROM cell WHERE number = {cell}";
    Ok(conn.query_row(sql, [], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// The last row of the trail before `since`: rows stand in the order of their time, so halving finds it.
///
/// # Errors
/// [`StoreError`].
pub fn before(conn: &Conn, since: Timestamp) -> Result<i64, StoreError> {
    let (mut earlier, mut later) = (0, head(conn)?.saturating_add(1));
    let mut statement = conn.prepare_cached("SELECT at_us FROM trail WHERE cell = {cell} AND seq = ?1")?;
    while later.saturating_sub(earlier) > 1 {
        let middle = earlier.saturating_add(later.saturating_sub(earlier) / 2);
        let at_us: i64 = statement.query_row([middle], |row| row.get(0))?;
        *(if at_us < us(since) { &mut earlier } else { &mut later }) = middle;
    }
    Ok(earlier)
}

type Row5 = (i64, i64, String, String, String);

/// Kind and number of a thing; the order it belongs to, and whether its row counts as an event.
type ByNumber<'a> = BTreeMap<(&'a str, &'a str), (i64, bool)>;

/// The orders behind our numbers of declarations, applications and paybacks; and whether the row counts as an event.
fn by_number<'a>(conn: &Conn, rows: &'a [Row5]) -> Result<ByNumber<'a>, DbError> {
    let mut found = BTreeMap::new();
    for (kind, sql) in [
        (
            "declaration",
            "SELECT r.number, d.order_id, 1 FROM {r: number t}
             JOIN declaration d ON d.cell = {cell} AND d.cop_no = r.number",
        ),
        (
            "application",
            "SELECT r.number, a.order_id, CASE WHEN a.kind = 'refund' THEN 1 ELSE 0 END FROM {r: number t}
             JOIN application a ON a.cell = {cell} AND a.cop_no = r.number",
        ),
        (
            "payback",
            "SELECT r.number, p.order_id, 1 FROM {r: number t}
             JOIN payback p ON p.cell = {cell} AND p.id = r.number",
        ),
    ] {
        let mut numbers: Vec<&'a str> =
            rows.iter().filter(|row| row.2 == kind).map(|row| row.3.as_str()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.is_empty() {
            continue;
        }
        let column = Column::Text(numbers.iter().map(|number| (*number).to_owned()).collect());
        for row in conn.bulk_rows(&[Bulk::new(sql, vec![column])])?.into_iter().flatten() {
            let (number, order_id, counts): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let place = numbers.binary_search(&number.as_str()).ok().and_then(|at| numbers.get(at));
            if let Some(number) = place {
                found.insert((kind, *number), (order_id, counts != 0));
            }
        }
    }
    Ok(found)
}

/// The merchant's events among changes.
///
/// # Errors
/// [`StoreError`].
pub fn of_merchant(conn: &Conn, changes: &[OrderChange], merchant: &str) -> Result<Vec<Event>, StoreError> {
    let all = with_merchants(conn, changes)?.into_iter();
    Ok(all.filter(|(of, _)| of == merchant).map(|(_, event)| event).collect())
}

/// The events among changes, each with the merchant whose order it is about.
///
/// # Errors
/// [`StoreError`].
pub fn with_merchants(conn: &Conn, changes: &[OrderChange]) -> Result<Vec<(String, Event)>, StoreError> {
    let mut ids: Vec<i64> =
        changes.iter().filter(|change| change.event.is_some()).map(|change| change.order_id).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "SELECT o.id, o.merchant, o.order_no FROM {r: id i}
               JOIN orders o ON o.cell = {cell} AND o.id = r.id";
    let mut orders: BTreeMap<i64, (String, String)> = BTreeMap::new();
    for row in conn.bulk_rows(&[Bulk::new(sql, vec![Column::Int(ids)])])?.into_iter().flatten() {
        orders.insert(row.get(0)?, (row.get(1)?, row.get(2)?));
    }
    let sandbox = sandbox::is(conn);
    let mut events = Vec::new();
    for change in changes {
        let (Some(kind), Some((merchant, order_no))) = (change.event, orders.get(&change.order_id)) else {
            continue;
        };
        let data = EventData { order_id: change.order_id.to_string(), order_no: order_no.clone() };
        let (id, timestamp) = (id(conn.cell(), change.seq), at(change.at_us)?);
        events.push((merchant.clone(), Event { id, kind, timestamp, data, sandbox }));
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_one_name_both_ways() {
        for kind in EventKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }

    #[test]
    fn an_events_id_names_its_row_in_its_cell_only() {
        assert_eq!(seq_of(3, &id(3, 77)), Some(77));
        assert_eq!(seq_of(2, &id(3, 77)), None);
        assert_eq!(seq_of(3, "evt_3_x"), None);
    }
}
