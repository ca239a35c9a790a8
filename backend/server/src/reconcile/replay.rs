//! What the trail says: everything is replayed from its first row, since balances follow from all of it.

use std::collections::{BTreeMap, BTreeSet};

use pickup_domain::Quantity;
use pickup_domain::centre::Centre;
use serde_json::Value as Json;

use super::sheet::{Balance, Line, Stretch, What};
use super::{Span, Things};
use crate::books;
use crate::clearing::accounts;
use crate::db::{Conn, OptionalExt as _};
use crate::store::StoreError;
use crate::trail::{self, Kind, Row};

/// What the trail says of a day at a centre.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// What happened on the day.
    pub things: BTreeMap<What, Things>,
    /// Lines of the centre's book over the day.
    pub lines: BTreeMap<String, Line>,
    /// The lines as the whole trail leaves them.
    pub now: BTreeMap<String, Balance>,
    /// What lies in the day.
    pub stretch: Stretch,
    /// First row up to the end of the day that does not follow from the one before.
    pub broken: Option<i64>,
    /// Hash of every row that a reconciliation may have ended with: the last before the day.
    pub head_before: String,
    /// Pickups that were handed over at any time.
    pub collected: BTreeSet<String>,
}

/// Stock legs of a hold and where it stands.
struct Hold {
    state: String,
    legs: Vec<(String, i64)>,
    tax_fen: i64,
}

struct Replay<'a> {
    conn: &'a Conn,
    prefix: String,
    centre: u16,
    span: Span,
    /// Rows up to this one are in a line's opening balance.
    openings: BTreeMap<String, i64>,
    known: BTreeSet<String>,
    holds: BTreeMap<String, Hold>,
    head: String,
    told: Told,
}

/// Replays the trail.
///
/// # Errors
/// [`StoreError`] for rows that this program does not write.
pub fn read(conn: &Conn, centre: &Centre, span: Span) -> Result<Told, StoreError> {
    let mut replay = Replay {
        conn,
        prefix: format!("{}/", centre.ems_no),
        centre: centre.number,
        span,
        openings: BTreeMap::new(),
        known: BTreeSet::new(),
        holds: BTreeMap::new(),
        head: trail::NOTHING_BEFORE.to_owned(),
        told: Told::default(),
    };
    replay.open()?;
    trail::for_each(conn, |row| replay.take(&row))?;
    replay.close();
    Ok(replay.told)
}

