//! Five parcels of two buyers, prepared once.

use std::sync::LazyLock;

use pickup_domain::IdNumber;
use pickup_protocol::kiosk::Offer;
use pickup_protocol::{DoorNumber, IdentityDigest, PickupNumber, TypedNumber};

use crate::sample;

pub static PAPERS: LazyLock<Papers> = LazyLock::new(Papers::new);

pub struct Papers {
    pub offers: Vec<Offer>,
    pub tickets: Vec<Vec<u8>>,
    pub noise: Vec<Vec<u8>>,
}

impl Papers {
    fn new() -> Self {
        let doors: [&[u16]; 5] = [&[1], &[2], &[3], &[4, 5], &[6]];
        let offers: Vec<Offer> = (1..).zip(doors).map(|(pickup, doors)| offer(pickup, doors)).collect();
        let tickets = (1..=5).map(sample::ticket).collect();
        let centre = pickup_protocol::Ticket { centre: 99, ..sample::ticket_of(1) };
        let noise = vec![b"noise".to_vec(), sample::signed(centre), vec![0xff; 40], Vec::new()];
        Self { offers, tickets, noise }
    }

    pub fn offer(&self, pickup: PickupNumber) -> &Offer {
        self.offers.iter().find(|offer| offer.pickup == pickup).unwrap()
    }

    /// The pickup of a scanned ticket.
    pub fn pickup_of(&self, ticket: &str) -> Option<PickupNumber> {
        let at = self.tickets.iter().position(|known| known == ticket.as_bytes())?;
        Some(self.offers[at].pickup)
    }

    /// The ticket that goes with a typed number; a text that is none for a number of nothing.
    pub fn ticket_of(&self, number: TypedNumber) -> String {
        let known = |offer: &Offer| sample::number(offer.pickup.0) == number;
        let ticket = self.offers.iter().position(known).map(|at| self.tickets[at].clone());
        ticket.and_then(|ticket| String::from_utf8(ticket).ok()).unwrap_or_default()
    }

    pub fn buyer(pickup: PickupNumber) -> IdNumber {
        if pickup.0 % 2 == 1 { sample::buyer() } else { sample::stranger() }
    }
}

fn offer(pickup: u64, doors: &[u16]) -> Offer {
    let buyer = Papers::buyer(PickupNumber(pickup));
    let salt = [u8::try_from(pickup).unwrap(); 16];
    let doors = doors.iter().copied().map(DoorNumber).collect();
    Offer { identity: IdentityDigest::new(salt, &buyer), doors, ..sample::offer(pickup, &[]) }
}
