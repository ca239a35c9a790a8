//! The course of declarations: steps, waiting, behaviour on demand, replay.

use jiff::SignedDuration;
use pickup_customs::{AppType, Filing, Receipt};
use pickup_customs_sim::{ListState, Port};
use serde_json::json;

use crate::sample::{self, filing};
use crate::world::World;

fn list_receipts(world: &World) -> Vec<pickup_customs::InventoryReturn> {
    let receipts = world.receipts().into_iter();
    receipts.filter_map(|r| if let Receipt::Inventory(r) = r { Some(r) } else { None }).collect()
}

#[test]
fn a_complete_filing_is_released_step_by_step() {
    let mut world = World::new();
    let filing = filing(1);
    world.deliver_all(&filing);
    world.wait_s(5);
    assert_eq!(world.statuses(&filing.order_no), [2, 120]);
    assert_eq!(world.statuses(&filing.logistics_no), [2, 120]);
    assert_eq!(world.statuses(filing.cop_no.as_str()), [2, 120, 800]);

    let receipts = list_receipts(&world);
    assert!(receipts.iter().all(|r| r.pre_no.as_deref() == receipts[0].pre_no.as_deref()));
    assert!(receipts[0].pre_no.as_ref().unwrap().starts_with("B20261121"));
    assert_eq!(receipts[0].invt_no, None);
    let invt_no = receipts[1].invt_no.clone().unwrap();
    assert!(invt_no.len() == 18 && invt_no.starts_with("99012026I"), "{invt_no}");
    assert_eq!(receipts[2].invt_no, Some(invt_no));
    assert_eq!(receipts[1].guid, receipts[2].guid);
    let gap = receipts[2].return_time.timestamp().duration_since(receipts[1].return_time.timestamp());
    assert_eq!(gap, SignedDuration::from_secs(1));
}

#[test]
fn a_list_waits_for_its_order_and_its_waybill() {
    let mut world = World::new();
    let filing = filing(1);
    world.deliver(filing.inventory().unwrap());
    world.wait_s(10);
    assert_eq!(world.statuses(filing.cop_no.as_str()), [2]);
    world.deliver(filing.logistics());
    world.wait_s(10);
    assert_eq!(world.statuses(filing.cop_no.as_str()), [2]);
    world.deliver(filing.order().unwrap());
    world.wait_s(10);
    assert_eq!(world.statuses(filing.cop_no.as_str()), [2, 120, 800]);
}

#[test]
fn receipts_come_twice_when_told_so() {
    let mut world = World::new();
    world.behave(json!({"duplicate_receipts": true}));
    let filing = filing(1);
    world.deliver_all(&filing);
    world.wait_s(5);
    let statuses = world.statuses(filing.cop_no.as_str());
    assert_eq!(statuses, [2, 2, 2, 2, 120, 120, 120, 120, 800, 800, 800, 800]);
}

#[test]
fn reordered_receipts_keep_their_own_times() {
    let mut world = World::new();
    world.behave(json!({"reorder_receipts": true}));
    let filing = filing(1);
    world.deliver_all(&filing);
    world.wait_s(5);
    assert_eq!(world.statuses(filing.cop_no.as_str()), [2, 800, 120]);
    let receipts = list_receipts(&world);
    assert!(receipts[1].return_time > receipts[2].return_time, "their own times tell the order");
}

#[test]
fn inspected_and_reviewed_lists_stay_until_told_to_release() {
    for (decide, status) in [("inspect", 500), ("review", 300)] {
        let mut world = World::new();
        world.behave(json!({"decide": decide}));
        let filing = filing(1);
        world.deliver_all(&filing);
        world.wait_s(10);
        assert_eq!(world.statuses(filing.cop_no.as_str()), [2, 120, status]);
        world.behave(json!({"decide": "release"}));
        world.wait_s(3);
        assert_eq!(world.statuses(filing.cop_no.as_str()), [2, 120, status, 800]);
    }
}

#[test]
fn a_rejected_list_can_be_corrected_under_the_same_number() {
    let mut world = World::new();
    let mut filing = filing(1);
    world.deliver(filing.order().unwrap());
    world.deliver(filing.logistics());
    filing.consignee.address = "别处".to_owned();
    world.deliver(filing.inventory().unwrap());
    world.wait_s(3);
    assert_eq!(world.statuses(filing.cop_no.as_str()), [2, 100]);

    filing.consignee.address = sample::filing(1).consignee.address;
    filing.app_type = AppType::Change;
    world.deliver(filing.inventory().unwrap());
    world.wait_s(3);
    assert_eq!(world.statuses(filing.cop_no.as_str()), [2, 100, 2, 120, 800]);
    let numbers: Vec<_> = list_receipts(&world).into_iter().map(|r| r.pre_no).collect();
    assert!(numbers.iter().all(|pre_no| *pre_no == numbers[0]), "the E-Port number stays");
    assert_eq!(world.port.lists().next().unwrap().state, ListState::Released);
}

#[test]
fn the_same_inputs_give_the_same_receipts_with_the_same_cursors() {
    let mut rng = fastrand::Rng::with_seed(7);
    let mut world = World::new();
    let filings: Vec<Filing> = (1..=20).map(sample::filing).collect();
    let mut steps: Vec<(usize, u8)> = (0..20).flat_map(|f| (0..3).map(move |part| (f, part))).collect();
    rng.shuffle(&mut steps);
    for (f, part) in steps {
        match part {
            0 => world.deliver(filings[f].order().unwrap()),
            1 => world.deliver(filings[f].logistics()),
            _ => world.deliver(filings[f].inventory().unwrap()),
        }
        world.wait_s(rng.i64(0..2));
    }
    world.wait_s(5);
    for filing in &filings {
        assert_eq!(world.statuses(filing.cop_no.as_str()), [2, 120, 800]);
    }

    let mut again = Port::default();
    for event in &world.events {
        let line = serde_json::to_string(event).unwrap();
        again.apply(&serde_json::from_str(&line).unwrap());
    }
    let all = |port: &Port| port.receipts(None, 0, usize::MAX).cloned().collect::<Vec<_>>();
    assert_eq!(all(&again), all(&world.port));
    let cursors: Vec<u64> = all(&again).iter().map(|out| out.cursor).collect();
    assert_eq!(cursors, (1..=140).collect::<Vec<u64>>());
}

#[test]
fn receipts_are_fetched_from_a_cursor_and_by_receiver() {
    let mut world = World::new();
    world.deliver_all(&filing(1));
    world.wait_s(5);
    let page: Vec<u64> = world.port.receipts(Some(sample::DXP), 2, 3).map(|out| out.cursor).collect();
    assert_eq!(page, [3, 4, 5]);
    assert_eq!(world.port.receipts(Some("DXPENT0000000000"), 0, 100).count(), 0);
    assert_eq!(world.port.receipts(None, 0, 100).count(), 7);
}
