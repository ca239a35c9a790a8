//! The last things a driver did, kept for the service page and for fault reports.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

const KEPT: usize = 64;

/// One thing a driver did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceEntry<T> {
    /// Milliseconds since the driver was started.
    pub at_ms: u64,
    /// What happened.
    pub event: T,
}

impl<T: fmt::Debug> TraceEntry<T> {
    /// The event as a service page shows it. No driver puts anything of a person, or a code, into its events.
    pub fn text(&self) -> String {
        format!("{:?}", self.event)
    }
}

/// As `at_ms` and `event`, the latter as text: what drivers do differs too much for one form, and only people read it.
impl<T: fmt::Debug> Serialize for TraceEntry<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entry = serializer.serialize_struct("TraceEntry", 2)?;
        entry.serialize_field("at_ms", &self.at_ms)?;
        entry.serialize_field("event", &self.text())?;
        entry.end()
    }
}

/// A ring of the last 64 typed events of one driver; cheap to write, copied when read.
#[derive(Debug)]
pub(crate) struct TraceRing<T> {
    started: Instant,
    entries: Arc<Mutex<VecDeque<TraceEntry<T>>>>,
}

impl<T> Clone for TraceRing<T> {
    fn clone(&self) -> Self {
        Self { started: self.started, entries: Arc::clone(&self.entries) }
    }
}

impl<T: Clone> TraceRing<T> {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), entries: Arc::new(Mutex::new(VecDeque::with_capacity(KEPT))) }
    }

    pub(crate) fn note(&self, event: T) {
        let at_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == KEPT {
            entries.pop_front();
        }
        entries.push_back(TraceEntry { at_ms, event });
    }

    pub(crate) fn entries(&self) -> Vec<TraceEntry<T>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_keeps_the_last_sixty_four_events_in_order() {
        let ring = TraceRing::new();
        (0..100).for_each(|n| ring.note(n));
        let kept: Vec<i32> = ring.entries().into_iter().map(|entry| entry.event).collect();
        assert_eq!(kept, (36..100).collect::<Vec<_>>());
    }

    #[test]
    fn an_entry_is_told_as_its_time_and_its_text() {
        let entry = TraceEntry { at_ms: 7, event: crate::scanner::ScannerTrace::Code(12) };
        assert_eq!(serde_json::to_string(&entry).unwrap(), r#"{"at_ms":7,"event":"Code(12)"}"#);
    }
}
