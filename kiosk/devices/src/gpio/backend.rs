//! The pins that a configuration names: contacts read here, relays pulsed by the helper.

use std::time::Duration;

use tokio::process::Command;

use super::helper::{self, NOT_DONE};
use super::pins::{AnyInput, AnyOutput, Contacts, HalContacts, PinError, PulseError, Relays};
use super::{GpioBackend, GpioSettings};
use crate::lock::PulseLength;

/// A helper needs this much longer than the pulse at most.
const GRACE: Duration = Duration::from_secs(1);

/// Takes a line as an output that is off.
pub(super) fn output(settings: &GpioSettings, line: u8) -> Result<AnyOutput, PinError> {
    match settings.backend {
        #[cfg(feature = "gpio-cdev")]
        GpioBackend::Cdev => super::cdev::output(settings, line),
        #[cfg(feature = "gpio-rppal")]
        GpioBackend::Rppal => super::rppal::output(settings, line),
        #[cfg(feature = "mcp23017")]
        GpioBackend::Mcp23017 => super::mcp23017::output(settings, line),
        #[cfg(feature = "gpio-files")]
        GpioBackend::Files => super::files::output(settings, line),
        #[allow(unreachable_patterns, reason = "reached when a backend is not built in")]
        backend => Err(missing(backend, line)),
    }
}

/// Takes a line as an input with its pull-up on.
fn input(settings: &GpioSettings, line: u8) -> Result<AnyInput, PinError> {
    match settings.backend {
        #[cfg(feature = "gpio-cdev")]
        GpioBackend::Cdev => super::cdev::input(settings, line),
        #[cfg(feature = "gpio-rppal")]
        GpioBackend::Rppal => super::rppal::input(settings, line),
        #[cfg(feature = "mcp23017")]
        GpioBackend::Mcp23017 => super::mcp23017::input(settings, line),
        #[cfg(feature = "gpio-files")]
        GpioBackend::Files => super::files::input(settings, line),
        #[allow(unreachable_patterns, reason = "reached when a backend is not built in")]
        backend => Err(missing(backend, line)),
    }
}

fn missing(backend: GpioBackend, line: u8) -> PinError {
    PinError::new(line, format_args!("this program was built without the feature {}", backend.feature()))
}

/// Contacts of the configured backend.
pub(crate) struct BackendContacts(HalContacts<AnyInput>);

impl BackendContacts {
    pub(super) fn open(settings: &GpioSettings) -> Result<Self, PinError> {
        let taken = settings.pins.iter().map(|pins| Ok((pins.channel, input(settings, pins.contact)?)));
        let pins = taken.collect::<Result<_, PinError>>()?;
        Ok(Self(HalContacts { pins, active_low: settings.contact_active_low }))
    }
}

impl Contacts for BackendContacts {
    fn is_shorted(&mut self, channel: u8) -> Result<bool, PinError> {
        self.0.is_shorted(channel)
    }
}

/// Relays of the configured backend, each pulse in a process of its own.
pub(crate) struct HelperRelays(GpioSettings);

impl HelperRelays {
    pub(super) fn new(settings: &GpioSettings) -> Self {
        Self(settings.clone())
    }

    /// Takes the line as an output that is off, and gives it back.
    fn off(&self, line: u8) -> Result<(), PinError> {
        output(&self.0, line).map(drop)
    }
}

impl Relays for HelperRelays {
    fn all_off(&mut self) -> Result<(), PinError> {
        self.0.pins.iter().try_for_each(|pins| self.off(pins.relay))
    }

    async fn pulse(&mut self, channel: u8, length: PulseLength) -> Result<(), PulseError> {
        let not_wired = || PulseError::NotDone(PinError::new(channel, "not wired"));
        let line = self.0.pins_of(channel).ok_or_else(not_wired)?.relay;
        let ended = run(&self.0, line, length).await;
        // Whatever the helper did or failed to do, the relay is off after this.
        let off = self.off(line);
        ended?;
        off.map_err(PulseError::Unknown)
    }
}

async fn run(settings: &GpioSettings, line: u8, length: PulseLength) -> Result<(), PulseError> {
    let not_done = |error: std::io::Error| PulseError::NotDone(PinError::new(line, error));
    let program = std::env::current_exe().map_err(not_done)?;
    // It must outlive this process if need be, so it is not killed with it.
    let mut helper = Command::new(program)
        .args(helper::arguments(settings, line, length))
        .stdin(std::process::Stdio::null())
        .spawn()
        .map_err(not_done)?;
    let unknown = |reason: &str| PulseError::Unknown(PinError::new(line, reason));
    let Ok(ended) = tokio::time::timeout(length.duration() + GRACE, helper.wait()).await else {
        let _ = helper.kill().await;
        return Err(unknown("the helper did not end in time and was ended"));
    };
    match ended.ok().and_then(|status| status.code()) {
        Some(0) => Ok(()),
        Some(NOT_DONE) => Err(PulseError::NotDone(PinError::new(line, "the helper could not take the line"))),
        _ => Err(unknown("the helper was ended before its time")),
    }
}
