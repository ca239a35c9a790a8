//! Lists whose entries are in force for a span of days: sorted once when loaded, then found by binary search.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};

/// What a dated list is made of.
pub trait Entry {
    /// What it is found by: a kind (lists that hold several kinds tell them apart by it) and a text.
    fn key(&self) -> (u8, &str);
    /// First day in force.
    fn from(&self) -> Date;
    /// Last day in force; open when absent.
    fn until(&self) -> Option<Date>;
    /// What is wrong with the entry itself, when something is.
    fn fault(&self) -> Option<EntryFault> {
        None
    }
}

/// What is wrong with one entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// The last day lies before the first.
    #[error("its last day {until} lies before its first {from}")]
    Span {
        /// First day.
        from: Date,
        /// Last day.
        until: Date,
    },
    /// Two entries of the same key are in force on one day.
    #[error("it is in force on days on which entry {with} is too")]
    Overlap {
        /// Position of the other entry, counted from 1.
        with: usize,
    },
    /// A code is not of its form.
    #[error("\"{0}\" is not a code of the form needed here")]
    Code(String),
    /// A number is outside what it may be.
    #[error("the value {0} is out of range")]
    Value(i64),
}

/// An entry that cannot be taken, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {position} ({key}): {fault}; correct it and load the list again")]
pub struct ListError {
    /// Position in what was loaded, counted from 1.
    pub position: usize,
    /// The entry's key.
    pub key: String,
    /// What is wrong.
    pub fault: EntryFault,
}

/// A list of dated entries. Empty by default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct DatedList<T>(Vec<T>);

impl<T> Default for DatedList<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> DatedList<T> {
    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of entries.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Every entry, by key and first day.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

impl<T: Entry> DatedList<T> {
    /// A list of these entries.
    ///
    /// # Errors
    /// Every entry that cannot be taken: no list is made of a part of them.
    pub fn load(entries: Vec<T>) -> Result<Self, Vec<ListError>> {
        let mut placed: Vec<(usize, T)> = (1..).zip(entries).collect();
        placed.sort_by(|(_, a), (_, b)| order(a, b));
        let mut errors = faults(&placed);
        if errors.is_empty() {
            return Ok(Self(placed.into_iter().map(|(_, entry)| entry).collect()));
        }
        errors.sort_by_key(|error| error.position);
        Err(errors)
    }

    /// A list of entries that may overlap; of several in force the one that began last counts.
    #[must_use]
    pub fn lenient(mut entries: Vec<T>) -> Self {
        entries.sort_by(order);
        Self(entries)
    }

    /// The entry in force on `day`.
    #[must_use]
    pub fn on(&self, kind: u8, key: &str, day: Date) -> Option<&T> {
        let end = self.0.partition_point(|e| (e.key(), e.from()) <= ((kind, key), day));
        let earlier = self.0.get(..end)?.iter().rev().take_while(|e| e.key() == (kind, key));
        earlier.into_iter().find(|e| e.until().is_none_or(|until| day <= until))
    }

    /// Whether there is an entry, in force on whatever day.
    #[must_use]
    pub fn ever(&self, kind: u8, key: &str) -> bool {
        self.0.binary_search_by(|e| e.key().cmp(&(kind, key))).is_ok()
    }

