//! The driver of the locker doors.

use std::time::{Duration, Instant};

use pickup_devices::DeviceFault;
use pickup_devices::lock::{
    BoardConfig, DoorConfig, Family, LockConfig, LockConfigError, LockEvent, LockHandle, LockTrace,
    OpenFailure, Polarity, spawn_on,
};
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;

use super::fake_board::{Board, Shared, serve};
use super::line::{Plugs, all_within, next, socket, until, wait_for};

const DOORS: u16 = 12;

struct Bench {
    driver: LockHandle,
    board: Shared,
    plugs: Plugs<DuplexStream>,
    device: JoinHandle<()>,
}

fn config(polarity: Polarity) -> LockConfig {
    LockConfig {
        boards: vec![BoardConfig { address: 1, channels: 12, polarity }],
        doors: (1..=DOORS).map(|door| DoorConfig { door, board: 1, channel: door as u8 }).collect(),
        open_timeout_ms: 300,
        poll_ms: 20,
        fast_poll_ms: 5,
        idle_poll_ms: 50,
        answer_ms: 150,
        ack_ms: 50,
        ..LockConfig::default()
    }
}

/// A bench whose doors have been read.
async fn ready_as(config: LockConfig, set: impl FnOnce(&mut Board)) -> Bench {
    let (socket, plugs) = socket();
    let board = Board::shared(1);
    set(&mut board.lock().unwrap());
    let device = tokio::spawn(serve(plugs.plug(), vec![board.clone()]));
    let mut bench = Bench { driver: spawn_on(config, socket), board, plugs, device };
    bench.expect_up().await;
    bench
}

async fn ready(set: impl FnOnce(&mut Board)) -> Bench {
    ready_as(config(Polarity::DoorClosing), set).await
}

impl Bench {
    fn change(&self, change: impl FnOnce(&mut Board)) {
        change(&mut self.board.lock().unwrap());
    }

    fn pulsed(&self) -> Vec<u8> {
        self.board.lock().unwrap().pulsed()
    }

    fn acknowledgements(&self) -> Vec<LockTrace> {
        let trace = self.driver.trace().into_iter().map(|entry| entry.event);
        trace.filter(|event| matches!(event, LockTrace::Acknowledged(_))).collect()
    }

    async fn event(&mut self) -> LockEvent {
        next(&mut self.driver.events).await
    }

    async fn expect_up(&mut self) {
        assert_eq!(self.event().await, LockEvent::Up);
        for door in 1..=DOORS {
            let open = self.board.lock().unwrap().open.contains(&(door as u8));
            assert_eq!(self.event().await, LockEvent::State { door, open });
        }
    }

    async fn expect_failed(&mut self, door: u16, kind: OpenFailure, fault: DeviceFault) {
        assert_eq!(self.event().await, LockEvent::OpenFailed { door, kind, fault });
    }
}

#[tokio::test]
async fn at_start_all_doors_are_read_and_none_is_pulsed() {
    let bench = ready(|board| _ = board.open.insert(7)).await;
    until(|| bench.board.lock().unwrap().looks > 3).await;
    assert_eq!(bench.pulsed(), []);
}

#[tokio::test]
async fn a_door_opens_and_closes_with_every_polarity_echo_and_manner_of_acknowledging() {
    for (polarity, closing) in [(Polarity::DoorClosing, true), (Polarity::DoorOpening, false)] {
        for (echoes, acknowledges, groups) in
            [(false, true, 3), (false, false, 2), (true, true, 2), (true, false, 3), (true, true, 7)]
        {
            let set = |board: &mut Board| {
                (board.closing, board.echoes) = (closing, echoes);
                (board.acknowledges, board.groups) = (acknowledges, groups);
            };
            let mut bench = ready_as(config(polarity), set).await;
            bench.driver.open(9).unwrap();
            assert_eq!(bench.event().await, LockEvent::State { door: 9, open: true });
            assert_eq!(bench.event().await, LockEvent::Opened { door: 9 });
            bench.change(|board| _ = board.open.remove(&9));
            assert_eq!(bench.event().await, LockEvent::State { door: 9, open: false });
            assert_eq!(bench.event().await, LockEvent::Closed { door: 9 });
            assert_eq!(bench.pulsed(), [9]);
            let status = if closing { 0x00 } else { 0x11 };
            let expected = if acknowledges { vec![LockTrace::Acknowledged(status)] } else { Vec::new() };
            assert_eq!(bench.acknowledgements(), expected, "an echo is no acknowledgement");
        }
    }
}

