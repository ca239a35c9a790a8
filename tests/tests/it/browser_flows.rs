//! The kiosk's other ways, played through the bench page in a real browser: every act is a click. Several ways one after the
//! other before one kiosk, as people come.

use anyhow::{Context, Result, ensure};
use pickup_tests::product::{self, Product};
use pickup_tests::wait;
use pickup_tests::webdriver::Browser;
use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::{OPEN_DOOR, bench_of, deposit, next_order, press};
use crate::journey::{LIMIT, pulses};

/// What can be done at the bench, and what is seen there.
struct Bench<'a> {
    browser: &'a Browser,
    product: &'a Product,
}

impl Bench<'_> {
    async fn sees(&self, pages: &[&str]) -> Result<String> {
        self.product.hands.until_screen(pages, LIMIT).await
    }

    /// Presses a key of the screen, which leads to this page.
    async fn goes(&self, key: &str, page: &str) -> Result<()> {
        press(self.browser, self.product, &[key]).await?;
        self.sees(&[page]).await.with_context(|| format!("after `{key}`")).map(drop)
    }

    /// Does something of the bench, which leads to this page.
    async fn does(&self, selector: &str, page: &str) -> Result<()> {
        self.browser.click(selector, LIMIT).await?;
        self.sees(&[page]).await.with_context(|| format!("after {selector}")).map(drop)
    }

    async fn types(&self, digits: &str) -> Result<()> {
        for digit in digits.chars().filter(char::is_ascii_digit) {
            press(self.browser, self.product, &[&format!("digit_{digit}")]).await?;
        }
        Ok(())
    }

    /// With the goods in hand, to the page that waits for the next person.
    async fn takes(&self) -> Result<()> {
        self.sees(&["take_goods"]).await?;
        self.does(OPEN_DOOR, "done").await?;
        self.browser.click("#lift-card", LIMIT).await?;
        self.goes("finish", "idle").await
    }

    /// Waits until the page does not offer a key any more.
    async fn until_gone(&self, key: &str) -> Result<()> {
        let what = format!("the key `{key}` to go");
        wait::until(&what, LIMIT, async || {
            let targets = self.product.hands.state().await?.screen.targets;
            Ok(targets.iter().all(|target| target.id != key).then_some(()))
        })
        .await
    }

    /// Presses a key that the next page does not have, also where that has the same name.
    async fn uses_up(&self, key: &str) -> Result<()> {
        press(self.browser, self.product, &[key]).await?;
        self.until_gone(key).await
    }

    /// What is drawn changes by what is done, on a page that stays.
    async fn changes(&self, selector: &str) -> Result<()> {
        let before = self.product.hands.state().await?.screen.seq;
        self.browser.click(selector, LIMIT).await?;
        let what = format!("another picture after {selector}");
        wait::until(&what, LIMIT, async || {
            Ok((self.product.hands.state().await?.screen.seq > before).then_some(()))
        })
        .await
    }

    /// Into staff mode by badge and PIN.
    async fn comes_as_staff(&self) -> Result<()> {
        self.does("#scan-0", "staff_pin").await?;
        self.types(&self.product.hands.pin).await?;
        self.goes("confirm", "staff_home").await
    }
}

/// The pickup number as it stands below the code, with its groups.
async fn number_of(product: &Product, order_no: &str) -> Result<String> {
    let path = format!("/shop/v1/orders/{order_no}/ticket");
    let told = product.shop.ask(Method::GET, &path, None).await?.agreed()?;
    Ok(told.get("number").and_then(Value::as_str).context("no number beside the ticket")?.to_owned())
}

