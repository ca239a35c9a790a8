//! What one field of a CEB message may hold: its length rule, its text form, and the errors that name it.

use jiff::civil::Date;
use pickup_domain::{HsCode, Money, Quantity};

/// Length rule of a field, as in the schema of the 202205 specification. Lengths are counted in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Text of `min..=max` characters.
    Text {
        /// Fewest characters.
        min: usize,
        /// Most characters.
        max: usize,
    },
    /// A decimal number: at most 14 digits before and 5 after the point (N19,5).
    Decimal,
    /// A whole number of at most so many digits.
    Integer {
        /// Most digits.
        digits: usize,
    },
}

/// Text of `min..=max` characters.
#[must_use]
pub const fn text(min: usize, max: usize) -> Rule {
    Rule::Text { min, max }
}

/// Text of exactly `n` characters.
#[must_use]
pub const fn exactly(n: usize) -> Rule {
    Rule::Text { min: n, max: n }
}

/// One field of a record, in the order of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Element name without prefix.
    pub name: &'static str,
    /// What it may hold.
    pub rule: Rule,
    /// Whether it must be there.
    pub required: bool,
}

/// What is wrong with one field. The value itself is never in the error: it may be an identity number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// Longer than the schema allows.
    #[error("{element}/{field} has {length} characters; the limit is {limit}: shorten it")]
    TooLong {
        /// Record the field belongs to.
        element: &'static str,
        /// Field name.
        field: String,
        /// Characters (or digits) found.
        length: usize,
        /// Characters (or digits) allowed.
        limit: usize,
    },
    /// Shorter than the schema allows; an optional field is left out rather than left empty.
    #[error("{element}/{field} has {length} characters; at least {limit} are needed")]
    TooShort {
        /// Record the field belongs to.
        element: &'static str,
        /// Field name.
        field: String,
        /// Characters found.
        length: usize,
        /// Characters needed.
        limit: usize,
    },
    /// A required field is not there.
    #[error("{element}/{field} is missing")]
    Missing {
        /// Record the field belongs to.
        element: &'static str,
        /// Field name.
        field: String,
    },
    /// The field is not in the schema, stands twice, or stands in the wrong place.
    #[error("{element}/{field} is not expected here: fields follow the order of the schema, each once")]
    Unexpected {
        /// Record the field belongs to.
        element: &'static str,
        /// Field name.
        field: String,
    },
    /// A character that XML cannot carry.
    #[error("{element}/{field} has the character U+{code:04X}, which XML cannot carry: remove it")]
    Character {
        /// Record the field belongs to.
        element: &'static str,
        /// Field name.
        field: String,
        /// The character's code point.
        code: u32,
    },
    /// The text is not a value of the field's type.
    #[error("{element}/{field} cannot be read: {reason}")]
    Value {
        /// Record the field belongs to.
        element: &'static str,
        /// Field name.
        field: String,
        /// What was expected.
        reason: &'static str,
    },
}

impl FieldError {
    /// Name of the field at fault.
    #[must_use]
    pub fn field(&self) -> &str {
        match self {
            Self::TooLong { field, .. }
            | Self::TooShort { field, .. }
            | Self::Missing { field, .. }
            | Self::Unexpected { field, .. }
            | Self::Character { field, .. }
            | Self::Value { field, .. } => field,
        }
    }
}

/// A type a field can have.
pub trait Value: Sized {
    /// Whether a field of this type must be there.
    const REQUIRED: bool = true;

    /// The text to write, or `None` to leave the element out.
    fn to_text(&self) -> Option<String>;

    /// Reads the text of an element.
    ///
    /// # Errors
    /// What was expected instead.
    fn from_text(text: &str) -> Result<Self, &'static str>;

    /// The value when the element is absent (or, for optional fields, empty).
    fn absent() -> Option<Self> {
        None
    }
}

impl<T: Value> Value for Option<T> {
    const REQUIRED: bool = false;

