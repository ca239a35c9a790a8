//! What goes wrong before a kiosk, played through the bench page in a real browser: every act is a click.

use anyhow::{Context, Result, ensure};
use pickup_tests::product::{self, Product};
use pickup_tests::wait;
use pickup_tests::webdriver::Browser;
use serde_json::json;

use crate::browser::{OPEN_DOOR, bench_of, deposit, press};
use crate::journey::{LIMIT, pulses};

/// With this set, pictures of the page are left in the folder that it names.
const PICTURES: &str = "PICKUP_BENCH_PICTURES";

async fn keep_picture(browser: &Browser, name: &str) -> Result<()> {
    let Some(folder) = std::env::var_os(PICTURES) else { return Ok(()) };
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::write(folder.join(format!("bench-{name}.png")), browser.picture().await?)?)
}

/// Scans the ticket, shows the buyer's card and confirms.
async fn confirm(browser: &Browser, product: &Product) -> Result<()> {
    browser.click("#scan-2", LIMIT).await?;
    product.hands.until_screen(&["present_card"], LIMIT).await?;
    browser.click("#card-0", LIMIT).await?;
    product.hands.until_screen(&["review"], LIMIT).await?;
    press(browser, product, &["confirm"]).await
}

/// Takes the goods out, shuts the door and goes.
async fn take(browser: &Browser, product: &Product) -> Result<()> {
    product.hands.until_screen(&["take_goods"], LIMIT).await?;
    browser.click(OPEN_DOOR, LIMIT).await?;
    product.hands.until_screen(&["done"], LIMIT).await?;
    browser.click("#lift-card", LIMIT).await?;
    press(browser, product, &["finish"]).await?;
    product.hands.until_screen(&["idle"], LIMIT).await.map(drop)
}

/// What stands beside the picture of the kiosk's screen for the person who plays.
async fn next_step(browser: &Browser, wanted: &str) -> Result<()> {
    wait::until(&format!("the page to say `{wanted}`"), LIMIT, async || {
        Ok(browser.text("#next", LIMIT).await?.contains(wanted).then_some(()))
    })
    .await
}

/// Chinese for the person, whatever the browser's own language.
async fn in_chinese(browser: &Browser) -> Result<()> {
    if browser.text("#speak", LIMIT).await? == "中文" {
        browser.click("#speak", LIMIT).await?;
    }
    next_step(browser, "点一个码就是扫码").await
}

