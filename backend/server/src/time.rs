//! Times as the database keeps them: microseconds since 1970 in UTC.

use jiff::Timestamp;

use crate::store::StoreError;

/// Microseconds since 1970.
#[must_use]
pub fn us(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The time behind stored microseconds.
///
/// # Errors
/// [`StoreError::Unreadable`] when the number is outside the calendar.
pub fn at(us: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(us).map_err(|e| StoreError::unreadable("a time", e))
}

/// How long to wait before something that failed so often already is tried again: the first wait, doubled with every
/// failure up to the longest. Milliseconds.
#[must_use]
pub fn backoff_ms(first_ms: u32, attempts: i64, longest_ms: u32) -> i64 {
    let doublings = u32::try_from(attempts.clamp(0, 20)).unwrap_or(0);
    let wait = i64::from(first_ms.max(1)).saturating_mul(1_i64 << doublings);
    wait.min(i64::from(longest_ms.max(1)))
}

/// `millis` after `at`, or the last time there is.
#[must_use]
pub fn after_ms(at: Timestamp, millis: i64) -> Timestamp {
    at.checked_add(jiff::SignedDuration::from_millis(millis)).unwrap_or(Timestamp::MAX)
}

/// `seconds` after `at`, or the last time there is.
#[must_use]
pub fn after(at: Timestamp, seconds: u32) -> Timestamp {
    at.checked_add(jiff::SignedDuration::from_secs(i64::from(seconds))).unwrap_or(Timestamp::MAX)
}
