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
    FONT,
];

/// Needed by whatever shows the screen.
pub const FONT: Package = Package {
    name: "fonts-dejavu-core",
    reason: "the screen toolkit does not start without one system font",
};

/// Needed by the tests beyond that.
pub const TESTS: &[Package] = &[
    Package { name: "libxml2-utils", reason: "xmllint checks filed documents against their schema" },
    Package { name: "zbar-tools", reason: "zbarimg reads the codes on slips back" },
    Package { name: "postgresql", reason: "the backend's tests run on PostgreSQL too" },
    Package { name: "curl", reason: "the walk-through of the shop API is run as written" },
    Package { name: "jq", reason: "the same" },
    Package { name: "chromium", reason: "the bench page is tested in a real browser" },
    Package { name: "chromium-driver", reason: "drives that browser" },
];

/// What has to be done to a system before it can get some packages.
#[derive(Debug, Default)]
pub struct First {
    /// Commands, run as root.
    pub commands: Vec<Vec<String>>,
    /// Further words for `apt-get install`.
    pub options: Vec<&'static str>,
}

/// Makes sure the packages are there; an error names what is missing.
pub fn ensure(packages: &[&[Package]], install: Install) -> Result<()> {
    ensure_after(&First::default(), packages, install)
}

/// As [`ensure`], for packages that need something done first.
pub fn ensure_after(first: &First, packages: &[&[Package]], install: Install) -> Result<()> {
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
        Install::No => bail!("nothing installed, as asked. To go on: {}", by_hand(first, &missing)),
        Install::Ask if !agreed()? => {
            bail!("nothing installed. To go on: {}", by_hand(first, &missing))
        }
        Install::Ask | Install::Yes => apt_get(first, &missing),
    }
}

/// What of these is not installed; `None` where there is no Debian package database.
fn missing(wanted: &[Package]) -> Result<Option<Vec<Package>>> {
    let query = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package}:${Architecture} ${db:Status-Status}\n"])
        .args(wanted.iter().map(|package| package.name))
        .stderr(Stdio::null())
        .output();
    let listed = match query {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(fault).context("dpkg-query could not be started"),
    };
    Ok(Some(not_listed(wanted, &listed, &native()?)))
}

/// The architecture of this system, such as `amd64`.
pub fn native() -> Result<String> {
    let said = Command::new("dpkg").arg("--print-architecture").output();
    let said = said.context("dpkg could not be started: is this a Debian system?")?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

fn not_listed(wanted: &[Package], listed: &str, native: &str) -> Vec<Package> {
    let installed: Vec<&str> = listed.lines().filter_map(|line| line.strip_suffix(" installed")).collect();
    let has = |name: &str, architecture: &str| {
        installed.iter().any(|found| found.split_once(':') == Some((name, architecture)))
    };
    let there = |package: &Package| match package.name.split_once(':') {
        Some((name, architecture)) => has(name, architecture),
        None => has(package.name, native) || has(package.name, "all"),
    };
    wanted.iter().copied().filter(|package| !there(package)).collect()
}

/// What a person would type instead.
fn by_hand(first: &First, missing: &[Package]) -> String {
    let mut words = vec!["apt-get install --no-install-recommends".to_owned()];
    words.extend(first.options.iter().map(|word| (*word).to_owned()));
    words.push(names(missing));
    let mut steps: Vec<String> = first.commands.iter().map(|command| shown(command)).collect();
    if !steps.is_empty() {
        steps.push("apt-get update".to_owned());
    }
    steps.push(words.join(" "));
    steps.join(" && ")
}

fn shown(command: &[String]) -> String {
    let quoted = |word: &String| match word.contains([' ', '&', '>']) {
        true => format!("'{word}'"),
        false => word.clone(),
    };
    command.iter().map(quoted).collect::<Vec<_>>().join(" ")
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

fn apt_get(first: &First, missing: &[Package]) -> Result<()> {
    for command in &first.commands {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        if !as_root(&words)?.status().is_ok_and(|status| status.success()) {
            bail!("`{}` failed; without it the packages cannot be had", shown(command));
        }
    }
    // A stale index is no reason to stop: the install tells more clearly what cannot be had.
    let _ = as_root(&["apt-get", "update", "-q"])?.status();
    let mut words = vec!["apt-get", "install", "-y", "-q", "--no-install-recommends"];
    words.extend(&first.options);
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
        let listed = "gcc:amd64 installed\npkg-config:amd64 config-files\n";
        assert_eq!(not_listed(&wanted, listed, "amd64"), vec![DEMO[2]]);
    }

    #[test]
    fn a_package_the_database_never_heard_of_is_missing() {
        assert_eq!(not_listed(TESTS, "", "amd64"), TESTS.to_vec());
    }

    #[test]
    fn a_package_of_another_architecture_does_not_count_as_ours() {
        let wanted =
            [Package { name: "libudev-dev", reason: "" }, Package { name: "libc6:arm64", reason: "" }];
        let listed = "libudev-dev:arm64 installed\nlibc6:arm64 installed\n";
        assert_eq!(not_listed(&wanted, listed, "amd64"), vec![wanted[0]]);
    }

    #[test]
    fn what_to_type_names_what_has_to_come_first() {
        let words = ["dpkg", "--add-architecture", "arm64"].map(str::to_owned).to_vec();
        let first = First { commands: vec![words], options: vec!["-t", "bookworm-backports"] };
        let line = by_hand(&first, &[Package { name: "qemu-user", reason: "" }]);
        assert!(
            line.starts_with("dpkg --add-architecture arm64 && apt-get update && apt-get install"),
            "{line}"
        );
        assert!(line.ends_with("-t bookworm-backports qemu-user"), "{line}");
    }
}
