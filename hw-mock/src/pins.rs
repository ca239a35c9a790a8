//! A door on pins: a relay that pulls its lock and a contact that says whether it is shut, as embedded-hal 1.0 pins.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use embedded_hal::digital::{Error, ErrorKind, ErrorType, InputPin, OutputPin};

/// The door behind the pins.
#[derive(Debug, Default)]
pub struct PinDoor {
    /// It stands open.
    pub open: bool,
    /// The relay pulls, but the door stays shut.
    pub stuck_closed: bool,
    /// The pins fail.
    pub broken: bool,
    /// So many next readings of the contact are wrong, every other one.
    pub bounces: u32,
    /// How long the coil was energised, each time.
    pub pulses: Vec<Duration>,
    /// How often the relay was told to be off.
    pub offs: u32,
    on_since: Option<Instant>,
}

impl PinDoor {
    /// Whether the coil is energised.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.on_since.is_some()
    }

    fn switch(&mut self, on: bool) -> Result<(), PinBroken> {
        if self.broken {
            return Err(PinBroken);
        }
        if on {
            self.on_since.get_or_insert_with(Instant::now);
            if !self.stuck_closed && !self.open {
                self.open = true;
            }
        } else {
            self.offs += 1;
            self.pulses.extend(self.on_since.take().map(|since| since.elapsed()));
        }
        Ok(())
    }

    fn contact_shorted(&mut self) -> Result<bool, PinBroken> {
        if self.broken {
            return Err(PinBroken);
        }
        self.bounces = self.bounces.saturating_sub(1);
        Ok(self.open == (self.bounces % 2 == 1))
    }
}

/// A pin that does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinBroken;

impl Error for PinBroken {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// A door shared between its two pins and the test.
#[derive(Clone, Debug, Default)]
pub struct SharedDoor(Arc<Mutex<PinDoor>>);

impl SharedDoor {
    /// The door itself.
    pub fn door(&self) -> MutexGuard<'_, PinDoor> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The relay's pin; high is on.
    #[must_use]
    pub fn relay(&self) -> RelayPin {
        RelayPin(self.clone())
    }

    /// The contact's pin: low while the door is shut, as with a pull-up.
    #[must_use]
    pub fn contact(&self) -> ContactPin {
        ContactPin(self.clone())
    }
}

/// See [`SharedDoor::relay`].
#[derive(Debug)]
pub struct RelayPin(SharedDoor);

impl ErrorType for RelayPin {
    type Error = PinBroken;
}

impl OutputPin for RelayPin {
    fn set_low(&mut self) -> Result<(), PinBroken> {
        self.0.door().switch(false)
    }

    fn set_high(&mut self) -> Result<(), PinBroken> {
        self.0.door().switch(true)
    }
}

/// See [`SharedDoor::contact`].
#[derive(Debug)]
pub struct ContactPin(SharedDoor);

impl ErrorType for ContactPin {
    type Error = PinBroken;
}

impl InputPin for ContactPin {
    fn is_high(&mut self) -> Result<bool, PinBroken> {
        self.0.door().contact_shorted().map(|shorted| !shorted)
    }

    fn is_low(&mut self) -> Result<bool, PinBroken> {
        self.0.door().contact_shorted()
    }
}
