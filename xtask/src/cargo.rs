//! Cargo as a child process, the repository's folders, and the programs the product consists of.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The package and the program of the kiosk.
pub const KIOSK: &str = "pickup-kiosk";

/// The packages whose programs a running demo consists of.
pub const PROGRAM_PACKAGES: [&str; 6] =
    ["pickup-server", "pickup-customs-sim", "pickup-payment-sim", "pickup-hw-mock", KIOSK, "pickup-tests"];

/// The profile in which a package's programs are shipped, which is also the folder that cargo puts them into.
pub fn shipped(package: &str) -> &'static str {
    if package == KIOSK { "kiosk" } else { "release" }
}

/// Builds the programs of packages as they are shipped; `prepare` adds to each of cargo's commands. `false` when something does
/// not build.
pub fn build_shipped(
    packages: &[&str],
    features: &[&str],
    prepare: impl Fn(Command) -> Result<Command>,
) -> Result<bool> {
    for words in shipping(packages, features) {
        if !passes(&mut prepare(cargo(&words)?)?)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The words for cargo, once for each profile that the packages are shipped in.
fn shipping<'a>(packages: &[&'a str], features: &[&'a str]) -> Vec<Vec<&'a str>> {
    let of =
        |profile: &'static str| packages.iter().copied().filter(move |package| shipped(package) == profile);
    let mut all = Vec::new();
    for profile in ["release", "kiosk"].into_iter().filter(|profile| of(profile).next().is_some()) {
        let mut words = vec!["build", "--bins", "--profile", profile];
        of(profile).for_each(|package| words.extend(["--package", package]));
        let own =
            features.iter().filter(|feature| of(profile).any(|one| feature.split('/').next() == Some(one)));
        own.for_each(|feature| words.extend(["--features", feature]));
        all.push(words);
    }
    all
}

/// The repository's root: the folder above this crate.
pub fn root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().context("xtask has no folder above it")?;
    if root.join("Cargo.toml").is_file() {
        return Ok(root.to_path_buf());
    }
    // A binary carried to another checkout: believe the folder it was started in.
    let current = std::env::current_dir().context("the current folder cannot be read")?;
    if current.join("xtask/Cargo.toml").is_file() {
        return Ok(current);
    }
    bail!("run `cargo xtask` inside the repository")
}

/// Where cargo puts what it builds.
pub fn target_dir() -> Result<PathBuf> {
    let root = root()?;
    Ok(match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root.join(dir),
        None => root.join("target"),
    })
}

/// Cargo with these arguments in the repository's root, without the variables that `cargo run` set for xtask.
pub fn cargo(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "CARGO_BIN_NAME" {
            command.env_remove(&name);
        }
    }
    // A fresh machine builds once: what would make the next build quicker only fills its disk.
    if std::env::var_os("CI").is_some() && std::env::var_os("CARGO_INCREMENTAL").is_none() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    command.args(arguments).current_dir(root()?).stdin(Stdio::null());
    Ok(command)
}

/// Runs a command with its output shown; `false` when it ended with another status than 0.
pub fn passes(command: &mut Command) -> Result<bool> {
    let status =
        command.status().with_context(|| format!("{:?} could not be started", command.get_program()))?;
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use super::shipping;

    #[test]
    fn the_kiosk_is_built_by_itself_and_with_its_own_features() {
        let words =
            shipping(&["pickup-server", "pickup-kiosk"], &["pickup-kiosk/window", "pickup-server/generate"]);
        let joined: Vec<String> = words.iter().map(|words| words.join(" ")).collect();
        assert_eq!(
            joined,
            [
                "build --bins --profile release --package pickup-server --features pickup-server/generate",
                "build --bins --profile kiosk --package pickup-kiosk --features pickup-kiosk/window",
            ]
        );
    }

    #[test]
    fn a_profile_that_nothing_is_shipped_in_is_not_built() {
        assert_eq!(shipping(&["pickup-server"], &[]).len(), 1);
    }
}
