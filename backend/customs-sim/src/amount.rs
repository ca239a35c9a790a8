//! Decimals as the messages write them, exactly: hundred-thousandths, so that nothing is rounded on reading.

use std::fmt;

/// A decimal number with five places: an amount in CNY, a quantity or a weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(i128);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// How many parts make one.
    pub const SCALE: i128 = 100_000;
    /// One hundredth (分).
    pub const FEN: Self = Self(1_000);

    /// A number of hundred-thousandths.
    #[must_use]
    pub const fn from_parts(parts: i128) -> Self {
        Self(parts)
    }

    /// A number of fen.
    #[must_use]
    pub const fn from_fen(fen: i64) -> Self {
        // An i64 times a thousand always fits.
        Self((fen as i128) * Self::FEN.0)
    }

    /// The hundred-thousandths.
    #[must_use]
    pub const fn parts(self) -> i128 {
        self.0
    }

    /// Reads `-?digits[.digits]` with at most 14 digits before and 5 after the point; `None` when it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
        let is_number = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
        };
        if !is_number(whole, 14) || !fraction.is_none_or(|f| is_number(f, 5)) {
            return None;
        }
        let fraction: i128 = format!("{:0<5}", fraction.unwrap_or("")).parse().ok()?;
        let whole: i128 = whole.parse().ok()?;
        Some(Self(sign * (whole * Self::SCALE + fraction)))
    }

    /// The sum; `None` when it overflows.
    #[must_use]
    pub const fn plus(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The sum, kept within what can be held. For accounts, whose entries were bounded on reading.
    #[must_use]
    pub const fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, kept within what can be held.
    #[must_use]
    pub const fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The sum of many; `None` when it overflows.
    pub fn sum(mut amounts: impl Iterator<Item = Self>) -> Option<Self> {
        amounts.try_fold(Self::ZERO, Self::plus)
    }

    /// This times `numerator / denominator`, rounded half up to a hundred-thousandth.
    #[must_use]
    pub fn share(self, numerator: i128, denominator: i128) -> Self {
        Self(rounded(self.0.saturating_mul(numerator), denominator.max(1)))
    }

    /// Rounded half up to a fen.
    #[must_use]
    pub fn to_fen_half_up(self) -> Self {
        Self(rounded(self.0, Self::FEN.0) * Self::FEN.0)
    }

    /// Cut to whole fen.
    #[must_use]
    pub const fn to_fen_cut(self) -> Self {
        Self(self.0 - self.0 % Self::FEN.0)
    }

    /// With two places and the whole part in groups of three: `26,114.44`.
    #[must_use]
    pub fn grouped(self) -> String {
        let fen = self.to_fen_half_up().0 / Self::FEN.0;
        let whole = (fen / 100).unsigned_abs().to_string();
        let mut text = String::from(if fen < 0 { "-" } else { "" });
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        format!("{text}.{:02}", (fen % 100).abs())
    }
}

fn rounded(value: i128, by: i128) -> i128 {
    let half = by / 2;
    value.saturating_add(if value < 0 { -half } else { half }) / by
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / Self::SCALE, (self.0 % Self::SCALE).abs());
        let sign = if self.0 < 0 && whole == 0 { "-" } else { "" };
        write!(f, "{sign}{whole}.{fraction:05}")
    }
}

impl serde::Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly_and_nothing_else_is() {
        for (text, parts) in [
            ("0", 0),
            ("1.5", 150_000),
            ("-0.00001", -1),
            ("99999999999999.99999", 9_999_999_999_999_999_999),
        ] {
            assert_eq!(Amount::parse(text).map(Amount::parts), Some(parts), "{text}");
        }
        for text in ["", "1.", ".5", "1.000001", "123456789012345", "1e3", "+1", "1,0", "--1", " 1"] {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
    }

    #[test]
    fn rounding_is_half_up_and_cutting_cuts() {
        let amount = |text| Amount::parse(text).unwrap();
        assert_eq!(amount("1.005").to_fen_half_up(), amount("1.01"));
        assert_eq!(amount("1.00499").to_fen_half_up(), amount("1.00"));
        assert_eq!(amount("1.00999").to_fen_cut(), amount("1.00"));
        assert_eq!(amount("26114.44").grouped(), "26,114.44");
        assert_eq!(amount("-0.5").to_string(), "-0.50000");
    }
}
