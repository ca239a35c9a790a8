//! Checks that are there when the port is configured for them: payment, registration, stock, tax, certificates; and
//! changes before release.

use pickup_customs::{AppType, Signer as _};
use pickup_customs_sim::{Input, ListState};
use pickup_domain::Money;
use serde_json::json;

use crate::sample::{self, filing, paid_filing, payment};
use crate::world::World;

#[test]
fn a_list_waits_for_its_payment_where_the_port_asks_for_it() {
    let mut world = World::new();
    world.behave(json!({"payment_required": true}));
    let filing = paid_filing(1);
    world.deliver_all(&filing);
    world.wait_s(4);
    assert_eq!(world.state(&filing), ListState::Waiting);
    world.deliver(payment(&filing));
    world.wait_s(4);
    assert_eq!(world.statuses("PAY00000001"), [2, 120]);
    assert_eq!(world.statuses(filing.cop_no.as_str()), [2, 120, 800]);
}

#[test]
fn the_buyer_must_have_paid_the_whole_amount() {
    let faults: [fn(&mut pickup_customs::PaymentHead); 3] = [
        |payment| payment.amount_paid = Money::from_fen(1),
        |payment| payment.payer_id_number = (&sample::buyer_id(77)).into(),
        |payment| payment.payer_name = "别人".to_owned(),
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        let mut world = World::new();
        world.behave(json!({"payment_required": true}));
        let filing = paid_filing(1);
        let mut payment = payment(&filing);
        fault(&mut payment.head);
        world.deliver(payment);
        world.deliver_all(&filing);
        world.wait_s(4);
        assert_eq!(world.statuses(filing.cop_no.as_str()), [2, 100], "fault {index}");
        assert!(world.last_info(filing.cop_no.as_str()).contains("S304"), "fault {index}");
    }
    let mut world = World::new();
    world.behave(json!({"payment_required": true}));
    let unpaid = filing(2);
    world.deliver_all(&unpaid);
    world.wait_s(4);
    assert_eq!(world.statuses(unpaid.cop_no.as_str()), [2, 100], "the order names no payment");
}

#[test]
fn companies_must_be_registered_where_that_is_checked() {
    let all = ["9901960001", "9901960002", "9901980003", "9901960011", "9901960005"];
    let mut world = World::new();
    world.behave(json!({"registered": all}));
    world.released(&filing(1));
    world.behave(json!({"registered": all[..4]}));
    world.deliver_all(&filing(2));
    world.wait_s(4);
    let key = filing(2).cop_no.to_string();
    assert_eq!(world.statuses(&key), [100]);
    assert!(world.last_info(&key).contains("areaCode"));
}

#[test]
fn a_book_gives_no_more_than_it_holds() {
    let mut world = World::new();
    world.enter("R0001", "3");
    world.enter("R0002", "9");
    world.released(&filing(1));
    assert_eq!(world.stock("R0001"), ("0.00000".to_owned(), "2.00000".to_owned()));
    world.deliver_all(&filing(2));
    world.wait_s(4);
    let key = filing(2).cop_no.to_string();
    assert_eq!(world.statuses(&key), [2, 100]);
    assert!(world.last_info(&key).contains("S401"));
    assert_eq!(world.stock("R0002"), ("0.00000".to_owned(), "1.00000".to_owned()), "all lines or none");
    assert_eq!(world.used(&filing(1)), "499.80000");
}

#[test]
fn the_withheld_tax_is_compared_with_the_ports_own() {
    for (tax_fen, last) in [(4548, 800), (4550, 800), (4551, 100), (0, 800)] {
        let mut world = World::new();
        world.behave(json!({"tax_tolerance_fen": 2}));
        let mut filing = filing(1);
        filing.tax_total = Money::from_fen(tax_fen);
        world.deliver_all(&filing);
        world.wait_s(4);
        assert_eq!(world.statuses(filing.cop_no.as_str()).last(), Some(&last), "{tax_fen}");
    }
}

#[test]
fn a_certificate_belongs_to_its_declarant() {
    let mut world = World::new();
    let serial = world.key.certificate().serial_hex();
    world.behave(json!({"declarants": {&serial: "9901960099"}}));
    let key = filing(1).cop_no.to_string();
    world.deliver(filing(1).inventory().unwrap());
    world.wait_s(1);
    assert_eq!(world.statuses(&key), [-621_015]);
    world.behave(json!({"declarants": {&serial: "9901960011"}}));
    world.deliver_all(&filing(1));
    world.wait_s(4);
    assert_eq!(world.statuses(&key), [-621_015, 2, 120, 800]);
}

#[test]
fn an_unknown_certificate_is_trusted_on_first_use_only_where_configured() {
    let mut world = World::new();
    world.key = sample::key(9);
    world.deliver(filing(1).order().unwrap());
    world.wait_s(1);
    assert_eq!(world.statuses(&filing(1).order_no), [-301_020]);
    world.behave(json!({"trust_first_use": true}));
    world.released(&filing(1));

    let mut other = filing(2);
    other.parties.declarant.code = "9901960099".to_owned();
    let xml = sample::signed_by(vec![other.inventory().unwrap()], &world.key, "9901960099");
    world.deliver_xml("CEB621Message", &xml);
    world.wait_s(1);
    assert_eq!(world.statuses(other.cop_no.as_str()), [-621_015], "it is another declarant's by now");
}

