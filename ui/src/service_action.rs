//! What can be asked for on the service pages and on the pairing page.

use crate::service::{CODE_LENGTH, Driver, OutReason};

/// What can be asked for on the service pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServiceAction {
    /// From staff mode to the menu.
    Enter,
    /// Back to the menu.
    Menu,
    /// The printer's page.
    Printer,
    /// The scanner's page.
    Scanner,
    /// The card reader's page.
    Reader,
    /// The doors' page.
    Doors,
    /// What a driver did.
    Events(Driver),
    /// Network, time, program, journal and disk.
    Machine,
    /// Out of service and back.
    Standing,
    /// The next sheet.
    Next,
    /// The sheet before.
    Previous,
    /// Print a sample slip.
    Print,
    /// Serve nobody from now on.
    TakeOut(OutReason),
    /// Serve again.
    PutBack,
    /// Leave the service pages.
    Leave,
    /// A letter of the pairing code, by its place in [`crate::service::CODE_LETTERS`].
    Letter(u8),
    /// Take back the last letter.
    DeleteLetter,
    /// Take back all letters.
    ClearLetters,
    /// Send the pairing code.
    Pair,
}

const LETTERS: [&str; CODE_LENGTH] = [
    "letter_0", "letter_1", "letter_2", "letter_3", "letter_4", "letter_5", "letter_6", "letter_7",
    "letter_8", "letter_9", "letter_A", "letter_B", "letter_C", "letter_D", "letter_E", "letter_F",
    "letter_G", "letter_H", "letter_J", "letter_K", "letter_M", "letter_N", "letter_P", "letter_Q",
    "letter_R", "letter_S", "letter_T", "letter_V", "letter_W", "letter_X", "letter_Y", "letter_Z",
];

const NAMED: [(ServiceAction, &str); 26] = [
    (ServiceAction::Enter, "service"),
    (ServiceAction::Menu, "service_menu"),
    (ServiceAction::Printer, "service_printer"),
    (ServiceAction::Scanner, "service_scanner"),
    (ServiceAction::Reader, "service_reader"),
    (ServiceAction::Doors, "service_doors"),
    (ServiceAction::Events(Driver::Lock), "service_events_lock"),
    (ServiceAction::Events(Driver::Scanner), "service_events_scanner"),
    (ServiceAction::Events(Driver::Reader), "service_events_reader"),
    (ServiceAction::Events(Driver::Printer), "service_events_printer"),
    (ServiceAction::Machine, "service_machine"),
    (ServiceAction::Standing, "service_standing"),
    (ServiceAction::Next, "service_next"),
    (ServiceAction::Previous, "service_previous"),
    (ServiceAction::Print, "service_print"),
    (ServiceAction::TakeOut(OutReason::Maintenance), "out_maintenance"),
    (ServiceAction::TakeOut(OutReason::DeviceFault), "out_device_fault"),
    (ServiceAction::TakeOut(OutReason::Stocktaking), "out_stocktaking"),
    (ServiceAction::TakeOut(OutReason::CustomsVisit), "out_customs_visit"),
    (ServiceAction::TakeOut(OutReason::CentreClosed), "out_centre_closed"),
    (ServiceAction::PutBack, "service_put_back"),
    (ServiceAction::Leave, "service_leave"),
    (ServiceAction::DeleteLetter, "delete_letter"),
    (ServiceAction::ClearLetters, "clear_letters"),
    (ServiceAction::Pair, "pair"),
    (ServiceAction::Letter(u8::MAX), "letter"),
];

impl ServiceAction {
    /// The stable name: the id of its target on the screen.
    pub fn as_str(self) -> &'static str {
        if let Self::Letter(at) = self {
            return LETTERS.get(usize::from(at)).copied().unwrap_or("letter");
        }
        NAMED.iter().find(|(action, _)| *action == self).map_or("service", |(_, name)| name)
    }

    /// Whether it is a key of the pairing page.
    pub fn is_of_pairing(self) -> bool {
        matches!(self, Self::Letter(_) | Self::DeleteLetter | Self::ClearLetters | Self::Pair)
    }

    /// The action with that stable name.
    pub fn from_name(name: &str) -> Option<Self> {
        let letter = LETTERS.iter().position(|letter| *letter == name).and_then(|at| u8::try_from(at).ok());
        letter.map(Self::Letter).or_else(|| {
            NAMED.iter().find(|(_, known)| *known == name && name != "letter").map(|(action, _)| *action)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_has_a_name_of_its_own_that_leads_back_to_it() {
        let letters = (0..32).map(ServiceAction::Letter);
        let named =
            NAMED.iter().map(|(action, _)| *action).filter(|a| !matches!(a, ServiceAction::Letter(_)));
        for action in letters.chain(named) {
            assert_eq!(ServiceAction::from_name(action.as_str()), Some(action));
        }
        assert_eq!(ServiceAction::from_name("letter"), None);
    }
}
