//! The printer's driver against the mock: every way to it, both kinds of slip, every fault, every broken wire.

use std::time::Duration;

use pickup_devices::DeviceFault;
use pickup_devices::printer::{
    Align, Confirm, Cut, Look, PrintFailure, PrintJob, PrinterConfig, PrinterEvent, PrinterHandle,
    PrinterLink, Raster, TextLine, spawn,
};
use pickup_hw_mock::lines;
use pickup_hw_mock::printer::{Model, Printer, ROW_BYTES};
use pickup_hw_mock::wire::WireFault;
use pickup_hw_mock::world::Device;
use tokio::net::TcpListener;

use super::rig::{Rig, all_within, each, next, wait_for};

const ROWS: usize = 400;

fn config(rig: &Rig) -> PrinterConfig {
    PrinterConfig {
        port: rig.port("printer"),
        answer_ms: 250,
        poll_ms: 150,
        print_ms: 3_000,
        settle_ms: 400,
        ..PrinterConfig::default()
    }
}

/// No two rows alike.
fn rows() -> Vec<u8> {
    (0..ROWS * ROW_BYTES)
        .map(|at| u8::try_from((at / ROW_BYTES * 7 + at % ROW_BYTES) % 251).unwrap() | 0x80)
        .collect()
}

fn picture(job: u64) -> PrintJob {
    PrintJob::raster(job, Raster::new(576, rows()).unwrap())
}

fn text(job: u64) -> PrintJob {
    let large = Look { large: true, bold: true };
    PrintJob::text(
        job,
        vec![
            TextLine::Banner("副本 COPY".into()),
            TextLine::Text("海关放行提货凭证".into(), Align::Centre, large),
            TextLine::Pair("合计 Total".into(), "¥766.00".into(), Look::default()),
            TextLine::Rule,
            TextLine::Qr("S2026112100000042".into()),
        ],
    )
}

async fn ready(config: PrinterConfig) -> PrinterHandle {
    let mut driver = spawn(config);
    wait_for(&mut driver.events, |event| matches!(event, PrinterEvent::Status(_))).await;
    driver
}

async fn outcome(driver: &mut PrinterHandle) -> PrinterEvent {
    let fits =
        |event: &PrinterEvent| matches!(event, PrinterEvent::Printed { .. } | PrinterEvent::Failed { .. });
    wait_for(&mut driver.events, fits).await.1
}

async fn failed(driver: &mut PrinterHandle) -> (PrintFailure, DeviceFault) {
    let event = outcome(driver).await;
    let PrinterEvent::Failed { kind, fault, .. } = event else { panic!("{event:?}") };
    (kind, fault)
}

async fn clean(driver: &mut PrinterHandle) {
    let clean = |event: &PrinterEvent| matches!(event, PrinterEvent::Status(status) if status.blocking_fault().is_none());
    wait_for(&mut driver.events, clean).await;
}

/// A whole slip comes out by itself, whatever was before.
async fn prints_whole(rig: &Rig, driver: &mut PrinterHandle, job: u64) {
    rig.bench.change(|world| world.slips.clear());
    driver.print(picture(job)).unwrap();
    assert_eq!(outcome(driver).await, PrinterEvent::Printed { job });
    let whole = |rig: &Rig| rig.bench.world().slips.iter().any(|s| s.slip.cut && s.slip.rows == rows());
    assert!(whole(rig), "the slip is not joined to anything and nothing is missing");
}

