//! `pickup-kiosk check`: tries everything once and says in words what it found.

mod devices;
mod machine;

use std::fmt;
use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;

use crate::config::Config;
use crate::files::DataLock;

/// How good something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// As it should be.
    Good,
    /// The kiosk can work, but somebody should look after it.
    Look,
    /// The kiosk cannot work like this.
    Bad,
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Good => "good",
            Self::Look => "LOOK",
            Self::Bad => "BAD",
        })
    }
}

/// What was found of one thing.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What was tried.
    pub subject: &'static str,
    /// How good it is.
    pub grade: Grade,
    /// A stable word for what was found.
    pub code: &'static str,
    /// In words, with what to do.
    pub text: String,
}

impl Finding {
    fn new(subject: &'static str, grade: Grade, code: &'static str, text: impl Into<String>) -> Self {
        Self { subject, grade, code, text: text.into() }
    }

    fn good(subject: &'static str, text: impl Into<String>) -> Self {
        Self::new(subject, Grade::Good, "good", text)
    }
}

/// Tries everything and prints what was found. Fails when anything is bad.
///
/// # Errors
/// Standard output's.
pub async fn run(config: &Config, json: bool) -> Result<ExitCode> {
    let found = all(config).await;
    print(&found, json, &mut std::io::stdout().lock())?;
    let bad = found.iter().any(|finding| finding.grade == Grade::Bad);
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn all(config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    match DataLock::take(&config.data_dir) {
        Ok(_alone) => found.extend(devices::all(config).await),
        Err(error) => {
            let text = format!("the devices were not tried: {error:#}");
            found.push(Finding::new("devices", Grade::Bad, "in_use", text));
        }
    }
    found.extend(machine::all(config).await);
    found
}

fn print(found: &[Finding], json: bool, out: &mut dyn Write) -> Result<()> {
    if json {
        let bad = found.iter().any(|finding| finding.grade == Grade::Bad);
        writeln!(out, "{}", serde_json::json!({ "good": !bad, "findings": found }))?;
        return Ok(());
    }
    for Finding { subject, grade, text, .. } in found {
        writeln!(out, "{grade:<5} {subject:<12} {text}")?;
    }
    let bad = found.iter().filter(|finding| finding.grade == Grade::Bad).count();
    match bad {
        0 => writeln!(out, "The kiosk can work.")?,
        bad => writeln!(out, "The kiosk cannot work: {bad} things are bad.")?,
    }
    Ok(())
}
