//! `pickup-pulse-probe FOLDER MS`: opens door 1 once on pins that are files, and prints what the driver tells, line by
//! line. For tests that kill it, or its helper, in the middle of a pulse.

use std::process::ExitCode;

use pickup_devices::gpio::{GpioBackend, GpioSettings, PinPair, helper};
use pickup_devices::lock::{
    BoardConfig, DoorConfig, Family, LockConfig, LockEvent, Polarity, PulseLength, spawn,
};

fn main() -> anyhow::Result<ExitCode> {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    if let Some(code) = helper::run_if_asked(words.clone()) {
        return Ok(code);
    }
    let [folder, ms] = words.as_slice() else { anyhow::bail!("pickup-pulse-probe FOLDER MS") };
    let config = LockConfig {
        family: Family::Gpio,
        pulse_ms: PulseLength::try_from(ms.to_string_lossy().parse::<u16>()?)?,
        gpio: GpioSettings {
            backend: GpioBackend::Files,
            chip: folder.to_string_lossy().into_owned(),
            pins: vec![PinPair { channel: 1, relay: 17, contact: 27 }],
            ..GpioSettings::default()
        },
        boards: vec![BoardConfig { address: 1, channels: 1, polarity: Polarity::DoorClosing }],
        doors: vec![DoorConfig { door: 1, board: 1, channel: 1 }],
        idle_poll_ms: 20,
        ..LockConfig::default()
    };
    config.check()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let mut driver = spawn(config);
        while let Some(event) = driver.events.recv().await {
            println!("{event:?}");
            if matches!(event, LockEvent::State { door: 1, open: false }) {
                driver.open(1)?;
            }
        }
        anyhow::Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}
