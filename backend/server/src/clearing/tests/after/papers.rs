//! Tax bills, receipts nobody asked for, messages nobody wants, codes nobody knows.

use super::*;

#[tokio::test]
async fn tax_bills_are_kept_compared_and_free_the_guarantee_when_paid() {
    let bench = Bench::new().await;
    // Bill and state come before the number of their list is known.
    let cop_no = bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.bill_state("TX1", 2, "D1").await;
    let tax = bench.view("A-1").await["declaration"]["tax_fen"].as_i64().unwrap();
    bench.bill("TX1", &format!("{}.{:02}4", tax / 100, tax % 100)).await;
    for status in [2, 120, 800] {
        bench.receive(&cop_no, status, "").await;
    }
    let view = bench.view("A-1").await;
    let bill = &view["tax_bills"][0];
    assert_eq!(
        (bill["state"].as_str(), bill["duty_no"].as_str()),
        (Some("summarised"), Some("D1")),
        "{view}"
    );
    assert_eq!(bill["customs_fen"].as_i64(), Some(tax));
    assert_eq!(bench.tasks().await, []);

    bench.bill("TX2", "999.99").await;
    assert_eq!(bench.tasks().await[0].kind, "tax_differs");
    bench.bill_state("TX2", 3, "").await;

    let used = |accounts: &[(String, i64, i64)]| accounts.iter().map(|(_, _, used)| used).sum::<i64>();
    let before = used(&bench.accounts().await);
    let shop = Arc::clone(&bench.shop);
    let pay = move |tx: &Conn| tax_bills::paid(tx, "D1", "operator", shop.app.now());
    assert_eq!(bench.shop.app.store.write(pay).await.unwrap(), 1);
    assert_eq!(before - used(&bench.accounts().await), tax);
    let none = |tx: &Conn| tax_bills::paid(tx, "D9", "operator", Timestamp::UNIX_EPOCH);
    assert!(bench.shop.app.store.write(none).await.unwrap_err().to_string().contains("D9"));
    let day = pickup_domain::china_time::date(bench.shop.app.now());
    let days = bench.shop.app.store.read(move |conn| tax_bills::calendar(conn, day, day)).await.unwrap();
    assert_eq!((days.len(), days[0].declarations, days[0].paid), (1, 1, 1), "{days:?}");
    assert_eq!((days[0].computed_fen, days[0].billed_fen), (tax, tax));
    assert_eq!((days[0].until - days[0].from).get_days(), 14);
    bench.all_is_right().await;
}

#[tokio::test]
async fn a_receipt_of_something_unknown_is_kept_and_shown() {
    let bench = Bench::new().await;
    bench.receive("BP9", 800, "").await;
    assert_eq!(bench.tasks().await, []);
    let strays = bench.shop.app.store.read(strays::all).await.unwrap();
    assert_eq!((strays.len(), strays[0].key.as_str(), strays[0].status), (1, "BP9", 800));
    bench.pass(700);
    outbox::expire(&bench.shop).await.unwrap();
    assert_eq!(bench.tasks().await[0].kind, "unmatched");
}

#[tokio::test]
async fn a_message_the_gateway_does_not_want_is_parked_and_sent_again_by_a_person() {
    let bench = Bench::new().await;
    bench.cleared("A-1", 0).await;
    bench.gateway.refuse.store(1_000, std::sync::atomic::Ordering::SeqCst);
    for _ in 0..12 {
        bench.send().await;
        bench.pass(120);
    }
    let tasks = bench.tasks().await;
    assert_eq!(tasks.iter().map(|task| task.kind.as_str()).collect::<Vec<_>>(), ["parked", "parked"]);
    assert_eq!(bench.gateway.sent().len(), 6, "each of the two was tried three times, the list waits");
    bench.gateway.refuse.store(0, std::sync::atomic::Ordering::SeqCst);
    let shop = Arc::clone(&bench.shop);
    let again = move |tx: &Conn| outbox::send_again(tx, None, "operator", shop.app.now());
    assert_eq!(bench.shop.app.store.write(again).await.unwrap(), 2);
    bench.send().await;
    assert_eq!(bench.tasks().await, []);
    assert_eq!(bench.gateway.sent().len(), 9);
}

