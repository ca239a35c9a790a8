//! Where the goods really are, whatever the kiosk believes.

use std::collections::BTreeSet;

use pickup_protocol::{DoorNumber, PickupNumber};

use super::backend::{Backend, Place};
use super::papers::PAPERS;
use super::rules::Purpose;

#[derive(Default)]
pub struct Goods {
    /// Doors behind which something lies. Each door is one parcel's own.
    inside: BTreeSet<DoorNumber>,
    /// Doors from which a shopper took something.
    taken: BTreeSet<DoorNumber>,
}

impl Goods {
    pub fn behind(doors: impl IntoIterator<Item = DoorNumber>) -> Self {
        Self { inside: doors.into_iter().collect(), ..Self::default() }
    }

    /// A shopper who shuts a door that was meant to open for them has taken what lay there.
    pub fn shut(&mut self, door: DoorNumber, opened_for: Option<Purpose>) {
        if matches!(opened_for, Some(Purpose::Pickup(_))) && self.inside.remove(&door) {
            self.taken.insert(door);
        }
    }

    pub fn put(&mut self, door: DoorNumber) {
        if !self.taken.contains(&door) {
            self.inside.insert(door);
        }
    }

    /// Staff take out all of the parcel behind this door.
    pub fn take_out(&mut self, door: DoorNumber) {
        if let Some(offer) = PAPERS.offers.iter().find(|offer| offer.doors.contains(&door)) {
            self.inside.retain(|door| !offer.doors.contains(door));
        }
    }

    pub fn remove(&mut self, door: DoorNumber) {
        self.inside.remove(&door);
    }

    /// Whether anything is left of the parcel behind this door. A parcel of two doors is one parcel to whoever looks.
    pub fn left_of_parcel_behind(&self, door: DoorNumber) -> bool {
        let offer = PAPERS.offers.iter().find(|offer| offer.doors.contains(&door));
        offer.is_some_and(|offer| offer.doors.iter().any(|door| self.inside.contains(door)))
    }

    /// Whether a shopper has everything of this parcel.
    pub fn all_taken(&self, pickup: PickupNumber) -> bool {
        PAPERS.offer(pickup).doors.iter().all(|door| self.taken.contains(door))
    }

    /// Once every report is merged, what the backend believes is so, or a person was told to look.
    pub fn agree_with(&self, backend: &Backend) -> Result<(), String> {
        for (&pickup, parcel) in &backend.parcels {
            let doors = &PAPERS.offer(pickup).doors;
            let inside = doors.iter().any(|door| self.inside.contains(door));
            let taken = doors.iter().any(|door| self.taken.contains(door));
            let told = backend.conflicts.contains(&pickup);
            let wrong = match parcel.place {
                Place::Collected(_) => inside,
                Place::InLocker | Place::Overdue => !inside,
                Place::Out => inside,
                Place::Ready => taken,
                Place::Attention => false,
            };
            if wrong && !told {
                return Err(format!(
                    "{pickup} is {:?} to the backend: inside {inside}, taken {taken}",
                    parcel.place
                ));
            }
            if parcel.withdrawn_before_collected() && taken && !told {
                return Err(format!("{pickup} left after its release was withdrawn, and nobody was told"));
            }
            if backend.handed_over(pickup) > 1 {
                return Err(format!("{pickup} was handed over {} times", backend.handed_over(pickup)));
            }
        }
        Ok(())
    }
}
