//! Accounts of the console: who they are, their passwords and second factors. Every change is on the trail.

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::console::roles::Role;
use crate::db::{Conn, DbError, OptionalExt as _, Row};
use crate::secrets::SecretsError;
use crate::store::StoreError;
use crate::time::{after, us};
use crate::trail::{self, Change, Kind};

pub mod factor;
pub mod password;
pub mod sessions;
pub mod throttle;
pub mod totp;

/// How long a one-time password is good, in seconds.
pub const ONE_TIME_S: u32 = 72 * 3600;
const LONGEST_NAME: usize = 40;

/// Why an account is not changed as asked.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// A password could not be hashed.
    #[error("the password could not be worked on: try again")]
    Hash,
    /// Too weak a password.
    #[error("a password has 12 to 200 characters, not all the same, and does not hold the account's name")]
    Weak,
    /// The name is taken.
    #[error("there is an account {0} already")]
    Taken(String),
    /// The name cannot be used.
    #[error("an account's name has 1 to 40 characters and no blank before or after it")]
    Name,
    /// There is no such account.
    #[error("there is no account {0}")]
    None(String),
    /// The last administrator.
    #[error("{0} is the last administrator: make another one first")]
    LastAdministrator(String),
}

impl From<DbError> for AccountError {
    fn from(cause: DbError) -> Self {
        Self::Store(cause.into())
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Its id.
    pub id: String,
    /// Its name, as on the trail.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Numbers of its centres; empty for every one.
    pub centres: Vec<u16>,
    /// Whether its password was given by somebody else.
    pub one_time: bool,
    /// Whether it has a second factor.
    pub totp_on: bool,
    /// Whether it is shut out.
    pub disabled: bool,
    /// When it was made, microseconds.
    pub made_us: i64,
    /// When it signed in last, microseconds.
    pub seen_us: Option<i64>,
}

impl Person {
    /// As the trail names it.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("account:{}", self.name)
    }

    /// Whether it sees this centre.
    #[must_use]
    pub fn sees(&self, centre: u16) -> bool {
        self.centres.is_empty() || self.centres.contains(&centre)
    }

    /// A condition of SQL by which `column` is one of its centres.
    #[must_use]
    pub fn centres_are(&self, column: &str) -> String {
        if self.centres.is_empty() {
            return "1 = 1".to_owned();
        }
        let numbers: Vec<String> = self.centres.iter().map(ToString::to_string).collect();
        format!("{column} IN ({})", numbers.join(", "))
    }
}

const COLUMNS: &str = "id, name, role, centres, one_time, totp_on, disabled, made_us, seen_us";

fn read(row: &Row) -> Result<Person, StoreError> {
    let (role, centres): (String, String) = (row.get(2)?, row.get(3)?);
    Ok(Person {
        id: row.get(0)?,
        name: row.get(1)?,
        role: Role::parse(&role).ok_or_else(|| StoreError::unreadable("person.role", &role))?,
        centres: serde_json::from_str(&centres).map_err(|e| StoreError::unreadable("person.centres", e))?,
        one_time: row.get(4)?,
        totp_on: row.get(5)?,
        disabled: row.get(6)?,
        made_us: row.get(7)?,
        seen_us: row.get(8)?,
    })
}

/// Every account, by name.
///
/// # Errors
/// [`StoreError`].
pub fn all(conn: &Conn) -> Result<Vec<Person>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM person ORDER BY name");
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut people = Vec::new();
    while let Some(row) = rows.next()? {
        people.push(read(row)?);
    }
    Ok(people)
}

/// The account with this id.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(conn: &Conn, id: &str) -> Result<Option<Person>, StoreError> {
    find(conn, "id", id)
}

/// The account with this name.
///
/// # Errors
/// [`StoreError`].
pub fn by_name(conn: &Conn, name: &str) -> Result<Option<Person>, StoreError> {
    find(conn, "name", name)
}

fn find(conn: &Conn, column: &str, value: &str) -> Result<Option<Person>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM person WHERE {column} = ?1");
    let row = conn.prepare(&sql)?.query_row([value], |row| Ok(row.clone())).optional()?;
    row.as_ref().map(read).transpose()
}

/// What is kept of an account's password, unless it was a one-time password whose time is over.
///
/// # Errors
/// [`StoreError`].
pub fn kept_password(conn: &Conn, id: &str, now: Timestamp) -> Result<Option<String>, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT password FROM person WHERE id = ?1 AND disabled = 0
             AND (one_time = 0 OR one_time_until_us > ?2)",
        )?
        .query_row((id, us(now)), |row| row.get(0))
        .optional()?)
}

