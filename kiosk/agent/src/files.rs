//! The data directory: small files written whole or not at all, and one program at a time.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Writes a file that only its owner reads; after a power cut either the old or the new text is there.
///
/// # Errors
/// When the directory cannot be written.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
    let beside = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let _ = fs::remove_file(&beside);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}

/// Held by the one program that may use devices and journal; it ends with the program, however that ends.
#[derive(Debug)]
pub struct DataLock(#[allow(dead_code, reason = "kept open for its lock")] File);

impl DataLock {
    /// Takes the lock of a data directory.
    ///
    /// # Errors
    /// When another program has it, or the directory cannot be written.
    pub fn take(data_dir: &Path) -> Result<Self> {
        let path = data_dir.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = file.with_context(|| format!("{} cannot be opened", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(fs::TryLockError::WouldBlock) => anyhow::bail!(
                "the kiosk is running on {}: stop it first (`systemctl stop pickup-kiosk`)",
                data_dir.display()
            ),
            Err(fs::TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", path.display()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_private_file_is_replaced_whole_and_is_its_owners_alone() {
        let dir = std::env::temp_dir().join(format!("pickup-files-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("kiosk.key");
        write_private(&path, "one").unwrap();
        write_private(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_data_directory_has_one_program_at_a_time() {
        let dir = std::env::temp_dir().join(format!("pickup-lock-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&dir).unwrap();
        let first = DataLock::take(&dir).unwrap();
        assert!(DataLock::take(&dir).unwrap_err().to_string().contains("is running"));
        drop(first);
        DataLock::take(&dir).unwrap();
        fs::remove_dir_all(&dir).unwrap();
    }
}
