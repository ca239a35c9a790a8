//! Doors on simulated pins.

use std::time::Duration;

use pickup_devices::DeviceFault;
use pickup_devices::gpio::signals::{self, SignalSettings};
use pickup_devices::gpio::{Bank, GpioBackend, GpioSettings, HalContacts, HalRelays, spawn_on};
use pickup_devices::lock::{
    BoardConfig, DoorConfig, Family, LockConfig, LockEvent, LockHandle, OpenFailure, Polarity, PulseLength,
};
use pickup_hw_mock::pins::SharedDoor;
use tokio::time::timeout;

use super::locks::until;

fn config() -> LockConfig {
    LockConfig {
        family: Family::Gpio,
        pulse_ms: PulseLength::try_from(100).unwrap(),
        gpio: GpioSettings { cooldown_ms: 300, debounce_ms: 10, ..GpioSettings::default() },
        boards: vec![BoardConfig { address: 1, channels: 2, polarity: Polarity::DoorClosing }],
        doors: (1..=2).map(|n| DoorConfig { door: n, board: 1, channel: n as u8 }).collect(),
        open_timeout_ms: 400,
        poll_ms: 20,
        fast_poll_ms: 5,
        idle_poll_ms: 30,
        ..LockConfig::default()
    }
}

fn start(doors: &[SharedDoor; 2]) -> LockHandle {
    let (doors, config) = (doors.clone(), config());
    spawn_on(config.clone(), move || {
        let numbered = || (1..).zip(&doors);
        let relays = numbered().map(|(channel, door)| (channel, door.relay())).collect();
        let contacts = numbered().map(|(channel, door)| (channel, door.contact())).collect();
        Bank::start(
            HalRelays { pins: relays, active_low: false },
            HalContacts { pins: contacts, active_low: true },
            &config,
        )
    })
}

fn failed(door: u16, kind: OpenFailure, fault: DeviceFault) -> LockEvent {
    LockEvent::OpenFailed { door, kind, fault }
}

#[tokio::test]
async fn relays_are_off_before_anything_else_and_a_pulse_has_its_length() {
    let doors = [SharedDoor::default(), SharedDoor::default()];
    let mut driver = start(&doors);
    until(&mut driver, LockEvent::State { door: 2, open: false }).await;
    assert!(doors.iter().all(|door| door.door().offs == 1 && door.door().pulses.is_empty()));
    driver.open(1).unwrap();
    until(&mut driver, LockEvent::Opened { door: 1 }).await;
    let pulses = doors[0].door().pulses.clone();
    assert_eq!(pulses.len(), 1);
    assert!(pulses[0] >= Duration::from_millis(100), "{pulses:?}");
    assert!(!doors[0].door().is_on() && doors[1].door().pulses.is_empty());
    doors[0].door().open = false;
    until(&mut driver, LockEvent::Closed { door: 1 }).await;
}

#[tokio::test]
async fn a_relay_rests_between_pulses() {
    let doors = [SharedDoor::default(), SharedDoor::default()];
    let mut driver = start(&doors);
    driver.open(1).unwrap();
    until(&mut driver, LockEvent::Opened { door: 1 }).await;
    driver.open(1).unwrap();
    until(&mut driver, failed(1, OpenFailure::NotSent, DeviceFault::Busy)).await;
    driver.open(2).unwrap();
    until(&mut driver, LockEvent::Opened { door: 2 }).await;
    assert_eq!(doors.map(|door| door.door().pulses.len()), [1, 1]);
}

#[tokio::test]
async fn a_jammed_door_is_not_detected_and_a_bouncing_contact_is_waited_for() {
    let doors = [SharedDoor::default(), SharedDoor::default()];
    doors[0].door().stuck_closed = true;
    doors[1].door().bounces = 7;
    let mut driver = start(&doors);
    let said = until(&mut driver, LockEvent::State { door: 2, open: false }).await;
    assert!(!said.contains(&LockEvent::State { door: 2, open: true }), "{said:?}");
    driver.open(1).unwrap();
    until(&mut driver, failed(1, OpenFailure::NotDetected, DeviceFault::DoorNotSeenOpen)).await;
    assert_eq!(doors[0].door().pulses.len(), 1);
}