#[tokio::test]
async fn a_jammed_door_is_not_detected_although_an_echo_looks_like_success() {
    for (polarity, closing) in [(Polarity::DoorClosing, true), (Polarity::DoorOpening, false)] {
        for (echoes, acknowledges) in [(false, true), (true, false), (true, true)] {
            let set = |board: &mut Board| {
                (board.closing, board.echoes, board.acknowledges) = (closing, echoes, acknowledges);
                board.stuck.insert(3);
            };
            let mut bench = ready_as(config(polarity), set).await;
            bench.driver.open(3).unwrap();
            bench.expect_failed(3, OpenFailure::NotDetected, DeviceFault::DoorNotSeenOpen).await;
            assert_eq!(bench.pulsed(), [3], "one pulse, no retry");
        }
    }
}

#[tokio::test]
async fn a_door_whose_sensor_says_open_is_pulsed_all_the_same() {
    let mut bench = ready(|board| _ = board.open.insert(4)).await;
    bench.driver.open(4).unwrap();
    assert_eq!(bench.event().await, LockEvent::Opened { door: 4 });
    assert_eq!(bench.pulsed(), [4]);
}

#[tokio::test]
async fn a_board_that_falls_silent_after_the_pulse_leaves_no_answer() {
    let mut bench = ready(|board| board.dies_at_pulse = true).await;
    bench.driver.open(2).unwrap();
    let failed =
        wait_for(&mut bench.driver.events, |event| matches!(event, LockEvent::OpenFailed { .. })).await;
    let kind = OpenFailure::NoAnswer;
    assert_eq!(failed, LockEvent::OpenFailed { door: 2, kind, fault: DeviceFault::NoAnswer });
    assert_eq!(bench.pulsed(), [2]);
}

#[tokio::test]
async fn a_door_that_was_open_before_is_not_opened_by_a_board_that_fell_silent() {
    let set = |board: &mut Board| (board.dies_at_pulse, _) = (true, board.open.insert(4));
    let mut bench = ready(set).await;
    bench.driver.open(4).unwrap();
    let fits = |event: &LockEvent| matches!(event, LockEvent::OpenFailed { .. } | LockEvent::Opened { .. });
    let kind = OpenFailure::NoAnswer;
    let failed = LockEvent::OpenFailed { door: 4, kind, fault: DeviceFault::NoAnswer };
    assert_eq!(wait_for(&mut bench.driver.events, fits).await, failed);
}

#[tokio::test]
async fn a_line_lost_after_the_pulse_leaves_the_outcome_unknown_and_nothing_is_pulsed_again() {
    let mut bench = ready(|board| _ = board.stuck.insert(5)).await;
    bench.driver.open(5).unwrap();
    until(|| bench.pulsed() == [5]).await;
    bench.device.abort();
    bench.expect_failed(5, OpenFailure::OutcomeUnknown, DeviceFault::PortLost).await;
    assert_eq!(bench.event().await, LockEvent::Down(DeviceFault::PortLost));
    let _device = tokio::spawn(serve(bench.plugs.plug(), vec![bench.board.clone()]));
    bench.expect_up().await;
    let looks = bench.board.lock().unwrap().looks;
    until(|| bench.board.lock().unwrap().looks > looks + 3).await;
    assert_eq!(bench.pulsed(), [5]);
}

