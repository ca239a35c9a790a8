//! `cargo xtask pi test`: builds what is needed and hands over to the program in `tests` that boots the boards.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Trial, cross};
use crate::cargo;
use crate::debian::{self, First, Package};

/// What emulates the boards and makes what they boot.
const TOOLS: &[Package] = &[
    Package { name: "qemu-system-arm", reason: "emulates the boards" },
    Package { name: "kmod", reason: "finds the kernel modules a board needs" },
    Package { name: "cpio", reason: "packs what a board boots" },
    Package { name: "e2fsprogs", reason: "makes and reads the board's disk" },
    debian::FONT,
];

const BACKPORTS: &str = "Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm-backports
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
";

/// Runs the scenarios; `false` when one failed.
pub fn run(options: &Trial) -> Result<bool> {
    let listing = options.words.iter().any(|word| word == "--list");
    if !listing {
        let first = First { commands: backports()?, options: vec!["-t", "bookworm-backports"] };
        let first = if first.commands.is_empty() { First::default() } else { first };
        debian::ensure_after(&first, &[debian::DEMO, TOOLS], options.install)?;
    }
    if !(options.no_build || listing) {
        super::make(options.install)?;
    }
    if !options.no_build {
        let mut arguments = vec!["build", "--bins"];
        cargo::PROGRAM_PACKAGES.iter().for_each(|package| arguments.extend(["--package", package]));
        if !cargo::passes(&mut cargo::cargo(&arguments)?)? {
            bail!("the programs could not be built: the compiler's message is above");
        }
    }
    let program = cargo::target_dir()?.join("debug/pickup-pi");
    let mut command = Command::new(&program);
    command.current_dir(cargo::root()?).arg("--pi").arg(cross::folder()?).args(&options.words);
    cargo::passes(&mut command).with_context(|| format!("{} did not run", program.display()))
}

/// Debian 12's own emulator is too old and removes a newer `qemu-utils`: where that release is found, the newer one comes
/// from its backports.
fn backports() -> Result<Vec<Vec<String>>> {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let bookworm = release.lines().any(|line| line == "VERSION_CODENAME=bookworm");
    let there = Command::new("qemu-system-aarch64").arg("--version").output().is_ok();
    if !bookworm || there {
        return Ok(Vec::new());
    }
    let file = "/etc/apt/sources.list.d/bookworm-backports.sources";
    let script = format!("printf '{}' > {file}", BACKPORTS.replace('\n', "\\n"));
    Ok(vec![vec!["sh".to_owned(), "-c".to_owned(), script]])
}