#[tokio::test]
async fn money_that_was_paid_back_by_hand_is_noted_once() {
    let bench = Bench::new().await;
    bench.cleared("A-1", 0).await;
    assert_eq!(bench.post("/shop/v1/orders/A-1/cancel", &wish("c1")).await.0, 200);
    let open = bench.shop.app.store.read(payback::open).await.unwrap();
    let (order_no, one) = &open[0];
    assert_eq!((order_no.as_str(), one.id.as_str(), one.state.as_str()), ("A-1", "order/1", "due"));
    let now = bench.shop.app.now();
    let store = &bench.shop.app.store;
    let retry = store.write(move |tx| payback::retry(tx, "order/1", "operator", now)).await;
    assert!(retry.unwrap_err().to_string().contains("no payback order/1 that is failed"));
    store.write(move |tx| payback::done_by_hand(tx, "order/1", "operator", now)).await.unwrap();
    assert!(store.write(move |tx| payback::done_by_hand(tx, "order/1", "operator", now)).await.is_err());
    let view = bench.view("A-1").await;
    assert_eq!(
        (view["refund"].as_str(), view["paybacks"][0]["state"].as_str()),
        (Some("done"), Some("done"))
    );
}

#[tokio::test]
async fn a_certificate_that_runs_out_is_told_at_each_level_once() {
    use pickup_customs::Signer as _;
    let bench = Bench::new().await;
    certificates::watch(&bench.shop).await.unwrap();
    assert_eq!(bench.tasks().await, []);
    let until = bench.shop.signer.certificate().not_after();
    let day = 86_400;
    let left = until.duration_since(bench.shop.app.now()).as_secs();
    let mut passed = 0;
    for (days, told) in [(59, 1), (40, 1), (29, 2), (6, 3), (-1, 4)] {
        let to = left - days * day;
        bench.pass(to - passed);
        passed = to;
        certificates::watch(&bench.shop).await.unwrap();
        assert_eq!(bench.tasks().await.len(), told, "{days} days before");
    }
}

#[tokio::test]
async fn a_status_nobody_knows_goes_to_a_person_and_changes_nothing() {
    let bench = Bench::new().await;
    let cop_no = bench.cleared("A-1", 0).await;
    bench.send().await;
    bench.receive(&cop_no, 120, "").await;
    bench.receive(&cop_no, 1399, "").await;
    bench.receive(&cop_no, 501, "").await;
    let kinds: Vec<String> = bench.tasks().await.into_iter().map(|task| task.kind).collect();
    assert_eq!(kinds, ["unknown_code", "detained"]);
    assert_eq!(bench.view("A-1").await["declaration"]["state"], "inspected");
}

#[tokio::test]
async fn a_code_that_was_imported_is_explained_and_acted_on() {
    let bench = Bench::new().await;
    let csv = "code,cause,follows,who,does,zh,en\n9999,annual_limit,,shopper,refuse,超额。,Over the limit.\n";
    let import = crate::dataset::import::read(
        crate::dataset::import::What::Set(crate::dataset::Set::Codes),
        csv.as_bytes(),
        &mut |_| (),
    )
    .unwrap();
    let write = move |tx: &Conn| crate::dataset::import::write(tx, &import, "port", Timestamp::UNIX_EPOCH);
    bench.shop.app.store.write(write).await.unwrap();
    let codes = bench.shop.app.store.read(crate::dataset::codes).await.unwrap();
    let why = codes.explain(pickup_customs::Status::Rejected, "[Code:9999;Desc:x]");
    assert_eq!((why.zh.as_str(), why.remedy), ("超额。", pickup_customs::Remedy::Refuse));
    let bad = "code,cause,follows,who,does,zh,en\n9999,nonsense,,shopper,refuse,超额。,Over the limit.\n";
    let what = crate::dataset::import::What::Set(crate::dataset::Set::Codes);
    assert!(crate::dataset::import::read(what, bad.as_bytes(), &mut |_| ()).is_err());
}
