//! The ways to a printer: a serial line, a TCP socket (port 9100 on most), or the kernel's USB printer device.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serial2_tokio::SerialPort;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::unix::pipe;
use tokio::time::{Sleep, sleep, timeout};

use crate::Connector;

const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// After an empty answer of a USB printer; it means "nothing to say", and comes as often as one asks.
const NAP: Duration = Duration::from_millis(50);

/// What kind of way leads to the printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrinterLink {
    /// By the look of `port`: `/dev/usb/lp…` is USB, `host:port` without a slash is TCP, all else serial.
    #[default]
    Auto,
    /// A serial port, or a USB adapter that looks like one.
    Serial,
    /// `host:port`.
    Tcp,
    /// A device of the kernel's `usblp` driver, such as `/dev/usb/lp0` or a link to it.
    Usb,
}

impl PrinterLink {
    /// What `Auto` means for a port; all others are what they are.
    pub fn resolve(self, port: &Path) -> Self {
        let text = port.to_string_lossy();
        match self {
            Self::Auto if text.starts_with("/dev/usb/lp") => Self::Usb,
            Self::Auto if !text.contains('/') && text.contains(':') => Self::Tcp,
            Self::Auto => Self::Serial,
            named => named,
        }
    }
}

/// A printer by its path or address.
#[derive(Debug, Clone)]
pub struct PrinterPort {
    /// Path of the device, or `host:port`.
    pub port: PathBuf,
    /// How to read it.
    pub link: PrinterLink,
}

impl Connector for PrinterPort {
    type Io = PrinterLine;

    async fn connect(&mut self, baud: u32) -> io::Result<PrinterLine> {
        match self.link.resolve(&self.port) {
            PrinterLink::Tcp => {
                let address = self.port.to_string_lossy().into_owned();
                let stream = timeout(CONNECT_LIMIT, TcpStream::connect(address)).await??;
                stream.set_nodelay(true)?;
                Ok(PrinterLine::Tcp(stream))
            }
            PrinterLink::Usb => UsbLine::open(&self.port).map(PrinterLine::Usb),
            PrinterLink::Serial | PrinterLink::Auto => {
                SerialPort::open(&self.port, baud).map(PrinterLine::Serial)
            }
        }
    }
}

/// An open way to a printer.
#[derive(Debug)]
pub enum PrinterLine {
    /// A serial port.
    Serial(SerialPort),
    /// A TCP socket.
    Tcp(TcpStream),
    /// A USB printer device.
    Usb(UsbLine),
}

/// A device of `usblp`: one file, opened once (a second opening is refused), read and written.
#[derive(Debug)]
pub struct UsbLine {
    from: pipe::Receiver,
    to: pipe::Sender,
    nap: Option<Pin<Box<Sleep>>>,
}

impl UsbLine {
    fn open(path: &Path) -> io::Result<Self> {
        // tokio's "pipe" is any file that can be polled, once it is told not to check.
        let opened = pipe::OpenOptions::new().read_write(true).unchecked(true).open_receiver(path)?;
        let reading = opened.into_nonblocking_fd()?;
        let to = pipe::Sender::from_owned_fd_unchecked(reading.try_clone()?)?;
        Ok(Self { from: pipe::Receiver::from_owned_fd_unchecked(reading)?, to, nap: None })
    }
}

impl AsyncRead for UsbLine {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if let Some(nap) = &mut self.nap {
                ready!(nap.as_mut().poll(context));
                self.nap = None;
            }
            let before = buffer.filled().len();
            ready!(Pin::new(&mut self.from).poll_read(context, buffer))?;
            if buffer.filled().len() > before || buffer.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            // A printer that is gone gives an error, here or on writing.
            self.nap = Some(Box::pin(sleep(NAP)));
        }
    }
}

impl AsyncRead for PrinterLine {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Serial(line) => Pin::new(line).poll_read(context, buffer),
            Self::Tcp(line) => Pin::new(line).poll_read(context, buffer),
            Self::Usb(line) => Pin::new(line).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for PrinterLine {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Serial(line) => Pin::new(line).poll_write(context, bytes),
            Self::Tcp(line) => Pin::new(line).poll_write(context, bytes),
            Self::Usb(line) => Pin::new(&mut line.to).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Serial(line) => Pin::new(line).poll_flush(context),
            Self::Tcp(line) => Pin::new(line).poll_flush(context),
            Self::Usb(line) => Pin::new(&mut line.to).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Serial(line) => Pin::new(line).poll_shutdown(context),
            Self::Tcp(line) => Pin::new(line).poll_shutdown(context),
            Self::Usb(line) => Pin::new(&mut line.to).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_look_of_a_port_tells_its_kind_unless_it_is_named() {
        for (port, link) in [
            ("/dev/usb/lp0", PrinterLink::Usb),
            ("192.0.2.7:9100", PrinterLink::Tcp),
            ("printer.lan:9100", PrinterLink::Tcp),
            ("/dev/serial/by-path/x-usb-0:1.3:1.0-port0", PrinterLink::Serial),
            ("/dev/pickup-printer", PrinterLink::Serial),
        ] {
            assert_eq!(PrinterLink::Auto.resolve(Path::new(port)), link, "{port}");
            assert_eq!(PrinterLink::Usb.resolve(Path::new(port)), PrinterLink::Usb);
        }
    }
}
