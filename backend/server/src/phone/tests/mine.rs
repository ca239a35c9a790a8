//! My orders and my data.

use super::*;
use crate::parcels;

impl World {
    /// A session of the telephone of this buyer.
    async fn signed_in(&self, browser: &mut Browser, buyer: usize) {
        let telephone = self.bench.buyer(buyer).telephone;
        browser.get("/my").await;
        browser.post("/my", &[("telephone", &telephone)]).await;
        let code = self.code().await;
        let to = browser.post("/my/code", &[("telephone", &telephone), ("code", &code)]).await.leads();
        assert_eq!(to, "/my/orders");
    }

    /// The last code that was sent.
    async fn code(&self) -> String {
        self.phone.all_due().await.unwrap();
        let all = self.messages();
        let (_, last) = all.iter().rfind(|(id, _)| id.starts_with("code/")).expect("a code was sent");
        last.text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_telephone_and_its_code_show_its_orders_and_nobody_elses() {
    for (lang, words) in [("zh", ["海关审核中", "我的订单"]), ("en", ["With customs", "My orders"])]
    {
        let world = World::new().await;
        let mut browser = world.browser(lang);
        let (_, cop_no) = world.bought(&mut browser, 0).await;
        world.bought(&mut world.browser(lang), 4).await;
        world.bench.send().await;
        assert!(!cop_no.is_empty());
        assert_eq!(browser.get("/my/orders").await.leads(), "/my", "not without the code");
        world.signed_in(&mut browser, 0).await;
        let page = browser.get("/my/orders").await.text;
        assert!(words.iter().all(|word| page.contains(word)), "{page}");
        assert_eq!(page.matches("class=\"card\"").count(), 1, "{page}");
        let own = between(&page, "href=\"/my/orders/", "\"").to_owned();
        assert_eq!(browser.get(&format!("/my/orders/{own}")).await.status, 200);
        let mut other = world.browser(lang);
        world.signed_in(&mut other, 4).await;
        assert_eq!(other.get(&format!("/my/orders/{own}")).await.status, 404);
    }
}

#[tokio::test]
async fn a_code_is_gone_after_five_tries_and_after_ten_minutes() {
    let world = World::new().await;
    let mut browser = world.browser("zh");
    world.bought(&mut browser, 0).await;
    let telephone = world.bench.buyer(0).telephone;
    browser.get("/my").await;
    browser.post("/my", &[("telephone", &telephone)]).await;
    let code = world.code().await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        let answer = browser.post("/my/code", &[("telephone", &telephone), ("code", wrong)]).await;
        assert_eq!(answer.status, 422);
    }
    let answer = browser.post("/my/code", &[("telephone", &telephone), ("code", &code)]).await;
    assert_eq!(answer.status, 422, "the right one is no use any more");
    browser.post("/my", &[("telephone", &telephone)]).await;
    let code = world.code().await;
    world.bench.pass(601);
    assert_eq!(browser.post("/my/code", &[("telephone", &telephone), ("code", &code)]).await.status, 422);
}

#[tokio::test]
async fn a_telephone_without_orders_gets_no_message_and_nobody_learns_of_it() {
    let world = World::new().await;
    let mut browser = world.browser("zh");
    world.bought(&mut browser, 0).await;
    let ask = async |telephone: &str| {
        let mut browser = world.browser("zh");
        browser.get("/my").await;
        let answer = browser.post("/my", &[("telephone", telephone)]).await;
        (answer.status, answer.text.replace(telephone, "").replace(&browser.csrf, "").len())
    };
    let known = ask(&world.bench.buyer(0).telephone).await;
    let unknown = ask("19900009999").await;
    assert_eq!(known, unknown);
    world.phone.all_due().await.unwrap();
    assert_eq!(world.messages().into_keys().filter(|id| id.starts_with("code/")).count(), 1);
}

#[tokio::test]
async fn codes_for_one_telephone_are_few() {
    let world = World::with(|config| config.phone.codes_an_hour = 2).await;
    let mut browser = world.browser("zh");
    browser.get("/my").await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(browser.post("/my", &[("telephone", "19900000001")]).await.status);
    }
    assert_eq!(answers, [200, 200, 429]);
}

