//! Pins by the kernel's character device (uAPI version 2), on any board; crate `gpiocdev`.
//!
//! A line belongs to the process that took it. When that process ends, however it ends, the kernel takes the line back;
//! most chips make it an input then. The kernel debounces contacts.

use std::time::Duration;

use embedded_hal::digital::OutputPin as _;
use gpiocdev::Request;
use gpiocdev::line::{Bias, Value};
use gpiocdev_embedded_hal::{InputPin, OutputPin};

use super::GpioSettings;
use super::pins::{AnyInput, AnyOutput, Named, PinError};

/// Shown by `gpioinfo` beside the line.
const CONSUMER: &str = "pickup-kiosk";

pub(super) fn output(settings: &GpioSettings, line: u8) -> Result<AnyOutput, PinError> {
    let off = if settings.relay_active_low { Value::Active } else { Value::Inactive };
    let request = taken(settings, line, |builder| {
        builder.as_output(off);
    })?;
    let mut pin = OutputPin::try_from(request).map_err(|error| PinError::new(line, error))?;
    let set = if settings.relay_active_low { pin.set_high() } else { pin.set_low() };
    set.map_err(|error| PinError::new(line, error))?;
    Ok(Named::output(pin, line))
}

pub(super) fn input(settings: &GpioSettings, line: u8) -> Result<AnyInput, PinError> {
    let request = taken(settings, line, |builder| {
        let bias = if settings.contact_active_low { Bias::PullUp } else { Bias::PullDown };
        builder
            .as_input()
            .with_bias(bias)
            .with_debounce_period(Duration::from_millis(settings.debounce_ms.min(1_000)));
    })?;
    let pin = InputPin::try_from(request).map_err(|error| PinError::new(line, error))?;
    Ok(Named::input(pin, line))
}

fn taken(
    settings: &GpioSettings,
    line: u8,
    configure: impl FnOnce(&mut gpiocdev::request::Builder),
) -> Result<Request, PinError> {
    let chip = chip_labelled(&settings.chip).map_err(|reason| PinError::new(line, reason))?;
    let mut builder = Request::builder();
    builder.on_chip(chip).with_consumer(CONSUMER).with_line(u32::from(line));
    configure(&mut builder);
    builder.request().map_err(|error| PinError::new(line, error))
}

/// The chip with this label: its number changes between kernels, its label does not.
fn chip_labelled(label: &str) -> Result<std::path::PathBuf, String> {
    let chips = gpiocdev::chip::chips().map_err(|error| error.to_string())?;
    let mut seen = Vec::new();
    for path in chips {
        let Ok(info) = gpiocdev::chip::Chip::from_path(&path).and_then(|chip| chip.info()) else { continue };
        if info.label == label {
            return Ok(path);
        }
        seen.push(info.label);
    }
    Err(format!("no GPIO chip is labelled \"{label}\"; there are: {}", seen.join(", ")))
}