#[test]
fn a_declarant_may_sign_orders_for_the_platform() {
    let mut world = World::new();
    world.key = sample::key(9);
    world.behave(json!({"trust_first_use": true}));
    let xml = sample::signed_by(vec![filing(1).order().unwrap()], &world.key, "9901960001");
    world.deliver_xml("CEB311Message", &xml);
    world.deliver(filing(1).logistics());
    world.deliver(filing(1).inventory().unwrap());
    world.wait_s(4);
    assert_eq!(world.statuses(filing(1).cop_no.as_str()), [2, 120, 800]);
}

#[test]
fn a_list_can_be_changed_before_release_and_counts_once() {
    let mut world = World::new();
    world.behave(json!({"decide": "review"}));
    let mut filing = filing(1);
    world.deliver_all(&filing);
    world.wait_s(4);
    let before = world.view(&filing);
    filing.app_type = AppType::Change;
    world.deliver(filing.inventory().unwrap());
    world.wait_s(4);
    assert_eq!(world.statuses(filing.cop_no.as_str()), [2, 120, 300, 2, 120, 300]);
    let after = world.view(&filing);
    assert_eq!((after.pre_no, after.invt_no), (before.pre_no, before.invt_no), "the numbers stay");
    assert_eq!(world.used(&filing), "499.80000");

    filing.app_time = sample::start().checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
    world.deliver(filing.inventory().unwrap());
    world.wait_s(1);
    assert_eq!(world.statuses(filing.cop_no.as_str()).last(), Some(&-621_012), "an older one is ignored");
}

#[test]
fn a_list_can_be_deleted_before_release() {
    let mut world = World::new();
    world.behave(json!({"decide": "review"}));
    let mut filing = filing(1);
    world.deliver_all(&filing);
    world.wait_s(4);
    filing.app_type = AppType::Delete;
    world.deliver(filing.inventory().unwrap());
    world.wait_s(4);
    assert_eq!(world.statuses(filing.cop_no.as_str()), [2, 120, 300, 2, 399]);
    assert_eq!((world.state(&filing), world.used(&filing)), (ListState::Deleted, "0.00000".to_owned()));
}

#[test]
fn older_orders_are_ignored_and_undeclared_ones_deleted() {
    let mut world = World::new();
    let mut filing = filing(1);
    world.deliver(filing.order().unwrap());
    filing.app_type = AppType::Change;
    filing.app_time = sample::start().checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
    world.deliver(filing.order().unwrap());
    filing.app_type = AppType::Delete;
    filing.app_time = sample::start();
    world.deliver(filing.order().unwrap());
    filing.app_type = AppType::New;
    world.deliver(filing.order().unwrap());
    world.wait_s(3);
    assert_eq!(world.statuses(&filing.order_no), [2, -301_014, 2, 2, 120, 120, 120]);
}

#[test]
fn a_waybill_is_signed_for_once_and_only_if_it_is_there() {
    let mut world = World::new();
    let filing = filing(1);
    world.deliver(sample::signed_for(&filing));
    world.deliver(filing.logistics());
    world.deliver(sample::signed_for(&filing));
    world.wait_s(3);
    let statuses: Vec<i32> = world
        .receipts()
        .iter()
        .filter(|receipt| receipt.message_type() == "CEB514Message")
        .map(|receipt| receipt.code())
        .collect();
    assert_eq!(statuses, [-505_014, 2, 399]);
    world.deliver(sample::signed_for(&filing));
    world.wait_s(1);
    assert_eq!(world.statuses(&filing.logistics_no).last(), Some(&-505_012));
}

#[test]
fn messages_that_break_the_table_are_answered_with_ceb900() {
    let mut world = World::new();
    let xml = sample::signed(vec![filing(1).inventory().unwrap()], &world.key);
    let long = "长".repeat(61);
    let faults = [
        (xml.replace("<ceb:orderNo>DD00000001<", &format!("<ceb:orderNo>{long}<")), "orderNo has 61"),
        (xml.replace("<ceb:tradeMode>1210<", "<ceb:tradeMode>12100<"), "tradeMode has 5"),
        (xml.replace("<ceb:freight>0.00<", "<ceb:freight>null<"), "freight is not a decimal"),
        (xml.replace("<ceb:ieFlag>", "<ceb:new>1</ceb:new><ceb:ieFlag>"), "InventoryHead/ieFlag is missing"),
        (xml.replace("BaseTransfer", "OtherTransfer"), "BaseTransfer"),
        (
            xml.replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<!DOCTYPE x [<!ENTITY a \"b\">]>"),
            "DTD",
        ),
    ];
    for (index, (broken, says)) in faults.iter().enumerate() {
        assert_ne!(*broken, xml, "fault {index} changed nothing");
        world.deliver_xml("CEB621Message", broken);
        world.wait_s(1);
        let last = world.receipts().pop().unwrap();
        assert_eq!(last.message_type(), "CEB900Message");
        assert!(last.info().contains(says), "fault {index}: {}", last.info());
    }
}

#[test]
fn purchases_elsewhere_replace_what_was_said_before() {
    let mut world = World::new();
    let id_number = filing(1).buyer.id.expose().to_owned();
    for amount_fen in [2_600_000, 0] {
        world.input(Input::Purchases { id_number: id_number.clone(), year: 2026, amount_fen });
    }
    world.released(&filing(1));
}
