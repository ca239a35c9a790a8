//! Signing in is slowed down after failures, by account and by address, growing.

use jiff::Timestamp;

use crate::db::{Conn, OptionalExt as _};
use crate::store::StoreError;
use crate::time::{after, us};

/// How often something may fail before it has to wait, and how long at most.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Failures without waiting.
    pub free: i64,
    /// Longest wait.
    pub most_s: u32,
}

/// Of one account.
pub const ACCOUNT: Rule = Rule { free: 4, most_s: 15 * 60 };
/// Of one address, where a whole centre may sit behind one.
pub const ADDRESS: Rule = Rule { free: 20, most_s: 15 * 60 };
/// After this long without a failure they are forgotten.
const FORGET_S: u32 = 24 * 3600;

/// Whether one of these has to wait.
///
/// # Errors
/// [`StoreError`].
pub fn waits(conn: &Conn, keys: &[String], now: Timestamp) -> Result<bool, StoreError> {
    for key in keys {
        let until: Option<i64> = conn
            .prepare_cached("SELECT wait_until_us FROM sign_in_failure WHERE key = ?1")?
            .query_row([key], |row| row.get(0))
            .optional()?;
        if until.is_some_and(|until| until > us(now)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Notes a failure; whether it is one that makes wait.
///
/// # Errors
/// [`StoreError`].
pub fn failed(tx: &Conn, key: &str, rule: Rule, now: Timestamp) -> Result<bool, StoreError> {
    let before: Option<(i64, i64)> = tx
        .prepare_cached("SELECT failures, last_us FROM sign_in_failure WHERE key = ?1")?
        .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let forgotten = us(now).saturating_sub(i64::from(FORGET_S) * 1_000_000);
    let failures = before.filter(|(_, last)| *last > forgotten).map_or(0, |(n, _)| n).saturating_add(1);
    let wait = wait_s(rule, failures);
    tx.execute(
        "INSERT INTO sign_in_failure (key, failures, last_us, wait_until_us) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (key) DO UPDATE SET failures = excluded.failures, last_us = excluded.last_us,
         wait_until_us = excluded.wait_until_us",
        (key, failures, us(now), us(after(now, wait))),
    )?;
    Ok(wait > 0)
}

/// Forgets the failures of one that signed in.
///
/// # Errors
/// [`StoreError`].
pub fn succeeded(tx: &Conn, key: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM sign_in_failure WHERE key = ?1", [key])?;
    Ok(())
}

/// 0 for the free ones, then 2 seconds, 4, 8, … up to the longest.
fn wait_s(rule: Rule, failures: i64) -> u32 {
    let over = u32::try_from(failures.saturating_sub(rule.free).clamp(0, 20)).unwrap_or(0);
    if over == 0 { 0 } else { (1_u32 << over).min(rule.most_s) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_and_ends_at_the_longest() {
        let waits: Vec<u32> = [1, 4, 5, 6, 7, 20, 1_000].map(|n| wait_s(ACCOUNT, n)).into();
        assert_eq!(waits, [0, 0, 2, 4, 8, 900, 900]);
    }
}
