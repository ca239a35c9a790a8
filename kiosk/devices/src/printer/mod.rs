//! Slip printers that speak ESC/POS on a serial line, a TCP socket or the kernel's USB printer device.
//!
//! A slip is a picture, so that it looks the same on every printer, or text in the printer's own Chinese letters. It is
//! sent only when the printer says that it can
//! print, one at a time, and is never sent again by the driver: a printer that ran out of paper keeps what it has and
//! prints it after the roll is changed, so whether a slip came out can be unknown for a while. See `slip` for what is
//! done with the leftovers.

mod actor;
pub mod escpos;
mod job;
mod link;
mod raster;
mod slip;
mod status;
mod text;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::port::{LinkEvent, Reporter};
use crate::trace::{TraceEntry, TraceRing};
use crate::{Connector, DeviceFault};

pub use escpos::Cut;
pub use link::{PrinterLine, PrinterLink, PrinterPort, UsbLine};
pub use raster::{Raster, RasterError};
pub use status::{Paper, PrinterStatus, Reply, ReplyParser};
pub use text::{Align, Look, TextLine, TextSlip, columns, encode};

/// How it is known that a slip is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirm {
    /// The printer answers `GS ( H` function 48 when everything before it is printed.
    #[default]
    GsH,
    /// For printers that do not know it: the status stays clean for `settle_ms` after the last byte.
    Status,
    /// The printer is asked once after connecting, and believed by its status when it does not answer. Some that do not
    /// know the order print its last bytes as letters on the next slip; then say `status`.
    Auto,
}

/// What slips are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlipMode {
    /// A picture, drawn with the kiosk's font: the same on every printer.
    #[default]
    Raster,
    /// Text in GB18030, in the printer's font: quick on slow lines, for printers with Chinese letters in their memory.
    Text,
}

/// How to reach the printer and what it can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrinterConfig {
    /// Path of the port or device, or `host:port`.
    pub port: PathBuf,
    /// What kind of port it is.
    pub link: PrinterLink,
    /// Bits per second, on a serial line.
    pub baud: u32,
    /// Dots across the paper: 576 on 80 mm, 384 on 58 mm.
    pub dots: u16,
    /// A slip is sent in bands of so many rows.
    pub band_rows: u16,
    /// Bytes handed to the port at a time.
    pub chunk_bytes: usize,
    /// What slips are made of.
    pub mode: SlipMode,
    /// How a slip is taken off the roll.
    pub cut: Cut,
    /// How the end of a slip is known.
    pub confirm: Confirm,
    /// How long the status must stay clean after the last byte for a slip to be believed, in milliseconds, where the
    /// status is all there is; longer than the printer needs for a slip.
    pub settle_ms: u64,
    /// How long the printer has to answer a status request, in milliseconds.
    pub answer_ms: u64,
    /// How long the printer may take no byte, or keep the line stopped, in milliseconds.
    pub stall_ms: u64,
    /// How long the printer has to complete a slip after its last byte was sent, in milliseconds.
    pub print_ms: u64,
    /// Pause between two status requests while nothing is printed, in milliseconds.
    pub poll_ms: u64,
}

impl Default for PrinterConfig {
    fn default() -> Self {
        Self {
            port: PathBuf::new(),
            link: PrinterLink::Auto,
            baud: 115_200,
            dots: 576,
            band_rows: 48,
            chunk_bytes: 1024,
            mode: SlipMode::Raster,
            cut: Cut::Partial,
            confirm: Confirm::GsH,
            settle_ms: 4_000,
            answer_ms: 500,
            stall_ms: 5_000,
            print_ms: 20_000,
            poll_ms: 2_000,
        }
    }
}

/// One slip to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintJob {
    /// The caller's number of this attempt; comes back in the events.
    pub job: u64,
    /// The slip.
    pub content: PrintContent,
}

/// What is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrintContent {
    /// A picture.
    Raster(Raster),
    /// Text.
    Text(TextSlip),
}

impl PrintJob {
    /// A slip that is a picture.
    pub fn raster(job: u64, raster: Raster) -> Self {
        Self { job, content: PrintContent::Raster(raster) }
    }

    /// A slip that is text.
    pub fn text(job: u64, lines: TextSlip) -> Self {
        Self { job, content: PrintContent::Text(lines) }
    }

    /// Rows of dots, or lines of text.
    pub fn rows(&self) -> u32 {
        let rows = match &self.content {
            PrintContent::Raster(raster) => raster.height(),
            PrintContent::Text(lines) => lines.len(),
        };
        u32::try_from(rows).unwrap_or(u32::MAX)
    }
}

/// What may be concluded when a slip failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrintFailure {
    /// Nothing of it left the kiosk; it may be printed again.
    NotSent,
    /// Some or all of it left the kiosk; it may have come out, or come out later. Print again only as a copy.
    OutcomeUnknown,
}

