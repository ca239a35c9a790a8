//! A port behind a client programme that takes files from one folder and puts receipts into another.
//!
//! `send/` gets whole files only: written under a temporary name, flushed, renamed. `receive/` may hold half-written ones; a
//! file is taken when it parses, or has not changed for a while. Taken ones go to `taken/`, what the client could not send
//! lies in `error/`.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use pickup_customs::read_receipts;
use sha2::{Digest as _, Sha256};

use super::{Fetched, Haul, envelope};
use crate::clearing::gateway::{GatewayError, Outgoing};
use crate::store::StoreError;

/// A file larger than this is no receipt of customs.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// The folders of a client.
#[derive(Clone, Debug)]
pub struct Spool {
    dir: PathBuf,
    settle: SignedDuration,
    /// Size of files that cannot be read yet, and since when it is that.
    seen: Arc<Mutex<HashMap<String, (u64, Timestamp)>>>,
}

impl Spool {
    /// Makes what is missing of the folders.
    ///
    /// # Errors
    /// [`GatewayError::Folder`].
    pub fn open(dir: &Path, settle_s: u32) -> Result<Self, GatewayError> {
        for name in ["send", "receive", "taken", "error"] {
            let path = dir.join(name);
            fs::create_dir_all(&path).map_err(|source| GatewayError::Folder { path, source })?;
        }
        let settle = SignedDuration::from_secs(i64::from(settle_s));
        Ok(Self { dir: dir.to_owned(), settle, seen: Arc::default() })
    }

    /// Puts a message into `send/`, whole and on the disk. Sent again it has the same name.
    ///
    /// # Errors
    /// [`GatewayError::Folder`].
    pub async fn send(&self, message: Outgoing<'_>) -> Result<(), GatewayError> {
        let safe =
            |text: &str| text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>();
        let name = format!("{}_{}.xml", safe(message.kind), safe(message.id));
        let (dir, body) = (self.dir.join("send"), message.body.to_vec());
        on_a_thread(move || put(&dir, &name, &body)).await
    }

    /// What is complete in `receive/`, by name; it stays there until [`Self::taken`].
    ///
    /// # Errors
    /// [`GatewayError::Folder`].
    pub async fn fetch(&self, now: Timestamp, limit: u32) -> Result<Haul, GatewayError> {
        let spool = self.clone();
        let receipts = on_a_thread(move || spool.complete(now, limit)).await?;
        Ok(Haul { receipts, mark: String::new() })
    }

    /// Moves files that were kept out of the way.
    ///
    /// # Errors
    /// [`GatewayError::Folder`].
    pub async fn taken(&self, sources: &[String]) -> Result<(), GatewayError> {
        if sources.is_empty() {
            return Ok(());
        }
        let (dir, sources) = (self.dir.clone(), sources.to_vec());
        on_a_thread(move || sources.iter().try_for_each(|source| move_away(&dir, source))).await
    }

    /// Names of the files that the client could not send.
    ///
    /// # Errors
    /// [`GatewayError::Folder`].
    pub async fn failures(&self) -> Result<Vec<String>, GatewayError> {
        let dir = self.dir.join("error");
        on_a_thread(move || Ok(files(&dir)?.into_iter().map(|(name, _)| name).collect())).await
    }

    fn complete(&self, now: Timestamp, limit: u32) -> Result<Vec<Fetched>, GatewayError> {
        let dir = self.dir.join("receive");
        let all = files(&dir)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|name, _| all.iter().any(|(there, _)| there == name));
        let mut found = Vec::new();
        for (name, size) in all {
            if found.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
                break;
            }
            if size > MOST_BYTES {
                tracing::error!(
                    name,
                    size,
                    "a file in the receive folder is too large for a receipt; it stays there"
                );
                continue;
            }
            let path = dir.join(&name);
            let body = match fs::read(&path) {
                Ok(body) => body,
                Err(cause) => {
                    // One file that cannot be read, or was taken back by the client, must not hold up the others.
                    tracing::warn!(name, %cause, "a file in the receive folder cannot be read; trying on");
                    continue;
                }
            };
            let source =
                format!("{name}/{}", hex::encode(Sha256::digest(&body).get(..8).unwrap_or_default()));
            let (kind, inner) = envelope::unwrap("", body);
            if read_receipts(&inner).is_ok() || self.has_settled(&mut seen, &name, size, now) {
                found.push(Fetched { source, kind, body: inner });
            }
        }
        Ok(found)
    }

    /// Whether a file that is no receipt yet has kept its size for so long that it will not become one.
    fn has_settled(
        &self,
        seen: &mut HashMap<String, (u64, Timestamp)>,
        name: &str,
        size: u64,
        now: Timestamp,
    ) -> bool {
        let since = seen.entry(name.to_owned()).or_insert((size, now));
        if since.0 != size {
            *since = (size, now);
        }
        now.duration_since(since.1) >= self.settle
    }
}

/// Files of a folder with their size, by name; temporary names left out.
fn files(dir: &Path) -> Result<Vec<(String, u64)>, GatewayError> {
    let fault = |source| GatewayError::Folder { path: dir.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        // A file that goes away meanwhile is not there.
        let Ok(about) = entry.metadata() else { continue };
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
        if about.is_file() && !is_temporary(&name) {
            found.push((name, about.len()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn is_temporary(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.starts_with(['.', '~'])
        || [".tmp", ".temp", ".part", ".partial", ".filepart", ".writing", ".swp", "~"]
            .iter()
            .any(|end| lower.ends_with(end))
}

fn put(dir: &Path, name: &str, body: &[u8]) -> Result<(), GatewayError> {
    let temporary = dir.join(format!(".{name}.tmp"));
    let whole = dir.join(name);
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&temporary)?;
        file.write_all(body)?;
        file.sync_all()?;
        fs::rename(&temporary, &whole)?;
        File::open(dir)?.sync_all()
    };
    write().map_err(|source| GatewayError::Folder { path: whole.clone(), source })
}

fn move_away(dir: &Path, source: &str) -> Result<(), GatewayError> {
    let Some((name, digest)) = source.rsplit_once('/') else { return Ok(()) };
    let from = dir.join("receive").join(name);
    // Named by its content, too: a client that uses a name again overwrites nothing.
    let to = dir.join("taken").join(format!("{digest}-{name}"));
    match fs::rename(&from, &to) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(GatewayError::Folder { path: from, source })
        }
        _ => Ok(()),
    }
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, GatewayError> + Send + 'static,
) -> Result<T, GatewayError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| GatewayError::Kept(StoreError::Closed.to_string()))?
}
