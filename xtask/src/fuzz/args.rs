//! The words after `cargo xtask fuzz`.

use super::{DEVICES, Fuzz, TARGETS};
use crate::args::{Command, Flags};

const HELP: &str = "\
cargo xtask fuzz [TARGET…] [--runs N] [--keep] [--json] [--yes] [--no-install]

Builds the targets of fuzz/ with counters of reached code and gives each of them N inputs (1000000),
beginning with fuzz/corpus and what earlier runs reached on this machine. Without a target all that
read bytes of devices are run. Prints runs, seconds, reached code and findings of each; fails on a
finding and names the file with it. A finding goes into fuzz/corpus together with its mending.

  --runs N   inputs of each target
  --keep     adds to fuzz/corpus the fewest inputs that reach what it does not
  --json     prints one object with the figures

Targets of devices: scanner keyboard idcard cardtext printer slip board8a wkly cu16 winnsen modbus.
Of customs: receipts dxp signature.";

/// Inputs of each target unless told otherwise: about half a minute.
const RUNS: u64 = 1_000_000;

/// Reads them; the error is a sentence for the person who typed them.
pub fn parse(rest: &[&str]) -> Result<Command, String> {
    let (mut runs, mut targets, mut flags) = (RUNS, Vec::new(), Vec::new());
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match *word {
            "--runs" => {
                let number = words.next().and_then(|word| word.parse().ok()).filter(|runs| *runs > 0);
                runs = number.ok_or("--runs needs a whole number above zero, as in `--runs 10000000`.")?;
            }
            flag if flag.starts_with('-') => flags.push(flag),
            name => {
                let known = TARGETS.into_iter().find(|(target, _)| *target == name);
                targets.push(known.ok_or(format!("`{name}` is not a target: `--help` names them."))?);
            }
        }
    }
    let flags = Flags::read(&flags, &["--keep", "--json", "--yes", "--no-install"])?;
    if flags.help {
        return Ok(Command::Help(HELP));
    }
    if targets.is_empty() {
        targets.extend(TARGETS.into_iter().take(DEVICES));
    }
    let (json, keep, install) = (flags.has("--json"), flags.has("--keep"), flags.install()?);
    Ok(Command::Fuzz(Fuzz { runs, targets, json, keep, install }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Install;

    #[test]
    fn named_targets_are_run_as_often_as_asked() {
        let wanted = Fuzz {
            runs: 10_000_000,
            targets: vec![("wkly", 48), ("dxp", 4096)],
            json: true,
            keep: false,
            install: Install::Yes,
        };
        let words = ["wkly", "--runs", "10000000", "dxp", "--json", "--yes"];
        assert_eq!(parse(&words), Ok(Command::Fuzz(wanted)));
    }

    #[test]
    fn without_a_name_every_device_is_fuzzed_and_customs_is_not() {
        let Ok(Command::Fuzz(fuzz)) = parse(&["--no-install"]) else { panic!("not read") };
        assert_eq!(fuzz.targets.len(), DEVICES);
        assert!(fuzz.targets.iter().all(|(name, _)| *name != "receipts"));
        assert!(TARGETS.iter().all(|(name, _)| HELP.contains(name)));
    }

    #[test]
    fn a_target_or_a_number_that_is_none_is_named() {
        assert!(parse(&["locks"]).unwrap_err().contains("`locks`"));
        assert!(parse(&["--runs", "many"]).unwrap_err().contains("--runs"));
    }

    #[test]
    fn every_target_has_a_corpus_and_every_corpus_a_target() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        let mut kept: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let mut named: Vec<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
        kept.sort();
        named.sort();
        assert_eq!(kept, named);
    }
}