#[tokio::test]
async fn what_cannot_be_sent_says_so() {
    let mut bench = ready(|_| ()).await;
    bench.driver.open(99).unwrap();
    bench.expect_failed(99, OpenFailure::NotSent, DeviceFault::Unconfigured).await;
    bench.device.abort();
    assert_eq!(bench.event().await, LockEvent::Down(DeviceFault::PortLost));
    bench.driver.open(1).unwrap();
    bench.expect_failed(1, OpenFailure::NotSent, DeviceFault::PortLost).await;
    assert_eq!(bench.pulsed(), []);
}

#[tokio::test]
async fn a_second_request_for_a_door_that_is_being_opened_is_not_sent() {
    let mut bench = ready(|board| _ = board.stuck.insert(6)).await;
    bench.driver.open(6).unwrap();
    bench.driver.open(6).unwrap();
    bench.expect_failed(6, OpenFailure::NotSent, DeviceFault::Busy).await;
    bench.expect_failed(6, OpenFailure::NotDetected, DeviceFault::DoorNotSeenOpen).await;
    assert_eq!(bench.pulsed(), [6]);
}

#[tokio::test]
async fn a_request_that_waited_too_long_is_not_carried_out() {
    let mut bench = ready_as(LockConfig { stale_ms: 0, ..config(Polarity::DoorClosing) }, |_| ()).await;
    bench.driver.open(1).unwrap();
    bench.expect_failed(1, OpenFailure::NotSent, DeviceFault::Stale).await;
    assert_eq!(bench.pulsed(), []);
}

#[tokio::test]
async fn two_doors_are_opened_one_after_another() {
    let mut bench = ready(|_| ()).await;
    bench.driver.open(1).unwrap();
    bench.driver.open(2).unwrap();
    for door in [1, 2] {
        wait_for(&mut bench.driver.events, |event| *event == LockEvent::Opened { door }).await;
    }
    assert_eq!(bench.pulsed(), [1, 2]);
}

#[tokio::test]
async fn the_pulse_follows_the_request_at_once() {
    let slow_polls = LockConfig { idle_poll_ms: 60_000, ..config(Polarity::DoorClosing) };
    let mut bench = ready_as(slow_polls, |_| ()).await;
    let mut waits = Vec::new();
    for door in 1..=DOORS {
        let asked_at = Instant::now();
        bench.driver.open(door).unwrap();
        wait_for(&mut bench.driver.events, |event| *event == LockEvent::Opened { door }).await;
        waits.push(bench.board.lock().unwrap().pulses.last().unwrap().1 - asked_at);
    }
    waits.sort();
    assert!(waits[waits.len() / 2] < Duration::from_millis(20), "{waits:?}");
}

#[tokio::test]
async fn a_door_forced_open_is_told_as_a_state_and_not_as_opened() {
    let mut bench = ready(|_| ()).await;
    bench.change(|board| _ = board.open.insert(12));
    assert_eq!(bench.event().await, LockEvent::State { door: 12, open: true });
    assert_eq!(all_within(&mut bench.driver.events, Duration::from_millis(100)).await, []);
}

#[tokio::test]
async fn asking_for_all_states_tells_each_door_once() {
    let mut bench = ready(|board| _ = board.open.insert(2)).await;
    bench.driver.query_all().unwrap();
    for door in 1..=DOORS {
        assert_eq!(bench.event().await, LockEvent::State { door, open: door == 2 });
    }
}

#[tokio::test]
async fn noise_around_replies_and_replies_in_single_bytes_are_understood() {
    for noise in [&[0xFF][..], &[0x80, 0x01], &[0x8A, 0x01, 0x01], &[0x00, 0x33, 0x11]] {
        let set = |board: &mut Board| (board.noise, board.piece) = (noise.to_vec(), 1);
        let mut bench = ready(set).await;
        bench.driver.open(8).unwrap();
        wait_for(&mut bench.driver.events, |event| *event == LockEvent::Opened { door: 8 }).await;
    }
}

