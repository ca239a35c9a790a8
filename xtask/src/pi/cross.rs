//! Building for aarch64 on another machine, by Debian's own compiler and its arm64 libraries.
//!
//! The machine's usual compiler is used where it has a standard library for the target; Debian's `rustc-web` otherwise.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::args::Install;
use crate::cargo;
use crate::debian::{self, First, Package};

/// What the board runs.
const TARGET: &str = "aarch64-unknown-linux-gnu";

const LINKER: &str = "aarch64-linux-gnu-gcc";

/// Needed for any build.
const CROSS: &[Package] = &[
    Package {
        name: "gcc-aarch64-linux-gnu",
        reason: "links programs for the board, compiles SQLite and TLS",
    },
    Package { name: "libc6-dev-arm64-cross", reason: "C headers for the same" },
    Package { name: "pkg-config", reason: "finds the libraries below" },
    Package { name: "libfontconfig-dev:arm64", reason: "the screen toolkit looks fonts up with it" },
    Package { name: "libinput-dev:arm64", reason: "touches, without a desktop" },
    Package { name: "libudev-dev:arm64", reason: "finds displays and input devices" },
    Package { name: "libxkbcommon-dev:arm64", reason: "keyboards" },
    Package { name: "qemu-user", reason: "runs what was built" },
];

/// Needed where the machine's own compiler has no standard library for the board.
const COMPILER: &[Package] = &[
    Package { name: "rustc-web", reason: "a compiler recent enough, of Debian" },
    Package { name: "cargo-web", reason: "the same release of cargo" },
    Package { name: "libstd-rust-web-dev:arm64", reason: "the standard library for the board" },
];

/// Builds packages with features for the board.
pub fn build(packages: &[&str], features: &[&str], install: Install) -> Result<()> {
    let native = cfg!(target_arch = "aarch64");
    let own = native || usual_compiler_suffices()?;
    if !native {
        ready(own, install)?;
    }
    let target_dir = folder()?;
    let prepare = |command: Command| -> Result<Command> {
        let mut command = if own { command } else { debians(command)? };
        command.args(["--locked", "--target", TARGET]).env("CARGO_TARGET_DIR", &target_dir);
        command.env("CARGO_PROFILE_RELEASE_DEBUG", "0").env("CARGO_PROFILE_KIOSK_DEBUG", "0");
        if !native {
            command.envs(environment());
        }
        Ok(command)
    };
    if !cargo::build_shipped(packages, features, prepare)? {
        bail!("the programs for the board could not be built: the compiler's message is above");
    }
    Ok(())
}

/// Where a package's programs for the board are put.
pub fn programs(package: &str) -> Result<PathBuf> {
    Ok(folder()?.join(TARGET).join(cargo::shipped(package)))
}

/// Where everything for the board lies.
pub fn folder() -> Result<PathBuf> {
    Ok(cargo::target_dir()?.join("pi"))
}

/// A program of the board, to be run on this machine.
pub fn emulated(program: &Path) -> Command {
    if cfg!(target_arch = "aarch64") {
        return Command::new(program);
    }
    // Without a library path: one of the cross compiler beside those of installed arm64 packages mixes two C libraries.
    let mut command = Command::new("qemu-aarch64");
    command.arg(program);
    command
}

/// Makes sure of the cross compiler and of the board's libraries.
fn ready(own_compiler: bool, install: Install) -> Result<()> {
    let first = First { commands: foreign_architecture()?, options: Vec::new() };
    let compiler = if own_compiler { &[] } else { COMPILER };
    debian::ensure_after(&first, &[CROSS, compiler], install)
}

/// The command that lets Debian install arm64 packages, unless it does already.
pub fn foreign_architecture() -> Result<Vec<Vec<String>>> {
    let Ok(known) = Command::new("dpkg").arg("--print-foreign-architectures").output() else {
        return Ok(Vec::new());
    };
    if debian::native()? == "arm64" || String::from_utf8_lossy(&known.stdout).lines().any(|a| a == "arm64") {
        return Ok(Vec::new());
    }
    Ok(vec![["dpkg", "--add-architecture", "arm64"].map(str::to_owned).to_vec()])
}

fn usual_compiler_suffices() -> Result<bool> {
    let said = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--print", "sysroot"])
        .output()
        .context("rustc could not be started")?;
    let root = PathBuf::from(String::from_utf8_lossy(&said.stdout).trim());
    Ok(root.join("lib/rustlib").join(TARGET).is_dir())
}

/// The same command, given to Debian's cargo and compiler.
fn debians(command: Command) -> Result<Command> {
    let path = std::env::var_os("PATH").context("PATH is not set")?;
    let paths: Vec<PathBuf> =
        [PathBuf::from("/usr/bin")].into_iter().chain(std::env::split_paths(&path)).collect();
    let mut other = Command::new("/usr/bin/cargo");
    other.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => other.env(name, value),
            None => other.env_remove(name),
        };
    }
    other.current_dir(cargo::root()?).stdin(std::process::Stdio::null());
    other.env("PATH", std::env::join_paths(paths)?).env("RUSTC", "/usr/bin/rustc");
    // What rustup's cargo set for us would lead Debian's astray.
    for name in ["RUSTUP_TOOLCHAIN", "RUSTUP_HOME", "CARGO", "RUSTDOC", "RUSTC_WRAPPER", "LD_LIBRARY_PATH"] {
        other.env_remove(name);
    }
    Ok(other)
}

fn environment() -> [(&'static str, &'static str); 7] {
    [
        ("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER),
        ("CC_aarch64_unknown_linux_gnu", LINKER),
        ("CXX_aarch64_unknown_linux_gnu", "aarch64-linux-gnu-g++"),
        ("AR_aarch64_unknown_linux_gnu", "aarch64-linux-gnu-ar"),
        ("PKG_CONFIG_ALLOW_CROSS", "1"),
        ("PKG_CONFIG_LIBDIR", "/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig"),
        ("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", "qemu-aarch64"),
    ]
}
