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

fn build(install: Install) -> Result<bool> {
    let began = Instant::now();
    let folder = cross::build(&PACKAGES, &["pickup-kiosk/linuxkms"], install)?;
    println!("Built for aarch64 in {} s, in {}", began.elapsed().as_secs(), folder.display());
    for program in PACKAGES {
        let path = folder.join(program);
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
            "  {} ({} kB), run by qemu-aarch64",
            String::from_utf8_lossy(&said.stdout).trim(),
            size.div_ceil(1000)
        );
    }
    Ok(true)
}
