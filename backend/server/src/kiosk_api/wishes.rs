//! Doors that staff want opened from the console: asked by one account, confirmed by another, fetched by the kiosk, which does
//! it as any opening by staff. `POST /kiosk/v1/wishes` is how it asks.
//!
//! Nothing opens for a parcel that customs has not released, and that is looked at when it is asked, confirmed and given. A wish
//! is good for two minutes and given once; one that was given and of which nothing is heard becomes a task.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use jiff::{SignedDuration, Timestamp};
use pickup_protocol::DoorNumber;
use pickup_protocol::work::{Behind, OpeningOutcome, Purpose, Wish, WishReply, WishRequest};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Kiosk;
use super::openings::behind;
use crate::App;
use crate::db::{Conn, OptionalExt as _, Row};
use crate::error::{Body, Fault};
use crate::parcels::Parcel;
use crate::store::StoreError;
use crate::time::{at, us};
use crate::trail::{self, Change, Kind};

mod late;

pub use late::{call, run, sweep};

/// How long a wish may wait to be confirmed and fetched, in seconds.
pub const GOOD_FOR_S: i64 = 120;

/// Why a door is not opened from the console.
#[derive(Debug, thiserror::Error)]
pub enum WishError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The parcel behind it is not released, or its release does not stand.
    #[error("customs' release of the parcel behind the door does not stand")]
    NotReleased,
    /// A parcel is about to be put there.
    #[error("the door is reserved for a parcel that is being stored")]
    Reserved,
    /// Somebody wants it open already.
    #[error("somebody wants this door open already")]
    Already,
    /// There is no such wish, or its time is over.
    #[error("there is no such wish any more")]
    Gone,
    /// The one who asked cannot be the second person.
    #[error("a second person must confirm it")]
    SamePerson,
}

impl From<crate::db::DbError> for WishError {
    fn from(cause: crate::db::DbError) -> Self {
        Self::Store(cause.into())
    }
}

impl WishError {
    /// As kept of a wish that was refused.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "internal",
            Self::NotReleased => "not_released",
            Self::Reserved => "reserved",
            Self::Already => "already",
            Self::Gone => "gone",
            Self::SamePerson => "same_person",
        }
    }
}

/// A wish as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The opening id.
    pub id: String,
    /// Which door.
    pub door: DoorNumber,
    /// Code of [`Purpose`].
    pub purpose: String,
    /// In the asker's words.
    pub reason: String,
    /// Who asked.
    pub asked_by: String,
    /// Who confirmed it.
    pub second: Option<String>,
    /// `asked`, `confirmed`, `fetched`, `ended`, `refused`, `withdrawn` or `expired`.
    pub state: String,
    /// How it ended, or why it was refused.
    pub outcome: Option<String>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Until when it is good.
    pub until: Timestamp,
}

const SELECT: &str =
    "SELECT id, door, purpose, reason, asked_by, second, state, outcome, asked_us, until_us, kiosk_id
    FROM door_wish WHERE cell = {cell}";

fn read(row: &Row) -> Result<Kept, StoreError> {
    Ok(Kept {
        id: row.get(0)?,
        door: DoorNumber(row.get(1)?),
        purpose: row.get(2)?,
        reason: row.get(3)?,
        asked_by: row.get(4)?,
        second: row.get(5)?,
        state: row.get(6)?,
        outcome: row.get(7)?,
        asked_at: at(row.get(8)?)?,
        until: at(row.get(9)?)?,
    })
}

/// The last wishes of a kiosk, newest first, at most `most`.
///
/// # Errors
/// [`StoreError`].
pub fn of_kiosk(conn: &Conn, kiosk_id: &str, most: u32) -> Result<Vec<Kept>, StoreError> {
    let sql = format!("{SELECT} AND kiosk_id = ?1 ORDER BY asked_us DESC, id LIMIT ?2");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query((kiosk_id, most))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

/// What somebody wants.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Which door.
    pub door: DoorNumber,
    /// Why.
    pub purpose: Purpose,
    /// In the asker's words.
    pub reason: &'a str,
    /// Name of the account.
    pub by: &'a str,
}

