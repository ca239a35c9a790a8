//! Ways a payment can go, and the messages an order gives rise to.

use super::*;
use crate::books;

#[tokio::test]
async fn a_refused_or_abandoned_payment_leaves_the_basket() {
    for (stands, text) in [(Stands::Refused, "refused"), (Stands::Abandoned, "not finished")] {
        let world = World::new().await;
        let mut browser = world.browser("en");
        let basket = world.entered(&mut browser, 0).await;
        let out_no = world.begun(&mut browser, &basket).await;
        world.company.set(&out_no, stands);
        browser.get(&format!("{basket}/back/{out_no}")).await;
        let page = browser.get(&basket).await;
        assert!(page.status == 200 && page.text.contains(text), "{}", page.text);
        assert!(page.text.contains("Morning Star"), "the goods are still there");
        assert_eq!(world.bench.held_in_all().await, 0);
        // And the next try succeeds.
        let out_no = world.begun(&mut browser, &basket).await;
        world.company.pay(&out_no, false);
        assert_eq!(world.notify(&out_no, true).await, (200, "SUCCESS".to_owned()));
        assert!(browser.get(&basket).await.leads().starts_with("/o/"));
    }
}

#[tokio::test]
async fn what_is_paid_and_cannot_be_cleared_goes_back_and_the_shopper_hears_why() {
    let world = World::new().await;
    let mut browser = world.browser("zh");
    let basket = world.entered(&mut browser, 0).await;
    let out_no = world.begun(&mut browser, &basket).await;
    world.company.pay(&out_no, true);
    for _ in 0..2 {
        assert_eq!(world.notify(&out_no, true).await.0, 200);
    }
    let page = browser.get(&basket).await.text;
    assert!(page.contains("¥237.84") && page.contains("付款人不是订购人本人"), "{page}");
    let view = world.view(&out_no).await;
    assert_eq!((view["state"].as_str(), view["refund"].as_str()), (Some("cancelled"), Some("due")), "{view}");
    assert_eq!(view["paybacks"][0]["amount_fen"], 23_784);
    assert_eq!(view["paybacks"].as_array().unwrap().len(), 1, "once");
    let tasks = world.bench.shop.app.store.read(|conn| crate::tasks::list(conn, false)).await.unwrap();
    let told: Vec<_> = tasks.iter().map(|task| (task.kind.as_str(), &task.body["why"][0])).collect();
    assert_eq!(told, [("mismatch", &serde_json::json!("PAYER_NOT_BUYER"))], "once");
    assert_eq!(world.bench.held_in_all().await, 0);
    assert_eq!(world.bench.problems().await, []);
    assert_eq!(world.bench.shop.app.store.read(books::check).await.unwrap(), []);
    // The basket is free for another try.
    let out_no = world.begun(&mut browser, &basket).await;
    world.company.pay(&out_no, false);
    world.notify(&out_no, true).await;
    assert!(browser.get(&basket).await.leads().starts_with("/o/"));
}

#[tokio::test]
async fn of_two_payments_for_one_basket_the_second_goes_back() {
    let world = World::new().await;
    let mut browser = world.browser("en");
    let basket = world.entered(&mut browser, 0).await;
    let (one, two) = (world.begun(&mut browser, &basket).await, world.begun(&mut browser, &basket).await);
    for out_no in [&one, &two] {
        world.company.pay(out_no, false);
    }
    let (first, second) = tokio::join!(world.notify(&one, true), world.notify(&two, true));
    assert_eq!((first.0, second.0), (200, 200));
    let mut states = [world.view(&one).await["state"].clone(), world.view(&two).await["state"].clone()];
    states.sort_by_key(ToString::to_string);
    assert_eq!(states, ["cancelled", "cleared"]);
    assert_eq!(world.bench.stock("MLK-001").await, (159, 1, 0), "one tin, once");
    assert_eq!(world.bench.problems().await, []);
}

#[tokio::test]
async fn a_notification_counts_once_late_and_only_with_its_signature() {
    let world = World::with(|config| config.phone.pay_within_min = 1).await;
    let mut browser = world.browser("zh");
    let basket = world.entered(&mut browser, 0).await;
    let out_no = world.begun(&mut browser, &basket).await;
    for _ in 0..8 {
        world.bench.pass(120);
        world.phone.all_due().await.unwrap();
    }
    assert!(browser.get(&basket).await.text.contains("支付没有完成"));
    world.company.pay(&out_no, false);
    assert_eq!(world.notify(&out_no, false).await.0, 400, "anybody may say so");
    assert_eq!(browser.get(&basket).await.status, 200);
    for _ in 0..3 {
        assert_eq!(world.notify(&out_no, true).await.0, 200, "late, and more than once");
    }
    assert!(browser.get(&basket).await.leads().starts_with("/o/"));
    assert_eq!(world.bench.stock("MLK-001").await, (159, 1, 0));
}

