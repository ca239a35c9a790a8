//! Cancellations and returns: when they are allowed, and what they give back.

use jiff::SignedDuration;
use pickup_customs_sim::ListState;
use serde_json::json;

use crate::sample::{cancel, filing, refund};
use crate::world::World;

#[test]
fn a_list_is_cancelled_before_release_and_everything_comes_back() {
    let mut world = World::new();
    world.enter("R0001", "10");
    world.enter("R0002", "10");
    world.behave(json!({"decide": "review"}));
    let filing = filing(1);
    world.deliver_all(&filing);
    world.wait_s(4);
    assert_eq!((world.state(&filing), world.used(&filing)), (ListState::Held, "499.80000".to_owned()));
    assert_eq!(world.stock("R0001"), ("2.00000".to_owned(), "0.00000".to_owned()));

    let application = cancel(&filing, &world.view(&filing).invt_no.unwrap(), 1);
    let key = application.cop_no.to_string();
    world.deliver(application);
    world.wait_s(4);
    assert_eq!(world.statuses(&key), [2, 120, 399]);
    assert_eq!((world.state(&filing), world.used(&filing)), (ListState::Cancelled, "0.00000".to_owned()));
    assert_eq!(world.stock("R0001"), ("0.00000".to_owned(), "0.00000".to_owned()));
    world.behave(json!({"decide": "release"}));
    world.wait_s(4);
    assert_eq!(world.state(&filing), ListState::Cancelled, "what was cancelled is not released");
}

#[test]
fn the_order_of_a_cancelled_list_can_be_declared_again() {
    let mut world = World::new();
    let first = filing(1);
    let invt_no = world.released(&first);
    world.deliver(cancel(&first, &invt_no, 1));
    world.wait_s(4);
    assert_eq!(world.state(&first), ListState::Cancelled);
    let mut again = filing(1);
    again.cop_no = filing(2).cop_no;
    world.deliver(again.inventory().unwrap());
    world.wait_s(4);
    assert_eq!(world.statuses(again.cop_no.as_str()), [2, 120, 800]);
}

#[test]
fn whether_a_released_list_may_be_cancelled_is_configured() {
    let mut world = World::new();
    world.behave(json!({"cancel_after_release": false}));
    let filing = filing(1);
    let invt_no = world.released(&filing);
    let application = cancel(&filing, &invt_no, 1);
    let key = application.cop_no.to_string();
    world.deliver(application);
    world.wait_s(4);
    assert_eq!(world.statuses(&key), [-623_005]);
    assert_eq!(world.state(&filing), ListState::Released);
}

#[test]
fn a_cancellation_that_release_overtakes_is_rejected() {
    let mut world = World::new();
    world.behave(json!({"cancel_after_release": false, "decide_ms": [3000, 3000], "apply_ms": [2000, 2000]}));
    let filing = filing(1);
    world.deliver_all(&filing);
    world.wait_s(2);
    let application = cancel(&filing, &world.view(&filing).invt_no.unwrap(), 1);
    let key = application.cop_no.to_string();
    world.deliver(application);
    world.wait_s(6);
    assert_eq!(world.statuses(&key), [2, 120, 100]);
    assert!(world.last_info(&key).contains("22007"));
    assert_eq!(world.state(&filing), ListState::Released);
}

#[test]
fn applications_about_nothing_or_about_others_are_refused() {
    let mut world = World::new();
    let filing = filing(1);
    let invt_no = world.released(&filing);
    let mut statuses = Vec::new();
    let mut send = |number, change: fn(&mut pickup_customs::InvtCancel)| {
        let mut application = cancel(&filing, &invt_no, number);
        change(&mut application);
        let key = application.cop_no.to_string();
        world.deliver(application);
        world.wait_s(1);
        statuses.push(world.statuses(&key)[0]);
    };
    send(1, |application| application.invt_no = "990120269999999999".to_owned());
    send(2, |application| application.order_no.push('x'));
    send(3, |application| application.agent_code = "9901960099".to_owned());
    send(4, |_| {});
    send(5, |_| {});
    assert_eq!(statuses, [-623_003, -623_001, -623_021, 2, -623_009]);
}

