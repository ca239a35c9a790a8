//! A deposit and a pickup at a board, its devices on four USB serial ports.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Bench;
use super::errands::{LIMIT, bought, collector, depositor, finish};
use super::image::Image;
use super::rig::Rig;

const ORDER: &str = "PI0000001";

/// Plays it and says how long each part took.
///
/// # Errors
/// With the logs of everything, when it does not come to its end.
pub async fn play(bench: &Bench) -> Result<Value> {
    let image = Image::make(&bench.pi)?;
    let mut rig = Rig::start("pickup", &image).await?;
    let logs = rig.dir();
    let found = at(&mut rig).await.with_context(|| format!("everything is kept in {}", logs.display()))?;
    std::fs::remove_dir_all(&logs)?;
    Ok(found)
}

async fn at(rig: &mut Rig) -> Result<Value> {
    let booting = Instant::now();
    rig.boot().await?;
    let booted = booting.elapsed();
    let up_after = rig.board.as_ref().and_then(|board| board.up_after());
    let product = &rig.product;
    let (placed, ticket) = bought(product, ORDER).await?;
    let deposit = Instant::now();
    finish(depositor(product, &placed)).await?;
    product.shop.until(ORDER, "/parcel/state", &["in_locker"], LIMIT).await?;
    let deposited = deposit.elapsed();
    let pickup = Instant::now();
    let seen = finish(collector(product, &ticket)?).await?;
    product.shop.until(ORDER, "/parcel/state", &["collected"], LIMIT).await?;
    let collected = pickup.elapsed();
    for page in ["present_card", "review", "take_goods", "done"] {
        ensure!(seen.iter().any(|name| name == page), "no page `{page}`: {seen:?}");
    }
    let state = product.hands.state().await?;
    let slip = state.slips.last().context("no slip was printed")?;
    ensure!(product.hands.original_slips().await? == 1, "not one original slip: {:?}", state.slips);
    ensure!(crate::slip::has_ink(&product.hands.slip_png(slip.id).await?)?, "the slip is blank");
    let writes = rig.board.as_ref().map(|board| board.journal_writes());
    rig.cut().await?;
    Ok(json!({
        "board_up_after_guest_s": up_after,
        "boot_to_idle_ms": booted.as_millis(),
        "deposit_ms": deposited.as_millis(),
        "pickup_ms": collected.as_millis(),
        "journal_writes": writes,
        "pages": seen,
    }))
}
