//! Lines of a CSV file: columns by name, and every fault with its line and column.

use std::collections::HashMap;
use std::str::FromStr;

use jiff::civil::Date;

/// A fault in a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {why}", column.as_ref().map(|name| format!(", column {name}")).unwrap_or_default())]
pub struct Fault {
    /// Line of the file, from 1; the first is the head.
    pub line: u64,
    /// Column, when it is about one.
    pub column: Option<String>,
    /// What is wrong.
    pub why: String,
}

/// One line of a file.
#[derive(Debug)]
pub struct Line<'a> {
    /// Where it stands, from 1.
    pub number: u64,
    record: &'a csv::StringRecord,
    columns: &'a HashMap<String, usize>,
}

/// Reads every line with `read`, and tells how far it is; all faults when there is any.
///
/// # Errors
/// Every fault of the file.
pub fn read<T>(
    bytes: &[u8],
    needed: &[&str],
    mut read: impl FnMut(&Line<'_>) -> Result<T, Fault>,
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<(u64, T)>, Vec<Fault>> {
    // Spreadsheets write a mark before the first column.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let whole = |why: String| vec![Fault { line: 1, column: None, why }];
    let head = reader.headers().map_err(|error| whole(error.to_string()))?.clone();
    let columns: HashMap<String, usize> =
        head.iter().enumerate().map(|(at, name)| (name.to_owned(), at)).collect();
    let missing: Vec<&str> = needed.iter().copied().filter(|name| !columns.contains_key(*name)).collect();
    if !missing.is_empty() {
        return Err(whole(format!("the columns {} are missing", missing.join(", "))));
    }
    let (mut entries, mut faults) = (Vec::new(), Vec::new());
    for (count, record) in reader.records().enumerate() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                faults.push(Fault { line, column: None, why: error.to_string() });
                continue;
            }
        };
        let number = record.position().map_or(0, csv::Position::line);
        match read(&Line { number, record: &record, columns: &columns }) {
            Ok(entry) => entries.push((number, entry)),
            Err(fault) => faults.push(fault),
        }
        if count % 1000 == 999 {
            progress(count + 1);
        }
    }
    if faults.is_empty() { Ok(entries) } else { Err(faults) }
}

impl Line<'_> {
    /// A text; empty when the column is or is not there.
    #[must_use]
    pub fn text(&self, column: &str) -> String {
        self.columns.get(column).and_then(|at| self.record.get(*at)).unwrap_or_default().to_owned()
    }

    /// A text that must not be empty.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn filled(&self, column: &str) -> Result<String, Fault> {
        let text = self.text(column);
        if text.is_empty() { Err(self.fault(column, "is empty")) } else { Ok(text) }
    }

    /// A value that must be there.
    ///
    /// # Errors
    /// [`Fault`] with what the value says of itself.
    pub fn value<T: FromStr>(&self, column: &str) -> Result<T, Fault>
    where
        T::Err: std::fmt::Display,
    {
        self.filled(column)?.parse().map_err(|error: T::Err| self.fault(column, error))
    }

    /// A value that may be left out.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn maybe<T: FromStr>(&self, column: &str) -> Result<Option<T>, Fault>
    where
        T::Err: std::fmt::Display,
    {
        if self.text(column).is_empty() { Ok(None) } else { self.value(column).map(Some) }
    }

    /// `yes`, `1`, `true`, `是` or their opposites; no when left out.
    ///
    /// # Errors
    /// [`Fault`] for anything else.
    pub fn flag(&self, column: &str) -> Result<bool, Fault> {
        match self.text(column).to_lowercase().as_str() {
            "yes" | "1" | "true" | "是" => Ok(true),
            "" | "no" | "0" | "false" | "否" => Ok(false),
            other => Err(self.fault(column, format!("\"{other}\" is neither yes nor no"))),
        }
    }

    /// First and last day in force.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn span(&self) -> Result<(Date, Option<Date>), Fault> {
        Ok((self.value("from")?, self.maybe("until")?))
    }

    /// A fault in a column of this line.
    #[must_use]
    pub fn fault(&self, column: &str, why: impl std::fmt::Display) -> Fault {
        Fault { line: self.number, column: Some(column.to_owned()), why: why.to_string() }
    }
}