#[test]
fn a_part_returned_gives_back_its_value_and_the_rest_the_rest() {
    let mut world = World::new();
    world.enter("R0001", "10");
    world.enter("R0002", "10");
    let mut filing = filing(1);
    filing.freight = pickup_domain::Money::from_fen(1000);
    let invt_no = world.released(&filing);
    assert_eq!(world.used(&filing), "509.80000");
    let part = refund(&filing, &invt_no, 1, &[(1, 1)]);
    let key = part.head.cop_no.to_string();
    world.deliver(part);
    world.wait_s(4);
    assert_eq!(world.statuses(&key), [2, 120, 399]);
    assert_eq!((world.state(&filing), world.used(&filing)), (ListState::Released, "309.90000".to_owned()));
    assert_eq!(world.stock("R0001"), ("0.00000".to_owned(), "1.00000".to_owned()));

    world.deliver(refund(&filing, &invt_no, 2, &[(1, 1), (2, 1)]));
    world.wait_s(4);
    assert_eq!((world.state(&filing), world.used(&filing)), (ListState::Returned, "0.00000".to_owned()));
    assert_eq!(world.stock("R0002"), ("0.00000".to_owned(), "0.00000".to_owned()));
}

#[test]
fn returns_name_lines_of_the_list_and_no_more_than_is_left() {
    let mut world = World::new();
    let filing = filing(1);
    let invt_no = world.released(&filing);
    let mut first_status = |number, lines: &[(u32, i64)]| {
        world.deliver(refund(&filing, &invt_no, number, lines));
        world.wait_s(4);
        world.port.messages().last().unwrap().documents[0].status
    };
    assert_eq!(first_status(1, &[(3, 1)]), -625_209);
    assert_eq!(first_status(2, &[(1, 3)]), -625_001);
    assert_eq!(first_status(3, &[(1, 1), (1, 1)]), -625_001);
    assert_eq!(first_status(4, &[(1, 2)]), 2);
    assert_eq!(first_status(5, &[(1, 1)]), -625_001, "both are back already");
    assert_eq!(first_status(4, &[(2, 1)]), -625_033, "the number is used");
}

#[test]
fn goods_may_be_returned_for_thirty_days_after_release() {
    let mut world = World::new();
    let filing = filing(1);
    let invt_no = world.released(&filing);
    let released_at = world.view(&filing).released_at.unwrap();
    world.now = released_at.checked_add(SignedDuration::from_hours(30 * 24)).unwrap();
    let in_time = refund(&filing, &invt_no, 1, &[(1, 1)]);
    let in_time_key = in_time.head.cop_no.to_string();
    world.deliver(in_time);
    world.now = world.now.checked_add(SignedDuration::from_millis(1)).unwrap();
    let late = refund(&filing, &invt_no, 2, &[(2, 1)]);
    let key = late.head.cop_no.to_string();
    world.deliver(late);
    world.wait_s(1);
    assert_eq!(world.statuses(&in_time_key)[0], 2);
    assert_eq!(world.statuses(&key), [100]);
}

#[test]
fn a_rejected_return_can_be_corrected_and_takes_nothing_meanwhile() {
    let mut world = World::new();
    world.behave(json!({"refund_reject_permille": 1000}));
    let filing = filing(1);
    let invt_no = world.released(&filing);
    let mut application = refund(&filing, &invt_no, 1, &[(1, 2), (2, 1)]);
    let key = application.head.cop_no.to_string();
    world.deliver(application.clone());
    world.wait_s(4);
    assert_eq!(world.statuses(&key), [2, 120, 100]);
    assert_eq!((world.state(&filing), world.used(&filing)), (ListState::Released, "499.80000".to_owned()));
    world.behave(json!({"refund_reject_permille": 0}));
    application.head.app_type = pickup_customs::AppType::Change;
    world.deliver(application);
    world.wait_s(4);
    assert_eq!(world.statuses(&key), [2, 120, 100, 2, 120, 399]);
    assert_eq!(world.state(&filing), ListState::Returned);
}
