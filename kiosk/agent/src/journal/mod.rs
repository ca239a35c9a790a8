//! The journal on a thread of its own. What it acknowledges survives a power cut.
//!
//! Records are added and never changed. A journal that cannot be read to the end, or a disk that does not write, closes
//! the kiosk: nothing is opened on a guess. From then on the thread looks again and again whether the journal is whole and
//! the disk takes what is written; when they do, it is read anew, as after a restart.

mod command;
mod store;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use pickup_session::journal::{Record, Recovery};
use rusqlite::ErrorCode;

use store::Store;

pub use command::{JournalCommand, run as run_command};

/// What to do once records are on the disk: `true` when they are.
pub type Done = Box<dyn FnOnce(bool) + Send>;

/// Told what the journal says when it was read, at start and after it could not be written; `None` whenever it turns out
/// to be no good.
pub type Tell = Box<dyn FnMut(Option<Recovery>) + Send>;

/// Pauses between two attempts to open a journal that is no good.
const MEND_FIRST: Duration = Duration::from_secs(2);
const MEND_AT_MOST: Duration = Duration::from_secs(60);

enum Order {
    Write(Write),
    Prune(Timestamp),
    Answer(Box<dyn FnOnce() + Send>),
}

struct Write {
    at: Option<Timestamp>,
    records: Vec<Record>,
    done: Done,
}

/// Takes records; may be cloned and given away.
#[derive(Clone, Debug)]
pub struct Journal {
    orders: Sender<Order>,
    rows: Arc<AtomicU64>,
}

impl Journal {
    /// Starts the thread on the journal of a data directory; `tell` is called on that thread.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn start(data_dir: &Path, tell: Tell) -> Result<Self> {
        let (orders, taken) = mpsc::channel();
        let rows = Arc::new(AtomicU64::new(0));
        let mut keeper = Keeper {
            data_dir: data_dir.to_path_buf(),
            store: None,
            tell,
            rows: Arc::clone(&rows),
            pause: MEND_FIRST,
            again_at: Instant::now(),
            said: String::new(),
        };
        thread::Builder::new().name("journal".into()).spawn(move || keeper.keep(&taken))?;
        Ok(Self { orders, rows })
    }

    /// Writes records, all or none, and then says so. `at` is the date, if it is known.
    pub fn write(&self, at: Option<Timestamp>, records: Vec<Record>, done: Done) {
        let write = Write { at, records, done };
        if let Err(mpsc::SendError(Order::Write(write))) = self.orders.send(Order::Write(write)) {
            (write.done)(false);
        }
    }

    /// Takes out what was reported and written before then.
    pub fn prune(&self, before: Timestamp) {
        let _ = self.orders.send(Order::Prune(before));
    }

    /// Calls back from the journal's thread: it is alive.
    pub fn answer(&self, answered: impl FnOnce() + Send + 'static) {
        let _ = self.orders.send(Order::Answer(Box::new(answered)));
    }

    /// How many lines it had when it was last looked at.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }
}

/// Lines that can be read, reports that wait, and whether the journal is whole; `None` when there is none.
///
/// # Errors
/// None of its own: what cannot be read is damage.
pub fn summary(data_dir: &Path) -> Result<Option<(usize, usize, bool)>> {
    if !store::path(data_dir).is_file() {
        return Ok(None);
    }
    let salvage = store::salvage(data_dir)?;
    let waiting = pickup_session::recover(salvage.records().cloned()).reports.len();
    Ok(Some((salvage.records().count(), waiting, salvage.is_sound())))
}

/// Size of a journal's files on the disk, in bytes; 0 when there is none.
#[must_use]
pub fn bytes(data_dir: &Path) -> u64 {
    let size = |name: &str| std::fs::metadata(data_dir.join(name)).map_or(0, |found| found.len());
    store::FILES.into_iter().map(size).fold(0, u64::saturating_add)
}

/// When lines that were reported may go.
#[must_use]
pub fn keep_from(now: Timestamp, days: u16) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}

struct Keeper {
    data_dir: PathBuf,
    /// `None` while the journal is no good.
    store: Option<Store>,
    tell: Tell,
    rows: Arc<AtomicU64>,
    pause: Duration,
    again_at: Instant,
    said: String,
}

