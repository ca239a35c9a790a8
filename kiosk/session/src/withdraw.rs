//! A release that is withdrawn while somebody stands at the kiosk: the door stays shut if there is still time.

use pickup_protocol::kiosk::{DoorEventKind, HandoverOutcome};
use pickup_protocol::{Manifest, Reason};

use crate::command::Command;
use crate::journal::{OpenPickup, Record};
use crate::session::Session;
use crate::state::State;

impl Session {
    /// A new manifest. One that no longer lists what is being handed over takes back what was granted before it.
    pub(crate) fn listed(&mut self, manifest: Manifest) {
        let newer = self.manifest.as_ref().is_none_or(|last| last.sequence < manifest.sequence);
        if newer
            && !self.withdrawn
            && let Some(running) = self.running()
            && !manifest.lists(running.offer.pickup, &running.offer.doors)
        {
            self.withdrawn = true;
            self.push(Command::CallStaff("RELEASE_WITHDRAWN"));
        }
        // What the backend lists it knows, and refuses to have stored a second time itself.
        self.stored.retain(|pickup| !manifest.entries.iter().any(|entry| entry.offer.pickup == *pickup));
        self.manifest = Some(manifest);
    }

    /// The pickup that was granted and has not ended.
    const fn running(&self) -> Option<&OpenPickup> {
        match &self.state {
            State::Recording { pickup, .. }
            | State::Printing { pickup, .. }
            | State::PrinterTrouble { pickup, .. }
            | State::Intending { pickup, .. }
            | State::Opening { pickup, .. }
            | State::TakeGoods { pickup, .. } => Some(pickup),
            _ => None,
        }
    }

    /// No door opens any more for this pickup. When none was pulsed yet and none stands open the parcel lies where
    /// it lay; else staff look.
    pub(crate) fn give_up(&mut self, mut records: Vec<Record>, pickup: OpenPickup, copy: bool) {
        let moved = |kind| !matches!(kind, DoorEventKind::Intent);
        if pickup.door_events.iter().any(|event| moved(event.kind)) || self.stands_open(&pickup) {
            return self.finish_after(records, pickup, copy, HandoverOutcome::Unknown);
        }
        records.push(Record::Abandoned { pickup: pickup.offer.pickup });
        self.write(records);
        self.refuse_at(Reason::NeedsAttendant, None, pickup.slip.number);
    }
}
