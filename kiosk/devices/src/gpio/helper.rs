//! The process that gives one pulse: it takes the line, switches it on, waits, switches it off and ends.

use std::ffi::OsString;
use std::process::ExitCode;

use super::backend::output;
use super::pins::{PulseError, hold};
use super::{GpioBackend, GpioSettings};
use crate::lock::PulseLength;

/// The hidden first argument.
const WORD: &str = "gpio-pulse";
/// Ends with this when no pulse was given.
pub(super) const NOT_DONE: i32 = 3;
/// Ends with this when it is not known whether one was given.
const UNKNOWN: u8 = 4;

/// What the helper is started with.
pub(super) fn arguments(settings: &GpioSettings, line: u8, length: PulseLength) -> [OsString; 7] {
    [
        WORD.into(),
        settings.backend.name().into(),
        settings.chip.clone().into(),
        settings.i2c_address.to_string().into(),
        u8::from(settings.relay_active_low).to_string().into(),
        line.to_string().into(),
        length.ms().to_string().into(),
    ]
}

/// To be called first thing by a program that drives pins, with its arguments after its name: gives the pulse when that
/// is what this process was started for, and says how to end.
pub fn run_if_asked(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let words: Vec<String> = arguments.into_iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let (first, rest) = words.split_first()?;
    if first != WORD {
        return None;
    }
    let not_done = ExitCode::from(u8::try_from(NOT_DONE).unwrap_or(UNKNOWN));
    let Some((settings, line, length)) = understood(rest) else { return Some(not_done) };
    Some(match pulse(&settings, line, length) {
        Ok(()) => ExitCode::SUCCESS,
        Err(PulseError::NotDone(_)) => not_done,
        Err(PulseError::Unknown(_)) => ExitCode::from(UNKNOWN),
    })
}

fn understood(words: &[String]) -> Option<(GpioSettings, u8, PulseLength)> {
    let [backend, chip, address, active_low, line, ms] = words else { return None };
    let settings = GpioSettings {
        backend: GpioBackend::named(backend)?,
        chip: chip.clone(),
        i2c_address: address.parse().ok()?,
        relay_active_low: active_low == "1",
        ..GpioSettings::default()
    };
    let length = PulseLength::try_from(ms.parse::<u16>().ok()?).ok()?;
    Some((settings, line.parse().ok()?, length))
}

fn pulse(settings: &GpioSettings, line: u8, length: PulseLength) -> Result<(), PulseError> {
    let mut pin = output(settings, line).map_err(PulseError::NotDone)?;
    let mut held = hold(&mut pin, line, settings.relay_active_low)?;
    std::thread::sleep(length.duration());
    held.release().map_err(PulseError::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_helper_understands_what_it_is_started_with() {
        let settings = GpioSettings {
            backend: GpioBackend::Rppal,
            chip: "a chip".into(),
            relay_active_low: true,
            ..GpioSettings::default()
        };
        let length = PulseLength::try_from(300).unwrap();
        let words = arguments(&settings, 17, length).map(|word| word.into_string().unwrap());
        assert_eq!(understood(&words[1..]), Some((settings, 17, length)));
        assert_eq!(understood(&words[2..]), None);
    }

    #[test]
    fn other_arguments_are_not_for_the_helper_and_an_unbounded_pulse_is_refused() {
        assert!(run_if_asked(["run".into(), "--config".into()]).is_none());
        assert!(run_if_asked(Vec::new()).is_none());
        let words = ["cdev", "chip", "32", "0", "17", "60000"].map(String::from);
        assert_eq!(understood(&words), None);
    }
}