impl Keeper {
    /// Writes what waits, in one transaction, until nobody is left who could ask.
    fn keep(&mut self, orders: &Receiver<Order>) {
        if !self.open() {
            (self.tell)(None);
        }
        loop {
            let next = match self.store {
                Some(_) => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
                None => orders.recv_timeout(self.again_at.saturating_duration_since(Instant::now())),
            };
            match next {
                Ok(first) => self.serve(std::iter::once(first).chain(orders.try_iter()).collect()),
                Err(RecvTimeoutError::Timeout) => {
                    self.open();
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn serve(&mut self, orders: Vec<Order>) {
        let (mut writes, mut later) = (Vec::new(), Vec::new());
        for order in orders {
            match order {
                Order::Write(write) => writes.push(write),
                other => later.push(other),
            }
        }
        if !writes.is_empty() {
            let good = self.write(&writes);
            writes.into_iter().for_each(|write| (write.done)(good));
        }
        for order in later {
            match order {
                Order::Prune(before) => self.prune(before),
                Order::Answer(answered) => answered(),
                Order::Write(_) => {}
            }
        }
    }

    fn write(&mut self, batch: &[Write]) -> bool {
        let Some(store) = &mut self.store else { return false };
        // Of one batch the date is the same.
        let at = batch.iter().find_map(|write| write.at);
        match store.write(at, batch.iter().flat_map(|write| &write.records)) {
            Ok(()) => {
                let records = batch.iter().map(|write| write.records.len() as u64).sum();
                self.rows.fetch_add(records, Ordering::Relaxed);
                true
            }
            Err(error) => {
                self.close(&error);
                false
            }
        }
    }

    fn prune(&mut self, before: Timestamp) {
        let Some(store) = &mut self.store else { return };
        match store.prune(before) {
            Ok(0) => {}
            Ok(lines) => {
                tracing::info!(lines, "the journal is shorter by what was reported long ago");
                self.rows.store(store.count().unwrap_or_default(), Ordering::Relaxed);
            }
            Err(error) => self.close(&error),
        }
    }

    /// From here on nothing is written until the journal was opened and read anew.
    fn close(&mut self, error: &anyhow::Error) {
        self.store = None;
        self.pause = MEND_FIRST;
        self.again_at = Instant::now() + self.pause;
        self.say(error);
        (self.tell)(None);
    }

    fn open(&mut self) -> bool {
        let opened = Store::open(&self.data_dir).and_then(|(mut store, found)| {
            store.try_disk()?;
            Ok((store, found))
        });
        match opened {
            Ok((store, found)) => {
                self.rows.store(store.count().unwrap_or_default(), Ordering::Relaxed);
                self.store = Some(store);
                if !std::mem::take(&mut self.said).is_empty() {
                    tracing::info!("the journal can be written again: the kiosk goes on as after a restart");
                }
                (self.tell)(Some(found));
                true
            }
            Err(error) => {
                self.again_at = Instant::now() + self.pause;
                self.pause = (self.pause * 2).min(MEND_AT_MOST);
                self.say(&error);
                false
            }
        }
    }

    /// Says what is wrong and what to do, once for each thing that is wrong.
    fn say(&mut self, error: &anyhow::Error) {
        let text = format!("{error:#}");
        if self.said != text {
            tracing::error!("{text}. The kiosk stays closed and opens no door. {}", Ill::of(error).advice());
            self.said = text;
        }
    }
}

/// What is wrong with a journal that is no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ill {
    /// The disk does not take what is written, or does not give it back.
    Disk,
    /// A newer program wrote it.
    Newer,
    /// What it says cannot be read.
    Damaged,
}

impl Ill {
    fn of(error: &anyhow::Error) -> Self {
        let of_cause = |cause: &(dyn std::error::Error + 'static)| {
            if cause.is::<store::Newer>() {
                return Some(Self::Newer);
            }
            if cause.is::<std::io::Error>() {
                return Some(Self::Disk);
            }
            let code = cause.downcast_ref::<rusqlite::Error>()?.sqlite_error_code()?;
            is_the_disks(code).then_some(Self::Disk)
        };
        error.chain().find_map(of_cause).unwrap_or(Self::Damaged)
    }

    /// What a person can do about it.
    const fn advice(self) -> &'static str {
        match self {
            Self::Disk => {
                "Make room on the disk, or see that it can be written; the kiosk goes on by itself then."
            }
            Self::Newer => "Install the newer program again.",
            Self::Damaged => {
                "Stop the kiosk; look with `pickup-kiosk journal check`, keep a copy with `pickup-kiosk journal export`, \
                 and put the damaged file away with `pickup-kiosk journal set-aside`, which goes on with what can be read."
            }
        }
    }
}

const fn is_the_disks(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
    )
}
