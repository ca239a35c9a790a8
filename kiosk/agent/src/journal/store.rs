//! The journal's file: one row a record, in SQLite with WAL and synchronous FULL.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use jiff::Timestamp;
use pickup_session::journal::{Record, Recovery, recover};
use pickup_session::shorten;
use rusqlite::{Connection, OpenFlags, params};

use crate::files::write_private;

/// What a newer program may have changed is not guessed at.
const VERSION: i64 = 2;

/// A newer program wrote the journal.
#[derive(Debug, thiserror::Error)]
#[error("it was written by a newer program (layout {0}): install that program again")]
pub struct Newer(i64);

/// Where the journal of a data directory lies.
#[must_use]
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("journal.db")
}

/// An open journal.
#[derive(Debug)]
pub struct Store {
    db: Connection,
}

impl Store {
    /// Opens the journal of a data directory and reads all of it.
    ///
    /// # Errors
    /// When it is damaged, was written by a newer program, or cannot be written.
    pub fn open(data_dir: &Path) -> Result<(Self, Recovery)> {
        finish_anew(data_dir)?;
        let path = path(data_dir);
        let db = open(&path).with_context(|| format!("the journal {} cannot be opened", path.display()))?;
        let store = Self { db };
        let found = store.records().with_context(|| format!("the journal {} is damaged", path.display()))?;
        Ok((store, recover(found)))
    }