#[tokio::test]
async fn shoppers_who_type_who_complain_who_come_twice_and_who_come_while_the_network_is_down() -> Result<()>
{
    product::play("browser-shoppers", async |product| {
        let browser = bench_of(product, "WEBS000001").await?;
        deposit(&browser, product).await.context("staff put the first parcel in")?;
        let at = Bench { browser: &browser, product };
        help_is_asked_for(&at).await.context("help")?;
        the_number_is_typed(&at, "WEBS000001").await.context("the number is typed")?;
        something_is_wrong(&at).await.context("something is wrong with the goods")?;
        product.shop.until("WEBS000001", "/parcel/state", &["collected"], LIMIT).await?;
        let before = pulses(product).await?;
        at.does("#scan-2", "refused").await.context("a code that was used before")?;
        ensure!(pulses(product).await? == before, "a lock was pulsed for a parcel that was collected");
        at.goes("finish", "idle").await?;
        next_order(product, "WEBS000002").await?;
        at.does("#scan-2", "refused").await.context("a parcel that is not in the locker yet")?;
        at.goes("finish", "idle").await?;
        deposit(&browser, product).await.context("staff put the second parcel in")?;
        without_a_network(&browser, product, "WEBS000002").await.context("the network is down")?;
        browser.close().await
    })
    .await
}

async fn help_is_asked_for(at: &Bench<'_>) -> Result<()> {
    at.goes("help", "help").await?;
    at.goes("back", "idle").await?;
    at.goes("scan_help", "scan_help").await?;
    at.goes("back", "idle").await
}

async fn the_number_is_typed(at: &Bench<'_>, order_no: &str) -> Result<()> {
    let number = number_of(at.product, order_no).await?;
    at.goes("type_number", "type_number").await?;
    // Six digits that belong to nothing, before the number of the pickup itself.
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let (code, pickup) = digits.split_at_checked(6).context("a number of fewer than six digits")?;
    let wrong: String = code.chars().map(|digit| if digit == '9' { '0' } else { '9' }).collect();
    at.types(&format!("{wrong}{pickup}")).await?;
    let (_, since) = at.product.hands.log(0).await?;
    press(at.browser, at.product, &["confirm"]).await?;
    wait::until("a number that belongs to nothing to be looked up", LIMIT, async || {
        let (log, _) = at.product.hands.log(since).await?;
        Ok(log.iter().any(|entry| entry.screen == "looking_up").then_some(()))
    })
    .await?;
    at.sees(&["type_number"]).await?;
    press(at.browser, at.product, &["clear_digits"]).await?;
    at.until_gone("confirm").await?;
    at.types(&digits).await?;
    at.goes("confirm", "present_card").await
}

async fn something_is_wrong(at: &Bench<'_>) -> Result<()> {
    at.does("#card-0", "review").await?;
    at.goes("explain", "limit").await?;
    at.goes("back", "review").await?;
    press(at.browser, at.product, &["confirm"]).await?;
    at.sees(&["take_goods"]).await?;
    at.goes("wrong_goods", "goods_fault").await?;
    at.uses_up("goods_damaged").await?;
    at.goes("back", "take_goods").await?;
    at.takes().await
}

/// What the kiosk was told lies in its doors is on its disk.
async fn until_listed(product: &Product, order_no: &str) -> Result<()> {
    let path = format!("/shop/v1/orders/{order_no}/ticket");
    let told = product.shop.ask(Method::GET, &path, None).await?.agreed()?;
    let slip = told.get("slip_no").and_then(Value::as_str).context("no slip number")?.to_owned();
    let kept = product.dir().join("kiosk/manifest.json");
    wait::until("the parcel in the kiosk's manifest", LIMIT, async || {
        let text = std::fs::read_to_string(&kept).unwrap_or_default();
        Ok(text.contains(&slip).then_some(()))
    })
    .await
}

async fn without_a_network(browser: &Browser, product: &mut Product, order_no: &str) -> Result<()> {
    until_listed(product, order_no).await?;
    product.kill_backend().await?;
    let at = Bench { browser, product };
    at.does("#scan-2", "present_card").await?;
    at.does("#card-0", "review").await?;
    press(browser, product, &["confirm"]).await?;
    at.takes().await?;
    product.start_backend().await?;
    product.shop.until(order_no, "/parcel/state", &["collected"], LIMIT).await.map(drop)
}

