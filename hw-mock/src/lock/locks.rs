//! All buses of a cabinet and the doors on them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Board, Bus, LockEvent, LockFault, Reply};
use crate::rack::{Door, Rack};

/// The locks of a cabinet.
#[derive(Debug)]
pub struct Locks {
    buses: Vec<Bus>,
    doors: Vec<Door>,
}

impl Locks {
    /// All doors shut.
    #[must_use]
    pub fn new(rack: &Rack) -> Self {
        let buses = rack.buses.iter().map(|bus| {
            let board = |b: &crate::rack::LockBoard| Board::new(b.address, b.channels, b.short_when_open);
            Bus::new(bus.family, bus.swapped, bus.boards.iter().map(board).collect(), false)
        });
        Self { buses: buses.collect(), doors: rack.doors.clone() }
    }

    /// Name of the line of each bus: `lock`, `lock2`, …
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        (0..self.buses.len()).map(name).collect()
    }

    /// Makes the boards as slow as the real ones, or not.
    pub fn pace(&mut self, paced: bool) {
        self.buses.iter_mut().for_each(|bus| bus.pace(paced));
    }

    /// How long so many bytes take on the wire of a bus, ten bits a byte.
    #[must_use]
    pub fn on_the_wire(&self, bus: usize, bytes: usize) -> Duration {
        let baud = self.buses.get(bus).map_or(9_600, |bus| bus.family().baud());
        Duration::from_micros(u64::try_from(bytes).unwrap_or(0).saturating_mul(10_000_000) / baud)
    }

    /// Bytes from the kiosk; answers, and what happened to which door: `pulse` or `door_opened`.
    pub fn feed(
        &mut self,
        bus: usize,
        bytes: &[u8],
        now: Duration,
    ) -> (Vec<Reply>, Vec<(&'static str, u16)>) {
        let Some(found) = self.buses.get_mut(bus) else { return (Vec::new(), Vec::new()) };
        let (replies, events) = found.feed(bytes, now);
        let told = events.into_iter().filter_map(|(board, event)| {
            let (kind, channel) = match event {
                LockEvent::Pulse(channel) => ("pulse", channel),
                LockEvent::Opened(channel) => ("door_opened", channel),
            };
            let is_it = |d: &&Door| (d.bus, d.board, d.channel) == (bus, Some(board), channel);
            Some((kind, self.doors.iter().find(is_it)?.door))
        });
        (replies, told.collect())
    }

    /// A hand opens or shuts a door; says whether it moved, or nothing when there is no such door.
    pub fn move_door(&mut self, door: u16, open: bool) -> Option<bool> {
        let wiring = self.doors.iter().find(|d| d.door == door)?;
        let board = self.buses.get_mut(wiring.bus)?.board(wiring.board?)?;
        Some(board.set_open(wiring.channel, open))
    }

    /// Breaks or mends what `device` names: `lock`, `lock2` for a whole bus, `lock2:5` for its board 5. Says whether it
    /// exists.
    pub fn set_fault(&mut self, device: &str, fault: Option<LockFault>) -> bool {
        let (bus, board) = match device.split_once(':') {
            Some((bus, board)) => (bus, board.parse().map(Some)),
            None => (device, Ok(None)),
        };
        let Ok(board) = board else { return false };
        let index = (0..self.buses.len()).find(|index| name(*index) == bus);
        let bus = index.and_then(|index| self.buses.get_mut(index));
        bus.is_some_and(|bus| bus.set_fault(board, fault))
    }

    /// What is broken: the first board of each bus under the bus's name, the others as `lock:2`.
    #[must_use]
    pub fn faults(&self) -> BTreeMap<String, Value> {
        let mut faults = BTreeMap::new();
        for (index, bus) in self.buses.iter().enumerate() {
            for (n, board) in bus.boards().iter().enumerate() {
                let bus = name(index);
                let key = if n == 0 { bus } else { format!("{bus}:{}", board.address) };
                faults.insert(key, json!(board.fault));
            }
        }
        faults
    }

    /// The doors as the page shows them.
    #[must_use]
    pub fn doors(&self) -> Vec<Value> {
        let door = |d: &Door| {
            let bus = self.buses.get(d.bus);
            let board = bus.and_then(|bus| bus.boards().iter().find(|b| Some(b.address) == d.board));
            let stuck = match board.and_then(|board| board.fault) {
                Some(LockFault::StuckClosed) => Some("closed"),
                Some(LockFault::StuckOpen) => Some("open"),
                _ => None,
            };
            let open = board.is_some_and(|board| board.is_open(d.channel));
            json!({ "door": d.door, "size": d.size, "open": open, "stuck": stuck })
        };
        self.doors.iter().map(door).collect()
    }
}

fn name(bus: usize) -> String {
    if bus == 0 { "lock".into() } else { format!("lock{}", bus + 1) }
}
