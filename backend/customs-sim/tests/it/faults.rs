//! Every fault the port can be told to have, and that a seed makes it repeatable.

use std::collections::BTreeMap;

use pickup_customs::Receipt;
use pickup_customs_sim::{Input, ListState};
use serde_json::{Value, json};

use crate::sample::{self, filing};
use crate::world::World;

/// A port with that behaviour after so many filings.
fn after(count: u32, behaviour: Value) -> World {
    let mut world = World::new();
    world.behave(behaviour);
    for number in 1..=count {
        world.deliver_all(&filing(number));
    }
    world.wait_s(15);
    world
}

fn states(world: &World) -> BTreeMap<String, ListState> {
    world.port.lists().map(|list| (list.cop_no, list.state)).collect()
}

#[test]
fn reviews_end_in_release_or_rejection_by_their_shares() {
    let world = after(30, json!({"seed": 3, "review_permille": 500, "review_reject_permille": 500}));
    let reviewed: Vec<_> = (1..=30).map(|number| world.statuses(filing(number).cop_no.as_str())).collect();
    let count = |wanted: &[i32]| reviewed.iter().filter(|statuses| **statuses == wanted).count();
    let (released, rejected) = (count(&[2, 120, 300, 800]), count(&[2, 120, 300, 100]));
    assert!(released > 2 && rejected > 2, "{released} {rejected}");
    assert_eq!(released + rejected + count(&[2, 120, 800]), 30);
    assert_eq!(world.port.counts().get("rejected"), Some(&rejected));
}

#[test]
fn inspections_end_as_configured() {
    let world = after(20, json!({"inspect_permille": 1000, "inspect_ends": [800, 501, 502, 599, 700]}));
    let ends: std::collections::BTreeSet<i32> =
        (1..=20).map(|number| *world.statuses(filing(number).cop_no.as_str()).last().unwrap()).collect();
    assert_eq!(ends, [501, 502, 599, 700, 800].into());
    let sent_back = (1..=20).find(|n| world.statuses(filing(*n).cop_no.as_str()).last() == Some(&700));
    assert_eq!(world.used(&filing(sent_back.unwrap())), "0.00000", "what is sent back does not count");
}

#[test]
fn rejections_and_exceptions_hit_a_list_once_so_that_it_can_be_sent_again() {
    let mut world = after(
        1,
        json!({"exception_permille": 1000, "exception_codes": [-621013], "reject_permille": 1000,
        "reject_codes": ["22001"]}),
    );
    let mut filing = filing(1);
    world.deliver(filing.inventory().unwrap());
    world.wait_s(4);
    filing.app_type = pickup_customs::AppType::Change;
    world.deliver(filing.inventory().unwrap());
    world.wait_s(4);
    assert_eq!(world.statuses(filing.cop_no.as_str()), [-621_013, 2, 100, 2, 120, 800]);
}

#[test]
fn released_lists_are_concluded_and_closed_where_configured() {
    let world = after(1, json!({"concluded_permille": 1000, "close_ms": [5000, 5000]}));
    assert_eq!(world.statuses(filing(1).cop_no.as_str()), [2, 120, 800, 399, 899]);
    assert_eq!(world.state(&filing(1)), ListState::Closed);
}

#[test]
fn unknown_statuses_come_in_between() {
    let world = after(1, json!({"unknown_permille": 1000}));
    assert_eq!(world.statuses(filing(1).cop_no.as_str()), [2, 120, 1399, 800]);
}

#[test]
fn delays_are_drawn_between_least_and_most() {
    let world = after(20, json!({"decide_ms": [1000, 5000]}));
    let mut gaps = std::collections::BTreeSet::new();
    for number in 1..=20 {
        let course = world.port.course(filing(number).cop_no.as_str()).to_vec();
        let at = |status| course.iter().find(|entry| entry.status == Some(status)).unwrap().at;
        let gap = at(800).duration_since(at(120)).as_millis();
        assert!((1000..=5000).contains(&gap), "{gap}");
        gaps.insert(gap);
    }
    assert!(gaps.len() > 10, "{gaps:?}");
}

#[test]
fn late_receipts_keep_their_time_and_arrive_after_others() {
    let world = after(10, json!({"late_permille": 300, "late_ms": [3000, 9000]}));
    let receipts = world.receipts();
    let times: Vec<_> = receipts.iter().map(|receipt| receipt.time().timestamp()).collect();
    assert!(!times.is_sorted(), "some came out of order");
    assert_eq!(receipts.len(), 70, "none is lost");
}

#[test]
fn garbled_copies_come_before_whole_ones() {
    let world = after(5, json!({"garbled_permille": 400}));
    let (garbled, good) = world.sorted_out();
    assert!(garbled > 3, "{garbled}");
    assert_eq!(good.len(), 35, "nothing is lost");
}

#[test]
fn strays_speak_of_documents_that_nobody_sent() {
    let world = after(5, json!({"stray_permille": 1000}));
    let known: Vec<String> = (1..=5)
        .flat_map(|number| {
            let filing = filing(number);
            [filing.cop_no.to_string(), filing.order_no, filing.logistics_no]
        })
        .collect();
    let receipts = world.receipts();
    let strays = receipts.iter().filter(|receipt| !known.contains(&receipt.key().to_owned())).count();
    assert_eq!((receipts.len(), strays), (70, 35));
}

#[test]
fn huge_answers_are_as_huge_as_told() {
    let world = after(1, json!({"huge_permille": 1000, "huge_bytes": 2_000_000}));
    let sizes: Vec<usize> = world.port.receipts(None, 0, usize::MAX).map(|out| out.body.len()).collect();
    assert_eq!(sizes.iter().filter(|size| **size > 2_000_000).count(), 7);
    assert_eq!(sizes.len(), 14);
}

