//! Lock boards of several families on buses: what they are asked, what they answer, and what can go wrong with them.

mod bus;
mod checks;
mod frames;
pub mod line;
mod locks;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use bus::{Bus, Reply};
pub use locks::Locks;

/// Which protocol the boards of a bus speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Five-byte requests of the commonest boards.
    #[default]
    #[serde(rename = "8a")]
    Board8a,
    /// Frames that begin with the letters WKLY.
    Wkly,
    /// `02`, address, command, `03`, sum.
    Cu16,
    /// `90`, length, command, station, lock, `03`.
    Winnsen,
    /// Relays and inputs on Modbus RTU.
    Modbus,
}

impl Family {
    /// The highest and lowest address its switches can say.
    #[must_use]
    pub const fn addresses(self) -> (u8, u8) {
        match self {
            Self::Board8a => (1, 31),
            Self::Wkly => (0, 31),
            Self::Cu16 => (0, 15),
            Self::Winnsen => (1, 255),
            Self::Modbus => (1, 247),
        }
    }

    /// Bits per second.
    #[must_use]
    pub const fn baud(self) -> u64 {
        match self {
            Self::Cu16 => 19_200,
            _ => 9_600,
        }
    }
}

/// What a board can do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockFault {
    /// Answers nothing and moves nothing.
    Silent,
    /// Takes the pulse, but the door stays shut.
    StuckClosed,
    /// Doors read open whatever a hand does.
    StuckOpen,
    /// The adapter sends every request back.
    Echo,
    /// The contacts are wired the other way round.
    WrongPolarity,
    /// A contact that moved reads both ways for a few looks.
    BouncedContact,
    /// Answers come when nobody waits for them any more.
    LateFrame,
    /// Noise stands before each answer.
    GarbageBefore,
    /// Noise stands after each answer.
    GarbageAfter,
    /// A byte of each answer arrives wrong.
    GarbageInside,
    /// The adapter is pulled out in the middle of the next answer, and put in again.
    Unplug,
    /// Gives no pulse and says so, if its family can.
    Refuses,
    /// Never acknowledges a pulse.
    NeverAcknowledges,
}

/// Something a board did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockEvent {
    /// The coil of this channel was energised.
    Pulse(u8),
    /// The door of this channel sprang open.
    Opened(u8),
}

/// What a board is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Open(u8),
    OpenAll,
    One(u8),
    All,
    /// Something of the protocol that the board does not do.
    Unknown,
}

/// A request to one board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) board: u8,
    pub(crate) ask: Ask,
}

/// How many looks a contact bounces.
const BOUNCES: u8 = 5;

/// A board with its doors.
#[derive(Debug)]
pub struct Board {
    pub(crate) address: u8,
    open: Vec<bool>,
    short_when_open: bool,
    pub(crate) fault: Option<LockFault>,
    bounces: BTreeMap<u8, u8>,
}

impl Board {
    /// A board with all doors shut. `short_when_open` inverts every status.
    #[must_use]
    pub fn new(address: u8, channels: u8, short_when_open: bool) -> Self {
        let open = vec![false; usize::from(channels)];
        Self { address, open, short_when_open, fault: None, bounces: BTreeMap::new() }
    }

    /// Whether the door of `channel` (from 1) stands open.
    #[must_use]
    pub fn is_open(&self, channel: u8) -> bool {
        self.open.get(usize::from(channel).wrapping_sub(1)).copied().unwrap_or(false)
    }

    /// A hand opens or shuts a door; says whether it moved.
    pub fn set_open(&mut self, channel: u8, open: bool) -> bool {
        match self.open.get_mut(usize::from(channel).wrapping_sub(1)) {
            Some(door) if *door != open => {
                *door = open;
                self.bounces.insert(channel, BOUNCES);
                true
            }
            _ => false,
        }
    }

    pub(crate) fn channels(&self) -> u8 {
        u8::try_from(self.open.len()).unwrap_or(u8::MAX)
    }

    pub(crate) fn has(&self, channel: u8) -> bool {
        (1..=self.channels()).contains(&channel)
    }

    pub(crate) fn refuses(&self) -> bool {
        self.fault == Some(LockFault::Refuses)
    }

    pub(crate) fn pulse(&mut self, channel: u8, events: &mut Vec<LockEvent>) {
        if self.refuses() {
            return;
        }
        events.push(LockEvent::Pulse(channel));
        if self.fault != Some(LockFault::StuckClosed) && self.set_open(channel, true) {
            events.push(LockEvent::Opened(channel));
        }
    }

    fn reads_open(&self, channel: u8) -> bool {
        match self.fault {
            Some(LockFault::StuckOpen) => true,
            Some(LockFault::StuckClosed) => false,
            Some(LockFault::BouncedContact) => {
                let bouncing = self.bounces.get(&channel).is_some_and(|left| left % 2 == 0 && *left > 0);
                self.is_open(channel) != bouncing
            }
            _ => self.is_open(channel),
        }
    }

    /// The contact's bit: set when it is shorted.
    pub(crate) fn bit(&self, channel: u8) -> bool {
        let wrong = self.fault == Some(LockFault::WrongPolarity);
        self.has(channel) && (self.reads_open(channel) == self.short_when_open) != wrong
    }

    /// One byte for eight doors, the lowest group first, bit 0 the lowest door of the group.
    pub(crate) fn groups(&self, count: usize) -> Vec<u8> {
        let bit = |channel: usize| u8::try_from(channel).is_ok_and(|channel| self.bit(channel));
        let group = |n: usize| (0..8_usize).fold(0, |bits, b| bits | (u8::from(bit(n * 8 + b + 1)) << b));
        (0..count).map(group).collect()
    }

    /// The contacts were looked at once more.
    pub(crate) fn looked(&mut self) {
        for left in self.bounces.values_mut() {
            *left = left.saturating_sub(1);
        }
    }
}
