//! Locker doors behind lock boards of the 8A family on an RS-485 or TTL line.
//!
//! An opening counts when the board's status says open, never because the board acknowledged it: some boards never do,
//! and on an adapter that echoes, the request itself looks like an acknowledgement. Doors are read before anything is
//! opened; the driver never pulses a lock unasked and never twice for one request.

mod actor;
pub mod board8a;
mod bus;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::port::{LinkEvent, Reporter};
use crate::trace::{TraceEntry, TraceRing};
use crate::{Connector, DeviceFault, SerialPath};

pub use board8a::Polarity;

/// Number of a door, as painted on it.
pub type DoorNumber = u16;

/// One board on the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardConfig {
    /// Address set by its switches, 1 to 31.
    pub address: u8,
    /// Number of its channels, 1 to 50.
    pub channels: u8,
    /// How its locks report; to be verified at commissioning.
    pub polarity: Polarity,
}

/// Which channel of which board a door hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoorConfig {
    /// The door's number.
    pub door: DoorNumber,
    /// The board's address.
    pub board: u8,
    /// The channel, from 1.
    pub channel: u8,
}

/// How to reach the boards and what hangs on them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LockConfig {
    /// Path of the port.
    pub port: PathBuf,
    /// Bits per second.
    pub baud: u32,
    /// The boards on the bus.
    pub boards: Vec<BoardConfig>,
    /// The doors.
    pub doors: Vec<DoorConfig>,
    /// How long after the pulse the door must be seen open, in milliseconds.
    pub open_timeout_ms: u64,
    /// Pause between two looks at a board while one of its doors is open, in milliseconds.
    pub poll_ms: u64,
    /// The same while a pulse has just been given.
    pub fast_poll_ms: u64,
    /// The same while all doors are closed.
    pub idle_poll_ms: u64,
    /// How long a board has to answer a status request, in milliseconds.
    pub answer_ms: u64,
    /// How long to wait for an acknowledgement before looking; many boards send none. In milliseconds.
    pub ack_ms: u64,
    /// Requests to open that waited longer than this are not carried out, in milliseconds.
    pub stale_ms: u64,
}

impl Default for LockConfig {
    fn default() -> Self {
        Self {
            port: PathBuf::new(),
            baud: 9600,
            boards: Vec::new(),
            doors: Vec::new(),
            open_timeout_ms: 3_000,
            poll_ms: 100,
            fast_poll_ms: 20,
            idle_poll_ms: 1_000,
            answer_ms: 1_500,
            ack_ms: 300,
            stale_ms: 2_000,
        }
    }
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LockConfigError {
    /// A board's address or number of channels is out of range.
    #[error("board {0}: the address must be 1 to 31 and the channels 1 to 50")]
    Board(u8),
    /// Two boards have one address.
    #[error("board {0} is there twice")]
    BoardTwice(u8),
    /// A door's board is not there, or has no such channel.
    #[error("door {0}: its board has no such channel")]
    Channel(DoorNumber),
    /// Two doors have one number or one channel.
    #[error("door {0}: its number or its channel is taken by another door")]
    DoorTwice(DoorNumber),
}

impl LockConfig {
    /// Checks addresses, channels and numbers.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn check(&self) -> Result<(), LockConfigError> {
        let (mut addresses, mut numbers, mut channels) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for board in &self.boards {
            if !(1..=31).contains(&board.address) || !(1..=50).contains(&board.channels) {
                return Err(LockConfigError::Board(board.address));
            }
            if !addresses.insert(board.address) {
                return Err(LockConfigError::BoardTwice(board.address));
            }
        }
        for door in &self.doors {
            let fits = |board: &&BoardConfig| {
                board.address == door.board && (1..=board.channels).contains(&door.channel)
            };
            if self.boards.iter().find(fits).is_none() {
                return Err(LockConfigError::Channel(door.door));
            }
            if !numbers.insert(door.door) || !channels.insert((door.board, door.channel)) {
                return Err(LockConfigError::DoorTwice(door.door));
            }
        }
        Ok(())
    }
}

/// What may be concluded when a door did not open as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenFailure {
    /// No pulse was given; asking again is safe.
    NotSent,
    /// The pulse may have been given and the line was lost; the lock may have moved.
    OutcomeUnknown,
    /// The pulse was given and the sensor still says closed: jammed, or the sensor is broken.
    NotDetected,
    /// The pulse was given and the board has not answered since; the lock may have moved.
    NoAnswer,
}

impl OpenFailure {
    /// The stable code, the same as its serialised form.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::NotDetected => "not_detected",
            Self::NoAnswer => "no_answer",
        }
    }
}

/// What the doors tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockEvent {
    /// At least one board answers. The states of its doors follow.
    Up,
    /// The port is not there or no board answers.
    Down(DeviceFault),
    /// A board that was silent answers. The states of its doors follow.
    BoardUp {
        /// The board's address.
        board: u8,
    },
    /// A board does not answer; the states of its doors are not known.
    BoardDown {
        /// The board's address.
        board: u8,
    },
    /// A door's state: after `Up`, at each change, and for every door after `query_all`.
    State {
        /// The door.
        door: DoorNumber,
        /// Whether it is open.
        open: bool,
    },
    /// The door opened as asked.
    Opened {
        /// The door.
        door: DoorNumber,
    },
    /// The door did not open as asked, or it is not known whether it did.
    OpenFailed {
        /// The door.
        door: DoorNumber,
        /// What may be concluded.
        kind: OpenFailure,
        /// Why.
        fault: DeviceFault,
    },
    /// A door that was open was closed.
    Closed {
        /// The door.
        door: DoorNumber,
    },
}

impl LinkEvent for LockEvent {
    fn up() -> Self {
        Self::Up
    }

    fn down(fault: DeviceFault) -> Self {
        Self::Down(fault)
    }
}

/// What the driver of the doors did, for service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockTrace {
    /// The port was opened.
    Opened,
    /// The port is not there or vanished.
    Lost(DeviceFault),
    /// The adapter sends back what it is sent.
    Echo,
    /// A board answers with so many groups of eight.
    Board(u8, usize),
    /// A board does not answer.
    Silent(u8),
    /// A pulse was given.
    Pulse(DoorNumber),
    /// The board acknowledged a pulse with this status.
    Acknowledged(u8),
    /// A door's state changed.
    Door(DoorNumber, bool),
    /// A request to open failed.
    Failed(DoorNumber, OpenFailure, DeviceFault),
}

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
    trace: TraceRing<LockTrace>,
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

    /// The last 64 things the driver did.
    pub fn trace(&self) -> Vec<TraceEntry<LockTrace>> {
        self.trace.entries()
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

/// Starts the driver on its configured port; must be called inside a tokio runtime. Doors that `check` complains about
/// cannot be opened.
pub fn spawn(config: LockConfig) -> LockHandle {
    let port = SerialPath(config.port.clone());
    spawn_on(config, port)
}

/// Starts the driver on any line.
pub fn spawn_on<C: Connector>(config: LockConfig, connector: C) -> LockHandle {
    let (sender, events) = mpsc::channel(256);
    let (orders, received) = mpsc::channel(16);
    let trace = TraceRing::new();
    let reporter = Reporter::new("lock", config.port.display().to_string(), sender);
    tokio::spawn(actor::run(config, connector, reporter, received, trace.clone()));
    LockHandle { events, control: LockControl { orders }, trace }
}
