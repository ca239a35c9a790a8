//! Times and amounts as pages show them.

use pickup_domain::{Money, china_time};

use crate::time::at;

/// `2026-11-21 09:30:00`, in China.
#[must_use]
pub fn moment(us: i64) -> String {
    at(us).map(|at| china_time::civil(at).strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

/// As [`moment`], nothing for nothing.
#[must_use]
pub fn moment_or_dash(us: Option<i64>) -> String {
    us.map_or_else(|| "–".to_owned(), moment)
}

/// `1,234.50`.
#[must_use]
pub fn money(fen: i64) -> String {
    let text = Money::from_fen(fen).to_string();
    let (sign, plain) = text.strip_prefix('-').map_or(("", text.as_str()), |plain| ("-", plain));
    let (whole, part) = plain.split_once('.').unwrap_or((plain, "00"));
    let digits: Vec<char> = whole.chars().collect();
    let mut out = String::from(sign);
    for (at, digit) in digits.iter().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(*digit);
    }
    format!("{out}.{part}")
}

/// How long something took: `45 s`, `12 min`, `3.5 h`, `2 d`.
#[must_use]
pub fn span(seconds: i64) -> String {
    match seconds {
        i64::MIN..120 => format!("{} s", seconds.max(0)),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{}.{} h", seconds / 3_600, seconds % 3_600 / 360),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// As [`span`], of what cannot be negative.
#[must_use]
pub fn span_of(seconds: &u64) -> String {
    span(i64::try_from(*seconds).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_and_times_are_those_of_china() {
        assert_eq!(money(123_456_789), "1,234,567.89");
        assert_eq!(
            (money(0), money(-10_000), money(99_999)),
            ("0.00".into(), "-100.00".into(), "999.99".into())
        );
        assert_eq!(moment(0), "1970-01-01 08:00:00");
        assert_eq!([5, 300, 9_000, 200_000].map(span), ["5 s", "5 min", "2.5 h", "2 d"]);
    }
}
