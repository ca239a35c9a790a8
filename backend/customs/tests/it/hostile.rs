//! What the world writes loosely is read; what is dangerous is refused, by every reader alike.

use pickup_customs::dsig::{VerifyError, verify_any};
use pickup_customs::read::MESSAGE_BYTES_LIMIT;
use pickup_customs::{AnyMessage, DxpMsg, DxpMsgSv, ReadError, Receipt, read_receipts, write_receipts};

use crate::{receipts, sample};

/// Every reader's answer to the same bytes.
fn answers(xml: &[u8]) -> [Option<ReadError>; 5] {
    let verified = match verify_any(xml) {
        Err(VerifyError::Read(error)) => Some(error),
        _ => None,
    };
    [
        read_receipts(xml).err(),
        AnyMessage::read(xml).err(),
        DxpMsg::read(xml).err(),
        DxpMsgSv::read(xml).err(),
        verified,
    ]
}

fn all_refuse(xml: &[u8], expected: &ReadError) {
    for answer in answers(xml) {
        assert_eq!(answer.as_ref(), Some(expected));
    }
}

#[test]
fn document_types_are_refused_by_every_reader_whatever_they_declare() {
    for declared in [
        "<!DOCTYPE CEB622Message>",
        "<!DOCTYPE CEB622Message SYSTEM \"http://example.invalid/a.dtd\">",
        "<!DOCTYPE CEB622Message PUBLIC \"-//x\" \"file:///etc/hostname\">",
        "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/hostname\">]>",
        "<!DOCTYPE a [<!ENTITY % p SYSTEM \"http://example.invalid/p\"> %p;]>",
        "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;&b;\">]>",
    ] {
        let xml = format!("<?xml version=\"1.0\"?>{declared}<CEB622Message>&b;</CEB622Message>");
        all_refuse(xml.as_bytes(), &ReadError::DocumentType);
    }
}

#[test]
fn entities_that_nobody_declared_are_refused() {
    for answer in answers(b"<CEB622Message><InventoryReturn>&secret;</InventoryReturn></CEB622Message>") {
        assert!(matches!(answer, Some(ReadError::NotXml(_))), "{answer:?}");
    }
}

#[test]
fn a_reference_to_another_file_is_read_as_the_text_it_is() {
    let xml = "<CEB622Message xmlns:xi='http://www.w3.org/2001/XInclude'>\
               <xi:include href='file:///etc/hostname'/></CEB622Message>";
    assert_eq!(read_receipts(xml.as_bytes()).unwrap().receipts, []);
}

#[test]
fn more_bytes_nesting_or_attributes_than_any_message_has_are_refused() {
    let deep = format!("<CEB622Message>{}{}</CEB622Message>", "<a>".repeat(64), "</a>".repeat(64));
    all_refuse(deep.as_bytes(), &ReadError::TooDeep);
    let attributes: String = (0..129).map(|n| format!(" n{n}=''")).collect();
    all_refuse(format!("<CEB622Message{attributes}/>").as_bytes(), &ReadError::TooManyAttributes);
    let namespaces: String = (0..33).map(|n| format!(" xmlns:n{n}='u:{n}'")).collect();
    all_refuse(format!("<CEB622Message{namespaces}/>").as_bytes(), &ReadError::TooManyNamespaces);
    let large = vec![b' '; MESSAGE_BYTES_LIMIT + 1];
    all_refuse(&large, &ReadError::TooLarge(MESSAGE_BYTES_LIMIT + 1));
    all_refuse(b"<CEB622Message>\xFF</CEB622Message>", &ReadError::NotUtf8);
}

#[test]
fn the_same_receipt_twice_in_a_message_is_two_receipts() {
    let [_, _, _, released, _] = receipts::filed();
    let xml = write_receipts(sample::guid(6).as_str(), &[released.clone(), released.clone()]).unwrap();
    assert_eq!(read_receipts(xml.as_bytes()).unwrap().receipts, [released.clone(), released]);
}

