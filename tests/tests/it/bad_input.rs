//! Bad input: each kind gets its own code and a sentence in both languages, and changes nothing.

use anyhow::{Context, Result, ensure};
use pickup_tests::people::{self, with_wrong_check_digit};
use pickup_tests::pilot::Progress;
use pickup_tests::product::{self, Product, Setup};
use pickup_tests::shop::Answer;
use serde_json::{Value, json};

use crate::journey::{LIMIT, LINES, buyer, collector, parcel_in_locker, pulses};

/// A backend without a kiosk is enough for what shops send.
fn backend_only(name: &str) -> Result<Setup> {
    Ok(Setup { with_kiosk: false, ..Setup::quick(&product::fresh_dir(name)?) })
}

/// Everything that could have changed: the trail, and the stock.
async fn everything(product: &Product) -> Result<(String, Value)> {
    let goods = product.shop.ask(reqwest::Method::GET, "/shop/v1/goods", None).await?.agreed()?;
    Ok((product.trail().await?, goods))
}

fn refused_with(answer: &Answer, code: &str) -> Result<()> {
    ensure!(answer.status.is_client_error(), "answered {}: {}", answer.status, answer.body);
    let codes: Vec<&str> = answer
        .body
        .get("reasons")
        .and_then(Value::as_array)
        .map(|reasons| reasons.iter().filter_map(|r| r.get("code").and_then(Value::as_str)).collect())
        .unwrap_or_else(|| vec![answer.code()]);
    ensure!(codes.contains(&code), "wanted {code}: {}", answer.body);
    let sentence = |key: &str| answer.body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (zh, en) = (sentence("message_zh"), sentence("message_en"));
    ensure!(!zh.is_ascii() && zh.ends_with('。'), "no Chinese sentence: {zh}");
    ensure!(en.ends_with('.'), "no English sentence: {en}");
    Ok(())
}

type Spoil = fn(&mut Value) -> Option<()>;

const SPOILED_ORDERS: [(&str, Spoil, &str); 7] = [
    ("goods total", |order| bump(order, "/goods_fen"), "TOTAL_GOODS"),
    ("tax total", |order| bump(order, "/tax_fen"), "TOTAL_TAX"),
    ("amount to pay", |order| bump(order, "/total_fen"), "TOTAL_PAID"),
    ("price", |order| bump(order, "/lines/0/price_fen"), "PRICE_NOT_CATALOGUE"),
    ("article", |order| set(order, "/lines/0/sku", json!("XXX-999")), "SKU_UNKNOWN"),
    (
        "check digit",
        |order| {
            let id = order.pointer("/buyer/id_number")?.as_str()?.to_owned();
            set(order, "/buyer/id_number", json!(with_wrong_check_digit(&id)))
        },
        "BUYER_ID_CHECK_DIGIT",
    ),
    ("notices", |order| set(order, "/notices_agreed", json!(false)), "NOTICES_NOT_AGREED"),
];

fn bump(value: &mut Value, pointer: &str) -> Option<()> {
    let more = value.pointer(pointer)?.as_i64()? + 1;
    set(value, pointer, json!(more))
}

fn set(value: &mut Value, pointer: &str, to: Value) -> Option<()> {
    *value.pointer_mut(pointer)? = to;
    Some(())
}

#[tokio::test]
async fn a_spoiled_order_is_refused_with_its_code_and_changes_nothing() -> Result<()> {
    product::play_on(backend_only("spoiled-orders")?, async |product| {
        let before = everything(product).await?;
        for (n, (what, spoil, code)) in SPOILED_ORDERS.into_iter().enumerate() {
            let order_no = format!("BAD{n:05}");
            let mut order = product.shop.order(&order_no, &buyer()?, LINES).await?;
            spoil(&mut order).context("the order has nothing to spoil there")?;
            let answer = product.shop.place(&order).await?;
            refused_with(&answer, code).with_context(|| format!("an order with a wrong {what}"))?;
            ensure!(product.shop.look_up(&order_no).await.is_err(), "the order with a wrong {what} was kept");
        }
        ensure!(everything(product).await? == before, "something changed");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_payer_who_is_not_the_buyer_is_refused_and_the_order_stays_unpaid() -> Result<()> {
    product::play_on(backend_only("wrong-payer")?, async |product| {
        let order = product.shop.order("BADPAYER1", &buyer()?, LINES).await?;
        product.shop.place(&order).await?.agreed()?;
        let before = everything(product).await?;
        let stranger = people::find("demo-02")?;
        let mut payment = product.shop.payment(&order);
        set(&mut payment, "/payer", json!({ "name": stranger.name, "id_number": stranger.id_number }));
        refused_with(&product.shop.pay(&payment).await?, "PAYER_NOT_BUYER")?;
        ensure!(everything(product).await? == before, "something changed");
        // The right payer is still welcome.
        product.shop.pay(&product.shop.payment(&order)).await?.agreed().map(drop)
    })
    .await
}

#[tokio::test]
async fn what_is_no_json_and_what_has_no_key_is_refused() -> Result<()> {
    product::play_on(backend_only("no-json")?, async |product| {
        let before = everything(product).await?;
        let answer = product.shop.place(&json!("not an order")).await?;
        refused_with(&answer, "REQUEST_MALFORMED")?;
        let stranger = pickup_tests::shop::Shop::at(&product.shop_url(), "wrong-key")?;
        refused_with(&stranger.place(&json!({})).await?, "API_KEY_UNKNOWN")?;
        ensure!(everything(product).await? == before, "something changed");
        Ok(())
    })
    .await
}

/// Another character of the ticket's own alphabet in place of the one at `at`.
fn forged(ticket: &str, at: usize) -> String {
    let flip = |letter: char| if letter == '7' { '8' } else { '7' };
    ticket.chars().enumerate().map(|(n, letter)| if n == at { flip(letter) } else { letter }).collect()
}

#[tokio::test]
async fn forged_and_truncated_tickets_and_noise_open_nothing_and_change_nothing() -> Result<()> {
    product::play("bad-tickets", async |product| {
        let (_, ticket) = parcel_in_locker(product, "GOOD00001").await?;
        let (before, pulsed) = (everything(product).await?, pulses(product).await?);
        let truncated = ticket.get(..ticket.len() / 2).context("a short ticket")?;
        for bad in [forged(&ticket, 60), forged(&ticket, 12), truncated.to_owned(), "HELLO12345".to_owned()] {
            product.hands.scan(&bad).await?;
            product
                .hands
                .until_screen(&["refused"], LIMIT)
                .await
                .with_context(|| format!("scanned {bad}"))?;
            product.hands.back_to_start(LIMIT).await?;
        }
        // Two codes to a scanner, because of the line end in the middle; the page after the last one may come late.
        product.hands.scan_bytes("00ff1b9d0a0d80fe7f00c3280d").await?;
        product.hands.until_screen(&["refused"], LIMIT).await.context("scanned noise")?;
        product.hands.back_to_start(LIMIT).await?;
        ensure!(everything(product).await? == before, "something changed");
        ensure!(pulses(product).await? == pulsed, "a lock was pulsed");
        // The right ticket still works after all that.
        let mut shopper = collector(product, &ticket, &buyer()?);
        while shopper.run(LIMIT).await? == Progress::Refused {
            product.hands.back_to_start(LIMIT).await?;
        }
        product.shop.until("GOOD00001", "/parcel/state", &["collected"], LIMIT).await.map(drop)
    })
    .await
}
