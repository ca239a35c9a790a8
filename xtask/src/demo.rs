//! `cargo xtask demo`: builds the programs once and hands over to the driver in `tests`.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::args::Demo;
use crate::{cargo, debian};

/// Builds, then runs the driver in the foreground; its exit status is ours.
pub fn run(options: &Demo) -> Result<bool> {
    debian::ensure(&[debian::DEMO], options.install)?;
    println!("Building the programs (some minutes the first time)");
    if !cargo::passes(&mut build(options)?)? {
        bail!("the programs could not be built: the compiler's message is above");
    }
    let driver = cargo::target_dir()?.join("debug/pickup-demo");
    let mut command = Command::new(&driver);
    command.current_dir(cargo::root()?).stdin(Stdio::inherit());
    command.arg("--out").arg(cargo::target_dir()?.join("demo"));
    if options.script {
        command.arg("--script");
    }
    if options.window {
        command.arg("--window");
    }
    cargo::passes(&mut command).with_context(|| format!("{} did not run", driver.display()))
}

fn build(options: &Demo) -> Result<Command> {
    let mut arguments = vec!["build", "--bins"];
    for package in cargo::PROGRAM_PACKAGES {
        arguments.extend(["--package", package]);
    }
    if options.window {
        arguments.extend(["--features", "pickup-kiosk/window"]);
    }
    cargo::cargo(&arguments)
}
