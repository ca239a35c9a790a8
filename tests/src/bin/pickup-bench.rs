//! Times pickups on the clock of the simulated devices: scan to verdict, confirmation to lock pulse.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use pickup_tests::product::{self, Setup};
use pickup_tests::program;
use pickup_tests::timed::{self, Times, milliseconds, rank};
use serde_json::json;

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
    program::ended(run(&Options::parse()).await)
}

async fn run(options: &Options) -> Result<()> {
    let setup = Setup { customs_step_ms: 5, ..Setup::quick(&product::fresh_dir("bench")?) };
    let mut times = Times::default();
    product::play_on(setup, async |product| {
        for n in 0..options.pickups {
            times.add(&timed::pickup(product, n).await.with_context(|| format!("pickup {n}"))?)?;
            if !options.json && (n + 1) % 50 == 0 {
                println!("{} of {} pickups", n + 1, options.pickups);
            }
        }
        Ok(())
    })
    .await?;
    print(times, options)
}

fn print(mut times: Times, options: &Options) -> Result<()> {
    times.scan_to_verdict.sort_unstable();
    times.confirm_to_pulse.sort_unstable();
    if options.json {
        let (verdict, pulse) = (rank(&times.scan_to_verdict, 95)?, rank(&times.confirm_to_pulse, 95)?);
        let line = json!({
            "scan_to_verdict_p95_ms": milliseconds(verdict).parse::<serde_json::Number>()?,
            "confirm_to_pulse_p95_ms": milliseconds(pulse).parse::<serde_json::Number>()?,
            "pickups": times.scan_to_verdict.len(),
        });
        println!("{line}");
        return Ok(());
    }
    println!("{} pickups", times.scan_to_verdict.len());
    for (name, sorted) in
        [("scan to verdict", &times.scan_to_verdict), ("confirmation to lock pulse", &times.confirm_to_pulse)]
    {
        let [p50, p95, most] = [rank(sorted, 50)?, rank(sorted, 95)?, rank(sorted, 100)?].map(milliseconds);
        println!("{name:<27} p50 {p50:>7} ms   p95 {p95:>7} ms   largest {most:>7} ms");
    }
    Ok(())
}
