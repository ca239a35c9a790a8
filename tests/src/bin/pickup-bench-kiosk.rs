//! Measures the kiosk's program: start, memory, idle load, and how soon it reacts, on pseudo-terminals.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use pickup_tests::processes::{TICKS_PER_S, pss_kib, ticks};
use pickup_tests::product::{self, Product, Setup};
use pickup_tests::program;
use pickup_tests::timed::{self, Times, milliseconds, rank};
use pickup_tests::wait::PATIENCE;
use serde_json::{Value, json};

/// How many pickups are played between two words of how far it is.
const TOLD_EVERY: u32 = 10;

/// Starts the kiosk again and again, leaves it alone for a while, and plays pickups.
#[derive(Parser)]
struct Options {
    /// How many starts.
    #[arg(long, default_value_t = 20)]
    starts: u32,
    /// How many pickups.
    #[arg(long, default_value_t = 100)]
    pickups: u32,
    /// Seconds in which nobody comes.
    #[arg(long, default_value_t = 30)]
    idle_s: u64,
    /// Print one JSON object and nothing else.
    #[arg(long)]
    json: bool,
}

#[derive(Default)]
struct Figures {
    start_us: Vec<u64>,
    pss_kib: u64,
    idle_ticks: u64,
    times: Times,
}

#[tokio::main]
async fn main() -> ExitCode {
    program::ended(run(&Options::parse()).await)
}

async fn run(options: &Options) -> Result<()> {
    let setup = Setup { customs_step_ms: 5, ..Setup::quick(&product::fresh_dir("bench-kiosk")?) };
    let mut figures = Figures::default();
    product::play_on(setup, async |product| measure(product, options, &mut figures).await).await?;
    let shown = shown(figures, options)?;
    if options.json {
        println!("{shown}");
    } else if let Value::Object(shown) = shown {
        shown.iter().for_each(|(name, value)| println!("{name:<28} {value}"));
    }
    Ok(())
}

async fn measure(product: &mut Product, options: &Options, figures: &mut Figures) -> Result<()> {
    for n in 1..=options.starts {
        eprintln!("start {n} of {}", options.starts);
        product.kill_kiosk().await?;
        let start = Instant::now();
        product.start_kiosk().await?;
        figures.start_us.push(u64::try_from(start.elapsed().as_micros())?);
    }
    product.hands.until_screen(&["idle"], PATIENCE).await?;
    eprintln!("nobody comes for {} s", options.idle_s);
    let id = product.kiosk_id().context("the kiosk does not run")?;
    let before = ticks(id)?;
    tokio::time::sleep(Duration::from_secs(options.idle_s)).await;
    figures.idle_ticks = ticks(id)?.saturating_sub(before);
    for n in 0..options.pickups {
        if n % TOLD_EVERY == 0 {
            eprintln!("pickup {} of {}", n.saturating_add(1), options.pickups);
        }
        let log = timed::pickup(product, n).await.with_context(|| format!("pickup {n}"))?;
        figures.times.add(&log)?;
    }
    figures.pss_kib = pss_kib(id)?;
    Ok(())
}

fn shown(mut figures: Figures, options: &Options) -> Result<Value> {
    let number = |us: u64| milliseconds(us).parse::<serde_json::Number>();
    let mut object = serde_json::Map::new();
    let sorted = [
        ("start_to_ready", &mut figures.start_us),
        ("scan_to_event", &mut figures.times.scan_to_event),
        ("scan_to_verdict", &mut figures.times.scan_to_verdict),
        ("confirm_to_pulse", &mut figures.times.confirm_to_pulse),
    ];
    for (name, times) in sorted {
        times.sort_unstable();
        for percent in [50, 95] {
            object.insert(format!("{name}_p{percent}_ms"), Value::Number(number(rank(times, percent)?)?));
        }
    }
    // Thousandths of one processor.
    let load = figures.idle_ticks.saturating_mul(1000).checked_div(TICKS_PER_S * options.idle_s.max(1));
    object.insert("idle_cpu_permille".into(), json!(load));
    object.insert("pss_kib".into(), json!(figures.pss_kib));
    object.insert("starts".into(), json!(options.starts));
    object.insert("pickups".into(), json!(options.pickups));
    Ok(Value::Object(object))
}