#[tokio::test]
async fn a_silent_board_is_told_once_and_is_back_when_it_answers() {
    let mut bench = ready(|_| ()).await;
    bench.change(|board| board.silent = true);
    assert_eq!(bench.event().await, LockEvent::Down(DeviceFault::NoAnswer));
    bench.driver.open(1).unwrap();
    bench.expect_failed(1, OpenFailure::NotSent, DeviceFault::NoAnswer).await;
    bench.change(|board| board.silent = false);
    bench.expect_up().await;
    bench.driver.open(1).unwrap();
    wait_for(&mut bench.driver.events, |event| *event == LockEvent::Opened { door: 1 }).await;
    assert_eq!(bench.pulsed(), [1]);
}

#[tokio::test]
async fn one_dead_board_does_not_stop_the_other() {
    let mut config = config(Polarity::DoorClosing);
    config.boards.insert(0, BoardConfig { address: 2, channels: 24, polarity: Polarity::DoorClosing });
    config.doors.push(DoorConfig { door: 30, board: 2, channel: 24 });
    assert_eq!(config.check(), Ok(()));
    let (socket, plugs) = socket();
    let (dead, alive) = (Board::shared(2), Board::shared(1));
    dead.lock().unwrap().silent = true;
    let _device = tokio::spawn(serve(plugs.plug(), vec![dead.clone(), alive.clone()]));
    let mut driver = spawn_on(config, socket);
    wait_for(&mut driver.events, |event| *event == LockEvent::Up).await;
    driver.open(30).unwrap();
    driver.open(1).unwrap();
    let kind = OpenFailure::NotSent;
    let failed = LockEvent::OpenFailed { door: 30, kind, fault: DeviceFault::NoAnswer };
    wait_for(&mut driver.events, |event| *event == failed).await;
    wait_for(&mut driver.events, |event| *event == LockEvent::Opened { door: 1 }).await;
    dead.lock().unwrap().silent = false;
    wait_for(&mut driver.events, |event| *event == LockEvent::BoardUp { bus: 0, board: 2 }).await;
    driver.open(30).unwrap();
    wait_for(&mut driver.events, |event| *event == LockEvent::Opened { door: 30 }).await;
    assert_eq!(dead.lock().unwrap().pulsed(), [24]);
}

#[tokio::test]
async fn a_door_is_opened_over_a_pseudo_terminal_that_is_pulled_out_later() {
    let (socket, plugs) = socket();
    let board = Board::shared(1);
    board.lock().unwrap().echoes = true;
    let device = tokio::spawn(serve(plugs.plug_terminal(), vec![board.clone()]));
    let mut driver = spawn_on(config(Polarity::DoorClosing), socket);
    driver.open(11).unwrap();
    wait_for(&mut driver.events, |event| *event == LockEvent::Opened { door: 11 }).await;
    assert!(driver.trace().iter().any(|entry| entry.event == LockTrace::Echo));
    device.abort();
    wait_for(&mut driver.events, |event| *event == LockEvent::Down(DeviceFault::PortLost)).await;
    assert_eq!(board.lock().unwrap().pulsed(), [11]);
}

#[test]
fn a_configuration_file_names_boards_and_doors_and_mistakes_in_it_are_found() {
    let text = "port = '/dev/ttyUSB1'\n\
                boards = [{ address = 1, channels = 12, polarity = 'door_closing' }]\n\
                doors = [{ door = 1, board = 1, channel = 1 }, { door = 2, board = 1, channel = 2 }]";
    let good: LockConfig = toml::from_str(text).unwrap();
    assert_eq!(good.check(), Ok(()));
    let with = |change: fn(&mut LockConfig)| {
        let mut config = good.clone();
        change(&mut config);
        config.check()
    };
    assert_eq!(with(|config| config.doors[1].channel = 13), Err(LockConfigError::Channel(2)));
    assert_eq!(with(|config| config.doors[1].channel = 0), Err(LockConfigError::Channel(2)));
    assert_eq!(with(|config| config.doors[1].channel = 1), Err(LockConfigError::DoorTwice(2)));
    assert_eq!(
        with(|config| config.boards[0].address = 0),
        Err(LockConfigError::Board(0, Family::Board8a.limits()))
    );
    assert_eq!(with(|config| config.boards.push(config.boards[0])), Err(LockConfigError::BoardTwice(1)));
}
