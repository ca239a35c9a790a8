//! A file that says what is wrong, read again whenever it changes; what it does not name is in order.
//!
//! ```toml
//! scanner = "lines"               # another kind of scanner
//! printer = { gs_h = false }      # another model of printer
//! unplugged = ["idcard"]
//!
//! [faults]                        # as PUT /api/faults/{device}
//! printer = "paper_out"
//!
//! [wires]                         # as PUT /api/wires/{device}
//! idcard = "late"
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use crate::bench::Bench;
use crate::printer::Model;
use crate::scanner::ScannerKind;
use crate::wire::WireFault;
use crate::world::{Device, WorldError};

/// A faults file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// The kind of scanner.
    pub scanner: Option<ScannerKind>,
    /// The model of printer.
    pub printer: Option<Model>,
    /// Devices whose lines are out.
    pub unplugged: Vec<String>,
    /// What is wrong with devices.
    pub faults: BTreeMap<String, String>,
    /// What is wrong on the way to the kiosk.
    pub wires: BTreeMap<String, WireFault>,
}

/// A faults file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FaultsError {
    /// Not TOML of this form.
    #[error("it is no faults file: {0}")]
    Form(#[from] toml::de::Error),
    /// A device or a fault that does not exist.
    #[error(transparent)]
    World(#[from] WorldError),
    /// A line cannot be put in again.
    #[error("a line cannot be put in again: {0:#}")]
    Line(anyhow::Error),
}

/// Makes the bench as the text says. Only what `before` had otherwise is touched, so that what a person did on the page
/// meanwhile stays.
///
/// # Errors
/// [`FaultsError`]; what comes before the mistake may have been done.
pub async fn apply(bench: &Bench, before: &Faults, text: &str) -> Result<Faults, FaultsError> {
    let now: Faults = toml::from_str(text)?;
    if now.scanner != before.scanner {
        bench.change(|world| world.set_scanner(now.scanner.unwrap_or_default()));
    }
    if now.printer != before.printer {
        bench.change(|world| world.set_printer(now.printer.unwrap_or_default()));
    }
    for (device, fault) in changed(&before.faults, &now.faults) {
        let (device, bytes) = bench.change(|world| world.set_fault(&device, fault))?;
        bench.send(device, &bytes).await;
    }
    for (device, fault) in changed(&before.wires, &now.wires) {
        bench.wires.set(named(&device)?, fault);
    }
    for device in &now.unplugged {
        bench.line(named(device)?).unplug();
    }
    for device in before.unplugged.iter().filter(|device| !now.unplugged.contains(device)) {
        bench.line(named(device)?).plug().map_err(FaultsError::Line)?;
    }
    Ok(now)
}

/// Follows a file for ever. A mistake in it is logged and leaves all as it is.
pub async fn watch(bench: Arc<Bench>, path: PathBuf) {
    let (mut before, mut text) = (Faults::default(), String::new());
    loop {
        let found = tokio::fs::read_to_string(&path).await.unwrap_or_default();
        if found != text {
            text = found;
            match apply(&bench, &before, &text).await {
                Ok(now) => before = now,
                Err(error) => tracing::error!("{}: {error}", path.display()),
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn named(device: &str) -> Result<Device, WorldError> {
    Device::named(device).ok_or_else(|| WorldError::Device(device.to_owned()))
}

fn changed<T: Clone + PartialEq>(
    before: &BTreeMap<String, T>,
    now: &BTreeMap<String, T>,
) -> Vec<(String, Option<T>)> {
    let gone = before.keys().filter(|device| !now.contains_key(*device)).map(|device| (device.clone(), None));
    let new = now.iter().filter(|(device, fault)| before.get(*device) != Some(fault));
    gone.chain(new.map(|(device, fault)| (device.clone(), Some(fault.clone())))).collect()
}