impl PrintFailure {
    /// The stable code, the same as its serialised form.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::OutcomeUnknown => "outcome_unknown",
        }
    }
}

/// How far a slip got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PrintProgress {
    /// Rows of dots, or lines of text, that were sent whole.
    pub rows_sent: u32,
    /// Rows or lines of the slip.
    pub rows_total: u32,
    /// Whether the order to cut was sent too, that is, everything.
    pub cut_sent: bool,
}

/// What the printer tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrinterEvent {
    /// The printer answers. A `Status` follows.
    Up,
    /// The printer is not there or does not answer.
    Down(DeviceFault),
    /// The printer's state, at `Up` and whenever it changes.
    Status(PrinterStatus),
    /// A slip is complete.
    Printed {
        /// The caller's number.
        job: u64,
    },
    /// A slip failed.
    Failed {
        /// The caller's number.
        job: u64,
        /// What may be concluded.
        kind: PrintFailure,
        /// Why.
        fault: DeviceFault,
        /// How far it got.
        progress: PrintProgress,
    },
    /// A slip that had failed with its outcome unknown came out after all, such as after new paper was put in.
    PrintedLate {
        /// The caller's number.
        job: u64,
    },
}

impl LinkEvent for PrinterEvent {
    fn up() -> Self {
        Self::Up
    }

    fn down(fault: DeviceFault) -> Self {
        Self::Down(fault)
    }
}

/// What the printer's driver did, for service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrinterTrace {
    /// The port was opened.
    Opened,
    /// The port is not there or vanished.
    Lost(DeviceFault),
    /// The printer did not answer a status request.
    Silent,
    /// The state changed.
    Status(PrinterStatus),
    /// A slip is being sent: number and bytes.
    Sending(u64, usize),
    /// All of a slip was sent.
    Sent(u64),
    /// A slip is complete.
    Printed(u64),
    /// A slip failed after so many bytes.
    Failed(u64, DeviceFault, usize),
    /// Whether the printer answers the question for completion, as it was found out.
    AnswersCompletion(bool),
    /// Leftovers were cleared away.
    Cleared,
    /// So many bytes came that mean nothing.
    Noise(usize),
}

/// The running driver; it ends when this is dropped.
#[derive(Debug)]
pub struct PrinterHandle {
    /// What the printer tells.
    pub events: mpsc::Receiver<PrinterEvent>,
    /// Takes slips.
    pub control: PrinterControl,
    trace: TraceRing<PrinterTrace>,
}

impl PrinterHandle {
    /// See [`PrinterControl::print`].
    ///
    /// # Errors
    /// As there.
    pub fn print(&self, job: PrintJob) -> Result<(), DeviceFault> {
        self.control.print(job)
    }

    /// The last 64 things the driver did.
    pub fn trace(&self) -> Vec<TraceEntry<PrinterTrace>> {
        self.trace.entries()
    }
}

/// Takes slips; may be cloned and given away.
#[derive(Debug, Clone)]
pub struct PrinterControl {
    jobs: mpsc::Sender<PrintJob>,
    in_flight: Arc<AtomicBool>,
}

impl PrinterControl {
    /// Hands over a slip. Exactly one of `Printed` and `Failed` follows with its number.
    ///
    /// # Errors
    /// `Busy` while another slip has neither been printed nor failed, `Stopped` when the driver has ended; nothing was
    /// sent and no event follows.
    pub fn print(&self, job: PrintJob) -> Result<(), DeviceFault> {
        if self.in_flight.swap(true, Ordering::AcqRel) {
            return Err(if self.jobs.is_closed() { DeviceFault::Stopped } else { DeviceFault::Busy });
        }
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => DeviceFault::Busy,
            mpsc::error::TrySendError::Closed(_) => DeviceFault::Stopped,
        })
    }
}

/// Starts the driver on its configured port; must be called inside a tokio runtime.
pub fn spawn(config: PrinterConfig) -> PrinterHandle {
    let port = PrinterPort { port: config.port.clone(), link: config.link };
    spawn_on(config, port)
}

/// Starts the driver on any line.
pub fn spawn_on<C: Connector>(config: PrinterConfig, connector: C) -> PrinterHandle {
    let (sender, events) = mpsc::channel(64);
    let (jobs, orders) = mpsc::channel(1);
    let trace = TraceRing::new();
    let in_flight = Arc::new(AtomicBool::new(false));
    let reporter = Reporter::new("printer", config.port.display().to_string(), sender);
    let control = PrinterControl { jobs, in_flight: Arc::clone(&in_flight) };
    tokio::spawn(actor::run(config, connector, reporter, orders, in_flight, trace.clone()));
    PrinterHandle { events, control, trace }
}