    /// Writes records, all or none.
    ///
    /// # Errors
    /// The disk's, such as that it is full; whether the records are there is then known only by reading again.
    pub fn write<'a>(
        &mut self,
        at: Option<Timestamp>,
        records: impl IntoIterator<Item = &'a Record>,
    ) -> Result<()> {
        let at_us = at.map(Timestamp::as_microsecond);
        let tx = self.db.transaction()?;
        {
            let mut insert = tx.prepare_cached("INSERT INTO record (body, at_us) VALUES (?1, ?2)")?;
            for record in records {
                insert.execute(params![serde_json::to_string(record)?, at_us])?;
            }
        }
        tx.commit()?;
        Ok(())
    }

    /// Writes something that means nothing, to find out whether the disk takes it.
    ///
    /// # Errors
    /// The disk's.
    pub fn try_disk(&mut self) -> Result<()> {
        self.db.execute_batch(
            "BEGIN IMMEDIATE;
             CREATE TABLE IF NOT EXISTS trial (n INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
             INSERT OR REPLACE INTO trial (n, body) VALUES (1, randomblob(65536));
             COMMIT;
             DELETE FROM trial;",
        )?;
        Ok(())
    }

    /// Makes the lines written before `before` shorter, in one step: what was reported goes, how each pickup stands
    /// stays. The number of lines that went.
    ///
    /// # Errors
    /// The disk's; then nothing was changed.
    pub fn prune(&mut self, before: Timestamp) -> Result<usize> {
        let tx = self.db.transaction()?;
        let last: Option<i64> =
            tx.query_row("SELECT max(n) FROM record WHERE at_us < ?1", [before.as_microsecond()], |row| {
                row.get(0)
            })?;
        let Some(last) = last else { return Ok(0) };
        let old = records_of(&tx, last)?;
        let (count, short) = (old.len(), shorten(old));
        if short.len() >= count {
            return Ok(0);
        }
        tx.execute("DELETE FROM record WHERE n <= ?1", [last])?;
        {
            let mut insert = tx.prepare("INSERT INTO record (n, body, at_us) VALUES (?1, ?2, ?3)")?;
            let first = last - i64::try_from(short.len())? + 1;
            for (n, record) in (first..).zip(&short) {
                insert.execute(params![n, serde_json::to_string(record)?, before.as_microsecond()])?;
            }
        }
        tx.commit()?;
        // What became free is used again; the log of the step need not stay as long as it was.
        self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(count.saturating_sub(short.len()))
    }

    /// How many lines there are.
    ///
    /// # Errors
    /// The disk's.
    pub fn count(&self) -> Result<u64> {
        let count: i64 = self.db.query_row("SELECT count(*) FROM record", [], |row| row.get(0))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    fn records(&self) -> Result<Vec<Record>> {
        records_of(&self.db, i64::MAX)
    }
}

fn records_of(db: &Connection, last: i64) -> Result<Vec<Record>> {
    let mut statement = db.prepare("SELECT n, body FROM record WHERE n <= ?1 ORDER BY n")?;
    let rows = statement.query_map([last], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    rows.map(|row| {
        let (n, body) = row?;
        serde_json::from_str(&body).with_context(|| format!("record {n} cannot be read"))
    })
    .collect()
}

fn open(path: &Path) -> Result<Connection> {
    let db = Connection::open(path)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    sound(&db)?;
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > VERSION {
        return Err(Newer(version).into());
    }
    if version < VERSION {
        db.execute_batch(
            "BEGIN IMMEDIATE;
             CREATE TABLE IF NOT EXISTS record (n INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
             ALTER TABLE record ADD COLUMN at_us INTEGER;
             PRAGMA user_version = 2;
             COMMIT;",
        )?;
    }
    Ok(db)
}

fn sound(db: &Connection) -> Result<()> {
    let sound: String = db.query_row("PRAGMA quick_check", [], |row| row.get(0))?;
    ensure!(sound == "ok", "SQLite finds it damaged: {sound}");
    Ok(())
}

/// The files of a journal; the last is the one that counts.
pub const FILES: [&str; 3] = ["journal.db-wal", "journal.db-shm", "journal.db"];

/// Copies the journal into `aside` and puts one with these records in its place. A power cut leaves the old one, or the
/// new one as soon as it is opened.
///
/// # Errors
/// The disk's; then the old one is still in its place.
pub fn begin_anew(data_dir: &Path, now: Timestamp, records: Vec<Record>, aside: &Path) -> Result<()> {
    let beside = data_dir.join(BESIDE);
    remove_dir(&beside)?;
    fs::create_dir_all(&beside)?;
    let (mut store, _) = Store::open(&beside)?;
    store.write(Some(now), &records)?;
    drop(store);
    for name in FILES {
        let file = data_dir.join(name);
        if file.exists() {
            fs::copy(&file, aside.join(name)).with_context(|| file.display().to_string())?;
            File::open(aside.join(name))?.sync_all()?;
        }
    }
    File::open(aside)?.sync_all()?;
    write_private(&beside.join(READY), "")?;
    finish_anew(data_dir)
}

/// Where a new journal is made, and what says that it is whole.
const BESIDE: &str = "journal-new";
const READY: &str = "ready";

/// Puts a new journal that is whole in the place of the old one.
fn finish_anew(data_dir: &Path) -> Result<()> {
    let beside = data_dir.join(BESIDE);
    if !beside.join(READY).exists() {
        return Ok(());
    }
    // Cut off after the last step but one, only the folder is left.
    let fresh = path(&beside);
    if fresh.exists() {
        for name in FILES.into_iter().take(2) {
            match fs::remove_file(data_dir.join(name)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        fs::rename(&fresh, path(data_dir))?;
        File::open(data_dir)?.sync_all()?;
    }
    remove_dir(&beside)
}

fn remove_dir(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// One row as it was found: its number, when it was written, and the record or why there is none.
#[derive(Debug)]
pub struct Row {
    /// Number.
    pub n: i64,
    /// When it was written, if the kiosk knew the date.
    pub at: Option<Timestamp>,
    /// The record.
    pub record: std::result::Result<Record, String>,
}

/// What can be read of a journal, however damaged; nothing is written.
#[derive(Debug)]
pub struct Salvage {
    /// The rows, in order.
    pub rows: Vec<Row>,
    /// What is wrong with the file as a whole.
    pub damage: Option<String>,
}

impl Salvage {
    /// The readable records, in order.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.rows.iter().filter_map(|row| row.record.as_ref().ok())
    }

    /// Rows that are there and cannot be read.
    pub fn unreadable(&self) -> impl Iterator<Item = (i64, &str)> {
        self.rows.iter().filter_map(|row| Some((row.n, row.record.as_ref().err()?.as_str())))
    }

    /// Whether there is nothing wrong at all.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damage.is_none() && self.unreadable().next().is_none()
    }
}

/// Reads what can be read of a journal.
///
/// # Errors
/// When there is no file.
pub fn salvage(data_dir: &Path) -> Result<Salvage> {
    let path = path(data_dir);
    if !path.is_file() {
        bail!("there is no journal {}: this kiosk has not run yet, or `data_dir` is wrong", path.display());
    }
    let mut salvage = Salvage { rows: Vec::new(), damage: None };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let read = Connection::open_with_flags(&path, flags).map_err(Into::into).and_then(|db| {
        salvage.damage = sound(&db).err().map(|error| format!("{error:#}"));
        rows(&db, &mut salvage.rows)
    });
    if let Err(error) = read {
        salvage.damage.get_or_insert_with(|| format!("{error:#}"));
    }
    Ok(salvage)
}

/// Reads from both ends, so that a page that is lost in the middle hides as few rows as can be.
fn rows(db: &Connection, found: &mut Vec<Row>) -> Result<()> {
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let at_us = if version >= 2 { "at_us" } else { "NULL" };
    let upwards = read_rows(db, &format!("SELECT n, body, {at_us} FROM record ORDER BY n"), found);
    let Err(error) = upwards else { return Ok(()) };
    let last = found.last().map_or(i64::MIN, |row| row.n);
    let mut from_the_end = Vec::new();
    let sql = format!("SELECT n, body, {at_us} FROM record WHERE n > {last} ORDER BY n DESC");
    let _ = read_rows(db, &sql, &mut from_the_end);
    found.extend(from_the_end.into_iter().rev());
    Err(error)
}

fn read_rows(db: &Connection, sql: &str, found: &mut Vec<Row>) -> Result<()> {
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (n, at_us): (i64, Option<i64>) = (row.get(0)?, row.get(2)?);
        let record = match row.get::<_, String>(1) {
            Ok(body) => serde_json::from_str(&body).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        found.push(Row { n, at: at_us.and_then(|us| Timestamp::from_microsecond(us).ok()), record });
    }
    Ok(())
}
