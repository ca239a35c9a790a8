//! PINs of badges: kept as argon2id over a keyed digest, so that neither the database alone nor patience alone finds one, and
//! locked for a while after three wrong ones.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use jiff::Timestamp;
use pickup_protocol::work::{Pin, PinProblem};
use serde_json::json;

use crate::credentials::{CredentialError, Staff};
use crate::db::{Conn, OptionalExt as _};
use crate::secrets::{Secrets, random};
use crate::store::StoreError;
use crate::time::{after, us};
use crate::trail::{self, Change, Kind};

/// How often a PIN may be wrong in a row.
pub const TRIES: u8 = 3;
/// How long a badge is locked then, in seconds.
pub const LOCKED_FOR_S: u32 = 10 * 60;

/// Why a PIN cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Keys and random numbers.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The digest cannot be made.
    #[error("the PIN cannot be digested: {0}")]
    Digest(argon2::password_hash::Error),
    /// Nobody with that name.
    #[error("there is no badge of {0}: issue one with `staff badge`")]
    Nobody(String),
    /// More than one.
    #[error("there are several badges of {0}: revoke them (`staff revoke`) and issue one")]
    Several(String),
}

impl From<crate::db::DbError> for PinError {
    fn from(cause: crate::db::DbError) -> Self {
        Self::Store(cause.into())
    }
}

/// What is kept of a PIN. Slow on purpose: not for a thread that others wait for.
///
/// # Errors
/// [`PinError::Digest`], or no random numbers.
pub fn seal(secrets: &Secrets, pin: &Pin) -> Result<String, PinError> {
    let salt = random::<16>().map_err(CredentialError::from)?;
    let salt = SaltString::encode_b64(&salt).map_err(PinError::Digest)?;
    let keyed = secrets.fingerprint("pin", pin.digits().as_bytes());
    let kept = Argon2::default().hash_password(keyed.as_bytes(), &salt).map_err(PinError::Digest)?;
    Ok(kept.to_string())
}

/// Whether `pin` is the one that was kept. Slow on purpose, as [`seal`].
#[must_use]
pub fn matches(secrets: &Secrets, kept: &str, pin: &Pin) -> bool {
    let keyed = secrets.fingerprint("pin", pin.digits().as_bytes());
    PasswordHash::new(kept)
        .is_ok_and(|kept| Argon2::default().verify_password(keyed.as_bytes(), &kept).is_ok())
}

/// Six random digits.
///
/// # Errors
/// No random numbers.
pub fn make() -> Result<Pin, PinError> {
    // 2^64 is no multiple of a million: the difference is one in ten million million.
    let number = u64::from_le_bytes(random().map_err(CredentialError::from)?) % 1_000_000;
    Pin::parse(&format!("{number:06}")).ok_or_else(|| PinError::Nobody(String::new()))
}

/// Gives the one badge of this person a PIN that was [`seal`]ed, and unlocks it.
///
/// # Errors
/// [`PinError::Nobody`], [`PinError::Several`].
pub fn set(tx: &Conn, now: Timestamp, name: &str, sealed: &str) -> Result<(), PinError> {
    let badges: i64 =
        tx.query_row("SELECT COUNT(*) FROM staff WHERE name = ?1 AND revoked = 0", [name], |row| row.get(0))?;
    match badges {
        0 => return Err(PinError::Nobody(name.to_owned())),
        1 => {}
        _ => return Err(PinError::Several(name.to_owned())),
    }
    tx.execute(
        "UPDATE staff SET pin = ?2, pin_tries = 0, pin_locked_us = NULL WHERE name = ?1 AND revoked = 0",
        (name, sealed),
    )?;
    Ok(on_trail(tx, now, "system", name, "pin_set")?)
}

/// Revokes every badge of this person: from the next request on they are nobody's.
///
/// # Errors
/// [`PinError::Nobody`].
pub fn revoke(tx: &Conn, now: Timestamp, name: &str) -> Result<(), PinError> {
    if tx.execute("UPDATE staff SET revoked = 1 WHERE name = ?1 AND revoked = 0", [name])? == 0 {
        return Err(PinError::Nobody(name.to_owned()));
    }
    Ok(on_trail(tx, now, "system", name, "badge_revoked")?)
}

/// A try at a PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Try {
    /// The badge has no PIN.
    NoPin,
    /// It is locked.
    Locked,
    /// The PIN may be compared with what is kept. The try counts already, so that many at once are no more than many in turn.
    Compare {
        /// What is kept.
        kept: String,
        /// Wrong ones that are left should this be one.
        left: u8,
    },
}

/// Begins a try; `counts` when a PIN was typed and not only asked for.
///
/// # Errors
/// [`StoreError`].
pub fn begin(tx: &Conn, now: Timestamp, staff: &Staff, counts: bool) -> Result<Try, StoreError> {
    let row: Option<(Option<String>, i64, Option<i64>)> = tx
        .query_row("SELECT pin, pin_tries, pin_locked_us FROM staff WHERE id = ?1", [&staff.id], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((Some(kept), tries, locked)) = row else { return Ok(Try::NoPin) };
    let tries = match locked {
        Some(until) if us(now) < until => return Ok(Try::Locked),
        Some(_) => 0,
        None => tries,
    };
    if !counts {
        return Ok(Try::Compare { kept, left: TRIES });
    }
    let tries = tries.saturating_add(1);
    let left = TRIES.saturating_sub(u8::try_from(tries).unwrap_or(TRIES));
    let locked = (left == 0).then(|| us(after(now, LOCKED_FOR_S)));
    tx.execute(
        "UPDATE staff SET pin_tries = ?2, pin_locked_us = ?3 WHERE id = ?1",
        (&staff.id, tries, locked),
    )?;
    Ok(Try::Compare { kept, left })
}

/// Ends a try that [`begin`] counted. A good one takes back what it cost; the last wrong one is on the trail.
///
/// # Errors
/// [`StoreError`].
pub fn end(
    tx: &Conn,
    now: Timestamp,
    actor: &str,
    staff: &Staff,
    good: bool,
    left: u8,
) -> Result<Option<PinProblem>, StoreError> {
    if good {
        tx.execute("UPDATE staff SET pin_tries = 0, pin_locked_us = NULL WHERE id = ?1", [&staff.id])?;
        return Ok(None);
    }
    if left == 0 {
        tracing::warn!(staff = staff.name, actor, "a badge is locked: its PIN was wrong too often");
        on_trail(tx, now, actor, &staff.name, "pin_locked")?;
    }
    Ok(Some(PinProblem { tries_left: left }))
}

fn on_trail(tx: &Conn, now: Timestamp, actor: &str, name: &str, state: &str) -> Result<(), StoreError> {
    let body = json!({});
    trail::append(tx, now, &Change { actor, kind: Kind::Staff, entity: name, state, body })
}
