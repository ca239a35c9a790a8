//! Steps with headings and times, and the summary that a long run ends with.

use std::time::{Duration, Instant};

use anyhow::Result;

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
}

/// What a step found.
pub enum Outcome {
    /// All well.
    Passed,
    /// Something is wrong; the step has said what.
    Failed,
    /// Not done, for this reason.
    Skipped(String),
    /// A step that ran tests.
    Tests(Count),
}

struct Done {
    name: String,
    took: Duration,
    outcome: Outcome,
}

/// The steps so far.
pub struct Steps {
    began: Instant,
    total: usize,
    done: Vec<Done>,
}

impl Steps {
    /// Will run `total` steps.
    pub fn new(total: usize) -> Self {
        Self { began: Instant::now(), total, done: Vec::new() }
    }

    /// Runs one step under a heading. A step that cannot be carried out counts as failed.
    pub fn step(&mut self, name: &str, work: impl FnOnce() -> Result<Outcome>) {
        let number = self.done.len() + 1;
        println!("\n==> [{number}/{}] {name} ({} so far)", self.total, clock(self.began.elapsed()));
        let began = Instant::now();
        let outcome = work().unwrap_or_else(|fault| {
            println!("{fault:#}");
            Outcome::Failed
        });
        let took = began.elapsed();
        println!("    {name}: {} after {}", word(&outcome), clock(took));
        self.done.push(Done { name: name.to_owned(), took, outcome });
    }

    /// Prints the summary and the closing line; `true` when nothing failed.
    pub fn close(&self) -> bool {
        println!("\nSummary ({} in all)", clock(self.began.elapsed()));
        for done in &self.done {
            println!("  {:<10} {:>7}  {}", word(&done.outcome), clock(done.took), done.name);
        }
        let count = self.count();
        println!("\n{} passed, {} failed", count.passed, count.failed);
        count.failed == 0
    }

    /// Tests as counted, and each step that failed without counting tests as one failure.
    fn count(&self) -> Count {
        self.done.iter().fold(Count::default(), |sum, done| match done.outcome {
            Outcome::Tests(count) => {
                Count { passed: sum.passed + count.passed, failed: sum.failed + count.failed }
            }
            Outcome::Failed => Count { failed: sum.failed + 1, ..sum },
            Outcome::Passed | Outcome::Skipped(_) => sum,
        })
    }
}

fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed | Outcome::Tests(Count { failed: 0, .. }) => "ok".to_owned(),
        Outcome::Failed | Outcome::Tests(_) => "FAILED".to_owned(),
        Outcome::Skipped(reason) => format!("skipped ({reason})"),
    }
}

/// Minutes and seconds.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Reads the closing summary of nextest, as in `Summary [ 2.1s] 9 tests run: 8 passed (1 slow), 1 failed, 2 skipped`.
pub fn nextest_count(line: &str) -> Option<Count> {
    let plain = without_colour(line);
    let (_, tail) = plain.trim_start().strip_prefix("Summary [")?.split_once("run:")?;
    let number = |what: &str| {
        tail.split(", ")
            .filter_map(|part| part.trim().split_once(' '))
            .filter(|(_, rest)| rest.starts_with(what))
            .find_map(|(number, _)| number.parse::<u64>().ok())
            .unwrap_or(0)
    };
    let failed = number("failed") + number("timed out") + number("exec failed");
    Some(Count { passed: number("passed"), failed })
}

fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(letter) = rest.next() {
        if letter == '\u{1b}' {
            for escaped in rest.by_ref() {
                if escaped.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            plain.push(letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_of_nextest_are_counted() {
        let line =
            "     Summary [   2.134s] 12 tests run: 9 passed (1 slow), 2 failed, 1 timed out, 3 skipped";
        assert_eq!(nextest_count(line), Some(Count { passed: 9, failed: 3 }));
    }

    #[test]
    fn colours_do_not_hide_the_summary() {
        let line = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.1s] \u{1b}[1m4\u{1b}[0m tests run: \u{1b}[1m4\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m skipped";
        assert_eq!(nextest_count(line), Some(Count { passed: 4, failed: 0 }));
    }

    #[test]
    fn another_line_is_not_a_summary() {
        assert_eq!(nextest_count("        PASS [   0.004s] xtask::bin/xtask tests::run: 1 passed"), None);
    }

    #[test]
    fn a_failed_step_without_tests_counts_as_one_failure() {
        let mut steps = Steps::new(2);
        steps.step("format", || Ok(Outcome::Failed));
        steps.step("tests", || Ok(Outcome::Tests(Count { passed: 5, failed: 0 })));
        assert_eq!(steps.count(), Count { passed: 5, failed: 1 });
        assert!(!steps.close());
    }

    #[test]
    fn a_step_that_could_not_run_counts_as_failed() {
        let mut steps = Steps::new(1);
        steps.step("deny", || Err(anyhow::anyhow!("no such program")));
        assert_eq!(steps.count().failed, 1);
    }
}