#[tokio::test]
async fn an_order_is_cancelled_with_the_telephones_code() {
    let world = World::new().await;
    let mut browser = world.browser("en");
    let (order, _) = world.bought(&mut browser, 0).await;
    world.signed_in(&mut browser, 0).await;
    let page = browser.get("/my/orders").await.text;
    let own = format!("/my/orders/{}", between(&page, "href=\"/my/orders/", "\""));
    let page = browser.get(&own).await.text;
    let request = between(&page, "name=\"request\" value=\"", "\"").to_owned();
    browser.post(&format!("{own}/cancel"), &[("request", &request), ("reason", "")]).await.leads();
    let page = browser.get(&order).await.text;
    assert!(page.contains("Cancelled"), "{page}");
    assert_eq!(world.bench.held_in_all().await, 0);
    assert_eq!(world.bench.problems().await, []);
}

#[tokio::test]
async fn a_return_is_asked_for_after_collection() {
    let world = World::new().await;
    let mut browser = world.browser("zh");
    let (_, cop_no) = world.bought(&mut browser, 0).await;
    world.bench.send().await;
    world.bench.receive(&cop_no, 800, "").await;
    world.bench.execute("UPDATE parcel SET state = 'collected'").await;
    world.bench.execute("UPDATE orders SET state = 'fulfilled'").await;
    world.signed_in(&mut browser, 0).await;
    let page = browser.get("/my/orders").await.text;
    let own = format!("/my/orders/{}", between(&page, "href=\"/my/orders/", "\""));
    let page = browser.get(&own).await.text;
    let request = between(&page, "name=\"request\" value=\"", "\"").to_owned();
    let form = [("request", request.as_str()), ("gnum", "1"), ("qty", "1"), ("reason", "不合适")];
    for _ in 0..2 {
        browser.post(&format!("{own}/return"), &form).await.leads();
    }
    let page = browser.get(&own).await.text;
    assert_eq!(page.matches("退货申请处理中").count(), 1, "{page}");
    world.bench.execute("UPDATE application SET state = 'concluded'").await;
    world.phone.seldom().await.unwrap();
    world.phone.all_due().await.unwrap();
    assert_eq!(world.news(), ["returned"]);
}

/// The values of the times that a page offers.
fn times(page: &str) -> Vec<String> {
    let Some((_, rest)) = page.split_once("name=\"until_us\">") else { return Vec::new() };
    let list = rest.split_once("</select>").unwrap().0;
    list.split("value=\"").skip(1).map(|part| part.split_once('"').unwrap().0.to_owned()).collect()
}

impl World {
    /// An order that customs has released, and the page of it with its telephone's code.
    async fn released(&self, browser: &mut Browser) -> (String, String) {
        let (order, cop_no) = self.bought(browser, 0).await;
        self.bench.send().await;
        self.bench.receive(&cop_no, 800, "").await;
        self.signed_in(browser, 0).await;
        let page = browser.get("/my/orders").await.text;
        (order, format!("/my/orders/{}", between(&page, "href=\"/my/orders/", "\"")))
    }

    async fn not_after(&self) -> i64 {
        let read = self.bench.shop.app.store.read(|conn| {
            let sql = "SELECT not_after_us FROM parcel WHERE cell = {cell}";
            Ok::<i64, StoreError>(conn.query_row(sql, [], |row| row.get(0))?)
        });
        read.await.unwrap()
    }
}

#[tokio::test]
async fn a_pickup_is_put_off_to_a_day_the_centre_allows_and_the_clock_follows() {
    let world = World::new().await;
    let mut browser = world.browser("zh");
    let (order, own) = world.released(&mut browser).await;
    let before = browser.get(&order).await.text;
    let ticket = between(&before, "id=\"ticket\">", "<").to_owned();
    let had = world.not_after().await;
    let page = browser.get(&own).await.text;
    let offered = times(&page);
    // Kept 7 days from now, and 14 at most from the receipt's own time, some hours later.
    assert_eq!(offered.len(), 7, "{page}");
    let wanted = offered[1].clone();
    for _ in 0..2 {
        browser.post(&format!("{own}/later"), &[("until_us", &wanted)]).await.leads();
    }
    assert_eq!(world.not_after().await, had + 2 * 24 * 3_600_000_000, "once, though it was sent twice");
    let after = browser.get(&order).await.text;
    assert_ne!(between(&after, "id=\"ticket\">", "<"), ticket, "the new code says the new time");
    assert_eq!(world.bench.trail_states("parcel").await, ["ready", "ready"]);
    world.phone.all_due().await.unwrap();
    assert!(world.news().contains(&"put_off/1".to_owned()), "{:?}", world.news());
    // The backend's clock for what is overdue is the same one.
    world.bench.pass(8 * 24 * 3600);
    let marked = async |world: &World| {
        let now = world.phone.now();
        world.bench.shop.app.store.write(move |tx| parcels::overdue::mark(tx, now)).await.unwrap()
    };
    assert_eq!(marked(&world).await, 0, "the eighth day is still in time");
    world.bench.pass(2 * 24 * 3600);
    assert_eq!(marked(&world).await, 1);
    assert_eq!(world.bench.problems().await, []);
}

