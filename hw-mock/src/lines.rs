//! Pseudo-terminals: one per device, with a link of a steady name.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use rustix::fs::{Mode, OFlags};
use rustix::pty::OpenptFlags;
use rustix::termios::OptionalActions;
use tokio::io::unix::AsyncFd;
use tokio::sync::Mutex;

use crate::bench::Bench;
use crate::world::Device;

/// What a kiosk does not read for so long is lost, as on a wire.
const LOST_AFTER: Duration = Duration::from_secs(1);
/// A printer that moves paper is looked after no more often than this.
const LOOKS_EVERY: Duration = Duration::from_millis(10);

/// The mock's end of a line. The other end is held open too, so that the line outlives the kiosk.
#[derive(Debug)]
pub struct Line {
    ours: AsyncFd<OwnedFd>,
    _theirs: OwnedFd,
    writing: Mutex<()>,
    link: PathBuf,
    path: PathBuf,
}

impl Line {
    /// Makes a pseudo-terminal and points `dir/name` at it.
    ///
    /// # Errors
    /// When the system gives no pseudo-terminal or the link cannot be made.
    pub fn open(dir: &Path, name: &str) -> anyhow::Result<Self> {
        let (ours, theirs, path) = pair().context("no pseudo-terminal can be had: is /dev/pts mounted?")?;
        let (link, fresh) = (dir.join(name), dir.join(format!(".{name}.new")));
        let _ = std::fs::remove_file(&fresh);
        std::os::unix::fs::symlink(&path, &fresh)
            .and_then(|()| std::fs::rename(&fresh, &link))
            .with_context(|| format!("{} cannot be pointed at {}", link.display(), path.display()))?;
        #[allow(
            deprecated,
            reason = "its successor is unsafe; the descriptor is owned by the line for as long as it is watched"
        )]
        let ours = AsyncFd::new(ours)?;
        Ok(Self { ours, _theirs: theirs, writing: Mutex::new(()), link, path })
    }

    /// Sends bytes to the kiosk, whole and after those sent before.
    ///
    /// # Errors
    /// As the system reports; `TimedOut` when nobody reads.
    pub async fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let _turn = self.writing.lock().await;
        tokio::time::timeout(LOST_AFTER, self.write(bytes)).await.map_err(|_| io::ErrorKind::TimedOut)?
    }

    async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let mut ready = self.ours.writable().await?;
            if let Ok(sent) = ready.try_io(|fd| Ok(rustix::io::write(fd, bytes)?)) {
                bytes = bytes.get(sent?..).unwrap_or_default();
            }
        }
        Ok(())
    }

    pub(crate) async fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut ready = self.ours.readable().await?;
            if let Ok(read) = ready.try_io(|fd| Ok(rustix::io::read(fd, &mut *buffer)?)) {
                return read;
            }
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // Another mock may have put its own line there meanwhile.
        if std::fs::read_link(&self.link).is_ok_and(|path| path == self.path) {
            let _ = std::fs::remove_file(&self.link);
        }
    }
}

/// Carries bytes between the kiosk and one device for ever.
pub async fn serve(device: Device, bench: Arc<Bench>) {
    let mut buffer = [0; 4096];
    let mut changes = bench.changes();
    loop {
        let next_at = bench.world().next_at(device);
        let received = tokio::select! {
            received = bench.line(device).receive(&mut buffer) => received,
            // A person may have set the printer going again.
            _ = changes.changed() => continue,
            () = until(&bench, next_at) => {
                let sent = bench.advance(device);
                bench.send(device, &sent).await;
                continue;
            }
        };
        match received {
            Ok(0) | Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            Ok(read) => {
                let bytes = buffer.get(..read).unwrap_or_default();
                let answer = bench.feed(device, bytes);
                bench.send(device, &answer).await;
            }
        }
    }
}

async fn until(bench: &Bench, at: Option<Duration>) {
    match at {
        Some(at) => tokio::time::sleep(at.saturating_sub(bench.now()).max(LOOKS_EVERY)).await,
        None => std::future::pending().await,
    }
}

/// Both ends, without echo or translation, and the path of the far one.
fn pair() -> io::Result<(OwnedFd, OwnedFd, PathBuf)> {
    let ours = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    rustix::pty::grantpt(&ours)?;
    rustix::pty::unlockpt(&ours)?;
    let name = rustix::pty::ptsname(&ours, Vec::new())?;
    let path = PathBuf::from(name.to_string_lossy().into_owned());
    let theirs = rustix::fs::open(&path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    let mut settings = rustix::termios::tcgetattr(&theirs)?;
    settings.make_raw();
    rustix::termios::tcsetattr(&theirs, OptionalActions::Now, &settings)?;
    rustix::fs::fcntl_setfl(&ours, OFlags::NONBLOCK | OFlags::RDWR)?;
    Ok((ours, theirs, path))
}
