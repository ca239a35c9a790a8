//! A door that stands open though nobody asked for it: forced, opened with the key, or its latch did not hold.

use std::time::Duration;

use pickup_protocol::DoorNumber;

use crate::command::Command;
use crate::session::Session;
use crate::staff::is_door;
use crate::state::State;

/// One call for a door is enough for so long: a contact that flickers must not bury what else staff are called for.
const ONE_CALL_FOR: Duration = Duration::from_secs(3600);
/// A door that was pulsed may open so much later: the board's answer was lost, or it sticks and somebody pulls.
const OPENS_WITHIN: Duration = Duration::from_secs(10);

/// Staff were called to a door.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Called {
    at: Duration,
    /// It was shut since, or may have been: that it stands open is news again.
    shut: bool,
}

impl Session {
    /// Staff are called to every door that stands open with nothing to explain it.
    pub(crate) fn call_to_open_doors(&mut self) {
        let now = self.now.mono;
        let due: Vec<DoorNumber> =
            self.unexplained().filter(|(_, at)| *at <= now).map(|(door, _)| door).collect();
        for door in due {
            self.called_to.insert(door, Called { at: now, shut: false });
            self.push(Command::CallAbout { code: "DOOR_UNASKED", about: door.0.to_string() });
        }
    }

    /// When staff are to be called next to a door that stands open now.
    pub(crate) fn calls_next(&self) -> Option<Duration> {
        self.unexplained().map(|(_, at)| at).min()
    }

    /// The door is seen shut.
    pub(crate) fn seen_shut(&mut self, door: DoorNumber) {
        if let Some(called) = self.called_to.get_mut(&door) {
            called.shut = true;
        }
    }

    /// No door is seen any more: each may be shut, and opened again.
    pub(crate) fn lost_sight(&mut self) {
        self.called_to.values_mut().for_each(|called| called.shut = true);
    }

    /// Doors that stand open unasked and were not called about, and from when on they are.
    fn unexplained(&self) -> impl Iterator<Item = (DoorNumber, Duration)> {
        let open = self.doors.iter().filter(|(door, open)| **open && !self.has_asked_for(**door));
        open.filter_map(|(&door, _)| {
            let pulsed = self.pulsed.filter(|(of, _)| *of == door).map(|(_, at)| at + OPENS_WITHIN);
            let muted = match self.called_to.get(&door) {
                Some(Called { shut: false, .. }) => return None,
                Some(Called { at, .. }) => Some(*at + ONE_CALL_FOR),
                None => None,
            };
            Some((door, pulsed.max(muted).unwrap_or_default()))
        })
    }

    /// Whether what goes on explains that this door stands open.
    fn has_asked_for(&self, door: DoorNumber) -> bool {
        match &self.state {
            // What went on before the power failed is still to be looked at.
            State::Starting => self.recovery.as_ref().is_none_or(|found| {
                let of_pickup = found.pickup.as_ref().is_some_and(|open| open.offer.doors.contains(&door));
                let of_deposit = found.deposit.as_ref().is_some_and(|open| is_door(open, door));
                let of_opening = found.opening.as_ref().is_some_and(|open| open.door == door);
                of_pickup || of_deposit || of_opening
            }),
            State::Intending { pickup, index, .. }
            | State::Opening { pickup, index, .. }
            | State::TakeGoods { pickup, index, .. } => pickup.offer.doors.get(*index) == Some(&door),
            State::StaffIntending { deposit, .. }
            | State::StaffOpening { deposit, .. }
            | State::StaffPlace { deposit, .. } => is_door(deposit, door),
            State::StaffUnlocking { open, .. }
            | State::StaffUnlocked { open, .. }
            | State::StaffInside { open, shut: false, .. } => open.door == door,
            State::StaffLook { case, .. } => case.door == door,
            _ => false,
        }
    }
}
