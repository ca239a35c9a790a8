//! `cargo xtask pi`: programs for the Raspberry Pi, and their trial on emulated boards.

pub mod args;
pub mod cross;
mod trial;

use std::time::Instant;

use anyhow::{Result, bail};

use crate::args::Install;

/// What to do for the Raspberry Pi.
#[derive(Debug, PartialEq, Eq)]
pub enum Pi {
    /// Make the programs.
    Build(Install),
    /// Try them on emulated boards.
    Test(Trial),
}

/// Options of `pi test`.
#[derive(Debug, PartialEq, Eq)]
pub struct Trial {
    /// Use the programs as they were built last.
    pub no_build: bool,
    /// What to do about missing packages.
    pub install: Install,
    /// Words for the program that does it.
    pub words: Vec<String>,
}

/// Carries it out; `false` when a trial failed.
pub fn run(command: &Pi) -> Result<bool> {
    match command {
        Pi::Build(install) => build(*install),
        Pi::Test(options) => trial::run(options),
    }
}

/// Packages whose programs are built for the board: the kiosk, and the simulated devices for trials.
pub const PACKAGES: [&str; 2] = ["pickup-kiosk", "pickup-hw-mock"];

/// What a kiosk's program can do beyond what runs everywhere: draw on the display itself, use pins, write its manual pages.
const FEATURES: [&str; 5] = ["linuxkms", "gpio-cdev", "gpio-rppal", "mcp23017", "generate"];

/// Those of them that the kiosk's source has, as words for cargo.
pub fn kiosk_features() -> Result<Vec<String>> {
    let manifest: toml::Table =
        std::fs::read_to_string(crate::cargo::root()?.join("kiosk/agent/Cargo.toml"))?.parse()?;
    let known = manifest.get("features").and_then(toml::Value::as_table);
    let has = |feature: &&str| known.is_some_and(|known| known.contains_key(*feature));
    Ok(FEATURES
        .iter()
        .filter(|feature| has(feature))
        .map(|feature| format!("pickup-kiosk/{feature}"))
        .collect())
}

/// Builds the programs for the board.
fn make(install: Install) -> Result<()> {
    let features = kiosk_features()?;
    cross::build(&PACKAGES, &features.iter().map(String::as_str).collect::<Vec<_>>(), install)
}

fn build(install: Install) -> Result<bool> {
    let began = Instant::now();
    make(install)?;
    println!("Built for aarch64 in {} s:", began.elapsed().as_secs());
    for program in PACKAGES {
        let path = cross::programs(program)?.join(program);
        let size = std::fs::metadata(&path)?.len();
        let said = cross::emulated(&path).arg("--version").output()?;
        if !said.status.success() {
            bail!(
                "{} does not run under qemu-aarch64: {}",
                path.display(),
                String::from_utf8_lossy(&said.stderr)
            );
        }
        println!(
            "  {} ({} kB), run by qemu-aarch64, {}",
            String::from_utf8_lossy(&said.stdout).trim(),
            size.div_ceil(1000),
            path.display()
        );
    }
    Ok(true)
}
