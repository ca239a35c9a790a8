//! The database: one thread that writes, a few connections that read. What `write` has answered is on the disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// The migrations in order; forward only. A text that was applied somewhere is never changed again.
const MIGRATIONS: &[(i64, &str)] = &[(1, include_str!("../migrations/0001.sql"))];
const READERS: usize = 3;
const QUEUE: usize = 1024;

/// Why the database did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine said no: a constraint, a full disk, a damaged file.
    #[error("the database refused: {0}")]
    Database(#[from] rusqlite::Error),
    /// The file was written by a later version of this program.
    #[error("the database is at migration {found}, this program knows {known}: use a newer pickup-backend")]
    Newer {
        /// Last migration in the file.
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

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Handle to the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    readers: Arc<Readers>,
}

impl Store {
    /// Opens or makes the database file, brings it to the newest migration and starts the writer.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be opened or migrated.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut writer = connect(path)?;
        migrate(&mut writer)?;
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE);
        std::thread::spawn(move || {
            while let Some(job) = queue.blocking_recv() {
                // A panic rolls its own transaction back and fails its own caller; the next write must still be served.
                if catch_unwind(AssertUnwindSafe(|| job(&mut writer))).is_err() {
                    tracing::error!("a write panicked and was rolled back");
                }
            }
        });
        let readers =
            Readers { path: path.to_owned(), idle: Mutex::new(Vec::new()), permits: Semaphore::new(READERS) };
        Ok(Self { jobs, readers: Arc::new(readers) })
    }

    /// Runs `work` in one transaction, in the order of the calls. `Ok` is committed and flushed before it is answered;
    /// `Err` leaves no trace. Dropping the future does not stop the work.
    ///
    /// # Errors
    /// What `work` says, or [`StoreError`] when the transaction cannot be begun or committed.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, wait) = oneshot::channel();
        let job: Job = Box::new(move |writer| {
            // The asker may be gone; the work stands all the same.
            let _ = answer.send(commit(writer, work));
        });
        self.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        wait.await.map_err(|_| StoreError::Closed)?
    }

    /// Runs `work` on a connection that cannot write, on one unchanging view of the database.
    ///
    /// # Errors
    /// What `work` says, or [`StoreError`] when no connection can be had.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let _permit = self.readers.permits.acquire().await.map_err(|_| StoreError::Closed)?;
        let readers = Arc::clone(&self.readers);
        tokio::task::spawn_blocking(move || readers.run(work)).await.map_err(|_| StoreError::Closed)?
    }
}

#[derive(Debug)]
struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Readers {
    fn run<T, E: From<StoreError>>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => connect_to_read(&self.path)?,
        };
        let answer = {
            let view = reader.transaction().map_err(StoreError::from)?;
            work(&view)?
        };
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        Ok(answer)
    }
}

fn commit<T, E: From<StoreError>>(
    writer: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
    let answer = work(&tx)?;
    tx.commit().map_err(StoreError::from)?;
    Ok(answer)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open(path)?;
    conn.busy_timeout(Duration::from_secs(10))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    Ok(conn)
}

fn connect_to_read(path: &Path) -> Result<Connection, StoreError> {
    // Opened for writing, since a reader of a WAL file may have to recover it; `query_only` keeps it from changing data.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(Duration::from_secs(10))?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(
        "CREATE TABLE IF NOT EXISTS migration (number BIGINT NOT NULL PRIMARY KEY, digest TEXT NOT NULL)",
    )?;
    let found: i64 = tx.query_row("SELECT COALESCE(MAX(number), 0) FROM migration", [], |row| row.get(0))?;
    let known = MIGRATIONS.last().map_or(0, |(number, _)| *number);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (number, sql) in MIGRATIONS {
        let digest = hex::encode(Sha256::digest(sql.as_bytes()));
        if *number > found {
            tx.execute_batch(sql)?;
            tx.execute("INSERT INTO migration (number, digest) VALUES (?1, ?2)", (number, &digest))?;
            continue;
        }
        let applied: String =
            tx.query_row("SELECT digest FROM migration WHERE number = ?1", [number], |row| row.get(0))?;
        if applied != digest {
            return Err(StoreError::Changed(*number));
        }
    }
    tx.commit()?;
    Ok(())
}
