//! Opening ports, losing them and opening them again; shared by all drivers.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serial2_tokio::SerialPort;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::DeviceFault;

const RECONNECT_MIN: Duration = Duration::from_millis(100);
const RECONNECT_MAX: Duration = Duration::from_secs(2);
/// A connection that lived shorter than this does not count as good, so that a flapping port is not hammered.
const STEADY: Duration = Duration::from_secs(2);

/// A configured time; what is longer than a day is a mistake and must not overflow the clock.
pub(crate) fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms.min(86_400_000))
}

/// Where a driver gets its line from; tests give pipes and pseudo-terminals.
pub trait Connector: Send + 'static {
    /// The line: bytes in, bytes out. `Ok(0)` on reading or any error means that it vanished.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Opens the line at `baud` bits per second, 8 data bits, no parity, one stop bit.
    ///
    /// # Errors
    /// The port is absent, in use or not permitted.
    fn connect(&mut self, baud: u32) -> impl Future<Output = io::Result<Self::Io>> + Send;
}

/// A serial port by its path, such as `/dev/ttyUSB0` or a link to a pseudo-terminal.
#[derive(Debug, Clone)]
pub struct SerialPath(pub PathBuf);

impl Connector for SerialPath {
    type Io = SerialPort;

    async fn connect(&mut self, baud: u32) -> io::Result<SerialPort> {
        SerialPort::open(&self.0, baud)
    }
}

/// Why a driver's work on an open line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Nobody holds the handle any more.
    Gone,
    /// The line is lost.
    Lost(DeviceFault),
}

/// Pauses between attempts to open a port: doubling from 100 ms to 2 s.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Backoff {
    pub(crate) fn new() -> Self {
        Self(RECONNECT_MIN)
    }

    pub(crate) fn pause_after(&mut self, lived: Duration) -> Duration {
        if lived >= STEADY {
            self.0 = RECONNECT_MIN;
        }
        let pause = self.0;
        self.0 = pause.saturating_mul(2).min(RECONNECT_MAX);
        pause
    }
}

/// Events every driver has.
pub(crate) trait LinkEvent: Send + 'static {
    fn up() -> Self;
    fn down(fault: DeviceFault) -> Self;
}

/// Sends events, says `Up` and `Down` once per change, and logs those two only.
#[derive(Debug)]
pub(crate) struct Reporter<E> {
    device: &'static str,
    port: String,
    events: mpsc::Sender<E>,
    said: Option<Result<(), DeviceFault>>,
}

impl<E: LinkEvent> Reporter<E> {
    pub(crate) fn new(device: &'static str, port: String, events: mpsc::Sender<E>) -> Self {
        Self { device, port, events, said: None }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.said == Some(Ok(()))
    }

    pub(crate) async fn up(&mut self) -> Result<(), End> {
        if !self.is_up() {
            self.said = Some(Ok(()));
            tracing::info!(device = self.device, port = %self.port, "device is up");
            self.send(E::up()).await?;
        }
        Ok(())
    }

    /// Tells of a fault unless the device is known to be down already, whatever the reason.
    pub(crate) async fn down(&mut self, fault: DeviceFault) -> Result<(), End> {
        if !matches!(self.said, Some(Err(_))) {
            self.said = Some(Err(fault));
            tracing::warn!(device = self.device, port = %self.port, code = fault.code(), "device is down: {fault}");
            self.send(E::down(fault)).await?;
        }
        Ok(())
    }

    pub(crate) async fn send(&self, event: E) -> Result<(), End> {
        self.events.send(event).await.map_err(|_| End::Gone)
    }

    /// Sends unless the channel is full; for input that a stuck reader must not pile up.
    pub(crate) fn offer(&self, event: E) -> Result<bool, End> {
        match self.events.try_send(event) {
            Ok(()) => Ok(true),
            Err(mpsc::error::TrySendError::Full(_)) => Ok(false),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(End::Gone),
        }
    }

    pub(crate) async fn closed(&self) {
        self.events.closed().await;
    }
}

/// What a read brought, with a vanished port as an error.
pub(crate) fn received(result: io::Result<usize>, buffer: &[u8]) -> Result<&[u8], End> {
    match result {
        Ok(0) | Err(_) => Err(End::Lost(DeviceFault::PortLost)),
        Ok(count) => Ok(buffer.get(..count).unwrap_or_default()),
    }
}

/// Why a short frame was not written whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WriteFailed {
    pub(crate) fault: DeviceFault,
    /// Whether any byte was taken; then the device may have got the frame.
    pub(crate) began: bool,
}

impl From<WriteFailed> for End {
    fn from(failed: WriteFailed) -> Self {
        Self::Lost(failed.fault)
    }
}

/// Writes a short frame whole within `limit`.
pub(crate) async fn write_frame<W>(line: &mut W, frame: &[u8], limit: Duration) -> Result<(), WriteFailed>
where
    W: AsyncWrite + Unpin,
{
    let mut rest = frame;
    let sending = async {
        while !rest.is_empty() {
            match line.write(rest).await {
                Ok(0) | Err(_) => return Err(DeviceFault::PortLost),
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            }
        }
        line.flush().await.map_err(|_| DeviceFault::PortLost)
    };
    let fault = match timeout(limit, sending).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(fault)) => fault,
        Err(_) => DeviceFault::Stalled,
    };
    Err(WriteFailed { fault, began: rest.len() < frame.len() })
}

/// Throws away what has already arrived, such as the late answer to a request that was given up. Returns how much.
pub(crate) async fn drain<R: AsyncRead + Unpin>(line: &mut R) -> Result<usize, End> {
    let mut buffer = [0_u8; 256];
    let mut dropped = 0_usize;
    while dropped < 65_536 {
        let result = tokio::select! {
            biased;
            result = line.read(&mut buffer) => result,
            () = std::future::ready(()) => break,
        };
        dropped = dropped.saturating_add(received(result, &buffer)?.len());
    }
    zeroize::Zeroize::zeroize(&mut buffer);
    Ok(dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_two_seconds_and_start_over_after_a_steady_connection() {
        let mut backoff = Backoff::new();
        let short = Duration::ZERO;
        let pauses: Vec<u128> = (0..7).map(|_| backoff.pause_after(short).as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 2000, 2000]);
        assert_eq!(backoff.pause_after(Duration::from_secs(3)), RECONNECT_MIN);
    }

    #[tokio::test]
    async fn a_frame_nobody_takes_is_reported_as_begun_only_when_a_byte_was_taken() {
        let limit = Duration::from_millis(20);
        let (mut near, far) = tokio::io::duplex(3);
        assert_eq!(
            write_frame(&mut near, b"12345", limit).await,
            Err(WriteFailed { fault: DeviceFault::Stalled, began: true })
        );
        drop(far);
        let (mut near, far) = tokio::io::duplex(3);
        drop(far);
        assert_eq!(
            write_frame(&mut near, b"12345", limit).await,
            Err(WriteFailed { fault: DeviceFault::PortLost, began: false })
        );
    }

    #[tokio::test]
    async fn draining_takes_what_is_there_and_does_not_wait_for_more() {
        let (mut near, mut far) = tokio::io::duplex(64);
        far.write_all(b"old").await.unwrap();
        assert_eq!(drain(&mut near).await, Ok(3));
        assert_eq!(drain(&mut near).await, Ok(0));
    }
}
