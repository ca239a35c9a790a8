//! Who is signed in. The browser holds a random number, the database its keyed digest.

use jiff::Timestamp;
use uuid::Uuid;

use super::{AccountError, Person, by_id};
use crate::config::Config;
use crate::db::{Conn, OptionalExt as _};
use crate::secrets::{Secrets, random};
use crate::store::StoreError;
use crate::time::us;

/// How often a session's last use is written down.
const NOTE_US: i64 = 60 * 1_000_000;
const LONGEST_AGENT: usize = 160;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Names it on pages; not what the browser holds.
    pub id: String,
    /// Whose.
    pub person: Person,
    /// Whether the second factor was shown, or none is asked for.
    pub passed: bool,
    /// Where it is used from.
    pub address: String,
    /// By which program.
    pub agent: String,
    /// When it began, microseconds.
    pub began_us: i64,
    /// When it was used last, microseconds.
    pub seen_us: i64,
}

/// Begins a session; gives what the browser is to hold.
///
/// # Errors
/// [`AccountError`].
pub fn begin(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    person: &Person,
    passed: bool,
    from: (&str, &str),
) -> Result<String, AccountError> {
    let token = hex::encode(random::<32>()?);
    let agent: String = from.1.chars().take(LONGEST_AGENT).collect();
    tx.execute(
        "INSERT INTO session (digest, id, person, passed, address, agent, began_us, seen_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
        (
            digest(secrets, &token),
            Uuid::new_v4().to_string(),
            &person.id,
            i64::from(passed),
            from.0,
            agent,
            us(now),
        ),
    )?;
    if passed {
        tx.execute("UPDATE person SET seen_us = ?2 WHERE id = ?1", (&person.id, us(now)))?;
    }
    Ok(token)
}

/// The session of a browser that holds `token`, unless its time is over or its account is shut out.
///
/// # Errors
/// [`StoreError`].
pub fn find(
    conn: &Conn,
    secrets: &Secrets,
    config: &Config,
    now: Timestamp,
    token: &str,
) -> Result<Option<Session>, StoreError> {
    let sql = "SELECT id, person, passed, address, agent, began_us, seen_us FROM session
               WHERE digest = ?1 AND seen_us > ?2 AND began_us > ?3";
    let row = conn
        .prepare_cached(sql)?
        .query_row(
            (
                digest(secrets, token),
                earlier(now, config.console_idle_s),
                earlier(now, config.console_session_s),
            ),
            |row| Ok(row.clone()),
        )
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    let person: String = row.get(1)?;
    let Some(person) = by_id(conn, &person)?.filter(|person| !person.disabled) else { return Ok(None) };
    Ok(Some(Session {
        id: row.get(0)?,
        person,
        passed: row.get(2)?,
        address: row.get(3)?,
        agent: row.get(4)?,
        began_us: row.get(5)?,
        seen_us: row.get(6)?,
    }))
}

/// Whether a use of the session is worth writing down.
#[must_use]
pub fn is_stale(session: &Session, now: Timestamp) -> bool {
    us(now).saturating_sub(session.seen_us) >= NOTE_US
}

/// Notes that a session is used.
///
/// # Errors
/// [`StoreError`].
pub fn note(tx: &Conn, now: Timestamp, id: &str, person: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE session SET seen_us = ?2 WHERE id = ?1", (id, us(now)))?;
    tx.execute("UPDATE person SET seen_us = ?2 WHERE id = ?1", (person, us(now)))?;
    Ok(())
}

/// Sessions that are in force: of one account, or of all.
///
/// # Errors
/// [`StoreError`].
pub fn all(
    conn: &Conn,
    config: &Config,
    now: Timestamp,
    person: Option<&str>,
) -> Result<Vec<Session>, StoreError> {
    let people = super::all(conn)?;
    let mut statement = conn.prepare(
        "SELECT id, person, passed, address, agent, began_us, seen_us FROM session
         WHERE seen_us > ?1 AND began_us > ?2 ORDER BY seen_us DESC",
    )?;
    let mut rows =
        statement.query((earlier(now, config.console_idle_s), earlier(now, config.console_session_s)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let whose: String = row.get(1)?;
        let wanted = person.is_none_or(|person| person == whose);
        let Some(person) = people.iter().find(|person| person.id == whose && wanted) else { continue };
        found.push(Session {
            id: row.get(0)?,
            person: person.clone(),
            passed: row.get(2)?,
            address: row.get(3)?,
            agent: row.get(4)?,
            began_us: row.get(5)?,
            seen_us: row.get(6)?,
        });
    }
    Ok(found)
}

/// Ends one session.
///
/// # Errors
/// [`StoreError`].
pub fn end(tx: &Conn, id: &str) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM session WHERE id = ?1", [id])? == 1)
}

/// Ends every session of an account.
///
/// # Errors
/// [`StoreError`].
pub fn end_all(tx: &Conn, person: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM session WHERE person = ?1", [person])?;
    Ok(())
}

/// Forgets sessions whose time is over.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(tx: &Conn, config: &Config, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM session WHERE seen_us <= ?1 OR began_us <= ?2",
        (earlier(now, config.console_idle_s), earlier(now, config.console_session_s)),
    )?;
    Ok(())
}

fn digest(secrets: &Secrets, token: &str) -> String {
    secrets.fingerprint("session", token.as_bytes())
}

fn earlier(now: Timestamp, seconds: u32) -> i64 {
    us(now).saturating_sub(i64::from(seconds).saturating_mul(1_000_000))
}
