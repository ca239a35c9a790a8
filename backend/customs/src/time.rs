//! Times as messages carry them, in China time: 14 digits in documents, 17 in receipts.

use std::fmt::Write as _;

use jiff::{Timestamp, ToSpan};
use pickup_domain::china_time;

use crate::field::Value;

/// A moment to the second, written `YYYYMMDDhhmmss`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(Timestamp);

/// A moment to the millisecond, written `YYYYMMDDhhmmssSSS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(Timestamp);

impl Seconds {
    /// The moment.
    #[must_use]
    pub const fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl Millis {
    /// The moment.
    #[must_use]
    pub const fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl From<Timestamp> for Seconds {
    /// Drops the fraction of a second.
    fn from(at: Timestamp) -> Self {
        Self(floor(at, 1_000_000_000))
    }
}

impl From<Timestamp> for Millis {
    /// Drops what is below a millisecond.
    fn from(at: Timestamp) -> Self {
        Self(floor(at, 1_000_000))
    }
}

/// Down to a whole number of `step_ns`, also before 1970.
fn floor(at: Timestamp, step_ns: i64) -> Timestamp {
    let beyond = i64::from(at.subsec_nanosecond()).rem_euclid(step_ns);
    at.checked_sub(beyond.nanoseconds()).unwrap_or(at)
}

/// Appends `YYYYMMDDhhmmss` in China, and says the milliseconds beyond.
fn digits_14(at: Timestamp, out: &mut String) -> i16 {
    let t = china_time::civil(at);
    let (day, time) = (t.date(), t.time());
    // Writing to a String cannot fail.
    let _ = write!(out, "{:04}{:02}{:02}", day.year(), day.month(), day.day());
    let _ = write!(out, "{:02}{:02}{:02}", time.hour(), time.minute(), time.second());
    time.millisecond()
}

impl Value for Seconds {
    fn text<'a>(&'a self, scratch: &'a mut String) -> Option<&'a str> {
        digits_14(self.0, scratch);
        Some(scratch)
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        const REASON: &str = "a time as YYYYMMDDhhmmss is needed";
        if text.len() != 14 {
            return Err(REASON);
        }
        china_time::parse_digits(text).map(Self).ok_or(REASON)
    }
}

impl Value for Millis {
    fn text<'a>(&'a self, scratch: &'a mut String) -> Option<&'a str> {
        let millis = digits_14(self.0, scratch);
        // Writing to a String cannot fail.
        let _ = write!(scratch, "{millis:03}");
        Some(scratch)
    }

    /// Takes 14 digits too: some ports leave the milliseconds out.
    fn from_text(text: &str) -> Result<Self, &'static str> {
        china_time::parse_digits(text).map(Self).ok_or("a time as YYYYMMDDhhmmssSSS is needed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_the_written_precision_is_dropped() {
        let at: Timestamp = "2026-11-21T05:06:07.089123456Z".parse().unwrap();
        assert_eq!(Seconds::from(at).to_text().unwrap(), "20261121130607");
        assert_eq!(Millis::from(at).to_text().unwrap(), "20261121130607089");
        assert_eq!(Millis::from_text("20261121130607089"), Ok(Millis::from(at)));
        assert_eq!(Seconds::from_text("20261121130607"), Ok(Seconds::from(at)));
        assert!(Seconds::from_text("20261121130607089").is_err());
    }
}
