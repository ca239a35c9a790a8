//! Whether the disk has room for a whole run, asked before the run and not found out in its middle.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::cargo;

/// Bytes that programs, tests, lints and documentation take in an empty build folder, with some to spare.
const WHOLE: u64 = 16_000_000_000;
/// Bytes that a run wants beside a build folder that is full already: databases, logs, what changed.
const BESIDE: u64 = 4_000_000_000;

/// Refuses to begin on a disk that would be full before the end.
pub fn ensure_room() -> Result<()> {
    let target = cargo::target_dir()?;
    let built = target.join("debug/deps").is_dir();
    let needed = if built { BESIDE } else { WHOLE };
    let there =
        target.ancestors().find(|folder| folder.is_dir()).context("no folder above the build folder")?;
    let free = free(there)?;
    ensure!(
        free >= needed,
        "{} GB are free on the disk of {}, and {} GB are needed{}: make room, or set CARGO_TARGET_DIR to a folder on another disk",
        free / 1_000_000_000,
        target.display(),
        needed / 1_000_000_000,
        if built { "" } else { " to build everything" },
    );
    Ok(())
}

/// Bytes free for us on the disk of `folder`.
fn free(folder: &Path) -> Result<u64> {
    let said = Command::new("df").args(["-B1", "--output=avail"]).arg(folder).output().context("df")?;
    let said = String::from_utf8_lossy(&said.stdout);
    available(&said).with_context(|| format!("df did not tell the free space of {}", folder.display()))
}

fn available(said: &str) -> Option<u64> {
    said.lines().nth(1)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_free_space_is_read_from_the_second_line() {
        assert_eq!(available("      Avail\n56203956224\n"), Some(56_203_956_224));
        assert_eq!(available("df: no such folder\n"), None);
    }

    #[test]
    fn the_disk_of_the_repository_has_a_size() {
        assert!(free(&cargo::root().unwrap()).unwrap() > 0);
    }
}