#[tokio::test]
async fn a_bank_that_cannot_be_switched_off_is_not_used_until_it_can() {
    let doors = [SharedDoor::default(), SharedDoor::default()];
    doors[1].door().broken = true;
    let mut driver = start(&doors);
    until(&mut driver, LockEvent::Down(DeviceFault::PortUnavailable)).await;
    driver.open(1).unwrap();
    until(&mut driver, failed(1, OpenFailure::NotSent, DeviceFault::PortUnavailable)).await;
    doors[1].door().broken = false;
    until(&mut driver, LockEvent::Up).await;
    assert!(doors[0].door().pulses.is_empty());
}

#[test]
fn a_driver_that_ends_in_the_middle_of_a_pulse_leaves_the_relay_off() {
    let doors = [SharedDoor::default(), SharedDoor::default()];
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut driver = start(&doors);
        until(&mut driver, LockEvent::State { door: 2, open: false }).await;
        driver.open(1).unwrap();
        let on = async {
            while !doors[0].door().is_on() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(5), on).await.expect("no pulse");
    });
    // Everything the driver does ends here, in the middle of the pulse.
    drop(runtime);
    let door = doors[0].door();
    assert!(!door.is_on() && door.pulses.len() == 1, "{door:?}");
}

/// A panel of signals on pins that are files: 1 the buzzer, 2 the lamps, 3 the light over the doors, 4 the sensor.
struct Wall {
    dir: std::path::PathBuf,
}

impl Wall {
    fn new() -> Self {
        let dir = std::env::temp_dir().join(format!("pickup-signals-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&dir).unwrap();
        let wall = Self { dir };
        wall.write("4", "0");
        wall
    }

    fn write(&self, line: &str, level: &str) {
        std::fs::write(self.dir.join(line), level).unwrap();
    }

    fn settings(&self, lamps_for_s: u64) -> SignalSettings {
        SignalSettings {
            backend: GpioBackend::Files,
            chip: self.dir.display().to_string(),
            buzzer: Some(1),
            lamps: Some(2),
            door_light: Some(3),
            presence: Some(4),
            lamps_for_s,
            ..SignalSettings::default()
        }
    }

    fn levels(&self) -> [String; 3] {
        ["1", "2", "3"].map(|line| std::fs::read_to_string(self.dir.join(line)).unwrap_or_default())
    }

    async fn until(&self, wanted: [&str; 3]) {
        let seen = async {
            while self.levels() != wanted {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let seen = timeout(Duration::from_secs(60), seen).await;
        assert!(seen.is_ok(), "{:?} instead of {wanted:?}", self.levels());
    }
}

impl Drop for Wall {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

#[tokio::test]
async fn a_door_that_opens_is_lit_and_sounded_until_it_is_shut() {
    let wall = Wall::new();
    // Whatever a process before this one left on is off at first.
    wall.write("1", "1");
    let signals = signals::spawn(&wall.settings(0));
    wall.until(["0", "0", "0"]).await;
    signals.door(7, true);
    wall.until(["1", "1", "1"]).await;
    wall.until(["0", "1", "1"]).await;
    signals.door(7, false);
    wall.until(["0", "0", "0"]).await;
}

#[tokio::test]
async fn the_lamps_are_on_while_the_sensor_sees_somebody_and_a_while_after() {
    let wall = Wall::new();
    let _signals = signals::spawn(&wall.settings(1));
    wall.until(["0", "0", "0"]).await;
    wall.write("4", "1");
    wall.until(["0", "1", "0"]).await;
    let gone = std::time::Instant::now();
    wall.write("4", "0");
    wall.until(["0", "0", "0"]).await;
    assert!(gone.elapsed() >= Duration::from_millis(900), "they go on for a second");
}

#[tokio::test]
async fn a_sensor_that_is_not_there_is_done_without() {
    let wall = Wall::new();
    std::fs::remove_file(wall.dir.join("4")).unwrap();
    let signals = signals::spawn(&wall.settings(0));
    signals.door(7, true);
    wall.until(["0", "1", "1"]).await;
}
