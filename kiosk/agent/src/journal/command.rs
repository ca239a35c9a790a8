//! `pickup-kiosk journal`: looking at the journal, copying it out, and putting a damaged one away.

use std::fs;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use clap::Subcommand;
use jiff::Timestamp;
use pickup_session::journal::{Recovery, recover};
use pickup_session::shorten;
use serde_json::json;

use super::store::{self, Salvage, Store};
use super::{Ill, keep_from};
use crate::files::DataLock;

/// What is typed to confirm.
const WORD: &str = "set aside";

/// What to do with the journal.
#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Say whether the journal is whole and what it tells. Ends with 1 when it is damaged.
    Check,
    /// Print every line that can be read as one JSON object; what cannot be read is named on standard error.
    Export,
    /// Put a damaged journal away under a dated name and begin a new one with what can be read. The kiosk must not run.
    SetAside {
        /// Do not ask: a person has confirmed already.
        #[arg(long)]
        yes: bool,
    },
    /// Take out what was reported and is older than so many days. The kiosk must not run; it does this by itself.
    Prune {
        /// Days.
        #[arg(long, default_value_t = 90)]
        older_than_days: u16,
    },
}

/// Does it.
///
/// # Errors
/// When the journal cannot be read or written at all; standard output's.
pub fn run(data_dir: &Path, command: &JournalCommand) -> Result<ExitCode> {
    let out = &mut std::io::stdout().lock();
    match command {
        JournalCommand::Check => check(data_dir, out),
        JournalCommand::Export => export(data_dir, out),
        JournalCommand::SetAside { yes } => {
            let _alone = DataLock::take(data_dir)?;
            let now = Timestamp::now();
            let confirmed = |out: &mut dyn Write| confirm(&mut std::io::stdin().lock(), out);
            set_aside(data_dir, now, out, |out| if *yes { Ok(true) } else { confirmed(out) })
        }
        JournalCommand::Prune { older_than_days } => {
            let _alone = DataLock::take(data_dir)?;
            let (mut store, _) = Store::open(data_dir)?;
            let gone = store.prune(keep_from(Timestamp::now(), *older_than_days))?;
            writeln!(out, "{gone} lines went, {} stay.", store.count()?)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

pub(super) fn check(data_dir: &Path, out: &mut dyn Write) -> Result<ExitCode> {
    let salvage = store::salvage(data_dir)?;
    writeln!(out, "The journal is {}.", store::path(data_dir).display())?;
    let when = |row: Option<&store::Row>| {
        row.and_then(|row| row.at).map_or_else(|| "an unknown date".to_owned(), |at| format!("{at:.0}"))
    };
    let (first, last) = (salvage.rows.first(), salvage.rows.last());
    writeln!(out, "{} lines, from {} to {}.", salvage.rows.len(), when(first), when(last))?;
    tell(out, &recover(salvage.records().cloned()))?;
    if salvage.is_sound() {
        writeln!(out, "It is whole.")?;
        return Ok(ExitCode::SUCCESS);
    }
    for text in faults(&salvage) {
        writeln!(out, "DAMAGED: {text}")?;
    }
    writeln!(out, "{}", Ill::Damaged.advice())?;
    Ok(ExitCode::FAILURE)
}

fn faults(salvage: &Salvage) -> Vec<String> {
    let of_file = salvage.damage.iter().cloned();
    of_file.chain(salvage.unreadable().map(|(n, why)| format!("line {n} cannot be read: {why}"))).collect()
}

/// What it says about where the kiosk stood; nobody is named.
fn tell(out: &mut dyn Write, found: &Recovery) -> Result<()> {
    writeln!(
        out,
        "{} pickups were handed over, {} reports wait.",
        found.collected.len(),
        found.reports.len()
    )?;
    if let Some(open) = &found.pickup {
        let events = open.door_events.iter().map(|event| format!("door {} {:?}", event.door, event.kind));
        let events: Vec<String> = events.collect();
        let did =
            if events.is_empty() { "no door was to be opened yet".to_owned() } else { events.join(", ") };
        writeln!(out, "Pickup {} has not ended: {did}.", open.offer.pickup)?;
    }
    if let Some(open) = &found.deposit {
        writeln!(out, "A deposit has not ended: plan {}.", open.request_id)?;
    }
    for pickup in &found.unclear {
        writeln!(out, "Somebody must look behind the door of pickup {pickup}.")?;
    }
    Ok(())
}

pub(super) fn export(data_dir: &Path, out: &mut dyn Write) -> Result<ExitCode> {
    let salvage = store::salvage(data_dir)?;
    for row in &salvage.rows {
        if let Ok(record) = &row.record {
            let line = json!({ "n": row.n, "at": row.at.map(|at| at.to_string()), "record": record });
            writeln!(out, "{line}")?;
        }
    }
    for text in faults(&salvage) {
        eprintln!("DAMAGED: {text}");
    }
    Ok(if salvage.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn confirm(from: &mut dyn BufRead, out: &mut dyn Write) -> Result<bool> {
    write!(out, "Look behind every door first. To go on, type `{WORD}`: ")?;
    out.flush()?;
    let mut line = String::new();
    from.read_line(&mut line)?;
    Ok(line.trim() == WORD)
}

/// Puts the file away and goes on with what can be read of it: reports that wait are sent, what was handed over is not
/// handed over again, and what was open goes to a person.
pub(super) fn set_aside(
    data_dir: &Path,
    now: Timestamp,
    out: &mut dyn Write,
    confirmed: impl FnOnce(&mut dyn Write) -> Result<bool>,
) -> Result<ExitCode> {
    let salvage = store::salvage(data_dir)?;
    if salvage.is_sound() {
        writeln!(out, "The journal is whole: there is nothing to set aside.")?;
        return Ok(ExitCode::SUCCESS);
    }
    for text in faults(&salvage) {
        writeln!(out, "DAMAGED: {text}")?;
    }
    let records: Vec<_> = salvage.records().cloned().collect();
    writeln!(out, "{} of {} lines can be read and are taken over.", records.len(), salvage.rows.len())?;
    tell(out, &recover(records.iter().cloned()))?;
    if !confirmed(out)? {
        writeln!(out, "Nothing was changed.")?;
        return Ok(ExitCode::FAILURE);
    }
    let aside = aside(data_dir, now)?;
    store::begin_anew(data_dir, now, shorten(records), &aside)?;
    writeln!(
        out,
        "The damaged journal lies in {}; send it to who looks after the program.",
        aside.display()
    )?;
    writeln!(out, "Start the kiosk again: it reports what waits.")?;
    Ok(ExitCode::SUCCESS)
}

fn aside(data_dir: &Path, now: Timestamp) -> Result<PathBuf> {
    let dir = data_dir.join(format!("journal-{}-damaged", now.strftime("%Y%m%dT%H%M%SZ")));
    ensure!(!dir.exists(), "{} is there already", dir.display());
    fs::create_dir(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    Ok(dir)
}
