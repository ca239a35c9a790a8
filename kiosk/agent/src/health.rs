//! Tells the backend how the kiosk stands: every minute, and soon after something changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pickup_protocol::DoorNumber;
use pickup_protocol::health::{ClockHealth, DiskHealth, DoorHealth, Health, JournalHealth};
use tokio::time::sleep;

use crate::backend::{Backend, BackendError};
use crate::calls::Calls;
use crate::clock::{Clock, Source};
use crate::drivers::Watch;
use crate::journal::Journal;
use crate::pulse::Pulse;

const EVERY: Duration = Duration::from_secs(60);
const CALL_AGAIN: Duration = Duration::from_secs(5);
/// What changes together is told together, and a flapping device does not flood the backend.
const AFTER_A_CHANGE: Duration = Duration::from_secs(2);

/// Who knows how the kiosk stands.
pub struct Reporter {
    /// Where reports go.
    pub backend: Backend,
    /// The clock.
    pub clock: Clock,
    /// The journal.
    pub journal: Journal,
    /// How the program goes on.
    pub pulse: Arc<Pulse>,
    /// How the devices stand.
    pub watch: Watch,
    /// Calls for a person.
    pub calls: Calls,
    /// The data directory, whose disk counts.
    pub data_dir: PathBuf,
    /// The doors of the settings.
    pub doors: Vec<DoorNumber>,
    /// The settings in effect, as text.
    pub settings: String,
}

impl Reporter {
    /// Reports for ever. What cannot be told now is not kept: the next report says how it is then.
    pub async fn report(self) {
        let start = Instant::now();
        let mut refused = false;
        loop {
            let health = self.health(start).await;
            match self.backend.health(&health).await {
                Ok(_) => {
                    refused = false;
                    self.calls.told(&health.calls);
                }
                Err(BackendError::Refused(error)) => {
                    if !std::mem::replace(&mut refused, true) {
                        tracing::warn!(code = %error.code, "the backend does not take health reports");
                    }
                }
                Err(error) => tracing::debug!(%error, "a health report is lost"),
            }
            // Somebody may be standing there: a call that was not taken is told again soon.
            let pause = if self.calls.waiting(Instant::now()).is_empty() { EVERY } else { CALL_AGAIN };
            tokio::select! {
                () = sleep(pause) => {}
                () = self.calls.made.notified() => {}
                () = self.watch.changed.notified() => sleep(AFTER_A_CHANGE).await,
                () = self.pulse.changed.notified() => sleep(AFTER_A_CHANGE).await,
            }
        }
    }

    async fn health(&self, start: Instant) -> Health {
        let health = Health {
            at: self.clock.now().wall,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_s: start.elapsed().as_secs(),
            out_of_service: self.pulse.out_of_service().map(str::to_owned),
            clock: clock(&self.clock),
            disk: disk(&self.data_dir),
            journal: JournalHealth { good: self.pulse.journal_is_good(), rows: self.journal.rows() },
            reports_waiting: self.pulse.waiting(),
            devices: self.watch.devices().await,
            calls: self.calls.waiting(Instant::now()),
            doors: self
                .doors
                .iter()
                .map(|&door| DoorHealth { door, open: self.pulse.is_open(door) })
                .collect(),
            settings: self.settings.clone(),
        };
        health.bounded()
    }
}

/// How the kiosk knows the time.
#[must_use]
pub fn clock(clock: &Clock) -> ClockHealth {
    let source = match clock.source() {
        None => "unknown",
        Some(Source::System) => "system",
        Some(Source::Backend) => "backend",
    };
    ClockHealth { source: source.to_owned(), system_ahead_ms: clock.system_ahead_ms() }
}

/// Room on the disk of a directory.
#[must_use]
pub fn disk(dir: &Path) -> Option<DiskHealth> {
    let found = rustix::fs::statvfs(dir).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Some(DiskHealth { free_bytes: bytes(found.f_bavail), total_bytes: bytes(found.f_blocks) })
}