#[tokio::test]
async fn a_notification_that_never_comes_is_asked_for() {
    let world = World::new().await;
    let mut browser = world.browser("zh");
    let basket = world.entered(&mut browser, 0).await;
    let out_no = world.begun(&mut browser, &basket).await;
    world.company.pay(&out_no, false);
    world.bench.pass(10);
    world.phone.all_due().await.unwrap();
    assert!(browser.get(&basket).await.leads().starts_with("/o/"));
}

#[tokio::test]
async fn a_payment_that_was_noted_before_a_crash_is_settled_after_it() {
    let world = World::new().await;
    let mut browser = world.browser("zh");
    let basket = world.entered(&mut browser, 0).await;
    let out_no = world.begun(&mut browser, &basket).await;
    world.company.pay(&out_no, false);
    let stands = world.company.stands(&out_no).await.unwrap().unwrap();
    let (shop, number) = (Arc::clone(&world.bench.shop), out_no.clone());
    let code = shop.data.operator.payment.code.clone();
    let said = shop.app.store.write({
        let shop = Arc::clone(&shop);
        move |tx| pay::said(tx, &shop.app.secrets, &number, &stands, &code)
    });
    assert_eq!(said.await.unwrap(), Some(pay::State::Paid));
    world.phone.all_due().await.unwrap();
    world.phone.all_due().await.unwrap();
    assert!(browser.get(&basket).await.leads().starts_with("/o/"));
    assert_eq!(world.bench.stock("MLK-001").await, (159, 1, 0));
}

#[tokio::test]
async fn each_piece_of_news_is_one_message_in_the_buyers_language() {
    let world = World::new().await;
    let mut browser = world.browser("en");
    let (order, cop_no) = world.bought(&mut browser, 0).await;
    world.phone.all_due().await.unwrap();
    assert_eq!(world.news(), Vec::<String>::new());
    world.bench.send().await;
    world.bench.receive(&cop_no, 800, "").await;
    for _ in 0..2 {
        world.phone.all_due().await.unwrap();
    }
    assert_eq!(world.news(), ["released"]);
    world.bench.execute("UPDATE parcel SET state = 'in_locker', door = 3").await;
    world.phone.all_due().await.unwrap();
    assert_eq!(world.news(), ["in_locker", "released"]);
    world.bench.pass(6 * 24 * 3600 + 3600);
    world.phone.all_due().await.unwrap();
    assert_eq!(world.news(), ["expiring", "in_locker", "released"]);
    let all = world.messages();
    let in_locker = all.values().find(|message| message.id.ends_with("in_locker")).unwrap();
    assert_eq!(in_locker.to, world.bench.buyer(0).telephone);
    assert!(in_locker.text.contains(&format!("http://shop.test{order}")), "{}", in_locker.text);
    assert!(in_locker.text.contains("Collect them by"));
}

#[tokio::test]
async fn an_order_that_customs_refuses_says_so_on_its_page_and_by_message() {
    let world = World::new().await;
    let mut browser = world.browser("zh");
    let (order, cop_no) = world.bought(&mut browser, 0).await;
    world.bench.send().await;
    world.bench.receive(&cop_no, 100, "[Code:1313;Desc:订购人购买超过年度限额]").await;
    world.phone.all_due().await.unwrap();
    let page = browser.get(&order).await.text;
    assert!(page.contains("已取消") && page.contains("原路退回") && page.contains("即将退回"), "{page}");
    assert_eq!(world.news(), ["cancelled"]);
}

#[tokio::test]
async fn a_page_that_is_watched_is_told_of_the_release() {
    let world = World::new().await;
    let mut browser = world.browser("en");
    let (order, cop_no) = world.bought(&mut browser, 0).await;
    world.bench.send().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut events =
        client.get(format!("{}{order}/live", world.base)).header("cookie", "lang=en").send().await.unwrap();
    let mut text = String::new();
    let released = async {
        let mut received = false;
        while let Some(chunk) = events.chunk().await.unwrap() {
            text.push_str(&String::from_utf8_lossy(&chunk));
            if !received && text.contains("With customs") {
                received = true;
                world.bench.receive(&cop_no, 800, "").await;
            }
            if text.contains("Pickup code") {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), released).await.expect("the page hears of the release");
}
