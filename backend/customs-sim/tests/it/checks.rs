//! What the port refuses and rejects, one fault at a time.

use pickup_customs::field::Value as _;
use pickup_customs::{AppType, BuyerId, Document, Filing, Inventory, Logistics, Order, Receipt};
use pickup_customs_sim::{Input, ListState};
use pickup_domain::{Money, Quantity};

use crate::sample::{self, buyer_id, filing, line};
use crate::world::World;

/// Statuses of an order after a change.
fn order_statuses(change: impl FnOnce(&mut Order)) -> Vec<i32> {
    let mut world = World::new();
    let mut order = filing(1).order().unwrap();
    change(&mut order);
    let key = order.head.order_no.clone();
    world.deliver(order);
    world.wait_s(3);
    world.statuses(&key)
}

/// Statuses and last text of a list after a change, its order and waybill being there.
fn list_outcome(change: impl FnOnce(&mut Inventory)) -> (Vec<i32>, String) {
    let mut world = World::new();
    let filing = filing(1);
    world.deliver(filing.order().unwrap());
    world.deliver(filing.logistics());
    let mut list = filing.inventory().unwrap();
    change(&mut list);
    world.deliver(list);
    world.wait_s(4);
    (world.statuses(filing.cop_no.as_str()), world.last_info(filing.cop_no.as_str()))
}

#[test]
fn order_totals_must_add_up() {
    let fen = Money::from_fen;
    assert_eq!(order_statuses(|_| {}), [2, 120]);
    assert_eq!(order_statuses(|order| order.head.goods_value = fen(1)), [-301_008]);
    assert_eq!(order_statuses(|order| order.head.actual_paid = fen(1)), [-301_008]);
    assert_eq!(order_statuses(|order| order.head.tax_total = fen(1)), [-301_008]);
    assert_eq!(order_statuses(|order| order.lines[0].price = fen(1)), [-301_008]);
    assert_eq!(order_statuses(|order| order.lines[1].gnum = 1), [-301_002]);
}

#[test]
fn the_filling_rules_of_1210_are_checked() {
    let faults: [fn(&mut Inventory); 11] = [
        |list| list.head.ems_no = None,
        |list| list.head.area_code = None,
        |list| list.head.area_name = None,
        |list| list.head.trade_mode = "9610".to_owned(),
        |list| list.head.pack_no = 2,
        |list| list.head.country = "307".to_owned(),
        |list| list.head.voyage_no = Some("1".to_owned()),
        |list| list.head.net_weight = Quantity::whole(9).unwrap(),
        |list| list.lines[0].item_record_no = None,
        |list| list.lines[0].unit_2 = Some("011".to_owned()),
        |list| list.lines[0].total_price = Money::ZERO,
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        assert_eq!(list_outcome(fault).0, [-621_001], "fault {index}");
    }
    assert_eq!(list_outcome(|list| list.lines[1].gnum = 1).0, [-621_027]);
}

#[test]
fn documents_that_disagree_are_rejected_by_customs() {
    let (statuses, info) = list_outcome(|list| list.lines[1].gname.push('x'));
    assert_eq!(statuses, [2, 100]);
    assert!(info.starts_with("[Code:1322;"), "{info}");
    assert_eq!(list_outcome(|list| drop(list.lines.pop())).0, [2, 100]);
    let heads: [fn(&mut Inventory); 4] = [
        |list| list.head.consignee_address.push('x'),
        |list| list.head.ebc_code.push('1'),
        |list| list.head.buyer_name.push('x'),
        |list| list.head.freight = Money::from_fen(1),
    ];
    for (index, fault) in heads.into_iter().enumerate() {
        assert_eq!(list_outcome(fault).0, [2, 100], "fault {index}");
    }
}

#[test]
fn a_waybill_of_another_recipient_is_rejected() {
    let mut world = World::new();
    let filing = filing(1);
    let mut waybill = filing.logistics();
    waybill.head.consignee.push('x');
    world.deliver(filing.order().unwrap());
    world.deliver(waybill);
    world.deliver(filing.inventory().unwrap());
    world.wait_s(3);
    assert_eq!(world.statuses(filing.cop_no.as_str()), [2, 100]);
    assert_eq!(world.port.lists().next().unwrap().state, ListState::Rejected);
}

