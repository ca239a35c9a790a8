//! `pickup-kiosk print`: a sample slip, so that whoever sets a printer up sees what shoppers will get.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use pickup_devices::printer::{self, PrintFailure, PrintJob, PrinterEvent};
use pickup_protocol::domain::GoodsKind;
use pickup_protocol::kiosk::{AnnualLimit, Line, Offer, Slip, Text};
use pickup_protocol::{DoorNumber, IdentityDigest, PickupNumber};
use tokio::time::timeout;

use crate::config::Config;
use crate::files::DataLock;
use crate::slip::{self, Paper, SlipContent, SlipError};

const JOB: u64 = 1;
/// Long enough for a slip, and for somebody who puts paper in.
const WITHIN: Duration = Duration::from_secs(60);

/// Prints the sample and says in words what became of it.
///
/// # Errors
/// When another program uses the devices, or the slip cannot be drawn.
pub async fn print(config: &Config) -> anyhow::Result<ExitCode> {
    let _alone = DataLock::take(&config.data_dir)?;
    let job = job(JOB, Timestamp::now(), (&config.printer).into()).context("the sample cannot be drawn")?;
    let mut driver = printer::spawn(config.printer.clone());
    let mut waiting = Some(job);
    let ended = timeout(WITHIN, async {
        while let Some(event) = driver.events.recv().await {
            match event {
                PrinterEvent::Up => println!("the printer answers"),
                PrinterEvent::Down(fault) => println!("the printer is not there: {fault}"),
                PrinterEvent::Status(status) => match (status.blocking_fault(), waiting.take()) {
                    (Some(fault), job) => {
                        println!("the printer cannot print: {fault}");
                        waiting = job;
                    }
                    (None, Some(job)) => driver.control.print(job)?,
                    (None, None) => {}
                },
                PrinterEvent::Printed { .. } | PrinterEvent::PrintedLate { .. } => {
                    println!("the sample was printed");
                    return Ok(ExitCode::SUCCESS);
                }
                PrinterEvent::Failed { kind, fault, .. } => {
                    println!("the sample was not printed: {fault}");
                    if kind == PrintFailure::OutcomeUnknown {
                        println!("a part of it may have come out, or may still");
                    }
                    return Ok(ExitCode::FAILURE);
                }
            }
        }
        anyhow::bail!("the printer's driver ended")
    });
    match ended.await {
        Ok(ended) => ended,
        Err(_) => {
            println!("nothing was printed within {} seconds", WITHIN.as_secs());
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The sample as the printer is to have it; `number` is the caller's.
///
/// # Errors
/// [`SlipError`]; none can happen for what is on it.
pub fn job(number: u64, now: Timestamp, paper: Paper) -> Result<PrintJob, SlipError> {
    let (offer, slip) = sample(now);
    let content = SlipContent { offer: &offer, slip: &slip, kiosk: "TEST", printed_at: now, copy: true };
    slip::print_job(number, &content, paper)
}

/// Everything that can be on a slip, of nobody and for nothing.
fn sample(now: Timestamp) -> (Offer, Slip) {
    let text = |zh: &str, en: &str| Text { zh: zh.into(), en: en.into() };
    let line = |zh: &str, en: &str, quantity: &str, amount_fen| Line {
        name: text(zh, en),
        quantity: quantity.into(),
        unit: text("件", "pieces"),
        amount_fen,
        kind: GoodsKind::Other,
    };
    let offer = Offer {
        pickup: PickupNumber(0),
        waybill: "TEST".into(),
        buyer_masked: "测**".into(),
        identity: IdentityDigest { salt: String::new(), digest: String::new() },
        lines: vec![
            line("打印测试：这不是放行单，不能提货", "Printer test: this is no release slip", "1", 0),
            line(
                "每个字都应清晰，二维码应可扫描",
                "Every letter is sharp, the code can be scanned",
                "2",
                12_345,
            ),
        ],
        goods_fen: 12_345,
        tax_fen: 1_033,
        limit: AnnualLimit { year: 2026, limit_fen: 2_600_000, used_fen: 12_345, held_fen: 0, as_of: now },
        doors: vec![DoorNumber(0)],
        released_at: now,
        not_after: now,
    };
    let slip = Slip {
        number: "TEST000000000000".into(),
        order_no: "TEST".into(),
        invt_no: "TEST".into(),
        supervision: "1210".into(),
        customs_office: "0000".into(),
        declarant: "打印测试".into(),
        centre: "打印测试 Printer test".into(),
    };
    (offer, slip)
}

#[cfg(test)]
mod tests {
    use pickup_devices::printer::SlipMode;

    use super::*;

    #[test]
    fn the_sample_fits_both_widths_and_both_kinds_of_slip_in_the_fonts_letters() {
        let now = Timestamp::UNIX_EPOCH;
        let (offer, slip) = sample(now);
        for (dots, mode) in [(576, SlipMode::Raster), (384, SlipMode::Raster), (576, SlipMode::Text)] {
            job(JOB, now, Paper { dots, mode }).unwrap();
        }
        assert_eq!(pickup_ui::missing_glyphs(&format!("{offer:?}{slip:?}")), Vec::<char>::new());
    }
}
