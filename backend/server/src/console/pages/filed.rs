//! What was filed with customs about an order and what came back, word for word; identity numbers are masked, and what is
//! of other orders in the same message is left out.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::order;
use crate::clearing::{outbox, receipts};
use crate::console::accounts;
use crate::console::routes::User;
use crate::console::{Console, Me};
use crate::db::Conn;
use crate::secrets::Secrets;
use crate::web::{Visit, WebError, html};

/// Elements that hold one order's part of a message.
const RECORDS: &[&str] =
    &["Order", "Logistics", "Inventory", "InventoryReturn", "OrderReturn", "LogisticsReturn"];
const ID_LENGTH: usize = 18;

struct Paper {
    name: String,
    xml: String,
}

#[derive(Template)]
#[template(path = "console/filed.html")]
struct Page {
    p: Visit,
    me: Me,
    order_no: String,
    papers: Vec<Paper>,
}

/// `GET /orders/{order_no}/filed`. Who looked is on the trail.
pub async fn show(
    State(console): State<Arc<Console>>,
    p: Visit,
    user: User,
    Path(order_no): Path<String>,
) -> Result<Response, WebError> {
    let (app, person, now) = (Arc::clone(&console.shop.app), user.person().clone(), console.shop.app.now());
    let asked = order_no.clone();
    let read = console.shop.app.store.write(move |tx| {
        let Some((id, _)) = order::seen(tx, &person, &asked)? else { return Ok(None) };
        let body = serde_json::json!({ "order_no": asked });
        accounts::on_trail(tx, now, &person.actor(), &person.name, "read_filed", body)?;
        papers(tx, &app.secrets, id, &asked).map(Some)
    });
    let papers = read.await?.ok_or_else(WebError::not_found)?;
    Ok(html(&Page { me: Me::of(&user, &p), p, order_no, papers }))
}

fn papers(conn: &Conn, secrets: &Secrets, id: i64, order_no: &str) -> Result<Vec<Paper>, WebError> {
    let numbers: Vec<(String, String)> = conn
        .prepare_cached("SELECT cop_no, waybill FROM declaration WHERE cell = {cell} AND order_id = ?1")?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut names = vec![order_no.to_owned()];
    names.extend(numbers.into_iter().flat_map(|(cop_no, waybill)| [cop_no, waybill]));
    let mut found = Vec::new();
    let sent: Vec<(String, String, Vec<u8>)> = conn
        .prepare_cached(
            "SELECT m.id, m.kind, m.body FROM declaration d JOIN message m ON m.cell = d.cell AND m.batch = d.batch
             WHERE d.cell = {cell} AND d.order_id = ?1 ORDER BY m.kind",
        )?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (message, kind, sealed) in sent {
        let text = outbox::open(secrets, &outbox::context(&message), &sealed)?;
        found.push(Paper { name: kind, xml: own_part(&String::from_utf8_lossy(&text), &names) });
    }
    let came: Vec<(i64, String, Vec<u8>)> = conn
        .prepare_cached(
            "SELECT DISTINCT r.cursor, r.kind, r.body FROM receipt_record o
             JOIN receipt r ON r.cell = o.cell AND r.cursor = o.cursor
             WHERE o.cell = {cell} AND o.order_id = ?1 ORDER BY r.cursor",
        )?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (cursor, kind, sealed) in came {
        let text = outbox::open(secrets, &receipts::context(cursor), &sealed)?;
        let name = format!("{kind} ({cursor})");
        found.push(Paper { name, xml: own_part(&String::from_utf8_lossy(&text), &names) });
    }
    Ok(found)
}

/// The records of a message that name one of these numbers, with identity numbers masked.
fn own_part(xml: &str, names: &[String]) -> String {
    let mut parts = Vec::new();
    for record in RECORDS {
        for prefix in ["ceb:", ""] {
            let (open, close) = (format!("<{prefix}{record}>"), format!("</{prefix}{record}>"));
            for piece in xml.split(&open).skip(1) {
                let Some((inner, _)) = piece.split_once(&close) else { continue };
                if names.iter().any(|name| inner.contains(&format!(">{name}<"))) {
                    parts.push(masked(&indented(&format!("{open}{inner}{close}"))));
                }
            }
        }
    }
    parts.join("\n")
}

/// Every run of seventeen digits and a digit or X that stands alone loses its middle.
fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(['>', '<']) {
        let (word, end) = piece.split_at(piece.len().saturating_sub(1));
        let bytes = word.as_bytes();
        let is_number = bytes.len() == ID_LENGTH
            && bytes.iter().take(ID_LENGTH - 1).all(u8::is_ascii_digit)
            && bytes.last().is_some_and(|last| last.is_ascii_digit() || matches!(last, b'X' | b'x'));
        if is_number && word.parse::<pickup_domain::IdNumber>().is_ok() {
            out.push_str(word.get(..3).unwrap_or_default());
            out.push_str("***********");
            out.push_str(word.get(14..).unwrap_or_default());
        } else {
            out.push_str(word);
        }
        out.push_str(end);
    }
    out
}

/// One element a line, for the eye; what was signed has no blanks.
fn indented(xml: &str) -> String {
    let (mut out, mut depth) = (String::new(), 0_usize);
    for piece in xml.replace("><", ">\n<").lines() {
        let closes = piece.starts_with("</");
        depth = depth.saturating_sub(usize::from(closes));
        out.push_str(&"  ".repeat(depth));
        out.push_str(piece);
        out.push('\n');
        depth = depth.saturating_add(usize::from(!closes && !piece.contains("</") && !piece.ends_with("/>")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_orders_own_record_is_shown_and_its_buyer_is_masked() {
        let id = pickup_domain::id_number::check_character("99010119900101001").unwrap();
        let number = format!("99010119900101001{id}");
        let record = |no: &str| {
            format!(
                "<ceb:Order><ceb:orderNo>{no}</ceb:orderNo><ceb:buyerIdNumber>{number}</ceb:buyerIdNumber></ceb:Order>"
            )
        };
        let text = own_part(&format!("<x>{}{}</x>", record("A-1"), record("A-2")), &["A-1".to_owned()]);
        assert!(text.contains("A-1") && !text.contains("A-2") && !text.contains(&number), "{text}");
        assert!(text.contains("990***********"), "{text}");
    }
}
