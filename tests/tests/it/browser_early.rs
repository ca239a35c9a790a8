//! Who comes too early, too late or to the wrong place, and a kiosk that nobody has paired yet: played through the bench page in
//! a real browser, every act is a click.

use std::fs;

use anyhow::{Context, Result, ensure};
use pickup_protocol::{PickupNumber, Ticket};
use pickup_server::secrets::Secrets;
use pickup_tests::product::{self, Product};
use pickup_tests::webdriver::Browser;
use serde_json::{Value, json};

use crate::browser::{bench_of, deposit, offer, press};
use crate::journey::{LIMIT, LINES, buyer, pulses};

/// Scans a code that opens nothing, reads why and goes back to the start.
async fn refused(browser: &Browser, product: &Product, code: usize) -> Result<()> {
    let before = pulses(product).await?;
    browser.click(&format!("#scan-{code}"), LIMIT).await?;
    product.hands.until_screen(&["refused"], LIMIT).await?;
    press(browser, product, &["finish"]).await?;
    product.hands.until_screen(&["idle"], LIMIT).await?;
    ensure!(pulses(product).await? == before, "a lock was pulsed for a code that opens nothing");
    Ok(())
}

/// A ticket of this backend that says something else.
fn signed(product: &Product, change: impl FnOnce(Ticket) -> Ticket, text: &str) -> Result<String> {
    let secrets = Secrets::open_or_make(&product.dir().join("backend"))?;
    let ticket = Ticket::verify(text, |id| secrets.verifying(id))?;
    Ok(change(ticket).sign(secrets.signing()))
}

#[tokio::test]
async fn a_code_of_another_time_place_or_operator_opens_nothing_and_the_shoppers_own_does() -> Result<()> {
    product::play("browser-codes", async |product| {
        let browser = bench_of(product, "WEBC000001").await?;
        let order = product.shop.look_up("WEBC000001").await?;
        let waybill = order.pointer("/parcel/waybill").and_then(Value::as_str).context("no waybill")?;
        let ticket = product.shop.ticket("WEBC000001", LIMIT).await?;
        let of_2001 = |ticket| Ticket { not_after_unix_s: 1_000_000_000, ..ticket };
        let elsewhere = |ticket| Ticket { centre: 2, ..ticket };
        let mut forged = ticket.clone();
        let last = forged.pop().context("an empty ticket")?;
        forged.push(if last == '0' { '1' } else { '0' });
        let codes = [
            ("ticket", ticket.clone()),
            ("run out", signed(product, of_2001, &ticket)?),
            ("other centre", signed(product, elsewhere, &ticket)?),
            ("forged", forged),
            ("no ticket", "https://shop.example/p/1".to_owned()),
        ];
        offer(product, waybill, &codes).await?;
        deposit(&browser, product).await.context("staff put the parcel in")?;
        for (code, (name, _)) in (2..).zip(&codes).skip(1) {
            refused(&browser, product, code).await.context(*name)?;
        }
        browser.click("#scan-2", LIMIT).await?;
        product.hands.until_screen(&["present_card"], LIMIT).await?;
        browser.close().await
    })
    .await
}

#[tokio::test]
async fn whoever_comes_while_customs_still_decides_waits_and_is_served_by_the_same_code_later() -> Result<()>
{
    product::play("browser-early", async |product| {
        let browser = bench_of(product, "WEBW000001").await?;
        let first = product.shop.ticket("WEBW000001", LIMIT).await?;
        for (decides, state) in [("review", "review"), ("inspect", "inspected")] {
            product.tell_customs("behaviour", &json!({ "decide": decides })).await?;
            let order_no = format!("WEBW-{decides}");
            let placed = product.shop.buy(&order_no, &buyer()?, LINES).await?;
            let order = product.shop.until(&order_no, "/declaration/state", &[state], LIMIT).await?;
            let pickup = order.pointer("/parcel/pickup").and_then(Value::as_u64).context("no number")?;
            let theirs = |ticket| Ticket { pickup: PickupNumber(pickup), ..ticket };
            offer(product, &placed.waybill, &[("ticket", signed(product, theirs, &first)?)]).await?;
            refused(&browser, product, 2).await.with_context(|| format!("customs: {decides}"))?;
            product.tell_customs("behaviour", &json!({ "decide": "release" })).await?;
            product.shop.until(&order_no, "/declaration/state", &["released"], LIMIT).await?;
            refused(&browser, product, 2).await.context("released and not in the locker yet")?;
            deposit(&browser, product).await.context("staff put the parcel in")?;
            browser.click("#scan-2", LIMIT).await?;
            product.hands.until_screen(&["present_card"], LIMIT).await?;
            press(&browser, product, &["cancel"]).await?;
            product.hands.until_screen(&["idle"], LIMIT).await?;
        }
        browser.close().await
    })
    .await
}

#[tokio::test]
async fn a_kiosk_that_was_never_paired_is_paired_by_the_code_that_is_typed_on_its_screen() -> Result<()> {
    product::play("browser-pairing", async |product| {
        let browser = bench_of(product, "WEBP000001").await?;
        product.kill_kiosk().await?;
        let settings = product.dir().join("kiosk.toml");
        let text = fs::read_to_string(&settings)?;
        fs::write(&settings, format!("backend = {:?}\n{text}", product.kiosk_url()))?;
        fs::remove_dir_all(product.dir().join("kiosk"))?;
        fs::create_dir(product.dir().join("kiosk"))?;
        product.start_kiosk().await?;
        product.hands.until_screen(&["pairing"], LIMIT).await?;
        let code = product.enrolment_code("K2").await?;
        let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
        for letter in code.chars() {
            press(&browser, product, &[&format!("letter_{letter}")]).await?;
        }
        press(&browser, product, &["pair"]).await?;
        product.hands.until_screen(&["idle"], LIMIT).await.context("the code is taken")?;
        browser.close().await
    })
    .await
}
