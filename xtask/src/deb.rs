//! `cargo xtask deb`: Debian packages of kiosk and backend, made by `dpkg-deb` from the files under `deploy/`.

pub mod args;
mod build;
mod check;
mod exposure;
mod stage;
mod trial;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::args::Install;
use crate::cargo;
use crate::debian::{self, Package};

/// Options of `deb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deb {
    /// Architectures to build for.
    pub architectures: Vec<Architecture>,
    /// Products to package.
    pub products: Vec<Product>,
    /// Try the packages afterwards.
    pub check: bool,
    /// Take the programs as they were built last.
    pub no_build: bool,
    /// What to do about missing packages.
    pub install: Install,
}

/// An architecture by Debian's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// PCs and servers.
    Amd64,
    /// The Raspberry Pi with a 64-bit system.
    Arm64,
}

/// What a package holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// The kiosk's program.
    Kiosk,
    /// The service.
    Backend,
}

impl Architecture {
    /// Debian's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

impl Product {
    /// The word used in file names, `kiosk` or `backend`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kiosk => "kiosk",
            Self::Backend => "backend",
        }
    }

    /// Name of the Debian package, of its folders and of its users' files.
    pub fn package(self) -> String {
        format!("bonded-pickup-{}", self.word())
    }

    /// Name of the program and of its unit.
    pub fn program(self) -> String {
        format!("pickup-{}", self.word())
    }

    /// The crate that the program is built from.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Kiosk => "pickup-kiosk",
            Self::Backend => "pickup-server",
        }
    }
}

const TOOLS: &[Package] = &[
    Package { name: "dpkg-dev", reason: "finds which packages the programs depend on" },
    Package { name: "binutils", reason: "strips programs" },
    Package { name: "systemd", reason: "systemd-analyze measures how exposed the units are" },
];

/// Builds the packages and, when asked, tries them.
pub fn run(options: &Deb) -> Result<bool> {
    debian::ensure(&[TOOLS, if options.check { check::TOOLS } else { &[] }], options.install)?;
    for product in &options.products {
        exposure::check(*product)?;
    }
    let mut packages = Vec::new();
    for architecture in &options.architectures {
        if !options.no_build {
            build::programs(*architecture, options)?;
        }
        for product in &options.products {
            let program = build::program(*product, *architecture)?;
            packages.push(stage::package(*product, *architecture, &program)?);
        }
    }
    for package in &packages {
        println!(
            "{} ({} kB)",
            package.file.display(),
            std::fs::metadata(&package.file)?.len().div_ceil(1000)
        );
    }
    if options.check {
        let began = Instant::now();
        check::run(&packages)?;
        println!("All packages were tried in {} s.", began.elapsed().as_secs());
    }
    Ok(true)
}

/// A package that was made.
#[derive(Debug)]
pub struct Made {
    /// What it holds.
    pub product: Product,
    /// For which machines.
    pub architecture: Architecture,
    /// The `.deb` file.
    pub file: PathBuf,
}

/// Where the packages are made.
pub fn folder() -> Result<PathBuf> {
    Ok(cargo::target_dir()?.join("deb"))
}

/// Runs a command without showing its output; an error has what it said.
pub fn quietly(command: &mut std::process::Command) -> Result<String> {
    use anyhow::Context as _;
    let shown = format!("{command:?}");
    let output = command.output().with_context(|| format!("{shown} could not be started"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{shown} failed ({}):\n{said}{complaint}", output.status);
    Ok(said)
}
