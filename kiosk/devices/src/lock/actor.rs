//! The task that owns a bus: it opens it, opens it again when it is lost, and does what is ordered.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::sleep_until;

use super::boards::{Boards, Opener};
use super::rack::{Rack, Tell};
use super::{LockConfig, LockEvent, LockTrace, OpenFailure, Order};
use crate::DeviceFault;
use crate::port::{Backoff, End, Reporter};
use crate::trace::TraceRing;

pub(super) async fn run<O: Opener>(
    config: LockConfig,
    mut opener: O,
    reporter: Reporter<LockEvent>,
    orders: mpsc::Receiver<Order>,
    trace: TraceRing<LockTrace>,
) {
    let mut task = Task { rack: Rack::new(config, reporter, trace), orders };
    let mut backoff = Backoff::new();
    loop {
        let began = Instant::now();
        let end = match opener.open().await {
            Ok(boards) => task.serve(boards).await,
            Err(fault) => Err(End::Lost(fault)),
        };
        let Err(End::Lost(fault)) = end else { return };
        if task.lost(fault, backoff.pause_after(began.elapsed())).await.is_err() {
            return;
        }
    }
}

struct Task {
    rack: Rack,
    orders: mpsc::Receiver<Order>,
}

impl Task {
    async fn serve<B: Boards>(&mut self, mut boards: B) -> Result<(), End> {
        self.rack.begin();
        self.rack.look_at_all(&mut boards, Tell::Changes).await?;
        loop {
            let next = self.rack.next_look();
            let order = tokio::select! {
                biased;
                order = self.orders.recv() => Some(order.ok_or(End::Gone)?),
                () = self.rack.reporter.closed() => return Err(End::Gone),
                () = until(next) => None,
                end = boards.watch() => return Err(end),
            };
            match order {
                Some(Order::Open(door, asked_at)) => self.rack.open(&mut boards, door, asked_at).await?,
                Some(Order::QueryAll) => self.rack.look_at_all(&mut boards, Tell::All).await?,
                None => self.rack.look_at_due(&mut boards).await?,
            }
        }
    }

    /// Ends what was under way, tells of the loss, then waits, answering orders, until the next attempt.
    async fn lost(&mut self, fault: DeviceFault, pause: Duration) -> Result<(), End> {
        self.rack.lost(fault).await?;
        let attempt = Instant::now() + pause;
        loop {
            tokio::select! {
                () = self.rack.reporter.closed() => return Err(End::Gone),
                () = until(Some(attempt)) => return Ok(()),
                order = self.orders.recv() => {
                    if let Order::Open(door, _) = order.ok_or(End::Gone)? {
                        self.rack.failed(door, OpenFailure::NotSent, fault).await?;
                    }
                }
            }
        }
    }
}

/// Sleeps until then; for ever when there is nothing to wait for.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}
