//! The journal: SQLite with WAL and synchronous FULL on a thread of its own. What it acknowledges survives a power cut.
//!
//! One row a record, never changed. A journal that cannot be read to the end, or a disk that does not write, closes the
//! kiosk: nothing is opened on a guess.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use anyhow::{Context as _, Result};
use pickup_session::journal::{Record, Recovery, recover};
use rusqlite::{Connection, params};

/// What to do once records are on the disk: `true` when they are.
pub type Done = Box<dyn FnOnce(bool) + Send>;

struct Write {
    records: Vec<Record>,
    done: Done,
}

/// Takes records; may be cloned and given away.
#[derive(Clone, Debug)]
pub struct Journal {
    writes: Sender<Write>,
}

impl Journal {
    /// Opens the journal of a data directory and reads it.
    ///
    /// # Errors
    /// When it is damaged or cannot be written.
    pub fn open(data_dir: &Path) -> Result<(Self, Recovery)> {
        let path = data_dir.join("journal.db");
        let db = open(&path).with_context(|| format!("the journal {} cannot be opened", path.display()))?;
        let found = read(&db).with_context(|| format!("the journal {} is damaged", path.display()))?;
        let (writes, taken) = mpsc::channel();
        thread::Builder::new().name("journal".into()).spawn(move || keep(db, &taken))?;
        Ok((Self { writes }, found))
    }

    /// Writes records, all or none, and then says so.
    pub fn write(&self, records: Vec<Record>, done: Done) {
        if let Err(mpsc::SendError(write)) = self.writes.send(Write { records, done }) {
            (write.done)(false);
        }
    }
}

fn open(path: &Path) -> Result<Connection> {
    let db = Connection::open(path)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    let sound: String = db.query_row("PRAGMA quick_check", [], |row| row.get(0))?;
    anyhow::ensure!(sound == "ok", "SQLite finds it damaged: {sound}");
    db.execute_batch(
        "CREATE TABLE IF NOT EXISTS record (n INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
         PRAGMA user_version = 1;",
    )?;
    Ok(db)
}

fn read(db: &Connection) -> Result<Recovery> {
    let mut statement = db.prepare("SELECT n, body FROM record ORDER BY n")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    let mut records = Vec::new();
    for row in rows {
        let (n, body) = row?;
        let record: Record =
            serde_json::from_str(&body).with_context(|| format!("record {n} cannot be read"))?;
        records.push(record);
    }
    Ok(recover(records))
}

/// Writes what waits, in one transaction, until nobody is left who could ask.
fn keep(mut db: Connection, writes: &Receiver<Write>) {
    while let Ok(first) = writes.recv() {
        let mut batch = vec![first];
        batch.extend(writes.try_iter());
        let written = write(&mut db, &batch);
        if let Err(error) = &written {
            tracing::error!(%error, "the journal cannot be written: no door opens from here on");
        }
        for write in batch {
            (write.done)(written.is_ok());
        }
    }
}

fn write(db: &mut Connection, batch: &[Write]) -> Result<()> {
    let tx = db.transaction()?;
    {
        let mut insert = tx.prepare_cached("INSERT INTO record (body) VALUES (?1)")?;
        for record in batch.iter().flat_map(|write| &write.records) {
            insert.execute(params![serde_json::to_string(record)?])?;
        }
    }
    tx.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use pickup_protocol::PickupNumber;

    use super::*;

    fn dir() -> std::path::PathBuf {
        let dir = std::env::temp_dir().join(format!("pickup-journal-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&dir).unwrap();
        dir
    }

    fn write_one(journal: &Journal, n: u64) -> bool {
        let (sender, receiver) = mpsc::channel();
        let record = Record::SlipPrinted { pickup: PickupNumber(n) };
        journal.write(vec![record], Box::new(move |good| sender.send(good).unwrap()));
        receiver.recv().unwrap()
    }

    #[test]
    fn what_was_acknowledged_is_found_again() {
        let dir = dir();
        let (journal, found) = Journal::open(&dir).unwrap();
        assert_eq!(found, Recovery::default());
        assert!(write_one(&journal, 4) && write_one(&journal, 4));
        // Not closed properly: a second reader sees what the disk has.
        let (_, found) = Journal::open(&dir).unwrap();
        assert_eq!(found.slips.get(&PickupNumber(4)).map(|s| s.printed), Some(2));
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_damaged_journal_is_not_opened() {
        let dir = dir();
        std::fs::write(dir.join("journal.db"), vec![7; 8192]).unwrap();
        assert!(Journal::open(&dir).is_err());
        std::fs::remove_file(dir.join("journal.db")).unwrap();
        let (journal, _) = Journal::open(&dir).unwrap();
        assert!(write_one(&journal, 1));
        let db = Connection::open(dir.join("journal.db")).unwrap();
        db.execute("INSERT INTO record (body) VALUES ('{')", []).unwrap();
        assert!(format!("{:#}", Journal::open(&dir).unwrap_err()).contains("record 2"));
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
