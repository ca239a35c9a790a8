//! Money as a whole number of fen (1/100 CNY). There is no floating point near it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An amount in fen (1/100 CNY). May be negative only as a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Money(i64);

/// The text is not an amount in CNY with at most two decimals.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not an amount in CNY: write digits with at most two decimals, such as 199.90")]
pub struct MoneyError(pub String);

impl Money {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// An amount given in fen.
    #[must_use]
    pub const fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// The amount in fen.
    #[must_use]
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// Sum, or `None` when it leaves the range of an `i64`.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Difference, or `None` when it leaves the range of an `i64`.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// Sum of many, or `None` on overflow.
    pub fn checked_sum(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        all.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

impl fmt::Display for Money {
    /// `1234.50`: two decimals, no separators, as customs messages have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        crate::quantity::parse_scaled(text, 2).map(Self).ok_or_else(|| MoneyError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_two_decimals_and_reads_them_back() {
        for (fen, text) in [(0, "0.00"), (5, "0.05"), (123_450, "1234.50"), (-70, "-0.70")] {
            assert_eq!(Money::from_fen(fen).to_string(), text);
            assert_eq!(text.parse(), Ok(Money::from_fen(fen)));
        }
    }

    #[test]
    fn reads_fewer_decimals_and_refuses_more() {
        assert_eq!("5000".parse(), Ok(Money::from_fen(500_000)));
        assert_eq!("0.5".parse(), Ok(Money::from_fen(50)));
        assert_eq!(
            "20.00000".parse(),
            Ok(Money::from_fen(2000)),
            "zeros beyond the second decimal change nothing"
        );
        for bad in ["", "1.234", "1,00", "abc", "--1", "1e3", "9999999999999999999"] {
            assert!(bad.parse::<Money>().is_err(), "{bad}");
        }
    }
}
