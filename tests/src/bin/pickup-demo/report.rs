//! Steps of the script: printed as they happen, with their time, and summed up at the end.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

/// A step has failed; what was wrong is already in the report.
#[derive(Debug)]
pub struct Failed;

struct Line {
    text: String,
    at: Duration,
    took: Duration,
    fault: Option<String>,
}

/// All steps so far.
pub struct Report {
    began: Instant,
    lines: Vec<Line>,
}

impl Report {
    /// Nothing done yet.
    pub fn new() -> Self {
        Self { began: Instant::now(), lines: Vec::new() }
    }

    /// Prints a heading.
    pub fn heading(&mut self, text: &str) {
        println!("\n{text}");
    }

    /// Carries out a step, prints and keeps how it went.
    pub async fn step<T>(&mut self, text: &str, work: impl Future<Output = Result<T>>) -> Result<T, Failed> {
        let at = Instant::now();
        let result = work.await;
        let line = Line {
            text: text.to_owned(),
            at: at.duration_since(self.began),
            took: at.elapsed(),
            fault: result.as_ref().err().map(|fault| format!("{fault:#}")),
        };
        println!("{}", line.shown());
        self.lines.push(line);
        result.map_err(|_| Failed)
    }

    /// Whether nothing has failed.
    pub fn good(&self) -> bool {
        self.lines.iter().all(|line| line.fault.is_none())
    }

    /// Prints the summary and writes it to `summary.txt`; gives whether all is well.
    pub fn close(&self, out: &Path) -> Result<bool> {
        let failed = self.lines.iter().filter(|line| line.fault.is_some()).count();
        let mut text = String::new();
        for line in &self.lines {
            writeln!(text, "{}", line.shown())?;
        }
        let seconds = self.began.elapsed().as_secs();
        let sum = format!("{} steps done, {failed} failed, {seconds} s", self.lines.len() - failed);
        std::fs::write(out.join("summary.txt"), format!("{text}\n{sum}\n"))?;
        println!("\n{sum}\nWhat it made is in {}", out.display());
        Ok(failed == 0)
    }
}

impl Line {
    fn shown(&self) -> String {
        let (at, took) = (self.at.as_millis(), self.took.as_millis());
        let word = if self.fault.is_some() { "FAILED" } else { "ok" };
        let fault = self.fault.as_ref().map(|fault| format!("\n         {fault}")).unwrap_or_default();
        format!(
            "{:>4}.{:03} s  {word:<6} {} ({took} ms){fault}",
            at.checked_div(1000).unwrap_or_default(),
            at.checked_rem(1000).unwrap_or_default(),
            self.text
        )
    }
}
