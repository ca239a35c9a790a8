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

/// `seconds` after `at`, or the last time there is.
#[must_use]
pub fn after(at: Timestamp, seconds: u32) -> Timestamp {
    at.checked_add(jiff::SignedDuration::from_secs(i64::from(seconds))).unwrap_or(Timestamp::MAX)
}
