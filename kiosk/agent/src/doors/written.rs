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
    #[serde(default)]
    bus: usize,
    board: u8,
    channel: u8,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Board {
    #[serde(default)]
    bus: usize,
    address: u8,
    polarity: Polarity,
}

/// The board of a door: its bus and its address.
pub fn board_of(door: &DoorSettings) -> (usize, u8) {
    (door.bus, door.board)
}

fn boards(lock: &mut LockSettings) -> impl Iterator<Item = (usize, &mut BoardConfig)> {
    let only = lock.buses.is_empty().then_some(&mut lock.boards);
    let buses = only.into_iter().chain(lock.buses.iter_mut().map(|bus| &mut bus.boards));
    buses.enumerate().flat_map(|(bus, boards)| boards.iter_mut().map(move |board| (bus, board)))
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
        (door.bus, door.board, door.channel) = (one.bus, one.board, one.channel);
    }
    for one in found.board {
        let (_, board) = boards(lock)
            .find(|(bus, board)| *bus == one.bus && board.address == one.address)
            .with_context(again)?;
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
        Some(Door { door: *door, bus: at.bus, board: at.board, channel: at.channel })
    });
    let board = boards(&mut lock).map(|(bus, board)| {
        let reversed = verdict.reversed.contains(&(bus, board.address));
        let polarity = if reversed { other(board.polarity) } else { board.polarity };
        Board { bus, address: board.address, polarity }
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    const SETTINGS: &str = r#"
        data_dir = "."
        [[lock.buses]]
        port = "/dev/a"
        boards = [{ address = 1, channels = 8, polarity = "door_closing" }]
        [[lock.buses]]
        port = "/dev/b"
        boards = [{ address = 1, channels = 8, polarity = "door_closing" }]
        [[lock.doors]]
        door = 1
        board = 1
        channel = 4
        size = "S"
        [[lock.doors]]
        door = 2
        bus = 1
        board = 1
        channel = 5
        size = "L"
    "#;

    #[test]
    fn what_was_found_goes_before_the_settings_until_they_no_longer_fit() {
        let dir = std::env::temp_dir().join(format!("pickup-doors-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join("kiosk.toml");
        std::fs::write(&path, SETTINGS).unwrap();
        let config = Config::read(&path).unwrap();
        let verdict = Verdict { opens: BTreeMap::from([(1, 2), (2, 1)]), reversed: BTreeSet::from([(1, 1)]) };
        write(&config, &verdict).unwrap();
        let lock = Config::read(&path).unwrap().lock;
        let place = |at: usize| (lock.doors[at].bus, lock.doors[at].channel);
        assert_eq!((place(0), place(1)), ((1, 5), (0, 4)));
        assert_eq!(lock.buses[0].boards[0].polarity, Polarity::DoorClosing);
        assert_eq!(lock.buses[1].boards[0].polarity, Polarity::DoorOpening);
        std::fs::write(&path, SETTINGS.replace("door = 2", "door = 3")).unwrap();
        assert!(format!("{:#}", Config::read(&path).unwrap_err()).contains("walk the doors again"));
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
