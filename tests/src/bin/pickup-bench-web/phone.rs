//! The phone's pages: of a basket, of an order that came of one, and of somebody who asks for their own.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use pickup_server::shop::Shop;
use pickup_server::store::StoreError;
use pickup_tests::{messages, people, wait};

use crate::browser::{Browser, hidden};

const LIMIT: Duration = Duration::from_secs(30);

/// The paths, in the order in which they can be asked for.
pub async fn pages(phone: &mut Browser, shop: &Shop, dir: &Path) -> Result<Vec<String>> {
    let person = people::find("demo-01")?;
    let mut paths = ["/c/1", "/p/1/MLK-001", "/my", "/app.css"].map(str::to_owned).to_vec();
    let order = basket(phone, &person).await?;
    // As if it were paid: it is the shop's page of any order that is measured here.
    let become_one = shop.app.store.write(|tx| {
        let sql = "UPDATE basket SET order_id = 7, order_no = (SELECT o.order_no FROM orders o WHERE o.cell = basket.cell AND o.id = 7)
             WHERE cell = {cell} AND order_id IS NULL";
        Ok::<_, StoreError>(tx.execute(sql, [])?)
    });
    ensure!(become_one.await? == 1, "one basket became an order");
    let basket = basket(phone, &person).await?;
    paths.extend([basket.clone(), format!("{basket}/you"), format!("{basket}/pay")]);
    paths.push(order.replacen("/b/", "/o/", 1));
    let telephone = person.telephone.as_str();
    phone.post("/my", "/my", &[("telephone", telephone)]).await?;
    let folder = dir.join("backend/messages");
    let sent = async || messages::one_time_code(&folder, telephone);
    let code = wait::until("the code in a message", LIMIT, sent).await?;
    let answer = phone.post("/my", "/my/code", &[("telephone", telephone), ("code", &code)]).await?;
    ensure!(answer.to == "/my/orders", "not signed in: {} {}", answer.status, answer.text);
    let listed = phone.get("/my/orders").await?.text;
    let own = listed.split("href=\"/my/orders/").nth(1).and_then(|rest| rest.split('"').next());
    let own = own.with_context(|| format!("the order is not listed: {listed}"))?;
    paths.extend(["/my/orders".to_owned(), format!("/my/orders/{own}"), "/my/data".to_owned()]);
    Ok(paths)
}

/// A basket of somebody, ready to be paid.
async fn basket(phone: &mut Browser, person: &people::Person) -> Result<String> {
    let basket = phone.post("/p/1/MLK-001", "/p/1/MLK-001", &[("qty", "1")]).await?;
    ensure!(basket.to.starts_with("/b/"), "no basket: {} {}", basket.status, basket.text);
    let form = format!("{}/you", basket.to);
    let version = hidden(&phone.get(&form).await?.text, "version").context("the notices have no version")?;
    let fields = [
        ("name", person.name.as_str()),
        ("id_number", &person.id_number),
        ("telephone", &person.telephone),
        ("agree", "on"),
        ("version", &version),
    ];
    let answer = phone.post(&form, &form, &fields).await?;
    ensure!(answer.to.ends_with("/pay"), "not ready to be paid: {} {}", answer.status, answer.text);
    Ok(basket.to)
}