/// A new account.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is for.
    pub role: Role,
    /// Numbers of its centres; empty for every one.
    pub centres: &'a [u16],
    /// What is kept of its one-time password, see [`password::hash`].
    pub hash: &'a str,
}

/// Adds an account.
///
/// # Errors
/// [`AccountError`].
pub fn add(tx: &Conn, now: Timestamp, by: &str, new: &New<'_>) -> Result<Person, AccountError> {
    let name = new.name;
    if name.trim() != name || name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(AccountError::Name);
    }
    if by_name(tx, name)?.is_some() {
        return Err(AccountError::Taken(name.to_owned()));
    }
    let id = Uuid::now_v7().to_string();
    let centres = serde_json::to_string(new.centres).map_err(|e| StoreError::unreadable("centres", e))?;
    tx.execute(
        "INSERT INTO person (id, name, role, centres, password, one_time, one_time_until_us, made_us)
         VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7)",
        (&id, name, new.role.as_str(), centres, new.hash, us(after(now, ONE_TIME_S)), us(now)),
    )?;
    on_trail(tx, now, by, name, "added", json!({ "role": new.role.as_str(), "centres": new.centres }))?;
    by_id(tx, &id)?.ok_or_else(|| AccountError::None(name.to_owned()))
}

/// Sets an account's password: its own, or with `one_time` one that somebody else gave it. Its other sessions end.
///
/// # Errors
/// [`AccountError`].
pub fn set_password(
    tx: &Conn,
    now: Timestamp,
    by: &str,
    person: &Person,
    hash: &str,
    one_time: bool,
) -> Result<(), AccountError> {
    let until = one_time.then(|| us(after(now, ONE_TIME_S)));
    tx.execute(
        "UPDATE person SET password = ?2, one_time = ?3, one_time_until_us = ?4 WHERE id = ?1",
        (&person.id, hash, i64::from(one_time), until),
    )?;
    let state = if one_time { "password_reset" } else { "password_changed" };
    Ok(on_trail(tx, now, by, &person.name, state, json!({}))?)
}

/// Changes what an account is for.
///
/// # Errors
/// [`AccountError`], also when no administrator would be left.
pub fn set_role(
    tx: &Conn,
    now: Timestamp,
    by: &str,
    person: &Person,
    role: Role,
    centres: &[u16],
) -> Result<(), AccountError> {
    if role != Role::Administrator {
        keep_an_administrator(tx, person)?;
    }
    let text = serde_json::to_string(centres).map_err(|e| StoreError::unreadable("centres", e))?;
    tx.execute("UPDATE person SET role = ?2, centres = ?3 WHERE id = ?1", (&person.id, role.as_str(), text))?;
    let body = json!({ "role": role.as_str(), "centres": centres });
    Ok(on_trail(tx, now, by, &person.name, "changed", body)?)
}

/// Shuts an account out, its sessions included, or lets it in again.
///
/// # Errors
/// [`AccountError`], also when no administrator would be left.
pub fn set_disabled(
    tx: &Conn,
    now: Timestamp,
    by: &str,
    person: &Person,
    disabled: bool,
) -> Result<(), AccountError> {
    if disabled {
        keep_an_administrator(tx, person)?;
        sessions::end_all(tx, &person.id)?;
    }
    tx.execute("UPDATE person SET disabled = ?2 WHERE id = ?1", (&person.id, i64::from(disabled)))?;
    let state = if disabled { "disabled" } else { "enabled" };
    Ok(on_trail(tx, now, by, &person.name, state, json!({}))?)
}

fn keep_an_administrator(tx: &Conn, person: &Person) -> Result<(), AccountError> {
    let others: i64 = tx.query_row(
        "SELECT COUNT(*) FROM person WHERE role = 'administrator' AND disabled = 0 AND id <> ?1",
        [&person.id],
        |row| row.get(0),
    )?;
    if person.role == Role::Administrator && others == 0 {
        return Err(AccountError::LastAdministrator(person.name.clone()));
    }
    Ok(())
}

/// Puts something an account did, or that was done to it, on the trail.
///
/// # Errors
/// [`StoreError`].
pub fn on_trail(
    tx: &Conn,
    now: Timestamp,
    actor: &str,
    name: &str,
    state: &str,
    body: Json,
) -> Result<(), StoreError> {
    trail::append(tx, now, &Change { actor, kind: Kind::Account, entity: name, state, body })
}
