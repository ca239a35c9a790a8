//! Tax guarantees (税款担保) and how much of each is spoken for.

use jiff::Timestamp;
use pickup_domain::china_time;

use crate::console::plot::{Bar, Plot};
use crate::db::Conn;
use crate::store::StoreError;
use crate::time::at;
use crate::web::Visit;

/// A guarantee of which less than this is left is marked, in hundredths.
const LOW: i64 = 10;
/// One that ends within so many days is marked.
const ENDS_SOON_DAYS: i32 = 30;

/// A guarantee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guarantee {
    /// Its number.
    pub number: String,
    /// What it is good for.
    pub amount_fen: i64,
    /// Held for declarations that customs has not released.
    pub held_fen: i64,
    /// Tax of released declarations that is not paid yet.
    pub used_fen: i64,
    /// What is left.
    pub left_fen: i64,
    /// How much is spoken for, in hundredths.
    pub share: i64,
    /// Whether little is left.
    pub low: bool,
    /// Last day in force.
    pub until: String,
    /// Whether it ends soon, or has ended.
    pub ends: bool,
}

/// Every guarantee, by number.
///
/// # Errors
/// [`StoreError`].
pub fn all(conn: &Conn, now: Timestamp) -> Result<Vec<Guarantee>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT key, lim, held, used, valid_until_us FROM account
         WHERE cell = {cell} AND kind = 'guarantee' ORDER BY key",
    )?;
    let rows = statement.query_map([], |row| {
        let (amount_fen, held_fen, used_fen): (i64, i64, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let spoken_for = held_fen.saturating_add(used_fen);
        let share = spoken_for.saturating_mul(100).checked_div(amount_fen).unwrap_or(0);
        let until: Option<i64> = row.get(4)?;
        let until = until.and_then(|until| at(until).ok()).map(china_time::date);
        let left = until.and_then(|until| china_time::date(now).until(until).ok());
        Ok(Guarantee {
            number: row.get(0)?,
            amount_fen,
            held_fen,
            used_fen,
            left_fen: amount_fen.saturating_sub(spoken_for),
            share,
            low: 100_i64.saturating_sub(share) < LOW,
            until: until.map(|until| until.to_string()).unwrap_or_default(),
            ends: left.is_some_and(|left| left.get_days() < ENDS_SOON_DAYS),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How much of each is spoken for.
#[must_use]
pub fn plot(p: &Visit, guarantees: &[Guarantee]) -> Plot {
    let bar = |one: &Guarantee| Bar { label: one.number.clone(), value: Some(one.share) };
    Plot {
        title: p.t("担保占用", "Guarantees in use"),
        unit: "%",
        bars: guarantees.iter().map(bar).collect(),
    }
}
