//! The aarch64 kiosk on emulated boards, scenario by scenario. `cargo xtask pi test` builds what is needed and runs this.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};
use clap::Parser;
use pickup_tests::pi::{Bench, Scenario};
use serde_json::{Map, Value, json};

/// Emulated boards.
#[derive(Debug, Parser)]
struct Arguments {
    /// The scenarios; all of them when none is named.
    scenarios: Vec<String>,
    /// Where aarch64 programs, downloads and what boards boot are kept.
    #[arg(long, default_value = "target/pi")]
    pi: PathBuf,
    /// Name the scenarios and end.
    #[arg(long)]
    list: bool,
    /// At most so many power cuts; without it one at each write of the journal.
    #[arg(long)]
    cuts: Option<u32>,
    /// Print one object at the end.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.list {
        Scenario::ALL.iter().for_each(|scenario| println!("{:<10} {}", scenario.name(), scenario.about()));
        return Ok(ExitCode::SUCCESS);
    }
    let pi = std::path::absolute(&arguments.pi)?;
    let bench = Bench { pi, cuts: arguments.cuts };
    let (mut report, mut failed) = (Map::new(), 0_u32);
    for scenario in wanted(&arguments.scenarios)? {
        println!("{}: {}", scenario.name(), scenario.about());
        let began = Instant::now();
        let played = scenario.play(&bench).await;
        let seconds = began.elapsed().as_secs();
        let entry = match played {
            Ok(found) => {
                println!("  passed in {seconds} s: {found}");
                json!({ "passed": true, "seconds": seconds, "found": found })
            }
            Err(fault) => {
                failed += 1;
                println!("  FAILED after {seconds} s: {fault:#}");
                json!({ "passed": false, "seconds": seconds, "fault": format!("{fault:#}") })
            }
        };
        report.insert(scenario.name().to_owned(), entry);
    }
    if arguments.json {
        println!("{}", Value::Object(report));
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn wanted(names: &[String]) -> Result<Vec<Scenario>> {
    if names.is_empty() {
        return Ok(Scenario::ALL.to_vec());
    }
    let mut wanted = Vec::new();
    for name in names {
        match Scenario::ALL.iter().find(|scenario| scenario.name() == name) {
            Some(scenario) => wanted.push(*scenario),
            None => bail!("no scenario is called `{name}`: --list names them"),
        }
    }
    Ok(wanted)
}
