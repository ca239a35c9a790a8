//! China time (UTC+8 all year): the calendar that customs messages and the annual limit follow.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

const OFFSET: Offset = Offset::constant(8);

/// The civil date and time in China at `at`.
#[must_use]
pub fn civil(at: Timestamp) -> DateTime {
    OFFSET.to_datetime(at)
}

/// When the clocks of China show `civil`; `None` beyond what a [`Timestamp`] can hold.
#[must_use]
pub fn moment(civil: DateTime) -> Option<Timestamp> {
    OFFSET.to_timestamp(civil).ok()
}

/// The calendar date in China at `at`.
#[must_use]
pub fn date(at: Timestamp) -> Date {
    civil(at).date()
}

/// The calendar year in China at `at`: the year of the annual limit.
#[must_use]
pub fn year(at: Timestamp) -> i16 {
    date(at).year()
}

/// When a day begins in China.
#[must_use]
pub fn midnight(day: Date) -> Timestamp {
    moment(day.to_datetime(jiff::civil::Time::midnight())).unwrap_or(Timestamp::MAX)
}

/// `YYYYMMDD`, as customs messages write a date.
#[must_use]
pub fn yyyymmdd(at: Timestamp) -> String {
    civil(at).strftime("%Y%m%d").to_string()
}

/// `YYYYMMDDhhmmss`, as customs messages write a time.
#[must_use]
pub fn seconds14(at: Timestamp) -> String {
    civil(at).strftime("%Y%m%d%H%M%S").to_string()
}

/// `YYYYMMDDhhmmssSSS`, as receipts write a time.
#[must_use]
pub fn millis17(at: Timestamp) -> String {
    format!("{}{:03}", seconds14(at), civil(at).subsec_nanosecond() / 1_000_000)
}

/// Reads a 14- or 17-digit time in China time; `None` when it is not one.
#[must_use]
pub fn parse_digits(text: &str) -> Option<Timestamp> {
    if !matches!(text.len(), 14 | 17) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| text.get(from..to).and_then(|s| s.parse::<i16>().ok());
    let small = |from, to| part(from, to).and_then(|n| i8::try_from(n).ok());
    let millis = if text.len() == 17 { i32::from(part(14, 17)?) } else { 0 };
    let when = DateTime::new(
        part(0, 4)?,
        small(4, 6)?,
        small(6, 8)?,
        small(8, 10)?,
        small(10, 12)?,
        small(12, 14)?,
        millis * 1_000_000,
    )
    .ok()?;
    moment(when)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_turns_at_midnight_in_china() {
        let last: Timestamp = "2026-12-31T15:59:59Z".parse().unwrap();
        let first: Timestamp = "2026-12-31T16:00:00Z".parse().unwrap();
        assert_eq!((year(last), year(first)), (2026, 2027));
        assert_eq!(seconds14(first), "20270101000000");
    }

    #[test]
    fn times_read_back_as_written() {
        let at: Timestamp = "2026-11-21T05:06:07.089Z".parse().unwrap();
        assert_eq!(millis17(at), "20261121130607089");
        assert_eq!(parse_digits("20261121130607089"), Some(at));
        assert_eq!(parse_digits("20261321130607"), None);
        assert_eq!(parse_digits("2026112113060"), None);
    }
}
