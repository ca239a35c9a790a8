//! A mock in the test's own process, on real pseudo-terminals, for drivers to be tried against.

use std::fmt::Debug;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pickup_hw_mock::bench::Bench;
use pickup_hw_mock::lines;
use pickup_hw_mock::printer::Printer;
use pickup_hw_mock::rack::Rack;
use pickup_hw_mock::wire::WireFault;
use pickup_hw_mock::world::{Device, World};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

/// Longest wait for anything that should happen soon.
const PATIENCE: Duration = Duration::from_secs(30);

/// The mock.
pub struct Rig {
    pub bench: Arc<Bench>,
    pub dir: PathBuf,
}

impl Rig {
    pub fn start() -> Self {
        Self::with(Printer::default())
    }

    pub fn with(printer: Printer) -> Self {
        let dir = std::env::temp_dir().join(format!("pickup-rig-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&dir).unwrap();
        let bench = Bench::open(World::new(Rack::default_rack().unwrap(), printer), &dir, false).unwrap();
        for device in Device::ALL {
            tokio::spawn(lines::serve(device, bench.clone()));
        }
        Self { bench, dir }
    }

    pub fn port(&self, device: &str) -> PathBuf {
        self.dir.join(device)
    }

    /// Breaks a device or mends it.
    pub async fn fault(&self, device: &str, fault: Option<&str>) {
        let (device, bytes) =
            self.bench.change(|world| world.set_fault(device, fault.map(str::to_owned))).unwrap();
        self.bench.send(device, &bytes).await;
    }

    pub fn wire(&self, device: Device, fault: Option<WireFault>) {
        self.bench.wires.set(device, fault);
    }

    /// Until an answer of a held world waits.
    pub async fn waits(&self) {
        until(|| self.bench.wires.waiting().is_some_and(|waiting| !waiting.is_empty())).await;
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// The next event of a driver.
pub async fn next<T>(events: &mut Receiver<T>) -> T {
    within(events.recv()).await.expect("the driver has ended")
}

/// Skips events until one fits; what was skipped comes with it.
pub async fn wait_for<T: Debug>(events: &mut Receiver<T>, fits: impl Fn(&T) -> bool) -> (Vec<T>, T) {
    let mut passed = Vec::new();
    loop {
        match timeout(PATIENCE, events.recv()).await {
            Ok(Some(event)) if fits(&event) => return (passed, event),
            Ok(Some(event)) => passed.push(event),
            other => panic!("{other:?} after {passed:?}"),
        }
    }
}

/// All that a driver says within a time, to see that it does not say more.
pub async fn all_within<T>(events: &mut Receiver<T>, time: Duration) -> Vec<T> {
    let mut said = Vec::new();
    let deadline = tokio::time::Instant::now() + time;
    while let Ok(Some(event)) = tokio::time::timeout_at(deadline, events.recv()).await {
        said.push(event);
    }
    said
}

/// Looks until something is so.
pub async fn until(is_so: impl Fn() -> bool) {
    within(async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("nothing happened in time")
}

/// Runs cases side by side; each has a rig of its own.
pub async fn each<C: Send + 'static, F: Future<Output = ()> + Send + 'static>(
    cases: impl IntoIterator<Item = C>,
    run: impl Fn(C) -> F,
) {
    let mut running = tokio::task::JoinSet::new();
    for case in cases {
        running.spawn(run(case));
    }
    while let Some(result) = running.join_next().await {
        result.unwrap();
    }
}
