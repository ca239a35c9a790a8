//! The database: one thread that writes, a few connections that read. What `write` has answered is on the disk.
//!
//! Writes that wait together are committed together, each in a savepoint of its own: one that fails leaves no trace and
//! spoils nothing. Every writing transaction first locks the row of its cell, so that writers of one cell follow one
//! another also across processes, and a holder whose lease went to another one writes nothing more.

use std::path::PathBuf;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::db::{Conn, DbError, Engine, PgAddress, Purpose};

mod cell;
mod lease;
mod migrate;
mod writer;

pub use cell::CellState;
pub use migrate::migrate;

const READERS: usize = 3;
const QUEUE: usize = 1024;
const CHECKPOINTS: Duration = Duration::from_millis(250);

/// Why the database did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine said no: a constraint, a full disk, a damaged file, a server that is gone.
    #[error("the database refused: {0}")]
    Database(#[from] DbError),
    /// The file was written by a later version of this program.
    #[error("the database is at migration {found}, this program knows {known}: use a newer pickup-backend")]
    Newer {
        /// Last migration in the database.
        found: i64,
        /// Last migration known here.
        known: i64,
    },
    /// The database is of an earlier version and is not brought forward unasked.
    #[error(
        "the database is at migration {found}, this program needs {known}: make a backup, then run `pickup-backend migrate`"
    )]
    Older {
        /// Last migration in the database.
        found: i64,
        /// Last migration known here.
        known: i64,
    },
    /// A migration's text differs from what was applied.
    #[error(
        "migration {0} was changed after it was applied to this database: restore the data directory of this version"
    )]
    Changed(i64),
    /// A stored value is not what this program writes.
    #[error("{what} in the database cannot be read: {why}")]
    Unreadable {
        /// Which column of which row.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// Several writes were to be committed together and the commit failed.
    #[error("the database did not commit: {0}")]
    NotCommitted(String),
    /// Another process writes this cell.
    #[error("cell {cell} is written by {holder}: stop it, or give this one another cell")]
    Leased {
        /// Which cell.
        cell: i64,
        /// Who holds it.
        holder: String,
    },
    /// Another process has taken over this cell.
    #[error("cell {0} was taken over by another pickup-backend; this one writes nothing more")]
    LeaseLost(i64),
    /// The writer has stopped; the process is ending or a write has failed badly.
    #[error("the database writer has stopped: restart pickup-backend")]
    Closed,
}

impl StoreError {
    /// A stored value that cannot be read: `what` names column and row, never the value.
    pub fn unreadable(what: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Self::Unreadable { what: what.into(), why: why.to_string() }
    }
}

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL server.
    Server(PgAddress),
}

/// A database and the cell of it that is worked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where.
    pub place: Place,
    /// Which cell.
    pub cell: i64,
}

impl Source {
    /// A connection that writes. Blocks.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn connect(&self) -> Result<Conn, DbError> {
        match &self.place {
            Place::File(path) => Conn::sqlite(path, self.cell),
            Place::Server(address) => Conn::postgres(address, self.cell, Purpose::Write),
        }
    }

    /// A connection that only reads. Blocks.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn connect_to_read(&self) -> Result<Conn, DbError> {
        match &self.place {
            Place::File(path) => Conn::sqlite_reader(path, self.cell),
            Place::Server(address) => Conn::postgres(address, self.cell, Purpose::Read),
        }
    }

    /// Which engine it is.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        match self.place {
            Place::File(_) => Engine::Sqlite,
            Place::Server(_) => Engine::Postgres,
        }
    }
}

/// Handle to the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    jobs: mpsc::Sender<Box<dyn writer::Job>>,
    readers: Arc<Readers>,
    /// The lease this process holds; 0 for none, as the commands at a shell.
    epoch: Arc<AtomicI64>,
}

impl Store {
    /// Opens or makes the database and starts the writer. A file is brought to the newest migration; a server must be
    /// there already, see [`migrate()`].
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be opened, or is of another version.
    pub fn open(source: &Source) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (opened, ready) = std::sync::mpsc::sync_channel(1);
        let of = source.clone();
        let epoch = Arc::new(AtomicI64::new(0));
        let held = Arc::clone(&epoch);
        // The connection is made on the thread that uses it: PostgreSQL's belongs to a runtime of that thread.
        std::thread::spawn(move || match writer::open(&of) {
            Ok(conn) => {
                let _ = opened.send(Ok(()));
                writer::run(conn, &of, queue, &held);
            }
            Err(error) => {
                let _ = opened.send(Err(error));
            }
        });
        ready.recv().map_err(|_| StoreError::Closed)??;
        if let Place::File(_) = source.place {
            checkpoints(source.clone(), Arc::downgrade(&epoch));
        }
        let readers = Readers {
            source: source.clone(),
            idle: Mutex::new(Vec::new()),
            permits: Semaphore::new(READERS),
        };
        Ok(Self { jobs, readers: Arc::new(readers), epoch })
    }

    /// Where the database is.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.readers.source
    }

    /// Runs `work` in one transaction, in the order of the calls. `Ok` is committed and flushed before it is answered;
    /// `Err` leaves no trace. Dropping the future does not stop the work.
    ///
    /// # Errors
    /// What `work` says, or [`StoreError`] when the transaction cannot be begun or committed.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, wait) = oneshot::channel();
        let job = Box::new(writer::Work::new(work, answer));
        self.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        wait.await.map_err(|_| StoreError::Closed)?
    }

    /// Runs `work` on a connection that cannot write, on one unchanging view of the database.
    ///
    /// # Errors
    /// What `work` says, or [`StoreError`] when no connection can be had.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let _permit = self.readers.permits.acquire().await.map_err(|_| StoreError::Closed)?;
        let readers = Arc::clone(&self.readers);
        tokio::task::spawn_blocking(move || readers.run(work)).await.map_err(|_| StoreError::Closed)?
    }
}

/// Keeps the write-ahead log short beside the writer, so that no order waits for it; ends with the store.
fn checkpoints(source: Source, store: Weak<AtomicI64>) {
    std::thread::spawn(move || {
        let Ok(conn) = source.connect() else { return };
        while store.strong_count() > 0 {
            if let Err(error) = conn.checkpoint() {
                tracing::debug!(%error, "no checkpoint now");
            }
            std::thread::sleep(CHECKPOINTS);
        }
    });
}

#[derive(Debug)]
struct Readers {
    source: Source,
    idle: Mutex<Vec<Conn>>,
    permits: Semaphore,
}

impl Readers {
    fn run<T, E: From<StoreError>>(&self, work: impl FnOnce(&Conn) -> Result<T, E>) -> Result<T, E> {
        let reader = self.begun().map_err(StoreError::from)?;
        let answer = work(&reader);
        let ended = reader.execute_batch("COMMIT");
        if ended.is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        }
        answer
    }

    /// A connection with a transaction begun; one that broke while it lay idle is replaced.
    fn begun(&self) -> Result<Conn, DbError> {
        let begin = match self.source.engine() {
            Engine::Sqlite => "BEGIN",
            Engine::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        while let Some(idle) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            if idle.execute_batch(begin).is_ok() {
                return Ok(idle);
            }
        }
        let new = self.source.connect_to_read()?;
        new.execute_batch(begin)?;
        Ok(new)
    }
}
