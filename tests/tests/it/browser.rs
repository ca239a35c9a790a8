//! A whole pickup through the bench page in a real browser: every act is a click.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use pickup_tests::hands::{Code, Hands};
use pickup_tests::people;
use pickup_tests::product::{self, Product};
use pickup_tests::program::Program;
use pickup_tests::wait;
use pickup_tests::webdriver::Browser;
use serde_json::{Value, json};

use crate::journey::{LIMIT, LINES, buyer};

/// An act that came to nothing is done again after this.
const AGAIN: Duration = Duration::from_secs(5);

/// An open door's button.
pub const OPEN_DOOR: &str = "#doors .door.open button";

/// Where in the picture of the screen a target is, in pixels from the picture's middle.
const OFFSET: &str = "
    const screen = document.getElementById('screen'), box = screen.getBoundingClientRect();
    const t = arguments[0];
    return [Math.round(((t.x + t.w / 2) / screen.naturalWidth - 0.5) * box.width),
            Math.round(((t.y + t.h / 2) / screen.naturalHeight - 0.5) * box.height)];";

/// Touches a target on the picture of the kiosk's screen itself.
async fn touch_picture(browser: &Browser, product: &Product, id: &str) -> Result<()> {
    // The keys of a page that has just come do not act yet.
    let what = format!("`{id}` on the screen");
    let target = wait::until(&what, LIMIT, async || {
        let targets = product.hands.targets().await?;
        Ok(targets.into_iter().find(|target| target.get("id").and_then(Value::as_str) == Some(id)))
    });
    let offset = browser.script(OFFSET, &[target.await?]).await?;
    let at = |n: usize| offset.get(n).and_then(Value::as_i64).context("the page gave no offset");
    browser.click_at("#screen", at(0)?, at(1)?, LIMIT).await
}

/// Presses the button that the page offers for the first of these targets.
pub async fn press(browser: &Browser, product: &Product, ids: &[&str]) -> Result<()> {
    let what = format!("one of {ids:?} on the screen");
    let found = wait::until(&what, LIMIT, async || {
        let targets = product.hands.state().await?.screen.targets;
        Ok(ids.iter().find(|id| targets.iter().any(|target| target.id == **id)))
    });
    browser.click(&format!("#target-{}", found.await?), LIMIT).await
}

/// Badge, PIN and label until a door is open. Where the backend did not answer within the seconds that a person waits, it begins
/// anew, as a person would.
async fn begin_deposit(browser: &Browser, product: &Product) -> Result<()> {
    let hands = &product.hands;
    let (mut acted_on, mut acted_at) = (String::new(), Instant::now());
    wait::until("a door for the parcel", LIMIT, async || {
        let page = hands.state().await?.screen.name;
        if page == acted_on && acted_at.elapsed() < AGAIN {
            return Ok(None);
        }
        // The page may change between the look and the act.
        let _ = match page.as_str() {
            "idle" => browser.try_click("#scan-0").await,
            "staff_pin" => hands.type_pin(AGAIN).await,
            "staff_home" => browser.try_click("#scan-1").await,
            "service" => browser.try_click("#target-service_leave").await,
            "refused" => browser.try_click("#target-finish").await,
            _ => Ok(()),
        };
        (acted_on, acted_at) = (page, Instant::now());
        Ok((acted_on == "staff_place").then_some(()))
    })
    .await
}

pub async fn deposit(browser: &Browser, product: &Product) -> Result<()> {
    let hands = &product.hands;
    begin_deposit(browser, product).await?;
    browser.click(OPEN_DOOR, LIMIT).await?;
    // The page that says it is stored, then the start of staff mode, then the start: each has the same way out.
    wait::until("the kiosk to be free again", LIMIT, async || {
        let page = hands.state().await?.screen.name;
        if ["staff_stored", "staff_home"].contains(&page.as_str()) {
            // The page may change between the look and the click.
            let _ = browser.try_click("#target-finish").await;
        }
        Ok((page == "idle").then_some(()))
    })
    .await
}

