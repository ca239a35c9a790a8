//! Pins that are files holding `0` or `1`, in the folder `chip`, each named by its line: for trying the whole path,
//! helper and all, on a computer without pins.
//!
//! What a process wrote stays when it is killed, as with a Raspberry Pi's registers or an expander.

use std::fs;
use std::path::PathBuf;

use embedded_hal::digital::{ErrorType, InputPin, OutputPin};

use super::GpioSettings;
use super::pins::{AnyInput, AnyOutput, Named, PinError};

/// A line.
struct FilePin {
    path: PathBuf,
    line: u8,
}

pub(super) fn output(settings: &GpioSettings, line: u8) -> Result<AnyOutput, PinError> {
    let mut pin = FilePin::of(settings, line);
    pin.write(settings.relay_active_low)?;
    Ok(Named::output(pin, line))
}

pub(super) fn input(settings: &GpioSettings, line: u8) -> Result<AnyInput, PinError> {
    let pin = FilePin::of(settings, line);
    pin.read()?;
    Ok(Named::input(pin, line))
}

impl FilePin {
    fn of(settings: &GpioSettings, line: u8) -> Self {
        Self { path: PathBuf::from(&settings.chip).join(line.to_string()), line }
    }

    fn write(&mut self, high: bool) -> Result<(), PinError> {
        let text = if high { "1" } else { "0" };
        fs::write(&self.path, text).map_err(|error| PinError::new(self.line, error))
    }

    fn read(&self) -> Result<bool, PinError> {
        let text = fs::read_to_string(&self.path).map_err(|error| PinError::new(self.line, error))?;
        Ok(text.trim() == "1")
    }
}

impl ErrorType for FilePin {
    type Error = PinError;
}

impl OutputPin for FilePin {
    fn set_low(&mut self) -> Result<(), PinError> {
        self.write(false)
    }

    fn set_high(&mut self) -> Result<(), PinError> {
        self.write(true)
    }
}

impl InputPin for FilePin {
    fn is_high(&mut self) -> Result<bool, PinError> {
        self.read()
    }

    fn is_low(&mut self) -> Result<bool, PinError> {
        self.read().map(|high| !high)
    }
}
