//! Stocktakes (盘点): lines of a centre's book are counted blind, compared, counted anew where in doubt, and signed off by
//! somebody who counted nothing; what differs is then corrected.
//!
//! Counted is what lies in the area unreleased: on hand and held. Each line keeps what the book had there when it was counted,
//! so that what moves before the sign-off is no variance; a line that moved while it was being counted is counted anew.

use jiff::Timestamp;
use pickup_domain::Quantity;
use serde_json::{Value as Json, json};

use super::{EntryKind, StockError, balance, enter};
use crate::db::Conn;
use crate::store::StoreError;
use crate::time::us;
use crate::trail::{self, Change, Kind};

mod rows;

pub use rows::{all, find, lines, to_sign, under_count};

/// Where a stocktake stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Lines are counted.
    Counting,
    /// Everything is counted; what differs is looked at.
    Review,
    /// What differed was corrected.
    Signed,
    /// Given up; nothing was corrected.
    Dropped,
}

impl State {
    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counting => "counting",
            Self::Review => "review",
            Self::Signed => "signed",
            Self::Dropped => "dropped",
        }
    }

    /// The one stored so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Counting, Self::Review, Self::Signed, Self::Dropped];
        all.into_iter().find(|state| state.as_str() == text)
    }
}

/// Why a stocktake did not go on.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The book.
    #[error(transparent)]
    Stock(#[from] StockError),
    /// There is none, or it stands elsewhere.
    #[error("stocktake {0} does not exist, or is not at this step any more")]
    None(i64),
    /// It would have no lines.
    #[error("a stocktake needs at least one line")]
    Empty,
    /// A line is being counted by another stocktake.
    #[error("line {key} is under stocktake {take} already: end that one first")]
    Busy {
        /// Which line.
        key: String,
        /// Which stocktake.
        take: i64,
    },
    /// The line is not one of this stocktake.
    #[error("{0} is not one of the lines of this stocktake")]
    NotInIt(String),
    /// What was counted is below zero or beyond all bounds.
    #[error("line {0}: a count is zero or above")]
    Amount(String),
    /// Lines are not counted yet.
    #[error("{0} lines are not counted yet: enter 0 where nothing lies")]
    Uncounted(usize),
    /// Lines moved while they were being counted.
    #[error("goods of these lines moved while they were being counted; count them anew: {}", .0.join(", "))]
    Moved(Vec<String>),
    /// Who counted cannot sign.
    #[error("{0} counted here: another person must sign")]
    OwnCount(String),
}

impl From<StoreError> for TakeError {
    fn from(cause: StoreError) -> Self {
        Self::Stock(cause.into())
    }
}

impl From<crate::db::DbError> for TakeError {
    fn from(cause: crate::db::DbError) -> Self {
        Self::Stock(cause.into())
    }
}

/// A stocktake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    /// Its number.
    pub id: i64,
    /// Whose book.
    pub centre: u16,
    /// Where it stands.
    pub state: State,
    /// What it is called.
    pub note: String,
    /// Name of the account that opened it.
    pub opened_by: String,
    /// When, microseconds.
    pub opened_us: i64,
    /// Name of the account that signed or dropped it.
    pub ended_by: Option<String>,
    /// When, microseconds.
    pub ended_us: Option<i64>,
}

/// A line of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `book/record number`.
    pub key: String,
    /// From 1; goes up when it is counted anew.
    pub round: i64,
    /// What was counted in this round so far.
    pub counted: Option<Quantity>,
    /// What the book had in the area at the first count of this round.
    pub first_book: Option<Quantity>,
    /// And at the last.
    pub last_book: Option<Quantity>,
    /// Name of the account that counted it last.
    pub counted_by: Option<String>,
    /// When, microseconds.
    pub counted_us: Option<i64>,
}

impl Line {
    /// What was counted less what the book had at that moment.
    #[must_use]
    pub fn variance(&self) -> Option<Quantity> {
        self.counted?.checked_sub(self.last_book?)
    }

    /// Whether the book moved between the first and the last count: which pieces were counted is then not known.
    #[must_use]
    pub fn moved(&self) -> bool {
        self.first_book != self.last_book
    }

    /// Whether it must be counted anew before anything is signed.
    #[must_use]
    pub fn in_doubt(&self) -> bool {
        self.moved() && self.variance() != Some(Quantity::ZERO)
    }
}

/// What somebody counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// So much more, as by a scan.
    Add(Quantity),
    /// So much in all.
    All(Quantity),
}

/// Opens a stocktake of these lines; gives its number.
///
/// # Errors
/// [`TakeError`].
pub fn open(
    tx: &Conn,
    now: Timestamp,
    by: &str,
    (centre, note): (u16, &str),
    keys: &[String],
) -> Result<i64, TakeError> {
    if keys.is_empty() {
        return Err(TakeError::Empty);
    }
    let id = tx.next_serial()?;
    for key in keys {
        balance(tx, key)?;
        if let Some(take) = rows::running(tx, key)? {
            return Err(TakeError::Busy { key: key.clone(), take });
        }
        rows::add_line(tx, id, key)?;
    }
    tx.execute(
        "INSERT INTO stocktake (cell, id, centre, state, note, opened_by, opened_us)
         VALUES ({cell}, ?1, ?2, 'counting', ?3, ?4, ?5)",
        (id, centre, note, by, us(now)),
    )?;
    on_trail(tx, now, by, (id, State::Counting), json!({ "centre": centre, "note": note, "opened": keys }))?;
    Ok(id)
}