/// Asks for a door to be opened; a second person must confirm it.
///
/// # Errors
/// [`WishError`].
pub fn ask(tx: &Conn, now: Timestamp, kiosk: &Kiosk, ask: Ask<'_>) -> Result<Uuid, WishError> {
    let parcel = may_open(tx, kiosk, ask.door)?;
    let open: i64 = tx.query_row(
        "SELECT COUNT(*) FROM door_wish WHERE cell = {cell} AND kiosk_id = ?1 AND door = ?2
         AND state IN ('asked', 'confirmed') AND until_us > ?3",
        (&kiosk.key, ask.door.0, us(now)),
        |row| row.get(0),
    )?;
    if open > 0 {
        return Err(WishError::Already);
    }
    let (id, until) = (Uuid::now_v7(), later(now, GOOD_FOR_S));
    tx.execute(
        "INSERT INTO door_wish (cell, id, kiosk_id, door, purpose, reason, asked_by, state, asked_us, until_us)
         VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6, 'asked', ?7, ?8)",
        (
            id.to_string(),
            &kiosk.key,
            ask.door.0,
            ask.purpose.as_str(),
            ask.reason,
            ask.by,
            us(now),
            us(until),
        ),
    )?;
    let body = json!({ "kiosk": kiosk.name, "door": ask.door, "purpose": ask.purpose.as_str(),
        "reason": ask.reason, "pickup": parcel.map(|p| p.pickup), "until": until });
    on_trail(tx, now, ask.by, &id.to_string(), "asked", body)?;
    Ok(id)
}

/// A wish of this kiosk that waits for a second person.
///
/// # Errors
/// [`StoreError`].
pub fn asked(conn: &Conn, now: Timestamp, kiosk: &Kiosk, id: &str) -> Result<Option<Kept>, StoreError> {
    match waiting(conn, now, kiosk, id) {
        Ok(wish) => Ok(Some(wish).filter(|wish| wish.state == "asked")),
        Err(WishError::Store(cause)) => Err(cause),
        Err(_) => Ok(None),
    }
}

/// The second person confirms a wish of this kiosk.
///
/// # Errors
/// [`WishError`].
pub fn confirm(tx: &Conn, now: Timestamp, kiosk: &Kiosk, id: &str, by: &str) -> Result<(), WishError> {
    let wish = waiting(tx, now, kiosk, id)?;
    if wish.asked_by == by {
        return Err(WishError::SamePerson);
    }
    if wish.state != "asked" {
        return Err(WishError::Gone);
    }
    may_open(tx, kiosk, wish.door)?;
    tx.execute(
        "UPDATE door_wish SET state = 'confirmed', second = ?2 WHERE cell = {cell} AND id = ?1",
        (id, by),
    )?;
    let body = json!({ "kiosk": kiosk.name, "door": wish.door, "asked_by": wish.asked_by });
    Ok(on_trail(tx, now, by, id, "confirmed", body)?)
}

/// Takes a wish back that the kiosk has not fetched.
///
/// # Errors
/// [`WishError::Gone`] when it has, or its time is over.
pub fn withdraw(tx: &Conn, now: Timestamp, kiosk: &Kiosk, id: &str, by: &str) -> Result<(), WishError> {
    let wish = waiting(tx, now, kiosk, id)?;
    end(tx, now, id, "withdrawn", None)?;
    Ok(on_trail(tx, now, by, id, "withdrawn", json!({ "kiosk": kiosk.name, "door": wish.door }))?)
}

/// `POST /kiosk/v1/wishes`: gives the kiosk what is wanted of it, once.
pub async fn wishes(
    State(app): State<Arc<App>>,
    Extension(kiosk): Extension<Kiosk>,
    Body(request): Body<WishRequest>,
) -> Result<Json<WishReply>, Fault> {
    let now = app.now();
    let nothing = Ok(Json(WishReply { wish: None }));
    if !request.ready {
        return nothing;
    }
    let of = kiosk.clone();
    // Nearly always there is none: nothing is written for that.
    if app.store.read(move |conn| due(conn, now, &of)).await?.is_none() {
        return nothing;
    }
    let wish = app.store.write(move |tx| give(tx, now, &kiosk)).await?;
    Ok(Json(WishReply { wish }))
}