    fn to_text(&self) -> Option<String> {
        self.as_ref().and_then(T::to_text)
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        T::from_text(text).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl Value for String {
    fn to_text(&self) -> Option<String> {
        Some(self.clone())
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        Ok(text.to_owned())
    }
}

/// Implements [`Value`] for types that print and parse.
macro_rules! value_by_display {
    ($($ty:ty => $reason:literal),* $(,)?) => { $(
        impl Value for $ty {
            fn to_text(&self) -> Option<String> {
                Some(self.to_string())
            }

            fn from_text(text: &str) -> Result<Self, &'static str> {
                text.trim().parse().map_err(|_| $reason)
            }
        }
    )* };
}

value_by_display! {
    Money => "an amount in CNY with at most two decimals is needed",
    Quantity => "a number with at most five decimals is needed",
    HsCode => "a commodity code of ten digits is needed",
    u32 => "a whole number is needed",
    crate::Guid => "36 printable characters are needed",
    crate::CopNo => "1 to 20 capital letters and digits are needed",
    crate::Status => "a whole number is needed",
}

impl Value for Date {
    fn to_text(&self) -> Option<String> {
        Some(self.strftime("%Y%m%d").to_string())
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        const REASON: &str = "a date as YYYYMMDD is needed";
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(REASON);
        }
        Self::strptime("%Y%m%d", text).map_err(|_| REASON)
    }
}

/// Checks the text of one field against its rule.
///
/// # Errors
/// Names record, field, length and limit.
pub fn check(element: &'static str, name: &str, rule: Rule, value: &str) -> Result<(), FieldError> {
    let field = || name.to_owned();
    if let Some(bad) = value.chars().find(|&c| !is_xml_char(c)) {
        return Err(FieldError::Character { element, field: field(), code: u32::from(bad) });
    }
    match rule {
        Rule::Text { min, max } => {
            let length = value.chars().count();
            if length > max {
                return Err(FieldError::TooLong { element, field: field(), length, limit: max });
            }
            if length < min {
                return Err(FieldError::TooShort { element, field: field(), length, limit: min });
            }
            Ok(())
        }
        Rule::Decimal => {
            let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
            let whole = whole.trim_start_matches('-').trim_start_matches('0').len();
            limit_digits(element, name, whole, 14)?;
            limit_digits(element, name, fraction.trim_end_matches('0').len(), 5)
        }
        Rule::Integer { digits } => limit_digits(element, name, value.trim_start_matches('0').len(), digits),
    }
}

fn limit_digits(element: &'static str, name: &str, length: usize, limit: usize) -> Result<(), FieldError> {
    if length > limit {
        return Err(FieldError::TooLong { element, field: name.to_owned(), length, limit });
    }
    Ok(())
}

/// Characters an XML 1.0 document may hold.
fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_characters_not_bytes() {
        assert_eq!(check("OrderHead", "buyerName", text(1, 3), "张小明"), Ok(()));
        let error = check("OrderHead", "buyerName", text(1, 2), "张小明").unwrap_err();
        assert_eq!(error.to_string(), "OrderHead/buyerName has 3 characters; the limit is 2: shorten it");
        assert_eq!(error.field(), "buyerName");
    }

    #[test]
    fn a_decimal_has_fourteen_digits_before_and_five_after_the_point() {
        assert!(check("H", "f", Rule::Decimal, "99999999999999.99999").is_ok());
        assert!(check("H", "f", Rule::Decimal, "100000000000000").is_err());
        assert!(check("H", "f", Rule::Decimal, "0.000001").is_err());
    }

    #[test]
    fn characters_xml_cannot_carry_are_named_by_code_point() {
        let error = check("H", "note", text(0, 9), "a\u{1}b").unwrap_err();
        assert!(error.to_string().contains("U+0001"), "{error}");
        assert!(check("H", "note", text(0, 9), "a\u{FFFE}").is_err());
    }

    #[test]
    fn dates_are_eight_digits() {
        assert_eq!(Date::from_text("20261121"), Ok(Date::constant(2026, 11, 21)));
        for bad in ["2026112", "20261321", "2026-11-21", ""] {
            assert!(Date::from_text(bad).is_err(), "{bad}");
        }
    }
}