#[test]
fn an_identity_number_with_a_wrong_check_digit_is_refused() {
    let number = buyer_id(1).expose().to_owned();
    let (first, last) = number.split_at(17);
    let wrong = || BuyerId::from_text(&format!("{first}{}", if last == "1" { "2" } else { "1" })).unwrap();
    assert_eq!(order_statuses(|order| order.head.buyer_id_number = wrong()), [-301_008]);
    let (statuses, info) = list_outcome(|list| list.head.buyer_id_number = wrong());
    assert_eq!(statuses, [-621_001]);
    assert!(info.contains("buyerIdNumber") && !info.contains(first), "{info}");
}

#[test]
fn numbers_are_used_once() {
    let mut world = World::new();
    let filing = filing(1);
    world.deliver_all(&filing);
    world.wait_s(4);
    world.deliver_all(&filing);
    world.wait_s(4);
    assert_eq!(world.statuses(&filing.order_no), [2, 120, -301_010]);
    assert_eq!(world.statuses(&filing.logistics_no), [2, 120, -504_015]);
    assert_eq!(world.statuses(filing.cop_no.as_str()), [2, 120, 800, -621_004]);

    let mut other = sample::filing(2);
    other.order_no.clone_from(&filing.order_no);
    world.deliver(other.inventory().unwrap());
    world.wait_s(4);
    assert_eq!(world.statuses(other.cop_no.as_str()), [-621_004], "the order is declared already");
}

#[test]
fn changes_need_something_to_change() {
    let mut world = World::new();
    let mut change = filing(1);
    change.app_type = AppType::Change;
    world.deliver_all(&change);
    world.wait_s(1);
    assert_eq!(world.statuses(&change.order_no), [-301_009]);
    assert_eq!(world.statuses(&change.logistics_no), [-504_014]);
    assert_eq!(world.statuses(change.cop_no.as_str()), [-621_011]);

    world.deliver_all(&filing(1));
    world.wait_s(3);
    world.deliver_all(&change);
    world.wait_s(1);
    assert_eq!(world.statuses(&change.order_no).last(), Some(&-301_011));
    assert_eq!(world.statuses(&change.logistics_no).last(), Some(&-504_016));
    assert_eq!(world.statuses(change.cop_no.as_str()).last(), Some(&-621_012));
}

fn outcome_of_lines(lines: Vec<pickup_customs::filing::FilingLine>) -> Vec<i32> {
    let mut world = World::new();
    let filing = Filing { lines, ..filing(1) };
    world.deliver_all(&filing);
    world.wait_s(4);
    world.statuses(filing.cop_no.as_str())
}

#[test]
fn over_five_thousand_only_a_single_item_goes_on() {
    assert_eq!(outcome_of_lines(vec![line(1, 2, 250_000)]), [2, 120, 800]);
    assert_eq!(outcome_of_lines(vec![line(1, 2, 250_001)]), [-621_005]);
    assert_eq!(outcome_of_lines(vec![line(1, 1, 400_000), line(2, 1, 100_001)]), [-621_005]);
    assert_eq!(outcome_of_lines(vec![line(1, 1, 2_599_900)]), [2, 120, 800]);
    assert_eq!(outcome_of_lines(vec![line(1, 1, 2_600_001)]), [2, 100]);
}

fn bought_elsewhere(world: &mut World, buyer: u32, year: i16, amount_fen: i64) {
    let id_number = buyer_id(buyer).expose().to_owned();
    world.input(Input::Purchases { id_number, year, amount_fen });
}

#[test]
fn purchases_elsewhere_count_against_the_annual_limit() {
    let mut world = World::new();
    // The order is 499.80: exactly up to the limit passes, one fen more does not.
    bought_elsewhere(&mut world, 1, 2026, 2_550_020);
    bought_elsewhere(&mut world, 2, 2026, 2_550_021);
    bought_elsewhere(&mut world, 3, 2025, 2_600_000);
    for number in 1..=3 {
        world.deliver_all(&filing(number));
    }
    world.wait_s(4);
    assert_eq!(world.statuses(filing(1).cop_no.as_str()), [2, 120, 800]);
    assert_eq!(world.statuses(filing(2).cop_no.as_str()), [2, 100]);
    assert_eq!(world.statuses(filing(3).cop_no.as_str()), [2, 120, 800], "another year");
    let info = world.last_info(filing(2).cop_no.as_str());
    assert!(info.starts_with("[Code:1313;Desc:"), "{info}");
    assert!(info.contains("totalPrice：26,000.01 > limitPrice: 26,000;"), "{info}");
}

