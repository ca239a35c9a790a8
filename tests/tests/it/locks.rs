//! The driver of the locks against the simulated boards, over real pseudo-terminals: every family with every fault.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pickup_devices::DeviceFault;
use pickup_devices::lock::{
    BoardConfig, DoorConfig, Family, LockConfig, LockEvent, LockHandle, OpenFailure, Polarity, spawn,
};
use pickup_hw_mock::bench::Bench;
use pickup_hw_mock::lock::line;
use pickup_hw_mock::printer::Printer;
use pickup_hw_mock::rack::Rack;
use pickup_hw_mock::world::World;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);
const DOORS: u16 = 3;
/// Every family, and Winnsen's other order.
pub const FAMILIES: [(Family, &str, bool); 6] = [
    (Family::Board8a, "8a", false),
    (Family::Wkly, "wkly", false),
    (Family::Cu16, "cu16", false),
    (Family::Winnsen, "winnsen", false),
    (Family::Winnsen, "winnsen", true),
    (Family::Modbus, "modbus", false),
];

/// A simulated cabinet of this test's own.
pub struct Cabinet {
    pub bench: Arc<Bench>,
    pub dir: PathBuf,
}

impl Cabinet {
    pub fn of(rack: &str) -> Self {
        Self::paced(rack, false)
    }

