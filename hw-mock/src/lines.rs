//! Pseudo-terminals: one per device, with a link of a steady name.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use rustix::fs::{Mode, OFlags};
use rustix::pty::OpenptFlags;
use rustix::termios::OptionalActions;
use tokio::io::unix::AsyncFd;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, watch};

use crate::bench::Bench;
use crate::world::Device;

/// What a kiosk does not read for so long is lost, as on a wire.
const LOST_AFTER: Duration = Duration::from_secs(1);
/// A printer that moves paper is looked after no more often than this.
const LOOKS_EVERY: Duration = Duration::from_millis(10);

/// The mock's end of a line: a pseudo-terminal with a link of a steady name, a socket that stands in for it while it is
/// connected, or nothing while it is unplugged. The kiosk's end is held open too, so that a line outlives the kiosk.
#[derive(Debug)]
pub struct Line {
    end: watch::Sender<Option<Arc<End>>>,
    /// What the socket stands in for.
    home: std::sync::Mutex<Option<Arc<End>>>,
    writing: Mutex<()>,
    link: PathBuf,
    /// Bytes until the line is unplugged in the middle of what it carries.
    fuse: std::sync::Mutex<Option<usize>>,
}

#[derive(Debug)]
enum End {
    Terminal { ours: AsyncFd<OwnedFd>, _theirs: OwnedFd, path: PathBuf },
    Socket(TcpStream),
}

impl Line {
    /// Makes a pseudo-terminal and points `dir/name` at it.
    ///
    /// # Errors
    /// When the system gives no pseudo-terminal or the link cannot be made.
    pub fn open(dir: &Path, name: &str) -> anyhow::Result<Self> {
        let link = dir.join(name);
        let end = Arc::new(End::terminal(&link)?);
        Ok(Self {
            end: watch::channel(Some(end)).0,
            home: std::sync::Mutex::default(),
            writing: Mutex::new(()),
            link,
            fuse: std::sync::Mutex::default(),
        })
    }

    /// Pulls the line out: the link goes, and the kiosk's end is dead.
    pub fn unplug(&self) {
        self.drop_link();
        *self.fuse() = None;
        self.end.send_replace(None);
    }

    /// Pulls the line out after so many more bytes from the kiosk.
    pub fn unplug_after(&self, bytes: usize) {
        *self.fuse() = Some(bytes);
    }

    /// Puts the line in again: a new pseudo-terminal under the same link. Nothing happens to one that is in.
    ///
    /// # Errors
    /// As [`Line::open`].
    pub fn plug(&self) -> anyhow::Result<()> {
        if self.end.borrow().is_none() {
            let end = Arc::new(End::terminal(&self.link)?);
            self.end.send_replace(Some(end));
        }
        Ok(())
    }

    /// Whether it is in.
    #[must_use]
    pub fn is_plugged(&self) -> bool {
        self.end.borrow().is_some()
    }

    /// Lets a socket stand in for the pseudo-terminal until it is closed.
    pub fn lend(&self, socket: TcpStream) {
        let before = self.end.send_replace(Some(Arc::new(End::Socket(socket))));
        if before.as_deref().is_some_and(|end| matches!(end, End::Terminal { .. })) {
            *self.home() = before;
        }
    }

    /// Ends when the socket that stood in is closed or replaced.
    pub async fn returned(&self) {
        let is_socket = |end: &Option<Arc<End>>| matches!(end.as_deref(), Some(End::Socket(_)));
        let _ = self.end.subscribe().wait_for(|end| !is_socket(end)).await;
    }

    /// Sends bytes to the kiosk, whole and after those sent before.
    ///
    /// # Errors
    /// As the system reports; `TimedOut` when nobody reads, `NotConnected` while it is unplugged.
    pub async fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let _turn = self.writing.lock().await;
        let end = self.end.borrow().clone().ok_or(io::ErrorKind::NotConnected)?;
        let mut gone = self.end.subscribe();
        tokio::select! {
            sent = tokio::time::timeout(LOST_AFTER, end.write(bytes)) => sent.map_err(|_| io::ErrorKind::TimedOut)?,
            _ = gone.wait_for(Option::is_none) => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    pub(crate) async fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut ends = self.end.subscribe();
        loop {
            let end = ends.borrow_and_update().clone();
            let Some(end) = end else {
                let _ = ends.changed().await;
                continue;
            };
            tokio::select! {
                read = end.read(buffer) => return read,
                _ = ends.changed() => {}
            }
        }
    }

