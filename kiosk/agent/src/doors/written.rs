//! `doors.toml`: what walking the doors has found, in place of what the settings say.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use pickup_devices::lock::{BoardConfig, Polarity};
use serde::{Deserialize, Serialize};

use super::judge::Verdict;
use crate::config::{Config, DoorSettings, LockSettings};
use crate::files::write_private;

const FILE: &str = "doors.toml";

/// What was found.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    #[serde(default)]
    door: Vec<Door>,
    #[serde(default)]
    board: Vec<Board>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Door {
    door: u16,
    board: u8,
    channel: u8,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Board {
    address: u8,
    polarity: Polarity,
}

/// The board of a door: its bus and its address.
pub fn board_of(door: &DoorSettings) -> (usize, u8) {
    (0, door.board)
}

fn boards(lock: &mut LockSettings) -> impl Iterator<Item = (usize, &mut BoardConfig)> {
    lock.boards.iter_mut().map(|board| (0, board))
}

/// Puts what was found in place of what the settings say; nothing when no doors were walked.
///
/// # Errors
/// When the file cannot be read, or names a door or a board that the settings do not have.
pub fn apply(lock: &mut LockSettings, data_dir: &Path) -> Result<()> {
    let path = data_dir.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        text => text.with_context(|| format!("{} cannot be read", path.display()))?,
    };
    let again = || {
        format!(
            "{} does not fit the settings: walk the doors again with `pickup-kiosk doors`",
            path.display()
        )
    };
    let found: Found = toml::from_str(&text).with_context(again)?;
    for one in found.door {
        let door = lock.doors.iter_mut().find(|door| door.door == one.door).with_context(again)?;
        (door.board, door.channel) = (one.board, one.channel);
    }
    for one in found.board {
        let (_, board) = boards(lock).find(|(_, board)| board.address == one.address).with_context(again)?;
        board.polarity = one.polarity;
    }
    Ok(())
}

/// Writes what was found; the path.
///
/// # Errors
/// When the data directory cannot be written.
pub fn write(config: &Config, verdict: &Verdict) -> Result<PathBuf> {
    let mut lock = config.lock.clone();
    let place = |number| config.lock.doors.iter().find(|door: &&DoorSettings| door.door == number);
    let door = verdict.opens.iter().filter_map(|(lock, door)| {
        let at = place(*lock)?;
        Some(Door { door: *door, board: at.board, channel: at.channel })
    });
    let board = boards(&mut lock).map(|(bus, board)| {
        let reversed = verdict.reversed.contains(&(bus, board.address));
        let polarity = if reversed { other(board.polarity) } else { board.polarity };
        Board { address: board.address, polarity }
    });
    let found = Found { door: door.collect(), board: board.collect() };
    let head =
        format!("# Found by walking the doors with `pickup-kiosk doors` at {:.0}.\n", Timestamp::now());
    let path = config.data_dir.join(FILE);
    write_private(&path, &format!("{head}{}", toml::to_string(&found)?))?;
    Ok(path)
}

const fn other(polarity: Polarity) -> Polarity {
    match polarity {
        Polarity::DoorClosing => Polarity::DoorOpening,
        Polarity::DoorOpening => Polarity::DoorClosing,
    }
}
