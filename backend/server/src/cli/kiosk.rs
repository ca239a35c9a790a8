//! `kiosk show`: how a kiosk stands, as it said last.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use pickup_protocol::health::{DeviceHealth, Health};
use pickup_server::App;
use pickup_server::kiosk_api::{Standing, last_health};

/// Lines of a driver's trace shown to a person.
const TRACE_SHOWN: usize = 8;

/// Prints how the kiosk of this name or id stands.
pub async fn show(app: Arc<App>, kiosk: String, json: bool) -> Result<()> {
    let (now, asked) = (app.now(), kiosk.clone());
    let found = app.store.read(move |conn| last_health(conn, &asked)).await?;
    let Standing { id, name, centre, health } =
        found.with_context(|| format!("there is no kiosk {kiosk}: `pickup-backend kiosk list` names all"))?;
    if json {
        let (got, health) = health.unzip();
        say!(
            "{}",
            serde_json::json!({ "id": id, "name": name, "centre": centre, "got": got, "health": health })
        );
        return Ok(());
    }
    say!("Kiosk {name} of centre {centre} ({id})");
    let Some((got, health)) = health else {
        say!("It has not said how it stands.");
        return Ok(());
    };
    say!("Said {} ago, at {got}.", in_words(seconds_between(got, now)));
    whole(&health);
    health.devices.iter().for_each(device);
    Ok(())
}

fn seconds_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_second().saturating_sub(from.as_second())).unwrap_or_default()
}

fn whole(health: &Health) {
    say!("program   {}, running for {}", health.version, in_words(health.uptime_s));
    match &health.out_of_service {
        None => say!("service   open"),
        Some(code) => say!("service   CLOSED: {code}"),
    }
    let ahead = health.clock.system_ahead_ms.map(|ms| format!(", the system's clock is {ms} ms ahead"));
    say!("clock     by {}{}", health.clock.source, ahead.unwrap_or_default());
    if let Some(disk) = &health.disk {
        say!("disk      {} MiB free of {} MiB", disk.free_bytes >> 20, disk.total_bytes >> 20);
    }
    let good = if health.journal.good { "good" } else { "NO GOOD" };
    say!("journal   {good}, {} lines, {} reports wait", health.journal.rows, health.reports_waiting);
}

fn device(device: &DeviceHealth) {
    let state = match (device.good, &device.fault) {
        (Some(true), _) => "works".to_owned(),
        (Some(false), fault) => format!("DOES NOT WORK: {}", fault.as_deref().unwrap_or("?")),
        (None, _) => "has not said anything yet".to_owned(),
    };
    let since = device.for_s.map(|s| format!(", for {}", in_words(s))).unwrap_or_default();
    let last =
        device.last_fault.as_ref().map(|f| format!("; last fault {} {} ago", f.code, in_words(f.ago_s)));
    say!("{:<9} {state}{since}{}", device.name, last.unwrap_or_default());
    let from = device.trace.len().saturating_sub(TRACE_SHOWN);
    for line in device.trace.iter().skip(from) {
        say!("          {:>10} ms  {}", line.at_ms, line.text);
    }
}

fn in_words(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
