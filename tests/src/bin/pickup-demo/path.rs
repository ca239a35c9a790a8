//! The path of the product: buy, clear, declare, release, deposit, scan, identify, print, open, take.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use pickup_tests::people;
use pickup_tests::pilot::{Errand, Moment, Pilot, Progress};
use pickup_tests::product::Product;
use pickup_tests::shop::{Placed, Shop};
use reqwest::Method;
use serde_json::Value;

use crate::report::{Failed, Report};

/// How long each part may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);
const ORDER: &str = "DEMO0001";
const BUYER: &str = "demo-01";
/// Two articles under two headings.
const LINES: &[(&str, i64)] = &[("MLK-001", 1), ("BTY-001", 1)];

/// Plays it; what fails is in the report.
pub async fn play(product: &mut Product, report: &mut Report, out: &Path) {
    report.heading("The path");
    // A failed step is in the report already; the unhappy ends are played all the same.
    let _: Result<(), Failed> = async {
        report
            .step("the catalogue has enough invented goods, each with its picture", catalogue(&product.shop))
            .await?;
        let placed = buy(product, report, ORDER, BUYER, LINES).await?;
        let ticket =
            report.step("customs releases (2 → 120 → 800), the ticket exists", released(product)).await?;
        report.step("staff put the parcel into a door that fits", deposit(product, &placed)).await?;
        let picture = out.join("slip.png");
        report
            .step(
                "ticket, card, confirmation: the slip prints, the door opens",
                collect(product, &ticket, &picture),
            )
            .await?;
        report.step("the handover is told to the backend", handed_over(&product.shop)).await?;
        report.step("a second scan says when it was collected", second_scan(product, &ticket)).await
    }
    .await;
}

/// Orders and pays in two steps of the report.
pub async fn buy(
    product: &Product,
    report: &mut Report,
    order_no: &str,
    buyer: &str,
    lines: &[(&str, i64)],
) -> Result<Placed, Failed> {
    let shop = &product.shop;
    let work = async {
        let order = shop.order(order_no, &people::find(buyer)?, lines).await?;
        shop.place(&order).await?.agreed()?;
        anyhow::Ok(order)
    };
    let order = report
        .step(&format!("{buyer} orders: a verdict, and the tax of each line ({order_no})"), work)
        .await?;
    let work = async {
        let paid = shop.pay(&shop.payment(&order)).await?.agreed()?;
        let waybill = paid.get("waybill").and_then(Value::as_str).context("no waybill in the answer")?;
        anyhow::Ok(Placed { order_no: order_no.to_owned(), waybill: waybill.to_owned() })
    };
    report
        .step("the payment matches: stock, limit and guarantee are held, the declaration leaves", work)
        .await
}

/// Puts a parcel into the locker as staff would.
pub async fn deposit(product: &Product, placed: &Placed) -> Result<()> {
    let errand = Errand::Deposit { badge: product.badge.clone(), label: format!("BPL1{}", placed.waybill) };
    let mut staff = Pilot::new(&product.hands, errand);
    ensure!(
        staff.run(LIMIT).await? == Progress::Finished,
        "the kiosk refused; pages seen: {:?}",
        staff.last_seen()
    );
    product.shop.until(&placed.order_no, "/parcel/state", &["in_locker"], LIMIT).await.map(drop)
}

/// A shopper at the kiosk with a ticket and the card of `buyer`.
pub fn shopper(product: &Product, ticket: &str, buyer: &str) -> Result<Pilot> {
    let errand = Errand::Collect { ticket: ticket.to_owned(), card: people::find(buyer)?.card() };
    Ok(Pilot::new(&product.hands, errand))
}

/// Waits for the ticket of an order.
pub async fn ticket(product: &Product, order_no: &str) -> Result<String> {
    product.shop.ticket(order_no, LIMIT).await
}

async fn catalogue(shop: &Shop) -> Result<()> {
    let answer = shop.ask(Method::GET, "/shop/v1/goods", None).await?.agreed()?;
    let goods = answer.get("goods").and_then(Value::as_array).context("no list of goods")?;
    let headings: BTreeSet<_> =
        goods.iter().filter_map(|item| item.get("hs").and_then(Value::as_str)?.get(..4)).collect();
    ensure!(goods.len() >= 24 && headings.len() >= 6, "{} goods, {} headings", goods.len(), headings.len());
    Ok(())
}

async fn released(product: &Product) -> Result<String> {
    let ticket = ticket(product, ORDER).await?;
    ensure!(ticket.starts_with("BP1"), "the ticket does not begin with BP1");
    ensure!(
        ticket.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()),
        "the ticket is not garble-proof"
    );
    Ok(ticket)
}

async fn collect(product: &Product, ticket: &str, picture: &Path) -> Result<()> {
    let mut shopper = shopper(product, ticket, BUYER)?;
    let open = shopper.run_until(LIMIT, |moment| moment == Moment::DoorSeenOpen).await?;
    ensure!(open == Progress::Did(Moment::DoorSeenOpen), "the door did not open: {:?}", shopper.last_seen());
    let state = product.hands.state().await?;
    let slip = state.slips.last().context("the door opened, but no slip had been printed")?;
    std::fs::write(picture, product.hands.slip_png(slip.id).await?)?;
    ensure!(shopper.run(LIMIT).await? == Progress::Finished, "pages seen: {:?}", shopper.last_seen());
    for page in ["present_card", "review", "take_goods", "done"] {
        ensure!(shopper.seen.iter().any(|seen| seen == page), "no page `{page}`: {:?}", shopper.last_seen());
    }
    Ok(())
}

async fn handed_over(shop: &Shop) -> Result<()> {
    shop.until(ORDER, "/parcel/state", &["collected"], LIMIT).await.map(drop)
}

async fn second_scan(product: &Product, ticket: &str) -> Result<()> {
    let mut again = shopper(product, ticket, BUYER)?;
    ensure!(again.run(LIMIT).await? == Progress::Refused, "it was not refused: {:?}", again.last_seen());
    product.hands.back_to_start(LIMIT).await
}

/// Leaves everything for a look afterwards: filed documents, receipts, pages, trail.
pub async fn keep(product: &Product, report: &mut Report, out: &Path) {
    report.heading("What is left to look at");
    let filed = async {
        let filed = out.join("filed");
        product.export_filed(&filed).await?;
        let count = count_files(&filed, "xml")?;
        ensure!(count >= 4, "only {count} XML files were written");
        Ok(())
    };
    let pages = async {
        let folder = out.join("screens");
        std::fs::create_dir_all(&folder)?;
        let pages = product.recorder.as_ref().context("no screen was recorded")?.pages();
        for (n, (name, png)) in (1..).zip(&pages) {
            std::fs::write(folder.join(format!("{n:02}-{name}.png")), png)?;
        }
        ensure!(pages.len() >= 10, "only {} pages were shown", pages.len());
        Ok(())
    };
    let trail = async {
        let lines = product.trail().await?;
        ensure!(lines.lines().count() >= 10, "the trail is short:\n{lines}");
        std::fs::write(out.join("trail.jsonl"), lines)?;
        product.verify_trail().await.map(drop)
    };
    let _ = report.step("the XML as filed and the receipts", filed).await;
    let _ = report.step("a picture of every page the kiosk showed", pages).await;
    let _ = report.step("the trail as JSON lines, its chain unbroken", trail).await;
}

fn count_files(dir: &Path, extension: &str) -> Result<usize> {
    let mut count = 0;
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            count += count_files(&path, extension)?;
        } else if path.extension().is_some_and(|found| found == extension) {
            count += 1;
        }
    }
    Ok(count)
}
