//! Tax rates: a share in millionths, and an amount per unit of quantity. Neither is ever a floating-point number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A share in millionths: 13 % is 130,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Rate(i64);

/// An amount per whole unit (litre, kilogram, …), in thousandths of a fen: 250 CNY a tonne is 25,000 per kilogram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct UnitRate(i64);

/// The text is not a share between 0 and 1, or not an amount per unit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not a rate: write a decimal such as 0.13 (13 %), or CNY per unit with at most five decimals"
)]
pub struct RateError(pub String);

impl Rate {
    /// Millionths in the whole.
    pub const WHOLE: i64 = 1_000_000;
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The whole.
    pub const ONE: Self = Self(Self::WHOLE);

    /// So many millionths.
    #[must_use]
    pub const fn from_ppm(ppm: i64) -> Self {
        Self(ppm)
    }

    /// So many hundredths.
    #[must_use]
    pub const fn percent(percent: i32) -> Self {
        Self(percent as i64 * 10_000)
    }

    /// In millionths.
    #[must_use]
    pub const fn ppm(self) -> i64 {
        self.0
    }
}

impl UnitRate {
    /// So many thousandths of a fen per whole unit.
    #[must_use]
    pub const fn from_milli_fen(milli_fen: i64) -> Self {
        Self(milli_fen)
    }

    /// In thousandths of a fen per whole unit.
    #[must_use]
    pub const fn milli_fen(self) -> i64 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = RateError;

    /// Reads `0.13`; shares below 0 or above 1 are refused.
    fn from_str(text: &str) -> Result<Self, RateError> {
        crate::quantity::parse_scaled(text, 6)
            .filter(|ppm| (0..=Self::WHOLE).contains(ppm))
            .map(Self)
            .ok_or_else(|| RateError(text.to_owned()))
    }
}

impl FromStr for UnitRate {
    type Err = RateError;

    /// Reads CNY per unit: `0.22` is 22 fen a unit.
    fn from_str(text: &str) -> Result<Self, RateError> {
        crate::quantity::parse_scaled(text, 5)
            .filter(|milli| *milli >= 0)
            .map(Self)
            .ok_or_else(|| RateError(text.to_owned()))
    }
}

impl fmt::Display for Rate {
    /// `13%`, `9.75%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", crate::Quantity::from_parts(self.0.saturating_mul(10)))
    }
}

impl fmt::Display for UnitRate {
    /// CNY per unit: `0.22`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", crate::Quantity::from_parts(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_read_as_shares_and_print_as_percent() {
        for (text, ppm, shown) in
            [("0.13", 130_000, "13%"), ("0.0975", 97_500, "9.75%"), ("1", 1_000_000, "100%")]
        {
            let rate: Rate = text.parse().unwrap();
            assert_eq!((rate.ppm(), rate.to_string().as_str()), (ppm, shown));
        }
        for bad in ["1.01", "-0.1", "13%", "0.0000001"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn unit_rates_keep_a_thousandth_of_a_fen() {
        let beer: UnitRate = "0.22".parse().unwrap();
        assert_eq!((beer.milli_fen(), beer.to_string().as_str()), (22_000, "0.22"));
    }
}
