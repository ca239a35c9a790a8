//! The published sample messages: each is read, and what was read and written again is the same document.

use pickup_customs::{AnyMessage, Document, Message, read_receipts};

use crate::outside_tools::{official, run};

/// The business part of a sample as another program canonicalises it: without white space between elements, empty
/// elements (which are left out on writing) and the signature.
fn business_part(path: &std::path::Path) -> Option<String> {
    let output = run("xmllint", &["--noblanks", "--c14n", &path.to_string_lossy()])?;
    let text = String::from_utf8(output.stdout).unwrap();
    let body = text.split_once('>').unwrap().1;
    let body = body.split_once("<ds:Signature").map_or(body, |(body, _)| body);
    let lines = body.split('\n').map(str::trim).collect::<String>();
    Some(without_empty_elements(&lines))
}

fn without_empty_elements(xml: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for piece in xml.split_inclusive('>') {
        let empty = piece.starts_with("</") && kept.last().is_some_and(|last| last[1..] == piece[2..]);
        if empty {
            kept.pop();
        } else {
            kept.push(piece);
        }
    }
    kept.concat()
}

fn same_again<T: Document>(message: &Message<T>, path: &std::path::Path) {
    let Some(expected) = business_part(path) else { return };
    let canonical = message.write().unwrap().canonical();
    let body = canonical.split_once('>').unwrap().1;
    let body = body.rsplit_once("</").unwrap().0;
    assert_eq!(without_trailing_zeros(body), without_trailing_zeros(&expected), "{}", path.display());
}

/// Amounts are written with two decimals; the samples write whole yuan.
fn without_trailing_zeros(xml: &str) -> String {
    xml.replace(".00</", "</")
}

#[test]
fn every_official_document_is_read_and_built_again_equal_in_canonical_form() {
    for number in [311, 411, 511, 513, 621, 623, 625] {
        let Some(path) = official(&format!("samples/CEB{number}Message.xml")) else { return };
        let bytes = std::fs::read(&path).unwrap();
        let read = AnyMessage::read(&bytes).unwrap_or_else(|error| panic!("CEB{number}: {error}"));
        assert_eq!(read.message_type(), format!("CEB{number}Message"));
        match read {
            AnyMessage::Order(m) => same_again(&m, &path),
            AnyMessage::Payment(m) => same_again(&m, &path),
            AnyMessage::Logistics(m) => same_again(&m, &path),
            AnyMessage::WaybillStatus(m) => same_again(&m, &path),
            AnyMessage::Inventory(m) => same_again(&m, &path),
            AnyMessage::Cancel(m) => same_again(&m, &path),
            AnyMessage::Refund(m) => same_again(&m, &path),
        }
    }
}

#[test]
fn every_official_receipt_is_read() {
    for number in [312, 412, 512, 514, 622, 624, 626] {
        let Some(path) = official(&format!("samples/CEB{number}Message.xml")) else { return };
        let batch = read_receipts(&std::fs::read(path).unwrap()).unwrap();
        let name = format!("CEB{number}Message");
        assert_eq!(
            (batch.message_type.as_str(), batch.unreadable.as_slice()),
            (name.as_str(), [].as_slice())
        );
        assert_eq!(batch.receipts.len(), 10, "{name}");
        assert!(batch.receipts.iter().all(|receipt| receipt.message_type() == name));
    }
}
