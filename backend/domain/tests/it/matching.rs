//! Any set of spoilt fields is named field by field, and nothing else is.

use pickup_domain::matching::documents::{
    DocumentLine, Documents, ListDocument, OrderDocument, PaymentDocument, Person, WaybillDocument, compare,
};
use pickup_domain::{Money, Quantity, ReasonCode};
use proptest::prelude::*;

const ID: &str = "99010119900101006X";
const OTHER_ID: &str = "990101198512120020";

fn line(sku: &'static str) -> DocumentLine<'static> {
    DocumentLine {
        sku,
        unit: "142",
        qty: Quantity::from_parts(200_000),
        price: Money::from_fen(10_000),
        total: Money::from_fen(20_000),
        currency: "142",
        origin: "305",
    }
}

fn documents() -> Documents<'static> {
    let buyer = Person { name: "测试甲", id_number: ID };
    let (freight, insurance, gross_kg) = (Money::from_fen(500), Money::ZERO, Quantity::from_parts(240_000));
    let (consignee_telephone, consignee_address) = ("19900000001", "示例路1号");
    Documents {
        order: OrderDocument {
            order_no: "O1",
            platform: "EBP1",
            seller: "EBC1",
            buyer,
            buyer_telephone: "19900000001",
            authenticated: false,
            pay_code: "PAY1",
            transaction_id: "T1",
            paid: Money::from_fen(21_820),
            freight,
            currency: "142",
            consignee: "测试甲",
            consignee_telephone,
            consignee_address,
            lines: vec![line("A1"), line("A2")],
        },
        payment: PaymentDocument {
            order_no: "O1",
            platform: "EBP1",
            pay_code: "PAY1",
            transaction_id: "T1",
            payer: buyer,
            amount: Money::from_fen(21_820),
            currency: "142",
        },
        waybill: WaybillDocument {
            order_no: "O1",
            carrier: "L1",
            number: "W1",
            freight,
            insurance,
            currency: "142",
            gross_kg,
            packages: 1,
            consignee: "测试甲",
            consignee_telephone,
            consignee_address,
        },
        list: ListDocument {
            order_no: "O1",
            platform: "EBP1",
            seller: "EBC1",
            carrier: "L1",
            waybill: "W1",
            buyer,
            buyer_telephone: "19900000001",
            consignee_address,
            freight,
            insurance,
            currency: "142",
            gross_kg,
            packages: 1,
            lines: vec![line("A1"), line("A2")],
        },
    }
}

type Spoil = (&'static str, fn(&mut Documents<'static>));

/// Every pair of fields that is compared, and how the second of it is spoilt.
const PAIRS: &[Spoil] = &[
    ("payment.order_no", |d| d.payment.order_no = "X"),
    ("payment.platform", |d| d.payment.platform = "X"),
    ("payment.pay_code", |d| d.payment.pay_code = "X"),
    ("payment.transaction_id", |d| d.payment.transaction_id = "X"),
    ("payment.currency", |d| d.payment.currency = "502"),
    ("payment.amount_fen", |d| d.payment.amount = Money::from_fen(1)),
    ("payer.name", |d| d.payment.payer.name = "测试乙"),
    ("payer.id_number", |d| d.payment.payer.id_number = OTHER_ID),
    ("waybill.order_no", |d| d.waybill.order_no = "X"),
    ("waybill.consignee", |d| d.waybill.consignee = "X"),
    ("waybill.telephone", |d| d.waybill.consignee_telephone = "X"),
    ("waybill.address", |d| d.waybill.consignee_address = "X"),
    ("waybill.freight", |d| d.waybill.freight = Money::ZERO),
    ("waybill.currency", |d| d.waybill.currency = "502"),
    ("list.order_no", |d| d.list.order_no = "X"),
    ("list.platform", |d| d.list.platform = "X"),
    ("list.seller", |d| d.list.seller = "X"),
    ("list.buyer_name", |d| d.list.buyer.name = "X"),
    ("list.buyer_id_number", |d| d.list.buyer.id_number = OTHER_ID),
    ("list.buyer_telephone", |d| d.list.buyer_telephone = "X"),
    ("list.address", |d| d.list.consignee_address = "X"),
    ("list.freight", |d| d.list.freight = Money::ZERO),
    ("list.currency", |d| d.list.currency = "502"),
    ("list.lines", |d| d.list.lines.push(line("A3"))),
    ("list.lines[0].sku", |d| d.list.lines[0].sku = "X"),
    ("list.lines[0].unit", |d| d.list.lines[0].unit = "007"),
    ("list.lines[1].qty", |d| d.list.lines[1].qty = Quantity::ZERO),
    ("list.lines[1].price", |d| d.list.lines[1].price = Money::ZERO),
    ("list.lines[1].total", |d| d.list.lines[1].total = Money::ZERO),
    ("list.lines[1].currency", |d| d.list.lines[1].currency = "502"),
    ("list.lines[1].origin", |d| d.list.lines[1].origin = "110"),
    ("list.carrier", |d| d.list.carrier = "X"),
    ("list.waybill", |d| d.list.waybill = "X"),
    ("list.insurance", |d| d.list.insurance = Money::from_fen(1)),
    ("list.gross_kg", |d| d.list.gross_kg = Quantity::ZERO),
    ("list.packages", |d| d.list.packages = 2),
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn what_was_spoilt_is_named_and_nothing_else(
        spoilt in prop::sample::subsequence(PAIRS.to_vec(), 0..=PAIRS.len()),
    ) {
        let mut documents = documents();
        for (_, spoil) in &spoilt {
            spoil(&mut documents);
        }
        let reasons = compare(&documents);
        let fields: Vec<&str> = reasons.iter().map(|r| r.field.as_str()).collect();
        prop_assert_eq!(fields, spoilt.iter().map(|(field, _)| *field).collect::<Vec<_>>());
        prop_assert!(reasons.iter().all(|r| !r.expected.is_empty() && !r.found.is_empty() && r.expected != r.found));
        let text = format!("{reasons:?} {documents:?}");
        prop_assert!(!text.contains(ID) && !text.contains(OTHER_ID), "an identity number stands in {}", text);
    }
}

#[test]
fn what_the_order_may_leave_empty_is_not_compared() {
    let mut documents = documents();
    documents.order.pay_code = "";
    documents.order.transaction_id = " ";
    documents.order.lines[0].sku = "";
    assert_eq!(compare(&documents), []);
}

#[test]
fn another_payer_is_taken_for_an_authenticated_buyer_only() {
    let mut documents = documents();
    documents.payment.payer = Person { name: "测试乙", id_number: OTHER_ID };
    let codes: Vec<_> = compare(&documents).into_iter().map(|r| r.code).collect();
    assert_eq!(codes, [ReasonCode::PayerNotBuyer, ReasonCode::PayerNotBuyer]);
    documents.order.authenticated = true;
    assert_eq!(compare(&documents), []);
}