#[tokio::test]
async fn a_pickup_is_not_put_off_too_often_or_too_far_and_the_page_says_why() {
    let world = World::with(|config| config.phone.put_offs = 1).await;
    let mut browser = world.browser("en");
    let (_, own) = world.released(&mut browser).await;
    let offered = times(&browser.get(&own).await.text);
    let too_far = (offered.last().unwrap().parse::<i64>().unwrap() + 24 * 3_600_000_000).to_string();
    let page = browser.post(&format!("{own}/later"), &[("until_us", &too_far)]).await;
    assert!(page.status == 422 && page.text.contains("cannot be chosen"), "{}", page.text);
    browser.post(&format!("{own}/later"), &[("until_us", &offered[0])]).await.leads();
    let page = browser.get(&own).await.text;
    assert!(times(&page).is_empty() && page.contains("1 times at most"), "{page}");
    let page = browser.post(&format!("{own}/later"), &[("until_us", &offered[1])]).await;
    assert!(page.status == 422 && page.text.contains("1 times at most"), "{}", page.text);
}

#[tokio::test]
async fn what_is_not_waiting_or_waits_too_long_is_not_put_off() {
    for (sql, words) in [
        ("UPDATE parcel SET state = 'collected'", "不在等待取货"),
        ("UPDATE parcel SET state = 'overdue'", "取货期限已过"),
        ("UPDATE parcel SET state = 'attention'", "不在等待取货"),
    ] {
        let world = World::new().await;
        let mut browser = world.browser("zh");
        let (_, own) = world.released(&mut browser).await;
        let offered = times(&browser.get(&own).await.text);
        world.bench.execute(sql).await;
        assert!(times(&browser.get(&own).await.text).is_empty(), "{sql}");
        let had = world.not_after().await;
        let page = browser.post(&format!("{own}/later"), &[("until_us", &offered[0])]).await;
        assert!(page.status == 422 && page.text.contains(words), "{sql}: {}", page.text);
        assert_eq!(world.not_after().await, had);
    }
}

#[tokio::test]
async fn my_data_can_be_seen_and_deleted_but_not_of_an_order_on_its_way() {
    let world = World::new().await;
    let mut browser = world.browser("en");
    let (order, cop_no) = world.bought(&mut browser, 0).await;
    world.signed_in(&mut browser, 0).await;
    let file: Value = serde_json::from_str(&browser.get("/my/data.json").await.text).unwrap();
    assert_eq!(file[0]["id_number"], "990***********006X");
    browser.get("/my/data").await;
    let page = browser.post("/my/data/delete", &[]).await.text;
    assert!(page.contains("cannot be deleted yet: 1"), "{page}");
    assert_eq!(browser.get(&order).await.status, 200);
    world.bench.send().await;
    world.bench.receive(&cop_no, 100, "[Code:1313;Desc:x]").await;
    world.phone.all_due().await.unwrap();
    browser.get("/my/data").await;
    let page = browser.post("/my/data/delete", &[]).await.text;
    assert!(page.contains("Purchases deleted: 1"), "{page}");
    assert_eq!(browser.get(&order).await.status, 404);
    let left = world.bench.shop.app.store.read(|conn| {
        let sql = "SELECT COUNT(*) FROM orders WHERE cell = {cell}";
        Ok::<i64, StoreError>(conn.query_row(sql, [], |row| row.get(0))?)
    });
    assert_eq!(left.await.unwrap(), 1, "what customs requires stays");
}

#[tokio::test]
async fn a_basket_nobody_paid_is_forgotten_with_who_was_entered() {
    let world = World::new().await;
    let mut browser = world.browser("zh");
    let basket = world.entered(&mut browser, 0).await;
    world.bench.pass(47 * 3600);
    world.phone.seldom().await.unwrap();
    assert_eq!(browser.get(&basket).await.status, 200);
    world.bench.pass(2 * 3600);
    world.phone.seldom().await.unwrap();
    assert_eq!(browser.get(&basket).await.status, 404);
}
