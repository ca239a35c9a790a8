//! The power goes at one write of the journal after the other, through a deposit and a pickup; every time the journal has kept
//! what it acknowledged, and the kiosk comes to a correct end.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::Bench;
use super::disk;
use super::errands::{LIMIT, bought, collector, depositor, parcel_is, settle};
use super::image::Image;
use super::rig::Rig;
use crate::pilot::{Pilot, Progress};
use crate::product::Product;
use crate::shop::Placed;

/// How often the board's console is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Tries after a power cut until the parcel has to be where it belongs.
const TRIES: u8 = 4;

/// Plays a deposit and a pickup for each write of the journal, with the power cut there.
///
/// # Errors
/// With the number of the write at which something was wrong.
pub async fn play(bench: &Bench) -> Result<Value> {
    let image = Image::make(&bench.pi)?;
    let mut rig = Rig::start("powercut", &image).await?;
    rig.boot().await?;
    let mut cuts: Vec<Cut> = Vec::new();
    // The step from one cut to the next, so that a given number of cuts is spread over the whole path.
    let (mut at, mut step) = (usize::MAX, 1);
    loop {
        let number = cuts.len() + 1;
        let began = Instant::now();
        let cut = one(&mut rig, number, at).await;
        let cut = cut.with_context(|| format!("the power cut at write {at}; see {}", rig.dir().display()))?;
        match cut.kept {
            _ if at == usize::MAX => {
                // The first pickup is undisturbed and tells how many writes there are.
                let most = bench.cuts.and_then(|most| usize::try_from(most).ok());
                step = most.map_or(1, |most| cut.writes.div_ceil(most.max(1)));
                println!("  {} writes in a deposit and a pickup; cutting at every {step}", cut.writes);
                at = 0;
            }
            Some(kept) => println!(
                "  cut at write {at} ({}): {kept} records kept, {} s to a right end",
                cut.during,
                began.elapsed().as_secs()
            ),
            // Writes that follow each other closely are told as one, so that their number varies.
            None => println!("  write {at} did not come: the pickup ended undisturbed"),
        }
        let writes = cuts.first().map_or(cut.writes, |first: &Cut| first.writes);
        cuts.push(cut);
        at += step;
        if at > writes {
            break;
        }
    }
    rig.cut().await?;
    let dir = rig.dir();
    drop(rig);
    std::fs::remove_dir_all(dir)?;
    let made: Vec<Value> = cuts
        .iter()
        .filter_map(|cut| cut.kept.map(|kept| json!({ "during": cut.during, "kept": kept })))
        .collect();
    ensure!(!made.is_empty(), "the power was never cut");
    Ok(json!({ "cuts": made.len(), "pickups": cuts.len(), "each": made }))
}

/// One deposit and pickup with its power cut.
struct Cut {
    /// Writes of the journal from the deposit to the end, or to the cut.
    writes: usize,
    /// `deposit` or `pickup`.
    during: &'static str,
    /// Records on the disk after the cut; none when the errands ended before it.
    kept: Option<usize>,
}

async fn one(rig: &mut Rig, number: usize, at: usize) -> Result<Cut> {
    let order = format!("PICUT{number:04}");
    let (placed, ticket) = bought(&rig.product, &order).await?;
    let before = writes(rig);
    let mut staff = depositor(&rig.product, &placed);
    let mut shopper = collector(&rig.product, &ticket)?;
    let mut during = "deposit";
    let mut cut_off = or_cut(rig, before.saturating_add(at), staff.run(LIMIT)).await?;
    if !cut_off {
        rig.product.shop.until(&order, "/parcel/state", &["in_locker"], LIMIT).await?;
        during = "pickup";
        cut_off = or_cut(rig, before.saturating_add(at), shopper.run(LIMIT)).await?;
    }
    let writes = writes(rig).saturating_sub(before);
    let mut kept = None;
    if cut_off {
        kept = Some(cut_and_compare(rig).await?);
        // A door may have sprung open until the power was gone; none has moved since.
        let open = rig.product.hands.state().await?.doors.iter().any(|door| door.open);
        let goods_out = shopper.goods_out || during == "pickup" && open;
        recover(&rig.product, &order, &placed, &ticket, goods_out).await?;
    }
    right_end(&rig.product, &order, number).await?;
    Ok(Cut { writes, during, kept })
}

fn writes(rig: &Rig) -> usize {
    rig.board.as_ref().map_or(0, |board| board.journal_writes())
}

