//! From the order to customs' word, without a kiosk.

use anyhow::{Context, Result, ensure};
use pickup_tests::people;
use pickup_tests::product::{self, Setup};
use serde_json::Value;

use crate::filed;
use crate::journey::{LIMIT, LINES, buyer};

fn backend_only(name: &str) -> Result<Setup> {
    Ok(Setup { with_kiosk: false, ..Setup::quick(&product::fresh_dir(name)?) })
}

#[tokio::test]
async fn a_paid_order_is_declared_and_released_and_gets_a_ticket_of_letters_and_digits() -> Result<()> {
    product::play_on(backend_only("released")?, async |product| {
        product.shop.buy("CLR000001", &buyer()?, LINES).await?;
        let ticket = product.shop.ticket("CLR000001", LIMIT).await?;
        ensure!(ticket.starts_with("BP1"), "{ticket}");
        ensure!(ticket.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{ticket}");
        let order = product.shop.look_up("CLR000001").await?;
        let receipts =
            order.pointer("/declaration/receipts").and_then(Value::as_array).context("no receipts")?;
        let mut statuses: Vec<i64> =
            receipts.iter().filter_map(|receipt| receipt.get("status").and_then(Value::as_i64)).collect();
        statuses.reverse();
        for wanted in [2, 120, 800] {
            ensure!(statuses.contains(&wanted), "no receipt {wanted} in {statuses:?}");
        }
        product.verify_trail().await.map(drop)
    })
    .await
}

#[tokio::test]
async fn what_was_filed_is_valid_and_complete() -> Result<()> {
    product::play_on(backend_only("filed")?, async |product| {
        product.shop.buy("CLR000002", &buyer()?, LINES).await?;
        product.shop.ticket("CLR000002", LIMIT).await?;
        let out = product.dir().join("filed");
        product.export_filed(&out).await?;
        filed::is_valid(&out)
    })
    .await
}

#[tokio::test]
async fn an_order_over_the_limit_that_only_customs_knows_is_voided_and_refunded() -> Result<()> {
    product::play_on(backend_only("over-the-limit")?, async |product| {
        let before = product.shop.ask(reqwest::Method::GET, "/shop/v1/goods", None).await?.agreed()?;
        product.shop.buy("CLR000003", &people::find("demo-03")?, LINES).await?;
        let order = product.shop.until("CLR000003", "/state", &["cancelled"], LIMIT).await?;
        ensure!(order.get("refund").and_then(Value::as_str) == Some("due"), "no refund: {order}");
        let state = order.pointer("/declaration/state").and_then(Value::as_str);
        ensure!(state == Some("rejected"), "the declaration is {state:?}");
        let after = product.shop.ask(reqwest::Method::GET, "/shop/v1/goods", None).await?.agreed()?;
        ensure!(before == after, "the stock did not come back");
        product.verify_trail().await.map(drop)
    })
    .await
}

#[tokio::test]
async fn a_request_sent_twice_is_carried_out_once_and_a_changed_one_is_refused() -> Result<()> {
    product::play_on(backend_only("twice")?, async |product| {
        let order = product.shop.order("CLR000004", &buyer()?, LINES).await?;
        let first = product.shop.place(&order).await?.agreed()?;
        let again = product.shop.place(&order).await?.agreed()?;
        ensure!(first == again, "two answers: {first} and {again}");
        let payment = product.shop.payment(&order);
        let first = product.shop.pay(&payment).await?.agreed()?;
        let again = product.shop.pay(&payment).await?.agreed()?;
        ensure!(first == again, "two answers: {first} and {again}");
        let other = product.shop.order("CLR000004", &buyer()?, &[("MLK-001", 2)]).await?;
        let refused = product.shop.place(&other).await?;
        ensure!(refused.code() == "ORDER_NO_TAKEN", "answered {}", refused.body);
        Ok(())
    })
    .await
}

#[test]
fn no_identity_number_of_the_demo_has_a_region_that_exists() -> Result<()> {
    for person in people::all()? {
        ensure!(person.id_number.starts_with("990101"), "{} may be somebody's number", person.reg_no);
    }
    Ok(())
}
