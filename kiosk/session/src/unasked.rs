//! A door that stands open though nobody asked for it: forced, opened with the key, or its latch did not hold.

use std::time::Duration;

use pickup_protocol::DoorNumber;

use crate::command::Command;
use crate::session::Session;
use crate::staff::is_door;
use crate::state::State;

/// One call for a door is enough for so long: a contact that flickers must not bury what else staff are called for.
const ONE_CALL_FOR: Duration = Duration::from_secs(3600);

impl Session {
    /// Whether what goes on explains that this door stands open.
    pub(crate) fn has_asked_for(&self, door: DoorNumber) -> bool {
        match &self.state {
            // Also what the same person shut a moment ago: a latch that did not hold is theirs to press again.
            State::Intending { pickup, index, .. }
            | State::Opening { pickup, index, .. }
            | State::TakeGoods { pickup, index, .. } => {
                pickup.offer.doors.iter().take(index + 1).any(|d| *d == door)
            }
            State::StaffIntending { deposit, .. }
            | State::StaffOpening { deposit, .. }
            | State::StaffPlace { deposit, .. } => is_door(deposit, door),
            State::StaffUnlocking { open, .. }
            | State::StaffUnlocked { open, .. }
            | State::StaffInside { open, .. } => open.door == door,
            State::StaffLook { case, .. } => case.door == door,
            _ => false,
        }
    }

    /// Staff are called to every door that stands open and that nothing explains.
    pub(crate) fn call_to_open_doors(&mut self) {
        let open = self.doors.iter().filter(|(_, open)| **open).map(|(door, _)| *door);
        for door in open.collect::<Vec<_>>() {
            if !self.has_asked_for(door) {
                self.call_to(door);
            }
        }
    }

    /// Staff are called to this door.
    pub(crate) fn call_to(&mut self, door: DoorNumber) {
        let now = self.now.mono;
        let called = self.called_to.get(&door);
        if called.is_none_or(|at| now.saturating_sub(*at) >= ONE_CALL_FOR) {
            self.called_to.insert(door, now);
            self.push(Command::CallAbout { code: "DOOR_UNASKED", about: door.0.to_string() });
        }
    }
}
