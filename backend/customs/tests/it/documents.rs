//! Documents beside order, waybill and list: frozen bytes, what is refused, and that each reads back as its own kind.

use pickup_customs::dsig::{Profile, sign};
use pickup_customs::{
    AnyMessage, AppType, BaseSubscribe, Document, InvtCancel, InvtRefundLine, Message, ReadError, WriteError,
};

use crate::{golden, outside_tools, sample};

fn read_back<T: Document + Clone>(document: &T) -> AnyMessage {
    let written = sample::message(document.clone()).write().unwrap();
    let read = AnyMessage::read(written.to_xml().as_bytes()).unwrap();
    assert_eq!(read.message_type(), T::MESSAGE);
    assert_eq!(read.transfer(), &sample::transfer());
    read
}

#[test]
fn payments_states_cancellations_and_returns_are_written_byte_for_byte() {
    let xml = |unsigned: Result<pickup_customs::Unsigned, WriteError>| unsigned.unwrap().to_xml();
    golden::check("ceb411.xml", &xml(sample::message(sample::payment()).write()));
    golden::check("ceb513.xml", &xml(sample::message(sample::waybill_status()).write()));
    golden::check("ceb623.xml", &xml(sample::message(sample::cancel()).write()));
    golden::check("ceb625.xml", &xml(sample::message(sample::refund()).write()));
}

#[test]
fn each_kind_reads_back_as_itself() {
    let (payment, status) = (sample::payment(), sample::waybill_status());
    let (cancel, refund) = (sample::cancel(), sample::refund());
    assert_eq!(read_back(&payment), AnyMessage::Payment(sample::message(payment)));
    assert_eq!(read_back(&status), AnyMessage::WaybillStatus(sample::message(status)));
    assert_eq!(read_back(&cancel), AnyMessage::Cancel(sample::message(cancel)));
    assert_eq!(read_back(&refund), AnyMessage::Refund(sample::message(refund)));
}

#[test]
fn a_list_is_new_changed_or_withdrawn_by_its_app_type() {
    for (app_type, digit) in [(AppType::New, '1'), (AppType::Change, '2'), (AppType::Delete, '3')] {
        let mut filing = sample::filing();
        filing.app_type = app_type;
        let message = sample::message(filing.inventory().unwrap());
        let xml = message.write().unwrap().to_xml();
        assert!(xml.contains(&format!("<ceb:appType>{digit}</ceb:appType>")), "{xml}");
        assert_eq!(AnyMessage::read(xml.as_bytes()), Ok(AnyMessage::Inventory(message)));
    }
}

#[test]
fn a_refusal_names_record_line_and_field_with_length_and_limit_but_never_the_value() {
    let mut third = sample::refund();
    third.lines.push(InvtRefundLine { gname: "密".repeat(251), ..third.lines[0].clone() });
    let documents = vec![sample::refund(), sample::refund(), third];
    let error = Message { documents, ..sample::message(sample::refund()) }.write().unwrap_err();
    let text = error.to_string();
    assert_eq!(
        text,
        "InvtRefund[3]/InvtRefundList[2]/gname has 251 characters; the limit is 250: shorten it"
    );

    let mut second = sample::cancel();
    second.reason = "密".repeat(1001);
    let documents = vec![sample::cancel(), second];
    let error = Message { documents, ..sample::message(sample::cancel()) }.write().unwrap_err();
    assert_eq!(
        error.to_string(),
        "InvtCancel[2]/reason has 1001 characters; the limit is 1000: shorten it",
        "a document of one record is named once"
    );

    let mut message = sample::message(sample::payment());
    message.transfer.dxp_mode = "DX".to_owned();
    assert_eq!(
        message.write().unwrap_err().to_string(),
        "BaseTransfer/dxpMode has 2 characters; at least 3 are needed"
    );
}

#[test]
fn a_refused_identity_number_does_not_appear_in_the_refusal() {
    let xml = sample::message(sample::payment()).write().unwrap().to_xml();
    let number = sample::filing().buyer.id.expose().to_owned();
    let long = xml.replace(&number, &number.repeat(4));
    let error = AnyMessage::read(long.as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Payment[1]/PaymentHead/payerIdNumber has 72 characters; the limit is 60: shorten it"
    );
    assert!(!format!("{error:?}").contains(&number));
}

#[test]
fn the_number_of_lines_is_checked_and_the_document_named() {
    let mut second = sample::refund();
    second.lines = vec![second.lines[0].clone(); 100];
    let documents = vec![sample::refund(), second];
    let error = Message { documents, ..sample::message(sample::refund()) }.write().unwrap_err();
    assert_eq!(error, WriteError::Lines { element: "InvtRefundList", document: 2, count: 100 });
    assert_eq!(
        error.to_string(),
        "InvtRefundList occurs 1 to 99 times in a document, not 100 as in document 2: split the order"
    );
}

#[test]
fn other_parties_that_get_the_receipts_are_named_in_the_message() {
    let party = BaseSubscribe {
        status: "RET".to_owned(),
        dxp_mode: "DXP".to_owned(),
        dxp_address: "DXPENT0000990102".to_owned(),
        note: None,
    };
    let message = sample::message(sample::cancel());
    let five = vec![party.clone(); 5];
    let unsigned = message.write_for(&five).unwrap();
    let read = Message::<InvtCancel>::read_with_subscribers(unsigned.to_xml().as_bytes());
    assert_eq!(read, Ok((message.clone(), five.clone())));
    if let Some(schema) = outside_tools::official("xsd/ceb-import-202205.xsd") {
        let signed = sign(&unsigned, &sample::key(), &Profile::SM2_2022).unwrap();
        outside_tools::validate(&schema, "CEB623-subscribed", &signed);
    }

    let six = [five, vec![party]].concat();
    let error = message.write_for(&six).unwrap_err();
    assert_eq!(error.to_string(), "BaseSubscribe occurs up to 5 times, not 6");
    let xml = unsigned.to_xml();
    let (before, after) = xml.split_once("<ceb:BaseSubscribe>").unwrap();
    let (one, _) = after.split_once("</ceb:BaseSubscribe>").unwrap();
    let more = format!("{before}<ceb:BaseSubscribe>{one}</ceb:BaseSubscribe><ceb:BaseSubscribe>{after}");
    assert!(matches!(AnyMessage::read(more.as_bytes()), Err(ReadError::Unexpected { .. })));
}

#[test]
fn debug_output_of_no_document_shows_the_identity_number() {
    let number = sample::filing().buyer.id.expose().to_owned();
    let shown = format!("{:?} {:?} {:?}", sample::payment(), sample::cancel(), sample::refund());
    assert!(!shown.contains(&number) && !shown.contains(&number[6..14]));
}