impl Replay<'_> {
    /// Balances from before entries were kept.
    fn open(&mut self) -> Result<(), StoreError> {
        let sql = "SELECT key, seq, quantity FROM book_entry WHERE cell = {cell} AND kind = 'opening'";
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows: Vec<(String, i64, i64)> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        for (key, seq, quantity) in rows {
            self.openings.insert(key.clone(), seq);
            if key.starts_with(&self.prefix) {
                self.told.now.entry(key).or_default().entered = Quantity::from_parts(quantity);
            }
        }
        Ok(())
    }

    fn take(&mut self, row: &Row) -> Result<(), StoreError> {
        if row.at_us < self.span.until_us {
            if !row.follows(&self.head) && self.told.broken.is_none() {
                self.told.broken = Some(row.seq);
            }
            self.told.stretch.last = row.seq;
            self.told.stretch.head.clone_from(&row.hash);
            if row.at_us < self.span.from_us {
                self.told.stretch.before = row.seq;
                self.told.head_before.clone_from(&row.hash);
            }
        }
        self.head.clone_from(&row.hash);
        self.count(row)?;
        self.moved(row)
    }

    /// What a row counts as.
    fn count(&mut self, row: &Row) -> Result<(), StoreError> {
        let (clearing, order) = (row.kind == Kind::Clearing.as_str(), row.kind == Kind::Order.as_str());
        if (clearing || order) && self.known.insert(row.entity.clone()) {
            self.note(row, What::Orders, (&row.entity, &row.entity), 0)?;
        }
        if clearing && self.span.has(row.at_us) {
            let fen = |name: &str| field(row, name).and_then(|fen| fen.as_i64()).unwrap_or_default();
            self.note(row, What::Payments, (&row.entity, &row.entity), fen("total_fen"))?;
            self.note(row, What::Declarations, (&row.entity, &row.entity), fen("tax_fen"))?;
        }
        let is = |kind: Kind, state: &str| row.kind == kind.as_str() && row.state == state;
        if is(Kind::Parcel, "collected") {
            self.told.collected.insert(row.entity.clone());
            self.note(row, What::Pickups, (&row.entity, &row.entity), 0)?;
        }
        for (kind, state, what) in [
            (Kind::Application, "drafted", What::Applications),
            (Kind::Application, "back", What::Returns),
            (Kind::Tax, "paid", What::TaxPaid),
        ] {
            if is(kind, state) && self.span.has(row.at_us) {
                let order = self.order_of(kind, &row.entity)?;
                self.note(row, what, (&row.entity, &order), 0)?;
            }
        }
        Ok(())
    }

    /// Notes something of the day when its order is one of the centre.
    fn note(
        &mut self,
        row: &Row,
        what: What,
        (entity, order): (&str, &str),
        fen: i64,
    ) -> Result<(), StoreError> {
        if self.span.has(row.at_us) && self.is_ours(order)? {
            self.told.things.entry(what).or_default().insert(entity.to_owned(), fen);
        }
        Ok(())
    }

    fn is_ours(&self, order: &str) -> Result<bool, StoreError> {
        let Ok(id) = order.parse::<i64>() else { return Ok(false) };
        let sql = "SELECT centre FROM orders WHERE cell = {cell} AND id = ?1";
        let centre: Option<u16> =
            self.conn.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
        // An order that the tables do not have is everybody's difference.
        Ok(centre.is_none_or(|centre| centre == self.centre))
    }

    fn order_of(&self, kind: Kind, entity: &str) -> Result<String, StoreError> {
        let sql = match kind {
            Kind::Tax => "SELECT order_id FROM tax_bill WHERE cell = {cell} AND tax_no = ?1",
            _ => "SELECT order_id FROM application WHERE cell = {cell} AND cop_no = ?1",
        };
        let order: Option<i64> =
            self.conn.prepare_cached(sql)?.query_row([entity], |row| row.get(0)).optional()?;
        Ok(order.unwrap_or_default().to_string())
    }

    /// How a row moves book lines.
    fn moved(&mut self, row: &Row) -> Result<(), StoreError> {
        for (key, quantity) in books::came_in(row)? {
            if self.openings.get(&key).is_none_or(|seq| row.seq > *seq) {
                self.post(row, &key, |line, now| {
                    line.entries = plus(line.entries, quantity);
                    now.entered = plus(now.entered, quantity);
                });
            }
        }
        if row.kind == Kind::Clearing.as_str() {
            let body: Json = serde_json::from_str(&row.body).unwrap_or_default();
            let legs = stock(&body.get("holds").unwrap_or(&Json::Null).to_string())?;
            for (key, quantity) in &legs {
                self.post(row, key, |_, now| now.held = plus(now.held, *quantity));
            }
            let tax_fen = body.get("tax_fen").and_then(Json::as_i64).unwrap_or_default();
            self.holds.insert(row.entity.clone(), Hold { state: "held".to_owned(), legs, tax_fen });
        } else if row.kind == Kind::Hold.as_str() {
            self.hold_moved(row)?;
        }
        Ok(())
    }

    fn hold_moved(&mut self, row: &Row) -> Result<(), StoreError> {
        let Some(mut hold) = self.holds.remove(&row.entity) else { return Ok(()) };
        if let Some(left) = field(row, "legs") {
            let left = stock(&left.to_string())?;
            for (key, before) in &hold.legs {
                let rest = left.iter().find(|(of, _)| of == key).map_or(0, |(_, rest)| *rest);
                let back = before.saturating_sub(rest);
                self.post(row, key, |line, now| came_back(line, now, back));
            }
            hold.legs = left;
        } else {
            for (key, quantity) in hold.legs.clone() {
                let before = hold.state.as_str();
                self.post(row, &key, |line, now| match (before, row.state.as_str()) {
                    ("held", "posted") => {
                        now.held = plus(now.held, quantity.saturating_neg());
                        now.out = plus(now.out, quantity);
                        line.out = plus(line.out, quantity);
                    }
                    ("held", _) => now.held = plus(now.held, quantity.saturating_neg()),
                    ("posted", "voided" | "expired") => came_back(line, now, quantity),
                    _ => {}
                });
            }
            if hold.state == "held" && row.state == "posted" {
                self.note(row, What::Releases, (&row.entity, &row.entity), hold.tax_fen)?;
            }
            hold.state.clone_from(&row.state);
        }
        self.holds.insert(row.entity.clone(), hold);
        Ok(())
    }

    /// Moves a line of the centre's book. What moves outside the day moves nothing of the day's line but its balances.
    fn post(&mut self, row: &Row, key: &str, change: impl FnOnce(&mut Line, &mut Balance)) {
        if !key.starts_with(&self.prefix) {
            return;
        }
        let now = self.told.now.entry(key.to_owned()).or_default();
        let line = self.told.lines.entry(key.to_owned()).or_insert_with(|| Line {
            key: key.to_owned(),
            opening: *now,
            closing: *now,
            ..Line::default()
        });
        if self.span.has(row.at_us) {
            change(line, now);
            line.closing = *now;
        } else {
            change(&mut Line::default(), now);
            if row.at_us < self.span.from_us {
                (line.opening, line.closing) = (*now, *now);
            }
        }
    }

    /// Lines that never moved are lines, too.
    fn close(&mut self) {
        for (key, now) in &self.told.now {
            self.told.lines.entry(key.clone()).or_insert_with(|| Line {
                key: key.clone(),
                opening: *now,
                closing: *now,
                ..Line::default()
            });
        }
    }
}

fn came_back(line: &mut Line, now: &mut Balance, quantity: i64) {
    line.back = plus(line.back, quantity);
    now.out = plus(now.out, quantity.saturating_neg());
}

fn plus(quantity: Quantity, parts: i64) -> Quantity {
    Quantity::from_parts(quantity.parts().saturating_add(parts))
}

/// Stock legs of a hold.
fn stock(legs: &str) -> Result<Vec<(String, i64)>, StoreError> {
    let legs = accounts::read_legs(legs)?.into_iter();
    Ok(legs.filter(|(kind, ..)| kind == "stock").map(|(_, key, amount)| (key, amount)).collect())
}

fn field(row: &Row, name: &str) -> Option<Json> {
    serde_json::from_str::<Json>(&row.body).ok()?.get_mut(name).map(Json::take)
}
