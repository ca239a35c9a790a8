//! Buying with a phone, as a shopper does it: the code of a shelf label, basket, buyer, the payment company's page, live
//! status, pickup code, and the kiosk that takes it.

use anyhow::{Context, Result, ensure};
use pickup_tests::people::{self, Person};
use pickup_tests::pilot::Progress;
use pickup_tests::product::{self, Product, Setup};
use pickup_tests::shop::Placed;
use pickup_tests::wait;
use pickup_tests::webdriver::Browser;
use serde_json::{Value, json};

use crate::journey::{LIMIT, collector, depositor};

/// On the payment company's page; the shop's summary before it has a key of the same name, which is there until it is left.
pub const COMPANY_PAY: &str = "form[action^='/pay/page/'] #pay";

/// Puts a tin into the basket and enters who buys, up to the summary.
async fn up_to_paying(browser: &Browser, product: &Product, lang: &str, person: &Person) -> Result<()> {
    browser.go(&format!("{}/p/1/MLK-001?lang={lang}", product.shop_url())).await?;
    look(browser, product, &format!("{lang}-product")).await?;
    browser.click("#add", LIMIT).await?;
    browser.click("a#next", LIMIT).await?;
    browser.type_into("#name", &person.name, LIMIT).await?;
    browser.type_into("#id_number", &people::with_wrong_check_digit(&person.id_number), LIMIT).await?;
    browser.type_into("#telephone", &person.telephone, LIMIT).await?;
    browser.click("#agree", LIMIT).await?;
    browser.click("button#next", LIMIT).await?;
    browser.text("#faults", LIMIT).await.context("a typing mistake is said")?;
    look(browser, product, &format!("{lang}-buyer")).await?;
    browser.type_into("#id_number", &person.id_number, LIMIT).await?;
    browser.click("button#next", LIMIT).await?;
    browser.text("button#pay", LIMIT).await.context("the summary")?;
    look(browser, product, &format!("{lang}-summary")).await
}

/// A picture of the page is kept, and nothing on it is wider than a phone.
async fn look(browser: &Browser, product: &Product, name: &str) -> Result<()> {
    let width = browser.script("return document.documentElement.scrollWidth", &[]).await?;
    ensure!(width == json!(390), "{name} is {width} wide");
    let folder = product.dir().join("phone");
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::write(folder.join(format!("phone-{name}.png")), browser.phone_picture().await?)?)
}

/// Buys with a phone in a language; the order number, and the code as it stands on the page.
async fn buy(browser: &Browser, product: &Product, lang: &str, person: &Person) -> Result<(String, String)> {
    up_to_paying(browser, product, lang, person).await?;
    browser.click("button#pay", LIMIT).await?;
    browser.click("#refuse", LIMIT).await.context("the company's page")?;
    browser.text(".told.bad", LIMIT).await.context("a refused payment is said")?;
    let basket = browser.address().await?;
    ensure!(basket.starts_with(&product.shop_url()), "back at {basket}");
    browser.go(&format!("{basket}/pay")).await?;
    browser.click("button#pay", LIMIT).await?;
    browser.click(COMPANY_PAY, LIMIT).await.context("the company's page")?;
    let order_no = browser.text("#order-no", LIMIT).await.context("the order's page")?;
    // Nobody reloads: the page hears of the release.
    let here = "return document.querySelector('#ticket')?.textContent ?? ''";
    let ticket = wait::until("the pickup code on the page", LIMIT, async || {
        let text = browser.script(here, &[]).await?;
        Ok(text.as_str().filter(|text| text.starts_with("BP1")).map(str::to_owned))
    });
    let ticket = ticket.await?;
    look(browser, product, &format!("{lang}-code")).await?;
    Ok((order_no, ticket))
}

fn setup(name: &str, with_kiosk: bool) -> Result<Setup> {
    Ok(Setup { with_payment: true, with_kiosk, ..Setup::quick(&product::fresh_dir(name)?) })
}

#[tokio::test]
async fn a_shopper_buys_with_a_phone_in_either_language() -> Result<()> {
    product::play_on(setup("phone", false)?, async |product| {
        let browser = Browser::open(product.dir(), &product.shop_url()).await?;
        browser.as_phone().await?;
        for (lang, buyer) in [("zh", "demo-01"), ("en", "demo-05")] {
            buy(&browser, product, lang, &people::find(buyer)?).await.context(lang)?;
        }
        let folder = product.dir().join("backend/messages");
        wait::until("one text message for each release", LIMIT, async || {
            Ok((std::fs::read_dir(&folder)?.count() == 2).then_some(()))
        })
        .await?;
        browser.close().await
    })
    .await
}

#[tokio::test]
async fn the_kiosk_takes_the_code_of_the_phone() -> Result<()> {
    product::play_on(setup("phone-kiosk", true)?, async |product| {
        let person = people::find("demo-01")?;
        let browser = Browser::open(product.dir(), &product.shop_url()).await?;
        browser.as_phone().await?;
        let (order_no, ticket) = buy(&browser, product, "zh", &person).await?;
        let order = product.shop.look_up(&order_no).await?;
        let waybill = order.pointer("/parcel/waybill").and_then(Value::as_str).context("no waybill")?;
        let placed = Placed { waybill: waybill.to_owned(), order_no };
        ensure!(depositor(product, &placed).run(LIMIT).await? == Progress::Finished, "it was not stored");
        browser.text(".told.good", LIMIT).await.context("the page hears that it is in the locker")?;
        look(&browser, product, "zh-locker").await?;
        let mut shopper = collector(product, &ticket, &person);
        ensure!(shopper.run(LIMIT).await? == Progress::Finished, "pages: {:?}", shopper.last_seen());
        wait::until("the page to say that it was collected", LIMIT, async || {
            let text = browser.text("#status", LIMIT).await?;
            Ok(text.contains("谢谢惠顾").then_some(()))
        })
        .await?;
        look(&browser, product, "zh-collected").await?;
        browser.close().await
    })
    .await
}
