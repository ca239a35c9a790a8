//! The event device of a scanner that is a keyboard: found, grabbed, and turned into a line of codes.

use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use evdev::{Device, EventStream, EventSummary};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::ScannerConfig;
use super::hid::KeyDecoder;
use crate::Connector;

/// A keyboard by the path of its event device, by `VID:PID`, or by a part of its name.
pub(super) struct Keyboard {
    wanted: PathBuf,
    max_code: usize,
}

impl Keyboard {
    pub(super) fn new(config: &ScannerConfig) -> Self {
        Self { wanted: config.port.clone(), max_code: config.max_code }
    }

    fn open(&self) -> io::Result<Device> {
        if self.wanted.is_absolute() {
            return Device::open(&self.wanted);
        }
        let wanted = self.wanted.to_string_lossy();
        evdev::enumerate()
            .map(|(_, device)| device)
            .find(|device| is_wanted(device, &wanted))
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn is_wanted(device: &Device, wanted: &str) -> bool {
    let id = device.input_id();
    let usb = format!("{:04x}:{:04x}", id.vendor(), id.product());
    let types = device.supported_keys().is_some_and(|keys| keys.contains(evdev::KeyCode::KEY_ENTER));
    types
        && (usb.eq_ignore_ascii_case(wanted)
            || (!wanted.is_empty() && device.name().is_some_and(|name| name.contains(wanted))))
}

impl Connector for Keyboard {
    type Io = DuplexStream;

    /// Grabs the device, so that codes are typed into nothing else; the grab ends with the line.
    async fn connect(&mut self, _baud: u32) -> io::Result<DuplexStream> {
        let mut device = self.open()?;
        device.grab()?;
        let (near, far) = tokio::io::duplex(self.max_code.saturating_add(1).saturating_mul(2));
        tokio::spawn(carry(device.into_event_stream()?, far, KeyDecoder::new(self.max_code)));
        Ok(near)
    }
}

/// Ends, and with it the line, when the device or the driver is gone.
async fn carry(mut keys: EventStream, mut line: DuplexStream, mut decoder: KeyDecoder) {
    let mut nothing = [0_u8; 16];
    loop {
        let event = tokio::select! {
            event = keys.next_event() => event,
            read = line.read(&mut nothing) => match read {
                Ok(count) if count > 0 => continue,
                _ => return,
            },
        };
        let Ok(event) = event else { return };
        let EventSummary::Key(_, key, value) = event.destructure() else { continue };
        let at = event.timestamp().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        if let Some(mut code) = decoder.push(key.code(), value, at) {
            code.push(b'\r');
            if line.write_all(&code).await.is_err() {
                return;
            }
        }
    }
}