/// Goes on with an errand until it ends or the journal has been written `at` times; `true` when it was cut off.
async fn or_cut(rig: &Rig, at: usize, errand: impl Future<Output = Result<Progress>>) -> Result<bool> {
    let reached = async {
        while writes(rig) < at {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::select! {
        () = reached => Ok(true),
        ended = errand => match ended? {
            Progress::Finished => Ok(false),
            other => bail!("the errand ended with {other:?} before the power was cut"),
        },
    }
}

/// Cuts, looks at the disk, boots, and looks again: what was there is still there, in the same order.
async fn cut_and_compare(rig: &mut Rig) -> Result<usize> {
    rig.cut().await?;
    let scratch = rig.dir().join("scratch");
    let kept = disk::journal(&rig.parts.disk, &scratch)?;
    announced(&kept, &rig.product).await?;
    // Counted now and not before the cut: until then the kiosk went on.
    let cut_at = rig.product.hands.log(0).await?.0.last().map_or(0, |entry| entry.at_us);
    rig.boot().await?;
    // The kiosk has only read doors so far: nothing may have been opened by itself.
    let log = rig.product.hands.log(0).await?.0;
    let mut again = log.iter().filter(|entry| entry.kind == "pulse" && entry.at_us > cut_at);
    if let Some(pulse) = again.next() {
        let after = pulse.at_us.saturating_sub(cut_at) / 1000;
        bail!("door {:?} was opened again {after} ms after the power had gone: {kept:#?}", pulse.door);
    }
    let after = disk::journal(&rig.parts.disk, &scratch)?;
    ensure!(after.len() >= kept.len(), "the journal had {} records and has {}", kept.len(), after.len());
    ensure!(after.iter().zip(&kept).all(|(now, then)| now == then), "a record is another one than before");
    Ok(kept.len())
}

/// Whatever left the kiosk was written down before: no pulse without its intent, no slip without its own.
async fn announced(records: &[Value], product: &Product) -> Result<()> {
    let is = |record: &&Value, tag: &str| record.get("record").and_then(Value::as_str) == Some(tag);
    let intents = records.iter().filter(|record| {
        is(record, "deposit_begun")
            || is(record, "look_intent")
            || is(record, "door") && record.to_string().contains("intent")
    });
    let slips = records.iter().filter(|record| is(record, "slip_intent")).count();
    let (pulses, printed) = (pulses(product).await?, product.hands.state().await?.slips.len());
    let intents = intents.count();
    ensure!(pulses <= intents, "{pulses} pulses, but only {intents} intents on the disk: {records:#?}");
    ensure!(printed <= slips, "{printed} slips, but only {slips} intents on the disk");
    Ok(())
}

async fn pulses(product: &Product) -> Result<usize> {
    Ok(product.hands.log(0).await?.0.iter().filter(|entry| entry.kind == "pulse").count())
}

/// People do what the kiosk asks of them until the parcel is with its buyer.
async fn recover(
    product: &Product,
    order: &str,
    placed: &Placed,
    ticket: &str,
    goods_out: bool,
) -> Result<()> {
    let mut goods_out = goods_out;
    for _ in 0..TRIES {
        if parcel_is(product, order, "collected").await? {
            return Ok(());
        }
        let in_locker = parcel_is(product, order, "in_locker").await?;
        let mut person: Pilot =
            if in_locker { collector(product, ticket)? } else { depositor(product, placed) };
        let ended = person.run(LIMIT).await?;
        goods_out |= in_locker && person.goods_out;
        if ended == Progress::Finished {
            let wanted = if in_locker { "collected" } else { "in_locker" };
            product.shop.until(order, "/parcel/state", &[wanted, "collected"], LIMIT).await?;
            continue;
        }
        product.hands.back_to_start(LIMIT).await?;
        settle(product, goods_out).await?;
    }
    ensure!(parcel_is(product, order, "collected").await?, "{order} was not handed over after {TRIES} tries");
    Ok(())
}

/// Handed over once, at most one original slip, no door left open, an unbroken trail.
async fn right_end(product: &Product, order: &str, handed_over: usize) -> Result<()> {
    product.shop.until(order, "/parcel/state", &["collected"], LIMIT).await?;
    product.hands.back_to_start(LIMIT).await?;
    product.verify_trail().await?;
    let trail = product.trail().await?;
    let rows: Vec<Value> = trail.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let is = |row: &Value, key: &str, value: &str| row.get(key).and_then(Value::as_str) == Some(value);
    let collected =
        rows.iter().filter(|row| is(row, "kind", "parcel") && is(row, "state", "collected")).count();
    ensure!(collected == handed_over, "{handed_over} parcels were handed over {collected} times");
    let state = product.hands.state().await?;
    ensure!(state.doors.iter().all(|door| !door.open), "a door stands open at the end");
    let originals = product.hands.original_slips().await?;
    ensure!(originals <= handed_over, "{originals} original slips for {handed_over} parcels");
    Ok(())
}
