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
    /// Milliseconds since the driver was started, when it happened last.
    pub at_ms: u64,
    /// How often it happened without anything else, or with one other thing in turns: a device that is gone for a week
    /// must not push out of the ring what happened before.
    pub times: u32,
    /// What happened.
    pub event: T,
}

impl<T: fmt::Debug> TraceEntry<T> {
    /// The event as a service page shows it. No driver puts anything of a person, or a code, into its events.
    pub fn text(&self) -> String {
        let times = if self.times > 1 { format!(" ×{}", self.times) } else { String::new() };
        format!("{:?}{times}", self.event)
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

impl<T: Clone + PartialEq> TraceRing<T> {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), entries: Arc::new(Mutex::new(VecDeque::with_capacity(KEPT))) }
    }

    pub(crate) fn note(&self, event: T) {
        let at_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = entries.iter_mut().rev().take(2).find(|entry| entry.event == event) {
            (same.at_ms, same.times) = (at_ms, same.times.saturating_add(1));
            return;
        }
        if entries.len() == KEPT {
            entries.pop_front();
        }
        entries.push_back(TraceEntry { at_ms, times: 1, event });
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
        let mut entry = TraceEntry { at_ms: 7, times: 1, event: crate::scanner::ScannerTrace::Code(12) };
        assert_eq!(serde_json::to_string(&entry).unwrap(), r#"{"at_ms":7,"event":"Code(12)"}"#);
        entry.times = 3;
        assert_eq!(entry.text(), "Code(12) ×3");
    }

    #[test]
    fn what_happens_over_and_over_takes_one_place_each() {
        let ring = TraceRing::new();
        ring.note("plugged in");
        (0..1000).for_each(|n| ring.note(if n % 2 == 0 { "silent" } else { "damaged" }));
        ring.note("plugged in");
        let kept: Vec<_> = ring.entries().into_iter().map(|entry| (entry.event, entry.times)).collect();
        assert_eq!(kept, [("plugged in", 1), ("silent", 500), ("damaged", 500), ("plugged in", 1)]);
    }
}
