//! A million simulated sessions against the rules, and the share of shoppers who are served when things fail as they do in
//! the field. Run by `cargo xtask bench sessions`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    dead_code,
    unused_imports
)]
#![allow(missing_docs)]

#[path = "../tests/it/lives/mod.rs"]
mod lives;
#[path = "../tests/it/sample.rs"]
mod sample;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lives::availability::Availability;
use lives::faults::{RATES, Rate};
use lives::tally::Tally;
use serde_json::{Value, json};

const HELP: &str = "\
cargo xtask bench sessions [--sessions N] [--visits N] [--seed S] [--json]

Plays random lives of a kiosk beside a model of its backend until N sessions (1,000,000) have been
served: device faults, power cuts, network loss, late revocations. Each event is checked against the
rules; the first that breaks one is told with its seed and what led to it, and the exit status is 1.
Then N visits (1,000,000) with faults at the rates of the table: the share of shoppers who leave with
their goods without staff, and what each fault costs. --seed repeats a run; --sessions 1 one life.";

struct Options {
    sessions: u64,
    visits: u64,
    seed: u64,
    json: bool,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match options(&words).and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

fn options(words: &[String]) -> Result<Options, String> {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    let mut options = Options { sessions: 1_000_000, visits: 1_000_000, seed: clock, json: false };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let field = match word.as_str() {
            "--sessions" => &mut options.sessions,
            "--visits" => &mut options.visits,
            "--seed" => &mut options.seed,
            "--json" => {
                options.json = true;
                continue;
            }
            other => return Err(format!("`{other}` is not an option.\n\n{HELP}")),
        };
        let number = words.next().and_then(|number| number.parse().ok());
        *field = number.ok_or_else(|| format!("{word} needs a whole number"))?;
    }
    Ok(options)
}

fn run(options: &Options) -> Result<(), String> {
    if !options.json {
        println!("seed {}", options.seed);
    }
    let began = Instant::now();
    let (lives, tally) = all_lives(options)?;
    let took = began.elapsed();
    let availability = visits(options, false)?;
    let with_policy = visits(options, true)?;
    let mut figures = figures(options, lives, tally, took, &availability);
    figures["served_per_100000_when_the_slip_may_follow"] =
        json!(per_100_000(with_policy.served, with_policy.shoppers));
    if options.json {
        println!("{figures}");
    } else {
        tell(lives, tally, took, &availability);
        let served = per_100_000(with_policy.served, with_policy.shoppers);
        println!(
            "\nWhere the slip may follow after 20 s without a printer: {}.{:03} %",
            served / 1_000,
            served % 1_000
        );
    }
    Ok(())
}

/// How far it is, every few seconds and beside the figures.
struct Progress {
    what: &'static str,
    of: u64,
    told: Mutex<Instant>,
}

impl Progress {
    fn new(what: &'static str, of: u64) -> Self {
        Self { what, of, told: Mutex::new(Instant::now()) }
    }

    fn at(&self, done: u64) {
        let mut told = locked(&self.told);
        if told.elapsed() >= Duration::from_secs(5) {
            *told = Instant::now();
            eprintln!("  {done} of {} {}", self.of, self.what);
        }
    }
}

/// Plays lives on every core until so many sessions were served.
fn all_lives(options: &Options) -> Result<(u64, Tally), String> {
    let chunk = options.sessions.clamp(1, 1_000);
    let (next, broken) = (AtomicU64::new(options.seed), AtomicBool::new(false));
    let sum = Mutex::new((0, Tally::default(), None));
    let progress = Progress::new("sessions", options.sessions);
    on_every_core(|| {
        while !broken.load(Ordering::Relaxed) && locked(&sum).1.sessions < options.sessions {
            let first = next.fetch_add(chunk, Ordering::Relaxed);
            for seed in first..first + chunk {
                let life = lives::play(seed);
                let mut sum = locked(&sum);
                match life {
                    Ok(tally) => {
                        sum.0 += 1;
                        sum.1.add(tally);
                        progress.at(sum.1.sessions);
                    }
                    Err(why) => {
                        broken.store(true, Ordering::Relaxed);
                        sum.2 = Some(why);
                        return;
                    }
                }
            }
        }
    });
    match sum.into_inner().unwrap_or_else(PoisonError::into_inner) {
        (_, _, Some(why)) => Err(why),
        (lives, tally, None) => Ok((lives, tally)),
    }
}