    /// The entry in force on `day` for the longest beginning of `digits` that has one; two digits at least, in pairs.
    #[must_use]
    pub fn by_prefix(&self, kind: u8, digits: &str, day: Date) -> Option<&T> {
        if self.is_empty() {
            return None;
        }
        [10, 8, 6, 4, 2].into_iter().find_map(|length| self.on(kind, digits.get(..length)?, day))
    }
}

fn order<T: Entry>(a: &T, b: &T) -> std::cmp::Ordering {
    a.key().cmp(&b.key()).then(a.from().cmp(&b.from()))
}

fn faults<T: Entry>(sorted: &[(usize, T)]) -> Vec<ListError> {
    let mut errors = Vec::new();
    // The entry of this key that ends last among those seen so far.
    let mut longest: Option<&(usize, T)> = None;
    for placed in sorted {
        let (position, entry) = placed;
        let mut wrong = |fault| {
            errors.push(ListError { position: *position, key: entry.key().1.to_owned(), fault });
        };
        if let Some(fault) = entry.fault() {
            wrong(fault);
        }
        if let Some(until) = entry.until().filter(|until| *until < entry.from()) {
            wrong(EntryFault::Span { from: entry.from(), until });
        }
        let same = longest.filter(|(_, earlier)| earlier.key() == entry.key());
        if let Some((with, _)) = same.filter(|(_, e)| e.until().is_none_or(|u| entry.from() <= u)) {
            wrong(EntryFault::Overlap { with: *with });
        }
        let outlasts = |e: &T| match (e.until(), entry.until()) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(a), Some(b)) => a >= b,
        };
        longest = same.filter(|(_, e)| outlasts(e)).or(Some(placed));
    }
    errors
}

impl<'de, T: Entry + Deserialize<'de>> Deserialize<'de> for DatedList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::load(Vec::deserialize(deserializer)?).map_err(|e| serde::de::Error::custom(Joined(&e)))
    }
}

struct Joined<'a>(&'a [ListError]);

impl fmt::Display for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// Whether `text` is an even number of digits, at most ten: a chapter, a heading, a code of the permitted list, ….
pub(crate) fn is_prefix(text: &str) -> bool {
    matches!(text.len(), 2 | 4 | 6 | 8 | 10) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Span(&'static str, Date, Option<Date>);

    impl Entry for Span {
        fn key(&self) -> (u8, &str) {
            (0, self.0)
        }
        fn from(&self) -> Date {
            self.1
        }
        fn until(&self) -> Option<Date> {
            self.2
        }
    }

    const fn day(d: i8) -> Date {
        Date::constant(2026, 5, d)
    }

    #[test]
    fn the_entry_of_the_day_is_found_and_none_in_a_gap() {
        let list = DatedList::load(vec![
            Span("b", day(10), None),
            Span("a", day(1), None),
            Span("b", day(1), Some(day(5))),
        ])
        .unwrap();
        assert_eq!(list.on(0, "b", day(5)).unwrap().1, day(1));
        assert_eq!(list.on(0, "b", day(6)), None);
        assert_eq!(list.on(0, "b", day(30)).unwrap().1, day(10));
        assert_eq!((list.on(0, "c", day(6)), list.on(1, "a", day(6))), (None, None));
        assert!(list.ever(0, "b") && !list.ever(0, "c"));
    }

    #[test]
    fn every_overlap_is_named_with_both_positions() {
        let errors = DatedList::load(vec![
            Span("a", day(1), Some(day(20))),
            Span("a", day(20), Some(day(20))),
            Span("a", day(3), Some(day(4))),
            Span("b", day(3), Some(day(4))),
        ])
        .unwrap_err();
        let named: Vec<_> = errors.into_iter().map(|e| (e.position, e.fault)).collect();
        let with = 1;
        assert_eq!(named, [(2, EntryFault::Overlap { with }), (3, EntryFault::Overlap { with })]);
    }

    #[test]
    fn an_entry_that_ends_before_it_begins_is_refused() {
        let errors = DatedList::load(vec![Span("a", day(2), Some(day(1)))]).unwrap_err();
        assert_eq!(errors[0].fault, EntryFault::Span { from: day(2), until: day(1) });
    }

    #[test]
    fn the_longest_beginning_counts() {
        let list = DatedList::load(vec![Span("22", day(1), None), Span("220830", day(2), None)]).unwrap();
        assert_eq!(list.by_prefix(0, "2208300000", day(9)).unwrap().0, "220830");
        assert_eq!(list.by_prefix(0, "2208300000", day(1)).unwrap().0, "22");
        assert_eq!(list.by_prefix(0, "3304990000", day(9)), None);
    }
}
