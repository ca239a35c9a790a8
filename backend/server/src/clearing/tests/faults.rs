//! What happens when the gateway fails, and when receipts are not what they should be.

use std::sync::atomic::Ordering;

use super::bench::Bench;
use crate::clearing::outbox;

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_sent_again_with_the_same_id_and_bytes() {
    let bench = Bench::new().await;
    bench.cleared("A-1", 0).await;
    bench.gateway.lose_answers.store(2, Ordering::SeqCst);
    bench.send().await;
    assert_eq!(
        bench.view("A-1").await["declaration"]["state"],
        "drafted",
        "the list waits for order and waybill"
    );
    for _ in 0..3 {
        bench.pass(120);
        bench.send().await;
    }
    let sent = bench.gateway.sent();
    let lists: Vec<_> = sent.iter().filter(|m| m.kind == "CEB621Message").collect();
    assert_eq!((sent.len(), lists.len()), (5, 1));
    for message in &sent {
        let same: Vec<_> = sent.iter().filter(|m| m.id == message.id).collect();
        assert!(same.iter().all(|m| m.body == message.body), "the bytes of {} changed", message.kind);
    }
    assert_eq!(bench.view("A-1").await["declaration"]["state"], "sent");
}

#[tokio::test]
async fn a_message_is_not_tried_again_before_its_time() {
    let bench = Bench::new().await;
    bench.cleared("A-1", 0).await;
    bench.gateway.lose_answers.store(9, Ordering::SeqCst);
    bench.send().await;
    let tried = bench.gateway.sent().len();
    bench.send().await;
    assert_eq!((tried, bench.gateway.sent().len()), (2, 2));
}

#[tokio::test]
async fn a_receipt_that_cannot_be_read_does_not_hold_up_the_next() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.gateway.give("CEB622Message", "not xml at all".to_owned());
    bench.receive(&cop_no, 800, "").await;
    assert_eq!(bench.view("A-1").await["parcel"]["state"], "ready");
}

#[tokio::test]
async fn a_receipt_for_nothing_known_changes_nothing_here() {
    let bench = Bench::new().await;
    bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.receive("BP9999", 800, "").await;
    assert_eq!(bench.view("A-1").await["declaration"]["state"], "sent");
}

#[tokio::test]
async fn the_answer_to_a_second_sending_does_not_cancel_the_order() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.receive(&cop_no, -621_004, "清单已申报").await;
    assert_eq!(bench.view("A-1").await["state"], "cleared");
    bench.receive(&cop_no, 800, "").await;
    assert_eq!(bench.view("A-1").await["parcel"]["state"], "ready");
}

#[tokio::test]
async fn an_order_under_review_stays_held() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.receive(&cop_no, 300, "[Code:1200;Desc:待人工审核]").await;
    let view = bench.view("A-1").await;
    assert_eq!(
        (view["state"].as_str(), view["declaration"]["state"].as_str()),
        (Some("cleared"), Some("review"))
    );
    assert_eq!(bench.stock("MLK-001").await, (159, 1, 0));
}

#[tokio::test]
async fn somebody_sees_to_what_customs_examines_until_customs_has_decided() {
    let bench = Bench::new().await;
    let open = async |bench: &Bench| {
        let tasks = bench.shop.app.store.read(|conn| crate::tasks::list(conn, false)).await.unwrap();
        tasks
            .into_iter()
            .map(|task| format!("{} {}", task.kind, task.order_no.unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    let cop_no = bench.cleared("A-1", 0).await;
    bench.send().await;
    for status in [300, 500] {
        bench.receive(&cop_no, status, "").await;
        assert_eq!(open(&bench).await, ["examined A-1"], "papers and goods are one task");
    }
    bench.receive(&cop_no, 800, "").await;
    assert_eq!(open(&bench).await, [""; 0]);
    let cop_no = bench.cleared("A-2", 1).await;
    bench.send().await;
    bench.receive(&cop_no, 500, "").await;
    bench.receive(&cop_no, 100, "[Code:1313;Desc:超过年度限值]").await;
    assert!(!open(&bench).await.contains(&"examined A-2".to_owned()), "refused, it is not examined any more");
    assert_eq!(bench.problems().await, []);
}

#[tokio::test]
async fn holds_of_an_order_that_was_never_sent_run_out() {
    let bench = Bench::new().await;
    bench.cleared("A-1", 0).await;
    assert_eq!(outbox::expire(&bench.shop).await.unwrap(), 0, "not before their time");
    bench.pass(i64::from(bench.shop.app.config.hold_for_s) + 1);
    assert_eq!(outbox::expire(&bench.shop).await.unwrap(), 1);
    let view = bench.view("A-1").await;
    assert_eq!((view["state"].as_str(), view["refund"].as_str()), (Some("cancelled"), Some("due")));
    assert_eq!((bench.trail_states("hold").await, bench.held_in_all().await), (vec!["expired".into()], 0));
    bench.send().await;
    assert_eq!(bench.gateway.sent(), [], "what was given up is not declared");
    assert_eq!(bench.problems().await, []);
}

#[tokio::test]
async fn holds_stay_while_the_list_may_have_reached_the_gateway() {
    let bench = Bench::new().await;
    bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.pass(i64::from(bench.shop.app.config.hold_for_s) + 1);
    assert_eq!(outbox::expire(&bench.shop).await.unwrap(), 0);
    assert_eq!(bench.view("A-1").await["state"], "cleared");
}

#[tokio::test]
async fn an_order_that_cannot_be_read_does_not_hold_up_the_next() {
    let bench = Bench::new().await;
    bench.cleared("A-1", 0).await;
    bench.cleared("A-2", 4).await;
    bench.execute("UPDATE dossier SET body = payment WHERE order_id = 1").await;
    bench.send().await;
    assert_eq!(bench.view("A-1").await["declaration"]["state"], "drafted");
    assert_eq!(bench.view("A-2").await["declaration"]["state"], "sent");
}