fn visits(options: &Options, slip_follows: bool) -> Result<Availability, String> {
    const CHUNK: u64 = 10_000;
    let (next, sum) = (AtomicU64::new(0), Mutex::new(Ok(Availability::default())));
    let progress = Progress::new("visits", options.visits);
    on_every_core(|| {
        loop {
            let first = next.fetch_add(CHUNK, Ordering::Relaxed);
            let last = (first + CHUNK).min(options.visits);
            if first >= last {
                return;
            }
            let part = Availability::play(options.seed + first..options.seed + last, slip_follows);
            let mut sum = locked(&sum);
            match (&mut *sum, part) {
                (Ok(sum), Ok(part)) => {
                    sum.add(&part);
                    progress.at(sum.shoppers);
                }
                (sum, Err(why)) => *sum = Err(why),
                (Err(_), Ok(_)) => return,
            }
        }
    });
    sum.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn locked<T>(sum: &Mutex<T>) -> MutexGuard<'_, T> {
    sum.lock().unwrap_or_else(PoisonError::into_inner)
}

fn on_every_core(work: impl Fn() + Sync) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(&work);
        }
    });
}

fn figures(options: &Options, lives: u64, mut tally: Tally, took: Duration, all: &Availability) -> Value {
    let counts: serde_json::Map<String, Value> =
        tally.parts().into_iter().map(|(name, times)| (name.to_owned(), json!(*times))).collect();
    let faults: Vec<Value> = worst_first(all)
        .into_iter()
        .map(|(rate, cost)| {
            json!({
                "fault": rate.code, "per_million": rate.per_million, "lasts_s": rate.lasts_s, "reason": rate.reason,
                "met": cost.met, "lost": cost.lost, "unclear": cost.unclear,
            })
        })
        .collect();
    json!({
        "seed": options.seed, "sessions": tally.sessions, "lives": lives, "violations": 0,
        "seconds": took.as_secs(), "counts": counts,
        "availability": {
            "shoppers": all.shoppers, "served": all.served, "unclear": all.unclear, "lost": all.lost,
            "served_per_100000": per_100_000(all.served, all.shoppers), "faults": faults,
        },
    })
}

fn per_100_000(part: u64, whole: u64) -> u64 {
    (part * 100_000).checked_div(whole).unwrap_or_default()
}

fn worst_first(all: &Availability) -> Vec<(&'static Rate, lives::availability::Cost)> {
    let cost = |rate: &'static Rate| (rate, all.costs.get(rate.code).copied().unwrap_or_default());
    let mut costs: Vec<_> = RATES.iter().map(cost).collect();
    costs.sort_by_key(|(_, cost)| std::cmp::Reverse(cost.lost + cost.unclear));
    costs
}

fn tell(lives: u64, tally: Tally, took: Duration, all: &Availability) {
    println!("{} sessions in {lives} lives, no rule broken ({} s)", tally.sessions, took.as_secs());
    println!("{tally:?}");
    let served = per_100_000(all.served, all.shoppers);
    println!(
        "\n{} shoppers: {}.{:03} % left with their goods without staff, {} left with them unclear, {} without",
        all.shoppers,
        served / 1_000,
        served % 1_000,
        all.unclear,
        all.lost
    );
    println!(
        "{:<18} {:>11} {:>8} {:>8} {:>8}  why so often",
        "fault", "per million", "met", "lost", "unclear"
    );
    for (rate, cost) in worst_first(all) {
        println!(
            "{:<18} {:>11} {:>8} {:>8} {:>8}  {}",
            rate.code, rate.per_million, cost.met, cost.lost, cost.unclear, rate.reason
        );
    }
}
