//! Port and journal, changed together, and the clock that lets receipts go out.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::behaviour::HttpBehaviour;
use crate::input::{Event, Input};
use crate::journal::{Journal, JournalError};
use crate::port::Port;

/// How often the clock looks for receipts that are due.
const TICK: Duration = Duration::from_millis(20);

/// Port and journal, changed together.
pub struct Shell {
    inner: Mutex<(Port, Journal)>,
    requests: AtomicU64,
}

impl Shell {
    /// Replays the journal.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(dir: &Path) -> Result<Self, JournalError> {
        let (journal, events) = Journal::open(dir)?;
        let mut port = Port::default();
        for event in &events {
            port.apply(event);
        }
        Ok(Self { inner: Mutex::new((port, journal)), requests: AtomicU64::new(0) })
    }

    /// Looks at the port.
    pub fn read<T>(&self, look: impl FnOnce(&Port) -> T) -> T {
        // A panic elsewhere leaves the port as the journal has it up to the last whole input.
        look(&self.inner.lock().unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Writes an input to the journal and then applies it, unless `skip` says that it changes nothing.
    ///
    /// # Errors
    /// [`JournalError`]; the input was not taken.
    pub fn input(&self, input: Input, skip: impl FnOnce(&Port) -> bool) -> Result<(), JournalError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let (port, journal) = &mut *inner;
        if skip(port) {
            return Ok(());
        }
        let event = Event { at: Timestamp::now(), input };
        journal.append(&event)?;
        port.apply(&event);
        Ok(())
    }

    /// How the line is for the next request, and how long `bytes` take on it.
    pub(crate) fn line(&self, bytes: usize) -> (HttpBehaviour, Duration) {
        let number = self.requests.fetch_add(1, Ordering::Relaxed).to_string();
        let now = Timestamp::now().as_millisecond();
        self.read(|port| {
            let b = port.behaviour();
            let out = b.outage_every_ms > 0
                && now.rem_euclid(i64::from(b.outage_every_ms)) < i64::from(b.outage_ms);
            let mode = if out {
                b.outage
            } else if b.hits(b.http_refuse_permille, &number, "http refuse") {
                HttpBehaviour::Refuse
            } else if b.hits(b.http_drop_permille, &number, "http drop") {
                HttpBehaviour::DropAfterStore
            } else {
                b.http
            };
            let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
            let line_ms = bytes.saturating_mul(1000).checked_div(u64::from(b.bytes_per_s)).unwrap_or(0);
            let wait_ms = b.wait_ms(b.http_delay_ms, &number, "http delay");
            (mode, Duration::from_millis(line_ms.saturating_add(u64::try_from(wait_ms).unwrap_or(0))))
        })
    }
}

/// Lets receipts go out when they are due, until the future is dropped.
pub async fn run_clock(shell: Arc<Shell>) {
    loop {
        tokio::time::sleep(TICK).await;
        let now = Timestamp::now();
        let nothing_due = move |port: &Port| port.next_due().is_none_or(|due| due > now);
        if shell.read(nothing_due) {
            continue;
        }
        let shell = Arc::clone(&shell);
        let result = tokio::task::spawn_blocking(move || shell.input(Input::Tick, nothing_due)).await;
        if let Ok(Err(error)) = result {
            tracing::error!(%error, "receipts were not sent");
        }
    }
}
