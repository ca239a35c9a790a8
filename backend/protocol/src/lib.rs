//! What kiosk and backend say to each other: versioned JSON types, reason codes, the signed ticket and the signed
//! release manifest.
//!
//! Everything on the wire is frozen by byte tests per version. Money is in fen, times are RFC 3339 in UTC, ids are
//! UUIDs made by the side that asks first.

pub mod crockford;
pub mod health;
pub mod identity;
pub mod kiosk;
pub mod manifest;
pub mod number;
pub mod reason;
pub mod service;
pub mod staff;
pub mod ticket;
pub mod work;

/// Money, identity numbers and China time, for rooms that reach the domain only through this one.
pub use pickup_domain as domain;

pub use identity::IdentityDigest;
pub use manifest::{Manifest, ManifestEntry, ManifestUse, SignedManifest};
pub use number::TypedNumber;
pub use reason::{Language, Reason};
pub use ticket::{Ticket, TicketError};

use serde::{Deserialize, Serialize};

/// Number of a pickup, unique in one backend and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PickupNumber(pub u64);

/// Number of a locker door as the kiosk's configuration numbers them, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DoorNumber(pub u16);

impl std::fmt::Display for PickupNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08}", self.0)
    }
}

impl std::fmt::Display for DoorNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}", self.0)
    }
}
