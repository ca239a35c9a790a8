//! What the machine knows of itself, gathered every second while somebody looks at the service pages, and not otherwise.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pickup_protocol::domain::china_time;
use pickup_protocol::health::{ClockHealth, DeviceHealth, DiskHealth};
use tokio::sync::watch;
use tokio::time::timeout;

use super::link::Heard;
use super::{Link, Live};
use crate::clock::Clock;
use crate::drivers::Watch;
use crate::health;
use crate::journal::{self, Journal};
use crate::pulse::Pulse;

const EVERY: Duration = Duration::from_secs(1);

/// What the machine knows of itself.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// When this was so.
    pub at: Option<Timestamp>,
    /// How long the program has run.
    pub uptime: Duration,
    /// The devices, as they are reported.
    pub devices: Vec<DeviceHealth>,
    /// What they said last.
    pub live: Live,
    /// How it stands with the backend, and for how long.
    pub heard: Heard,
    /// Seconds since the backend began to answer, or stopped.
    pub link_for_s: Option<u64>,
    /// The backend's address.
    pub backend: String,
    /// Until when the kiosk's certificate is good.
    pub certificate_until: Option<Timestamp>,
    /// The clock.
    pub clock: Option<ClockHealth>,
    /// Whether the journal can be read and written.
    pub journal_good: bool,
    /// Its lines.
    pub journal_rows: u64,
    /// Its size on the disk, in bytes.
    pub journal_bytes: u64,
    /// Reports that the backend does not have yet.
    pub reports_waiting: u64,
    /// Room on the disk.
    pub disk: Option<DiskHealth>,
}

/// Where the figures come from.
#[derive(Debug)]
pub struct Sources {
    /// The devices.
    pub watch: Watch,
    /// The clock.
    pub clock: Clock,
    /// The journal.
    pub journal: Journal,
    /// How the program goes on.
    pub pulse: Arc<Pulse>,
    /// How it stands with the backend.
    pub link: Link,
    /// The backend's address.
    pub backend: String,
    /// Until when the kiosk's certificate is good.
    pub certificate_until: Timestamp,
    /// The data directory.
    pub data_dir: PathBuf,
}

/// Asks for figures and has the last ones.
#[derive(Debug)]
pub struct Desk {
    wanted: watch::Sender<bool>,
    /// The last ones.
    pub figures: watch::Receiver<Figures>,
}

impl Desk {
    /// Gathers from these while somebody looks.
    #[must_use]
    pub fn start(sources: Sources) -> Self {
        let (wanted, looked_at) = watch::channel(false);
        let (sender, figures) = watch::channel(Figures::default());
        tokio::spawn(gather(sources, looked_at, sender));
        Self { wanted, figures }
    }

    /// Somebody looks, or no longer does.
    pub fn want(&self, looks: bool) {
        self.wanted.send_if_modified(|wanted| std::mem::replace(wanted, looks) != looks);
    }

    /// Waits for newer figures; for ever when there will be none.
    pub async fn changed(&mut self) {
        if self.figures.changed().await.is_err() {
            std::future::pending().await
        }
    }
}

async fn gather(sources: Sources, mut looked_at: watch::Receiver<bool>, to: watch::Sender<Figures>) {
    loop {
        if looked_at.wait_for(|looks| *looks).await.is_err() {
            return;
        }
        to.send_replace(sources.figures().await);
        let _ = timeout(EVERY, looked_at.changed()).await;
    }
}

impl Sources {
    async fn figures(&self) -> Figures {
        let heard = self.link.heard();
        Figures {
            at: self.clock.now().wall,
            uptime: self.clock.now().mono,
            devices: self.watch.devices().await,
            live: self.watch.live(),
            heard,
            link_for_s: heard.since.map(|since| since.elapsed().as_secs()),
            backend: self.backend.clone(),
            certificate_until: Some(self.certificate_until),
            clock: Some(health::clock(&self.clock)),
            journal_good: self.pulse.journal_is_good(),
            journal_rows: self.journal.rows(),
            journal_bytes: journal::bytes(&self.data_dir),
            reports_waiting: self.pulse.waiting(),
            disk: health::disk(&self.data_dir),
        }
    }
}

impl Figures {
    /// The device of this name.
    #[must_use]
    pub fn device(&self, name: &str) -> Option<&DeviceHealth> {
        self.devices.iter().find(|device| device.name == name)
    }

    /// The time of day at so many milliseconds after the program's start; how many seconds after it, while the date is not
    /// known. Drivers start with the program.
    #[must_use]
    pub fn clock_at(&self, at_ms: u64) -> String {
        let ago = self.uptime.saturating_sub(Duration::from_millis(at_ms));
        let at = SignedDuration::try_from(ago).ok().and_then(|ago| self.at?.checked_sub(ago).ok());
        match at {
            Some(at) => china_time::civil(at).strftime("%H:%M:%S").to_string(),
            None => format!("+{} s", at_ms / 1_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_the_time_of_day_it_happened_at() {
        let at = Some("2026-11-21T06:05:00Z".parse().unwrap());
        let figures = Figures { at, uptime: Duration::from_secs(3_600), ..Figures::default() };
        assert_eq!(figures.clock_at(3_600_000), "14:05:00");
        assert_eq!(figures.clock_at(1_800_500), "13:35:00");
        assert_eq!(Figures::default().clock_at(2_500), "+2 s");
    }
}
