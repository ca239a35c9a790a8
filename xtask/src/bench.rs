//! `cargo xtask bench pickup`: release programs, timed by the simulated devices' own clock.

mod screen;

use std::process::Command;

use anyhow::{Result, bail};

use crate::cargo;
use crate::postgres::Cluster;

pub use screen::run as ui;

/// Builds the programs as they are shipped and runs the measurement.
pub fn run(json: bool, pickups: u32) -> Result<bool> {
    every_program(&[])?;
    let mut command = program("release", "pickup-bench")?;
    command.args(["--pickups", &pickups.to_string()]);
    if json {
        command.arg("--json");
    }
    cargo::passes(&mut command)
}

/// Builds the programs as they are shipped and measures the kiosk's.
pub fn kiosk(words: &[String]) -> Result<bool> {
    every_program(&[])?;
    cargo::passes(program("release", "pickup-bench-kiosk")?.args(words))
}

fn every_program(features: &[&str]) -> Result<()> {
    if !cargo::build_shipped(&cargo::PROGRAM_PACKAGES, features, Ok)? {
        bail!("the programs could not be built: the compiler's message is above");
    }
    Ok(())
}

/// Builds the release programs of the backend and measures clearing on each database, or on the one that `words` names.
pub fn clearing(words: &[String]) -> Result<bool> {
    backend()?;
    let cluster = Cluster::find()?;
    cluster.start()?;
    let named = words.iter().any(|word| word.starts_with("--engine") || word == "--help");
    let engines: &[&[&str]] =
        if named { &[&[]] } else { &[&["--engine", "sqlite"], &["--engine", "postgres"]] };
    let mut well = true;
    for engine in engines {
        let mut command = program("release", "pickup-bench-clearing")?;
        command.args(*engine).args(words).args(["--cluster", &cluster.address()]);
        well &= cargo::passes(&mut command)?;
    }
    cluster.stop()?;
    Ok(well)
}

/// Builds the release programs of the backend and measures the shop API.
pub fn api(words: &[String]) -> Result<bool> {
    backend()?;
    cargo::passes(program("release", "pickup-bench-api")?.args(words))
}

/// Builds the release programs of the backend and measures the pages of console and phone, with `--engine postgres` in the
/// cluster of the tests.
pub fn web(words: &[String]) -> Result<bool> {
    backend()?;
    let mut command = program("release", "pickup-bench-web")?;
    command.args(words);
    if !words.iter().any(|word| word.ends_with("postgres")) {
        return cargo::passes(&mut command);
    }
    let cluster = Cluster::find()?;
    cluster.start()?;
    let well = cargo::passes(command.args(["--cluster", &cluster.address()]))?;
    cluster.stop()?;
    Ok(well)
}

/// Builds and runs the measurement of customs messages, which needs no other program; with `--hostile` the run against a customs
/// side that does everything wrong.
pub fn customs(words: &[String]) -> Result<bool> {
    if let Some(at) = words.iter().position(|word| word == "--hostile") {
        backend()?;
        let others = words.iter().enumerate().filter(|(place, _)| *place != at);
        return hostile("release", &others.map(|(_, word)| word.clone()).collect::<Vec<_>>());
    }
    let arguments = ["build", "--release", "-p", "pickup-tests", "--bin", "pickup-bench-customs"];
    if !cargo::passes(&mut cargo::cargo(&arguments)?)? {
        bail!("the program could not be built: the compiler's message is above");
    }
    cargo::passes(program("release", "pickup-bench-customs")?.args(words))
}

/// Files declarations with a customs side that does everything wrong, by programs that were built before.
pub fn hostile(profile: &str, words: &[String]) -> Result<bool> {
    cargo::passes(program(profile, "pickup-hostile")?.args(words))
}

/// Builds and runs the simulation of a kiosk's sessions, which needs no other program.
pub fn sessions(words: &[String]) -> Result<bool> {
    let mut command =
        cargo::cargo(&["bench", "--quiet", "-p", "pickup-session", "--bench", "sessions", "--"])?;
    cargo::passes(command.args(words))
}

/// Builds the release programs of the backend and kills them, on each database.
pub fn kills(words: &[String]) -> Result<bool> {
    backend()?;
    kill_loop("release", words)
}

/// Kills the programs that were built before, on each database.
pub fn kill_loop(profile: &str, words: &[String]) -> Result<bool> {
    let cluster = Cluster::find()?;
    cluster.start()?;
    let mut well = cargo::passes(program(profile, "pickup-kill-loop")?.args(words))?;
    let mut on_postgres = program(profile, "pickup-kill-loop")?;
    on_postgres.args(words).args(["--cluster", &cluster.address()]);
    well &= cargo::passes(&mut on_postgres)?;
    cluster.stop()?;
    Ok(well)
}

fn backend() -> Result<()> {
    let arguments = [
        "build",
        "--release",
        "--bins",
        "-p",
        "pickup-server",
        "-p",
        "pickup-tests",
        "-p",
        "pickup-customs-sim",
    ];
    if !cargo::passes(&mut cargo::cargo(&arguments)?)? {
        bail!("the programs could not be built: the compiler's message is above");
    }
    Ok(())
}

fn program(profile: &str, name: &str) -> Result<Command> {
    let mut command = Command::new(cargo::target_dir()?.join(profile).join(name));
    command.current_dir(cargo::root()?);
    if profile == "release" {
        // The kiosk that is measured is the one that is shipped, which lies in a folder of its own.
        let folder = cargo::target_dir()?.join(cargo::shipped(cargo::KIOSK));
        command.env("PICKUP_KIOSK_PROGRAM", folder.join(cargo::KIOSK));
    }
    Ok(command)
}
