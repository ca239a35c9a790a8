//! Every page of the shopper's phone, in both languages, as wide as a phone: axe-core, weight, and nothing from elsewhere.

use std::fs;

use anyhow::{Context, Result};
use pickup_tests::messages;
use pickup_tests::people::{self, Person};
use pickup_tests::product::{self, Product, Setup};
use pickup_tests::wait;
use pickup_tests::webdriver::Browser;

use crate::journey::LIMIT;
use crate::phone::COMPANY_PAY;

/// A phone with its pages, looked at one after the other.
struct Phone<'a> {
    browser: &'a Browser,
    product: &'a Product,
    lang: &'a str,
}

impl Phone<'_> {
    /// Goes to a path of the shop and looks.
    async fn go(&self, path: &str, name: &str) -> Result<()> {
        let and = if path.contains('?') { '&' } else { '?' };
        self.browser.go(&format!("{}{path}{and}lang={}", self.product.shop_url(), self.lang)).await?;
        self.look(name).await
    }

    /// Looks at the page that is shown, and keeps a picture of it.
    async fn look(&self, name: &str) -> Result<()> {
        let what = format!("{name} in {}", self.lang);
        let folder = std::env::var_os("PICKUP_PICTURES").map_or_else(
            || self.product.dir().join("phone"),
            |dir| std::path::PathBuf::from(dir).join("phone"),
        );
        fs::create_dir_all(&folder)?;
        let picture = self.browser.phone_picture().await?;
        fs::write(folder.join(format!("phone-{}-{name}.png", self.lang)), picture)?;
        self.browser.is_light_and_strict(&what).await?;
        self.browser.is_accessible(&what).await
    }

    /// The path of the page that is shown.
    async fn path(&self) -> Result<String> {
        let path = self.browser.script("return location.pathname", &[]).await?;
        Ok(path.as_str().unwrap_or_default().to_owned())
    }

    async fn basket(&self, person: &Person) -> Result<String> {
        self.go("/c/1", "goods").await?;
        self.go("/p/1/WIN-001", "product-of-age").await?;
        self.go("/p/1/MLK-001", "product").await?;
        self.browser.click("#add", LIMIT).await?;
        self.browser.text("a#next", LIMIT).await?;
        self.look("basket").await?;
        let basket = self.path().await?;
        self.browser.click("a#next", LIMIT).await?;
        self.browser.text("button#next", LIMIT).await?;
        self.look("buyer").await?;
        self.browser.type_into("#name", &person.name, LIMIT).await?;
        let wrong = people::with_wrong_check_digit(&person.id_number);
        self.browser.type_into("#id_number", &wrong, LIMIT).await?;
        self.browser.type_into("#telephone", &person.telephone, LIMIT).await?;
        self.browser.click("#agree", LIMIT).await?;
        self.browser.click("button#next", LIMIT).await?;
        self.browser.text("#faults", LIMIT).await.context("a typing mistake is said")?;
        self.look("buyer-faults").await?;
        self.browser.type_into("#id_number", &person.id_number, LIMIT).await?;
        self.browser.click("button#next", LIMIT).await?;
        self.browser.text("button#pay", LIMIT).await?;
        self.look("summary").await?;
        Ok(basket)
    }

    /// Pays at the second try; the path of the order's page.
    async fn paid(&self, basket: &str) -> Result<String> {
        self.browser.click("button#pay", LIMIT).await?;
        self.browser.click("#refuse", LIMIT).await.context("the company's page")?;
        self.browser.text(".told.bad", LIMIT).await.context("a refused payment is said")?;
        self.look("basket-refused").await?;
        self.go(&format!("{basket}/pay"), "summary-again").await?;
        self.browser.click("button#pay", LIMIT).await?;
        self.browser.click(COMPANY_PAY, LIMIT).await.context("the company's page")?;
        self.browser.text("#ticket", LIMIT).await.context("the pickup code")?;
        self.look("code").await?;
        self.path().await
    }

    async fn signed_in(&self, person: &Person) -> Result<()> {
        self.go("/my", "my").await?;
        self.browser.type_into("#telephone", &person.telephone, LIMIT).await?;
        self.browser.click("#next", LIMIT).await?;
        self.browser.text("#code", LIMIT).await?;
        self.look("my-code").await?;
        let folder = self.product.dir().join("backend/messages");
        let code = wait::until("the code in a message", LIMIT, async || {
            messages::one_time_code(&folder, &person.telephone)
        })
        .await?;
        self.browser.type_into("#code", &code, LIMIT).await?;
        self.browser.click("#next", LIMIT).await?;
        self.browser.text("ul.orders a", LIMIT).await?;
        self.look("my-orders").await
    }
}

async fn every_page(phone: &Phone<'_>, person: &Person) -> Result<()> {
    let basket = phone.basket(person).await?;
    let order = phone.paid(&basket).await?;
    phone.go("/o/nowhere", "not-found").await?;
    phone.signed_in(person).await?;
    phone.browser.click("ul.orders a", LIMIT).await?;
    phone.browser.text("#cancel", LIMIT).await?;
    phone.look("my-order").await?;
    phone.browser.click("#cancel", LIMIT).await?;
    phone.browser.text("ul li .small", LIMIT).await.context("what was asked for")?;
    phone.look("my-order-cancelled").await?;
    phone.go("/my/data", "my-data").await?;
    phone.go(&order, "order-cancelled").await
}

#[tokio::test]
async fn every_page_of_the_phone_is_accessible_and_light_in_both_languages() -> Result<()> {
    let dir = product::fresh_dir("phone-pages")?;
    let setup = Setup { with_payment: true, with_kiosk: false, ..Setup::quick(&dir) };
    product::play_on(setup, async |product| {
        for (lang, buyer) in [("zh", "demo-01"), ("en", "demo-05")] {
            let folder = product.dir().join(lang);
            fs::create_dir_all(&folder)?;
            let browser = Browser::open(&folder, &product.shop_url()).await?;
            browser.as_phone().await?;
            let phone = Phone { browser: &browser, product, lang };
            every_page(&phone, &people::find(buyer)?).await.context(lang)?;
            browser.close().await?;
        }
        Ok(())
    })
    .await
}
