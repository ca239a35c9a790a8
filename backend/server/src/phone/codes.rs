//! "My orders": a one-time code sent to a telephone, and the short session that it opens.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::Timestamp;

use crate::db::{Conn, OptionalExt as _};
use crate::messages::{Message, queue};
use crate::secrets::{Secrets, SecretsError, random};
use crate::store::StoreError;
use crate::time::{after, us};
use crate::web::Lang;

/// How long a code is good for, in seconds.
pub const CODE_FOR_S: u32 = 600;
/// How long a session lasts, in seconds.
pub const SESSION_FOR_S: u32 = 1800;
/// How often a code may be tried.
const TRIES: i64 = 5;

/// Sends a code to a telephone, in place of the one before. Nothing is sent to a telephone that has no orders, and the
/// person at the page is told nothing of that.
///
/// # Errors
/// [`StoreError`].
pub fn send(
    tx: &Conn,
    secrets: &Secrets,
    telephone: &str,
    lang: Lang,
    now: Timestamp,
) -> Result<(), StoreError> {
    let phone = super::basket::phone_key(secrets, telephone);
    let known = tx
        .prepare_cached("SELECT 1 FROM basket WHERE cell = {cell} AND phone = ?1 LIMIT 1")?
        .exists([&phone])?;
    if !known {
        return Ok(());
    }
    let code = six_digits().map_err(|e| StoreError::unreadable("a random number", e))?;
    tx.execute(
        "INSERT INTO phone_code (cell, phone, code, tries, expires_us) VALUES ({cell}, ?1, ?2, 0, ?3)
         ON CONFLICT (cell, phone) DO UPDATE SET code = EXCLUDED.code, tries = 0, expires_us = EXCLUDED.expires_us",
        (&phone, digest(secrets, &phone, &code), us(after(now, CODE_FOR_S))),
    )?;
    let minutes = CODE_FOR_S / 60;
    let text = match lang {
        Lang::Zh => {
            format!("【保税自提】验证码{code}，{minutes}分钟内有效。工作人员不会向您索要，请勿告诉他人。")
        }
        Lang::En => {
            format!("Bonded Pickup: your code is {code}, good for {minutes} minutes. Staff never ask for it.")
        }
    };
    let id = format!("code/{}", uuid::Uuid::now_v7());
    let message = Message { id, to: telephone.to_owned(), lang: lang.code().to_owned(), text };
    queue::put(tx, secrets, &message, None, now)?;
    Ok(())
}

/// Tries a code; the token of the session it opens, `None` when it is not the code. A code opens one session, and is gone
/// after five tries.
///
/// # Errors
/// [`StoreError`].
pub fn redeem(
    tx: &Conn,
    secrets: &Secrets,
    telephone: &str,
    code: &str,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let phone = super::basket::phone_key(secrets, telephone);
    let kept: Option<(String, i64, i64)> = tx
        .prepare_cached("SELECT code, tries, expires_us FROM phone_code WHERE cell = {cell} AND phone = ?1")?
        .query_row([&phone], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((kept, tries, expires)) = kept else { return Ok(None) };
    if tries >= TRIES || expires < us(now) {
        return Ok(None);
    }
    let typed = digest(secrets, &phone, code.trim());
    if verify_slices_are_equal(kept.as_bytes(), typed.as_bytes()).is_err() {
        tx.execute("UPDATE phone_code SET tries = tries + 1 WHERE cell = {cell} AND phone = ?1", [&phone])?;
        return Ok(None);
    }
    tx.execute("DELETE FROM phone_code WHERE cell = {cell} AND phone = ?1", [&phone])?;
    let token = random::<16>().map(hex::encode).map_err(|e| StoreError::unreadable("a random number", e))?;
    tx.execute(
        "INSERT INTO phone_session (cell, token, phone, expires_us) VALUES ({cell}, ?1, ?2, ?3)",
        (secrets.short_fingerprint("phone-session", token.as_bytes()), &phone, us(after(now, SESSION_FOR_S))),
    )?;
    Ok(Some(token))
}

/// The telephone (its keyed digest) that a session stands for.
///
/// # Errors
/// [`StoreError`].
pub fn session(
    conn: &Conn,
    secrets: &Secrets,
    token: &str,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT phone FROM phone_session WHERE cell = {cell} AND token = ?1 AND expires_us > ?2",
        )?
        .query_row((secrets.short_fingerprint("phone-session", token.as_bytes()), us(now)), |row| row.get(0))
        .optional()?)
}

/// Ends a session.
///
/// # Errors
/// [`StoreError`].
pub fn end(tx: &Conn, secrets: &Secrets, token: &str) -> Result<(), StoreError> {
    let token = secrets.short_fingerprint("phone-session", token.as_bytes());
    tx.execute("DELETE FROM phone_session WHERE cell = {cell} AND token = ?1", [token])?;
    Ok(())
}

/// Forgets codes and sessions that have run out.
///
/// # Errors
/// [`StoreError`].
pub fn forget(tx: &Conn, now: Timestamp) -> Result<(), StoreError> {
    tx.execute("DELETE FROM phone_code WHERE cell = {cell} AND expires_us < ?1", [us(now)])?;
    tx.execute("DELETE FROM phone_session WHERE cell = {cell} AND expires_us < ?1", [us(now)])?;
    Ok(())
}

fn digest(secrets: &Secrets, phone: &str, code: &str) -> String {
    secrets.short_fingerprint("phone-code", format!("{phone}/{code}").as_bytes())
}

/// Six digits, each as likely as any other.
fn six_digits() -> Result<String, SecretsError> {
    loop {
        let number = u32::from_be_bytes(random::<4>()?);
        // The last part of the range would make small numbers likelier.
        if number < 4_294_000_000 {
            return Ok(format!("{:06}", number % 1_000_000));
        }
    }
}
