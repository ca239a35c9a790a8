//! What staff settle at the console, in a real browser: a declaration that customs refused, goods that come back.

use anyhow::{Context, Result, ensure};
use pickup_tests::console::Desk;
use pickup_tests::pilot::Progress;
use pickup_tests::product::{self, Product, Setup};
use serde_json::{Value, json};

use crate::journey::{LIMIT, LINES, buyer, collector, parcel_in_locker};

const OWN: &str = "a word of my own";

async fn at_the_desk(product: &Product, name: &str, role: &str) -> Result<Desk> {
    let word = product.account(name, role).await?;
    let desk = Desk::open(product.dir(), &product.console_url()?).await?;
    desk.resize(1280, 1000).await?;
    desk.sign_in(name, &word, OWN).await?;
    Ok(desk)
}

#[tokio::test]
async fn a_declaration_that_customs_refused_is_filed_anew_by_who_files() -> Result<()> {
    let setup = Setup { with_kiosk: false, ..Setup::quick(&product::fresh_dir("desk-refused")?) };
    product::play_on(setup, async |product| {
        product.tell_customs("behaviour", &json!({ "reject_permille": 1000 })).await?;
        let desk = at_the_desk(product, "王报关", "customs_agent").await?;
        product.shop.buy("DESK000001", &buyer()?, LINES).await?;
        product.shop.until("DESK000001", "/declaration/state", &["rejected"], LIMIT).await?;
        desk.until_text("DESK000001")
            .await
            .context("the page of today names it without being loaded anew")?;
        desk.go("/tasks").await?;
        desk.browser.click("main table a", LIMIT).await?;
        desk.until_text("下一步").await?;
        desk.browser.click("button[value=take]", LIMIT).await?;
        desk.until_text("王报关").await?;
        desk.go("/tasks").await?;
        desk.browser.click("main table a", LIMIT).await?;
        desk.fill(&[("#words", "已与海关电话核对")], "button[value=note]").await?;
        desk.until_text("已与海关电话核对").await?;
        desk.keep("task-zh").await?;
        desk.browser.is_accessible("a task").await?;
        desk.fill(&[("#gross", "1.25")], "form[action$='/file-again'] button").await?;
        product.shop.until("DESK000001", "/declaration/state", &["released"], LIMIT).await?;
        desk.go("/tasks").await?;
        desk.until_text("没有").await?;
        desk.go("/orders/DESK000001").await?;
        desk.until_text("已放行").await?;
        desk.browser.close().await
    })
    .await
}

#[tokio::test]
async fn goods_come_back_over_the_returns_desk_and_stand_on_the_shelf_again() -> Result<()> {
    product::play("desk-return", async |product| {
        let before = on_hand(product).await?;
        let (_, ticket) = parcel_in_locker(product, "DESK000002").await?;
        let mut shopper = collector(product, &ticket, &buyer()?);
        ensure!(shopper.run(LIMIT).await? == Progress::Finished, "pages: {:?}", shopper.last_seen());
        product.shop.until("DESK000002", "/parcel/state", &["collected"], LIMIT).await?;
        ensure!(on_hand(product).await? == before - 1, "one piece has left");
        let desk = at_the_desk(product, "李店员", "clerk").await?;
        desk.go("/returns").await?;
        desk.fill(&[("#q", "DESK000002")], "main form button").await?;
        desk.until_text("可退").await?;
        desk.keep("return-zh").await?;
        desk.browser.is_accessible("the form of a return").await?;
        desk.fill(&[("#qty-1", "1"), ("#reason", "未拆封，买错了")], "main form.card button").await?;
        desk.until_text("完好，上架").await.context("customs grants it")?;
        desk.keep("returns-zh").await?;
        desk.browser.is_accessible("the returns desk").await?;
        desk.browser.click("button[value=shelf]", LIMIT).await?;
        desk.until_text("没有等待运回的商品").await?;
        ensure!(on_hand(product).await? == before, "the piece is not on the shelf again");
        desk.browser.close().await
    })
    .await
}

/// Pieces of the article in the book's line, as the shop is told.
async fn on_hand(product: &Product) -> Result<i64> {
    let goods = product.shop.ask(reqwest::Method::GET, "/shop/v1/goods", None).await?.agreed()?;
    let lines = goods.pointer("/goods").and_then(Value::as_array).context("no goods")?;
    let line = lines.iter().find(|line| line.get("sku").and_then(Value::as_str) == Some(LINES[0].0));
    line.and_then(|line| line.get("stock")?.as_i64()).with_context(|| format!("not in {goods}"))
}