#[test]
fn receipts_of_every_kind_are_read_without_namespace_with_small_letters_and_with_unknown_elements() {
    for receipt in receipts::one_of_each() {
        let xml = write_receipts(sample::guid(0xAB).as_str(), std::slice::from_ref(&receipt)).unwrap();
        let guid = receipt.guid().to_owned();
        let loose = xml
            .replace(" xmlns=\"http://www.chinaport.gov.cn/ceb\"", "")
            .replace(sample::guid(0xAB).as_str(), &sample::guid(0xAB).as_str().to_lowercase())
            .replace(&guid, "4cde1cfd-eded-46b1-946c-b8022e42fc94")
            .replace("<guid>", "<novelty><deep>1</deep></novelty>\n\t<guid>\n ")
            .replace("</guid>", " </guid><!-- remark --><orderNo2/>");
        let batch = read_receipts(loose.as_bytes()).unwrap();
        assert_eq!(batch.unreadable, [], "{loose}");
        let read = &batch.receipts[0];
        assert_eq!(read.guid(), "4cde1cfd-eded-46b1-946c-b8022e42fc94");
        assert_eq!(
            (read.key(), read.status(), read.tax_state(), read.time()),
            (receipt.key(), receipt.status(), receipt.tax_state(), receipt.time())
        );
    }
}

#[test]
fn a_bill_with_an_unreadable_line_is_named_by_bill_line_and_field() {
    let bill = receipts::one_of_each().into_iter().find(|receipt| matches!(receipt, Receipt::TaxBill(_)));
    let xml = write_receipts(sample::guid(6).as_str(), &vec![bill.unwrap(); 2]).unwrap();
    let (head, last) = xml.rsplit_once("<taxPrice>399.8<").unwrap();
    let batch = read_receipts(format!("{head}<taxPrice>much<{last}").as_bytes()).unwrap();
    assert_eq!(batch.receipts.len(), 1, "the other bill is read");
    assert_eq!(
        batch.unreadable[0].to_string(),
        "Tax[2]/TaxListRd[2]/taxPrice cannot be read: an amount with at most five decimals is needed"
    );
}

#[test]
fn the_numbers_of_tax_bills_are_not_taken_for_those_of_declarations() {
    for receipt in receipts::one_of_each() {
        let taxes = matches!(receipt, Receipt::TaxBill(_) | Receipt::TaxStatus(_));
        assert_eq!(receipt.status().is_none(), taxes);
        assert_eq!(receipt.tax_state().is_some(), taxes);
        assert_ne!(receipt.code(), 0);
    }
}

#[test]
fn megabytes_made_to_exhaust_a_parser_are_answered_within_seconds() {
    let started = std::time::Instant::now();
    let shells = |inside: &str| format!("<CEB622Message>{inside}</CEB622Message>").into_bytes();
    let many = "<InventoryReturn><guid/></InventoryReturn>".repeat(50_000);
    let batch = read_receipts(&shells(&many)).unwrap();
    assert_eq!((batch.receipts.len(), batch.unreadable.len()), (0, 50_000));
    let declared: String = (0..31).map(|n| format!(" xmlns:n{n}='u:{n}'")).collect();
    let each = "<b xmlns:x='u'/>".repeat(100_000);
    assert!(read_receipts(&shells(&format!("<a{declared}>{each}</a>"))).is_ok());
    let nested = format!("{}{}", "<a xmlns:x='u'>".repeat(500_000), "</a>".repeat(500_000));
    assert_eq!(read_receipts(&shells(&nested)), Err(ReadError::TooManyNamespaces));
    assert_eq!(
        read_receipts(&shells(&format!("<a {}/>", "b='' ".repeat(1_000_000)))),
        Err(ReadError::TooManyAttributes)
    );
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn an_error_quotes_a_line_of_the_message_at_most() {
    let name = "n".repeat(1_000_000);
    let head = format!("<ceb:InventoryHead><ceb:{name}/></ceb:InventoryHead>");
    let mixed = format!("<{name}></{}>", &name[1..]);
    for xml in [format!("<{name}/>"), mixed, document(&head), document(&format!("<ceb:{name}/>"))] {
        for answer in answers(xml.as_bytes()).into_iter().flatten() {
            assert!(answer.to_string().len() < 400, "{} bytes", answer.to_string().len());
        }
    }
}

fn document(inside: &str) -> String {
    format!(
        "<ceb:CEB621Message xmlns:ceb='http://www.chinaport.gov.cn/ceb' guid='{}' version='1.0'>\
         <ceb:Inventory>{inside}</ceb:Inventory></ceb:CEB621Message>",
        sample::guid(1)
    )
}