#[tokio::test]
async fn paper_that_ran_out_is_refilled_on_the_page_and_the_pickup_goes_on() -> Result<()> {
    product::play("browser-paper", async |product| {
        let browser = bench_of(product, "WEB000002").await?;
        in_chinese(&browser).await?;
        deposit(&browser, product).await.context("staff put the parcel in")?;
        browser.choose("#fault-printer", "paper_out_mid", LIMIT).await?;
        confirm(&browser, product).await?;
        product.hands.until_screen(&["printer_trouble"], LIMIT).await?;
        next_step(&browser, "打印机有故障").await?;
        keep_picture(&browser, "paper-out").await?;
        ensure!(pulses(product).await? == 1, "a lock was pulsed before the slip had come out");
        browser.choose("#fault-printer", "", LIMIT).await?;
        take(&browser, product).await?;
        browser.close().await?;
        let originals = product.hands.original_slips().await?;
        ensure!(originals <= 1, "{originals} slips without the word COPY");
        product.shop.until("WEB000002", "/parcel/state", &["collected"], LIMIT).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn a_stuck_door_that_is_freed_opens_with_the_second_pulse() -> Result<()> {
    product::play("browser-stuck", async |product| {
        let browser = bench_of(product, "WEB000003").await?;
        deposit(&browser, product).await.context("staff put the parcel in")?;
        browser.choose("#fault-lock", "stuck_closed", LIMIT).await?;
        let before = pulses(product).await?;
        confirm(&browser, product).await?;
        wait::until("the first pulse", LIMIT, async || Ok((pulses(product).await? > before).then_some(())))
            .await?;
        browser.choose("#fault-lock", "", LIMIT).await?;
        product.hands.until_screen(&["take_goods"], LIMIT).await?;
        keep_picture(&browser, "door-open").await?;
        take(&browser, product).await?;
        browser.close().await?;
        let given = pulses(product).await? - before;
        ensure!(given == 2, "the lock was pulsed {given} times");
        product.shop.until("WEB000003", "/parcel/state", &["collected"], LIMIT).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn another_persons_card_opens_nothing_and_the_buyers_own_does() -> Result<()> {
    product::play("browser-stranger", async |product| {
        let browser = bench_of(product, "WEB000004").await?;
        in_chinese(&browser).await?;
        deposit(&browser, product).await.context("staff put the parcel in")?;
        let before = pulses(product).await?;
        browser.click("#scan-2", LIMIT).await?;
        product.hands.until_screen(&["present_card"], LIMIT).await?;
        let asked = product.hands.state().await?.screen.seq;
        browser.click("#card-1", LIMIT).await?;
        wait::until("the kiosk to refuse the card", LIMIT, async || {
            let screen = product.hands.state().await?.screen;
            let reads =
                product.hands.log(0).await?.0.iter().filter(|entry| entry.kind == "card_read").count();
            Ok((screen.name == "present_card" && screen.seq > asked && reads > 0).then_some(()))
        })
        .await?;
        keep_picture(&browser, "other-card").await?;
        browser.click("#lift-card", LIMIT).await?;
        browser.click("#card-0", LIMIT).await?;
        product.hands.until_screen(&["review"], LIMIT).await?;
        ensure!(pulses(product).await? == before, "a lock was pulsed for another person's card");
        press(&browser, product, &["confirm"]).await?;
        take(&browser, product).await?;
        browser.close().await?;
        product.shop.until("WEB000004", "/parcel/state", &["collected"], LIMIT).await.map(drop)
    })
    .await
}

/// Of the key that switches the kiosk's language, by its button on the page.
const LANGUAGE: &str = "#target-language";

#[tokio::test]
async fn the_kiosk_and_the_page_each_switch_their_language() -> Result<()> {
    product::play("browser-language", async |product| {
        let browser = bench_of(product, "WEB000005").await?;
        in_chinese(&browser).await?;
        keep_picture(&browser, "zh").await?;
        for (label, other) in [("English", "中文"), ("中文", "English")] {
            ensure!(browser.text(LANGUAGE, LIMIT).await? == label, "the key does not say {label}");
            browser.click(LANGUAGE, LIMIT).await?;
            wait::until("the kiosk's other language", LIMIT, async || {
                Ok((browser.text(LANGUAGE, LIMIT).await? == other).then_some(()))
            })
            .await?;
        }
        browser.click("#speak", LIMIT).await?;
        next_step(&browser, "Click a code to scan it").await?;
        let left = "return [...document.querySelectorAll('[data-en]')].filter(e => e.textContent !== e.dataset.en).length";
        ensure!(browser.script(left, &[]).await? == json!(0), "something of the page stayed Chinese");
        keep_picture(&browser, "en").await?;
        browser.close().await
    })
    .await
}

#[tokio::test]
async fn a_held_device_answers_when_the_person_lets_it() -> Result<()> {
    product::play("browser-steps", async |product| {
        let browser = bench_of(product, "WEB000006").await?;
        browser.click("summary", LIMIT).await?;
        browser.click("#hold", LIMIT).await?;
        browser.click("#scan-2", LIMIT).await?;
        // The code is sent, but not let through yet: other answers may wait before it.
        wait::until("the scanner's bytes to wait", LIMIT, async || {
            let waiting = "return document.getElementById('step').disabled";
            Ok((browser.script(waiting, &[]).await? == json!(false)).then_some(()))
        })
        .await?;
        keep_picture(&browser, "held").await?;
        ensure!(
            product.hands.state().await?.screen.name == "idle",
            "the kiosk saw a code that was held back"
        );
        browser.click("#release", LIMIT).await?;
        let page = product.hands.until_screen(&["refused", "present_card"], LIMIT).await?;
        // Nobody has put the parcel in yet.
        ensure!(page == "refused", "the kiosk shows `{page}`");
        browser.close().await
    })
    .await
}
