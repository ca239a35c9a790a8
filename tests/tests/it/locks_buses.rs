//! Several buses of several families as one device.

use pickup_devices::DeviceFault;
use pickup_devices::lock::{
    BoardConfig, DoorConfig, Family, LockConfig, LockEvent, OpenFailure, Polarity, spawn_all,
};

use super::locks::{Cabinet, hasty, until};

const RACK: &str = "
    [[buses]]
    boards = [{ address = 2, channels = 16 }]
    [[buses]]
    family = 'modbus'
    boards = [{ address = 1, channels = 8, short_when_open = true }, { address = 9, channels = 8 }]
    [[doors]]
    door = 1
    channel = 5
    size = 'S'
    [[doors]]
    door = 2
    bus = 1
    board = 1
    channel = 8
    size = 'S'
    [[doors]]
    door = 3
    bus = 1
    board = 9
    channel = 1
    size = 'S'
";

fn buses(cabinet: &Cabinet) -> Vec<LockConfig> {
    let first = LockConfig {
        doors: vec![DoorConfig { door: 1, board: 2, channel: 5 }],
        idle_poll_ms: 50,
        ..hasty(Family::Board8a, false, cabinet.dir.join("lock"))
    };
    let second = LockConfig {
        boards: vec![
            BoardConfig { address: 1, channels: 8, polarity: Polarity::DoorOpening },
            BoardConfig { address: 9, channels: 8, polarity: Polarity::DoorClosing },
        ],
        doors: vec![
            DoorConfig { door: 2, board: 1, channel: 8 },
            DoorConfig { door: 3, board: 9, channel: 1 },
        ],
        idle_poll_ms: 50,
        ..hasty(Family::Modbus, false, cabinet.dir.join("lock2"))
    };
    vec![first, second]
}

fn not_sent(door: u16, fault: DeviceFault) -> LockEvent {
    LockEvent::OpenFailed { door, kind: OpenFailure::NotSent, fault }
}

#[tokio::test]
async fn doors_of_all_buses_open_through_one_handle() {
    let cabinet = Cabinet::of(RACK);
    let mut driver = spawn_all(buses(&cabinet));
    for door in [3, 1, 2] {
        driver.open(door).unwrap();
        until(&mut driver, LockEvent::Opened { door }).await;
    }
    assert_eq!(cabinet.pulses(), [3, 1, 2]);
    driver.open(77).unwrap();
    until(&mut driver, not_sent(77, DeviceFault::Unconfigured)).await;
}

#[tokio::test]
async fn a_dead_bus_does_not_stop_the_other_and_an_opening_on_it_is_not_sent() {
    let cabinet = Cabinet::of(RACK);
    cabinet.fault("lock", Some("silent"));
    let mut driver = spawn_all(buses(&cabinet));
    let before = until(&mut driver, LockEvent::Up).await;
    assert!(before.is_empty(), "{before:?}");
    until(&mut driver, LockEvent::BusDown { bus: 0, fault: DeviceFault::NoAnswer }).await;
    driver.open(1).unwrap();
    until(&mut driver, not_sent(1, DeviceFault::NoAnswer)).await;
    driver.open(2).unwrap();
    until(&mut driver, LockEvent::Opened { door: 2 }).await;
    cabinet.fault("lock", None);
    until(&mut driver, LockEvent::BusUp { bus: 0 }).await;
    driver.open(1).unwrap();
    until(&mut driver, LockEvent::Opened { door: 1 }).await;
    assert_eq!(cabinet.pulses(), [2, 1]);
}

#[tokio::test]
async fn one_dead_board_does_not_stop_its_neighbour_on_the_bus() {
    let cabinet = Cabinet::of(RACK);
    cabinet.fault("lock2:9", Some("silent"));
    let mut driver = spawn_all(buses(&cabinet));
    until(&mut driver, LockEvent::BoardDown { bus: 1, board: 9 }).await;
    driver.open(3).unwrap();
    until(&mut driver, not_sent(3, DeviceFault::NoAnswer)).await;
    driver.open(2).unwrap();
    until(&mut driver, LockEvent::Opened { door: 2 }).await;
    cabinet.fault("lock2:9", None);
    until(&mut driver, LockEvent::BoardUp { bus: 1, board: 9 }).await;
    driver.open(3).unwrap();
    until(&mut driver, LockEvent::Opened { door: 3 }).await;
}

#[tokio::test]
async fn it_is_down_when_the_last_bus_is_down_and_says_so_once() {
    let cabinet = Cabinet::of(RACK);
    let mut driver = spawn_all(buses(&cabinet));
    until(&mut driver, LockEvent::State { door: 3, open: false }).await;
    cabinet.fault("lock2", Some("silent"));
    until(&mut driver, LockEvent::BusDown { bus: 1, fault: DeviceFault::NoAnswer }).await;
    cabinet.fault("lock", Some("silent"));
    until(&mut driver, LockEvent::Down(DeviceFault::NoAnswer)).await;
    driver.open(2).unwrap();
    until(&mut driver, not_sent(2, DeviceFault::NoAnswer)).await;
    cabinet.fault("lock2", None);
    until(&mut driver, LockEvent::Up).await;
    assert!(cabinet.pulses().is_empty());
}
