//! Reports what happened until the backend has acknowledged it: oldest first, with back-off, each under its own id.

use std::sync::Arc;
use std::time::Duration;

use pickup_session::journal::{Record, Report};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

use crate::backend::{Backend, BackendError};
use crate::journal::Journal;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A report that the backend refuses waits for a person to look into it, and others go on.
const REFUSED_PAUSE: Duration = Duration::from_secs(300);

struct Waiting {
    report: Report,
    not_before: Instant,
}

/// Sends reports for ever; `acknowledged` is notified after each.
pub async fn send(
    backend: Backend,
    journal: Journal,
    mut reports: UnboundedReceiver<Report>,
    acknowledged: Arc<Notify>,
) {
    let mut waiting: Vec<Waiting> = Vec::new();
    let mut pause = FIRST_PAUSE;
    loop {
        while let Ok(report) = reports.try_recv() {
            waiting.push(Waiting { report, not_before: Instant::now() });
        }
        let now = Instant::now();
        let Some(at) = waiting.iter().position(|w| w.not_before <= now) else {
            let next = waiting.iter().map(|w| w.not_before).min();
            tokio::select! {
                report = reports.recv() => match report {
                    Some(report) => waiting.push(Waiting { report, not_before: Instant::now() }),
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
                journal.write(vec![Record::Reported { id }], Box::new(|_| {}));
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
