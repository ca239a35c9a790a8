//! What time it is: monotonic for deadlines, and the date once somebody trustworthy has said it.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use pickup_session::Now;

/// Made by the system's time service once it is synchronised.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// The kiosk's clock; clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock {
    start: Instant,
    told: Arc<Mutex<Option<(Duration, Timestamp)>>>,
}

impl Clock {
    /// A clock that does not know the date yet, unless the system does.
    #[must_use]
    pub fn start() -> Self {
        let told = Path::new(SYNCHRONISED).exists().then(|| (Duration::ZERO, Timestamp::now()));
        Self { start: Instant::now(), told: Arc::new(Mutex::new(told)) }
    }

    /// The backend said what time it is.
    pub fn set(&self, wall: Timestamp) {
        if let Ok(mut told) = self.told.lock() {
            *told = Some((self.start.elapsed(), wall));
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Now {
        let mono = self.start.elapsed();
        let told = self.told.lock().ok().and_then(|told| *told);
        let wall = told.and_then(|(when, wall)| {
            wall.checked_add(SignedDuration::try_from(mono.saturating_sub(when)).ok()?).ok()
        });
        Now { mono, wall }
    }

    /// The moment at which `mono` is reached.
    #[must_use]
    pub fn instant(&self, mono: Duration) -> Instant {
        self.start + mono
    }
}