    /// The socket was closed: the pseudo-terminal is there again. False when there was no socket.
    fn take_back(&self) -> bool {
        if !matches!(self.end.borrow().as_deref(), Some(End::Socket(_))) {
            return false;
        }
        let home = self.home().take();
        self.end.send_replace(home);
        true
    }

    /// How many of these bytes still pass; true when the line is to be pulled out then.
    fn burn(&self, bytes: usize) -> (usize, bool) {
        let mut fuse = self.fuse();
        let Some(left) = fuse.as_mut() else { return (bytes, false) };
        let passed = bytes.min(*left);
        *left -= passed;
        (passed, *left == 0)
    }

    fn fuse(&self) -> std::sync::MutexGuard<'_, Option<usize>> {
        self.fuse.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn home(&self) -> std::sync::MutexGuard<'_, Option<Arc<End>>> {
        self.home.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drop_link(&self) {
        // Another mock may have put its own line there meanwhile.
        let is_ours = |end: &Arc<End>| match &**end {
            End::Terminal { path, .. } => std::fs::read_link(&self.link).is_ok_and(|there| there == *path),
            End::Socket(_) => false,
        };
        if self.end.borrow().as_ref().is_some_and(is_ours) || self.home().as_ref().is_some_and(is_ours) {
            let _ = std::fs::remove_file(&self.link);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.drop_link();
    }
}

impl End {
    fn terminal(link: &Path) -> anyhow::Result<Self> {
        let (ours, theirs, path) = pair().context("no pseudo-terminal can be had: is /dev/pts mounted?")?;
        let name = link.file_name().unwrap_or_default().to_string_lossy();
        let fresh = link.with_file_name(format!(".{name}.new"));
        let _ = std::fs::remove_file(&fresh);
        std::os::unix::fs::symlink(&path, &fresh)
            .and_then(|()| std::fs::rename(&fresh, link))
            .with_context(|| format!("{} cannot be pointed at {}", link.display(), path.display()))?;
        #[allow(
            deprecated,
            reason = "its successor is unsafe; the descriptor is owned by the line for as long as it is watched"
        )]
        let ours = AsyncFd::new(ours)?;
        Ok(Self::Terminal { ours, _theirs: theirs, path })
    }

    async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let sent = match self {
                Self::Terminal { ours, .. } => {
                    let mut ready = ours.writable().await?;
                    ready.try_io(|fd| Ok(rustix::io::write(fd, bytes)?)).ok()
                }
                Self::Socket(socket) => {
                    socket.writable().await?;
                    again_later(socket.try_write(bytes))
                }
            };
            if let Some(sent) = sent {
                bytes = bytes.get(sent?..).unwrap_or_default();
            }
        }
        Ok(())
    }

    async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match self {
                Self::Terminal { ours, .. } => {
                    let mut ready = ours.readable().await?;
                    ready.try_io(|fd| Ok(rustix::io::read(fd, &mut *buffer)?)).ok()
                }
                Self::Socket(socket) => {
                    socket.readable().await?;
                    again_later(socket.try_read(buffer))
                }
            };
            if let Some(read) = read {
                return read;
            }
        }
    }
}

fn again_later(result: io::Result<usize>) -> Option<io::Result<usize>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
        result => Some(result),
    }
}

/// Lets one socket after another stand in for a device's line, as a printer on a network does.
pub async fn listen(device: Device, listener: TcpListener, bench: Arc<Bench>) {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                let _ = socket.set_nodelay(true);
                bench.line(device).lend(socket);
                bench.line(device).returned().await;
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
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
            Ok(0) | Err(_) => {
                if !bench.line(device).take_back() {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            Ok(read) => {
                let (passed, pulled) = bench.line(device).burn(read);
                let bytes = buffer.get(..passed).unwrap_or_default();
                let answer = bench.feed(device, bytes);
                if pulled {
                    bench.line(device).unplug();
                    bench.change(|world| {
                        world.note("unplugged", serde_json::json!({ "device": device.name() }))
                    });
                }
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