/// The oldest wish that is confirmed and in time.
fn due(conn: &Conn, now: Timestamp, kiosk: &Kiosk) -> Result<Option<Kept>, StoreError> {
    let sql = format!(
        "{SELECT} AND kiosk_id = ?1 AND state = 'confirmed' AND until_us > ?2 ORDER BY asked_us, id LIMIT 1"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query((&kiosk.key, us(now)))?;
    rows.next()?.map(read).transpose()
}

fn give(tx: &Conn, now: Timestamp, kiosk: &Kiosk) -> Result<Option<Wish>, StoreError> {
    let Some(kept) = due(tx, now, kiosk)? else { return Ok(None) };
    let parcel = match may_open(tx, kiosk, kept.door) {
        Ok(parcel) => parcel,
        Err(WishError::Store(cause)) => return Err(cause),
        Err(refusal) => {
            end(tx, now, &kept.id, "refused", Some(refusal.code()))?;
            let body = json!({ "kiosk": kiosk.name, "door": kept.door, "why": refusal.code() });
            on_trail(tx, now, &kept.asked_by, &kept.id, "refused", body)?;
            return Ok(None);
        }
    };
    let unreadable =
        |what: &str| StoreError::unreadable(format!("{what} of wish {}", kept.id), "unknown value");
    let opening_id: Uuid = kept.id.parse().map_err(|_| unreadable("id"))?;
    let purpose = purpose(&kept.purpose).ok_or_else(|| unreadable("purpose"))?;
    tx.execute("UPDATE door_wish SET state = 'fetched' WHERE cell = {cell} AND id = ?1", [&kept.id])?;
    tx.execute(
        "INSERT INTO opening (cell, id, kiosk_id, door, pickup, purpose, staff, second, state, at_us)
         VALUES ({cell}, ?1, ?2, ?3, ?4, ?5, ?6, ?7, 'granted', ?8)",
        (
            &kept.id,
            &kiosk.key,
            kept.door.0,
            parcel.as_ref().map(Parcel::number),
            &kept.purpose,
            &kept.asked_by,
            &kept.second,
            us(now),
        ),
    )?;
    let body = json!({ "kiosk": kiosk.name, "door": kept.door, "purpose": kept.purpose, "from": "console",
        "pickup": parcel.as_ref().map(|p| p.pickup), "parcel": parcel.as_ref().map(|p| p.state.as_str()),
        "second": kept.second });
    on_trail(tx, now, &kept.asked_by, &kept.id, "granted", body)?;
    let parcel = parcel.map(|p| Behind { pickup: p.pickup, waybill: p.waybill });
    Ok(Some(Wish { opening_id, door: kept.door, purpose, parcel, by: kept.asked_by }))
}

/// The kiosk told how an opening ended: whether it was a wish, and whose.
///
/// # Errors
/// [`StoreError`].
pub fn ended(
    tx: &Conn,
    id: Uuid,
    outcome: OpeningOutcome,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let by: Option<String> = tx
        .query_row(
            "UPDATE door_wish SET state = 'ended', outcome = ?2, ended_us = ?3 WHERE cell = {cell} AND id = ?1
             RETURNING asked_by",
            (id.to_string(), outcome.as_str(), us(now)),
            |row| row.get(0),
        )
        .optional()?;
    Ok(by)
}

/// The purpose stored so.
#[must_use]
pub fn purpose(word: &str) -> Option<Purpose> {
    Purpose::CHOICES.into_iter().find(|purpose| purpose.as_str() == word)
}

/// The released parcel behind a door, or nothing; anything else is not opened from afar.
fn may_open(tx: &Conn, kiosk: &Kiosk, door: DoorNumber) -> Result<Option<Parcel>, WishError> {
    match behind(tx, kiosk, door)? {
        None => Ok(None),
        Some((_, false)) => Err(WishError::Reserved),
        Some((parcel, true)) if parcel.is_released() => Ok(Some(parcel)),
        Some(_) => Err(WishError::NotReleased),
    }
}

fn waiting(tx: &Conn, now: Timestamp, kiosk: &Kiosk, id: &str) -> Result<Kept, WishError> {
    let sql = format!(
        "{SELECT} AND id = ?1 AND kiosk_id = ?2 AND state IN ('asked', 'confirmed') AND until_us > ?3"
    );
    let mut statement = tx.prepare_cached(&sql)?;
    let mut rows = statement.query((id, &kiosk.key, us(now)))?;
    rows.next()?.map(read).transpose()?.ok_or(WishError::Gone)
}

fn end(tx: &Conn, now: Timestamp, id: &str, state: &str, outcome: Option<&str>) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE door_wish SET state = ?2, outcome = ?3, ended_us = ?4 WHERE cell = {cell} AND id = ?1",
        (id, state, outcome, us(now)),
    )?;
    Ok(())
}

/// `by` is the name of an account; nobody's for what happens by itself.
fn on_trail(
    tx: &Conn,
    now: Timestamp,
    by: &str,
    id: &str,
    state: &str,
    body: Value,
) -> Result<(), StoreError> {
    let actor = if by.is_empty() { "system".to_owned() } else { format!("account:{by}") };
    trail::append(tx, now, &Change { actor: &actor, kind: Kind::Opening, entity: id, state, body })
}

fn later(from: Timestamp, seconds: i64) -> Timestamp {
    from.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(from)
}
