//! What people and machines prove themselves with: shop API keys, staff badges, one-time codes of kiosks. The database
//! holds keyed digests only; the text is shown once.

use crate::db::{Conn, DbError, OptionalExt as _};
use jiff::Timestamp;
use pickup_protocol::{crockford, staff};
use serde_json::json;
use uuid::Uuid;

use crate::secrets::{Secrets, SecretsError, random};
use crate::store::StoreError;
use crate::time::{after, us};
use crate::trail::{self, Change, Kind};

pub mod keys;

pub use keys::issue_shop_key;

/// How long a one-time code is good, in seconds.
pub const CODE_FOR_S: u32 = 15 * 60;

/// Why a credential cannot be issued.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random numbers.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// There is no such centre.
    #[error("there is no centre {0}: give the number of one that exists")]
    NoCentre(u16),
    /// There is no such kiosk.
    #[error("there is no kiosk {0}: see `kiosk list`")]
    NoKiosk(String),
    /// There is no such API key.
    #[error("there is no API key {0}: see `shop-key list`")]
    NoKey(String),
    /// The kiosk stands elsewhere.
    #[error("kiosk {name} belongs to centre {centre}")]
    OtherCentre {
        /// The kiosk.
        name: String,
        /// Where it stands.
        centre: u16,
    },
}

impl From<DbError> for CredentialError {
    fn from(cause: DbError) -> Self {
        Self::Store(cause.into())
    }
}

/// Issues a badge and gives its text (`BPS1…`).
///
/// # Errors
/// [`CredentialError`].
pub fn issue_badge(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    name: &str,
    centre: u16,
) -> Result<String, CredentialError> {
    crate::centre::find(tx, centre)?.ok_or(CredentialError::NoCentre(centre))?;
    let secret = random::<16>()?;
    tx.execute(
        "INSERT INTO staff (id, name, centre, badge_digest) VALUES (?1, ?2, ?3, ?4)",
        (Uuid::now_v7().to_string(), name, centre, secrets.fingerprint("badge", &secret)),
    )?;
    on_trail(tx, now, Kind::Staff, name, "badge_issued", json!({ "centre": centre }))?;
    Ok(staff::badge(secret))
}

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// `staff.id`.
    pub id: String,
    /// Name as shown and as on the trail.
    pub name: String,
    /// Where they work.
    pub centre: u16,
}

impl Staff {
    /// As the trail names them.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("staff:{}", self.name)
    }
}

/// The member of staff whose badge this is.
///
/// # Errors
/// [`StoreError`].
pub fn staff_by_badge(conn: &Conn, secrets: &Secrets, badge: &str) -> Result<Option<Staff>, StoreError> {
    let Some(secret) = staff::badge_secret(badge) else { return Ok(None) };
    Ok(conn
        .prepare_cached("SELECT id, name, centre FROM staff WHERE badge_digest = ?1 AND revoked = 0")?
        .query_row([secrets.fingerprint("badge", &secret)], |row| {
            Ok(Staff { id: row.get(0)?, name: row.get(1)?, centre: row.get(2)? })
        })
        .optional()?)
}

/// Adds the kiosk when it is new and issues a one-time code for it: 32 characters in groups of four, the secret (10 bytes)
/// and then the first 10 bytes of the SHA-256 of the certificate authority's certificate. Good for [`CODE_FOR_S`].
///
/// # Errors
/// [`CredentialError`].
pub fn issue_code(
    tx: &Conn,
    secrets: &Secrets,
    ca_digest: &[u8; 32],
    now: Timestamp,
    name: &str,
    centre: Option<u16>,
) -> Result<String, CredentialError> {
    let kiosk_id = kiosk_named(tx, now, name, centre)?;
    let secret = random::<10>()?;
    tx.execute(
        "INSERT INTO enrolment (secret_digest, kiosk_id, expires_us) VALUES (?1, ?2, ?3)",
        (secrets.fingerprint("enrolment", &secret), kiosk_id, us(after(now, CODE_FOR_S))),
    )?;
    on_trail(tx, now, Kind::Kiosk, name, "code_issued", json!({}))?;
    let whole: Vec<u8> = secret.iter().chain(ca_digest.iter().take(10)).copied().collect();
    let text: Vec<char> = crockford::encode(&whole).chars().collect();
    Ok(text.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

fn kiosk_named(
    tx: &Conn,
    now: Timestamp,
    name: &str,
    centre: Option<u16>,
) -> Result<String, CredentialError> {
    let known: Option<(String, u16)> = tx
        .query_row("SELECT id, centre FROM kiosk WHERE name = ?1", [name], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    if let Some((id, at)) = known {
        return match centre {
            Some(asked) if asked != at => {
                Err(CredentialError::OtherCentre { name: name.to_owned(), centre: at })
            }
            _ => Ok(id),
        };
    }
    let centre = match centre {
        Some(number) => number,
        None => crate::centre::first(tx)?.ok_or(CredentialError::NoCentre(1))?,
    };
    crate::centre::find(tx, centre)?.ok_or(CredentialError::NoCentre(centre))?;
    let id = Uuid::now_v7().to_string();
    tx.execute("INSERT INTO kiosk (id, name, centre) VALUES (?1, ?2, ?3)", (&id, name, centre))?;
    on_trail(tx, now, Kind::Kiosk, name, "added", json!({ "id": id, "centre": centre }))?;
    Ok(id)
}

/// Revokes a kiosk: from the next request on it is nobody. A new code and enrolment let it in again.
///
/// # Errors
/// [`CredentialError::NoKiosk`].
pub fn revoke_kiosk(tx: &Conn, now: Timestamp, name: &str) -> Result<(), CredentialError> {
    if tx.execute("UPDATE kiosk SET revoked = 1 WHERE name = ?1", [name])? == 0 {
        return Err(CredentialError::NoKiosk(name.to_owned()));
    }
    tx.execute(
        "UPDATE enrolment SET used_us = ?2 WHERE used_us IS NULL AND kiosk_id = (SELECT id FROM kiosk WHERE name = ?1)",
        (name, us(now)),
    )?;
    Ok(on_trail(tx, now, Kind::Kiosk, name, "revoked", json!({}))?)
}

fn on_trail(
    tx: &Conn,
    now: Timestamp,
    kind: Kind,
    entity: &str,
    state: &str,
    body: serde_json::Value,
) -> Result<(), StoreError> {
    trail::append(tx, now, &Change { actor: "system", kind, entity, state, body })
}
