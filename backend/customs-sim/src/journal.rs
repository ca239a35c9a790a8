//! The inputs on disk, one JSON line each, written and synced before anything is acknowledged.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::input::Event;

/// The journal file.
pub struct Journal {
    file: File,
    path: PathBuf,
}

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Reading or writing failed.
    #[error("the journal {} cannot be used: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What happened.
        error: std::io::Error,
    },
    /// A line before the last is damaged.
    #[error("line {line} of the journal {} is damaged: move the file away to start afresh", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Line number from 1.
        line: usize,
    },
}

impl Journal {
    /// Opens or creates `journal.jsonl` in `dir` and reads what it holds. A last line that was cut short by a crash was
    /// never acknowledged and is removed.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(dir: &Path) -> Result<(Self, Vec<Event>), JournalError> {
        let path = dir.join("journal.jsonl");
        let io = |error| JournalError::Io { path: path.clone(), error };
        std::fs::create_dir_all(dir).map_err(io)?;
        let options = OpenOptions::new().read(true).append(true).create(true).clone();
        let mut file = options.open(&path).map_err(io)?;
        let (events, whole_bytes) = read(&file, &path)?;
        file.set_len(whole_bytes).map_err(io)?;
        file.seek(SeekFrom::End(0)).map_err(io)?;
        // The directory entry has to survive too.
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(io)?;
        Ok((Self { file, path }, events))
    }

    /// Appends an input and waits until it is on disk.
    ///
    /// # Errors
    /// [`JournalError::Io`]; the input must then not be acknowledged.
    pub fn append(&mut self, event: &Event) -> Result<(), JournalError> {
        let result = serde_json::to_vec(event).map_err(std::io::Error::other).and_then(|mut line| {
            line.push(b'\n');
            self.file.write_all(&line)?;
            self.file.sync_data()
        });
        result.map_err(|error| JournalError::Io { path: self.path.clone(), error })
    }
}

/// The whole lines of the file and how many bytes they take.
fn read(file: &File, path: &Path) -> Result<(Vec<Event>, u64), JournalError> {
    let mut reader = BufReader::new(file);
    let (mut events, mut bytes, mut line) = (Vec::new(), 0u64, Vec::new());
    loop {
        line.clear();
        let count = reader
            .read_until(b'\n', &mut line)
            .map_err(|error| JournalError::Io { path: path.to_owned(), error })?;
        if line.last() != Some(&b'\n') {
            return Ok((events, bytes));
        }
        let event = serde_json::from_slice(&line);
        let damaged =
            |_| JournalError::Damaged { path: path.to_owned(), line: events.len().saturating_add(1) };
        events.push(event.map_err(damaged)?);
        bytes = bytes.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
}