#[test]
fn sloppy_writing_can_still_be_read() {
    let world = after(
        2,
        json!({
            "lowercase_guid_permille": 1000, "no_namespace_permille": 1000, "unknown_elements_permille": 1000
        }),
    );
    let text: String = world
        .port
        .receipts(None, 0, usize::MAX)
        .map(|out| String::from_utf8(out.body.clone()).unwrap())
        .collect();
    assert!(!text.contains("xmlns") && text.contains("portRemark") && !text.contains("5E5E"));
    assert_eq!(world.receipts().len(), 14);
}

#[test]
fn many_receipts_are_gathered_into_one_message() {
    let mut world = World::new();
    world.behave(json!({"batch": 40}));
    let orders = (1..=100).map(|number| filing(number).order().unwrap()).collect();
    let xml = sample::signed(orders, &world.key);
    world.deliver_xml("CEB311Message", &xml);
    world.wait_s(3);
    let messages = world.port.receipts(None, 0, usize::MAX).count();
    assert_eq!((messages, world.receipts().len()), (6, 200));
}

#[test]
fn the_same_seed_gives_the_same_fates_in_any_order() {
    let behaviour = json!({"seed": 11, "review_permille": 300, "review_reject_permille": 500, "inspect_permille": 300,
        "inspect_ends": [800, 599], "reject_permille": 200});
    let forward = after(40, behaviour.clone());
    let mut backward = World::new();
    backward.behave(behaviour.clone());
    for number in (1..=40).rev() {
        backward.deliver_all(&filing(number));
        backward.wait_s(1);
    }
    backward.wait_s(15);
    assert_eq!(states(&forward), states(&backward));
    let mut other = behaviour;
    other["seed"] = json!(12);
    assert_ne!(states(&forward), states(&after(40, other)));
}

#[test]
fn the_receipts_of_a_message_can_be_sent_again() {
    let mut world = after(2, json!({"tax": true}));
    let before = world.receipts().len();
    let number = world.port.messages().iter().position(|log| log.message_type == "CEB621Message").unwrap();
    world.input(Input::Replay { message: u64::try_from(number).unwrap() + 1 });
    world.wait_s(1);
    let receipts = world.receipts();
    let again: Vec<(&str, i32)> =
        receipts[before..].iter().map(|receipt| (receipt.message_type(), receipt.code())).collect();
    let list = "CEB622Message";
    assert_eq!(again, [(list, 2), (list, 120), (list, 800), ("CEB816Message", 1)]);
    assert_eq!(receipts[before..][0], *receipts.iter().find(|r| r.message_type() == list).unwrap());
}

#[test]
fn everything_at_once_still_ends_in_one_state_each() {
    let world = after(
        60,
        json!({
            "seed": 5, "review_permille": 200, "review_reject_permille": 300, "inspect_permille": 200,
            "inspect_ends": [800, 501, 700], "reject_permille": 100, "duplicate_permille": 200, "reorder_permille": 300,
            "late_permille": 200, "late_ms": [100, 3000], "stray_permille": 100, "garbled_permille": 100,
            "lowercase_guid_permille": 300, "no_namespace_permille": 300, "unknown_elements_permille": 300,
            "unknown_permille": 200, "batch": 7, "tax": true
        }),
    );
    let (_, receipts) = world.sorted_out();
    for list in world.port.lists() {
        let of_list = receipts.iter().filter_map(|receipt| match receipt {
            Receipt::Inventory(receipt) if receipt.cop_no == list.cop_no => Some(receipt),
            _ => None,
        });
        let last =
            of_list.filter(|receipt| receipt.return_status.code() != 1399).max_by_key(|r| r.return_time);
        let expected: &[i32] = match list.state {
            ListState::Released => &[800],
            ListState::Rejected => &[100],
            ListState::Detained => &[501, 700],
            other => panic!("{} is {other:?}", list.cop_no),
        };
        assert!(expected.contains(&last.unwrap().return_status.code()), "{}", list.cop_no);
    }
}

#[test]
fn the_hostile_port_of_the_long_run_brings_every_list_to_an_end() {
    let text = include_str!("../../hostile.toml");
    let behaviour: Value = toml::from_str(text).unwrap();
    let mut world = World::new();
    world.behave(behaviour);
    let filings: Vec<_> = (1..=300).map(filing).collect();
    for some in filings.chunks(100) {
        let orders = some.iter().map(|filing| filing.order().unwrap()).collect();
        let waybills = some.iter().map(|filing| filing.logistics()).collect();
        let lists = some.iter().map(|filing| filing.inventory().unwrap()).collect();
        let xml = sample::signed::<pickup_customs::Order>(orders, &world.key);
        world.deliver_xml("CEB311Message", &xml);
        let xml = sample::signed::<pickup_customs::Logistics>(waybills, &world.key);
        world.deliver_xml("CEB511Message", &xml);
        let xml = sample::signed::<pickup_customs::Inventory>(lists, &world.key);
        world.deliver_xml("CEB621Message", &xml);
    }
    world.wait_s(60);
    let counts = world.port.counts();
    let of = |state| counts.get(state).copied().unwrap_or(0);
    let taken: usize = counts.values().sum();
    assert!(taken < 300, "some met an exception of the port: {counts:?}");
    assert_eq!(of("closed") + of("rejected") + of("detained"), taken, "{counts:?}");
    assert!(of("rejected") > 5 && of("detained") > 1, "{counts:?}");
    assert_eq!(world.port.next_due(), None, "nothing is left to do");
}
