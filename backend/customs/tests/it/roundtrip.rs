//! Whatever is written reads back equal, and what breaks the schema is refused with its name.

use fastrand::Rng;
use pickup_customs::dsig::{Profile, sign, verify};
use pickup_customs::{AnyMessage, AppStatus, AppType, Filing, Inventory, Message, Order, ReadError};
use pickup_domain::{Money, Quantity};

use crate::sample;

/// Text with everything that XML has to escape or that canonical form treats specially.
fn any_text(rng: &mut Rng, max: usize) -> String {
    const PIECES: [&str; 14] =
        ["&", "<", ">", "\"", "'", "\r", "\n", "\t", "]]>", "奶", "😀", "a", " ", "&amp;"];
    let mut text = String::new();
    for _ in 0..=rng.usize(..max) {
        let piece = rng.choice(PIECES).unwrap();
        if text.chars().count() + piece.chars().count() <= max {
            text.push_str(piece);
        }
    }
    if text.is_empty() { "x".to_owned() } else { text }
}

fn any_filing(rng: &mut Rng) -> Filing {
    let mut filing = sample::filing();
    filing.order_no = any_text(rng, 60);
    filing.buyer.name = any_text(rng, 60);
    filing.consignee.address = any_text(rng, 200);
    filing.parties.seller.name = any_text(rng, 100);
    filing.app_type = [AppType::New, AppType::Change, AppType::Delete][rng.usize(..3)];
    filing.wrap_type = rng.bool().then(|| "2".to_owned());
    filing.gross_weight = Quantity::from_parts(rng.i64(0..99_999_999_999_999));
    let first = filing.lines[0].clone();
    filing.lines = (0..rng.usize(1..=99)).map(|_| first.clone()).collect();
    for line in &mut filing.lines {
        line.model = any_text(rng, 510);
        line.quantity = Quantity::from_parts(rng.i64(0..99_999_999_999));
        line.total = Money::from_fen(rng.i64(0..99_999_999_999));
        line.legal_2 = rng.bool().then(|| (line.quantity, "035".to_owned()));
        line.bar_code = rng.bool().then(|| any_text(rng, 50));
    }
    filing
}

#[test]
fn anything_written_and_signed_verifies_and_reads_back_equal() {
    let key = sample::key();
    for seed in 0..60 {
        let mut rng = Rng::with_seed(seed);
        let filing = any_filing(&mut rng);
        let order = sample::message(filing.order().unwrap());
        let logistics = sample::message(filing.logistics());
        let inventory = sample::message(filing.inventory().unwrap());
        for (unsigned, expected) in [
            (order.write().unwrap(), AnyMessage::Order(order)),
            (logistics.write().unwrap(), AnyMessage::Logistics(logistics)),
            (inventory.write().unwrap(), AnyMessage::Inventory(inventory)),
        ] {
            let xml = sign(&unsigned, &key, &Profile::CEB_202205).unwrap();
            verify(xml.as_bytes(), &[Profile::CEB_202205]).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
            assert_eq!(AnyMessage::read(xml.as_bytes()), Ok(expected), "seed {seed}");
        }
    }
}

fn inventory_xml() -> String {
    let [_, _, inventory] = sample::messages();
    inventory.to_xml()
}

fn refusal(xml: &str) -> String {
    Message::<Inventory>::read(xml.as_bytes()).unwrap_err().to_string()
}

#[test]
fn documents_are_read_as_strictly_as_the_schema_reads_them() {
    let xml = inventory_xml();
    let cases = [
        (
            xml.replace("<ceb:orderNo>DD202611210001</ceb:orderNo>", ""),
            "Inventory[1]/InventoryHead/orderNo is missing",
        ),
        (
            xml.replace("<ceb:appType>1</ceb:appType>", "").replace(
                "<ceb:appStatus>2</ceb:appStatus>",
                "<ceb:appStatus>2</ceb:appStatus><ceb:appType>1</ceb:appType>",
            ),
            "Inventory[1]/InventoryHead/appType is not expected here: fields follow the order of the schema, each once",
        ),
        (
            xml.replace("<ceb:portCode>9901<", "<ceb:portCode>99010<"),
            "Inventory[1]/InventoryHead/portCode has 5 characters; the limit is 4: shorten it",
        ),
        (
            xml.replace("<ceb:packNo>1<", "<ceb:packNo>one<"),
            "Inventory[1]/InventoryHead/packNo cannot be read: a whole number is needed",
        ),
        (
            xml.replace("<ceb:netWeight>", "<ceb:novelty>1</ceb:novelty><ceb:netWeight>"),
            "Inventory[1]/InventoryHead/novelty is not expected here: fields follow the order of the schema, each once",
        ),
        (
            xml.replace("guid=\"0909", "guid=\"09"),
            "attribute \"guid\" of the root element is missing or has a wrong length",
        ),
    ];
    for (damaged, expected) in cases {
        assert_ne!(damaged, xml, "{expected}");
        assert_eq!(refusal(&damaged), expected);
    }
}

#[test]
fn a_message_without_sender_or_documents_is_refused() {
    let xml = inventory_xml();
    let cut = |from: &str, to: &str| {
        let start = xml.find(from).unwrap();
        let end = xml.rfind(to).unwrap() + to.len();
        format!("{}{}", &xml[..start], &xml[end..])
    };
    let sender = cut("<ceb:BaseTransfer>", "</ceb:BaseTransfer>");
    assert_eq!(refusal(&sender), "CEB621Message/BaseTransfer is missing");
    let documents = cut("<ceb:Inventory>", "</ceb:Inventory>");
    assert_eq!(refusal(&documents), "CEB621Message has 0 of Inventory; 1 to 100 are needed");
}

#[test]
fn one_kind_of_message_is_not_read_as_another() {
    let xml = inventory_xml();
    assert_eq!(Message::<Order>::read(xml.as_bytes()), Err(ReadError::Root("CEB621Message".to_owned())));
    let foreign = xml.replace("http://www.chinaport.gov.cn/ceb", "urn:other");
    assert_eq!(AnyMessage::read(foreign.as_bytes()), Err(ReadError::Root("CEB621Message".to_owned())));
}

#[test]
fn the_filing_rules_of_1210_are_in_the_list() {
    let list = sample::filing().inventory().unwrap();
    let head = &list.head;
    assert_eq!(
        (head.trade_mode.as_str(), head.country.as_str(), head.currency.as_str()),
        ("1210", "142", "142")
    );
    assert_eq!((head.pack_no, head.app_status, head.ie_flag.as_str()), (1, AppStatus::Declare, "I"));
    assert_eq!((&head.traf_no, &head.voyage_no, &head.bill_no), (&None, &None, &None));
    assert_eq!(list.lines.iter().map(|line| line.gnum).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(list.lines[0].bar_code.as_deref(), Some("无"));
    let order = sample::filing().order().unwrap();
    assert_eq!(order.head.actual_paid.to_string(), "426.19");
}

#[test]
fn debug_output_never_shows_the_buyers_number() {
    let filing = sample::filing();
    let number = filing.buyer.id.expose().to_owned();
    let shown = format!("{filing:?} {:?} {:?}", filing.order(), filing.inventory());
    assert!(!shown.contains(&number) && !shown.contains(&number[6..14]));
}
