//! Times pickups on the clock of the simulated devices: scan to verdict, confirmation to lock pulse.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use pickup_tests::hands::Entry;
use pickup_tests::people;
use pickup_tests::pilot::{Errand, Pilot, Progress};
use pickup_tests::product::{self, Product, Setup};
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(60);
/// The cheapest articles, so that no buyer meets a limit, in turn, so that no stock runs out.
const ARTICLES: [&str; 3] = ["FOD-002", "CAR-001", "FOD-005"];
const BUYERS: [&str; 5] = ["demo-01", "demo-05", "demo-06", "demo-07", "demo-08"];

/// Plays pickups one after the other and prints how long the machine kept people waiting.
#[derive(Parser)]
struct Options {
    /// How many pickups.
    #[arg(long, default_value_t = 200)]
    pickups: u32,
    /// Print one JSON object and nothing else.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<()> {
    let setup = Setup { customs_step_ms: 5, ..Setup::quick(&product::fresh_dir("bench")?) };
    let mut times = Times::default();
    product::play_on(setup, async |product| {
        for n in 0..options.pickups {
            times.add(&pickup(product, n).await.with_context(|| format!("pickup {n}"))?)?;
            if !options.json && (n + 1) % 50 == 0 {
                println!("{} of {} pickups", n + 1, options.pickups);
            }
        }
        Ok(())
    })
    .await?;
    times.print(options)
}

/// One pickup from the order to the closed door; gives what the bench wrote from the scan on.
async fn pickup(product: &mut Product, n: u32) -> Result<Vec<Entry>> {
    let turn = |count: usize| usize::try_from(n).map(|n| n.checked_rem(count).unwrap_or_default());
    let person = people::find(BUYERS.get(turn(BUYERS.len())?).context("no buyer")?)?;
    let article = ARTICLES.get(turn(ARTICLES.len())?).context("no article")?;
    let placed = product.shop.buy(&format!("BENCH{n:06}"), &person, &[(article, 1)]).await?;
    let ticket = product.shop.ticket(&placed.order_no, LIMIT).await?;
    let label = format!("BPL1{}", placed.waybill);
    let mut staff = Pilot::new(&product.hands, Errand::Deposit { badge: product.badge.clone(), label });
    ensure!(staff.run(LIMIT).await? == Progress::Finished, "the label was refused: {:?}", staff.last_seen());
    product.hands.take_slips().await?;
    let (_, since) = product.hands.log(0).await?;
    let mut shopper = Pilot::new(&product.hands, Errand::Collect { ticket, card: person.card() });
    ensure!(
        shopper.run(LIMIT).await? == Progress::Finished,
        "the ticket was refused: {:?}",
        shopper.last_seen()
    );
    product.hands.lift().await?;
    Ok(product.hands.log(since).await?.0)
}

/// Microseconds of each pickup.
#[derive(Default)]
struct Times {
    scan_to_verdict: Vec<u64>,
    confirm_to_pulse: Vec<u64>,
}

impl Times {
    fn add(&mut self, log: &[Entry]) -> Result<()> {
        let first = |wanted: &dyn Fn(&Entry) -> bool| log.iter().find(|entry| wanted(entry));
        let scan = first(&|entry| entry.kind == "scan").context("no scan in the log")?;
        let verdict = first(&|entry| entry.kind == "frame" && entry.screen == "present_card");
        let verdict = verdict.context("no verdict on the screen")?;
        let pulse = first(&|entry| entry.kind == "pulse").context("no pulse in the log")?;
        // The touch that asked for it: the last one before the pulse, after the review was shown.
        let confirm = log.iter().rev().find(|entry| entry.kind == "touch" && entry.at_us < pulse.at_us);
        let confirm = confirm.context("no touch before the pulse")?;
        let slip = first(&|entry| entry.kind == "slip").context("no slip in the log")?;
        ensure!(slip.at_us <= pulse.at_us, "the lock was pulsed before the slip was cut");
        self.scan_to_verdict.push(verdict.at_us.saturating_sub(scan.at_us));
        self.confirm_to_pulse.push(pulse.at_us.saturating_sub(confirm.at_us));
        Ok(())
    }

    fn print(mut self, options: &Options) -> Result<()> {
        self.scan_to_verdict.sort_unstable();
        self.confirm_to_pulse.sort_unstable();
        if options.json {
            let (verdict, pulse) = (rank(&self.scan_to_verdict, 95)?, rank(&self.confirm_to_pulse, 95)?);
            let line = json!({
                "scan_to_verdict_p95_ms": milliseconds(verdict).parse::<serde_json::Number>()?,
                "confirm_to_pulse_p95_ms": milliseconds(pulse).parse::<serde_json::Number>()?,
                "pickups": self.scan_to_verdict.len(),
            });
            println!("{line}");
            return Ok(());
        }
        println!("{} pickups", self.scan_to_verdict.len());
        for (name, times) in [
            ("scan to verdict", &self.scan_to_verdict),
            ("confirmation to lock pulse", &self.confirm_to_pulse),
        ] {
            let [p50, p95, most] = [rank(times, 50)?, rank(times, 95)?, rank(times, 100)?].map(milliseconds);
            println!("{name:<27} p50 {p50:>7} ms   p95 {p95:>7} ms   largest {most:>7} ms");
        }
        Ok(())
    }
}

/// The nearest-rank percentile of sorted times.
fn rank(sorted: &[u64], percent: usize) -> Result<u64> {
    let rank = sorted.len().saturating_mul(percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().context("nothing was measured")
}

/// Microseconds as milliseconds with one decimal.
fn milliseconds(us: u64) -> String {
    format!("{}.{}", us / 1000, us % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_of_a_percentile_is_the_nearest() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!(rank(&hundred, 95).unwrap(), 95);
        assert_eq!(rank(&[7], 50).unwrap(), 7);
        assert!(rank(&[], 50).is_err());
    }

    #[test]
    fn a_time_is_shown_in_milliseconds() {
        assert_eq!(milliseconds(12_345), "12.3");
    }

    #[test]
    fn a_pulse_before_the_slip_is_no_pickup() {
        let entry = |n: u64, kind: &str, screen: &str| Entry {
            n,
            at_us: n * 1000,
            kind: kind.to_owned(),
            screen: screen.to_owned(),
            door: None,
        };
        let head = [entry(0, "scan", ""), entry(5, "frame", "present_card"), entry(9, "touch", "")];
        let good = [&head[..], &[entry(10, "slip", ""), entry(12, "pulse", "")]].concat();
        let bad = [&head[..], &[entry(10, "pulse", ""), entry(12, "slip", "")]].concat();
        let mut times = Times::default();
        times.add(&good).unwrap();
        assert_eq!((times.scan_to_verdict[0], times.confirm_to_pulse[0]), (5000, 3000));
        assert!(times.add(&bad).is_err());
    }
}
