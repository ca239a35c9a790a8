//! A small Debian in a folder, for what wants another system than this one.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::deb::quietly;

const MIRROR: &str = "http://deb.debian.org/debian";

/// Makes one of this release with these packages, unless it was made before. Needs root and the network.
pub fn ensure(root: &Path, release: &str, packages: &str) -> Result<()> {
    if root.join("root/.made").exists() {
        return Ok(());
    }
    let _ = quietly(Command::new("rm").arg("-rf").arg(root));
    println!("Making a small Debian in {} (a minute or two, once)", root.display());
    let mut make = Command::new("debootstrap");
    make.args(["--variant=minbase", "--include", packages, release]).arg(root).arg(MIRROR);
    quietly(&mut make).context("debootstrap needs root and the network")?;
    // Nothing of a package may start a service of the machine that tries it.
    let policy = root.join("usr/sbin/policy-rc.d");
    fs::write(&policy, "#!/bin/sh\nexit 101\n")?;
    quietly(Command::new("chmod").arg("755").arg(&policy))?;
    Ok(fs::write(root.join("root/.made"), "")?)
}

/// A command inside, ended together with everything it started when it is killed.
pub fn command(root: &Path, words: &[&str]) -> Command {
    // With processes of its own to look at, which systemd's tools insist on.
    let mut command = Command::new("unshare");
    command.args(["--mount", "--pid", "--fork", "--kill-child"]);
    command.arg(format!("--mount-proc={}", root.join("proc").display()));
    command.arg("chroot").arg(root).args(words).env_clear().env("DEBIAN_FRONTEND", "noninteractive");
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C.UTF-8");
    command
}

/// Runs a command inside and gives what it printed.
pub fn inside(root: &Path, words: &[&str]) -> Result<String> {
    quietly(&mut command(root, words))
}
