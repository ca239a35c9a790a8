//! A door opened from the console: asked by a clerk, confirmed by a supervisor, done by the real kiosk.

use anyhow::{Context, Result, ensure};
use pickup_tests::console::Desk;
use pickup_tests::product::{self, Product, Setup};
use pickup_tests::wait;

use crate::journey::{LIMIT, parcel_in_locker, pulses};

const OWN: &str = "a word of my own";

/// Somebody at a desk of their own, on the kiosk's page.
async fn at_the_kiosk(product: &Product, name: &str, role: &str) -> Result<Desk> {
    let word = product.account(name, role).await?;
    let folder = product.dir().join(role);
    std::fs::create_dir_all(&folder)?;
    let desk = Desk::open(&folder, &product.console_url()?).await?;
    desk.resize(1280, 1000).await?;
    desk.sign_in(name, &word, OWN).await?;
    desk.go("/kiosks/K1").await?;
    Ok(desk)
}

/// Which door of K1 is shown as holding a parcel.
async fn full_door(desk: &Desk) -> Result<String> {
    let number = wait::until("a door that holds a parcel", LIMIT, async || {
        let shown = desk
            .browser
            .script("return document.querySelector('.doors .full b')?.textContent ?? ''", &[])
            .await?;
        Ok(shown.as_str().filter(|text| !text.is_empty()).map(str::to_owned))
    });
    number.await
}

#[tokio::test]
async fn two_people_at_the_console_open_a_door_and_see_how_it_ended() -> Result<()> {
    let setup = Setup::quick(&product::fresh_dir("console-doors")?);
    product::play_on(setup, async |product| {
        parcel_in_locker(product, "DOOR00001").await?;
        let before = pulses(product).await?;
        let clerk = at_the_kiosk(product, "李店员", "clerk").await?;
        let door = full_door(&clerk).await?;
        clerk.fill(&[("#open-door", &door), ("#open-reason", "顾客说外箱破损")], "#open-ask").await?;
        clerk.until_text("待第二人复核").await?;
        clerk.is_good("a door that waits for a second person").await?;
        clerk.keep("kiosk-doors-zh").await?;
        let boss = at_the_kiosk(product, "王主管", "supervisor").await?;
        boss.is_good("a door to be confirmed").await?;
        boss.browser.click(&format!("#confirm-{door}"), LIMIT).await?;
        // Nobody reloads: both pages hear of it.
        boss.until_text("自提柜正在开门").await?;
        wait::until("the door to stand open", LIMIT, async || {
            Ok((pulses(product).await? > before).then_some(()))
        })
        .await?;
        product
            .hands
            .until_screen(&["staff_inside"], LIMIT)
            .await
            .context("the kiosk asks what became of it")?;
        product.hands.press("still_inside").await?;
        let shut = product.hands.close_doors().await?;
        ensure!(shut.len() == 1, "{shut:?} stood open");
        clerk.until_text("已关好，包裹仍在").await?;
        product.hands.until_screen(&["idle"], LIMIT).await.context("staff mode does not follow")?;
        ensure!(pulses(product).await? == before + 1, "it was pulsed once");
        // Somebody at the kiosk asks for help: it stands first, and the clerk who went there settles it.
        product.hands.press("help").await?;
        clerk.go("/?lang=zh").await?;
        clerk.until_text("顾客求助").await?;
        clerk.browser.click("main table a[href^='/tasks/']", LIMIT).await?;
        clerk.until_text("标记为已处理").await?;
        clerk.is_good("a call for help").await?;
        clerk.fill(&[("#reason", "已到场协助顾客")], "main form[action$='/settle'] button").await?;
        clerk.until_text("没有等待处理的事项").await?;
        // A door that nobody asked for stands first too, with its number, without a reload.
        clerk.go("/").await?;
        product.hands.force_door(6).await?;
        clerk.until_text("K1 · 柜门无故开着，请立即查看 · 柜门 6").await?;
        clerk.keep("today-forced").await?;
        product.hands.close_doors().await?;
        clerk.go("/kiosks/K1/settings?lang=en").await?;
        clerk.until_text("Show what differs").await?;
        clerk.is_good("a kiosk's settings").await?;
        clerk.keep("kiosk-settings-en").await?;
        clerk.go("/orders/DOOR00001/slip.svg").await?;
        clerk.keep("slip").await?;
        clerk.browser.close().await?;
        boss.browser.close().await
    })
    .await
}
