//! Quantities and weights as whole numbers of 1/100,000, the five decimals customs messages allow.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A quantity or a weight in units of 0.00001 of its unit (piece, kilogram, litre, …).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Quantity(i64);

/// The text is not a decimal number with at most five decimals.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a quantity: write digits with at most five decimals, such as 0.9")]
pub struct QuantityError(pub String);

impl Quantity {
    /// Parts in one whole unit.
    pub const SCALE: i64 = 100_000;
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A quantity given in units of 0.00001.
    #[must_use]
    pub const fn from_parts(parts: i64) -> Self {
        Self(parts)
    }

    /// So many whole units, or `None` when it leaves the range.
    #[must_use]
    pub fn whole(units: i64) -> Option<Self> {
        units.checked_mul(Self::SCALE).map(Self)
    }

    /// The quantity in units of 0.00001.
    #[must_use]
    pub const fn parts(self) -> i64 {
        self.0
    }

    /// Sum, or `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Difference, or `None` on overflow.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// So many times this, or `None` on overflow.
    #[must_use]
    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.0.checked_mul(times).map(Self)
    }
}

impl fmt::Display for Quantity {
    /// The shortest form: `2`, `0.9`, `1.00001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let parts = self.0.unsigned_abs();
        let (whole, rest) = (parts / 100_000, parts % 100_000);
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let decimals = format!("{rest:05}");
        write!(f, "{sign}{whole}.{}", decimals.trim_end_matches('0'))
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        parse_scaled(text, 5).map(Self).ok_or_else(|| QuantityError(text.to_owned()))
    }
}

/// Reads a plain decimal as a whole number of 10^-`decimals`. Further decimals must be zero.
pub(crate) fn parse_scaled(text: &str, decimals: usize) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let (kept, beyond) = fraction.split_at(fraction.len().min(decimals));
    if beyond.bytes().any(|b| b != b'0') {
        return None;
    }
    let parts: i64 = format!("{whole}{kept:0<decimals$}").parse().ok()?;
    Some(if negative { -parts } else { parts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_the_shortest_form_and_reads_it_back() {
        for (parts, text) in
            [(0, "0"), (200_000, "2"), (90_000, "0.9"), (100_001, "1.00001"), (-50_000, "-0.5")]
        {
            assert_eq!(Quantity::from_parts(parts).to_string(), text);
            assert_eq!(text.parse(), Ok(Quantity::from_parts(parts)));
        }
    }

    #[test]
    fn refuses_a_sixth_decimal() {
        assert!("0.000001".parse::<Quantity>().is_err());
        assert_eq!("1.500000".parse(), Ok(Quantity::from_parts(150_000)));
    }
}
