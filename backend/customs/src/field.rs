//! What one field of a CEB message may hold: its length rule, its text form, and the errors that name it.

use std::fmt::{self, Write as _};

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
    /// The one text that the schema allows.
    Fixed(&'static str),
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

/// That text and no other.
#[must_use]
pub const fn fixed(text: &'static str) -> Rule {
    Rule::Fixed(text)
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
    /// What it means, in a sentence.
    pub doc: &'static str,
}

/// Where a field stands in a message, counted from 1: `Order[3]/OrderList[2]/gname`, or `InvtCancel[3]/reason`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath {
    /// The document and its place in the message, when it is known.
    pub document: Option<(&'static str, usize)>,
    /// Record the field belongs to.
    pub element: &'static str,
    /// The line's place in its document, for records that are lines.
    pub line: Option<usize>,
    /// Field name.
    pub field: String,
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((document, place)) = self.document {
            write!(f, "{document}[{place}]/")?;
        }
        // A document that is one record is named once.
        if self.document.is_none_or(|(document, _)| document != self.element) {
            f.write_str(self.element)?;
            if let Some(line) = self.line {
                write!(f, "[{line}]")?;
            }
            f.write_str("/")?;
        }
        f.write_str(&self.field)
    }
}

/// What is wrong with a field. The value is never in it: it may be an identity number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Longer than the schema allows.
    #[error("has {length} characters; the limit is {limit}: shorten it")]
    TooLong {
        /// Characters (or digits) found.
        length: usize,
        /// Characters (or digits) allowed.
        limit: usize,
    },
    /// Shorter than the schema allows; an optional field is left out rather than left empty.
    #[error("has {length} characters; at least {limit} are needed")]
    TooShort {
        /// Characters found.
        length: usize,
        /// Characters needed.
        limit: usize,
    },
    /// A required field is not there.
    #[error("is missing")]
    Missing,
    /// The field is not in the schema, stands twice, or stands in the wrong place.
    #[error("is not expected here: fields follow the order of the schema, each once")]
    Unexpected,
    /// A character that XML cannot carry; holds its code point.
    #[error("has the character U+{0:04X}, which XML cannot carry: remove it")]
    Character(u32),
    /// Not the one text that the schema allows; holds that text.
    #[error("must be {0}")]
    Fixed(&'static str),
    /// The text is not a value of the field's type; holds what was expected.
    #[error("cannot be read: {0}")]
    Value(&'static str),
}

/// What is wrong with one field, and which one it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} {fault}")]
pub struct FieldError {
    /// Where the field stands.
    pub path: FieldPath,
    /// What is wrong with it.
    pub fault: Fault,
}

impl FieldError {
    pub(crate) fn new(element: &'static str, field: impl Into<String>, fault: Fault) -> Self {
        Self { path: FieldPath { document: None, element, line: None, field: field.into() }, fault }
    }

    /// The same in the document at `index`, counted from 0 as code counts.
    pub(crate) fn in_document(mut self, document: &'static str, index: usize) -> Self {
        self.path.document = Some((document, index.saturating_add(1)));
        self
    }

    /// The same in the line at `index`, counted from 0 as code counts.
    pub(crate) fn in_line(mut self, index: usize) -> Self {
        self.path.line = Some(index.saturating_add(1));
        self
    }

    /// Name of the field at fault.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.path.field
    }
}

/// A type a field can have.
pub trait Value: Sized {
    /// Whether a field of this type must be there.
    const REQUIRED: bool = true;

    /// The text to write, or `None` to leave the element out. `scratch` is empty and may be used to hold the text.
    fn text<'a>(&'a self, scratch: &'a mut String) -> Option<&'a str>;

    /// [`Self::text`] as a value of its own.
    fn to_text(&self) -> Option<String> {
        self.text(&mut String::new()).map(str::to_owned)
    }

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

    fn text<'a>(&'a self, scratch: &'a mut String) -> Option<&'a str> {
        self.as_ref().and_then(|value| value.text(scratch))
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        T::from_text(text).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl Value for String {
    fn text<'a>(&'a self, _: &'a mut String) -> Option<&'a str> {
        Some(self)
    }

    fn from_text(text: &str) -> Result<Self, &'static str> {
        Ok(text.to_owned())
    }
}

/// Implements [`Value`] for types that print and parse.
macro_rules! value_by_display {
    ($($ty:ty => $reason:literal),* $(,)?) => { $(
        impl Value for $ty {
            fn text<'a>(&'a self, scratch: &'a mut String) -> Option<&'a str> {
                // Writing to a String cannot fail.
                let _ = write!(scratch, "{self}");
                Some(scratch)
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
    crate::Amount => "an amount with at most five decimals is needed",
    crate::Status => "a whole number is needed",
    crate::TaxState => "a whole number is needed",
}

/// Implements [`Value`] for types that are text inside and check it.
macro_rules! value_by_text {
    ($($ty:ty => $reason:literal),* $(,)?) => { $(
        impl Value for $ty {
            fn text<'a>(&'a self, _: &'a mut String) -> Option<&'a str> {
                Some(self.as_str())
            }

            fn from_text(text: &str) -> Result<Self, &'static str> {
                text.trim().parse().map_err(|_| $reason)
            }
        }
    )* };
}

value_by_text! {
    crate::Guid => "36 printable characters are needed",
    crate::CopNo => "1 to 20 letters, digits, hyphens or underscores are needed",
}

impl Value for Date {
    fn text<'a>(&'a self, scratch: &'a mut String) -> Option<&'a str> {
        // Writing to a String cannot fail.
        let _ = write!(scratch, "{:04}{:02}{:02}", self.year(), self.month(), self.day());
        Some(scratch)
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
    fault(rule, value).map_or(Ok(()), |fault| Err(FieldError::new(element, name, fault)))
}

fn fault(rule: Rule, value: &str) -> Option<Fault> {
    // Only control characters and two of the characters that begin with this byte cannot be carried.
    if value.bytes().any(|byte| byte < b' ' || byte == 0xEF)
        && let Some(bad) = value.chars().find(|&c| !is_xml_char(c))
    {
        return Some(Fault::Character(u32::from(bad)));
    }
    match rule {
        Rule::Text { min, max } => {
            let length = value.chars().count();
            match () {
                () if length > max => Some(Fault::TooLong { length, limit: max }),
                () if length < min => Some(Fault::TooShort { length, limit: min }),
                () => None,
            }
        }
        Rule::Decimal => {
            let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
            let whole = whole.trim_start_matches('-').trim_start_matches('0').len();
            too_many(whole, 14).or_else(|| too_many(fraction.trim_end_matches('0').len(), 5))
        }
        Rule::Fixed(only) => (value != only).then_some(Fault::Fixed(only)),
        Rule::Integer { digits } => too_many(value.trim_start_matches('0').len(), digits),
    }
}

fn too_many(length: usize, limit: usize) -> Option<Fault> {
    (length > limit).then_some(Fault::TooLong { length, limit })
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
    fn a_fixed_text_is_that_text_and_no_other() {
        assert_eq!(check("OrderHead", "currency", fixed("142"), "142"), Ok(()));
        let error = check("OrderHead", "currency", fixed("142"), "502").unwrap_err();
        assert_eq!(error.to_string(), "OrderHead/currency must be 142");
    }

    #[test]
    fn dates_are_eight_digits() {
        assert_eq!(Date::from_text("20261121"), Ok(Date::constant(2026, 11, 21)));
        for bad in ["2026112", "20261321", "2026-11-21", ""] {
            assert!(Date::from_text(bad).is_err(), "{bad}");
        }
    }
}