#[tokio::test]
async fn staff_take_a_parcel_out_try_doors_and_devices_and_take_the_kiosk_out_of_service_and_back()
-> Result<()> {
    product::play("browser-staff", async |product| {
        let browser = bench_of(product, "WEBT000001").await?;
        deposit(&browser, product).await.context("staff put the parcel in")?;
        let at = Bench { browser: &browser, product };
        a_withdrawn_parcel_is_taken_out(&at, "WEBT000001").await.context("a parcel is taken out")?;
        a_door_is_tried(&at).await.context("a door is tried")?;
        devices_are_tried(&at).await.context("devices are tried")?;
        out_of_service_and_back(&at).await.context("out of service and back")?;
        browser.close().await
    })
    .await
}

async fn a_withdrawn_parcel_is_taken_out(at: &Bench<'_>, order_no: &str) -> Result<()> {
    let wanted =
        json!({ "request_id": uuid::Uuid::new_v4().to_string(), "reason": "the buyer changed their mind" });
    let path = format!("/shop/v1/orders/{order_no}/cancel");
    at.product.shop.ask(Method::POST, &path, Some(&wanted)).await?.agreed()?;
    at.product.shop.until(order_no, "/state", &["cancelled"], LIMIT).await?;
    at.comes_as_staff().await?;
    at.goes("list_removals", "staff_list").await?;
    press(at.browser, at.product, &["pick_0"]).await?;
    at.sees(&["staff_inside"]).await?;
    at.uses_up("taken_out").await?;
    at.does(OPEN_DOOR, "staff_home").await?;
    at.product.shop.until(order_no, "/parcel/state", &["back_to_stock"], LIMIT).await?;
    at.goes("finish", "idle").await
}

async fn a_door_is_tried(at: &Bench<'_>) -> Result<()> {
    at.comes_as_staff().await?;
    at.goes("list_doors", "staff_list").await?;
    // The list of doors, then the list of reasons.
    at.uses_up("pick_5").await?;
    let before = pulses(at.product).await?;
    press(at.browser, at.product, &["pick_0"]).await?;
    at.sees(&["staff_inside"]).await?;
    ensure!(pulses(at.product).await? == before + 1, "one pulse for one door");
    at.does(OPEN_DOOR, "staff_home").await
}

async fn devices_are_tried(at: &Bench<'_>) -> Result<()> {
    at.goes("service", "service_menu").await?;
    at.goes("service_printer", "service_printer").await?;
    press(at.browser, at.product, &["service_print"]).await?;
    wait::until("a sample slip", LIMIT, async || {
        Ok(at.product.hands.state().await?.slips.iter().any(|slip| slip.cut).then_some(()))
    })
    .await?;
    at.goes("service_menu", "service_menu").await?;
    at.goes("service_scanner", "service_scanner").await?;
    at.changes("#scan-2").await.context("a code that is only read")?;
    at.goes("service_menu", "service_menu").await?;
    at.goes("service_reader", "service_reader").await?;
    at.changes("#card-0").await.context("a card that is only read")?;
    at.browser.click("#lift-card", LIMIT).await?;
    for page in ["service_doors", "service_machine"] {
        at.goes("service_menu", "service_menu").await?;
        at.goes(page, page).await?;
    }
    at.goes("service_menu", "service_menu").await?;
    at.goes("service_events_lock", "service_events").await?;
    at.goes("service_menu", "service_menu").await
}

async fn out_of_service_and_back(at: &Bench<'_>) -> Result<()> {
    at.goes("service_standing", "service_standing").await?;
    at.uses_up("out_stocktaking").await?;
    at.goes("service_menu", "service_menu").await?;
    at.goes("service_leave", "staff_home").await?;
    at.goes("finish", "out_of_service").await?;
    at.comes_as_staff().await.context("a badge is taken also then")?;
    at.goes("service", "service_menu").await?;
    at.goes("service_standing", "service_standing").await?;
    at.uses_up("service_put_back").await?;
    at.goes("service_menu", "service_menu").await?;
    at.goes("service_leave", "staff_home").await?;
    at.goes("finish", "idle").await
}
