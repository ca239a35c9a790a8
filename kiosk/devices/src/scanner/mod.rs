//! QR scanners: modules of the GM65 family, Newland and Honeywell modules, anything that sends lines over a serial port,
//! and keyboards (`hid`).
//!
//! A GM65 module is put into continuous reading at start, changed only where its settings differ (its flash wears), and
//! every code it reads becomes one event. A module that does not answer settings still scans: it may be set up by
//! barcode and have its receive line unconnected.

mod actor;
mod framer;
pub mod gm65;
pub mod hid;
#[cfg(feature = "hid")]
mod hid_port;
pub mod triggers;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::port::{LinkEvent, Reporter};
use crate::trace::{TraceEntry, TraceRing};
use crate::{Connector, DeviceFault, SerialPath};

pub use framer::{Framer, Item, Replies};

/// What kind of scanner it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScannerKind {
    /// GM65, GM861, GM805, EM3095, FM30 and their like: set up at start to read all the time.
    #[default]
    Gm65,
    /// Newland modules with "unified" commands: told to read, again and again.
    Newland,
    /// Honeywell modules: told to read, again and again.
    Honeywell,
    /// Anything that sends a line for each code and needs no orders.
    Lines,
    /// A keyboard: an event device of the kernel, grabbed so that no code is typed into anything else. Needs a program
    /// built with the feature `hid`.
    Hid,
}

impl ScannerKind {
    /// Bits per second as such modules leave the factory (Newland and Honeywell: unconfirmed).
    pub fn default_baud(self) -> u32 {
        if self == Self::Honeywell { 115_200 } else { 9600 }
    }

    /// What its answers look like.
    pub fn replies(self) -> Replies {
        match self {
            Self::Gm65 => Replies::Gm65,
            Self::Newland => Replies::Newland,
            Self::Honeywell | Self::Lines | Self::Hid => Replies::None,
        }
    }
}

/// How the scanner marks the end of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Terminator {
    /// Carriage return, line feed or both.
    #[default]
    Any,
    /// Carriage return alone; a line feed belongs to the code.
    Cr,
    /// Line feed alone; a carriage return belongs to the code.
    Lf,
    /// Carriage return and line feed together.
    CrLf,
}

/// One byte of the module's settings that must have a certain value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneSetting {
    /// Address of the settings byte.
    pub address: u16,
    /// Which bits matter.
    pub mask: u8,
    /// What these bits must be.
    pub value: u8,
}

/// How to reach and set up the scanner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScannerConfig {
    /// What kind of scanner it is.
    pub kind: ScannerKind,
    /// Path of the port. For a keyboard: of its event device, `VID:PID` in hexadecimal, or a part of its name.
    pub port: PathBuf,
    /// Bits per second; when left out, the kind's default.
    pub baud: Option<u32>,
    /// Tried when a GM65 module is silent at `baud`.
    pub alternate_baud: Option<u32>,
    /// How a code ends.
    pub terminator: Terminator,
    /// A code also ends after this much silence, in milliseconds.
    pub silence_ms: u64,
    /// Longer codes are dropped, in bytes.
    pub max_code: usize,
    /// How long the module has to answer a setting, in milliseconds.
    pub answer_ms: u64,
    /// A Newland or Honeywell module is told to read this often, in milliseconds, because its reading ends by itself; 0 for
    /// one that was set up to read without being told.
    pub trigger_ms: u64,
    /// Settings of a GM65 module to make sure of at start; none means that the module is never written to.
    pub settings: Vec<ZoneSetting>,
}

impl Default for ScannerConfig {
    fn default() -> Self {
        Self {
            kind: ScannerKind::Gm65,
            port: PathBuf::new(),
            baud: None,
            alternate_baud: Some(115_200),
            terminator: Terminator::Any,
            silence_ms: 150,
            max_code: 1024,
            answer_ms: 300,
            trigger_ms: 3_000,
            settings: vec![gm65::CONTINUOUS, gm65::SAME_CODE_DELAY_5_S],
        }
    }
}

/// What the scanner tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScannerEvent {
    /// The port is open.
    Up,
    /// The port is not there.
    Down(DeviceFault),
    /// A code was read: its bytes without terminator, never empty, at most `max_code` of them. It may be anything.
    Code(Vec<u8>),
}

impl LinkEvent for ScannerEvent {
    fn up() -> Self {
        Self::Up
    }

    fn down(fault: DeviceFault) -> Self {
        Self::Down(fault)
    }
}

/// What the scanner's driver did, for service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScannerTrace {
    /// The port was opened at this many bits per second.
    Opened(u32),
    /// The port is not there or vanished.
    Lost(DeviceFault),
    /// The module does not answer settings; scanning goes on.
    Silent,
    /// A setting was changed and saved.
    SettingChanged(ZoneSetting),
    /// The module refused a setting with this status.
    SettingRefused(u16, u8),
    /// The module refused an order with this byte (NAK 15, ENQ 05).
    OrderRefused(u8),
    /// A code of this length was read.
    Code(usize),
    /// A code was dropped because it is too long.
    TooLong,
    /// A code was dropped because nobody took the earlier ones.
    Overrun,
}

/// The running driver; it ends when this is dropped.
#[derive(Debug)]
pub struct ScannerHandle {
    /// What the scanner tells.
    pub events: mpsc::Receiver<ScannerEvent>,
    trace: TraceRing<ScannerTrace>,
}

impl ScannerHandle {
    /// The last 64 things the driver did.
    pub fn trace(&self) -> Vec<TraceEntry<ScannerTrace>> {
        self.trace.entries()
    }
}

/// Starts the driver on its configured port; must be called inside a tokio runtime.
pub fn spawn(config: ScannerConfig) -> ScannerHandle {
    if config.kind == ScannerKind::Hid {
        #[cfg(feature = "hid")]
        return spawn_on(config.clone(), hid_port::Keyboard::new(&config));
        #[cfg(not(feature = "hid"))]
        tracing::error!(port = %config.port.display(), "this program was built without keyboards as scanners");
        #[cfg(not(feature = "hid"))]
        return spawn_on(config, hid::NoKeyboards);
    }
    let port = SerialPath(config.port.clone());
    spawn_on(config, port)
}

/// Starts the driver on any line.
pub fn spawn_on<C: Connector>(config: ScannerConfig, connector: C) -> ScannerHandle {
    let (sender, events) = mpsc::channel(64);
    let trace = TraceRing::new();
    let reporter = Reporter::new("scanner", config.port.display().to_string(), sender);
    tokio::spawn(actor::run(config, connector, reporter, trace.clone()));
    ScannerHandle { events, trace }
}
