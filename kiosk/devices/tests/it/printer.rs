//! The printer's driver.

use std::time::Duration;

use pickup_devices::DeviceFault;
use pickup_devices::printer::{
    Confirm, Cut, Paper, PrintContent, PrintFailure, PrintJob, PrinterConfig, PrinterEvent, PrinterHandle,
    PrinterTrace, Raster, SlipMode, spawn_on,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::fake_printer::{Print, Printer, Shared, serve};
use super::line::{Plugs, all_within, next, read, socket, until, wait_for};

const ROWS: usize = 200;

struct Bench {
    driver: PrinterHandle,
    printer: Shared,
    plugs: Plugs<DuplexStream>,
    poke: watch::Sender<u32>,
    device: JoinHandle<()>,
}

fn config() -> PrinterConfig {
    PrinterConfig { answer_ms: 200, print_ms: 2_000, poll_ms: 100, stall_ms: 500, ..PrinterConfig::default() }
}

fn slip(job: u64) -> PrintJob {
    // No two rows alike, and realtime orders among the dots.
    let rows: Vec<u8> = (0..ROWS * 72).map(|at| (at / 72 + at % 72 * 3) as u8).collect();
    PrintJob::raster(job, Raster::new(576, rows).unwrap())
}

/// The slip as it may differ: a dot where the picture looked like an order.
fn is_on_paper(printer: &Printer, start: usize) -> bool {
    let (rows, wanted) = (printer.rows(), slip(0));
    let PrintContent::Raster(wanted) = wanted.content else { panic!("slips here are pictures") };
    let wanted = wanted.rows();
    rows.len() == start + wanted.len()
        && rows[start..].iter().zip(wanted).all(|(a, b)| a == b || a | 0x10 == *b)
}

async fn ready_as(config: PrinterConfig, set: impl FnOnce(&mut Printer)) -> Bench {
    ready_on(65_536, config, set).await
}

/// On a line that holds `capacity` bytes, so that the printer is never far behind.
async fn ready_on(capacity: usize, config: PrinterConfig, set: impl FnOnce(&mut Printer)) -> Bench {
    let (socket, plugs) = socket();
    let printer = Shared::default();
    set(&mut printer.lock().unwrap());
    let (poke, poked) = watch::channel(0);
    let device = tokio::spawn(serve(plugs.plug_narrow(capacity), printer.clone(), poked));
    let mut bench = Bench { driver: spawn_on(config, socket), printer, plugs, poke, device };
    assert_eq!(bench.event().await, PrinterEvent::Up);
    assert!(matches!(bench.event().await, PrinterEvent::Status(_)));
    bench
}

async fn ready(set: impl FnOnce(&mut Printer)) -> Bench {
    ready_as(config(), set).await
}

impl Bench {
    fn change(&self, change: impl FnOnce(&mut Printer)) {
        change(&mut self.printer.lock().unwrap());
        self.poke.send_modify(|count| *count += 1);
    }

    async fn event(&mut self) -> PrinterEvent {
        next(&mut self.driver.events).await
    }

    async fn outcome(&mut self) -> PrinterEvent {
        let fits = |event: &PrinterEvent| {
            matches!(event, PrinterEvent::Printed { .. } | PrinterEvent::Failed { .. })
        };
        wait_for(&mut self.driver.events, fits).await
    }

    async fn clean_again(&mut self) {
        let clean = |event: &PrinterEvent| matches!(event, PrinterEvent::Status(status) if status.blocking_fault().is_none());
        wait_for(&mut self.driver.events, clean).await;
    }

    async fn expect_failed(&mut self, wanted_kind: PrintFailure, wanted_fault: DeviceFault) {
        let outcome = self.outcome().await;
        let PrinterEvent::Failed { kind, fault, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!((kind, fault), (wanted_kind, wanted_fault));
    }

    fn rows_printed(&self) -> usize {
        self.printer.lock().unwrap().rows().len() / 72
    }
}

#[tokio::test]
async fn a_slip_is_printed_whole_and_cut_once() {
    let mut bench = ready(|_| ()).await;
    for count in 1..=3 {
        bench.driver.print(slip(count)).unwrap();
        assert_eq!(bench.outcome().await, PrinterEvent::Printed { job: count });
        let printer = bench.printer.lock().unwrap();
        assert!(is_on_paper(&printer, (count as usize - 1) * ROWS * 72));
        assert_eq!(printer.cuts(), count as usize);
        assert!(!printer.paper.iter().any(|print| matches!(print, Print::Text(_))));
    }
}

#[tokio::test]
async fn nothing_is_sent_to_a_printer_that_cannot_print() {
    type State = fn(&mut Printer);
    let states: [(State, DeviceFault); 5] = [
        (|printer| printer.paper_out = true, DeviceFault::PaperOut),
        (|printer| printer.cover_open = true, DeviceFault::CoverOpen),
        (|printer| printer.cutter_error = true, DeviceFault::CutterError),
        (|printer| printer.head_hot = true, DeviceFault::HeadHot),
        (|printer| printer.offline = true, DeviceFault::Offline),
    ];
    for (state, fault) in states {
        let mut bench = ready(state).await;
        bench.driver.print(slip(1)).unwrap();
        bench.expect_failed(PrintFailure::NotSent, fault).await;
        assert!(bench.printer.lock().unwrap().got < 1000, "{fault:?}");
        bench.change(|printer| *printer = Printer::default());
        bench.clean_again().await;
        assert_eq!(bench.rows_printed(), 0, "no old slip comes out later");
        bench.driver.print(slip(2)).unwrap();
        assert_eq!(bench.outcome().await, PrinterEvent::Printed { job: 2 });
    }
}

#[tokio::test]
async fn paper_that_is_nearly_used_up_is_told_and_does_not_stop_a_slip() {
    let mut bench = ready(|_| ()).await;
    bench.change(|printer| printer.near_end = true);
    let event = bench.event().await;
    assert!(matches!(event, PrinterEvent::Status(status) if status.paper == Paper::NearEnd));
    bench.driver.print(slip(1)).unwrap();
    assert_eq!(bench.outcome().await, PrinterEvent::Printed { job: 1 });
}

#[tokio::test]
async fn a_state_that_changes_is_told_without_being_asked_for() {
    let mut bench = ready_as(PrinterConfig { poll_ms: 60_000, ..config() }, |_| ()).await;
    // Until the pushing of status has been ordered there is nothing to wait for.
    bench.driver.print(slip(1)).unwrap();
    bench.outcome().await;
    for open in [true, false] {
        bench.change(|printer| printer.cover_open = open);
        assert!(matches!(bench.event().await, PrinterEvent::Status(status) if status.cover_open == open));
    }
}

#[tokio::test]
async fn paper_that_ends_amid_a_slip_leaves_the_outcome_unknown_and_nothing_is_sent_again() {
    for (clears, capacity) in [(false, 64), (true, 64), (false, 65_536), (true, 65_536)] {
        let set = |printer: &mut Printer| (printer.rows_left, printer.clears) = (Some(50), clears);
        let mut bench = ready_on(capacity, config(), set).await;
        bench.driver.print(slip(1)).unwrap();
        bench.expect_failed(PrintFailure::OutcomeUnknown, DeviceFault::PaperOut).await;
        bench.change(|printer| printer.paper_out = false);
        bench.clean_again().await;
        until(|| bench.printer.lock().unwrap().cuts() >= 1).await;
        assert!(bench.rows_printed() <= ROWS);
        let rows_before = bench.rows_printed();
        bench.driver.print(slip(2)).unwrap();
        assert_eq!(bench.outcome().await, PrinterEvent::Printed { job: 2 });
        assert!(
            is_on_paper(&bench.printer.lock().unwrap(), rows_before * 72),
            "clears: {clears}, {capacity}"
        );
        let paper = bench.printer.lock().unwrap().paper.clone();
        assert!(!paper.iter().any(|print| matches!(print, Print::Text(_))));
    }
}

#[tokio::test]
async fn a_slip_the_printer_held_and_printed_after_refilling_is_told_as_late() {
    // The paper ends with the last row: all was sent, and the cut is missing.
    let mut bench = ready(|printer| printer.rows_left = Some(ROWS)).await;
    bench.driver.print(slip(7)).unwrap();
    let outcome = bench.outcome().await;
    let PrinterEvent::Failed { kind, progress, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((kind, progress.rows_total), (PrintFailure::OutcomeUnknown, ROWS as u32));
    bench.change(|printer| printer.paper_out = false);
    wait_for(&mut bench.driver.events, |event| *event == PrinterEvent::PrintedLate { job: 7 }).await;
    assert_eq!((bench.rows_printed(), bench.printer.lock().unwrap().cuts()), (ROWS, 1));
}

#[tokio::test]
async fn a_hot_head_is_waited_for() {
    let mut bench = ready(|printer| printer.hot_after = Some(50)).await;
    bench.driver.print(slip(1)).unwrap();
    let hot = |event: &PrinterEvent| matches!(event, PrinterEvent::Status(status) if status.head_hot);
    wait_for(&mut bench.driver.events, hot).await;
    assert_eq!(bench.rows_printed(), 50);
    bench.change(|printer| printer.head_hot = false);
    assert_eq!(bench.outcome().await, PrinterEvent::Printed { job: 1 });
    assert!(is_on_paper(&bench.printer.lock().unwrap(), 0));
}

#[tokio::test]
async fn a_printer_that_asks_to_stop_gets_nothing_until_it_asks_to_go_on() {
    let (socket, plugs) = socket();
    let mut far = plugs.plug_narrow(256);
    let driver = spawn_on(PrinterConfig { stall_ms: 10_000, ..config() }, socket);
    driver.print(slip(1)).unwrap();
    let mut got = Vec::new();
    let mut buffer = [0; 100];
    // Answers status requests until the picture comes.
    while !got.windows(4).any(|window| window == [0x1D, 0x76, 0x30, 0x00]) {
        let count = far.read(&mut buffer).await.unwrap();
        got.extend_from_slice(&buffer[..count]);
        let asked = got.windows(2).filter(|window| *window == [0x10, 0x04]).count();
        got = if asked > 0 { got[got.len().min(2)..].to_vec() } else { got };
        for _ in 0..asked {
            far.write_all(&[0x12]).await.unwrap();
        }
    }
    far.write_all(&[0x13]).await.unwrap();
    let mut after_stop = 0;
    while let Ok(count) = tokio::time::timeout(Duration::from_millis(200), far.read(&mut buffer)).await {
        after_stop += count.unwrap();
    }
    assert!(after_stop <= 3 * 1024, "{after_stop} bytes came after the printer asked to stop");
    far.write_all(&[0x11]).await.unwrap();
    read(&mut far, ROWS * 72 - after_stop - got.len()).await;
}

#[tokio::test]
async fn a_line_lost_amid_a_slip_leaves_the_outcome_unknown_and_the_next_slip_is_clean() {
    let (socket, plugs) = socket();
    let (near, far) = (plugs.plug(), Shared::default());
    let (poke, poked) = watch::channel(0);
    let (mut pipe, served) = tokio::io::duplex(65_536);
    let _device = tokio::spawn(serve(served, far.clone(), poked.clone()));
    let mut driver = spawn_on(config(), socket);
    // Passes on what the driver sends, up to the middle of a band.
    let cut = tokio::spawn(async move {
        let mut near = near;
        let (mut buffer, mut passed) = ([0; 64], 0);
        loop {
            tokio::select! {
                count = near.read(&mut buffer) => {
                    let count = count.unwrap();
                    pipe.write_all(&buffer[..count]).await.unwrap();
                    passed += count;
                    if passed > 9_000 { return pipe; }
                }
                byte = pipe.read_u8() => near.write_u8(byte.unwrap()).await.unwrap(),
            }
        }
    });
    wait_for(&mut driver.events, |event| matches!(event, PrinterEvent::Status(_))).await;
    driver.print(slip(1)).unwrap();
    let failed = wait_for(&mut driver.events, |event| matches!(event, PrinterEvent::Failed { .. })).await;
    assert!(matches!(failed, PrinterEvent::Failed { kind: PrintFailure::OutcomeUnknown, .. }), "{failed:?}");
    assert_eq!(next(&mut driver.events).await, PrinterEvent::Down(DeviceFault::PortLost));
    drop(cut.await.unwrap());
    let _device = tokio::spawn(serve(plugs.plug(), far.clone(), poked));
    wait_for(&mut driver.events, |event| *event == PrinterEvent::Up).await;
    driver.print(slip(2)).unwrap();
    wait_for(&mut driver.events, |event| *event == PrinterEvent::Printed { job: 2 }).await;
    drop(poke);
    let printer = far.lock().unwrap();
    let rows = printer.rows().len();
    assert!(is_on_paper(&printer, rows - ROWS * 72), "the copy is not shifted by the rest of the first");
}

#[tokio::test]
async fn a_slip_sent_while_another_prints_is_refused() {
    let (socket, plugs) = socket();
    let mut far = plugs.plug();
    let driver = spawn_on(config(), socket);
    driver.print(slip(1)).unwrap();
    assert_eq!(driver.print(slip(2)), Err(DeviceFault::Busy));
    assert_eq!(read(&mut far, 3).await, [0x1D, 0x61, 0x0F]);
}

#[tokio::test]
async fn a_silent_printer_is_told_once_and_is_back_when_it_answers() {
    let mut bench = ready_as(PrinterConfig { answer_ms: 50, ..config() }, |_| ()).await;
    bench.change(|printer| printer.silent = true);
    wait_for(&mut bench.driver.events, |event| *event == PrinterEvent::Down(DeviceFault::NoAnswer)).await;
    bench.driver.print(slip(1)).unwrap();
    bench.expect_failed(PrintFailure::NotSent, DeviceFault::NoAnswer).await;
    assert_eq!(all_within(&mut bench.driver.events, Duration::from_millis(300)).await, []);
    bench.change(|printer| printer.silent = false);
    assert_eq!(bench.event().await, PrinterEvent::Up);
    assert!(matches!(bench.event().await, PrinterEvent::Status(_)));
    bench.driver.print(slip(2)).unwrap();
    assert_eq!(bench.outcome().await, PrinterEvent::Printed { job: 2 });
}

#[tokio::test]
async fn a_printer_without_pushes_and_completion_is_believed_when_it_stays_clean() {
    let config = PrinterConfig { confirm: Confirm::Status, settle_ms: 300, ..config() };
    let mut bench = ready_as(config.clone(), |printer| printer.simple = true).await;
    bench.driver.print(slip(1)).unwrap();
    assert_eq!(bench.outcome().await, PrinterEvent::Printed { job: 1 });
    let mut bench = ready_as(config, |printer| (printer.simple, printer.rows_left) = (true, Some(50))).await;
    bench.driver.print(slip(2)).unwrap();
    bench.expect_failed(PrintFailure::OutcomeUnknown, DeviceFault::PaperOut).await;
}

#[tokio::test]
async fn what_a_printer_can_is_found_out_once_and_used() {
    for simple in [false, true] {
        let config = PrinterConfig { confirm: Confirm::Auto, settle_ms: 300, ..config() };
        let mut bench = ready_as(config, |printer| printer.simple = simple).await;
        for job in 1..=2 {
            bench.driver.print(slip(job)).unwrap();
            assert_eq!(bench.outcome().await, PrinterEvent::Printed { job });
        }
        let trace = bench.driver.trace();
        let found = trace.iter().filter(|entry| matches!(entry.event, PrinterTrace::AnswersCompletion(_)));
        let found: Vec<_> = found.map(|entry| entry.event.clone()).collect();
        assert_eq!(found, [PrinterTrace::AnswersCompletion(!simple)]);
    }
}

#[tokio::test]
async fn a_printer_that_never_says_that_it_is_done_leaves_the_outcome_unknown() {
    let config = PrinterConfig { print_ms: 300, ..config() };
    let mut bench = ready_as(config, |printer| printer.simple = true).await;
    bench.driver.print(slip(1)).unwrap();
    bench.expect_failed(PrintFailure::OutcomeUnknown, DeviceFault::NoAnswer).await;
}

#[tokio::test]
async fn a_slip_wider_than_the_paper_is_refused() {
    let mut bench = ready(|_| ()).await;
    let raster = Raster::new(584, vec![0; 73]).unwrap();
    bench.driver.print(PrintJob::raster(1, raster)).unwrap();
    bench.expect_failed(PrintFailure::NotSent, DeviceFault::Unfit).await;
}

#[tokio::test]
async fn an_unplugged_printer_is_found_again() {
    let mut bench = ready(|_| ()).await;
    bench.device.abort();
    assert_eq!(bench.event().await, PrinterEvent::Down(DeviceFault::PortLost));
    bench.driver.print(slip(1)).unwrap();
    bench.expect_failed(PrintFailure::NotSent, DeviceFault::PortLost).await;
    let _device = tokio::spawn(serve(bench.plugs.plug(), bench.printer.clone(), bench.poke.subscribe()));
    assert_eq!(bench.event().await, PrinterEvent::Up);
}

#[tokio::test]
async fn a_slip_is_printed_over_a_pseudo_terminal() {
    let (socket, plugs) = socket();
    let printer = Shared::default();
    let (_poke, poked) = watch::channel(0);
    let _device = tokio::spawn(serve(plugs.plug_terminal(), printer.clone(), poked));
    let mut driver = spawn_on(config(), socket);
    wait_for(&mut driver.events, |event| matches!(event, PrinterEvent::Status(_))).await;
    driver.print(slip(3)).unwrap();
    wait_for(&mut driver.events, |event| *event == PrinterEvent::Printed { job: 3 }).await;
    assert!(is_on_paper(&printer.lock().unwrap(), 0));
}

#[test]
fn a_configuration_file_chooses_how_completion_is_known() {
    let config: PrinterConfig = toml::from_str("port = '/dev/ttyUSB2'\ndots = 384").unwrap();
    assert_eq!((config.dots, config.confirm), (384, Confirm::GsH));
    for (text, confirm) in [("gs_h", Confirm::GsH), ("status", Confirm::Status), ("auto", Confirm::Auto)] {
        let config: PrinterConfig = toml::from_str(&format!("confirm = '{text}'")).unwrap();
        assert_eq!(config.confirm, confirm);
    }
    let config: PrinterConfig =
        toml::from_str("mode = 'text'\ncut = 'fed_full'\nport = '192.0.2.1:9100'").unwrap();
    assert_eq!((config.mode, config.cut), (SlipMode::Text, Cut::FedFull));
}
