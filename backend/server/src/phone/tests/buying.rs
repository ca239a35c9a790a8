//! From the label to the code.

use super::*;

#[tokio::test]
async fn a_label_leads_to_the_code_in_both_languages() {
    for (lang, words) in [
        ("zh", ["含税", "放入购物篮", "填写订购人", "去支付", "海关审核", "提货码", "取货期限"]),
        (
            "en",
            [
                "tax included",
                "Put into the basket",
                "Enter who buys",
                "Pay",
                "Customs",
                "Pickup code",
                "Collect by",
            ],
        ),
    ] {
        let world = World::new().await;
        let mut browser = world.browser(lang);
        let product = browser.get("/p/1/MLK-001").await;
        assert!(product.text.contains("¥237.84") && product.text.contains(words[0]), "{}", product.text);
        assert!(product.text.contains(words[1]));
        let basket = browser.post("/p/1/MLK-001", &[("qty", "2")]).await.leads();
        let page = browser.get(&basket).await;
        assert!(page.text.contains("¥475.68") && page.text.contains(words[2]), "{}", page.text);
        browser.post(&basket, &[("sku", "MLK-001"), ("qty", "1")]).await.leads();
        let basket = world.entered(&mut browser, 0).await;
        let summary = browser.get(&format!("{basket}/pay")).await;
        assert!(summary.text.contains("990***********006X") && summary.text.contains(words[3]));
        assert!(!summary.text.contains(&world.bench.buyer(0).id_number));

        let out_no = world.begun(&mut browser, &basket).await;
        assert_eq!(world.company.begun()[0].amount, Money::from_fen(2 * 23_784));
        world.company.pay(&out_no, false);
        browser.get(&format!("{basket}/back/{out_no}")).await;
        let order = browser.get(&basket).await.leads();
        let page = browser.get(&order).await;
        assert!(page.text.contains(words[4]) && !page.text.contains("id=\"code\""), "{}", page.text);
        assert_eq!(browser.get(&format!("{order}/code.svg")).await.status, 404, "no code before the release");

        world.bench.send().await;
        world.bench.receive(&world.cop_no(&out_no).await, 800, "").await;
        let page = browser.get(&order).await;
        assert!(page.text.contains(words[5]) && page.text.contains(words[6]), "{}", page.text);
        let ticket = between(&page.text, "id=\"ticket\">", "<").to_owned();
        let secrets = &world.bench.shop.app.secrets;
        assert!(pickup_protocol::Ticket::verify(&ticket, |id| secrets.verifying(id)).is_ok());
        assert!(browser.get(&format!("{order}/code.svg")).await.text.starts_with("<svg"));
        assert_eq!(browser.get(&format!("{order}/code.png")).await.status, 200);
        assert_eq!(world.bench.problems().await, []);
    }
}

#[tokio::test]
async fn what_is_typed_wrongly_is_said_and_nothing_is_kept() {
    let world = World::new().await;
    let mut browser = world.browser("en");
    browser.get("/p/1/MLK-001").await;
    let basket = browser.post("/p/1/MLK-001", &[("qty", "1")]).await.leads();
    browser.get(&format!("{basket}/you")).await;
    let form = [("name", "测试甲"), ("id_number", "990101199001010061"), ("telephone", "1")];
    let answer = browser.post(&format!("{basket}/you"), &form).await;
    assert_eq!(answer.status, 422);
    for text in ["does not add up", "11 digits", "agree to it"] {
        assert!(answer.text.contains(text), "{text}: {}", answer.text);
    }
    assert_eq!(browser.get(&format!("{basket}/pay")).await.leads(), basket, "nobody is entered");
}

#[tokio::test]
async fn a_minor_cannot_buy() {
    let world = World::new().await;
    let mut browser = world.browser("zh");
    browser.get("/p/1/MLK-001").await;
    let basket = browser.post("/p/1/MLK-001", &[("qty", "1")]).await.leads();
    browser.get(&format!("{basket}/you")).await;
    let minor = world.bench.buyer(3);
    let form = [
        ("name", minor.name.as_str()),
        ("id_number", &minor.id_number),
        ("telephone", &minor.telephone),
        ("agree", "yes"),
        ("version", notice::VERSION),
    ];
    let answer = browser.post(&format!("{basket}/you"), &form).await;
    assert!(answer.status == 422 && answer.text.contains("年满18周岁"), "{}", answer.text);
}

