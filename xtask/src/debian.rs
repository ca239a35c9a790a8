//! Debian packages the product and its tests need: looked up first, installed when allowed.

use std::io::{BufRead, IsTerminal, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::args::Install;

/// A package and what it is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    /// Its name in Debian 12 and Raspberry Pi OS.
    pub name: &'static str,
    /// Why it is needed.
    pub reason: &'static str,
}

/// Needed to compile and run the product.
pub const DEMO: &[Package] = &[
    Package { name: "gcc", reason: "links programs and compiles SQLite and the TLS library" },
    Package { name: "libc6-dev", reason: "C headers for the same" },
    Package { name: "pkg-config", reason: "finds fontconfig" },
    Package { name: "libfontconfig-dev", reason: "the screen toolkit looks fonts up with it" },
    Package {
        name: "fonts-dejavu-core",
        reason: "the screen toolkit does not start without one system font",
    },
];

/// Needed by the tests beyond that.
pub const TESTS: &[Package] = &[
    Package { name: "libxml2-utils", reason: "xmllint checks filed documents against their schema" },
    Package { name: "zbar-tools", reason: "zbarimg reads the codes on slips back" },
    Package { name: "postgresql", reason: "the backend's tests run on PostgreSQL too" },
    Package { name: "chromium", reason: "the bench page is tested in a real browser" },
    Package { name: "chromium-driver", reason: "drives that browser" },
];

/// Makes sure the packages are there; an error names what is missing.
pub fn ensure(packages: &[&[Package]], install: Install) -> Result<()> {
    let wanted: Vec<Package> = packages.iter().flat_map(|group| group.iter().copied()).collect();
    let Some(missing) = missing(&wanted)? else {
        println!("This is not a Debian system (no dpkg-query): make sure of {}.", names(&wanted));
        return Ok(());
    };
    if missing.is_empty() {
        return Ok(());
    }
    println!("Missing Debian packages:");
    for package in &missing {
        println!("  {:<20} {}", package.name, package.reason);
    }
    match install {
        Install::No => bail!("nothing installed, as asked. To go on: apt-get install {}", names(&missing)),
        Install::Ask if !agreed()? => {
            bail!("nothing installed. To go on: apt-get install {}", names(&missing))
        }
        Install::Ask | Install::Yes => apt_get(&missing),
    }
}

/// What of these is not installed; `None` where there is no Debian package database.
fn missing(wanted: &[Package]) -> Result<Option<Vec<Package>>> {
    let query = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\n"])
        .args(wanted.iter().map(|package| package.name))
        .stderr(Stdio::null())
        .output();
    let listed = match query {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(fault).context("dpkg-query could not be started"),
    };
    Ok(Some(not_listed(wanted, &listed)))
}

fn not_listed(wanted: &[Package], listed: &str) -> Vec<Package> {
    let installed: Vec<&str> = listed.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    wanted.iter().copied().filter(|package| !installed.contains(&package.name)).collect()
}

fn agreed() -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        println!("Nobody to ask on this terminal: give --yes to install.");
        return Ok(false);
    }
    print!("Install them with apt-get now? [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn apt_get(missing: &[Package]) -> Result<()> {
    // A stale index is no reason to stop: the install tells more clearly what cannot be had.
    let _ = as_root(&["apt-get", "update", "-q"])?.status();
    let mut words = vec!["apt-get", "install", "-y", "-q", "--no-install-recommends"];
    words.extend(missing.iter().map(|package| package.name));
    let status = as_root(&words)?.status().context("apt-get could not be started")?;
    if !status.success() {
        bail!("apt-get could not install {} ({status}); install them by hand and try again", names(missing));
    }
    Ok(())
}

fn as_root(words: &[&str]) -> Result<Command> {
    let (program, rest) = words.split_first().context("an empty command")?;
    let id = Command::new("id").arg("-u").output().context("`id -u` could not be started")?;
    let mut command = if id.stdout.trim_ascii() == b"0" {
        Command::new(program)
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg(program);
        sudo
    };
    command.args(rest).env("DEBIAN_FRONTEND", "noninteractive");
    Ok(command)
}

fn names(packages: &[Package]) -> String {
    packages.iter().map(|package| package.name).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_removed_but_not_purged_counts_as_missing() {
        let wanted = [DEMO[0], DEMO[2]];
        let listed = "gcc installed\npkg-config config-files\n";
        assert_eq!(not_listed(&wanted, listed), vec![DEMO[2]]);
    }

    #[test]
    fn a_package_the_database_never_heard_of_is_missing() {
        assert_eq!(not_listed(TESTS, ""), TESTS.to_vec());
    }
}
