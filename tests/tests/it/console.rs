//! The staff console in a real browser, in both languages and two widths, with axe-core on each page; and an exception
//! settled by who files with customs.

use anyhow::{Result, ensure};
use pickup_tests::console::Desk;
use pickup_tests::people;
use pickup_tests::product::{self, Product, Setup};
use serde_json::Value;

use crate::journey::{LIMIT, LINES, buyer};

pub const OWN: &str = "a word of my own";
/// A desk's screen and a tablet held upright.
const SIZES: [(&str, u32, u32); 2] = [("", 1280, 1000), ("-tablet", 820, 1100)];

/// A page: what its picture is called, and where it is.
const PAGES: [(&str, &str); 13] = [
    ("today", "/"),
    ("orders", "/orders?q="),
    ("order", "/orders/CON000001"),
    ("filed", "/orders/CON000001/filed"),
    ("tasks", "/tasks"),
    ("kiosks", "/kiosks"),
    ("kiosk", "/kiosks/K2"),
    ("settings", "/kiosks/K2/settings"),
    ("own", "/own"),
    ("stock", "/stock?proof=1"),
    ("reports", "/reports"),
    ("limits", "/limits"),
    ("returns", "/returns"),
];

/// What somebody who only reads goes through.
const AUDIT: [(&str, &str); 4] = [
    ("audit-today", "/"),
    ("audit-order", "/orders/CON000001"),
    ("audit-reports", "/reports"),
    ("reconciliations", "/reports/reconciliations"),
];

/// Looks at pages in both languages and both widths.
pub async fn look_at(desk: &Desk, pages: &[(&str, &str)]) -> Result<()> {
    for (size, width, height) in SIZES {
        desk.resize(width, height).await?;
        for lang in ["zh", "en"] {
            for (name, path) in pages {
                let and = if path.contains('?') { '&' } else { '?' };
                desk.go(&format!("{path}{and}lang={lang}")).await?;
                desk.keep(&format!("{name}-{lang}{size}")).await?;
                desk.is_good(&format!("{path} in {lang} at {width}")).await?;
            }
        }
    }
    desk.go("/?lang=zh").await
}

async fn two_orders(product: &Product) -> Result<()> {
    product.shop.buy("CON000001", &buyer()?, LINES).await?;
    product.shop.ticket("CON000001", LIMIT).await?;
    product.shop.buy("CON000002", &people::find("demo-03")?, LINES).await?;
    product.shop.until("CON000002", "/state", &["cancelled"], LIMIT).await.map(drop)
}

#[tokio::test]
async fn every_page_is_accessible_in_both_languages_and_on_a_tablet() -> Result<()> {
    let setup = Setup { with_kiosk: false, ..Setup::quick(&product::fresh_dir("console-pages")?) };
    product::play_on(setup, async |product| {
        let (agent, root, audit) = (
            product.account("王报关", "customs_agent").await?,
            product.account("赵管理", "administrator").await?,
            product.account("孙审计", "auditor").await?,
        );
        two_orders(product).await?;
        let desk = Desk::open(product.dir(), &product.console_url()?).await?;
        desk.resize(1280, 1000).await?;
        look_at(&desk, &[("sign-in", "/sign-in")]).await?;
        desk.sign_in("赵管理", &root, OWN).await?;
        desk.go("/kiosks").await?;
        desk.fill(&[("#name", "K2")], "main button").await?;
        desk.until_text("配对码").await?;
        desk.is_good("the pairing code").await?;
        look_at(&desk, &[("people", "/people")]).await?;
        desk.browser.click("header form button", LIMIT).await?;
        desk.until_text("登录").await?;
        desk.sign_in("王报关", &agent, OWN).await?;
        look_at(&desk, &PAGES).await?;
        desk.browser.click("header form button", LIMIT).await?;
        desk.until_text("登录").await?;
        desk.sign_in("孙审计", &audit, OWN).await?;
        look_at(&desk, &AUDIT).await?;
        desk.browser.close().await
    })
    .await
}

#[tokio::test]
async fn the_page_of_today_keeps_itself_up_to_date() -> Result<()> {
    let setup = Setup { with_kiosk: false, ..Setup::quick(&product::fresh_dir("console-live")?) };
    product::play_on(setup, async |product| {
        let clerk = product.account("李店员", "clerk").await?;
        let desk = Desk::open(product.dir(), &product.console_url()?).await?;
        desk.sign_in("李店员", &clerk, OWN).await?;
        desk.until_text("0\n今日订单").await?;
        product.shop.buy("CON000003", &buyer()?, LINES).await?;
        desk.until_text("1\n今日订单").await?;
        desk.until_text("1\n今日放行").await?;
        ensure!(desk.place().await? == "/", "the page was not loaded anew");
        desk.browser.is_light_and_strict("the page of today").await?;
        let order = product.shop.look_up("CON000003").await?;
        ensure!(order.pointer("/declaration/state").and_then(Value::as_str) == Some("released"));
        desk.browser.close().await
    })
    .await
}
