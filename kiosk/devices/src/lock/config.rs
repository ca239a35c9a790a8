//! What hangs on a bus of locks, as the settings file says it.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::DoorNumber;
use crate::gpio::GpioSettings;

/// Which protocol the boards of a bus speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// The commonest boards of 8 to 50 channels, RS-485 or TTL; see [`super::board8a`].
    #[default]
    #[serde(rename = "8a")]
    Board8a,
    /// Boards whose frames begin with the letters WKLY; see [`super::wkly`].
    Wkly,
    /// Boards of sixteen channels, two groups of eight; see [`super::cu16`].
    Cu16,
    /// Boards asked lock by lock; see [`super::winnsen`].
    Winnsen,
    /// Relay boards on Modbus RTU with door contacts on their discrete inputs; see [`super::modbus`].
    Modbus,
    /// Relays and contacts on pins of this computer or of a port expander; see [`crate::gpio`].
    Gpio,
}

/// What addresses and channels boards of a family have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Lowest address.
    pub first: u8,
    /// Highest address.
    pub last: u8,
    /// Most channels.
    pub channels: u8,
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last, channels } = self;
        write!(f, "the address must be {first} to {last} and the channels 1 to {channels}")
    }
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 6] =
        [Self::Board8a, Self::Wkly, Self::Cu16, Self::Winnsen, Self::Modbus, Self::Gpio];

    /// Bits per second with which the boards leave the factory.
    #[must_use]
    pub const fn default_baud(self) -> u32 {
        match self {
            Self::Cu16 => 19_200,
            _ => 9_600,
        }
    }

    /// Addresses and channels that there are.
    #[must_use]
    pub const fn limits(self) -> Limits {
        match self {
            Self::Board8a => Limits { first: 1, last: 31, channels: 50 },
            Self::Wkly => Limits { first: 0, last: 31, channels: 48 },
            Self::Cu16 => Limits { first: 0, last: 15, channels: 16 },
            Self::Winnsen => Limits { first: 1, last: 255, channels: 64 },
            Self::Modbus => Limits { first: 1, last: 247, channels: 64 },
            Self::Gpio => Limits { first: 0, last: 255, channels: 64 },
        }
    }
}

/// What a lock's feedback switch says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Polarity {
    /// Short when locked: a set bit (8A: 11) = closed, a clear one (00) = open.
    DoorClosing,
    /// Short when open: a set bit = open.
    DoorOpening,
}

impl Polarity {
    /// What a bit of a status reply means.
    #[must_use]
    pub const fn is_open(self, bit: bool) -> bool {
        match self {
            Self::DoorClosing => !bit,
            Self::DoorOpening => bit,
        }
    }
}

/// How long a relay is held by a pulse: 100 to 1,000 ms. A lock's coil burns when it is held for longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct PulseLength(u16);

/// A pulse shorter than a lock can use or longer than its coil bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pulse of {0} ms: it must last 100 to 1000 ms")]
pub struct PulseLengthError(u16);

impl TryFrom<u16> for PulseLength {
    type Error = PulseLengthError;

    fn try_from(ms: u16) -> Result<Self, PulseLengthError> {
        if (100..=1_000).contains(&ms) { Ok(Self(ms)) } else { Err(PulseLengthError(ms)) }
    }
}

impl From<PulseLength> for u16 {
    fn from(length: PulseLength) -> Self {
        length.0
    }
}

impl Default for PulseLength {
    fn default() -> Self {
        Self(500)
    }
}

impl PulseLength {
    /// In milliseconds.
    #[must_use]
    pub const fn ms(self) -> u16 {
        self.0
    }

    /// As a span of time.
    #[must_use]
    pub fn duration(self) -> std::time::Duration {
        std::time::Duration::from_millis(u64::from(self.0))
    }
}

/// One board on the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardConfig {
    /// Address set by its switches; 1 to 31 for 8A boards, others as [`Family::limits`] says.
    pub address: u8,
    /// Number of its channels.
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

