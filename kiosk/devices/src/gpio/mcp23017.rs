//! Pins of an MCP23017 port expander on I2C (data sheet DS20001952): lines 0 to 7 are port A, 8 to 15 port B.
//!
//! The chip keeps its outputs whatever becomes of this computer's processes; helper and kiosk switch off for each other,
//! see [`super`]. The general crate for port expanders is not used here: its driver begins with all outputs low in its
//! own memory and writes whole ports, so that pulsing one relay of an active-low board would switch on seven others.
//! Here each register is read, changed in one bit, and written.

use embedded_hal::digital::{ErrorType, InputPin, OutputPin};
use embedded_hal::i2c::I2c;
use linux_embedded_hal::I2cdev;

use super::GpioSettings;
use super::pins::{AnyInput, AnyOutput, Named, PinError};

/// Registers of port A; those of port B follow each by one (bank 0, as after power-on).
const DIRECTION: u8 = 0x00;
const PULL_UP: u8 = 0x0C;
const PORT: u8 = 0x12;
const LATCH: u8 = 0x14;

pub(super) fn output(settings: &GpioSettings, line: u8) -> Result<AnyOutput, PinError> {
    let mut pin = ExpanderPin::open(settings, line)?;
    // The level first, then the direction: the pin never shows another level.
    pin.change(LATCH, settings.relay_active_low)?;
    pin.change(DIRECTION, false)?;
    Ok(Named::output(pin, line))
}

pub(super) fn input(settings: &GpioSettings, line: u8) -> Result<AnyInput, PinError> {
    let mut pin = ExpanderPin::open(settings, line)?;
    pin.change(PULL_UP, settings.contact_active_low)?;
    pin.change(DIRECTION, true)?;
    Ok(Named::input(pin, line))
}

/// One pin of an expander.
struct ExpanderPin<I> {
    bus: I,
    address: u8,
    line: u8,
}

impl ExpanderPin<I2cdev> {
    fn open(settings: &GpioSettings, line: u8) -> Result<Self, PinError> {
        if line > 15 || !(0x20..=0x27).contains(&settings.i2c_address) {
            return Err(PinError::new(line, "lines are 0 to 15 and addresses 0x20 to 0x27"));
        }
        let bus = I2cdev::new(&settings.chip).map_err(|error| PinError::new(line, error))?;
        Ok(Self { bus, address: settings.i2c_address, line })
    }
}

impl<I: I2c> ExpanderPin<I> {
    fn read(&mut self, register: u8) -> Result<u8, PinError> {
        let mut byte = [0];
        let register = register | (self.line >> 3 & 1);
        self.bus
            .write_read(self.address, &[register], &mut byte)
            .map_err(|error| PinError::new(self.line, format_args!("{error:?}")))?;
        Ok(byte[0])
    }

    fn mask(&self) -> u8 {
        1 << (self.line & 7)
    }

    fn change(&mut self, register: u8, high: bool) -> Result<(), PinError> {
        let (before, mask) = (self.read(register)?, self.mask());
        let after = if high { before | mask } else { before & !mask };
        let register = register | (self.line >> 3 & 1);
        self.bus
            .write(self.address, &[register, after])
            .map_err(|error| PinError::new(self.line, format_args!("{error:?}")))
    }
}

impl<I> ErrorType for ExpanderPin<I> {
    type Error = PinError;
}

impl<I: I2c> OutputPin for ExpanderPin<I> {
    fn set_low(&mut self) -> Result<(), PinError> {
        self.change(LATCH, false)
    }

    fn set_high(&mut self) -> Result<(), PinError> {
        self.change(LATCH, true)
    }
}

impl<I: I2c> InputPin for ExpanderPin<I> {
    fn is_high(&mut self) -> Result<bool, PinError> {
        Ok(self.read(PORT)? & self.mask() != 0)
    }

    fn is_low(&mut self) -> Result<bool, PinError> {
        self.is_high().map(|high| !high)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use embedded_hal::i2c::{ErrorType as I2cErrorType, Operation};

    use super::*;

    /// The chip's registers.
    struct Chip([u8; 22]);

    impl I2cErrorType for Chip {
        type Error = Infallible;
    }

    impl I2c for Chip {
        fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), Infallible> {
            assert_eq!(address, 0x21);
            let mut at = 0;
            for operation in operations {
                match operation {
                    Operation::Write([register]) => at = usize::from(*register),
                    Operation::Write([register, byte]) => self.0[usize::from(*register)] = *byte,
                    Operation::Read(bytes) => bytes[0] = self.0[at],
                    Operation::Write(other) => panic!("{other:?}"),
                }
            }
            Ok(())
        }
    }

    #[test]
    fn a_relay_is_switched_without_touching_its_neighbours() {
        let mut registers = [0; 22];
        registers[usize::from(LATCH) + 1] = 0b1111_1111;
        let mut pin = ExpanderPin { bus: Chip(registers), address: 0x21, line: 10 };
        pin.set_low().unwrap();
        assert_eq!(pin.bus.0[usize::from(LATCH) + 1], 0b1111_1011);
        pin.set_high().unwrap();
        assert_eq!(pin.bus.0[usize::from(LATCH) + 1], 0b1111_1111);
        assert_eq!(pin.bus.0[usize::from(LATCH)], 0, "the other port is not touched");
    }

    #[test]
    fn a_contact_is_read_from_its_port() {
        let mut registers = [0; 22];
        registers[usize::from(PORT)] = 0b0000_1000;
        let mut pin = ExpanderPin { bus: Chip(registers), address: 0x21, line: 3 };
        assert_eq!((pin.is_high(), pin.is_low()), (Ok(true), Ok(false)));
        pin.line = 11;
        assert_eq!(pin.is_high(), Ok(false));
    }
}