/// Takes counts of lines, all or none. `how` is `scan`, `typed` or `file`.
///
/// # Errors
/// [`TakeError`]; the transaction must then be dropped.
pub fn count(
    tx: &Conn,
    now: Timestamp,
    (by, how): (&str, &str),
    id: i64,
    counts: &[(String, Count)],
) -> Result<(), TakeError> {
    at_step(tx, id, State::Counting)?;
    let mut told = Vec::new();
    for (key, count) in counts {
        let line = rows::line(tx, id, key)?.ok_or_else(|| TakeError::NotInIt(key.clone()))?;
        let account = balance(tx, key)?;
        let book = Quantity::from_parts(account.lim().saturating_sub(account.used()));
        let (counted, first) = match count {
            Count::All(all) => (Some(*all), book),
            Count::Add(more) => {
                (line.counted.unwrap_or(Quantity::ZERO).checked_add(*more), line.first_book.unwrap_or(book))
            }
        };
        let counted =
            counted.filter(|all| *all >= Quantity::ZERO).ok_or_else(|| TakeError::Amount(key.clone()))?;
        rows::set_count(tx, id, key, (counted, first, book), (by, now))?;
        told.push(json!([key, counted]));
    }
    on_trail(tx, now, by, (id, State::Counting), json!({ "how": how, "counted": told }))?;
    Ok(())
}

/// Ends the counting: what differs can be looked at.
///
/// # Errors
/// [`TakeError`], also while lines are not counted.
pub fn close(tx: &Conn, now: Timestamp, by: &str, id: i64) -> Result<(), TakeError> {
    at_step(tx, id, State::Counting)?;
    let open = lines(tx, id)?.iter().filter(|line| line.counted.is_none()).count();
    if open > 0 {
        return Err(TakeError::Uncounted(open));
    }
    rows::set_state(tx, id, State::Review, None)?;
    on_trail(tx, now, by, (id, State::Review), json!({}))?;
    Ok(())
}

/// Has lines counted anew, blind as before.
///
/// # Errors
/// [`TakeError`].
pub fn again(tx: &Conn, now: Timestamp, by: &str, id: i64, keys: &[String]) -> Result<(), TakeError> {
    at_step(tx, id, State::Review)?;
    if keys.is_empty() {
        return Err(TakeError::Empty);
    }
    for key in keys {
        let changed = tx.execute(
            "UPDATE stocktake_line SET round = round + 1, counted = NULL, first_book = NULL, last_book = NULL
             WHERE cell = {cell} AND stocktake = ?1 AND key = ?2",
            (id, key),
        )?;
        if changed == 0 {
            return Err(TakeError::NotInIt(key.clone()));
        }
    }
    rows::set_state(tx, id, State::Counting, None)?;
    on_trail(tx, now, by, (id, State::Counting), json!({ "anew": keys }))?;
    Ok(())
}

/// Signs it off: every variance becomes a correction of its line. All of them or none; how many.
///
/// # Errors
/// [`TakeError`]; the transaction must then be dropped.
pub fn sign(tx: &Conn, now: Timestamp, by: &str, id: i64) -> Result<usize, TakeError> {
    at_step(tx, id, State::Review)?;
    let lines = lines(tx, id)?;
    if lines.iter().any(|line| line.counted_by.as_deref() == Some(by)) {
        return Err(TakeError::OwnCount(by.to_owned()));
    }
    let doubtful: Vec<String> =
        lines.iter().filter(|line| line.in_doubt()).map(|line| line.key.clone()).collect();
    if !doubtful.is_empty() {
        return Err(TakeError::Moved(doubtful));
    }
    let why = format!("盘点 Stocktake {id}");
    let corrections: Vec<(String, Quantity, &str)> = lines
        .iter()
        .filter_map(|line| Some((line.key.clone(), line.variance()?, why.as_str())))
        .filter(|(_, variance, _)| *variance != Quantity::ZERO)
        .collect();
    let found: Vec<Json> =
        lines.iter().map(|line| json!([line.key, line.counted, line.last_book, line.counted_by])).collect();
    rows::set_state(tx, id, State::Signed, Some((by, now)))?;
    on_trail(tx, now, by, (id, State::Signed), json!({ "lines": corrections, "found": found }))?;
    for (key, variance, why) in &corrections {
        enter(tx, now, key, (EntryKind::Stocktake, *variance), why)?;
    }
    Ok(corrections.len())
}

/// Gives it up; nothing is corrected.
///
/// # Errors
/// [`TakeError`].
pub fn abandon(tx: &Conn, now: Timestamp, by: &str, id: i64) -> Result<(), TakeError> {
    let open = |take: &Take| matches!(take.state, State::Counting | State::Review);
    find(tx, id)?.filter(open).ok_or(TakeError::None(id))?;
    rows::set_state(tx, id, State::Dropped, Some((by, now)))?;
    on_trail(tx, now, by, (id, State::Dropped), json!({}))?;
    Ok(())
}

fn at_step(tx: &Conn, id: i64, state: State) -> Result<Take, TakeError> {
    find(tx, id)?.filter(|take| take.state == state).ok_or(TakeError::None(id))
}

fn on_trail(
    tx: &Conn,
    now: Timestamp,
    by: &str,
    (id, state): (i64, State),
    body: Json,
) -> Result<(), StoreError> {
    let (actor, entity) = (format!("account:{by}"), id.to_string());
    let change =
        Change { actor: &actor, kind: Kind::Stocktake, entity: &entity, state: state.as_str(), body };
    trail::append(tx, now, &change)
}
