//! The lines of the lock buses: pseudo-terminals that can be pulled out.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Reply;
use crate::bench::Bench;
use crate::lines::Line;

/// How long a pulled-out adapter stays out.
const OUT: Duration = Duration::from_millis(300);

/// One bus's line; gone while the adapter is out.
#[derive(Debug)]
pub struct LockLine {
    dir: PathBuf,
    name: String,
    line: Mutex<Option<Arc<Line>>>,
}

impl LockLine {
    /// Makes the line.
    ///
    /// # Errors
    /// As [`Line::open`].
    pub fn open(dir: &Path, name: &str) -> anyhow::Result<Self> {
        let line = Mutex::new(Some(Arc::new(Line::open(dir, name)?)));
        Ok(Self { dir: dir.to_owned(), name: name.to_owned(), line })
    }

    fn current(&self) -> Option<Arc<Line>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, line: Option<Line>) {
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = line.map(Arc::new);
    }

    async fn send(&self, bytes: &[u8]) {
        let Some(line) = self.current() else { return };
        if let Err(error) = line.send(bytes).await {
            tracing::warn!("{}: {} bytes were not sent: {error}", self.name, bytes.len());
        }
    }

    /// Pulls the adapter out and puts it in again.
    async fn unplug(&self) {
        // What was sent last must arrive, as it does on a wire.
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.replace(None);
        tokio::time::sleep(OUT).await;
        match Line::open(&self.dir, &self.name) {
            Ok(line) => self.replace(Some(line)),
            Err(error) => tracing::error!("{} cannot be put in again: {error:#}", self.name),
        }
    }
}

/// Carries bytes between the kiosk and the boards of all buses for ever.
pub async fn serve(bench: Arc<Bench>) {
    let buses = bench.lock_lines().len();
    let served = (0..buses).map(|bus| tokio::spawn(serve_one(bus, bench.clone())));
    for task in served.collect::<Vec<_>>() {
        let _ = task.await;
    }
}

async fn serve_one(bus: usize, bench: Arc<Bench>) {
    let mut buffer = [0; 1024];
    let Some(place) = bench.lock_lines().get(bus).cloned() else { return };
    loop {
        let Some(line) = place.current() else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let received = line.receive(&mut buffer).await;
        drop(line);
        match received {
            Ok(0) | Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            Ok(read) => {
                let bytes = buffer.get(..read).unwrap_or_default();
                for reply in bench.feed_lock(bus, bytes) {
                    give(&place, reply, &bench, bus).await;
                }
            }
        }
    }
}

async fn give(place: &Arc<LockLine>, reply: Reply, bench: &Bench, bus: usize) {
    if reply.is_late {
        let place = Arc::clone(place);
        tokio::spawn(async move {
            tokio::time::sleep(reply.after).await;
            place.send(&reply.bytes).await;
        });
        return;
    }
    let wire = bench.lock_wire_time(bus, reply.bytes.len());
    tokio::time::sleep(reply.after + wire).await;
    place.send(&reply.bytes).await;
    if reply.then_unplug {
        place.unplug().await;
    }
}
