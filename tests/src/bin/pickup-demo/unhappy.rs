//! Three ends nobody hopes for: a wrong card, a refusal by customs, paper that runs out.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use pickup_tests::pilot::{Moment, Progress};
use pickup_tests::product::Product;
use serde_json::Value;

use crate::path;
use crate::report::{Failed, Report};

const LIMIT: Duration = Duration::from_secs(60);
const LINES: &[(&str, i64)] = &[("MLK-002", 1)];

/// Plays all three; each by itself.
pub async fn play(product: &mut Product, report: &mut Report, out: &Path) {
    report.heading("Another person's card");
    let _: Result<(), Failed> = async {
        let placed = path::buy(product, report, "DEMO0002", "demo-05", LINES).await?;
        let ready = async {
            let ticket = path::ticket(product, "DEMO0002").await?;
            path::deposit(product, &placed).await?;
            Ok(ticket)
        };
        let ticket = report.step("it is released and in the locker", ready).await?;
        report.step("with demo-02's card the door stays shut", wrong_card(product, &ticket)).await
    }
    .await;
    report.heading("Customs rejects for the annual limit");
    let _: Result<(), Failed> = async {
        path::buy(product, report, "DEMO0003", "demo-03", LINES).await?;
        report.step("holds are voided, the refund is marked, the shopper is told", rejected(product)).await
    }
    .await;
    report.heading("Paper out in the middle of a slip");
    let _: Result<(), Failed> = async {
        let placed = path::buy(product, report, "DEMO0004", "demo-06", LINES).await?;
        let ready = async {
            let ticket = path::ticket(product, "DEMO0004").await?;
            path::deposit(product, &placed).await?;
            Ok(ticket)
        };
        let ticket = report.step("it is released and in the locker", ready).await?;
        report
            .step(
                "after refilling it goes on; one slip, or a second that says COPY",
                paper_out(product, &ticket, out),
            )
            .await
    }
    .await;
}

async fn pulses(product: &Product) -> Result<usize> {
    Ok(product.hands.log(0).await?.0.iter().filter(|entry| entry.kind == "pulse").count())
}

async fn wrong_card(product: &Product, ticket: &str) -> Result<()> {
    let before = pulses(product).await?;
    let mut stranger = path::shopper(product, ticket, "demo-02")?;
    let progress = stranger.run(LIMIT).await?;
    ensure!(progress == Progress::Refused, "the kiosk did not refuse: {:?}", stranger.last_seen());
    ensure!(pulses(product).await? == before, "a lock was pulsed for the wrong card");
    ensure!(!stranger.seen.iter().any(|page| page == "review"), "a stranger saw what is in the parcel");
    product.hands.back_to_start(LIMIT).await
}

async fn rejected(product: &Product) -> Result<()> {
    let shop = &product.shop;
    let order = shop.until("DEMO0003", "/state", &["cancelled"], LIMIT).await?;
    let refund = order.get("refund").and_then(Value::as_str).context("no refund is marked")?;
    ensure!(refund == "due", "the refund is `{refund}`");
    let declaration = order.pointer("/declaration/state").and_then(Value::as_str).unwrap_or_default();
    ensure!(declaration == "rejected", "the declaration is `{declaration}`");
    Ok(())
}

async fn paper_out(product: &Product, ticket: &str, out: &Path) -> Result<()> {
    let hands = &product.hands;
    hands.take_slips().await?;
    hands.fault("printer", "paper_out_mid").await?;
    let mut shopper = path::shopper(product, ticket, "demo-06")?;
    shopper.run_until(LIMIT, |moment| moment == Moment::Confirmed).await?;
    hands.until_screen(&["printer_trouble"], LIMIT).await?;
    hands.mend("printer").await?;
    ensure!(shopper.run(LIMIT).await? == Progress::Finished, "pages seen: {:?}", shopper.last_seen());
    for printed in hands.state().await?.slips {
        let picture = hands.slip_png(printed.id).await?;
        std::fs::write(out.join(format!("slip-after-paper-out-{}.png", printed.id)), picture)?;
    }
    let originals = hands.original_slips().await?;
    ensure!(originals <= 1, "{originals} slips were printed without the word COPY");
    Ok(())
}
