//! Envelopes of the exchange network: both kinds, all fields, every limit.

use pickup_customs::dxp::{AddInfo, BizKey, SvNo};
use pickup_customs::{DxpMsg, DxpMsgSv, ReadError};

use crate::{outside_tools, sample};

pub fn message() -> DxpMsg {
    let signed = sample::message(sample::cancel()).write().unwrap().to_xml();
    let mut envelope = DxpMsg::new(
        "m<1>",
        "DXPENT0000990101",
        "DXPEDCCEB0000002",
        sample::at(),
        "CEB623Message",
        signed.into_bytes(),
    );
    envelope.add = Some(AddInfo {
        file_name: Some("CEB623 & more.xml".to_owned()),
        ic_card: Some("9900000000001".to_owned()),
        biz_keys: vec![
            BizKey { name: Some("orderNo \"1\"".to_owned()), value: "DD<1>".to_owned() },
            BizKey { name: None, value: "x".to_owned() },
        ],
        encoding: Some("UTF-8".to_owned()),
        rec_map_id: Some("map".to_owned()),
    });
    envelope
}

pub fn served() -> DxpMsgSv {
    let server = SvNo {
        msg_id: "99010001202611211306070000000001".to_owned(),
        sub_msg_id: Some("1".to_owned()),
        sent: sample::at().into(),
        end_node: "99010002".to_owned(),
        sta_node: "99010001".to_owned(),
    };
    DxpMsgSv { server, message: message() }
}

#[test]
fn envelopes_read_back_as_written_and_are_valid_by_the_official_schema() {
    let bare = DxpMsg { add: None, ..message() };
    for envelope in [message(), bare] {
        let xml = envelope.to_xml().unwrap();
        assert_eq!(DxpMsg::read(xml.as_bytes()), Ok(envelope));
        if let Some(schema) = outside_tools::official("xsd/dxp-terminal-202205.xsd") {
            outside_tools::validate(&schema, "DxpMsg", &xml);
        }
    }
    let xml = served().to_xml().unwrap();
    assert_eq!(DxpMsgSv::read(xml.as_bytes()), Ok(served()));
    assert_eq!(DxpMsg::read(xml.as_bytes()), Ok(message()), "what the terminal sent can be had directly");
    if let Some(schema) = outside_tools::official("xsd/dxp-transport-202205.xsd") {
        outside_tools::validate(&schema, "DxpMsgSv", &xml);
    }
}

#[test]
fn times_are_in_china_whichever_way_they_are_written() {
    let xml = message().to_xml().unwrap();
    assert!(xml.contains("<dxp:CreatTime>2026-11-21T13:06:07+08:00</dxp:CreatTime>"), "{xml}");
    for same in ["2026-11-21T13:06:07", "2026-11-21T05:06:07Z", " 2026-11-21T13:06:07.250 "] {
        let other = xml.replace("2026-11-21T13:06:07+08:00", same);
        assert_eq!(DxpMsg::read(other.as_bytes()), Ok(message()), "{same}");
    }
    let error = DxpMsg::read(xml.replace("2026-11-21T13", "21.11.2026 13").as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "TransInfo/CreatTime cannot be read: a time as YYYY-MM-DDThh:mm:ss is needed"
    );
}

#[test]
fn prefixes_order_unknown_elements_and_broken_lines_do_not_matter() {
    let xml = "\u{FEFF}<DxpMsg ver='1.0'>\n<Data>PGEv\n Pg==</Data><Novelty><x/></Novelty>\
               <TransInfo><MsgType/><CreatTime>2026-11-21T13:06:07</CreatTime><SenderId>S</SenderId>\
               <ReceiverIds><ReceiverId>R</ReceiverId></ReceiverIds><CopMsgId> m </CopMsgId></TransInfo></DxpMsg>";
    let read = DxpMsg::read(xml.as_bytes()).unwrap();
    assert_eq!((read.data.as_slice(), read.info.cop_msg_id.as_str()), (b"<a/>".as_slice(), "m"));
    assert_eq!((read.info.msg_type.as_str(), read.add), ("", None));
}

type Change = fn(&mut DxpMsg);

#[test]
fn every_length_and_count_is_checked_on_writing() {
    let refused = |change: Change| {
        let mut envelope = message();
        change(&mut envelope);
        envelope.to_xml().unwrap_err().to_string()
    };
    let cases: [(Change, &str); 7] = [
        (|m| m.info.cop_msg_id = "x".repeat(256), "TransInfo/CopMsgId has 256 characters; the limit is 255"),
        (|m| m.info.sender_id.clear(), "TransInfo/SenderId has 0 characters; at least 1 are needed"),
        (|m| m.info.receiver_ids.clear(), "ReceiverId occurs up to 5 times, not 0"),
        (|m| m.info.receiver_ids = vec!["R".to_owned(); 6], "ReceiverId occurs up to 5 times, not 6"),
        (|m| m.info.msg_type = "x".repeat(31), "TransInfo/MsgType has 31 characters; the limit is 30"),
        (
            |m| m.add.as_mut().unwrap().ic_card = Some("9".repeat(14)),
            "AddInfo/IcCard has 14 characters; the limit is 13",
        ),
        (
            |m| m.add.as_mut().unwrap().biz_keys[0].name = Some("k".repeat(33)),
            "AddInfo/name has 33 characters; the limit is 32",
        ),
    ];
    for (change, expected) in cases {
        assert!(refused(change).starts_with(expected), "{} is not {expected}", refused(change));
    }
    let mut on_the_way = served();
    on_the_way.server.sub_msg_id = Some("12".to_owned());
    assert!(on_the_way.to_xml().unwrap_err().to_string().starts_with("SvNo/SubMsgId has 2 characters"));
}

#[test]
fn what_is_missing_or_no_base64_is_named() {
    let xml = message().to_xml().unwrap();
    let failure = |xml: String| DxpMsg::read(xml.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        failure(xml.replace("<dxp:Data>", "<dxp:Data>*")),
        "DxpMsg/Data cannot be read: base64 is needed"
    );
    assert_eq!(failure(xml.replace("dxp:SenderId>", "dxp:Sender>")), "TransInfo/SenderId is missing");
    let nobody = xml.replace("dxp:ReceiverId>", "dxp:Receiver>");
    assert_eq!(failure(nobody), "ReceiverIds has 0 of ReceiverId; 1 to 5 are needed");
    assert_eq!(DxpMsg::read(b"<CEB622Message/>"), Err(ReadError::Root("CEB622Message".to_owned())));
    assert_eq!(DxpMsgSv::read(xml.as_bytes()), Err(ReadError::Root("DxpMsg".to_owned())));
}
