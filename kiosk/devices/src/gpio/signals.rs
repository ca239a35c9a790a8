//! What a person notices beside the screen: a buzzer, a lamp strip, a light over the doors; and a sensor that notices a
//! person. All are optional.
//!
//! The buzzer sounds when a door springs open, the light is on while a door stands open, and the lamps are on while
//! somebody is there: seen by the sensor, or a door moved, not long ago.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use embedded_hal::digital::{InputPin, OutputPin};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::backend::{input, output};
use super::pins::{AnyInput, AnyOutput};
use super::{Debounce, GpioBackend, GpioSettings, PinError};
use crate::lock::DoorNumber;

const BEEP: Duration = Duration::from_millis(120);
/// The sensor is looked at so often.
const LOOK: Duration = Duration::from_millis(50);
const SETTLES: Duration = Duration::from_millis(100);

/// Pins of the signals; those left out are not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignalSettings {
    /// What the pins belong to.
    pub backend: GpioBackend,
    /// As in [`GpioSettings::chip`].
    pub chip: String,
    /// As in [`GpioSettings::i2c_address`].
    pub i2c_address: u8,
    /// A low output switches on.
    pub active_low: bool,
    /// The buzzer's line.
    pub buzzer: Option<u8>,
    /// The lamp strip's line.
    pub lamps: Option<u8>,
    /// The line of the light over the doors.
    pub door_light: Option<u8>,
    /// The presence sensor's line; high while somebody is there.
    pub presence: Option<u8>,
    /// How long the lamps stay on when nothing happens, in seconds.
    pub lamps_for_s: u64,
}

impl Default for SignalSettings {
    fn default() -> Self {
        Self {
            backend: GpioBackend::default(),
            chip: String::new(),
            i2c_address: 0x20,
            active_low: false,
            buzzer: None,
            lamps: None,
            door_light: None,
            presence: None,
            lamps_for_s: 60,
        }
    }
}

/// What the lights and the buzzer should do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shown {
    /// The buzzer sounds.
    pub buzzer: bool,
    /// The lamps are on.
    pub lamps: bool,
    /// The light over the doors is on.
    pub door_light: bool,
}

/// Decides what is shown; time is told to it.
#[derive(Debug, Default)]
pub struct Panel {
    lamps_for: Duration,
    open: BTreeSet<DoorNumber>,
    beep_until: Option<Instant>,
    lamps_until: Option<Instant>,
}

impl Panel {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(lamps_for: Duration) -> Self {
        Self { lamps_for, ..Self::default() }
    }

    /// A door's state was told.
    pub fn door(&mut self, door: DoorNumber, open: bool, now: Instant) {
        let moved = if open { self.open.insert(door) } else { self.open.remove(&door) };
        if moved {
            self.noticed(now);
        }
        if moved && open {
            self.beep_until = Some(now + BEEP);
        }
    }

    /// Somebody is there.
    pub fn noticed(&mut self, now: Instant) {
        self.lamps_until = now.checked_add(self.lamps_for);
    }

    /// What is to be shown.
    #[must_use]
    pub fn shown(&self, now: Instant) -> Shown {
        let lasts = |until: Option<Instant>| until.is_some_and(|until| now < until);
        let door_light = !self.open.is_empty();
        let lamps = door_light || lasts(self.lamps_until);
        Shown { buzzer: lasts(self.beep_until), lamps, door_light }
    }
}

/// Tells the signals of doors; may be cloned. Without pins it does nothing.
#[derive(Debug, Clone)]
pub struct Signals(Option<mpsc::Sender<(DoorNumber, bool)>>);

impl Signals {
    /// A door's state was told.
    pub fn door(&self, door: DoorNumber, open: bool) {
        if let Some(sender) = &self.0 {
            // Lights that cannot keep up are the least of anyone's worries.
            let _ = sender.try_send((door, open));
        }
    }
}

/// The outputs, all off at first.
struct Outputs {
    buzzer: Option<AnyOutput>,
    lamps: Option<AnyOutput>,
    door_light: Option<AnyOutput>,
    active_low: bool,
}

