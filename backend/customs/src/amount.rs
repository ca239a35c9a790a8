//! Amounts of tax bills: customs writes them with up to five decimals of a yuan, finer than money that is paid.

use std::fmt;
use std::str::FromStr;

use pickup_domain::{Money, Quantity};

/// An amount in units of 0.00001 CNY, as CEB816 carries it (N19,5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i64);

/// The text is not an amount with at most five decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an amount has digits with at most five decimals, such as 12.34567")]
pub struct AmountError;

/// Units of 0.00001 CNY in one fen.
const PARTS_PER_FEN: i64 = 1000;

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount in units of 0.00001 CNY.
    #[must_use]
    pub const fn from_parts(parts: i64) -> Self {
        Self(parts)
    }

    /// The amount in units of 0.00001 CNY.
    #[must_use]
    pub const fn parts(self) -> i64 {
        self.0
    }

    /// The amount that so much money is, or `None` when it leaves the range.
    #[must_use]
    pub fn from_money(money: Money) -> Option<Self> {
        money.fen().checked_mul(PARTS_PER_FEN).map(Self)
    }

    /// To the fen, halves away from zero.
    #[must_use]
    pub fn rounded(self) -> Money {
        let (fen, rest) = (self.0 / PARTS_PER_FEN, self.0 % PARTS_PER_FEN);
        // The quotient is a thousandth of the range, so one more stays inside it.
        let beyond = if rest.abs() >= PARTS_PER_FEN / 2 { rest.signum() } else { 0 };
        Money::from_fen(fen.saturating_add(beyond))
    }

    /// Sum, or `None` when it leaves the range.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl fmt::Display for Amount {
    /// The shortest form: `2`, `0.9`, `1.00001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Quantities are written with the same five decimals.
        Quantity::from_parts(self.0).fmt(f)
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        text.parse::<Quantity>().map(|same_form| Self(same_form.parts())).map_err(|_| AmountError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_round_to_the_fen_with_halves_away_from_zero() {
        for (text, fen) in [("1.23499", 123), ("1.235", 124), ("-1.235", -124), ("-0.00499", 0), ("7", 700)] {
            assert_eq!(text.parse::<Amount>().unwrap().rounded(), Money::from_fen(fen), "{text}");
        }
        assert_eq!(Amount::from_parts(i64::MAX).rounded().fen(), i64::MAX / 1000 + 1);
    }

    #[test]
    fn five_decimals_are_kept_and_a_sixth_is_refused() {
        assert_eq!("12.34567".parse::<Amount>().unwrap().to_string(), "12.34567");
        assert_eq!("12.345678".parse::<Amount>(), Err(AmountError));
        assert_eq!(Amount::from_money(Money::from_fen(1234)).unwrap().to_string(), "12.34");
        assert_eq!(Amount::from_money(Money::from_fen(i64::MAX)), None);
    }
}
