//! The second factor of an account in the database: begun, confirmed, shown, lost.

use jiff::Timestamp;
use pickup_protocol::crockford;
use serde_json::json;

use super::totp::{self, Secret};
use super::{AccountError, Person, on_trail};
use crate::db::{Conn, OptionalExt as _};
use crate::secrets::{Secrets, random};
use crate::store::StoreError;

const RECOVERY_CODES: usize = 8;

/// Begins a second factor: it counts once a code of it was shown. One that counts already stays.
///
/// # Errors
/// [`AccountError`].
pub fn begin(tx: &Conn, secrets: &Secrets, person: &Person) -> Result<Secret, AccountError> {
    if let Some((secret, _)) = kept(tx, secrets, &person.id, false)? {
        return Ok(secret);
    }
    let secret = random::<20>()?;
    let sealed = secrets.seal(&context(&person.id), &secret)?;
    tx.execute(
        "UPDATE person SET totp = ?2, totp_step = 0 WHERE id = ?1 AND totp_on = 0",
        (&person.id, sealed),
    )?;
    Ok(secret)
}

/// Confirms the second factor that was begun; gives recovery codes, or nothing when the code is not right.
///
/// # Errors
/// [`AccountError`].
pub fn confirm(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    person: &Person,
    code: &str,
) -> Result<Option<Vec<String>>, AccountError> {
    let Some((secret, last)) = kept(tx, secrets, &person.id, false)? else { return Ok(None) };
    let Some(step) = totp::step_of(&secret, code, now, last) else { return Ok(None) };
    tx.execute("UPDATE person SET totp_on = 1, totp_step = ?2 WHERE id = ?1", (&person.id, step))?;
    tx.execute("DELETE FROM person_recovery WHERE person = ?1", [&person.id])?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let code = crockford::encode(&random::<10>()?);
        let digest = secrets.fingerprint("recovery", code.as_bytes());
        tx.execute("INSERT INTO person_recovery (digest, person) VALUES (?1, ?2)", (digest, &person.id))?;
        codes.push(code);
    }
    on_trail(tx, now, &person.actor(), &person.name, "second_factor_on", json!({}))?;
    Ok(Some(codes))
}

/// Takes the second factor off an account.
///
/// # Errors
/// [`AccountError`].
pub fn drop_it(tx: &Conn, now: Timestamp, by: &str, person: &Person) -> Result<(), AccountError> {
    tx.execute("UPDATE person SET totp = NULL, totp_on = 0, totp_step = 0 WHERE id = ?1", [&person.id])?;
    tx.execute("DELETE FROM person_recovery WHERE person = ?1", [&person.id])?;
    Ok(on_trail(tx, now, by, &person.name, "second_factor_off", json!({}))?)
}

/// Whether a code or recovery code is right. It is used up by that.
///
/// # Errors
/// [`AccountError`].
pub fn is_shown(
    tx: &Conn,
    secrets: &Secrets,
    now: Timestamp,
    person: &Person,
    code: &str,
) -> Result<bool, AccountError> {
    let Some((secret, last)) = kept(tx, secrets, &person.id, true)? else { return Ok(false) };
    if let Some(step) = totp::step_of(&secret, code, now, last) {
        tx.execute("UPDATE person SET totp_step = ?2 WHERE id = ?1", (&person.id, step))?;
        return Ok(true);
    }
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    let digest = secrets.fingerprint("recovery", plain.as_bytes());
    let used =
        tx.execute("DELETE FROM person_recovery WHERE digest = ?1 AND person = ?2", (digest, &person.id))?;
    if used == 1 {
        on_trail(tx, now, &person.actor(), &person.name, "recovery_code_used", json!({}))?;
    }
    Ok(used == 1)
}

fn context(id: &str) -> String {
    format!("totp/{id}")
}

fn kept(
    conn: &Conn,
    secrets: &Secrets,
    id: &str,
    confirmed: bool,
) -> Result<Option<(Secret, i64)>, AccountError> {
    let row: Option<(Vec<u8>, i64)> = conn
        .prepare_cached(
            "SELECT totp, totp_step FROM person WHERE id = ?1 AND totp_on = ?2 AND totp IS NOT NULL",
        )?
        .query_row((id, i64::from(confirmed)), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((sealed, step)) = row else { return Ok(None) };
    let plain = secrets.open(&context(id), &sealed)?;
    let secret = Secret::try_from(plain.as_slice()).map_err(|e| StoreError::unreadable("person.totp", e))?;
    Ok(Some((secret, step)))
}