#[test]
fn purchases_here_count_against_the_annual_limit_and_rejected_ones_do_not() {
    let mut world = World::new();
    let mut results = Vec::new();
    for number in 1..=7 {
        let mut filing = filing(number);
        filing.buyer.id = buyer_id(500);
        filing.lines = vec![line(1, 1, 500_000)];
        world.deliver_all(&filing);
        world.wait_s(4);
        results.push(*world.statuses(filing.cop_no.as_str()).last().unwrap());
    }
    assert_eq!(results, [800, 800, 800, 800, 800, 100, 100]);
    let mut small = filing(8);
    small.buyer.id = buyer_id(500);
    small.lines = vec![line(1, 1, 100_000)];
    world.deliver_all(&small);
    world.wait_s(4);
    assert_eq!(world.statuses(small.cop_no.as_str()), [2, 120, 800]);
}

#[test]
fn changed_unsigned_and_foreign_messages_are_refused() {
    let mut world = World::new();
    let filing = filing(1);
    let key = filing.cop_no.as_str();
    let xml = sample::signed(vec![filing.inventory().unwrap()], &world.key);
    world.deliver_xml(Inventory::MESSAGE, &xml.replace("<ceb:freight>0.00<", "<ceb:freight>0.01<"));
    world.wait_s(1);
    assert_eq!(world.statuses(key), [-621_028]);

    let (before, after) = xml.split_once("<ds:SignatureValue>").unwrap();
    let (_, after) = after.split_once("</ds:SignatureValue>").unwrap();
    let value = "A".repeat(86);
    let broken = format!("{before}<ds:SignatureValue>{value}==</ds:SignatureValue>{after}");
    world.deliver_xml(Inventory::MESSAGE, &broken);
    let (before, after) = xml.split_once("<ds:Signature ").unwrap();
    let (_, after) = after.split_once("</ds:Signature>").unwrap();
    world.deliver_xml(Inventory::MESSAGE, &format!("{before}{after}"));
    world.wait_s(1);
    assert_eq!(world.statuses(key), [-621_028, -621_029, -621_029]);

    let foreign = sample::signed(vec![filing.inventory().unwrap()], &sample::key(2));
    world.deliver_xml(Inventory::MESSAGE, &foreign);
    world.wait_s(1);
    assert_eq!(world.statuses(key).last(), Some(&-621_015));
    assert_eq!(world.port.lists().count(), 0, "nothing was taken");
    world.deliver_all(&filing);
    world.wait_s(4);
    assert_eq!(world.statuses(key).last(), Some(&800), "a refusal uses nothing up");
}

#[test]
fn what_is_no_message_is_answered_with_ceb900() {
    let mut world = World::new();
    let xml = sample::signed(vec![filing(1).logistics()], &world.key);
    world.deliver_xml(Logistics::MESSAGE, "<not xml");
    world.deliver_xml(Logistics::MESSAGE, &xml.replace("<ceb:packNo>1</ceb:packNo>", ""));
    world.deliver_xml(Order::MESSAGE, &xml);
    world.wait_s(1);
    let receipts = world.receipts();
    let codes: Vec<_> = receipts.iter().map(|r| r.info().get(..10).unwrap().to_owned()).collect();
    assert_eq!(codes, ["[Code:0001", "[Code:0002", "[Code:0002"]);
    assert!(receipts.iter().all(|r| matches!(r, Receipt::Message(_))));
    assert!(receipts[1].info().contains("LogisticsHead/packNo is missing"), "{}", receipts[1].info());
    assert_eq!(receipts[2].key(), "m3");
}

#[test]
fn a_repeated_message_changes_nothing() {
    let mut world = World::new();
    let filing = filing(1);
    world.deliver(filing.order().unwrap());
    let repeated = world.events.last().unwrap().input.clone();
    world.input(repeated);
    world.wait_s(3);
    assert_eq!(world.statuses(&filing.order_no), [2, 120]);
    assert_eq!(world.port.messages().len(), 1);
}

#[test]
fn a_batch_is_answered_document_by_document() {
    let mut world = World::new();
    let mut orders: Vec<Order> = (1..=100).map(|number| filing(number).order().unwrap()).collect();
    orders[49].head.actual_paid = Money::ZERO;
    let xml = sample::signed(orders, &world.key);
    world.deliver_xml(Order::MESSAGE, &xml);
    world.wait_s(3);
    assert_eq!(world.statuses(&filing(50).order_no), [-301_008]);
    assert_eq!(world.statuses(&filing(51).order_no), [2, 120]);
    assert_eq!(world.receipts().len(), 99 * 2 + 1);
    assert_eq!(world.port.messages()[0].documents.len(), 100);
}