    fn paced(rack: &str, pace: bool) -> Self {
        let dir = std::env::temp_dir().join(format!("pickup-locks-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&dir).unwrap();
        let world = World::new(Rack::read(rack).unwrap(), Printer::default());
        let bench = Bench::open(world, &dir, pace).unwrap();
        tokio::spawn(line::serve(bench.clone()));
        Self { bench, dir }
    }

    pub fn fault(&self, device: &str, fault: Option<&str>) {
        self.bench.change(|world| world.set_lock_fault(device, fault)).unwrap();
    }

    pub fn pulses(&self) -> Vec<u64> {
        let (_, log) = self.bench.world().log_since(0);
        let pulses = log.into_iter().filter(|entry| entry["kind"] == "pulse");
        pulses.map(|entry| entry["door"].as_u64().unwrap()).collect()
    }

    pub fn close(&self, door: u16) {
        self.bench.change(|world| world.move_door(door, false)).unwrap();
    }
}

impl Drop for Cabinet {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// One bus of one board with three doors, and a driver that is in a hurry.
pub struct Bus {
    pub cabinet: Cabinet,
    pub driver: LockHandle,
    name: String,
}

/// Skips what a driver says until it says this; what was skipped.
pub async fn until(driver: &mut LockHandle, wanted: LockEvent) -> Vec<LockEvent> {
    let mut passed = Vec::new();
    loop {
        match timeout(PATIENCE, driver.events.recv()).await {
            Ok(Some(event)) if event == wanted => return passed,
            Ok(Some(event)) => passed.push(event),
            other => panic!("{other:?} instead of {wanted:?} after {passed:?}"),
        }
    }
}

pub fn hasty(family: Family, swapped: bool, port: PathBuf) -> LockConfig {
    LockConfig {
        port,
        family,
        swapped,
        boards: vec![BoardConfig { address: 2, channels: 16, polarity: Polarity::DoorClosing }],
        doors: (1..=DOORS).map(|door| DoorConfig { door, board: 2, channel: door as u8 * 5 }).collect(),
        open_timeout_ms: 600,
        poll_ms: 20,
        fast_poll_ms: 5,
        // Nothing is asked by itself while all doors are shut.
        idle_poll_ms: 60_000,
        answer_ms: 250,
        ack_ms: 50,
        ..LockConfig::default()
    }
}

fn rack(family: &str, swapped: bool) -> String {
    let mut text = format!(
        "[[buses]]\nfamily = '{family}'\nswapped = {swapped}\nboards = [{{ address = 2, channels = 16 }}]\n"
    );
    for door in 1..=DOORS {
        text += &format!("[[doors]]\ndoor = {door}\nchannel = {}\nsize = 'S'\n", door * 5);
    }
    text
}

impl Bus {
    fn start((family, name, swapped): (Family, &str, bool), fault: Option<&str>) -> Self {
        let cabinet = Cabinet::of(&rack(name, swapped));
        cabinet.fault("lock", fault);
        let config = hasty(family, swapped, cabinet.dir.join("lock"));
        Self::on(cabinet, config, name, swapped)
    }

    fn on(cabinet: Cabinet, config: LockConfig, name: &str, swapped: bool) -> Self {
        let driver = spawn(config);
        Self { cabinet, driver, name: format!("{name} swapped={swapped}") }
    }

    /// A bus whose doors have been read.
    async fn ready(family: (Family, &str, bool)) -> Self {
        let mut bus = Self::start(family, None);
        assert_eq!(bus.event().await, LockEvent::Up, "{}", bus.name);
        for door in 1..=DOORS {
            assert_eq!(bus.event().await, LockEvent::State { door, open: false }, "{}", bus.name);
        }
        bus
    }

    async fn event(&mut self) -> LockEvent {
        let event = timeout(PATIENCE, self.driver.events.recv()).await;
        event.unwrap_or_else(|_| panic!("{}: nothing in time", self.name)).expect("the driver has ended")
    }

    async fn until(&mut self, fits: impl Fn(&LockEvent) -> bool) -> LockEvent {
        let mut passed = Vec::new();
        loop {
            match timeout(PATIENCE, self.driver.events.recv()).await {
                Ok(Some(event)) if fits(&event) => return event,
                Ok(Some(event)) => passed.push(event),
                other => panic!("{}: {other:?} after {passed:?}", self.name),
            }
        }
    }

    /// Asks for door 2 and says what became of it.
    async fn open(&mut self) -> Result<(), (OpenFailure, DeviceFault)> {
        self.driver.open(2).unwrap();
        let verdict =
            self.until(|event| matches!(event, LockEvent::Opened { .. } | LockEvent::OpenFailed { .. }));
        match verdict.await {
            LockEvent::OpenFailed { door: 2, kind, fault } => Err((kind, fault)),
            LockEvent::Opened { door: 2 } => Ok(()),
            other => panic!("{}: {other:?}", self.name),
        }
    }
}

/// Breaks a board once its doors were read, opens door 2 and expects an outcome and a number of pulses.
async fn each_family_opens(
    fault: Option<&'static str>,
    expect: impl Fn(Family) -> (Result<(), (OpenFailure, DeviceFault)>, usize),
) {
    let run = |family: (Family, &'static str, bool)| {
        let expected = expect(family.0);
        async move {
            let mut bus = Bus::ready(family).await;
            bus.cabinet.fault("lock", fault);
            let outcome = bus.open().await;
            let trace = bus.driver.trace();
            assert_eq!(outcome, expected.0, "{} {fault:?} {trace:?}", bus.name);
            assert_eq!(bus.cabinet.pulses().len(), expected.1, "{} {fault:?}", bus.name);
        }
    };
    let runs: Vec<_> = FAMILIES.into_iter().map(|family| tokio::spawn(run(family))).collect();
    for run in runs {
        run.await.unwrap();
    }
}

const JAMMED: (OpenFailure, DeviceFault) = (OpenFailure::NotDetected, DeviceFault::DoorNotSeenOpen);

#[tokio::test]
async fn every_family_opens_a_door_with_one_pulse() {
    each_family_opens(None, |_| (Ok(()), 1)).await;
}

#[tokio::test]
async fn a_board_that_never_acknowledges_opens_all_the_same() {
    each_family_opens(Some("never_acknowledges"), |_| (Ok(()), 1)).await;
}

#[tokio::test]
async fn noise_around_answers_does_no_harm() {
    each_family_opens(Some("garbage_before"), |_| (Ok(()), 1)).await;
    each_family_opens(Some("garbage_after"), |_| (Ok(()), 1)).await;
}

#[tokio::test]
async fn a_contact_that_bounces_opens_once() {
    each_family_opens(Some("bounced_contact"), |_| (Ok(()), 1)).await;
}

#[tokio::test]
async fn a_door_whose_contact_is_stuck_open_is_pulsed_once() {
    each_family_opens(Some("stuck_open"), |_| (Ok(()), 1)).await;
}

#[tokio::test]
async fn a_jammed_door_is_told_as_not_detected_after_one_pulse() {
    each_family_opens(Some("stuck_closed"), |_| (Err(JAMMED), 1)).await;
}

#[tokio::test]
async fn answers_with_a_wrong_byte_leave_no_answer_after_one_pulse() {
    let silent = (OpenFailure::NoAnswer, DeviceFault::NoAnswer);
    each_family_opens(Some("garbage_inside"), |_| (Err(silent), 1)).await;
}

#[tokio::test]
async fn a_board_that_falls_silent_before_the_pulse_gives_none_and_says_no_answer() {
    let silent = (OpenFailure::NoAnswer, DeviceFault::NoAnswer);
    each_family_opens(Some("silent"), |_| (Err(silent), 0)).await;
}

#[tokio::test]
async fn an_adapter_pulled_out_in_the_middle_of_a_frame_leaves_the_outcome_unknown() {
    let lost = (OpenFailure::OutcomeUnknown, DeviceFault::PortLost);
    each_family_opens(Some("unplug"), |_| (Err(lost), 1)).await;
}

#[tokio::test]
async fn a_board_that_says_it_gave_no_pulse_is_believed() {
    let refused = (OpenFailure::NotSent, DeviceFault::Busy);
    each_family_opens(Some("refuses"), |family| match family {
        Family::Winnsen | Family::Modbus => (Err(refused), 0),
        _ => (Err(JAMMED), 0),
    })
    .await;
}

#[tokio::test]
async fn boards_as_slow_as_the_real_ones_open_with_the_usual_patience() {
    let run = |(family, name, swapped): (Family, &'static str, bool)| async move {
        let cabinet = Cabinet::paced(&rack(name, swapped), true);
        let hasty = hasty(family, swapped, cabinet.dir.join("lock"));
        let (port, boards, doors) = (hasty.port, hasty.boards, hasty.doors);
        let config = LockConfig { port, boards, doors, family, swapped, ..LockConfig::default() };
        let mut bus = Bus::on(cabinet, config, name, swapped);
        bus.until(|event| *event == LockEvent::State { door: DOORS, open: false }).await;
        assert_eq!(bus.open().await, Ok(()), "{}", bus.name);
        bus.cabinet.close(2);
        bus.until(|event| *event == LockEvent::Closed { door: 2 }).await;
        assert_eq!(bus.cabinet.pulses(), [2], "{}", bus.name);
    };
    let runs: Vec<_> = FAMILIES.into_iter().map(|family| tokio::spawn(run(family))).collect();
    for run in runs {
        run.await.unwrap();
    }
}

#[tokio::test]
async fn late_answers_never_lead_to_a_second_pulse() {
    for family in FAMILIES {
        let mut bus = Bus::ready(family).await;
        bus.cabinet.fault("lock", Some("late_frame"));
        let outcome = bus.open().await;
        let fine = matches!(outcome, Ok(()) | Err((OpenFailure::NoAnswer, _)));
        assert!(fine, "{}: the pulse was given: {outcome:?}", bus.name);
        bus.cabinet.fault("lock", None);
        bus.driver.query_all().unwrap();
        bus.until(|event| *event == LockEvent::State { door: 2, open: true }).await;
        assert_eq!(bus.cabinet.pulses(), [2], "{}", bus.name);
    }
}

#[tokio::test]
async fn an_echoing_adapter_is_found_out_and_a_jammed_door_behind_it_is_not_taken_for_open() {
    for family in FAMILIES {
        let mut bus = Bus::start(family, Some("echo"));
        bus.until(|event| *event == LockEvent::State { door: DOORS, open: false }).await;
        assert_eq!(bus.open().await, Ok(()), "{}", bus.name);
        let echo = pickup_devices::lock::LockTrace::Echo;
        assert!(bus.driver.trace().iter().any(|entry| entry.event == echo), "{}", bus.name);
        assert_eq!(bus.cabinet.pulses(), [2], "{}", bus.name);
    }
}

#[tokio::test]
async fn a_silent_board_is_told_once_gets_no_pulse_and_comes_back() {
    let run = |family: (Family, &'static str, bool)| async move {
        let mut bus = Bus::start(family, Some("silent"));
        assert_eq!(bus.event().await, LockEvent::Down(DeviceFault::NoAnswer), "{}", bus.name);
        assert_eq!(bus.open().await, Err((OpenFailure::NotSent, DeviceFault::NoAnswer)), "{}", bus.name);
        bus.cabinet.fault("lock", None);
        assert_eq!(bus.event().await, LockEvent::Up, "{}", bus.name);
        assert_eq!(bus.open().await, Ok(()), "{}", bus.name);
        assert_eq!(bus.cabinet.pulses(), [2], "{}", bus.name);
    };
    let runs: Vec<_> = FAMILIES.into_iter().map(|family| tokio::spawn(run(family))).collect();
    for run in runs {
        run.await.unwrap();
    }
}

#[tokio::test]
async fn a_wrong_polarity_shows_at_once_as_every_door_open() {
    for family in FAMILIES {
        let mut bus = Bus::start(family, Some("wrong_polarity"));
        assert_eq!(bus.event().await, LockEvent::Up, "{}", bus.name);
        for door in 1..=DOORS {
            assert_eq!(bus.event().await, LockEvent::State { door, open: true }, "{}", bus.name);
        }
        assert_eq!(bus.open().await, Err(JAMMED), "{}: it reads closed after the pulse", bus.name);
        assert_eq!(bus.cabinet.pulses(), [2], "{}", bus.name);
    }
}

#[tokio::test]
async fn a_bouncing_door_is_closed_once() {
    for family in FAMILIES {
        let mut bus = Bus::ready(family).await;
        bus.cabinet.fault("lock", Some("bounced_contact"));
        assert_eq!(bus.open().await, Ok(()), "{}", bus.name);
        bus.cabinet.close(2);
        bus.until(|event| *event == LockEvent::Closed { door: 2 }).await;
        bus.driver.query_all().unwrap();
        let state = LockEvent::State { door: DOORS, open: false };
        let mut after = Vec::new();
        while after.last() != Some(&state) {
            after.push(bus.event().await);
        }
        assert!(!after.contains(&LockEvent::Closed { door: 2 }), "{}: {after:?}", bus.name);
    }
}
