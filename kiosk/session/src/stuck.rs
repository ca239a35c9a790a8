//! A door that was asked to open and did not, or nobody knows.

use pickup_protocol::DoorNumber;
use pickup_protocol::kiosk::{DoorEvent, DoorEventKind, HandoverOutcome};

use crate::command::Command;
use crate::event::OpenFailure;
use crate::journal::OpenPickup;
use crate::session::Session;
use crate::state::State;

impl Session {
    pub(crate) fn pickup_open_failed(&mut self, door: DoorNumber, kind: OpenFailure) {
        let State::Opening { pickup, copy, index, again, unsure } = &self.state else { return };
        if pickup.offer.doors.get(*index) != Some(&door) {
            return;
        }
        let (mut pickup, copy, index, again, unsure) = (pickup.clone(), *copy, *index, *again, *unsure);
        let done = |e: &DoorEvent| !matches!(e.kind, DoorEventKind::Intent);
        let pulsed = pickup.door_events.iter().any(done);
        let opened = pickup.door_events.iter().any(|e| e.door == door && e.kind == DoorEventKind::Opened);
        match kind {
            // Nothing was sent, so once more is safe.
            OpenFailure::NotSent if !again => self.intend(pickup, copy, index, true),
            // The person before an open door asked for it to be opened again: it stands as it stood.
            OpenFailure::NotSent if opened => {
                self.enter(State::TakeGoods { pickup, copy, index, ajar: true });
                if self.doors.get(&door) == Some(&false) {
                    // It was shut meanwhile, and that may not be told again.
                    self.pickup_door(door, false);
                }
            }
            // Nothing was ever sent: the same ticket works when the lock does, unless the door stands open all the same.
            OpenFailure::NotSent if !pulsed => {
                let open = self.stands_open(&pickup);
                self.push(Command::CallStaff(if open { "DOOR_UNKNOWN" } else { "LOCK" }));
                self.give_up(Vec::new(), pickup, copy);
            }
            // The same person stands before the same shut door: once more, and then staff decide.
            OpenFailure::NotDetected if !again => {
                self.note(&mut pickup, door, DoorEventKind::NotDetected);
                self.intend(pickup, copy, index, true);
            }
            // Written down as it is; then the contact, which is looked at now, says more.
            OpenFailure::Unknown if !unsure => {
                self.note(&mut pickup, door, DoorEventKind::Unknown);
                self.enter(State::Opening { pickup, copy, index, again, unsure: true });
                self.door_since_pulse(door);
            }
            _ => {
                let unknown = kind == OpenFailure::Unknown;
                let kind = if unknown { DoorEventKind::Unknown } else { DoorEventKind::NotDetected };
                self.note(&mut pickup, door, kind);
                self.push(Command::CallStaff("LOCK"));
                self.finish(pickup, copy, HandoverOutcome::Unknown);
            }
        }
    }

    /// Whether a door of this parcel stands open as far as its contact tells: what lay there may be gone.
    pub(crate) fn stands_open(&self, pickup: &OpenPickup) -> bool {
        pickup.offer.doors.iter().any(|door| self.doors.get(door) == Some(&true))
    }

    /// The contact may have spoken before the lock gave up.
    fn door_since_pulse(&mut self, door: DoorNumber) {
        if let Some(&open) = self.doors.get(&door) {
            self.pickup_door(door, open);
        }
    }
}
