//! `pickup-kiosk doors`: a person and the kiosk walk the doors one by one, and what they find is written down.
//!
//! What is found goes into `doors.toml` in the data directory, which the settings file gives way to; the settings file
//! itself, which is read-only on many kiosks, is not touched.

mod judge;
mod written;

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use pickup_devices::lock::{self, LockEvent, LockHandle};
use tokio::time::{Instant, sleep, timeout_at};

use crate::config::Config;
use crate::files::DataLock;
use judge::{Walked, judge};

pub use written::apply;

/// Doors that were not heard of by then are not known.
const WITHIN: Duration = Duration::from_secs(8);
/// A contact that moved has settled by then.
const SETTLES_WITHIN: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(50);

type Doors = BTreeMap<u16, bool>;

/// Walks the doors.
///
/// # Errors
/// When the kiosk runs, the lock does not answer, or standard input ends.
pub async fn run(config: &Config, input: &mut dyn BufRead, out: &mut dyn Write) -> Result<ExitCode> {
    let _alone = DataLock::take(&config.data_dir)?;
    let mut walk = Walk { lock: lock::spawn_all(config.lock.driver()), input, out };
    let all: Vec<u16> = config.lock.doors.iter().map(|door| door.door).collect();
    let heard = walk.heard(&all).await;
    let missing: Vec<u16> = all.iter().copied().filter(|door| !heard.contains_key(door)).collect();
    if !missing.is_empty() {
        bail!("doors {missing:?} are not heard of: run `pickup-kiosk check` and mend the boards first");
    }
    writeln!(walk.out, "{} doors. Shut all of them, then press ENTER.", all.len())?;
    walk.line()?;
    let mut walked = Vec::new();
    for door in &all {
        writeln!(walk.out, "Door {door}: ENTER opens it, s skips it, q ends.")?;
        match walk.line()?.as_str() {
            "s" => continue,
            "q" => {
                writeln!(walk.out, "Ended; nothing was changed.")?;
                return Ok(ExitCode::FAILURE);
            }
            _ => walked.push(walk.door(*door, &all).await?),
        }
    }
    let board_of = |number| config.lock.doors.iter().find(|d| d.door == number).map(written::board_of);
    match judge(&walked, &all, board_of) {
        Ok(verdict) => {
            let path = written::write(config, &verdict)?;
            let (moved, boards) =
                (verdict.opens.iter().filter(|(a, b)| a != b).count(), verdict.reversed.len());
            writeln!(
                walk.out,
                "{} doors walked: {moved} mapped anew, {boards} boards reversed.",
                walked.len()
            )?;
            writeln!(walk.out, "Written to {}. Start the kiosk again.", path.display())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refusals) => {
            for refusal in refusals {
                writeln!(walk.out, "REFUSED: {refusal}.")?;
            }
            writeln!(walk.out, "Nothing was changed: mend this and walk the doors again.")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

struct Walk<'a> {
    lock: LockHandle,
    input: &'a mut dyn BufRead,
    out: &'a mut dyn Write,
}

impl Walk<'_> {
    fn line(&mut self) -> Result<String> {
        self.out.flush()?;
        let mut line = String::new();
        if self.input.read_line(&mut line)? == 0 {
            bail!("nobody answers any more; nothing was changed");
        }
        Ok(line.trim().to_owned())
    }

    async fn door(&mut self, door: u16, all: &[u16]) -> Result<Walked> {
        let before = self.read(all).await?;
        self.lock.open(door)?;
        self.pulsed(door).await;
        let moved = self.which_moved(door)?;
        let open = self.settled(all, |doors| *doors != before).await?;
        let mut went_back = true;
        if moved.is_some() {
            writeln!(self.out, "Shut it, then press ENTER.")?;
            self.line()?;
            let shut = self.settled(all, |doors| *doors == before).await?;
            went_back = shut == before;
        }
        let changed = open.into_iter().filter(|(door, state)| before.get(door) != Some(state)).collect();
        Ok(Walked { configured: door, moved, changed, went_back })
    }

    fn which_moved(&mut self, door: u16) -> Result<Option<u16>> {
        loop {
            writeln!(self.out, "Which door stands open now? ENTER for {door}, its number, or 0 for none.")?;
            let line = self.line()?;
            if line.is_empty() {
                return Ok(Some(door));
            }
            match line.parse() {
                Ok(0) => return Ok(None),
                Ok(number) => return Ok(Some(number)),
                Err(_) => writeln!(self.out, "`{line}` is no number.")?,
            }
        }
    }

    /// The lock was pulsed, or would not be. What its contact says is not believed here: it is what is to be found out.
    async fn pulsed(&mut self, door: u16) {
        let deadline = Instant::now() + WITHIN;
        while let Ok(Some(event)) = timeout_at(deadline, self.lock.events.recv()).await {
            match event {
                LockEvent::Opened { door: opened } if opened == door => return,
                LockEvent::OpenFailed { door: failed, kind, fault } if failed == door => {
                    tracing::info!(door, kind = kind.code(), "{fault}");
                    return;
                }
                _ => {}
            }
        }
    }

    /// How every door reads, once that is as it was to be expected, or after a while. A contact that has just moved is
    /// believed by the driver only when it stays.
    async fn settled(&mut self, all: &[u16], expected: impl Fn(&Doors) -> bool) -> Result<Doors> {
        let deadline = Instant::now() + SETTLES_WITHIN;
        loop {
            let doors = self.read(all).await?;
            if expected(&doors) || Instant::now() >= deadline {
                // Another contact may have moved with it.
                return self.read(all).await;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// How every door reads now.
    async fn read(&mut self, all: &[u16]) -> Result<Doors> {
        while self.lock.events.try_recv().is_ok() {}
        self.lock.query_all()?;
        let heard = self.heard(all).await;
        match all.iter().find(|door| !heard.contains_key(door)) {
            Some(door) => bail!("door {door} cannot be read any more: check the line; nothing was changed"),
            None => Ok(heard),
        }
    }

    /// What the doors tell, until all have.
    async fn heard(&mut self, all: &[u16]) -> Doors {
        let (deadline, mut heard) = (Instant::now() + WITHIN, Doors::new());
        while !all.iter().all(|door| heard.contains_key(door)) {
            match timeout_at(deadline, self.lock.events.recv()).await {
                Ok(Some(LockEvent::State { door, open })) => drop(heard.insert(door, open)),
                Ok(Some(LockEvent::Opened { door })) => drop(heard.insert(door, true)),
                Ok(Some(LockEvent::Closed { door })) => drop(heard.insert(door, false)),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => break,
            }
        }
        heard
    }
}
