//! Runs the drivers: what they tell goes on in the words of the session, and how each stands is kept for whoever asks.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use pickup_devices::{DeviceFault, TraceEntry};
use pickup_protocol::health::{DeviceHealth, Fault, TRACE_TEXT_AT_MOST, TraceLine};
use pickup_session::Event;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Duration, timeout};

use crate::service::Live;

/// A driver that has gone quiet is not waited for longer.
const TRACE_WITHIN: Duration = Duration::from_secs(1);

/// What is the same of all drivers.
pub trait Driver: Send + 'static {
    /// What it tells.
    type Event: Debug + Send;
    /// What it can be told by the kiosk while it runs.
    type Order: Send;

    /// Waits for what it tells next; `None` when it has ended.
    fn next(&mut self) -> impl Future<Output = Option<Self::Event>> + Send;
    /// Takes an order.
    fn order(&self, order: Self::Order);
    /// The last things it did.
    fn trace(&self) -> Vec<TraceLine>;
    /// What the event says about how the device stands.
    fn standing(event: &Self::Event) -> Option<Standing>;
    /// What the event says for the service pages.
    fn tell(_event: &Self::Event, _live: &mut Live) {}
    /// What else the session is told, before the event itself.
    fn beside(_event: &Self::Event) -> Option<Event> {
        None
    }
    /// The event in the words of the session.
    fn translate(event: Self::Event) -> Option<Event>;
}

/// How a device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It answers and works.
    Good,
    /// It answers, or not, and this is wrong with it.
    Bad(&'static str),
    /// Something failed once; it still works.
    Failed(&'static str),
}

impl Standing {
    /// This fault.
    #[must_use]
    pub fn bad(fault: DeviceFault) -> Self {
        Self::Bad(fault.code())
    }
}

/// For drivers that take no orders.
#[derive(Debug)]
pub enum Never {}

#[derive(Debug, Clone, Default)]
struct Known {
    good: Option<bool>,
    fault: Option<&'static str>,
    changed: Option<Instant>,
    last: Option<(&'static str, Instant)>,
}

/// Somebody who wants to know what a driver did.
type Ask = oneshot::Sender<Vec<TraceLine>>;

/// How the devices stand; clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    known: Arc<Mutex<BTreeMap<&'static str, Known>>>,
    traces: Arc<Mutex<BTreeMap<&'static str, UnboundedSender<Ask>>>>,
    live: Arc<Mutex<Live>>,
    /// Notified at each change.
    pub changed: Arc<Notify>,
}

impl Watch {
    fn note(&self, name: &'static str, standing: Standing) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let one = known.entry(name).or_default();
        let (now, before) = (Instant::now(), (one.good, one.fault));
        match standing {
            Standing::Good => (one.good, one.fault) = (Some(true), None),
            Standing::Bad(code) => {
                (one.good, one.fault, one.last) = (Some(false), Some(code), Some((code, now)));
            }
            Standing::Failed(code) => one.last = Some((code, now)),
        }
        if before != (one.good, one.fault) {
            one.changed = Some(now);
            self.changed.notify_one();
        }
    }

    /// Changes what devices said last of themselves.
    pub fn tell(&self, change: impl FnOnce(&mut Live)) {
        change(&mut self.live.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What devices said last of themselves.
    #[must_use]
    pub fn live(&self) -> Live {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How each device stands now, with the last things its driver did.
    pub async fn devices(&self) -> Vec<DeviceHealth> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let traces = self.traces.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut devices = Vec::new();
        for (name, trace) in traces {
            let one = known.get(name).cloned().unwrap_or_default();
            let (sender, lines) = oneshot::channel();
            let _ = trace.send(sender);
            let trace = timeout(TRACE_WITHIN, lines).await.ok().and_then(Result::ok).unwrap_or_default();
            devices.push(DeviceHealth {
                name: name.to_owned(),
                good: one.good,
                fault: one.fault.map(str::to_owned),
                for_s: one.changed.map(|at| at.elapsed().as_secs()),
                last_fault: one
                    .last
                    .map(|(code, at)| Fault { code: code.to_owned(), ago_s: at.elapsed().as_secs() }),
                trace,
            });
        }
        devices
    }
}

/// Runs a driver until nobody listens any more. It says once on `tried` that its device was found or not. The answer
/// takes orders for it.
pub fn serve<D: Driver>(
    name: &'static str,
    mut driver: D,
    to: UnboundedSender<Event>,
    tried: UnboundedSender<()>,
    watch: &Watch,
) -> UnboundedSender<D::Order> {
    let (orders, mut ordered) = mpsc::unbounded_channel();
    let (asks, mut asked) = mpsc::unbounded_channel::<Ask>();
    watch.traces.lock().unwrap_or_else(PoisonError::into_inner).insert(name, asks);
    let watch = watch.clone();
    tokio::spawn(async move {
        let mut first = true;
        loop {
            tokio::select! {
                told = driver.next() => {
                    let Some(told) = told else { return };
                    if let Some(standing) = D::standing(&told) {
                        watch.note(name, standing);
                    }
                    watch.tell(|live| D::tell(&told, live));
                    if D::beside(&told).is_some_and(|event| to.send(event).is_err()) {
                        return;
                    }
                    if D::translate(told).is_some_and(|event| to.send(event).is_err()) {
                        return;
                    }
                    if std::mem::take(&mut first) {
                        let _ = tried.send(());
                    }
                }
                Some(order) = ordered.recv() => driver.order(order),
                Some(ask) = asked.recv() => drop(ask.send(driver.trace())),
            }
        }
    });
    orders
}

/// A driver's trace as text, each line bounded.
pub fn lines<T: Debug>(entries: Vec<TraceEntry<T>>) -> Vec<TraceLine> {
    let line = |entry: TraceEntry<T>| TraceLine {
        at_ms: entry.at_ms,
        text: entry.text().chars().take(TRACE_TEXT_AT_MOST).collect(),
    };
    entries.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_fault_is_remembered_after_the_device_came_back() {
        let watch = Watch::default();
        let (asks, _kept) = mpsc::unbounded_channel();
        watch.traces.lock().unwrap().insert("printer", asks);
        watch.note("printer", Standing::Bad("paper_out"));
        watch.note("printer", Standing::Good);
        watch.changed.notified().await;
        drop(_kept);
        let devices = watch.devices().await;
        assert_eq!((devices[0].good, devices[0].fault.as_deref()), (Some(true), None));
        assert_eq!(devices[0].last_fault.as_ref().unwrap().code, "paper_out");
    }
}
