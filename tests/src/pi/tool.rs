//! Tools of the system, run to their end.

use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Runs a command and gives what it printed.
///
/// # Errors
/// When it cannot be started or fails, with what it said.
pub fn run(command: &mut Command) -> Result<String> {
    let shown = format!("{command:?}");
    let output =
        command.output().with_context(|| format!("{shown} could not be started: is it installed?"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{shown} failed ({}):\n{said}{complaint}", output.status);
    Ok(said)
}
