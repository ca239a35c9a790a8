//! The reconciliation of a day at a centre: what the trail says happened against what the tables say, and each book line's
//! opening + entries − out = closing. Made by a job after the day, signed, and kept for good.
//!
//! [`replay`] reads the trail, [`tables`] the tables; neither knows what the other found. [`mod@file`] is the form that can be
//! verified elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use pickup_domain::china_time;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::db::{Conn, OptionalExt as _};
use crate::shop::Shop;
use crate::store::StoreError;
use crate::tasks::{self, Kind as Task};
use crate::time::{at, us};
use crate::trail::{self, Change, Kind};

mod compare;
pub mod file;
pub mod replay;
pub mod sheet;
pub mod so_far;
pub mod tables;

pub use file::{FileError, Signature};
pub use sheet::{Difference, Sheet};

/// How often it is looked whether a day is to be reconciled.
const EVERY: Duration = Duration::from_secs(60);
/// A day is reconciled so long after it has ended: what was under way at midnight is then written.
const AFTER: SignedDuration = SignedDuration::from_mins(10);
/// So many days at most are made up for.
const BACK_DAYS: i64 = 31;

/// Why a day was not reconciled.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No signature.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is no such centre.
    #[error("there is no centre {0}")]
    NoCentre(u16),
}

/// A reconciliation as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The line that is signed.
    pub body: String,
    /// The line with its signature.
    pub signature: String,
    /// When it was made, microseconds.
    pub made_us: i64,
}

/// One line of the list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which centre.
    pub centre: u16,
    /// Which day.
    pub day: Date,
    /// How many differences it has.
    pub differences: i64,
    /// When it was made, microseconds.
    pub made_us: i64,
}

