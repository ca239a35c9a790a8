//! Folders instead of HTTP, as client software of the E-Port offers them: messages are files in `send`, receipts files in
//! `receive`.
//!
//! A file that ends in `.tmp` or begins with a point is still being written. What was taken moves to `sent`, what is no
//! message to `error`. Receipts are written under another name and renamed, unless the port is told to leave some of
//! them half written for a while.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::input::{Input, MessageInput};
use crate::port::{Outgoing, Seen};
use crate::reading;
use crate::shell::Shell;

/// How often the folders are looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Most receipts written at a time.
const PAGE: usize = 200;

/// The folders.
#[derive(Clone, Debug)]
pub struct Spool {
    dir: PathBuf,
}

impl Spool {
    /// Makes the folders that are missing.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn open(dir: &Path) -> io::Result<Self> {
        for name in ["send", "sent", "error", "receive"] {
            std::fs::create_dir_all(dir.join(name))?;
        }
        Ok(Self { dir: dir.to_owned() })
    }

    /// Takes messages and writes receipts until the future is dropped.
    pub async fn run(self, shell: Arc<Shell>) {
        loop {
            let (spool, shell) = (self.clone(), Arc::clone(&shell));
            let turn = tokio::task::spawn_blocking(move || spool.turn(&shell)).await;
            if let Ok(Err(error)) = turn {
                tracing::error!(%error, dir = %self.dir.display(), "the spool folders cannot be used");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Takes what is there and writes what is due, once.
    ///
    /// # Errors
    /// When a folder cannot be used; what was not moved is taken again.
    pub fn turn(&self, shell: &Shell) -> io::Result<()> {
        self.take_messages(shell)?;
        self.write_receipts(shell)
    }

    fn take_messages(&self, shell: &Shell) -> io::Result<()> {
        let mut names: Vec<String> = Vec::new();
        for entry in std::fs::read_dir(self.dir.join("send"))? {
            let entry = entry?;
            if let (true, Ok(name)) = (entry.file_type()?.is_file(), entry.file_name().into_string()) {
                names.push(name);
            }
        }
        names.retain(|name| !name.starts_with('.') && !name.to_ascii_lowercase().ends_with(".tmp"));
        names.sort();
        for name in names {
            let path = self.dir.join("send").join(&name);
            let bytes = std::fs::read(&path)?;
            let folder = if take(shell, &name, &bytes)? { "sent" } else { "error" };
            std::fs::rename(path, self.dir.join(folder).join(&name))?;
        }
        Ok(())
    }

    fn write_receipts(&self, shell: &Shell) -> io::Result<()> {
        let after = self.cursor()?;
        let due: Vec<Outgoing> = shell.read(|port| port.receipts(None, after, PAGE).cloned().collect());
        let Some(last) = due.last().map(|out| out.cursor) else { return Ok(()) };
        for out in &due {
            let name = format!("{:012}-{}.xml", out.cursor, out.message_type);
            let half = shell.read(|port| {
                let b = port.behaviour();
                b.hits(b.half_written_permille, &name, "half written").then_some(b.half_written_ms)
            });
            let target = self.dir.join("receive").join(&name);
            if let Some(ms) = half {
                std::fs::write(&target, out.body.get(..out.body.len() / 2).unwrap_or_default())?;
                std::thread::sleep(Duration::from_millis(u64::from(ms)));
            }
            self.replace(&target, &out.body)?;
        }
        self.replace(&self.dir.join("cursor"), last.to_string().as_bytes())
    }

    /// The last receipt that was written. Without it all are written again, which receivers must bear.
    fn cursor(&self) -> io::Result<u64> {
        match std::fs::read_to_string(self.dir.join("cursor")) {
            Ok(text) => Ok(text.trim().parse().unwrap_or(0)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    fn replace(&self, target: &Path, bytes: &[u8]) -> io::Result<()> {
        // On the same file system, and where nobody looks for receipts.
        let other = self.dir.join("writing.tmp");
        std::fs::write(&other, bytes)?;
        std::fs::rename(other, target)
    }
}

/// Takes one file; `false` when it is no message. A file that was taken before a crash is taken as the same again.
fn take(shell: &Shell, name: &str, bytes: &[u8]) -> io::Result<bool> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let message = enveloped(bytes).unwrap_or_else(|| MessageInput {
        message_id: stem.to_owned(),
        message_type: reading::root_name(bytes).unwrap_or_else(|| "Unknown".to_owned()),
        data: BASE64.encode(bytes),
    });
    let readable = BASE64.decode(&message.data).is_ok_and(|xml| reading::read(&xml).is_ok());
    let fresh = shell.read(|port| port.seen(&message)) != Seen::Different;
    if fresh {
        let probe = message.clone();
        let taken = shell.input(Input::Message(message), |port| port.seen(&probe) != Seen::New);
        taken.map_err(io::Error::other)?;
    }
    Ok(readable && fresh)
}

/// A message in an envelope of the exchange network (`DxpMsg`).
fn enveloped(bytes: &[u8]) -> Option<MessageInput> {
    let tree = roxmltree::Document::parse(std::str::from_utf8(bytes).ok()?).ok()?;
    if !tree.root_element().tag_name().name().starts_with("DxpMsg") {
        return None;
    }
    let text = |name: &str| {
        let found = tree.descendants().find(|node| node.tag_name().name() == name)?;
        found.text().map(|text| text.split_ascii_whitespace().collect::<String>())
    };
    Some(MessageInput { message_id: text("CopMsgId")?, message_type: text("MsgType")?, data: text("Data")? })
}
