//! The world behind a lock, its lines, and who is told when it changes.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};

use crate::lines::Line;
use crate::lock::Reply;
use crate::lock::line::LockLine;
use crate::wire::{Step, Wires};
use crate::world::{Device, World};

/// The mock as its tasks share it.
#[derive(Debug)]
pub struct Bench {
    start: Instant,
    world: Mutex<World>,
    scanner: Line,
    idcard: Line,
    printer: Line,
    locks: Vec<Arc<LockLine>>,
    changed: watch::Sender<u64>,
    /// Touches for the kiosk, as JSON lines.
    pub touches: broadcast::Sender<String>,
    /// What is wrong on the way to the kiosk, and what waits while the world is held.
    pub wires: Wires,
    pace: bool,
}

impl Bench {
    /// Puts a world on lines in `dir`. With `pace`, lines are as slow as the real ones.
    ///
    /// # Errors
    /// When a line cannot be made.
    pub fn open(mut world: World, dir: &Path, pace: bool) -> anyhow::Result<Arc<Self>> {
        let (changed, _) = watch::channel(0);
        let (touches, _) = broadcast::channel(64);
        let line = |device: Device| Line::open(dir, device.name());
        world.locks.pace(pace);
        let names = world.locks.names();
        let locks = names.iter().map(|name| LockLine::open(dir, name).map(Arc::new));
        Ok(Arc::new(Self {
            start: Instant::now(),
            world: Mutex::new(world),
            scanner: line(Device::Scanner)?,
            idcard: line(Device::IdCard)?,
            printer: line(Device::Printer)?,
            locks: locks.collect::<anyhow::Result<_>>()?,
            changed,
            touches,
            wires: Wires::default(),
            pace,
        }))
    }

    /// Looks at the world.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world and tells everyone.
    pub fn change<T>(&self, what: impl FnOnce(&mut World) -> T) -> T {
        let result = {
            let mut world = self.world();
            world.set_now(self.now());
            what(&mut world)
        };
        self.tell();
        result
    }

    /// Everyone is told that something changed beside the world.
    pub fn tell(&self) {
        self.changed.send_modify(|n| *n += 1);
    }

    /// The state as the page and the tests see it: the world, and under `lines` what is between it and the kiosk.
    #[must_use]
    pub fn state(&self) -> Value {
        // One after the other: both look at the world, which is locked while one looks.
        let mut state = self.world().state();
        let lines = self.between();
        if let Some(state) = state.as_object_mut() {
            state.insert("lines".to_owned(), lines);
        }
        state
    }

    /// Wires, lines, what waits in a held world, and which devices are in.
    #[must_use]
    pub fn between(&self) -> Value {
        let plugged = Device::ALL.into_iter().filter(|device| self.line(*device).is_plugged());
        let (scanner, printer) = self.world().models();
        json!({
            "wires": self.wires.faults(), "plugged": plugged.map(Device::name).collect::<Vec<_>>(),
            "waiting": self.wires.waiting(), "scanner": scanner, "printer": printer,
        })
    }

    /// Time since the mock started.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Bytes from the kiosk for a device; what it answers.
    pub fn feed(&self, device: Device, bytes: &[u8]) -> Vec<u8> {
        let answer = self.quietly(|world| world.feed(device, bytes));
        tracing::debug!(device = device.name(), heard = head(bytes), said = head(&answer), "asked");
        answer
    }

    /// Bytes from the kiosk for the boards of one bus; what they answer.
    pub fn feed_lock(&self, bus: usize, bytes: &[u8]) -> Vec<Reply> {
        let replies = self.quietly(|world| world.feed_lock(bus, bytes));
        tracing::debug!(bus, heard = head(bytes), answers = replies.len(), "locks asked");
        replies
    }

    /// The lines of the lock buses.
    #[must_use]
    pub fn lock_lines(&self) -> &[Arc<LockLine>] {
        &self.locks
    }

    /// How long so many bytes take on a lock bus; no time unless lines are as slow as the real ones.
    #[must_use]
    pub fn lock_wire_time(&self, bus: usize, bytes: usize) -> Duration {
        if self.pace { self.world().locks.on_the_wire(bus, bytes) } else { Duration::ZERO }
    }

    /// What a device does by itself; the bytes it sends.
    pub fn advance(&self, device: Device) -> Vec<u8> {
        self.quietly(|world| world.advance(device))
    }

    /// Everyone is told only when something happened beyond an answer.
    fn quietly<T>(&self, what: impl FnOnce(&mut World) -> T) -> T {
        let (answer, moved) = {
            let mut world = self.world();
            world.set_now(self.now());
            let before = world.log_since(u64::MAX).0;
            let answer = what(&mut world);
            (answer, world.log_since(u64::MAX).0 != before)
        };
        if moved {
            self.tell();
        }
        answer
    }

    /// Tells of every change.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Sends bytes of a device to the kiosk, as its wire lets them pass; in a held world they wait.
    pub async fn send(&self, device: Device, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if self.wires.keep(device, bytes) {
            self.tell();
        } else {
            self.transmit(device, bytes).await;
        }
    }

    /// Lets the answer go that has waited longest; its device, or nothing when none waits.
    pub async fn step(&self) -> Option<Device> {
        let (device, bytes) = self.wires.step()?;
        self.tell();
        self.transmit(device, &bytes).await;
        Some(device)
    }

    /// Lets a held world go, with all that waits.
    pub async fn release(&self) {
        let waited = self.wires.release();
        self.tell();
        for (device, bytes) in waited {
            self.transmit(device, &bytes).await;
        }
    }

    async fn transmit(&self, device: Device, bytes: &[u8]) {
        if self.pace {
            tokio::time::sleep(on_the_wire(device, bytes.len())).await;
        }
        for step in self.wires.steps(device, bytes) {
            match step {
                Step::Pause(time) => tokio::time::sleep(time).await,
                Step::Bytes(bytes) => {
                    if let Err(error) = self.line(device).send(&bytes).await {
                        tracing::warn!("{}: {} bytes were not sent: {error}", device.name(), bytes.len());
                    }
                }
                Step::Replug(time) => self.replug(device, time).await,
            }
        }
    }

    async fn replug(&self, device: Device, after: Duration) {
        self.line(device).unplug();
        tokio::time::sleep(after).await;
        if let Err(error) = self.line(device).plug() {
            tracing::error!("{}: {error:#}", device.name());
        }
    }

    /// The line of a device.
    #[must_use]
    pub const fn line(&self, device: Device) -> &Line {
        match device {
            Device::Scanner => &self.scanner,
            Device::IdCard => &self.idcard,
            Device::Printer => &self.printer,
        }
    }
}

/// The first bytes of a frame, for the log: enough for its kind and its status, too few for anything of a person.
fn head(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().take(10).map(|byte| format!("{byte:02X}")).collect();
    let more = if bytes.len() > shown.len() { format!(" … {} bytes", bytes.len()) } else { String::new() };
    shown.join(" ") + &more
}

/// How long so many bytes take on the real line, ten bits a byte.
fn on_the_wire(device: Device, bytes: usize) -> Duration {
    let baud: u64 = match device {
        Device::IdCard => 115_200,
        Device::Scanner => 9_600,
        // On USB; what takes time is the paper.
        Device::Printer => return Duration::ZERO,
    };
    Duration::from_micros(u64::try_from(bytes).unwrap_or(0).saturating_mul(10_000_000) / baud)
}