#[tokio::test]
async fn picture_and_text_come_out_over_each_way_to_a_printer() {
    each([PrinterLink::Serial, PrinterLink::Usb, PrinterLink::Tcp], |link| async move {
        let rig = Rig::start();
        let mut config = PrinterConfig { link, ..config(&rig) };
        if link == PrinterLink::Tcp {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            config.port = listener.local_addr().unwrap().to_string().into();
            tokio::spawn(lines::listen(Device::Printer, listener, rig.bench.clone()));
        }
        let mut driver = ready(config).await;
        prints_whole(&rig, &mut driver, 1).await;
        driver.print(text(2)).unwrap();
        assert_eq!(outcome(&mut driver).await, PrinterEvent::Printed { job: 2 });
        let written = rig.bench.world().slips.last().unwrap().slip.text.clone();
        let lines: Vec<&str> = written.lines().map(str::trim).collect();
        let pair = format!("合计 Total{}￥766.00", " ".repeat(48 - 18));
        assert_eq!(
            lines,
            ["副本 COPY", "海关放行提货凭证", &pair, &"-".repeat(48), "[QR S2026112100000042]"],
            "{link:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn narrow_paper_and_every_cut_are_served() {
    each([Cut::Partial, Cut::Full, Cut::FedPartial, Cut::FedFull], |cut| async move {
        let rig = Rig::start();
        rig.bench.change(|world| world.set_printer(Model { dots: 384, ..Model::default() }));
        let mut driver = ready(PrinterConfig { dots: 384, cut, ..config(&rig) }).await;
        driver.print(text(1)).unwrap();
        assert_eq!(outcome(&mut driver).await, PrinterEvent::Printed { job: 1 });
        driver.print(picture(2)).unwrap();
        assert_eq!(failed(&mut driver).await, (PrintFailure::NotSent, DeviceFault::Unfit));
        assert_eq!(rig.bench.world().slips.len(), 1, "{cut:?}");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_sent_to_a_printer_with_a_fault_and_nothing_comes_out_when_it_is_mended() {
    let faults = [
        ("paper_out", DeviceFault::PaperOut),
        ("cover_open", DeviceFault::CoverOpen),
        ("cutter_error", DeviceFault::CutterError),
        ("head_hot", DeviceFault::HeadHot),
        ("recoverable_error", DeviceFault::PrinterError),
        ("unrecoverable_error", DeviceFault::PrinterBroken),
        ("offline", DeviceFault::Offline),
    ];
    let models = [Model::default(), Model { gs_h: false, asb: false, ..Model::default() }];
    let cases = models.into_iter().flat_map(|model| faults.map(|fault| (model, fault)));
    each(cases, |(model, (name, fault))| async move {
        let rig = Rig::start();
        rig.bench.change(|world| world.set_printer(model));
        let confirm = if model.gs_h { Confirm::GsH } else { Confirm::Status };
        let mut driver = ready(PrinterConfig { confirm, ..config(&rig) }).await;
        rig.fault("printer", Some(name)).await;
        driver.print(picture(1)).unwrap();
        assert_eq!(failed(&mut driver).await, (PrintFailure::NotSent, fault), "{name}");
        rig.fault("printer", None).await;
        clean(&mut driver).await;
        assert_eq!(rig.bench.world().slips.len(), 0, "{name}");
        prints_whole(&rig, &mut driver, 2).await;
    })
    .await;
}

#[tokio::test]
async fn a_roll_that_is_nearly_used_up_prints_on() {
    let rig = Rig::start();
    rig.fault("printer", Some("near_end")).await;
    let mut driver = ready(config(&rig)).await;
    prints_whole(&rig, &mut driver, 1).await;
}

#[tokio::test]
async fn paper_that_ends_amid_a_slip_is_never_followed_by_a_second_try_on_any_model() {
    let models = [(true, false), (true, true), (false, false), (false, true)];
    each(models, |(gs_h, clears)| async move {
        let rig = Rig::start();
        rig.bench.change(|world| world.set_printer(Model { gs_h, clears, ..Model::default() }));
        let confirm = if gs_h { Confirm::GsH } else { Confirm::Status };
        let mut driver = ready(PrinterConfig { confirm, ..config(&rig) }).await;
        rig.fault("printer", Some("paper_out_mid")).await;
        driver.print(picture(1)).unwrap();
        assert_eq!(failed(&mut driver).await, (PrintFailure::OutcomeUnknown, DeviceFault::PaperOut));
        rig.fault("printer", None).await;
        clean(&mut driver).await;
        // What the printer still held may come out once, never twice.
        all_within(&mut driver.events, Duration::from_millis(500)).await;
        let printed: usize = rig.bench.world().slips.iter().map(|s| s.slip.rows.len()).sum();
        assert!(printed <= rows().len() + 60 * ROW_BYTES, "{printed} bytes of rows");
        prints_whole(&rig, &mut driver, 2).await;
    })
    .await;
}

#[tokio::test]
async fn a_printer_is_asked_what_it_can_and_believed_by_status_where_it_cannot_say() {
    each([true, false], |gs_h| async move {
        let rig = Rig::with(Printer::paced(Duration::from_micros(200)));
        rig.bench.change(|world| world.set_printer(Model { gs_h, ..Model::default() }));
        let mut driver = ready(PrinterConfig { confirm: Confirm::Auto, ..config(&rig) }).await;
        prints_whole(&rig, &mut driver, 1).await;
        prints_whole(&rig, &mut driver, 2).await;
    })
    .await;
}

#[tokio::test]
async fn a_line_pulled_out_amid_a_slip_leaves_the_outcome_unknown_and_the_next_slip_clean() {
    each([700, 9_000, 28_000], |bytes| async move {
        let rig = Rig::start();
        let mut driver = ready(config(&rig)).await;
        prints_whole(&rig, &mut driver, 0).await;
        rig.bench.line(Device::Printer).unplug_after(bytes);
        driver.print(picture(1)).unwrap();
        let (kind, fault) = failed(&mut driver).await;
        assert_eq!((kind, fault), (PrintFailure::OutcomeUnknown, DeviceFault::PortLost), "{bytes}");
        assert_eq!(next(&mut driver.events).await, PrinterEvent::Down(DeviceFault::PortLost));
        rig.bench.line(Device::Printer).plug().unwrap();
        wait_for(&mut driver.events, |event| *event == PrinterEvent::Up).await;
        prints_whole(&rig, &mut driver, 2).await;
    })
    .await;
}

#[tokio::test]
async fn rubbish_between_answers_and_answers_in_pieces_are_no_matter() {
    each([WireFault::GarbageBefore, WireFault::GarbageAfter, WireFault::Pieces], |fault| async move {
        let rig = Rig::start();
        rig.wire(Device::Printer, Some(fault));
        let mut driver = ready(config(&rig)).await;
        prints_whole(&rig, &mut driver, 1).await;
    })
    .await;
}

#[tokio::test]
async fn a_confirmation_that_is_late_or_damaged_is_not_taken_for_one() {
    each([WireFault::GarbageInside, WireFault::Cut], |fault| async move {
        let rig = Rig::start();
        let mut driver = ready(config(&rig)).await;
        rig.bench.wires.hold();
        driver.print(picture(1)).unwrap();
        // Four answers about the status, then the slip's own.
        loop {
            rig.waits().await;
            if !rig.bench.world().slips.is_empty() {
                break;
            }
            rig.bench.step().await;
        }
        rig.wire(Device::Printer, Some(fault));
        rig.bench.release().await;
        let (kind, _) = failed(&mut driver).await;
        assert_eq!(kind, PrintFailure::OutcomeUnknown, "{fault:?}");
    })
    .await;
}

#[tokio::test]
async fn a_silent_printer_is_down_once_and_up_once_and_gets_nothing_meanwhile() {
    let rig = Rig::start();
    let mut driver = ready(config(&rig)).await;
    rig.fault("printer", Some("silent")).await;
    wait_for(&mut driver.events, |event| *event == PrinterEvent::Down(DeviceFault::NoAnswer)).await;
    driver.print(picture(1)).unwrap();
    assert_eq!(failed(&mut driver).await, (PrintFailure::NotSent, DeviceFault::NoAnswer));
    assert_eq!(all_within(&mut driver.events, Duration::from_secs(1)).await, []);
    rig.fault("printer", None).await;
    assert_eq!(next(&mut driver.events).await, PrinterEvent::Up);
    clean(&mut driver).await;
    prints_whole(&rig, &mut driver, 2).await;
}
