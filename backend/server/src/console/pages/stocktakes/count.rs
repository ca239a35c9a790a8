//! Counting: what a scanner types, what a person types, and a file from a hand-held counter.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use pickup_domain::Quantity;
use serde::Deserialize;

use super::{Article, by_code, found};
use crate::console::Console;
use crate::console::routes::User;
use crate::stock::take::{self, Count};
use crate::web::{Posted, Uploaded, Visit, WebError};

/// Most lines of a file.
const MOST_LINES: usize = 100_000;

/// A barcode, or whatever else a line is found by.
#[derive(Debug, Deserialize)]
pub struct Scan {
    code: String,
}

/// What was counted of a line in all.
#[derive(Debug, Deserialize)]
pub struct Typed {
    key: String,
    quantity: String,
}

/// `POST /stock/takes/{id}/scan`: one more of what was scanned.
pub async fn scan(
    console: State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
    Posted(Scan { code }): Posted<Scan>,
) -> Result<Response, WebError> {
    let (_, lines) = found(&console, &user, &p, id).await?;
    let key = by_code(&known(lines), code.trim())?;
    let one = Quantity::from_parts(Quantity::SCALE);
    take_counts(console, &user, (id, "scan"), vec![(key, Count::Add(one))]).await
}

/// `POST /stock/takes/{id}/count`: so much in all.
pub async fn typed(
    console: State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
    Posted(Typed { key, quantity }): Posted<Typed>,
) -> Result<Response, WebError> {
    found(&console, &user, &p, id).await?;
    let all = quantity.trim().parse().map_err(|_| no_quantity(&quantity))?;
    take_counts(console, &user, (id, "typed"), vec![(key, Count::All(all))]).await
}

/// `POST /stock/takes/{id}/file`: a CSV file with the columns `code` and `quantity`.
pub async fn file(
    console: State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(id): Path<i64>,
    form: Uploaded,
) -> Result<Response, WebError> {
    let (_, lines) = found(&console, &user, &p, id).await?;
    let counts = read(&form.file, &known(lines))?;
    take_counts(console, &user, (id, "file"), counts).await
}

async fn take_counts(
    State(console): State<Arc<Console>>,
    user: &User,
    (id, how): (i64, &'static str),
    counts: Vec<(String, Count)>,
) -> Result<Response, WebError> {
    let (now, by) = (console.shop.app.now(), user.person().name.clone());
    let last = counts.last().map(|(key, _)| key.clone()).unwrap_or_default();
    console.shop.app.store.write(move |tx| take::count(tx, now, (&by, how), id, &counts)).await?;
    Ok(Redirect::to(&format!("/stock/takes/{id}?last={last}")).into_response())
}

fn known(lines: Vec<(take::Line, Article)>) -> Vec<(String, Article)> {
    lines.into_iter().map(|(line, article)| (line.key, article)).collect()
}

/// Reads a file; several lines of one article add up.
fn read(bytes: &[u8], known: &[(String, Article)]) -> Result<Vec<(String, Count)>, WebError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(bytes);
    let head = reader.headers().map_err(|_| no_file())?.clone();
    let column = |names: &[&str]| head.iter().position(|title| names.contains(&title));
    let code = column(&["code", "barcode", "sku", "record_no", "条码", "货号"]).ok_or_else(no_file)?;
    let quantity = column(&["quantity", "qty", "数量"]).ok_or_else(no_file)?;
    let mut sums: Vec<(String, Quantity)> = Vec::new();
    for record in reader.records().take(MOST_LINES) {
        let record = record.map_err(|_| no_file())?;
        let (code, text) = (record.get(code).unwrap_or_default(), record.get(quantity).unwrap_or_default());
        let key = by_code(known, code)?;
        let more: Quantity = text.parse().map_err(|_| no_quantity(text))?;
        match sums.iter_mut().find(|(of, _)| *of == key) {
            Some((_, sum)) => *sum = sum.checked_add(more).ok_or_else(|| no_quantity(text))?,
            None => sums.push((key, more)),
        }
    }
    if sums.is_empty() {
        return Err(no_file());
    }
    Ok(sums.into_iter().map(|(key, sum)| (key, Count::All(sum))).collect())
}

fn no_quantity(text: &str) -> WebError {
    WebError::refused(
        format!("“{text}”不是数量，请填数字。什么也没有计入。"),
        format!("“{text}” is no quantity: write digits. Nothing was counted."),
    )
}

fn no_file() -> WebError {
    WebError::refused(
        "文件无法读取：需要 CSV（UTF-8），第一行为列名 code（条码、货号或备案序号）和 quantity。什么也没有计入。",
        "The file cannot be read: a CSV in UTF-8 is needed whose first line names the columns code (barcode, article or record number) and quantity. Nothing was counted.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<(String, Article)> {
        let article = |sku: &str, barcode: &str| Article {
            sku: sku.into(),
            name: String::new(),
            barcode: barcode.into(),
        };
        vec![("T1/R1".into(), article("A-1", "6900000000018")), ("T1/R2".into(), article("A-2", ""))]
    }

    #[test]
    fn lines_of_one_article_add_up_whatever_it_is_named_by() {
        let text = "\u{feff}code,quantity\n6900000000018,2\na-1,3\nR2,0.5\n";
        let read = read(text.as_bytes(), &known()).unwrap();
        let all = |text: &str| Count::All(text.parse().unwrap());
        assert_eq!(read, [("T1/R1".to_owned(), all("5")), ("T1/R2".to_owned(), all("0.5"))]);
    }

    #[test]
    fn one_bad_line_refuses_the_file() {
        for text in
            ["", "code,quantity\n", "a,b\nA-1,1\n", "code,quantity\nA-1,x\n", "code,quantity\nB-1,1\n"]
        {
            assert!(read(text.as_bytes(), &known()).is_err(), "{text}");
        }
    }
}
