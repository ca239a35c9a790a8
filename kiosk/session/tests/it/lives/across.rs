//! Rules that hold across the kiosk, its journal and the backend.

use std::collections::BTreeSet;

use jiff::Timestamp;
use pickup_protocol::{DoorNumber, Manifest, PickupNumber, Reason};
use pickup_session::{Record, Recovery, Screen, recover};
use uuid::Uuid;

use super::backend::Backend;
use super::papers::{PAPERS, Papers};
use super::rules::{Purpose, Rules, must};

impl Rules {
    /// Rule 10: the network alone stops nobody whose parcel is on a manifest that may be acted on.
    pub fn shown(&mut self, before: &Screen, screen: &Screen, wall: Option<Timestamp>) -> Result<(), String> {
        let Screen::Refused { reason: Reason::Offline, .. } = screen else { return Ok(()) };
        if !matches!(before, Screen::LookingUp | Screen::Granting | Screen::Review { .. }) {
            return Ok(());
        }
        self.tally.refused_offline += 1;
        let powered = &self.powered;
        let (Some(pickup), Some(manifest), Some(wall)) = (powered.visit, &powered.manifest, wall) else {
            return Ok(());
        };
        let offer = PAPERS.offer(pickup);
        let listed =
            manifest.lists(pickup, &offer.doors) && manifest.is_good_at(wall) && wall <= offer.not_after;
        let looked_at = !self.unclear.contains(&pickup) && !self.taken.contains(&pickup);
        must(powered.turned_away || !listed || !looked_at, || {
            format!("{pickup} is refused for want of the network although the manifest lists it")
        })
    }

    /// Rule 1, the late part: what a newer manifest no longer lists is withdrawn from whoever stands there.
    pub fn manifest_told(&mut self, manifest: &Manifest) {
        let newer = self.powered.manifest.as_ref().is_none_or(|last| last.sequence < manifest.sequence);
        if let Some(pickup) = self.powered.running
            && newer
            && !manifest.lists(pickup, &PAPERS.offer(pickup).doors)
        {
            let new = self.powered.withdrawn.insert(pickup);
            let pulsed = self.powered.pulsed.contains(&pickup);
            self.tally.withdrawn_too_late += u64::from(new && pulsed);
            self.tally.withdrawn_in_time += u64::from(new && !pulsed);
        }
        self.powered.manifest = Some(manifest.clone());
    }

    /// Whom this door was last meant to open for; whoever opens it by hand finds them there.
    pub fn meant_for(&self, door: DoorNumber) -> Option<Purpose> {
        self.purposes.get(&door).copied()
    }

    /// Staff stand before the door now.
    pub fn staff_took_over(&mut self, door: DoorNumber) {
        self.purposes.insert(door, Purpose::Staff);
    }

    /// Whether staff said that they took this parcel out again, and that is on the disk.
    pub fn cancelled(&self, waybill: &str) -> bool {
        PAPERS.offers.iter().any(|offer| offer.waybill == waybill && self.cancelled.contains(&offer.pickup))
    }

    /// Rules 7 and 8: the journal alone tells what was handed over and what waits for a look.
    pub fn found_again(&self, found: &Recovery) -> Result<(), String> {
        let collected: BTreeSet<PickupNumber> = found.collected.keys().copied().collect();
        must(collected == self.taken, || {
            format!("{collected:?} are collected by the journal, not {:?}", self.taken)
        })?;
        must(found.unclear == self.unclear, || {
            format!("{:?} are unclear, not {:?}", found.unclear, self.unclear)
        })
    }

    /// Rule 9: no identity number in anything that is kept or sent.
    pub fn says_no_number(record: &Record) -> Result<(), String> {
        let (Record::Granted(_) | Record::HandedOver(_)) = record else { return Ok(()) };
        let text = serde_json::to_string(record).map_err(|e| e.to_string())?;
        let said = PAPERS.offers.iter().any(|offer| text.contains(Papers::buyer(offer.pickup).expose()));
        must(!said, || "an identity number is written down".to_owned())
    }

    /// Rules 2 and 7: what the journal holds the backend has, once, word for word; and nothing else.
    pub fn everything_was_reported(&mut self, disk: &[Record], backend: &Backend) -> Result<(), String> {
        let left = recover(disk.iter().cloned()).reports;
        must(left.is_empty(), || format!("{} reports were acknowledged and are not marked so", left.len()))?;
        let known: BTreeSet<Uuid> = backend.reports.keys().copied().collect();
        must(known == self.reports, || {
            let lost: Vec<&Uuid> = self.reports.symmetric_difference(&known).collect();
            format!("the journal and the backend do not have the same reports: {lost:?}")
        })?;
        self.tally.reports += known.len() as u64;
        self.tally.conflicts += backend.conflicts.len() as u64;
        Ok(())
    }
}
