//! How the kiosk stands with the backend: since when it answers or not, how quickly, and the manifest heard last.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use pickup_protocol::Manifest;

/// What was heard of the backend; clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Link(Arc<Mutex<Heard>>);

/// What was heard of the backend.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heard {
    /// Whether it answers; `None` when it was not asked yet.
    pub online: Option<bool>,
    /// Since when it answers, or does not.
    pub since: Option<Instant>,
    /// How long its last answer took.
    pub round_trip: Option<Duration>,
    /// The manifest.
    pub manifest: Option<ManifestHeard>,
}

/// The manifest heard last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManifestHeard {
    /// Its number.
    pub sequence: u64,
    /// When it was made.
    pub issued_at: Timestamp,
    /// Until when it may be acted on.
    pub valid_until: Timestamp,
    /// Parcels on it.
    pub parcels: usize,
}

impl Link {
    /// The backend was asked and answered within this time, or not at all.
    pub fn asked(&self, answered_in: Option<Duration>, now: Instant) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let online = answered_in.is_some();
        if heard.online != Some(online) {
            (heard.online, heard.since) = (Some(online), Some(now));
        }
        heard.round_trip = answered_in.or(heard.round_trip);
    }

    /// This manifest was taken.
    pub fn listed(&self, manifest: &Manifest) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.manifest = Some(ManifestHeard {
            sequence: manifest.sequence,
            issued_at: manifest.issued_at,
            valid_until: manifest.valid_until,
            parcels: manifest.entries.len(),
        });
    }

    /// What was heard so far.
    #[must_use]
    pub fn heard(&self) -> Heard {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_remembered_since_when_the_backend_answers_or_does_not() {
        let (link, start) = (Link::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let ms = Duration::from_millis;
        link.asked(Some(ms(12)), at(1));
        link.asked(Some(ms(15)), at(2));
        let heard = link.heard();
        assert_eq!((heard.online, heard.since, heard.round_trip), (Some(true), Some(at(1)), Some(ms(15))));
        link.asked(None, at(3));
        link.asked(None, at(4));
        let heard = link.heard();
        assert_eq!((heard.online, heard.since, heard.round_trip), (Some(false), Some(at(3)), Some(ms(15))));
    }
}
