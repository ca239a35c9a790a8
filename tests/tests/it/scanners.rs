//! The scanner's driver against the mock: every kind, every fault, every broken wire.

use std::time::Duration;

use pickup_devices::DeviceFault;
use pickup_devices::scanner::{ScannerConfig, ScannerEvent, ScannerHandle, ScannerKind, ScannerTrace, spawn};
use pickup_hw_mock::scanner::ScannerKind as Mocked;
use pickup_hw_mock::wire::WireFault;
use pickup_hw_mock::world::Device;

use super::rig::{Rig, all_within, each, next, wait_for};

const KINDS: [(ScannerKind, Mocked); 4] = [
    (ScannerKind::Gm65, Mocked::Gm65),
    (ScannerKind::Newland, Mocked::Newland),
    (ScannerKind::Honeywell, Mocked::Honeywell),
    (ScannerKind::Lines, Mocked::Lines),
];

fn config(rig: &Rig, kind: ScannerKind) -> ScannerConfig {
    ScannerConfig {
        kind,
        port: rig.port("scanner"),
        trigger_ms: 100,
        silence_ms: 60,
        ..ScannerConfig::default()
    }
}

async fn up(rig: &Rig, (kind, mocked): (ScannerKind, Mocked)) -> ScannerHandle {
    rig.bench.change(|world| world.set_scanner(mocked));
    let mut driver = spawn(config(rig, kind));
    assert_eq!(next(&mut driver.events).await, ScannerEvent::Up);
    driver
}

async fn scan(rig: &Rig, code: &str) {
    let sent = rig.bench.change(|world| world.scan(code.as_bytes()));
    rig.bench.send(Device::Scanner, &sent).await;
}

fn code(text: &str) -> ScannerEvent {
    ScannerEvent::Code(text.as_bytes().to_vec())
}

/// Holds a code before the scanner until it is read: a module that is told to read may not have been told yet.
async fn read(rig: &Rig, driver: &mut ScannerHandle, text: &str) {
    for _ in 0..100 {
        scan(rig, text).await;
        if let Some(said) = all_within(&mut driver.events, Duration::from_millis(150)).await.first() {
            return assert_eq!(*said, code(text));
        }
    }
    panic!("{text} was not read");
}

#[tokio::test]
async fn every_kind_of_scanner_reads_one_code_after_another() {
    each(KINDS, |kinds| async move {
        let rig = Rig::start();
        let mut driver = up(&rig, kinds).await;
        for text in ["BP1ABCDEFGH", "BP1ZZZ", "BADGE-0001"] {
            read(&rig, &mut driver, text).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_factory_new_module_is_set_up_once_and_left_alone_at_the_next_start() {
    let rig = Rig::start();
    let changed = |driver: &ScannerHandle| {
        let trace = driver.trace();
        trace.iter().filter(|entry| matches!(entry.event, ScannerTrace::SettingChanged(_))).count()
    };
    let first = up(&rig, (ScannerKind::Gm65, Mocked::Gm65)).await;
    assert_eq!(changed(&first), 2);
    drop(first);
    let mut second = spawn(config(&rig, ScannerKind::Gm65));
    assert_eq!(next(&mut second.events).await, ScannerEvent::Up);
    assert_eq!(changed(&second), 0);
}

#[tokio::test]
async fn each_fault_of_a_scanner_does_no_more_than_it_must() {
    let faults: [(&str, &[&str]); 5] = [
        ("silent", &[]),
        ("noise", &["BP1ABC"]),
        ("double", &["BP1ABC", "BP1ABC"]),
        ("late_ack", &["BP1ABC"]),
        ("no_terminator", &["BP1ABC"]),
    ];
    each(faults, |(fault, wanted)| async move {
        let rig = Rig::start();
        if fault == "late_ack" {
            rig.fault("scanner", Some(fault)).await;
        }
        let mut driver = up(&rig, (ScannerKind::Gm65, Mocked::Gm65)).await;
        rig.fault("scanner", Some(fault)).await;
        scan(&rig, "BP1ABC").await;
        let said = all_within(&mut driver.events, Duration::from_millis(400)).await;
        let read: Vec<ScannerEvent> = wanted.iter().map(|text| code(text)).collect();
        assert!(said.ends_with(&read) && said.len() <= read.len() + 1, "{fault}: {said:?}");
        rig.fault("scanner", None).await;
        scan(&rig, "NEXT").await;
        assert_eq!(next(&mut driver.events).await, code("NEXT"), "{fault}");
    })
    .await;
}

#[tokio::test]
async fn a_broken_wire_spoils_one_code_at_most() {
    let faults = [
        WireFault::GarbageBefore,
        WireFault::GarbageInside,
        WireFault::GarbageAfter,
        WireFault::Cut,
        WireFault::Pieces,
        WireFault::Late,
    ];
    each(faults, |fault| async move {
        let rig = Rig::start();
        let mut driver = up(&rig, (ScannerKind::Lines, Mocked::Lines)).await;
        rig.wire(Device::Scanner, Some(fault));
        scan(&rig, "BP1ABC").await;
        let said = all_within(&mut driver.events, Duration::from_millis(400)).await;
        assert!(said.iter().all(|event| matches!(event, ScannerEvent::Code(_))), "{fault:?}: {said:?}");
        if matches!(fault, WireFault::Pieces | WireFault::Late | WireFault::GarbageAfter) {
            assert_eq!(said.first(), Some(&code("BP1ABC")), "{fault:?}");
        }
        rig.wire(Device::Scanner, None);
        scan(&rig, "NEXT").await;
        assert_eq!(next(&mut driver.events).await, code("NEXT"), "{fault:?}");
    })
    .await;
}

#[tokio::test]
async fn a_scanner_pulled_out_in_the_middle_of_a_code_is_down_once_up_once_and_reads_on() {
    each(KINDS, |kinds| async move {
        let rig = Rig::start();
        let mut driver = up(&rig, kinds).await;
        read(&rig, &mut driver, "BP1ABC").await;
        rig.bench.line(Device::Scanner).unplug();
        let (before, _) =
            wait_for(&mut driver.events, |event| *event == ScannerEvent::Down(DeviceFault::PortLost)).await;
        assert_eq!(before, []);
        assert_eq!(all_within(&mut driver.events, Duration::from_millis(700)).await, []);
        rig.bench.line(Device::Scanner).plug().unwrap();
        assert_eq!(next(&mut driver.events).await, ScannerEvent::Up);
        read(&rig, &mut driver, "BP1DEF").await;
        rig.wire(Device::Scanner, Some(WireFault::UnplugMid));
        scan(&rig, "BP1GHI").await;
        wait_for(&mut driver.events, |event| *event == ScannerEvent::Up).await;
        read(&rig, &mut driver, "BP1JKL").await;
    })
    .await;
}
