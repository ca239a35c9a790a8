//! Which boards and doors the mock has, as TOML: one 8A board as `[lock]`, or any buses as `[[buses]]`.

use serde::{Deserialize, Serialize};

use crate::lock::Family;

/// A cabinet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "File")]
pub struct Rack {
    /// The buses; the first one's line is called `lock`, the next `lock2` and so on.
    pub buses: Vec<LockBus>,
    /// The doors.
    pub doors: Vec<Door>,
}

/// The form of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    lock: Option<LockBoard>,
    #[serde(default)]
    buses: Vec<LockBus>,
    doors: Vec<Door>,
}

/// Boards on one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockBus {
    /// Which protocol they speak.
    #[serde(default)]
    pub family: Family,
    /// Winnsen: the status stands before the lock's number.
    #[serde(default)]
    pub swapped: bool,
    /// The boards.
    pub boards: Vec<LockBoard>,
}

/// A lock board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockBoard {
    /// Address set by its switches; 1 to 31 for an 8A board.
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
    /// Its bus, from 0.
    #[serde(default)]
    pub bus: usize,
    /// Address of its board; the first on the bus when left out.
    pub board: Option<u8>,
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
    #[error("a lock board's address is {0}; its switches go from {1} to {2}")]
    Address(u8, u8, u8),
    /// Two boards of a bus have one address.
    #[error("two boards of a bus have the address {0}")]
    Twice(u8),
    /// The page draws three sizes.
    #[error("door {0} has the size {1:?}; it must be S, M or L")]
    Size(u16, String),
}

const DEFAULT: &str = include_str!("../racks/default.toml");

impl TryFrom<File> for Rack {
    type Error = &'static str;

    fn try_from(file: File) -> Result<Self, Self::Error> {
        let File { lock, mut buses, mut doors } = file;
        match (lock, buses.is_empty()) {
            (Some(board), true) => {
                buses.push(LockBus { family: Family::default(), swapped: false, boards: vec![board] });
            }
            (None, false) => {}
            _ => return Err("a rack has either [lock] or [[buses]]"),
        }
        for door in &mut doors {
            let first = buses.get(door.bus).and_then(|bus| bus.boards.first());
            door.board = door.board.or(first.map(|board| board.address));
        }
        Ok(Self { buses, doors })
    }
}

impl Rack {
    /// Reads and checks a rack file.
    ///
    /// # Errors
    /// [`RackError`].
    pub fn read(text: &str) -> Result<Self, RackError> {
        let rack: Self = toml::from_str(text)?;
        rack.buses.iter().try_for_each(check_bus)?;
        for (i, door) in rack.doors.iter().enumerate() {
            let place = |d: &Door| (d.bus, d.board, d.channel);
            let taken = rack.doors.iter().take(i).any(|d| place(d) == place(door) || d.door == door.door);
            if taken || !rack.has(door) {
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

    fn has(&self, door: &Door) -> bool {
        let bus = self.buses.get(door.bus);
        let board = bus.and_then(|bus| bus.boards.iter().find(|b| Some(b.address) == door.board));
        board.is_some_and(|board| (1..=board.channels).contains(&door.channel))
    }
}

fn check_bus(bus: &LockBus) -> Result<(), RackError> {
    let (first, last) = bus.family.addresses();
    for (i, board) in bus.boards.iter().enumerate() {
        if !(first..=last).contains(&board.address) {
            return Err(RackError::Address(board.address, first, last));
        }
        if bus.boards.iter().take(i).any(|other| other.address == board.address) {
            return Err(RackError::Twice(board.address));
        }
    }
    Ok(())
}
