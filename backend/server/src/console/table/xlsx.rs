//! The workbook of an XLSX file (ECMA-376, Office Open XML): sheets with a frozen head, numbers written digit by digit from
//! whole fen and parts, never by way of a floating-point number.

use std::fmt::Write as _;

use jiff::civil::Date;
use pickup_domain::china_time;

use super::zip::Zip;
use super::{Cell, Table};
use crate::time::{DAY_US, at};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
/// The day before day 1 of spreadsheets, which take 1900 for a leap year.
const DAY_ZERO: Date = Date::constant(1899, 12, 30);

/// How cells are shown, in the order of `cellXfs`: plain, head, money, quantity, whole, day, moment.
const FORMATS: [(u32, u32); 7] = [(0, 0), (0, 1), (4, 0), (0, 0), (3, 0), (164, 0), (165, 0)];

/// The workbook with a sheet for each table.
pub fn workbook(tables: &[Table]) -> Vec<u8> {
    let mut zip = Zip::default();
    let numbers: Vec<usize> = (1..=tables.len()).collect();
    zip.add("[Content_Types].xml", &types(&numbers));
    zip.add("_rels/.rels", &links(&[("rId1".to_owned(), "officeDocument", "xl/workbook.xml".to_owned())]));
    zip.add("xl/workbook.xml", &book(tables));
    let mut parts: Vec<(String, &str, String)> = numbers
        .iter()
        .map(|n| (format!("rId{n}"), "worksheet", format!("worksheets/sheet{n}.xml")))
        .collect();
    parts.push(("rIdStyles".to_owned(), "styles", "styles.xml".to_owned()));
    zip.add("xl/_rels/workbook.xml.rels", &links(&parts));
    zip.add("xl/styles.xml", &styles());
    for (number, table) in numbers.iter().zip(tables) {
        zip.add(&format!("xl/worksheets/sheet{number}.xml"), &sheet(table));
    }
    zip.done()
}

fn types(numbers: &[usize]) -> String {
    let mut out = format!(
        "{HEAD}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"{KIND}.sheet.main+xml\"/><Override PartName=\"/xl/styles.xml\" ContentType=\"{KIND}.styles+xml\"/>"
    );
    for number in numbers {
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "<Override PartName=\"/xl/worksheets/sheet{number}.xml\" ContentType=\"{KIND}.worksheet+xml\"/>"
        );
    }
    out + "</Types>"
}

fn links(parts: &[(String, &str, String)]) -> String {
    let mut out = format!("{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">");
    for (id, kind, target) in parts {
        let _ = write!(out, "<Relationship Id=\"{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>");
    }
    out + "</Relationships>"
}

fn book(tables: &[Table]) -> String {
    let mut out = format!("{HEAD}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>");
    for (number, table) in (1..).zip(tables) {
        let name = escaped(table.name);
        let _ = write!(out, "<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>");
    }
    out + "</sheets></workbook>"
}

fn styles() -> String {
    let mut out = format!(
        "{HEAD}<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"2\"><numFmt numFmtId=\"164\" formatCode=\"yyyy-mm-dd\"/><numFmt numFmtId=\"165\" formatCode=\"yyyy-mm-dd hh:mm:ss\"/></numFmts><fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font><font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts><fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills><borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs><cellXfs count=\"{}\">",
        FORMATS.len()
    );
    for (number, font) in FORMATS {
        let _ = write!(
            out,
            "<xf numFmtId=\"{number}\" fontId=\"{font}\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\" applyFont=\"1\"/>"
        );
    }
    out + "</cellXfs><cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>"
}

fn sheet(table: &Table) -> String {
    let columns = table.columns.len();
    let mut out = format!(
        "{HEAD}<worksheet xmlns=\"{MAIN}\"><sheetViews><sheetView workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews><cols><col min=\"1\" max=\"{columns}\" width=\"18\" customWidth=\"1\"/></cols><sheetData><row r=\"1\">"
    );
    for (at, column) in table.columns.iter().enumerate() {
        words(&mut out, &place(at, 1), 1, column.title);
    }
    out.push_str("</row>");
    for (number, row) in (2..).zip(&table.rows) {
        let _ = write!(out, "<row r=\"{number}\">");
        for (at, one) in row.iter().enumerate() {
            cell(&mut out, &place(at, number), one);
        }
        out.push_str("</row>");
    }
    out + "</sheetData></worksheet>"
}

fn cell(out: &mut String, place: &str, cell: &Cell) {
    let (style, number) = match cell {
        Cell::Empty => return,
        Cell::Text(text) => return words(out, place, 0, text),
        Cell::Money(money) => (2, money.to_string()),
        Cell::Quantity(quantity) => (3, quantity.to_string()),
        Cell::Whole(number) => (4, number.to_string()),
        Cell::Day(day) => (5, days(*day).to_string()),
        Cell::Moment(us) => match moment(*us) {
            Some(moment) => (6, moment),
            None => return,
        },
    };
    let _ = write!(out, "<c r=\"{place}\" s=\"{style}\"><v>{number}</v></c>");
}

fn words(out: &mut String, place: &str, style: u32, text: &str) {
    let text = escaped(text);
    let _ = write!(
        out,
        "<c r=\"{place}\" s=\"{style}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>"
    );
}

fn days(day: Date) -> i64 {
    DAY_ZERO.until(day).map_or(0, |span| i64::from(span.get_days()))
}

/// Days and the part of a day, to ten decimals.
fn moment(us: i64) -> Option<String> {
    let civil = china_time::civil(at(us).ok()?);
    let midnight = china_time::midnight(civil.date()).as_microsecond();
    let part = us.checked_sub(midnight)?.checked_mul(100_000)? / (DAY_US / 100_000);
    Some(format!("{}.{part:010}", days(civil.date())))
}

/// `A1`, `AB12`.
fn place(column: usize, row: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column;
    loop {
        let letter = u8::try_from(rest % 26).unwrap_or(0);
        letters.push(char::from(b'A' + letter));
        match (rest / 26).checked_sub(1) {
            Some(more) => rest = more,
            None => break,
        }
    }
    letters.iter().rev().collect::<String>() + &row.to_string()
}

/// Text that XML can hold.
fn escaped(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_control() || matches!(c, '\t' | '\n'));
    kept.collect::<String>()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::table::tests::example;

    #[test]
    fn columns_are_lettered_as_spreadsheets_do() {
        let places = [0, 25, 26, 51, 701, 702].map(|column| place(column, 3));
        assert_eq!(places, ["A3", "Z3", "AA3", "AZ3", "ZZ3", "AAA3"]);
    }

    #[test]
    fn numbers_are_numbers_days_are_days_and_words_are_words() {
        let text = sheet(&example());
        for cell in [
            "<c r=\"A2\" s=\"5\"><v>46347</v></c>",
            "<c r=\"B2\" s=\"0\" t=\"inlineStr\"><is><t xml:space=\"preserve\">=1+1, &quot;x&quot;</t></is></c>",
            "<c r=\"C2\" s=\"2\"><v>-12345.50</v></c>",
            "<c r=\"D2\" s=\"3\"><v>0.5</v></c>",
            "<c r=\"E2\" s=\"4\"><v>7</v></c>",
            "<c r=\"F2\" s=\"6\"><v>46347.3958333333</v></c>",
            "<row r=\"3\"></row>",
            "文字 &lt;&amp;&gt;",
        ] {
            assert!(text.contains(cell), "{cell}\n{text}");
        }
    }
}
