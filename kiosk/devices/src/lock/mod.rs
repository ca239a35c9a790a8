//! Locker doors behind lock boards, relay boards or pins, on one bus or several.
//!
//! An opening counts when the board's status says open, never because the board acknowledged it: some boards never do,
//! and on an adapter that echoes, the request itself looks like an acknowledgement. Doors are read before anything is
//! opened; the driver never pulses a lock unasked and never twice for one request.
//!
//! The frames of each family are in a module of their own, pure; one task per bus asks one question at a time; with
//! several buses, one more task makes one device of them.

mod actor;
pub mod board8a;
mod boards;
mod bus;
mod config;
pub mod cu16;
mod event;
mod family;
mod frame;
mod merge;
pub mod modbus;
mod rack;
mod status;
pub mod winnsen;
pub mod wkly;

use std::time::Instant;

use tokio::sync::mpsc;

use crate::port::Reporter;
use crate::trace::{TraceEntry, TraceRing};
use crate::{Connector, DeviceFault, SerialPath};

pub(crate) use boards::{Ack, Boards, Looked, Opener, PulseFailed};
pub use config::{
    BoardConfig, DoorConfig, Family, Limits, LockConfig, LockConfigError, Polarity, PulseLength,
    PulseLengthError, check_all,
};
pub use event::{LockEvent, LockTrace, OpenFailure};
pub use status::BoardStatus;

/// Number of a door, as painted on it.
pub type DoorNumber = u16;

#[derive(Debug)]
pub(crate) enum Order {
    Open(DoorNumber, Instant),
    QueryAll,
}

/// The running driver; it ends when this is dropped.
#[derive(Debug)]
pub struct LockHandle {
    /// What the doors tell.
    pub events: mpsc::Receiver<LockEvent>,
    /// Opens doors.
    pub control: LockControl,
    traces: Vec<TraceRing<LockTrace>>,
}

impl LockHandle {
    /// See [`LockControl::open`].
    ///
    /// # Errors
    /// As there.
    pub fn open(&self, door: DoorNumber) -> Result<(), DeviceFault> {
        self.control.open(door)
    }

    /// See [`LockControl::query_all`].
    ///
    /// # Errors
    /// As there.
    pub fn query_all(&self) -> Result<(), DeviceFault> {
        self.control.query_all()
    }

    /// The last 64 things the driver did on each bus, by time.
    pub fn trace(&self) -> Vec<TraceEntry<LockTrace>> {
        let mut entries: Vec<_> = self.traces.iter().flat_map(TraceRing::entries).collect();
        entries.sort_by_key(|entry| entry.at_ms);
        entries
    }
}

/// Opens doors; may be cloned and given away.
#[derive(Debug, Clone)]
pub struct LockControl {
    orders: mpsc::Sender<Order>,
}

impl LockControl {
    /// Asks for one pulse on one door. Exactly one of `Opened` and `OpenFailed` follows.
    ///
    /// # Errors
    /// `Busy` when too much is asked at once, `Stopped` when the driver has ended; no pulse is given and no event
    /// follows.
    pub fn open(&self, door: DoorNumber) -> Result<(), DeviceFault> {
        self.order(Order::Open(door, Instant::now()))
    }

    /// Reads all doors and tells the state of each; `BoardDown` stands for doors that cannot be read.
    ///
    /// # Errors
    /// As for `open`.
    pub fn query_all(&self) -> Result<(), DeviceFault> {
        self.order(Order::QueryAll)
    }

    fn order(&self, order: Order) -> Result<(), DeviceFault> {
        self.orders.try_send(order).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => DeviceFault::Busy,
            mpsc::error::TrySendError::Closed(_) => DeviceFault::Stopped,
        })
    }
}

/// Starts the driver of one bus; must be called inside a tokio runtime. Doors that `check` complains about cannot be
/// opened.
pub fn spawn(config: LockConfig) -> LockHandle {
    if config.family == Family::Gpio {
        let pins = crate::gpio::Pins::new(&config);
        return start(config, pins);
    }
    let port = SerialPath(config.port.clone());
    spawn_on(config, port)
}

/// Starts the driver of one bus on any line.
pub fn spawn_on<C: Connector>(config: LockConfig, connector: C) -> LockHandle {
    let opener = bus::SerialOpener::new(&config, connector);
    start(config, opener)
}

/// Starts the driver of several buses, which look like one device: up while any of them is, and a bus that is down
/// does not stop the others.
pub fn spawn_all(buses: Vec<LockConfig>) -> LockHandle {
    join(buses.into_iter().map(|config| (config.doors.clone(), spawn(config))).collect())
}

/// Makes one device of drivers that run already, each with the doors on it.
pub fn join(buses: Vec<(Vec<DoorConfig>, LockHandle)>) -> LockHandle {
    merge::join(buses)
}

pub(crate) fn start<O: Opener>(config: LockConfig, opener: O) -> LockHandle {
    let (sender, events) = mpsc::channel(256);
    let (orders, received) = mpsc::channel(16);
    let trace = TraceRing::new();
    let reporter = Reporter::new("lock", config.port.display().to_string(), sender);
    tokio::spawn(actor::run(config, opener, reporter, received, trace.clone()));
    LockHandle { events, control: LockControl { orders }, traces: vec![trace] }
}
