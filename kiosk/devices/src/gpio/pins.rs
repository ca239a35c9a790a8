//! Relays and contacts over embedded-hal pins.

use std::collections::BTreeMap;
use std::future::Future;

use embedded_hal::digital::{ErrorKind, ErrorType, InputPin, OutputPin};

use crate::lock::PulseLength;

/// A pin that cannot be had or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pin {line}: {reason}")]
pub struct PinError {
    /// The line, or the channel where pins are known by channel.
    pub line: u8,
    /// Why, in the words of the system.
    pub reason: String,
}

impl PinError {
    /// An error of a line.
    pub fn new(line: u8, reason: impl std::fmt::Display) -> Self {
        Self { line, reason: reason.to_string() }
    }
}

impl embedded_hal::digital::Error for PinError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// Why a pulse was not given as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PulseError {
    /// The relay was not switched on.
    #[error("no pulse was given: {0}")]
    NotDone(PinError),
    /// The relay may have been on, perhaps not for the whole time. It is off now as far as anyone can tell.
    #[error("it is not known whether a pulse was given: {0}")]
    Unknown(PinError),
}

/// The relays of a bank, by channel.
pub trait Relays: Send + 'static {
    /// Switches all relays off.
    ///
    /// # Errors
    /// The first relay that cannot be switched off.
    fn all_off(&mut self) -> Result<(), PinError>;

    /// Holds one relay for a time. Whatever comes back, the relay is off.
    fn pulse(
        &mut self,
        channel: u8,
        length: PulseLength,
    ) -> impl Future<Output = Result<(), PulseError>> + Send;
}

/// The contacts of a bank, by channel.
pub trait Contacts: Send + 'static {
    /// Whether the contact is shorted just now.
    ///
    /// # Errors
    /// The pin cannot be read.
    fn is_shorted(&mut self, channel: u8) -> Result<bool, PinError>;
}

/// Relays on output pins, pulsed by this very process; for tests, and within [`super::helper`].
#[derive(Debug)]
pub struct HalRelays<P> {
    /// The pin of each channel.
    pub pins: BTreeMap<u8, P>,
    /// A low output switches on.
    pub active_low: bool,
}

impl<P: OutputPin + Send + 'static> Relays for HalRelays<P> {
    fn all_off(&mut self) -> Result<(), PinError> {
        self.pins.iter_mut().try_for_each(|(channel, pin)| set(pin, *channel, self.active_low))
    }

    async fn pulse(&mut self, channel: u8, length: PulseLength) -> Result<(), PulseError> {
        let active_low = self.active_low;
        let pin = self.pins.get_mut(&channel);
        let pin = pin.ok_or_else(|| PulseError::NotDone(PinError::new(channel, "not wired")))?;
        let mut held = hold(pin, channel, active_low)?;
        tokio::time::sleep(length.duration()).await;
        held.release().map_err(PulseError::Unknown)
    }
}

/// A relay that is on until this is released or dropped.
#[derive(Debug)]
pub struct Held<'a, P: OutputPin> {
    pin: Option<&'a mut P>,
    line: u8,
    active_low: bool,
}

/// Switches a relay on.
///
/// # Errors
/// `NotDone` when the pin could not be set and could be set off; `Unknown` when not even that.
pub fn hold<P: OutputPin>(pin: &mut P, line: u8, active_low: bool) -> Result<Held<'_, P>, PulseError> {
    if let Err(error) = set(pin, line, !active_low) {
        return Err(match set(pin, line, active_low) {
            Ok(()) => PulseError::NotDone(error),
            Err(_) => PulseError::Unknown(error),
        });
    }
    Ok(Held { pin: Some(pin), line, active_low })
}

impl<P: OutputPin> Held<'_, P> {
    /// Switches the relay off.
    ///
    /// # Errors
    /// The pin cannot be set, twice.
    pub fn release(&mut self) -> Result<(), PinError> {
        let Some(pin) = self.pin.take() else { return Ok(()) };
        set(pin, self.line, self.active_low).or_else(|_| set(pin, self.line, self.active_low))
    }
}

impl<P: OutputPin> Drop for Held<'_, P> {
    fn drop(&mut self) {
        let _ = self.release();
    }
}

fn set<P: OutputPin>(pin: &mut P, line: u8, high: bool) -> Result<(), PinError> {
    let done = if high { pin.set_high() } else { pin.set_low() };
    done.map_err(|error| PinError::new(line, format_args!("{error:?}")))
}

/// Contacts on input pins.
#[derive(Debug)]
pub struct HalContacts<P> {
    /// The pin of each channel.
    pub pins: BTreeMap<u8, P>,
    /// A shorted contact reads low.
    pub active_low: bool,
}

impl<P: InputPin + Send + 'static> Contacts for HalContacts<P> {
    fn is_shorted(&mut self, channel: u8) -> Result<bool, PinError> {
        let pin = self.pins.get_mut(&channel).ok_or_else(|| PinError::new(channel, "not wired"))?;
        let high = pin.is_high().map_err(|error| PinError::new(channel, format_args!("{error:?}")))?;
        Ok(high != self.active_low)
    }
}

/// An output of any backend.
pub(crate) struct AnyOutput(Box<dyn OutputPin<Error = PinError> + Send>);

impl ErrorType for AnyOutput {
    type Error = PinError;
}

impl OutputPin for AnyOutput {
    fn set_low(&mut self) -> Result<(), PinError> {
        self.0.set_low()
    }

    fn set_high(&mut self) -> Result<(), PinError> {
        self.0.set_high()
    }
}

/// An input of any backend.
pub(crate) struct AnyInput(Box<dyn InputPin<Error = PinError> + Send>);

impl ErrorType for AnyInput {
    type Error = PinError;
}

impl InputPin for AnyInput {
    fn is_high(&mut self) -> Result<bool, PinError> {
        self.0.is_high()
    }

    fn is_low(&mut self) -> Result<bool, PinError> {
        self.0.is_low()
    }
}

/// A backend's pin with errors that can be shown.
#[derive(Debug)]
#[cfg_attr(
    not(any(feature = "gpio-cdev", feature = "gpio-files", feature = "gpio-rppal", feature = "mcp23017")),
    allow(dead_code, reason = "for backends")
)]
pub(super) struct Named<P> {
    pin: P,
    line: u8,
}

#[cfg(any(feature = "gpio-cdev", feature = "gpio-files", feature = "gpio-rppal", feature = "mcp23017"))]
impl<P> Named<P> {
    /// As an output of any backend.
    pub(super) fn output(pin: P, line: u8) -> AnyOutput
    where
        P: OutputPin + Send + 'static,
    {
        AnyOutput(Box::new(Self { pin, line }))
    }

    /// As an input of any backend.
    pub(super) fn input(pin: P, line: u8) -> AnyInput
    where
        P: InputPin + Send + 'static,
    {
        AnyInput(Box::new(Self { pin, line }))
    }
}

impl<P> ErrorType for Named<P> {
    type Error = PinError;
}

impl<P: OutputPin> OutputPin for Named<P> {
    fn set_low(&mut self) -> Result<(), PinError> {
        set(&mut self.pin, self.line, false)
    }

    fn set_high(&mut self) -> Result<(), PinError> {
        set(&mut self.pin, self.line, true)
    }
}

impl<P: InputPin> InputPin for Named<P> {
    fn is_high(&mut self) -> Result<bool, PinError> {
        self.pin.is_high().map_err(|error| PinError::new(self.line, format_args!("{error:?}")))
    }

    fn is_low(&mut self) -> Result<bool, PinError> {
        self.is_high().map(|high| !high)
    }
}
