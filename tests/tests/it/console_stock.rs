//! Stock in a real browser: a correction that two people agree on, a stocktake counted by a scanner with a variance, and the
//! day's reconciliation; each page in both languages and two widths, with axe-core.

use anyhow::{Context, Result, ensure};
use pickup_tests::console::Desk;
use pickup_tests::product::{self, Product, Setup};

use crate::console::{OWN, look_at};
use crate::journey::LIMIT;

/// The Enter key of WebDriver, which ends what a scanner types.
const ENTER: char = '\u{e007}';
const MILK: &str = "/stock/lines/T9901W000001/LH00001";
const MILK_BARCODE: &str = "2000009901009";

async fn sign_out(desk: &Desk) -> Result<()> {
    desk.browser.click("header form button", LIMIT).await?;
    desk.until_text("登录").await
}

/// The clerk asks for a correction and counts two articles: one by scanning, one by hand.
async fn ask_and_count(desk: &Desk) -> Result<String> {
    desk.go(MILK).await?;
    desk.fill(&[("#quantity", "-1"), ("#reason", "破损一罐")], "main form button").await?;
    desk.until_text("待批准").await?;
    look_at(desk, &[("stock-line", MILK), ("stocktakes", "/stock/takes")]).await?;
    desk.go("/stock").await?;
    desk.browser.click("main li a[href$='/here']", LIMIT).await?;
    desk.until_text("第二人在此复核").await?;
    let second = desk.place().await?;
    look_at(desk, &[("second-person", &second)]).await?;
    desk.go("/stock/takes").await?;
    desk.fill(&[("#note", "月末盘点"), ("#only", "MLK-001 MLK-002")], "main form button").await?;
    desk.until_text("0 / 2").await?;
    let take = desk.place().await?;
    // A scanner does not wait for pages: three codes in one go.
    let scans = format!("{MILK_BARCODE}{ENTER}mlk-001{ENTER}no such code{ENTER}");
    desk.browser.type_into("#code", &scans, LIMIT).await?;
    desk.until_text("不在本次盘点范围内").await?;
    desk.until_text("1 / 2").await?;
    let counted = desk.browser.text("#counted tbody tr td.number", LIMIT).await?;
    ensure!(counted == "2", "{counted} were counted of two scans");
    ensure!(desk.place().await? == take, "the page was left");
    look_at(desk, &[("stocktake-count", &take)]).await?;
    desk.go(&take).await?;
    let second = "#counted tbody tr:nth-child(2) form";
    desk.fill(&[(&format!("{second} input[name=quantity]"), "7")], &format!("{second} button")).await?;
    desk.until_text("2 / 2").await?;
    desk.browser.click("#close", LIMIT).await?;
    desk.until_text("有差异的行数：2").await?;
    look_at(desk, &[("stocktake", &take)]).await?;
    Ok(take)
}

/// The supervisor approves the correction and signs the stocktake off.
async fn approve_and_sign(desk: &Desk, take: &str) -> Result<()> {
    desk.go("/stock").await?;
    desk.until_text("破损一罐").await?;
    look_at(desk, &[("stock-waiting", "/stock"), ("today-waiting", "/"), ("tasks-waiting", "/tasks")])
        .await?;
    desk.go("/").await?;
    desk.until_text("破损一罐").await?;
    desk.until_text("盘点待签核").await?;
    desk.go("/stock").await?;
    desk.browser.click("main li button[value=approve]", LIMIT).await?;
    wait_gone(desk, "破损一罐").await?;
    desk.go(take).await?;
    desk.browser.click("#sign", LIMIT).await?;
    desk.until_text("已签核").await?;
    desk.go(MILK).await?;
    // Two were counted before one of them was taken off.
    desk.until_text("现存\n1").await?;
    desk.go("/stock?proof=1").await?;
    desk.until_text("已按流水逐笔重算").await
}

async fn wait_gone(desk: &Desk, text: &str) -> Result<()> {
    pickup_tests::wait::until(&format!("“{text}” gone from the page"), LIMIT, async || {
        let shown = desk.browser.script("return document.body ? document.body.innerText : ''", &[]).await;
        Ok(shown.ok().filter(|shown| shown.as_str().is_some_and(|shown| !shown.contains(text))))
    })
    .await
    .map(drop)
}

async fn reconciled(product: &Product, desk: &Desk) -> Result<()> {
    product.shop.buy("STO000001", &crate::journey::buyer()?, crate::journey::LINES).await?;
    product.shop.ticket("STO000001", LIMIT).await?;
    desk.go("/reports/reconciliations").await?;
    desk.browser.click("main a.button", LIMIT).await?;
    desk.until_text("没有差异").await?;
    let today = desk.place().await?;
    ensure!(today.starts_with("/reports/reconciliations/1/"), "{today}");
    let today = today.split('?').next().context("an address")?.to_owned();
    let pages = [
        ("reconciliations", "/reports/reconciliations"),
        ("reconciliation", today.as_str()),
        ("limits-used", "/limits"),
        ("stock-after", "/stock"),
    ];
    look_at(desk, &pages).await
}

#[tokio::test]
async fn a_stocktake_with_a_variance_and_a_correction_move_the_book_by_two_people() -> Result<()> {
    let setup = Setup { with_kiosk: false, ..Setup::quick(&product::fresh_dir("console-stock")?) };
    product::play_on(setup, async |product| {
        let (clerk, boss) =
            (product.account("李店员", "clerk").await?, product.account("周主管", "supervisor").await?);
        let desk = Desk::open(product.dir(), &product.console_url()?).await?;
        desk.resize(1280, 1000).await?;
        desk.sign_in("李店员", &clerk, OWN).await?;
        let take = ask_and_count(&desk).await?;
        sign_out(&desk).await?;
        desk.sign_in("周主管", &boss, OWN).await?;
        approve_and_sign(&desk, &take).await?;
        reconciled(product, &desk).await?;
        desk.browser.close().await
    })
    .await
}
