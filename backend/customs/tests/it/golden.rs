//! Frozen bytes. When a test here fails, the format changed: do not change the files without a new profile.

use pickup_customs::dsig::{Profile, sign};
use pickup_customs::filing::Filing;
use pickup_customs::{Fault, WriteError};

use crate::sample;

/// Compares with a file in `tests/golden`. `UPDATE_GOLDEN=1` writes the file anew, for review.
pub fn check(name: &str, written: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, written).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, expected, "{}", path.display());
}

#[test]
fn orders_waybills_and_lists_are_written_byte_for_byte() {
    let [order, logistics, inventory] = sample::messages();
    check("ceb311.xml", &order.to_xml());
    check("ceb511.xml", &logistics.to_xml());
    check("ceb621.xml", &inventory.to_xml());
}

#[test]
fn a_signed_list_is_written_byte_for_byte() {
    let [_, _, inventory] = sample::messages();
    check("ceb621-signed.xml", &sign(&inventory, &sample::key(), &Profile::CEB_202205).unwrap());
}

fn refused(change: impl FnOnce(&mut Filing)) -> WriteError {
    let mut filing = sample::filing();
    change(&mut filing);
    sample::message(filing.inventory().unwrap()).write().unwrap_err()
}

#[test]
fn a_value_over_the_limit_is_refused_with_field_length_and_limit() {
    let error = refused(|filing| filing.lines[1].sku = "S".repeat(21));
    let WriteError::Field(error) = error else { panic!("{error}") };
    assert_eq!(error.fault, Fault::TooLong { length: 21, limit: 20 });
    assert_eq!(error.path.to_string(), "Inventory[1]/InventoryList[2]/itemNo");
    let error = refused(|filing| filing.order_no.clear());
    assert_eq!(
        error.to_string(),
        "Inventory[1]/InventoryHead/orderNo has 0 characters; at least 1 are needed"
    );
    let error = refused(|filing| filing.parties.customs_code = "990".to_owned());
    assert_eq!(
        error.to_string(),
        "Inventory[1]/InventoryHead/customsCode has 3 characters; at least 4 are needed"
    );
}

#[test]
fn an_optional_field_is_left_out_and_never_written_empty() {
    let error = refused(|filing| filing.parties.ems_no.clear());
    assert_eq!(error.to_string(), "Inventory[1]/InventoryHead/emsNo has 0 characters; at least 1 are needed");
}

#[test]
fn a_message_has_one_to_a_hundred_documents_of_one_to_ninety_nine_lines() {
    let order = sample::filing().order().unwrap();
    let mut message = sample::message(order.clone());
    message.documents = vec![order; 100];
    assert!(message.write().is_ok());
    message.documents.push(message.documents[0].clone());
    assert_eq!(message.write(), Err(WriteError::Batch(101)));
    message.documents.clear();
    assert_eq!(message.write(), Err(WriteError::Batch(0)));

    let lines = |count| {
        refused(|filing| filing.lines = std::iter::repeat_n(filing.lines[0].clone(), count).collect())
    };
    assert_eq!(lines(100), WriteError::Lines { element: "InventoryList", document: 1, count: 100 });
    assert_eq!(lines(0), WriteError::Lines { element: "InventoryList", document: 1, count: 0 });
}
