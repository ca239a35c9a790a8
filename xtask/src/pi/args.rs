//! The words after `cargo xtask pi`.

use super::{Pi, Trial};
use crate::args::{Command, Flags};

const HELP: &str = "\
cargo xtask pi build [--yes] [--no-install]

Makes pickup-kiosk (with the screen on the display itself) and pickup-hw-mock for aarch64 in
target/pi/, by Debian's cross compiler, and runs each once under qemu-aarch64. What is missing is
named with the line that installs it; --yes installs it. On an aarch64 machine it is a plain build.

cargo xtask pi test [SCENARIO…] [--list] [--no-build] [--json] [--cuts N] [--yes] [--no-install]

Boots emulated boards and runs the aarch64 kiosk there against the backend and the simulated devices
of this machine. Without a scenario all are run. docs/pi.md describes each.

  --list       names the scenarios
  --no-build   takes the programs as they were built last
  --cuts N     power cuts of each kind in the scenario `powercut` (1)
  --json       prints one object with what was found and how long each took";

/// Reads them; the error is a sentence for the person who typed them.
pub fn parse(rest: &[&str]) -> Result<Command, String> {
    match rest.split_first() {
        Some((&"build", rest)) => {
            let flags = Flags::read(rest, &["--yes", "--no-install"])?;
            if flags.help {
                return Ok(Command::Help(HELP));
            }
            Ok(Command::Pi(Pi::Build(flags.install()?)))
        }
        Some((&"test", rest)) => trial(rest),
        Some((&("--help" | "-h"), _)) => Ok(Command::Help(HELP)),
        _ => Err("pi needs to know what: `cargo xtask pi build` or `cargo xtask pi test`.".to_owned()),
    }
}

/// Our own words are taken out; all others go to the program that does it, which knows the scenarios.
fn trial(rest: &[&str]) -> Result<Command, String> {
    let ours = ["--yes", "--no-install", "--no-build", "--help", "-h"];
    let (own, others): (Vec<&str>, Vec<&str>) = rest.iter().partition(|word| ours.contains(word));
    let flags = Flags::read(&own, &ours)?;
    if flags.help {
        return Ok(Command::Help(HELP));
    }
    let words = others.into_iter().map(str::to_owned).collect();
    let (no_build, install) = (flags.has("--no-build"), flags.install()?);
    Ok(Command::Pi(Pi::Test(Trial { no_build, install, words })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Install;

    #[test]
    fn a_trial_passes_on_what_it_does_not_know() {
        let wanted =
            Trial { no_build: true, install: Install::Yes, words: vec!["powercut".into(), "--json".into()] };
        assert_eq!(
            parse(&["test", "powercut", "--no-build", "--json", "--yes"]),
            Ok(Command::Pi(Pi::Test(wanted)))
        );
    }

    #[test]
    fn pi_alone_asks_what() {
        assert!(parse(&[]).unwrap_err().contains("pi build"));
        assert!(parse(&["build", "--fast"]).unwrap_err().contains("--fast"));
    }
}
