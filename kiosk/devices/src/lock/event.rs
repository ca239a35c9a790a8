//! What the doors tell, and what the driver did.

use serde::{Deserialize, Serialize};

use super::DoorNumber;
use crate::DeviceFault;
use crate::port::LinkEvent;

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
    /// At least one board of any bus answers. The states of its doors follow.
    Up,
    /// No port is there or no board answers.
    Down(DeviceFault),
    /// With several buses: a bus that was down answers. The states of its doors follow.
    BusUp {
        /// The bus, from 0.
        bus: usize,
    },
    /// With several buses: a bus does not answer while another does; the states of its doors are not known.
    BusDown {
        /// The bus, from 0.
        bus: usize,
        /// Why.
        fault: DeviceFault,
    },
    /// A board that was silent answers. The states of its doors follow.
    BoardUp {
        /// The bus, from 0.
        bus: usize,
        /// The board's address on its bus.
        board: u8,
    },
    /// A board does not answer; the states of its doors are not known.
    BoardDown {
        /// The bus, from 0.
        bus: usize,
        /// The board's address on its bus.
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LockTrace {
    /// The port was opened.
    Opened,
    /// The port is not there or vanished.
    Lost(DeviceFault),
    /// The adapter sends back what it is sent.
    Echo,
    /// A board answers, with the states of so many channels.
    Board(u8, u8),
    /// A board does not answer.
    Silent(u8),
    /// A pulse was given.
    Pulse(DoorNumber),
    /// The board acknowledged a pulse with this status.
    Acknowledged(u8),
    /// The board said with this status that it gives no pulse.
    Refused(u8),
    /// A door's state changed.
    Door(DoorNumber, bool),
    /// A request to open failed.
    Failed(DoorNumber, OpenFailure, DeviceFault),
}
