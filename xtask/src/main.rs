//! What a person repeats in this repository, as one command: `cargo xtask <demo|test|bench|fuzz|slip|pi|deb|postgres|tidy>`.

mod args;
mod bench;
mod cargo;
mod check;
mod chroot;
mod deb;
mod debian;
mod demo;
mod disk;
mod fuzz;
mod pi;
mod postgres;
mod slip;
mod steps;
mod tidy;
mod tools;

use std::process::ExitCode;

use args::Command;

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let command = match args::parse(&given) {
        Ok(command) => command,
        Err(fault) => {
            eprintln!("{fault}\n\n{}", args::HELP);
            return ExitCode::from(2);
        }
    };
    match run(command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("xtask: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

/// Carries the command out; `false` means that it ran to its end and found something wrong.
fn run(command: Command) -> anyhow::Result<bool> {
    match command {
        Command::Help(text) => {
            println!("{text}");
            Ok(true)
        }
        Command::Demo(options) => demo::run(&options),
        Command::Test(install) => check::run(install),
        Command::BenchPickup { json, pickups } => bench::run(json, pickups),
        Command::BenchKiosk(words) => bench::kiosk(&words),
        Command::BenchUi(options) => bench::ui(&options),
        Command::BenchClearing(words) => bench::clearing(&words),
        Command::BenchApi(words) => bench::api(&words),
        Command::BenchWeb(words) => bench::web(&words),
        Command::BenchCustoms(words) => bench::customs(&words),
        Command::BenchSessions(words) => bench::sessions(&words),
        Command::BenchKills(words) => bench::kills(&words),
        Command::Postgres { stop } => {
            let cluster = postgres::Cluster::find()?;
            if stop {
                cluster.stop()?;
            } else {
                cluster.start()?;
                println!("{}={:?}", postgres::VARIABLE, cluster.address());
            }
            Ok(true)
        }
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Slip(options) => slip::run(&options),
        Command::Pi(command) => pi::run(&command),
        Command::Deb(options) => deb::run(&options),
        Command::Tidy => tidy::run(),
    }
}
