//! The board's disk, and what the journal on it says after a power cut.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use serde_json::Value;

use super::tool;

/// Makes a disk of 64 MB whose root holds the kiosk's settings: `kiosk.toml`, and `display.toml` for a board with a display.
///
/// # Errors
/// When e2fsprogs is not installed.
pub fn make(disk: &Path, kiosk_toml: &str) -> Result<()> {
    let content = disk.with_extension("content");
    fs::create_dir_all(&content)?;
    fs::write(content.join("kiosk.toml"), kiosk_toml)?;
    fs::write(content.join("display.toml"), format!("{kiosk_toml}\n[screen]\nmode = \"display\"\n"))?;
    let mut make = Command::new("mke2fs");
    make.args(["-q", "-F", "-t", "ext4", "-d"]).arg(&content).arg(disk).arg("64M");
    tool::run(&mut make).map(drop)
}

/// The records of the journal as the disk has them. The disk itself is not touched: a copy is mended as a boot would.
///
/// # Errors
/// When the file system or the journal on it is damaged.
pub fn journal(disk: &Path, scratch: &Path) -> Result<Vec<Value>> {
    fs::create_dir_all(scratch)?;
    let copy = scratch.join("copy.img");
    fs::copy(disk, &copy)?;
    let mended = Command::new("e2fsck")
        .args(["-f", "-y"])
        .arg(&copy)
        .output()
        .context("e2fsck could not be started")?;
    // 1: put right what a boot puts right. Anything above is damage.
    let status = mended.status.code().unwrap_or(8);
    ensure!(status <= 1, "e2fsck ({status}): {}", String::from_utf8_lossy(&mended.stdout));
    for name in ["journal.db", "journal.db-wal"] {
        let to = scratch.join(name);
        let _ = fs::remove_file(&to);
        let ask = format!("dump /kiosk/{name} {}", to.display());
        tool::run(Command::new("debugfs").args(["-R", &ask]).arg(&copy))?;
    }
    let _ = fs::remove_file(scratch.join("journal.db-shm"));
    records(&scratch.join("journal.db"))
}

fn records(path: &Path) -> Result<Vec<Value>> {
    let journal = Connection::open(path)?;
    let sound: String = journal.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    ensure!(sound == "ok", "the journal is damaged: {sound}");
    let mut statement = journal.prepare("SELECT body FROM record ORDER BY n")?;
    let bodies = statement.query_map([], |row| row.get::<_, String>(0))?;
    bodies.map(|body| Ok(serde_json::from_str(&body?)?)).collect()
}
