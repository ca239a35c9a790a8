//! A report as a table, from which its CSV and its XLSX are made: numbers are numbers and days are days in both.

use std::fmt::Write as _;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use pickup_domain::{Money, Quantity, china_time};

use crate::time::at;

mod reports;
mod xlsx;
mod zip;

pub use reports::{balances, counted, moved, taxes, variances};

/// A column: its name for programs and for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// As the CSV names it.
    pub key: &'static str,
    /// As the XLSX names it, in the reader's language.
    pub title: &'static str,
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Words, and numbers that nobody adds up.
    Text(String),
    /// A count.
    Whole(i64),
    /// An amount of money.
    Money(Money),
    /// A quantity.
    Quantity(Quantity),
    /// A day in China.
    Day(Date),
    /// A moment, microseconds; shown as the clocks of China do.
    Moment(i64),
}

/// A table with its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it shows, in the reader's language; at most 31 characters without `\ / ? * [ ] :`.
    pub name: &'static str,
    /// From left to right.
    pub columns: Vec<Column>,
    /// From the top, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
}

/// As what a report is downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values, UTF-8.
    Csv,
    /// A workbook (Office Open XML, ECMA-376).
    Xlsx,
}

impl Format {
    /// The format that a path ends with.
    #[must_use]
    pub fn of(path: &str) -> Self {
        if path.ends_with(".xlsx") { Self::Xlsx } else { Self::Csv }
    }
}

/// Tables as a download; the CSV has the first of them only.
#[must_use]
pub fn download(format: Format, name: &str, tables: &[Table]) -> Response {
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Xlsx => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    };
    let body = match format {
        Format::Csv => tables.first().map(csv).unwrap_or_default().into_bytes(),
        Format::Xlsx => xlsx::workbook(tables),
    };
    let name = format!("attachment; filename=\"{name}.{ending}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, name)], body).into_response()
}

/// A table as CSV. The mark before it tells spreadsheet programs that it is UTF-8.
#[must_use]
pub fn csv(table: &Table) -> String {
    let mut out = String::from("\u{feff}");
    let keys: Vec<&str> = table.columns.iter().map(|column| column.key).collect();
    // Writing to a String cannot fail.
    let _ = write!(out, "{}\r\n", keys.join(","));
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(plain).collect();
        let _ = write!(out, "{}\r\n", cells.join(","));
    }
    out
}

fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => quoted(text),
        Cell::Whole(number) => number.to_string(),
        Cell::Money(money) => money.to_string(),
        Cell::Quantity(quantity) => quantity.to_string(),
        Cell::Day(day) => day.to_string(),
        Cell::Moment(us) => moment(*us),
    }
}

/// A spreadsheet program must not take somebody's words for a formula.
fn quoted(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t']) { "'" } else { "" };
    if guard.is_empty() && !text.contains(['"', ',', '\r', '\n']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

fn moment(us: i64) -> String {
    at(us).map(|at| china_time::civil(at).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn example() -> Table {
        Table {
            name: "例",
            columns: vec![
                Column { key: "day", title: "日期" },
                Column { key: "words", title: "文字 <&>" },
                Column { key: "tax_cny", title: "税款" },
                Column { key: "quantity", title: "数量" },
                Column { key: "count", title: "件数" },
                Column { key: "at", title: "时间" },
            ],
            rows: vec![
                vec![
                    Cell::Day("2026-11-21".parse().unwrap()),
                    Cell::Text("=1+1, \"x\"".into()),
                    Cell::Money(Money::from_fen(-1_234_550)),
                    Cell::Quantity(Quantity::from_parts(50_000)),
                    Cell::Whole(7),
                    Cell::Moment(1_795_224_600_000_000),
                ],
                vec![Cell::Empty; 6],
            ],
        }
    }

    #[test]
    fn a_csv_is_read_as_it_was_meant_and_words_are_never_a_formula() {
        let text = csv(&example());
        let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!(lines[0], "day,words,tax_cny,quantity,count,at");
        let row = "2026-11-21,\"'=1+1, \"\"x\"\"\",-12345.50,0.5,7,2026-11-21T09:30:00+08:00";
        assert_eq!(lines[1..], [row, ",,,,,"]);
    }

    #[test]
    fn a_path_says_the_format() {
        assert_eq!([Format::of("/reports.xlsx"), Format::of("/reports.csv")], [Format::Xlsx, Format::Csv]);
    }
}
