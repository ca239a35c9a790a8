//! Lines that a test plugs in and pulls out, and waiting with a deadline.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pickup_devices::Connector;
use serial2_tokio::SerialPort;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, DuplexStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

/// What the driver connects to: whatever was plugged in last, or nothing.
pub struct Socket<L> {
    lines: mpsc::UnboundedReceiver<L>,
    bauds: Arc<Mutex<Vec<u32>>>,
}

/// The test's hand.
pub struct Plugs<L> {
    lines: mpsc::UnboundedSender<L>,
    bauds: Arc<Mutex<Vec<u32>>>,
}

impl<L: AsyncRead + AsyncWrite + Unpin + Send + 'static> Connector for Socket<L> {
    type Io = L;

    async fn connect(&mut self, baud: u32) -> io::Result<L> {
        let line = self.lines.try_recv().map_err(|_| io::Error::from(io::ErrorKind::NotFound))?;
        self.bauds.lock().unwrap().push(baud);
        Ok(line)
    }
}

pub fn socket<L>() -> (Socket<L>, Plugs<L>) {
    let (sender, lines) = mpsc::unbounded_channel();
    let bauds = Arc::default();
    (Socket { lines, bauds: Arc::clone(&bauds) }, Plugs { lines: sender, bauds })
}

impl Plugs<DuplexStream> {
    /// Plugs in a pipe; dropping what is returned pulls it out.
    pub fn plug(&self) -> DuplexStream {
        self.plug_narrow(65_536)
    }

    /// Plugs in a pipe that holds no more than so many bytes each way.
    pub fn plug_narrow(&self, capacity: usize) -> DuplexStream {
        let (near, far) = tokio::io::duplex(capacity);
        self.lines.send(near).unwrap();
        far
    }
}

impl Plugs<SerialPort> {
    /// Plugs in a pseudo-terminal; dropping what is returned pulls it out.
    pub fn plug_terminal(&self) -> SerialPort {
        let (near, far) = SerialPort::pair().unwrap();
        self.lines.send(near).unwrap();
        far
    }
}

impl<L> Plugs<L> {
    pub fn bauds(&self) -> Vec<u32> {
        self.bauds.lock().unwrap().clone()
    }
}

/// The next event, before patience runs out.
pub async fn next<T>(events: &mut mpsc::Receiver<T>) -> T {
    within(events.recv()).await.expect("the driver has ended")
}

/// Skips events until one fits.
pub async fn wait_for<T: Debug>(events: &mut mpsc::Receiver<T>, fits: impl Fn(&T) -> bool) -> T {
    let mut passed = Vec::new();
    loop {
        match timeout(PATIENCE, events.recv()).await {
            Ok(Some(event)) if fits(&event) => return event,
            Ok(Some(event)) => passed.push(event),
            other => panic!("{other:?} after {passed:?}"),
        }
    }
}

/// What the driver says within `time`, to see that it does not say something.
pub async fn all_within<T>(events: &mut mpsc::Receiver<T>, time: Duration) -> Vec<T> {
    let mut said = Vec::new();
    let deadline = tokio::time::Instant::now() + time;
    while let Ok(Some(event)) = tokio::time::timeout_at(deadline, events.recv()).await {
        said.push(event);
    }
    said
}

pub async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("nothing happened in time")
}

/// Polls until something is so.
pub async fn until(is_so: impl Fn() -> bool) {
    within(async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

/// Exactly `count` bytes.
pub async fn read<L: AsyncRead + Unpin>(line: &mut L, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    within(line.read_exact(&mut bytes)).await.unwrap();
    bytes
}

pub fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}