#[tokio::test]
async fn a_changed_price_is_shown_before_it_is_paid() {
    let world = World::new().await;
    let mut browser = world.browser("en");
    let basket = world.entered(&mut browser, 0).await;
    browser.get(&format!("{basket}/pay")).await;
    let answer = browser.post(&format!("{basket}/pay"), &[("total_fen", "1")]).await;
    assert!(answer.status == 200 && answer.text.contains("has changed"), "{}", answer.text);
    assert!(world.company.begun().is_empty());
}

#[tokio::test]
async fn a_form_that_was_not_drawn_for_this_browser_is_refused() {
    let world = World::new().await;
    let mut browser = world.browser("zh");
    assert_eq!(browser.post("/p/1/MLK-001", &[("qty", "1")]).await.status, 403);
}

#[tokio::test]
async fn links_that_lead_nowhere_end_in_a_wait() {
    let world = World::with(|config| config.phone.wrong_links_an_hour = 3).await;
    let mut browser = world.browser("zh");
    let (order, _) = world.bought(&mut browser, 0).await;
    let wrong = format!("/o/{}", link::Link::new().unwrap().as_str());
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(browser.get(&wrong).await.status);
    }
    assert_eq!(answers, [404, 404, 404, 429]);
    assert_eq!(browser.get(&order).await.status, 429, "a right one is not told apart meanwhile");
    world.bench.pass(3600);
    assert_eq!(browser.get(&order).await.status, 200);
}

#[tokio::test]
async fn what_is_left_of_a_year_is_never_told_to_who_only_types_a_number() {
    let world = World::new().await;
    world
        .bench
        .shop
        .app
        .store
        .write({
            let key =
                world.bench.shop.app.secrets.buyer_key(&world.bench.buyer(0).id_number.parse().unwrap());
            move |tx| {
                let sql = "INSERT INTO buyer_year (key, lim, used) VALUES (?1, 2600000, 2590000)";
                Ok::<_, StoreError>(tx.execute(sql, [format!("{key}/2026")])?)
            }
        })
        .await
        .unwrap();
    let mut browser = world.browser("zh");
    browser.get("/p/1/MLK-001").await;
    let basket = browser.post("/p/1/MLK-001", &[("qty", "1")]).await.leads();
    let buyer = world.bench.buyer(0);
    let form = [
        ("name", buyer.name.as_str()),
        ("id_number", &buyer.id_number),
        ("telephone", &buyer.telephone),
        ("agree", "yes"),
        ("version", notice::VERSION),
    ];
    for _ in 0..3 {
        browser.get(&format!("{basket}/you")).await;
        let answer = browser.post(&format!("{basket}/you"), &form).await;
        assert_eq!(answer.status, 422);
        let shown = shown(&answer.text);
        assert!(shown.contains("剩余的跨境电商额度"), "{shown}");
        assert!(!["25900", "25,900", "26,", "100.00"].iter().any(|sum| shown.contains(sum)), "{shown}");
    }
    let fourth = browser.post(&format!("{basket}/you"), &form).await;
    assert_eq!(fourth.status, 303, "asked too often, nothing is said before it is paid");

    let out_no = world.begun(&mut browser, &basket).await;
    world.company.pay(&out_no, false);
    browser.get(&format!("{basket}/back/{out_no}")).await;
    let page = shown(&browser.get(&basket).await.text);
    assert!(page.contains("正在原路退回") && page.contains("年剩余"), "{page}");
    assert!(!["25900", "25,900", "26118", "26,118"].iter().any(|sum| page.contains(sum)), "{page}");
}

#[tokio::test]
async fn nothing_at_rest_shows_who_bought_or_the_link() {
    let world = World::new().await;
    let mut browser = world.browser("zh");
    let (order, cop_no) = world.bought(&mut browser, 0).await;
    world.bench.send().await;
    world.bench.receive(&cop_no, 800, "").await;
    let news = world.bench.shop.app.store.read({
        let shop = Arc::clone(&world.bench.shop);
        move |conn| tell::of_orders(conn, &shop, shop.app.now())
    });
    world.phone.tell(news.await.unwrap()).await.unwrap();
    let (buyer, link) = (world.bench.buyer(0), order.trim_start_matches("/o/").to_owned());
    for file in std::fs::read_dir(&world.bench.dir).unwrap() {
        let path = file.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        for secret in [&buyer.id_number, &buyer.name, &buyer.telephone, &link] {
            let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
            assert!(!found, "{} holds {} readable bytes", path.display(), secret.len());
        }
    }
}
