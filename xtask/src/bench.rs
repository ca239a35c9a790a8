//! `cargo xtask bench pickup`: release programs, timed by the simulated devices' own clock.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo;

/// Builds the release programs and runs the measurement.
pub fn run(json: bool, pickups: u32) -> Result<bool> {
    let mut arguments = vec!["build", "--release", "--bins"];
    for package in cargo::PROGRAM_PACKAGES {
        arguments.extend(["--package", package]);
    }
    if !cargo::passes(&mut cargo::cargo(&arguments)?)? {
        bail!("the programs could not be built: the compiler's message is above");
    }
    let bench = cargo::target_dir()?.join("release/pickup-bench");
    let mut command = Command::new(&bench);
    command.current_dir(cargo::root()?).args(["--pickups", &pickups.to_string()]);
    if json {
        command.arg("--json");
    }
    cargo::passes(&mut command).with_context(|| format!("{} did not run", bench.display()))
}
