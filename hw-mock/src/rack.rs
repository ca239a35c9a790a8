//! Which boards and doors the mock has, as TOML.

use serde::{Deserialize, Serialize};

/// A cabinet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rack {
    /// The lock board.
    pub lock: LockBoard,
    /// Its doors.
    pub doors: Vec<Door>,
}

/// A lock board of the "8A" family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockBoard {
    /// Address set by its switches, 1 to 31.
    pub address: u8,
    /// Locks it can drive.
    pub channels: u8,
    /// Whether its feedback contact closes when the door opens; most close when it is shut.
    #[serde(default)]
    pub short_when_open: bool,
}

/// A door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Door {
    /// Number on the door.
    pub door: u16,
    /// Channel of the board.
    pub channel: u8,
    /// `S`, `M` or `L`.
    pub size: String,
}

/// A rack file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RackError {
    /// Not TOML of this form.
    #[error("the rack file cannot be read: {0}")]
    Form(#[from] toml::de::Error),
    /// A door without a channel on the board, or two doors on one.
    #[error("door {0} names channel {1}, which the board does not have or another door uses")]
    Channel(u16, u8),
    /// A board's switches cannot say this address.
    #[error("the lock board's address is {0}; its switches go from 1 to 31")]
    Address(u8),
    /// The page draws three sizes.
    #[error("door {0} has the size {1:?}; it must be S, M or L")]
    Size(u16, String),
}

const DEFAULT: &str = include_str!("../racks/default.toml");

impl Rack {
    /// Reads and checks a rack file.
    ///
    /// # Errors
    /// [`RackError`].
    pub fn read(text: &str) -> Result<Self, RackError> {
        let rack: Self = toml::from_str(text)?;
        if !(1..=31).contains(&rack.lock.address) {
            return Err(RackError::Address(rack.lock.address));
        }
        for (i, door) in rack.doors.iter().enumerate() {
            let taken = rack.doors.iter().take(i).any(|d| d.channel == door.channel || d.door == door.door);
            if taken || !(1..=rack.lock.channels).contains(&door.channel) {
                return Err(RackError::Channel(door.door, door.channel));
            }
            if !["S", "M", "L"].contains(&door.size.as_str()) {
                return Err(RackError::Size(door.door, door.size.clone()));
            }
        }
        Ok(rack)
    }

    /// One board with twelve doors: six small, four medium, two large.
    ///
    /// # Errors
    /// [`RackError`]; only if the program was built with a wrong file.
    pub fn default_rack() -> Result<Self, RackError> {
        Self::read(DEFAULT)
    }

    /// The door behind a channel.
    #[must_use]
    pub fn door_of(&self, channel: u8) -> Option<u16> {
        self.doors.iter().find(|d| d.channel == channel).map(|d| d.door)
    }

    /// The channel of a door.
    #[must_use]
    pub fn channel_of(&self, door: u16) -> Option<u8> {
        self.doors.iter().find(|d| d.door == door).map(|d| d.channel)
    }
}