/// Reconciles days that have ended, for ever.
pub async fn run(shop: Arc<Shop>) {
    loop {
        if let Err(error) = step(&shop).await {
            tracing::warn!(%error, "a day was not reconciled; trying again");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Reconciles every day that has ended and was not reconciled yet; how many.
///
/// # Errors
/// The first [`ReconcileError`]; a centre whose signer is away holds up none of the others.
pub async fn step(shop: &Arc<Shop>) -> Result<usize, ReconcileError> {
    let now = shop.app.now();
    let centres: Vec<u16> = shop.app.store.read(crate::centre::all).await?.into_keys().collect();
    let (mut made, mut failed) = (0, None);
    for centre in centres {
        for day in shop.app.store.read(move |conn| due(conn, centre, now)).await? {
            if let Err(error) = make(shop, centre, day).await {
                failed.get_or_insert(error);
                break;
            }
            made += 1;
        }
    }
    failed.map_or(Ok(made), Err)
}

/// Days of a centre that have ended and were not reconciled.
fn due(conn: &Conn, centre: u16, now: Timestamp) -> Result<Vec<Date>, StoreError> {
    let settled = now.checked_sub(AFTER).unwrap_or(now);
    let last = china_time::date(settled).saturating_sub(1.days());
    let sql = "SELECT MAX(day) FROM reconciliation WHERE cell = {cell} AND centre = ?1";
    let before: Option<String> = conn.prepare_cached(sql)?.query_row([centre], |row| row.get(0))?;
    let before: Option<Date> = before.and_then(|day| day.parse().ok());
    let first: Option<i64> = conn
        .prepare_cached("SELECT at_us FROM trail WHERE cell = {cell} AND seq = 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let Some(first) = first else { return Ok(Vec::new()) };
    let since = before.map_or(china_time::date(at(first)?), |day| day.saturating_add(1.days()));
    let mut day = since.max(last.saturating_sub(BACK_DAYS.days()));
    let mut days = Vec::new();
    while day <= last {
        days.push(day);
        day = day.saturating_add(1.days());
    }
    Ok(days)
}

/// Reconciles a day as it stands now, unsigned.
///
/// # Errors
/// [`StoreError`].
pub fn compute(conn: &Conn, centre: u16, day: Date, now: Timestamp) -> Result<Option<Sheet>, StoreError> {
    let Some(of) = crate::centre::find(conn, centre)? else { return Ok(None) };
    let span = Span::of(day);
    let told = replay::read(conn, &of, span)?;
    let kept = tables::read(conn, &of, span, &told)?;
    let before = before(conn, centre, day)?;
    Ok(Some(compare::sheet(&of, (day, now), told, kept, before.as_ref())))
}

/// The days' first moment and the first moment after it, microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First moment.
    pub from_us: i64,
    /// First moment after it.
    pub until_us: i64,
}

impl Span {
    fn of(day: Date) -> Self {
        let midnight = |day| us(china_time::midnight(day));
        Self { from_us: midnight(day), until_us: midnight(day.saturating_add(1.days())) }
    }

    /// Whether a moment lies in it.
    #[must_use]
    pub const fn has(self, at_us: i64) -> bool {
        self.from_us <= at_us && at_us < self.until_us
    }
}

/// Reconciles a day, signs it and keeps it; a day that was reconciled before stays as it is.
///
/// # Errors
/// [`ReconcileError`].
pub async fn make(shop: &Arc<Shop>, centre: u16, day: Date) -> Result<(), ReconcileError> {
    let now = shop.app.now();
    let sheet = shop.app.store.read(move |conn| compute(conn, centre, day, now)).await?;
    let sheet = sheet.ok_or(ReconcileError::NoCentre(centre))?;
    let differences = i64::try_from(sheet.differences.len()).unwrap_or(i64::MAX);
    let body = serde_json::to_string(&sheet).map_err(|e| StoreError::unreadable("a reconciliation", e))?;
    let signer = shop.signer_of(&sheet.customs_code).clone();
    let to_sign = body.clone();
    // A card or a signing service is waited for.
    let signed = tokio::task::spawn_blocking(move || file::sign(&signer, &to_sign)).await;
    let signature = signed.map_err(|_| FileError::Signer("the signer ended".to_owned()))??;
    let digest = hex::encode(Sha256::digest(body.as_bytes()));
    let write = shop.app.store.write(move |tx| {
        let new = tx.execute(
            "INSERT INTO reconciliation (cell, centre, day, body, signature, differences, made_us)
             VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (cell, centre, day) DO NOTHING",
            (centre, day.to_string(), body, signature, differences, us(now)),
        )?;
        if new == 0 {
            return Ok(());
        }
        let body = json!({ "sha256": digest, "differences": differences });
        let entity = format!("{centre}/{day}");
        if differences > 0 {
            tasks::raise(tx, now, Task::Reconciliation, &entity, None, &body)?;
        }
        let change =
            Change { actor: "system", kind: Kind::Reconciliation, entity: &entity, state: "signed", body };
        trail::append(tx, now, &change)
    });
    Ok(write.await?)
}

/// The one of the day before, when there is one.
fn before(conn: &Conn, centre: u16, day: Date) -> Result<Option<Sheet>, StoreError> {
    let kept = find(conn, centre, day.saturating_sub(1.days()))?;
    let read = |kept: Kept| {
        serde_json::from_str(&kept.body).map_err(|e| StoreError::unreadable("reconciliation.body", e))
    };
    kept.map(read).transpose()
}

/// The one of this day.
///
/// # Errors
/// [`StoreError`].
pub fn find(conn: &Conn, centre: u16, day: Date) -> Result<Option<Kept>, StoreError> {
    let sql = "SELECT body, signature, made_us FROM reconciliation WHERE cell = {cell} AND centre = ?1 AND day = ?2";
    let read =
        |row: &crate::db::Row| Ok(Kept { body: row.get(0)?, signature: row.get(1)?, made_us: row.get(2)? });
    Ok(conn.prepare_cached(sql)?.query_row((centre, day.to_string()), read).optional()?)
}

/// All of them, newest first, so many at most.
///
/// # Errors
/// [`StoreError`].
pub fn list(conn: &Conn, most: i64) -> Result<Vec<Listed>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT centre, day, differences, made_us FROM reconciliation WHERE cell = {cell}
         ORDER BY day DESC, centre LIMIT ?1",
    )?;
    let rows: Vec<(u16, String, i64, i64)> = statement
        .query_map([most], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    let listed = |(centre, day, differences, made_us): (u16, String, i64, i64)| {
        let day = day.parse().map_err(|e| StoreError::unreadable("reconciliation.day", e))?;
        Ok(Listed { centre, day, differences, made_us })
    };
    rows.into_iter().map(listed).collect()
}

/// What is counted, by what it is of: order, pickup, application or tax bill, with an amount in fen where there is one.
pub type Things = BTreeMap<String, i64>;

#[cfg(test)]
mod tests;
