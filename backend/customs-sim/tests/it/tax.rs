//! Tax bills and their states.

use pickup_customs::{Receipt, TaxBill, TaxState};
use serde_json::{Value, json};

use crate::sample::{filing, line, refund};
use crate::world::World;

fn bills(world: &World) -> Vec<TaxBill> {
    let bill = |receipt| if let Receipt::TaxBill(bill) = receipt { Some(bill) } else { None };
    world.receipts().into_iter().filter_map(bill).collect()
}

fn tax_states(world: &World) -> Vec<TaxState> {
    world.receipts().iter().filter_map(Receipt::tax_state).collect()
}

/// Value-added tax of the bill of a list with two lines of 1.11 and 2.22 CNY, by line and in all.
fn vat(behaviour: Value) -> (Vec<String>, String) {
    let mut world = World::new();
    world.behave(behaviour);
    world.behave(json!({"tax": true}));
    let mut filing = filing(1);
    filing.lines = vec![line(1, 1, 111), line(2, 1, 222)];
    world.released(&filing);
    world.wait_s(3);
    let bill = bills(&world).remove(0);
    let lines = bill.lines.iter().map(|line| line.value_added_tax.to_string()).collect();
    (lines, bill.head.value_added_tax.to_string())
}

#[test]
fn a_bill_follows_release_with_the_tax_of_each_line() {
    let mut world = World::new();
    world.behave(json!({"tax": true, "tax_ms": [5000, 5000], "rates": {"19": {"vat_bp": 900}, "190110": {"vat_bp": 1300, "ct_bp": 1500}}}));
    world.released(&filing(1));
    assert_eq!(bills(&world).len(), 0, "not before its time");
    world.wait_s(6);
    let bill = bills(&world).remove(0);
    assert_eq!(bill.head.status, TaxState::Generated);
    assert_eq!(Some(&bill.head.invt_no), world.view(&filing(1)).invt_no.as_ref());
    // 399.80 and 100.00 at 15 % consumption tax and 13 % value-added tax, 70 % of it.
    let text = |line: usize| {
        (bill.lines[line].consumption_tax.to_string(), bill.lines[line].value_added_tax.to_string())
    };
    assert_eq!(text(0), ("49.39".to_owned(), "42.8".to_owned()));
    assert_eq!(text(1), ("12.35".to_owned(), "10.71".to_owned()));
    assert_eq!(bill.head.consumption_tax.to_string(), "61.74");
}

#[test]
fn rounding_is_by_line_by_order_cut_or_too_high() {
    let of = |lines: [&str; 2], sum: &str| (lines.map(str::to_owned).to_vec(), sum.to_owned());
    // 9.1 % of 1.11 is 0.10101, of 2.22 is 0.20202.
    assert_eq!(vat(json!({"tax_rounding": "line"})), of(["0.1", "0.2"], "0.3"));
    assert_eq!(vat(json!({"tax_rounding": "order"})), of(["0.10101", "0.20202"], "0.3"));
    let nine = json!({"": {"vat_bp": 2000}});
    // 14 %: 0.1554 and 0.3108.
    assert_eq!(vat(json!({"tax_rounding": "line", "rates": nine})), of(["0.16", "0.31"], "0.47"));
    assert_eq!(vat(json!({"tax_rounding": "truncate", "rates": nine})), of(["0.15", "0.31"], "0.46"));
    assert_eq!(vat(json!({"tax_plus_fen": 3})), of(["0.13", "0.2"], "0.33"));
}

#[test]
fn bills_are_summed_up_later_with_the_number_of_the_payment_book() {
    let mut world = World::new();
    world.behave(json!({"tax": true, "summarise_ms": [2000, 2000]}));
    world.released(&filing(1));
    world.wait_s(6);
    let status = world.receipts().into_iter().find_map(|receipt| match receipt {
        Receipt::TaxStatus(status) => Some(status),
        _ => None,
    });
    let status = status.unwrap();
    assert_eq!((status.status, status.ent_duty_no.is_some()), (TaxState::Summarised, true));
    assert_eq!(status.tax_no, bills(&world)[0].head.tax_no);
}

#[test]
fn the_bill_of_a_list_that_came_back_whole_is_void() {
    let mut world = World::new();
    world.behave(json!({"tax": true}));
    let filing = filing(1);
    let invt_no = world.released(&filing);
    world.wait_s(3);
    world.deliver(refund(&filing, &invt_no, 1, &[(1, 2)]));
    world.wait_s(4);
    assert_eq!(tax_states(&world), [TaxState::Generated], "a part that came back leaves it");
    world.deliver(refund(&filing, &invt_no, 2, &[(2, 1)]));
    world.wait_s(4);
    assert_eq!(tax_states(&world), [TaxState::Generated, TaxState::Void]);
    assert_eq!(world.view(&filing).tax_status, Some(3));
}

#[test]
fn what_came_back_before_its_bill_gets_none() {
    let mut world = World::new();
    world.behave(json!({"tax": true, "tax_ms": [60000, 60000]}));
    let filing = filing(1);
    let invt_no = world.released(&filing);
    world.deliver(refund(&filing, &invt_no, 1, &[(1, 2), (2, 1)]));
    world.wait_s(90);
    assert_eq!(bills(&world).len(), 0);
}
