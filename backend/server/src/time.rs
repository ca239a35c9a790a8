//! Times as the database keeps them: microseconds since 1970 in UTC.

use jiff::Timestamp;
use jiff::civil::Date;
use pickup_domain::china_time;

use crate::store::StoreError;

/// Microseconds of a day.
pub const DAY_US: i64 = 86_400_000_000;
/// China is eight hours ahead all the year.
const AHEAD_US: i64 = 8 * 3_600_000_000;

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

/// The day that stored microseconds lie on: days since 1970-01-01, as China counts them.
#[must_use]
pub const fn china_day(us: i64) -> i64 {
    us.saturating_add(AHEAD_US).div_euclid(DAY_US)
}

/// The date of a day of [`china_day`].
///
/// # Errors
/// [`StoreError::Unreadable`] when the day is outside the calendar.
pub fn date_of_china_day(day: i64) -> Result<Date, StoreError> {
    Ok(china_time::date(at(day.saturating_mul(DAY_US).saturating_sub(AHEAD_US))?))
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
