//! Doors on the board's own pins: the relay is watched and the contact moved from outside, through a deposit and a pickup.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Bench;
use super::errands::{LIMIT, bought, collector, depositor, finish};
use super::image::Image;
use super::machine::Machine;
use super::pins::Wired;
use super::qmp::Qmp;
use super::qtest::{Controller, Pins};
use super::rig::Rig;
use crate::hands::Hands;

const ORDER: &str = "PIDOOR001";

const LOOK_EVERY: Duration = Duration::from_millis(3);
/// A lock springs open so long after its relay is held.
const SPRINGS_AFTER: Duration = Duration::from_millis(120);
/// A person stands before an open door at least so long.
const STANDS_OPEN: Duration = Duration::from_millis(800);
/// Longest time a relay may be seen held: the pulse, and what a busy machine adds to it.
const HELD_AT_MOST: Duration = Duration::from_millis(2_000);

/// Plays it.
///
/// # Errors
/// With what was wrong about the relays, or when the kiosk does not come to its end.
pub async fn play(bench: &Bench, wired: &Wired) -> Result<Value> {
    let image = Image::make(&bench.pi)?;
    let mut rig = Rig::start(wired.file, &image).await?;
    rig.parts.machine = wired.machine;
    let dir = rig.dir();
    let (qmp, qtest) = (dir.join("qmp"), dir.join("qtest"));
    let line = |socket: &std::path::Path| format!("unix:{},server=on,wait=off", socket.display());
    rig.parts.more =
        vec!["-qmp".into(), line(&qmp), "-qtest".into(), line(&qtest), "-qtest-log".into(), "none".into()];
    rig.parts.facts.push(format!("settings={}", wired.file));
    let found = async {
        rig.boot().await?;
        let controller = match wired.machine {
            Machine::Virt => Controller::Pl061(Qmp::open(&qmp).await?.named_of("child<pl061>").await?),
            Machine::Raspi3b => Controller::Bcm2837,
        };
        let pins = Pins::open(&qtest, controller).await?;
        let mut locks = Locks::new(pins, wired.doors, rig.product.hands.clone());
        let errands = errands(&rig);
        tokio::select! {
            ended = errands => ended?,
            ended = locks.work() => ended?,
        }
        locks.report()
    };
    let found = found.await.with_context(|| format!("everything is kept in {}", dir.display()));
    if found.is_err()
        && let Ok(picture) = rig.product.hands.screen_png().await
    {
        std::fs::write(dir.join("last-page.png"), picture)?;
    }
    let found = found?;
    rig.cut().await?;
    std::fs::remove_dir_all(dir)?;
    Ok(found)
}

async fn errands(rig: &Rig) -> Result<()> {
    let product = &rig.product;
    let (placed, ticket) = bought(product, ORDER).await?;
    finish(depositor(product, &placed)).await?;
    product.shop.until(ORDER, "/parcel/state", &["in_locker"], LIMIT).await?;
    finish(collector(product, &ticket)?).await?;
    product.shop.until(ORDER, "/parcel/state", &["collected"], LIMIT).await.map(drop)
}

/// The locks behind the pins, and the hand that shuts the doors.
struct Locks {
    pins: Pins,
    doors: [(u8, u8); 2],
    hands: Hands,
    held_since: [Option<Instant>; 2],
    open_since: [Option<Instant>; 2],
    pulses: u32,
    longest_held: Duration,
    seen_after: Vec<Duration>,
}

impl Locks {
    fn new(pins: Pins, doors: [(u8, u8); 2], hands: Hands) -> Self {
        Self {
            pins,
            doors,
            hands,
            held_since: [None; 2],
            open_since: [None; 2],
            pulses: 0,
            longest_held: Duration::ZERO,
            seen_after: Vec::new(),
        }
    }

    /// Works for as long as the board runs.
    async fn work(&mut self) -> Result<()> {
        loop {
            let levels = self.pins.levels().await?;
            for (door, (relay, contact)) in self.doors.into_iter().enumerate() {
                self.relay(door, levels & (1 << relay) != 0, contact).await?;
                self.shut(door, contact).await?;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn relay(&mut self, door: usize, held: bool, contact: u8) -> Result<()> {
        let Some(since) = self.held_since.get_mut(door) else { return Ok(()) };
        match (held, *since) {
            (true, None) => {
                *since = Some(Instant::now());
                self.pulses += 1;
            }
            (true, Some(begun)) if begun.elapsed() >= SPRINGS_AFTER => self.spring(door, contact).await?,
            (false, Some(begun)) => {
                let held = begun.elapsed();
                *since = None;
                self.longest_held = self.longest_held.max(held);
                // A busy machine may look only once while the relay is held.
                if held >= SPRINGS_AFTER {
                    self.spring(door, contact).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The door springs open, unless it stands open already; its contact bounces, as contacts do.
    async fn spring(&mut self, door: usize, contact: u8) -> Result<()> {
        let Some(open @ None) = self.open_since.get_mut(door) else { return Ok(()) };
        *open = Some(Instant::now());
        for high in [true, false, true, false, true] {
            self.pins.drive(contact, high).await?;
        }
        Ok(())
    }

    /// Shuts a door that has stood open, once the kiosk asks for it.
    async fn shut(&mut self, door: usize, contact: u8) -> Result<()> {
        let Some(since) = self.open_since.get(door).copied().flatten() else { return Ok(()) };
        let page = self.hands.state().await?.screen.name;
        if !["take_goods", "staff_place"].contains(&page.as_str()) {
            return Ok(());
        }
        if since.elapsed() < STANDS_OPEN {
            self.seen_after.push(since.elapsed());
            return Ok(());
        }
        if let Some(open) = self.open_since.get_mut(door) {
            *open = None;
        }
        self.pins.drive(contact, false).await
    }

    fn report(&self) -> Result<Value> {
        ensure!(self.pulses == 2, "the relays were held {} times for two openings", self.pulses);
        ensure!(
            self.longest_held <= HELD_AT_MOST,
            "a relay was held for {} ms",
            self.longest_held.as_millis()
        );
        ensure!(self.open_since.iter().all(Option::is_none), "a door stands open at the end");
        Ok(json!({
            "pulses": self.pulses,
            "longest_held_ms": self.longest_held.as_millis(),
            "contact_to_page_ms": self.seen_after.iter().min().map(Duration::as_millis),
        }))
    }
}
