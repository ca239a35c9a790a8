//! A pad of digits as plain values.

use crate::view::Action;

/// A pad of digits and what was typed on it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pad {
    /// What was typed.
    pub entered: Entered,
    /// The most digits it takes.
    pub places: u8,
    /// Whether there are enough digits to go on.
    pub ready: bool,
}

/// What was typed on a pad, as far as a screen may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    /// So many digits of a secret; the digits themselves do not come here.
    Masked(u8),
    /// The digits of a number.
    Shown(String),
}

impl Default for Entered {
    fn default() -> Self {
        Self::Masked(0)
    }
}

const KEYS: [Action; 13] = [
    Action::Digit(0),
    Action::Digit(1),
    Action::Digit(2),
    Action::Digit(3),
    Action::Digit(4),
    Action::Digit(5),
    Action::Digit(6),
    Action::Digit(7),
    Action::Digit(8),
    Action::Digit(9),
    Action::DeleteDigit,
    Action::ClearDigits,
    Action::Cancel,
];

impl Pad {
    /// What a page with this pad offers: its keys and Cancel, and Confirm once there are enough digits.
    pub fn actions(&self) -> Vec<Action> {
        KEYS.into_iter().chain(self.ready.then_some(Action::Confirm)).collect()
    }

    /// The digits in groups of four, to be read; empty for a secret. A number of which nothing was typed yet shows a dash.
    pub(crate) fn text(&self) -> String {
        let Entered::Shown(digits) = &self.entered else { return String::new() };
        if digits.is_empty() {
            return "–".to_owned();
        }
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 4);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                grouped.push(' ');
            }
            grouped.push(digit);
        }
        grouped
    }

    pub(crate) fn dots(&self) -> u8 {
        match self.entered {
            Entered::Masked(count) => count.min(self.places),
            Entered::Shown(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_shown_in_groups_and_a_secret_only_as_dots() {
        let shown = |digits: &str| Pad { entered: Entered::Shown(digits.into()), places: 12, ready: false };
        assert_eq!(shown("123456789").text(), "1234 5678 9");
        assert_eq!(shown("").text(), "–");
        let secret = Pad { entered: Entered::Masked(9), places: 8, ready: true };
        assert_eq!((secret.text(), secret.dots()), (String::new(), 8));
    }

    #[test]
    fn a_pad_goes_on_only_when_there_are_enough_digits() {
        assert!(!Pad::default().actions().contains(&Action::Confirm));
        assert!(Pad { ready: true, ..Pad::default() }.actions().contains(&Action::Confirm));
    }
}
