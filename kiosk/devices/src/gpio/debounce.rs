//! A contact that bounces: only what has stayed the same for a while counts.

use std::time::{Duration, Instant};

/// One contact; time is told to it.
#[derive(Debug, Clone, Copy)]
pub struct Debounce {
    settle: Duration,
    steady: Option<bool>,
    /// What it reads now, and since when.
    seen: Option<(bool, Instant)>,
}

impl Debounce {
    /// A contact of which nothing is known; it must stay the same for `settle` to count.
    #[must_use]
    pub const fn new(settle: Duration) -> Self {
        Self { settle, steady: None, seen: None }
    }

    /// Takes a reading.
    pub fn sample(&mut self, level: bool, now: Instant) {
        let since = match self.seen {
            Some((before, since)) if before == level => since,
            _ => now,
        };
        self.seen = Some((level, since));
        if now.saturating_duration_since(since) >= self.settle {
            self.steady = Some(level);
        }
    }

    /// What counts; none until it has settled once.
    #[must_use]
    pub const fn steady(&self) -> Option<bool> {
        self.steady
    }

    /// Whether the last reading differs from what counts.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        self.seen.map(|(level, _)| level) != self.steady
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounce_shorter_than_the_settling_time_does_not_count() {
        let (start, ms) = (Instant::now(), Duration::from_millis);
        let mut contact = Debounce::new(ms(30));
        let readings = [(0, false), (30, false), (40, true), (50, false), (60, true), (80, true)];
        for (at, level) in readings {
            contact.sample(level, start + ms(at));
        }
        assert_eq!((contact.steady(), contact.is_moving()), (Some(false), true));
        contact.sample(true, start + ms(90));
        assert_eq!((contact.steady(), contact.is_moving()), (Some(true), false));
    }

    #[test]
    fn nothing_counts_before_it_has_settled_once() {
        let mut contact = Debounce::new(Duration::from_millis(30));
        contact.sample(true, Instant::now());
        assert_eq!(contact.steady(), None);
    }
}