/// How to reach the boards of one bus and what hangs on them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LockConfig {
    /// Path of the port.
    pub port: PathBuf,
    /// Bits per second; the family's own when left out.
    pub baud: Option<u32>,
    /// Which protocol the boards speak.
    pub family: Family,
    /// Winnsen: some firmware puts the status before the lock's number.
    pub swapped: bool,
    /// Modbus and GPIO: how long the relay is held, in milliseconds; the other boards time their pulses by themselves.
    pub pulse_ms: PulseLength,
    /// GPIO: which pins the relays and contacts are on.
    pub gpio: GpioSettings,
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
            baud: None,
            family: Family::default(),
            swapped: false,
            pulse_ms: PulseLength::default(),
            gpio: GpioSettings::default(),
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
    /// A board's address or number of channels is out of its family's range.
    #[error("board {0}: {1}")]
    Board(u8, Limits),
    /// Two boards have one address.
    #[error("board {0} is there twice")]
    BoardTwice(u8),
    /// A door's board is not there, or has no such channel.
    #[error("door {0}: its board has no such channel")]
    Channel(DoorNumber),
    /// Two doors have one number or one channel.
    #[error("door {0}: its number or its channel is taken by another door")]
    DoorTwice(DoorNumber),
    /// A door on a bus of pins has no relay or no contact.
    #[error("door {0}: its channel has no relay and contact in the gpio settings")]
    Pins(DoorNumber),
    /// A pin is named twice.
    #[error("pin {0} is named twice in the gpio settings")]
    PinTwice(u8),
    /// The pins are on a kind of chip that this program was built without.
    #[error("the gpio backend {0} is not in this program: use one built with the feature {0}")]
    Backend(&'static str),
    /// Boards without a port.
    #[error("bus {0} has no port")]
    Port(usize),
}

impl LockConfig {
    /// Bits per second.
    #[must_use]
    pub fn baud(&self) -> u32 {
        self.baud.unwrap_or(self.family.default_baud())
    }

    /// Checks addresses, channels and numbers.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn check(&self) -> Result<(), LockConfigError> {
        self.check_boards()?;
        self.check_doors()?;
        if self.family == Family::Gpio { self.check_pins() } else { Ok(()) }
    }

    fn check_boards(&self) -> Result<(), LockConfigError> {
        let limits = self.family.limits();
        let mut addresses = BTreeSet::new();
        for board in &self.boards {
            let fits = (limits.first..=limits.last).contains(&board.address)
                && (1..=limits.channels).contains(&board.channels);
            if !fits {
                return Err(LockConfigError::Board(board.address, limits));
            }
            if !addresses.insert(board.address) {
                return Err(LockConfigError::BoardTwice(board.address));
            }
        }
        Ok(())
    }

    fn check_doors(&self) -> Result<(), LockConfigError> {
        let (mut numbers, mut channels) = (BTreeSet::new(), BTreeSet::new());
        for door in &self.doors {
            let fits = |board: &BoardConfig| {
                board.address == door.board && (1..=board.channels).contains(&door.channel)
            };
            if !self.boards.iter().any(fits) {
                return Err(LockConfigError::Channel(door.door));
            }
            if !numbers.insert(door.door) || !channels.insert((door.board, door.channel)) {
                return Err(LockConfigError::DoorTwice(door.door));
            }
        }
        Ok(())
    }

    fn check_pins(&self) -> Result<(), LockConfigError> {
        if !self.gpio.backend.is_built_in() {
            return Err(LockConfigError::Backend(self.gpio.backend.feature()));
        }
        if let Some(line) = self.gpio.doubles() {
            return Err(LockConfigError::PinTwice(line));
        }
        if self.boards.len() > 1 {
            // A bank is one board; a second chip is a second bus.
            return Err(LockConfigError::BoardTwice(self.boards.last().map_or(0, |board| board.address)));
        }
        let loose = |door: &&DoorConfig| self.gpio.pins_of(door.channel).is_none();
        self.doors.iter().find(loose).map_or(Ok(()), |door| Err(LockConfigError::Pins(door.door)))
    }
}

/// Checks several buses: each for itself, and that no door's number is there twice.
///
/// # Errors
/// The first thing found wrong.
pub fn check_all(buses: &[LockConfig]) -> Result<(), LockConfigError> {
    let mut numbers = BTreeSet::new();
    for (index, bus) in buses.iter().enumerate() {
        bus.check()?;
        if buses.len() > 1 && bus.family != Family::Gpio && bus.port.as_os_str().is_empty() {
            return Err(LockConfigError::Port(index));
        }
        if let Some(twice) = bus.doors.iter().find(|door| !numbers.insert(door.door)) {
            return Err(LockConfigError::DoorTwice(twice.door));
        }
    }
    Ok(())
}
