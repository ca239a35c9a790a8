//! What a card says, in types that keep it from being printed by accident.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// The number of a document: the 18 characters of GB 11643 (17 digits and a digit or `X`) that all kinds but one have,
/// or the 15 of the foreign permanent resident card of 2017 (3 letters and 12 digits). Never printed by `Debug`,
/// cleared from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct IdNumber(String);

impl IdNumber {
    /// Takes 18 characters of the right shape; whether the check digit is right is not judged here.
    pub fn new(text: &str) -> Option<Self> {
        let (last, digits) = text.as_bytes().split_last()?;
        let shaped = digits.len() == 17
            && digits.iter().all(u8::is_ascii_digit)
            && (last.is_ascii_digit() || *last == b'X');
        shaped.then(|| Self(text.to_owned()))
    }

    /// Takes the 15 characters of a foreign permanent resident card of 2017: 3 capital letters and 12 digits.
    pub fn foreign_2017(text: &str) -> Option<Self> {
        let (letters, digits) = text.as_bytes().split_at_checked(3)?;
        let shaped = digits.len() == 12
            && letters.iter().all(u8::is_ascii_uppercase)
            && digits.iter().all(u8::is_ascii_digit);
        shaped.then(|| Self(text.to_owned()))
    }

    /// The number itself, for comparing and digesting; never for logs or screens.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The number with all but its first and last character hidden.
    pub fn masked(&self) -> String {
        let ends = |characters: Option<char>| characters.unwrap_or('*');
        let hidden = "*".repeat(self.0.len().saturating_sub(2));
        format!("{}{hidden}{}", ends(self.0.chars().next()), ends(self.0.chars().last()))
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdNumber({})", self.masked())
    }
}

impl Drop for IdNumber {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Sex as on the card (GB/T 2261.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// Code 1.
    Male,
    /// Code 2.
    Female,
    /// Code 0.
    Unknown,
    /// Code 9.
    Unstated,
}

/// A calendar date as on the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardDate {
    /// The year, four digits.
    pub year: u16,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day, 1 to the month's last.
    pub day: u8,
}

impl CardDate {
    /// Takes a date that exists.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        (year >= 1900 && (1..=last).contains(&day)).then_some(Self { year, month, day })
    }
}

/// Until when the card is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValidUntil {
    /// Up to and including this day.
    Date(CardDate),
    /// For ever (长期).
    LongTerm,
}

/// Which kind of document it is, by the flag at offset 248 of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardKind {
    /// No flag: the resident identity card of a citizen.
    Citizen,
    /// `I`: foreign permanent resident identity card, version of 2017, with a number of 15 characters.
    Foreign2017,
    /// `Y`: foreign permanent resident identity card, version of 2023, with a number of 18 digits that begins with 9.
    Foreign2023,
    /// `J`: residence permit for residents of Hong Kong, Macao and Taiwan.
    ResidencePermit,
}

impl CardKind {
    /// The stable code, the same as its serialised form.
    pub fn code(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::Foreign2017 => "foreign2017",
            Self::Foreign2023 => "foreign2023",
            Self::ResidencePermit => "residence_permit",
        }
    }
}

/// What was read from a card.
#[derive(Clone, PartialEq, Eq)]
pub struct IdCard {
    /// The kind of card.
    pub kind: CardKind,
    /// The holder's name: the Chinese one, or the Latin one where the card has no other.
    pub name: String,
    /// The holder's sex.
    pub sex: Sex,
    /// The holder's nation, code 1 to 56, 97 or 98 (GB/T 3304); only on a citizen's card.
    pub nation: Option<u8>,
    /// The holder's day of birth.
    pub birth: CardDate,
    /// The document's number.
    pub id_number: IdNumber,
    /// The first day on which the card is valid.
    pub valid_from: CardDate,
    /// The last one.
    pub valid_until: ValidUntil,
}

impl fmt::Debug for IdCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdCard")
            .field("kind", &self.kind)
            .field("id_number", &self.id_number)
            .field("valid_until", &self.valid_until)
            .finish_non_exhaustive()
    }
}

impl Drop for IdCard {
    fn drop(&mut self) {
        self.name.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_never_printed_whole() {
        let number = IdNumber::new("99010119900307123X").unwrap();
        assert_eq!(format!("{number:?}"), "IdNumber(9****************X)");
        assert_eq!(number.reveal(), "99010119900307123X");
    }

    #[test]
    fn the_number_of_2017_is_three_letters_and_twelve_digits() {
        let number = IdNumber::foreign_2017("ZZZ990123456789").unwrap();
        assert_eq!(format!("{number:?}"), "IdNumber(Z*************9)");
        for text in
            ["ZZ0990123456789", "ZZZ99012345678", "ZZZ9901234567890", "zzz990123456789", "证Z990123456789"]
        {
            assert_eq!(IdNumber::foreign_2017(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_of_another_shape_is_refused() {
        for text in
            ["", "99010119900307123", "99010119900307123x", "9901011990030712345", "9901011990030712３"]
        {
            assert_eq!(IdNumber::new(text), None, "{text}");
        }
    }

    #[test]
    fn only_dates_that_exist_are_taken() {
        assert!(CardDate::new(2024, 2, 29).is_some());
        assert!(CardDate::new(2000, 2, 29).is_some());
        for (year, month, day) in [(2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 13, 1), (2024, 1, 0)] {
            assert_eq!(CardDate::new(year, month, day), None, "{year}-{month}-{day}");
        }
    }
}
