//! The 18-digit citizen identity number (GB 11643-1999): area, birth date, sequence, check character.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// A well-formed identity number. `Debug` and `Display` show it masked; [`IdNumber::expose`] gives the digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdNumber(String);

/// Why a text is not an identity number. The text itself is never in the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdNumberError {
    /// Not 17 digits followed by a digit or `X`.
    #[error("an identity number has 17 digits and then a digit or X")]
    Form,
    /// Digits 7 to 14 are no date.
    #[error("digits 7 to 14 of the identity number are not a date of birth")]
    BirthDate,
    /// The last character does not match the others: most often a typing mistake.
    #[error("the last character of the identity number does not match the other seventeen")]
    CheckDigit,
}

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK: &[u8; 11] = b"10X98765432";

impl IdNumber {
    /// All eighteen characters. Never log them.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Date of birth.
    ///
    /// # Errors
    /// [`IdNumberError::BirthDate`]; cannot happen for a number that was parsed.
    pub fn birth_date(&self) -> Result<Date, IdNumberError> {
        birth_date_in(&self.0)
    }

    /// Completed years of age on `today`.
    #[must_use]
    pub fn age_on(&self, today: Date) -> i16 {
        let Ok(birth) = self.birth_date() else { return 0 };
        let before_birthday = (today.month(), today.day()) < (birth.month(), birth.day());
        today.year() - birth.year() - i16::from(before_birthday)
    }

    /// First and last characters only: `110***********002X`.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{}***********{}", self.0.get(..3).unwrap_or_default(), self.0.get(14..).unwrap_or_default())
    }
}

/// The check character for seventeen digits, or `None` when they are not seventeen digits.
#[must_use]
pub fn check_character(first_17: &str) -> Option<char> {
    if first_17.len() != 17 {
        return None;
    }
    let sum = first_17.chars().zip(WEIGHTS).try_fold(0, |sum, (c, w)| Some(sum + c.to_digit(10)? * w))?;
    CHECK.get(usize::try_from(sum % 11).ok()?).map(|&b| char::from(b))
}

fn birth_date_in(digits: &str) -> Result<Date, IdNumberError> {
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|s| s.parse::<i16>().ok());
    let day = |n: Option<i16>| n.and_then(|n| i8::try_from(n).ok());
    match (part(6, 10), day(part(10, 12)), day(part(12, 14))) {
        (Some(y), Some(m), Some(d)) => Date::new(y, m, d).map_err(|_| IdNumberError::BirthDate),
        _ => Err(IdNumberError::BirthDate),
    }
}

impl FromStr for IdNumber {
    type Err = IdNumberError;

    /// Reads a number; a small `x` at the end is taken as `X`.
    fn from_str(text: &str) -> Result<Self, IdNumberError> {
        let text = text.trim().to_ascii_uppercase();
        let (Some(first), Some(last)) = (text.get(..17), text.get(17..)) else {
            return Err(IdNumberError::Form);
        };
        let expected = check_character(first).ok_or(IdNumberError::Form)?;
        if last.len() != 1 || !last.bytes().all(|b| b.is_ascii_digit() || b == b'X') {
            return Err(IdNumberError::Form);
        }
        birth_date_in(first)?;
        if last.starts_with(expected) { Ok(Self(text)) } else { Err(IdNumberError::CheckDigit) }
    }
}

impl fmt::Display for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdNumber({})", self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The examples printed in the standard itself.
    #[test]
    fn accepts_the_examples_of_the_standard() {
        assert!("11010519491231002X".parse::<IdNumber>().is_ok());
        assert!("440524188001010014".parse::<IdNumber>().is_ok());
        assert!("11010519491231002x".parse::<IdNumber>().is_ok());
    }

    #[test]
    fn names_what_is_wrong() {
        assert_eq!("110105194912310021".parse::<IdNumber>(), Err(IdNumberError::CheckDigit));
        assert_eq!("11010519491331002X".parse::<IdNumber>(), Err(IdNumberError::BirthDate));
        assert_eq!("130503670401001".parse::<IdNumber>(), Err(IdNumberError::Form));
        assert_eq!("1101051949123100２X".parse::<IdNumber>(), Err(IdNumberError::Form));
    }

    #[test]
    fn never_prints_the_middle() {
        let id: IdNumber = "11010519491231002X".parse().unwrap();
        assert_eq!(format!("{id} {id:?}"), "110***********002X IdNumber(110***********002X)");
    }

    #[test]
    fn age_counts_completed_years() {
        let id: IdNumber = "11010519491231002X".parse().unwrap();
        assert_eq!(id.age_on(Date::constant(1967, 12, 30)), 17);
        assert_eq!(id.age_on(Date::constant(1967, 12, 31)), 18);
    }
}