impl Outputs {
    fn set(&mut self, shown: Shown) {
        let of = [
            (&mut self.buzzer, shown.buzzer),
            (&mut self.lamps, shown.lamps),
            (&mut self.door_light, shown.door_light),
        ];
        for (pin, on) in of {
            let Some(pin) = pin else { continue };
            let set = if on == self.active_low { pin.set_low() } else { pin.set_high() };
            if let Err(error) = set {
                tracing::debug!("a signal cannot be set: {error}");
            }
        }
    }
}

/// Starts the signals; pins that cannot be had are told once in the log and done without, for no goods depend on them.
pub fn spawn(settings: &SignalSettings) -> Signals {
    let pins = GpioSettings {
        backend: settings.backend,
        chip: settings.chip.clone(),
        i2c_address: settings.i2c_address,
        relay_active_low: settings.active_low,
        contact_active_low: false,
        ..GpioSettings::default()
    };
    let take = |line: Option<u8>| line.and_then(|line| told(output(&pins, line)));
    let outputs = Outputs {
        buzzer: take(settings.buzzer),
        lamps: take(settings.lamps),
        door_light: take(settings.door_light),
        active_low: settings.active_low,
    };
    let presence = settings.presence.and_then(|line| told(input(&pins, line)));
    let lights = [&outputs.buzzer, &outputs.lamps, &outputs.door_light];
    if lights.iter().all(|pin| pin.is_none()) {
        return Signals(None);
    }
    let (sender, doors) = mpsc::channel(64);
    let panel = Panel::new(Duration::from_secs(settings.lamps_for_s.min(86_400)));
    tokio::spawn(run(panel, outputs, presence, doors));
    Signals(Some(sender))
}

fn told<P>(pin: Result<P, PinError>) -> Option<P> {
    pin.map_err(|error| tracing::warn!("a signal is done without: {error}")).ok()
}

async fn run(
    mut panel: Panel,
    mut outputs: Outputs,
    mut presence: Option<AnyInput>,
    mut doors: mpsc::Receiver<(DoorNumber, bool)>,
) {
    let mut sensor = Debounce::new(SETTLES);
    let mut last = Shown::default();
    loop {
        let waited = tokio::time::timeout(LOOK, doors.recv()).await;
        let now = Instant::now();
        match waited {
            Ok(Some((door, open))) => panel.door(door, open, now),
            Ok(None) => return outputs.set(Shown::default()),
            Err(_) => {}
        }
        if let Some(Ok(level)) = presence.as_mut().map(InputPin::is_high) {
            sensor.sample(level, now);
        }
        if sensor.steady() == Some(true) {
            panel.noticed(now);
        }
        let shown = panel.shown(now);
        if shown != last {
            outputs.set(shown);
            last = shown;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_that_opens_sounds_once_and_is_lit_until_it_is_shut() {
        let (start, after) = (Instant::now(), Duration::from_millis);
        let mut panel = Panel::new(Duration::from_secs(1));
        assert_eq!(panel.shown(start), Shown::default());
        panel.door(3, true, start);
        assert_eq!(panel.shown(start), Shown { buzzer: true, lamps: true, door_light: true });
        panel.door(3, true, start + after(200));
        assert_eq!(panel.shown(start + after(200)), Shown { buzzer: false, lamps: true, door_light: true });
        panel.door(3, false, start + after(5_000));
        assert_eq!(
            panel.shown(start + after(5_900)),
            Shown { buzzer: false, lamps: true, door_light: false }
        );
        assert_eq!(panel.shown(start + after(6_100)), Shown::default());
    }

    #[test]
    fn doors_that_are_found_shut_at_start_are_no_reason_for_light() {
        let (now, mut panel) = (Instant::now(), Panel::new(Duration::from_secs(60)));
        panel.door(1, false, now);
        assert_eq!(panel.shown(now), Shown::default());
        panel.noticed(now);
        assert_eq!(panel.shown(now), Shown { lamps: true, ..Shown::default() });
    }
}
