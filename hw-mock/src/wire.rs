//! What can go wrong between a device and the kiosk, and a world that is held so that its bytes can be let go one answer
//! at a time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::world::Device;

/// How late a late answer is: later than any driver waits for a short one.
pub const LATE: Duration = Duration::from_millis(900);
/// Pause between two pieces.
const PIECE_PAUSE: Duration = Duration::from_millis(2);
const PIECE: usize = 7;
/// How long a line is out that was pulled in the middle of a frame.
const OUT: Duration = Duration::from_millis(300);
/// Means nothing to any driver.
const GARBAGE: [u8; 6] = [0xFF, 0x00, 0x9D, 0xFE, 0x80, 0xC3];

/// What is wrong with the way from a device to the kiosk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireFault {
    /// Each answer comes 900 ms late.
    Late,
    /// Rubbish before each answer.
    GarbageBefore,
    /// Rubbish after each answer.
    GarbageAfter,
    /// Rubbish in the middle of each answer.
    GarbageInside,
    /// Answers come in pieces of seven bytes.
    Pieces,
    /// The second half of each answer is lost.
    Cut,
    /// In the middle of the next answer the line is pulled out, and put in again 300 ms later. Happens once.
    UnplugMid,
}

/// One thing that is done to send an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// These bytes go out.
    Bytes(Vec<u8>),
    /// Nothing happens for so long.
    Pause(Duration),
    /// The line is pulled out and put in again after so long.
    Replug(Duration),
}

impl WireFault {
    /// How an answer goes out on such a wire.
    #[must_use]
    pub fn steps(self, bytes: &[u8]) -> Vec<Step> {
        let (front, back) = bytes.split_at(bytes.len() / 2);
        let all = |parts: &[&[u8]]| vec![Step::Bytes(parts.concat())];
        match self {
            Self::Late => vec![Step::Pause(LATE), Step::Bytes(bytes.to_vec())],
            Self::GarbageBefore => all(&[&GARBAGE, bytes]),
            Self::GarbageAfter => all(&[bytes, &GARBAGE]),
            Self::GarbageInside => all(&[front, &GARBAGE, back]),
            Self::Cut => all(&[front]),
            Self::UnplugMid => vec![Step::Bytes(front.to_vec()), Step::Pause(PIECE_PAUSE), Step::Replug(OUT)],
            Self::Pieces => bytes
                .chunks(PIECE)
                .flat_map(|piece| [Step::Bytes(piece.to_vec()), Step::Pause(PIECE_PAUSE)])
                .collect(),
        }
    }
}

/// Answers in the order in which they were given.
type Waiting = VecDeque<(Device, Vec<u8>)>;

/// All wires, and what waits while the world is held.
#[derive(Debug, Default)]
pub struct Wires {
    faults: Mutex<BTreeMap<&'static str, WireFault>>,
    held: Mutex<Option<Waiting>>,
}

impl Wires {
    /// Breaks a wire or mends it.
    pub fn set(&self, device: Device, fault: Option<WireFault>) {
        let mut faults = locked(&self.faults);
        match fault {
            Some(fault) => faults.insert(device.name(), fault),
            None => faults.remove(device.name()),
        };
    }

    /// What is wrong, by the name of the device.
    #[must_use]
    pub fn faults(&self) -> BTreeMap<&'static str, WireFault> {
        locked(&self.faults).clone()
    }

    /// How these bytes go out.
    #[must_use]
    pub fn steps(&self, device: Device, bytes: &[u8]) -> Vec<Step> {
        let mut faults = locked(&self.faults);
        let fault = faults.get(device.name()).copied();
        if fault == Some(WireFault::UnplugMid) {
            faults.remove(device.name());
        }
        fault.map_or_else(|| vec![Step::Bytes(bytes.to_vec())], |fault| fault.steps(bytes))
    }

    /// Holds the world: from now on every answer waits.
    pub fn hold(&self) {
        locked(&self.held).get_or_insert_default();
    }

    /// Keeps an answer if the world is held; true when it was kept.
    pub fn keep(&self, device: Device, bytes: &[u8]) -> bool {
        let mut held = locked(&self.held);
        if let Some(waiting) = held.as_mut() {
            waiting.push_back((device, bytes.to_vec()));
        }
        held.is_some()
    }

    /// The answer that has waited longest.
    pub fn step(&self) -> Option<(Device, Vec<u8>)> {
        locked(&self.held).as_mut()?.pop_front()
    }

    /// Lets the world go; what still waits, oldest first.
    pub fn release(&self) -> VecDeque<(Device, Vec<u8>)> {
        locked(&self.held).take().unwrap_or_default()
    }

    /// The devices whose answers wait, oldest first; nothing when the world is not held.
    #[must_use]
    pub fn waiting(&self) -> Option<Vec<&'static str>> {
        locked(&self.held).as_ref().map(|waiting| waiting.iter().map(|(device, _)| device.name()).collect())
    }
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(fault: WireFault) -> Vec<u8> {
        let steps = fault.steps(b"abcdefgh");
        let bytes = steps
            .into_iter()
            .filter_map(|step| if let Step::Bytes(bytes) = step { Some(bytes) } else { None });
        bytes.flatten().collect()
    }

    #[test]
    fn each_fault_does_to_the_bytes_what_its_name_says() {
        assert_eq!(sent(WireFault::Late), b"abcdefgh");
        assert_eq!(sent(WireFault::Pieces), b"abcdefgh");
        assert_eq!(sent(WireFault::Cut), b"abcd");
        assert_eq!(sent(WireFault::UnplugMid), b"abcd");
        assert_eq!(sent(WireFault::GarbageBefore), [&GARBAGE[..], b"abcdefgh"].concat());
        assert_eq!(sent(WireFault::GarbageAfter), [b"abcdefgh", &GARBAGE[..]].concat());
        assert_eq!(sent(WireFault::GarbageInside), [b"abcd", &GARBAGE[..], b"efgh"].concat());
    }

    #[test]
    fn a_held_world_gives_its_answers_one_by_one_in_their_order() {
        let wires = Wires::default();
        assert!(!wires.keep(Device::Scanner, b"lost"));
        wires.hold();
        assert!(wires.keep(Device::Scanner, b"one") && wires.keep(Device::Printer, b"two"));
        wires.hold();
        assert_eq!(wires.waiting(), Some(vec!["scanner", "printer"]));
        assert_eq!(wires.step(), Some((Device::Scanner, b"one".to_vec())));
        assert_eq!(wires.release(), [(Device::Printer, b"two".to_vec())]);
        assert_eq!(wires.waiting(), None);
    }
}
