//! What a run of libFuzzer says at its end, as figures.

use std::path::PathBuf;

/// What one target came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Its name.
    pub target: String,
    /// Inputs tried.
    pub runs: u64,
    /// Wall time.
    pub seconds: u64,
    /// Places in the code that were reached.
    pub places: u64,
    /// Places, each by how often and with what it was reached.
    pub features: u64,
    /// Inputs that reach all of it.
    pub inputs: u64,
    /// What did not hold.
    pub finding: Option<Finding>,
}

/// An input that broke a target.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file with it, where the fuzzer could write one.
    pub input: Option<PathBuf>,
    /// Everything that was said.
    pub log: PathBuf,
}

impl Report {
    /// Reads what was said, as in `#80 DONE cov: 12 ft: 34 corp: 5/6b lim: …` and `stat::number_of_executed_units: 80`.
    pub fn read(target: &str, said: &str) -> Self {
        let mut report = Self { target: target.to_owned(), ..Self::default() };
        for line in said.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["stat::number_of_executed_units:", runs] => report.runs = number(runs),
                [count, _, rest @ ..] if count.starts_with('#') => report.progress(rest),
                _ => {}
            }
        }
        report
    }

    fn progress(&mut self, words: &[&str]) {
        for pair in words.windows(2) {
            match pair {
                ["cov:", places] => self.places = number(places),
                ["ft:", features] => self.features = number(features),
                ["corp:", inputs] => self.inputs = number(inputs),
                _ => {}
            }
        }
    }

    /// The figures for a person.
    pub fn line(&self) -> String {
        let found = self.finding.as_ref().map_or("nothing found".to_owned(), |finding| {
            let input = finding.input.as_ref().map(|file| format!(" {}", file.display()));
            format!("FOUND{}, see {}", input.unwrap_or_default(), finding.log.display())
        });
        format!(
            "{:<9} {:>9} runs in {:>4} s: {} places, {} features by {} inputs; {found}",
            self.target, self.runs, self.seconds, self.places, self.features, self.inputs
        )
    }
}

/// All figures as one object. Names hold no letter that JSON would want written otherwise.
pub fn object(reports: &[Report]) -> String {
    let entries = reports.iter().map(|report| {
        format!(
            "\"{}\":{{\"runs\":{},\"seconds\":{},\"places\":{},\"features\":{},\"inputs\":{},\"findings\":{}}}",
            report.target,
            report.runs,
            report.seconds,
            report.places,
            report.features,
            report.inputs,
            u8::from(report.finding.is_some())
        )
    });
    format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
}

/// The file that holds what broke the target.
pub fn artifact(said: &str) -> Option<PathBuf> {
    said.lines().find_map(|line| line.split_once("Test unit written to ")).map(|(_, file)| file.trim().into())
}

/// The whole number that a word begins with, as in `5/6b`.
fn number(word: &str) -> u64 {
    let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "\
INFO: seed corpus: files: 8 min: 12b max: 2321b total: 6000b rss: 40Mb
#9\tINITED cov: 110 ft: 120 corp: 8/6000b exec/s: 0 rss: 41Mb
#80\tREDUCE cov: 139 ft: 290 corp: 40/2111b lim: 48 exec/s: 0 rss: 43Mb L: 7/48 MS: 2 ChangeBit-EraseBytes-
#1000\tDONE   cov: 141 ft: 301 corp: 44/2200b lim: 48 exec/s: 500000 rss: 62Mb
Done 1000 runs in 0 second(s)
stat::number_of_executed_units: 1000
stat::average_exec_per_sec:     0
";

    #[test]
    fn the_figures_are_those_of_the_end() {
        let report = Report::read("wkly", SAID);
        let wanted = Report {
            target: "wkly".to_owned(),
            runs: 1000,
            places: 141,
            features: 301,
            inputs: 44,
            ..Report::default()
        };
        assert_eq!(report, wanted);
        assert_eq!(
            object(&[report]),
            "{\"wkly\":{\"runs\":1000,\"seconds\":0,\"places\":141,\"features\":301,\"inputs\":44,\"findings\":0}}"
        );
    }

    #[test]
    fn what_was_found_is_named_with_its_file() {
        let said = "artifact_prefix='f/'; Test unit written to f/wkly-crash-0a1b\nBase64: AA==\n";
        assert_eq!(artifact(said), Some("f/wkly-crash-0a1b".into()));
        let finding = Some(Finding { input: artifact(said), log: "f/wkly.log".into() });
        let line = Report { target: "wkly".to_owned(), finding, ..Report::default() }.line();
        assert!(line.contains("FOUND f/wkly-crash-0a1b"), "{line}");
        assert_eq!(artifact(SAID), None);
    }
}
