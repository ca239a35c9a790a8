//! Ends that come at an awkward moment: after a retry was planned, while a cancellation waits, after the goods are gone.

use super::*;

#[tokio::test]
async fn a_final_refusal_after_a_fault_of_the_port_stops_the_filing_that_was_planned() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.receive(&cop_no, -621_014, "").await;
    bench.receive(&cop_no, -621_018, "").await;
    assert_eq!(bench.view("A-1").await["state"], "cancelled");
    bench.pass(600);
    bench.send().await;
    let lists = bench.gateway.sent().into_iter().filter(|message| message.kind == LIST).count();
    assert_eq!(lists, 1, "nothing is filed for an order that is given up");
    assert_eq!(bench.held_in_all().await, 0);
    bench.all_is_right().await;
}

#[tokio::test]
async fn a_cancellation_that_waits_is_done_when_customs_refuses_the_list() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.receive(&cop_no, 2, "").await;
    assert_eq!(bench.post("/shop/v1/orders/A-1/cancel", &wish("c1")).await.0, 202);
    bench.receive(&cop_no, 100, "[Code:22001;Desc:x]").await;
    bench.send().await;
    let view = bench.view("A-1").await;
    assert_eq!((view["state"].as_str(), view["refund"].as_str()), (Some("cancelled"), Some("due")), "{view}");
    assert_eq!(view["applications"][0]["state"], "concluded");
    assert_eq!((bench.held_in_all().await, bench.tasks().await.len()), (0, 0));
    bench.all_is_right().await;
}

#[tokio::test]
async fn goods_that_are_gone_stay_out_of_the_books_when_customs_takes_the_release_back() {
    let bench = Bench::new().await;
    let cop_no = bench.released().await;
    bench.collected().await;
    let before = bench.accounts().await;
    bench.receive(&cop_no, 700, "").await;
    assert_eq!(bench.accounts().await, before);
    let kinds: Vec<String> = bench.tasks().await.into_iter().map(|task| task.kind).collect();
    assert_eq!(kinds, ["contradiction"]);
    bench.all_is_right().await;
}

#[tokio::test]
async fn a_declaration_customs_never_decides_on_is_told_and_may_be_given_up() {
    let bench = Bench::new().await;
    bench.cleared("A-1", 0).await;
    bench.send().await;
    assert!(bench.give_up().await.is_err(), "customs may still decide");
    bench.pass(4 * 86_400);
    outbox::expire(&bench.shop).await.unwrap();
    assert_eq!(bench.tasks().await[0].kind, "unanswered");
    assert!(bench.held_in_all().await > 0, "nothing is given up by itself");
    bench.give_up().await.unwrap();
    assert_eq!((bench.held_in_all().await, bench.tasks().await.len()), (0, 0));
    bench.all_is_right().await;
}

#[tokio::test]
async fn what_customs_takes_up_after_it_was_given_up_is_told_before_it_is_released() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.receive(&cop_no, 100, "[Code:22001;Desc:x]").await;
    bench.give_up().await.unwrap();
    assert_eq!(bench.tasks().await.len(), 0);
    bench.pass(60);
    bench.receive(&cop_no, 120, "").await;
    let told: Vec<_> = bench.tasks().await.into_iter().map(|task| (task.kind, task.entity)).collect();
    assert_eq!(told, [("contradiction".to_owned(), format!("{cop_no}/open"))]);
    bench.pass(60);
    bench.receive(&cop_no, 800, "").await;
    let told: Vec<_> = bench.tasks().await.into_iter().map(|task| (task.kind, task.entity)).collect();
    assert_eq!(told, [("contradiction".to_owned(), cop_no)], "customs has decided: the worse remains");
    assert_eq!(bench.held_in_all().await, 0);
    bench.all_is_right().await;
}

#[tokio::test]
async fn a_message_that_is_parked_again_is_a_task_again() {
    let bench = Bench::new().await;
    bench.cleared("A-1", 0).await;
    bench.gateway.refuse.store(1_000, std::sync::atomic::Ordering::SeqCst);
    for _ in 0..2 {
        for _ in 0..12 {
            bench.send().await;
            bench.pass(120);
        }
        assert_eq!(bench.tasks().await.len(), 2);
        let shop = Arc::clone(&bench.shop);
        let again = move |tx: &Conn| outbox::send_again(tx, None, "operator", shop.app.now());
        assert_eq!(bench.shop.app.store.write(again).await.unwrap(), 2);
        assert_eq!(bench.tasks().await.len(), 0);
    }
}

#[tokio::test]
async fn a_list_is_built_anew_when_one_of_its_orders_is_refused_before_it_goes_out() {
    let bench = Bench::new().await;
    let first = bench.cleared("A-1", 0).await;
    let second = bench.cleared("A-2", 1).await;
    // Order and waybill go out, the list does not yet.
    bench.gateway.lose_answers.store(1, std::sync::atomic::Ordering::SeqCst);
    bench.send().await;
    assert_eq!(bench.gateway.sent().iter().filter(|message| message.kind == LIST).count(), 0);
    bench.receive(&first, -621_018, "").await;
    assert_eq!(bench.view("A-1").await["state"], "cancelled");
    bench.pass(600);
    bench.send().await;
    bench.pass(600);
    bench.send().await;
    let lists: Vec<String> = bench
        .gateway
        .sent()
        .into_iter()
        .filter(|message| message.kind == LIST)
        .map(|message| String::from_utf8(message.body).unwrap())
        .collect();
    assert_eq!(lists.len(), 1);
    assert!(!lists[0].contains(&first) && lists[0].contains(&second), "{}", lists[0]);
    bench.all_is_right().await;
}

#[tokio::test]
async fn a_correction_that_cannot_be_written_goes_back_to_a_person() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.receive(&cop_no, 100, "[Code:22001;Desc:x]").await;
    bench.resubmit(r#"{"district":"far too long for six digits"}"#).await.unwrap();
    bench.send().await;
    assert_eq!(bench.view("A-1").await["state"], "cleared");
    let tasks = bench.tasks().await;
    assert_eq!((tasks.len(), tasks[0].kind.as_str()), (1, "refused"));
    bench.resubmit(r#"{"district":"990101"}"#).await.unwrap();
    bench.send().await;
    bench.receive(&cop_no, 800, "").await;
    assert_eq!(bench.view("A-1").await["declaration"]["state"], "released");
    bench.all_is_right().await;
}
