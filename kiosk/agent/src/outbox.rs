//! Reports what happened until the backend has acknowledged it: oldest first, with back-off, each under its own id.

use std::sync::Arc;
use std::time::Duration;

use pickup_session::journal::{Record, Report};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

use crate::backend::{Backend, BackendError};
use crate::clock::Clock;
use crate::journal::Journal;
use crate::pulse::Pulse;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A report that the backend refuses waits for a person to look into it, and others go on.
const REFUSED_PAUSE: Duration = Duration::from_secs(300);

struct Waiting {
    report: Report,
    not_before: Instant,
}

/// What sending needs.
pub struct Outbox {
    /// Where reports go.
    pub backend: Backend,
    /// Where it is written down that they arrived.
    pub journal: Journal,
    /// The date.
    pub clock: Clock,
    /// Notified after each.
    pub acknowledged: Arc<Notify>,
    /// Told how many wait.
    pub pulse: Arc<Pulse>,
}

/// Sends reports for ever.
pub async fn send(outbox: Outbox, mut reports: UnboundedReceiver<Report>) {
    let Outbox { backend, journal, clock, acknowledged, pulse } = outbox;
    let mut waiting: Vec<Waiting> = Vec::new();
    let mut pause = FIRST_PAUSE;
    loop {
        while let Ok(report) = reports.try_recv() {
            add(&mut waiting, report);
        }
        pulse.set_waiting(waiting.len());
        let now = Instant::now();
        let Some(at) = waiting.iter().position(|w| w.not_before <= now) else {
            let next = waiting.iter().map(|w| w.not_before).min();
            tokio::select! {
                report = reports.recv() => match report {
                    Some(report) => add(&mut waiting, report),
                    None => return,
                },
                () = sleep_until(next.unwrap_or(now)), if next.is_some() => {}
            }
            continue;
        };
        let Some(one) = waiting.get_mut(at) else { continue };
        match backend.report(&one.report).await {
            Ok(_) => {
                pause = FIRST_PAUSE;
                let id = waiting.remove(at).report.id();
                // Lost with the power, it is reported again under the same id.
                journal.write(clock.now().wall, vec![Record::Reported { id }], Box::new(|_| {}));
                acknowledged.notify_one();
            }
            Err(BackendError::Refused(error)) => {
                tracing::error!(id = %one.report.id(), code = %error.code, "the backend refuses a report");
                one.not_before = Instant::now() + REFUSED_PAUSE;
            }
            Err(error) => {
                tracing::info!(%error, "a report waits");
                let until = Instant::now() + pause;
                waiting.iter_mut().for_each(|w| w.not_before = w.not_before.max(until));
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// A report that is there already, since the journal was read anew, is not sent twice.
fn add(waiting: &mut Vec<Waiting>, report: Report) {
    if waiting.iter().all(|one| one.report.id() != report.id()) {
        waiting.push(Waiting { report, not_before: Instant::now() });
    }
}
