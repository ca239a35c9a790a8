//! Cargo's companions: nextest and deny, built from their source when absent.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::cargo;

/// A cargo subcommand that has to be installed.
pub struct Tool {
    /// The package and program name.
    pub package: &'static str,
    /// The subcommand's name.
    pub subcommand: &'static str,
    /// The version to install: a later one may want a newer compiler.
    pub version: &'static str,
}

/// Runs the tests, each in a process of its own.
pub const NEXTEST: Tool = Tool { package: "cargo-nextest", subcommand: "nextest", version: "0.9.143" };
/// Checks licences, sources and versions of what we depend on.
pub const DENY: Tool = Tool { package: "cargo-deny", subcommand: "deny", version: "0.20.2" };

/// Installs the tool unless some version of it is there.
pub fn ensure(tool: &Tool) -> Result<()> {
    if present(tool)? {
        return Ok(());
    }
    println!("{} is not installed: building {} (some minutes, once)", tool.package, tool.version);
    let target = cargo::target_dir()?.join("tools");
    let mut install =
        cargo::cargo(&["install", "--locked", "--quiet", tool.package, "--version", tool.version])?;
    install.env("CARGO_TARGET_DIR", target);
    if !cargo::passes(&mut install)? {
        bail!("{} could not be installed: try `cargo install --locked {}`", tool.package, tool.package);
    }
    Ok(())
}

fn present(tool: &Tool) -> Result<bool> {
    Ok(cargo::cargo(&[tool.subcommand, "--version"])?.output()?.status.success())
}

/// Runs a command silently for at most `limit`; `false` when it failed or was ended for taking longer.
pub fn succeeds_within(command: &mut Command, limit: Duration) -> Result<bool> {
    use std::process::Stdio;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{:?} could not be started", command.get_program()))?;
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
