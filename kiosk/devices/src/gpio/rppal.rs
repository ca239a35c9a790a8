//! Pins by the registers of a Raspberry Pi; crate `rppal`, which its author retired in July 2025 and which works on
//! models 3 to 5.
//!
//! Nobody takes a register back from a process that was killed: what it set stays set until another process sets it
//! otherwise. That is what the helper and the kiosk do for each other, see [`super`].

use embedded_hal::digital::OutputPin as _;
use rppal::gpio::Gpio;

use super::GpioSettings;
use super::pins::{AnyInput, AnyOutput, Named, PinError};

pub(super) fn output(settings: &GpioSettings, line: u8) -> Result<AnyOutput, PinError> {
    let pin = Gpio::new().and_then(|gpio| gpio.get(line)).map_err(|error| PinError::new(line, error))?;
    let mut pin = if settings.relay_active_low { pin.into_output_high() } else { pin.into_output_low() };
    // An output that is off holds an active-low relay off; an input would leave it to chance.
    pin.set_reset_on_drop(false);
    let off = if settings.relay_active_low {
        embedded_hal::digital::PinState::High
    } else {
        embedded_hal::digital::PinState::Low
    };
    let Ok(()) = pin.set_state(off);
    Ok(Named::output(pin, line))
}

pub(super) fn input(settings: &GpioSettings, line: u8) -> Result<AnyInput, PinError> {
    let pin = Gpio::new().and_then(|gpio| gpio.get(line)).map_err(|error| PinError::new(line, error))?;
    let pin = if settings.contact_active_low { pin.into_input_pullup() } else { pin.into_input_pulldown() };
    Ok(Named::input(pin, line))
}