async fn collect(browser: &Browser, product: &Product) -> Result<()> {
    let hands = &product.hands;
    browser.click("#scan-2", LIMIT).await?;
    hands.until_screen(&["present_card"], LIMIT).await?;
    browser.click("#card-0", LIMIT).await?;
    hands.until_screen(&["review"], LIMIT).await?;
    touch_picture(browser, product, "confirm").await?;
    hands.until_screen(&["take_goods"], LIMIT).await?;
    browser.click(OPEN_DOOR, LIMIT).await?;
    hands.until_screen(&["done"], LIMIT).await?;
    browser.click("#lift-card", LIMIT).await?;
    ensure!(browser.script("return document.querySelectorAll('#slips img').length", &[]).await? == json!(1));
    press(browser, product, &["finish"]).await?;
    hands.until_screen(&["idle"], LIMIT).await.map(drop)
}

/// Offers the badge as the first code, the label of this waybill as the second, and these after them.
pub async fn offer(product: &Product, waybill: &str, codes: &[(&str, String)]) -> Result<()> {
    let code = |label: &str, code: String| Code { label: label.to_owned(), code };
    let mut all = vec![code("badge", product.badge.clone()), code("label", format!("BPL1{waybill}"))];
    all.extend(codes.iter().map(|(label, text)| code(label, text.clone())));
    product.hands.offer_codes(&all).await
}

/// Places an order, waits for its release and offers its codes: badge, label, ticket.
pub async fn next_order(product: &Product, order_no: &str) -> Result<()> {
    let placed = product.shop.buy(order_no, &buyer()?, LINES).await?;
    let ticket = product.shop.ticket(order_no, LIMIT).await?;
    offer(product, &placed.waybill, &[("ticket", ticket)]).await
}

/// A browser on the bench page of a product with one released parcel: the badge is the first code, the label the second, the
/// ticket the third; the cards are those of the buyer and of somebody else.
pub async fn bench_of(product: &Product, order_no: &str) -> Result<Browser> {
    next_order(product, order_no).await?;
    product.hands.offer_cards(&[buyer()?.card(), people::find("demo-02")?.card()]).await?;
    Browser::open(product.dir(), &product.hands.base).await
}

#[tokio::test]
async fn a_person_plays_a_whole_pickup_by_clicking_the_bench_page() -> Result<()> {
    product::play("browser", async |product| {
        let browser = bench_of(product, "WEB000001").await?;
        deposit(&browser, product).await.context("staff put the parcel in")?;
        collect(&browser, product).await.context("the shopper collects it")?;
        browser.close().await?;
        product.shop.until("WEB000001", "/parcel/state", &["collected"], LIMIT).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn a_click_on_a_code_is_a_scan_and_a_click_on_a_card_lays_it_down() -> Result<()> {
    let dir = product::fresh_dir("page")?;
    let words = ["--dir".into(), dir.clone().into(), "--listen".into(), "127.0.0.1:0".into()];
    let devices = Program::start("pickup-hw-mock", &words, &dir.join("devices.log")).await?;
    let hands = Hands::at(&devices.told("http")?)?;
    hands.offer_codes(&[Code { label: "ticket".to_owned(), code: "BP1TEST".to_owned() }]).await?;
    hands.offer_cards(&[buyer()?.card()]).await?;
    let browser = Browser::open(&dir, &hands.base).await?;
    browser.click("#scan-0", LIMIT).await?;
    browser.click("#card-0", LIMIT).await?;
    wait::until("the card on the reader", LIMIT, async || {
        Ok(hands.state().await?.card.filter(|card| !card.is_null()).map(drop))
    })
    .await?;
    let (log, _) = hands.log(0).await?;
    for kind in ["scan", "card_laid"] {
        ensure!(log.iter().any(|entry| entry.kind == kind), "no {kind} in {log:?}");
    }
    // The whole identity number is not shown on the page, where a visitor may look over the shoulder.
    let shown = browser.text("body", LIMIT).await?;
    ensure!(!shown.contains(&buyer()?.id_number), "the page shows an identity number");
    browser.close().await?;
    Ok(std::fs::remove_dir_all(&dir)?)
}
