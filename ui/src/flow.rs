//! What each page lets a person do, and where it stands on the shopper's way.

use crate::service::ServiceAction;
use crate::view::{Action, AttentionStep, Screen, StaffPin};

/// The key of the staff page that leads to the service pages.
const ENTER: Action = Action::Service(ServiceAction::Enter);

impl Screen {
    /// The actions the page offers, the switches of language and display and Help included. Nothing can be cancelled once the release has
    /// been recorded.
    pub fn actions(&self) -> Vec<Action> {
        if let Self::StaffPin(StaffPin { pad, .. }) = self {
            return with_frame(pad.actions(), false);
        }
        // Whoever is here is the one who would be called.
        match self {
            Self::Service(service) => return with_frame(service.actions(), true),
            Self::Pairing(pairing) => return with_frame(pairing.actions(), true),
            _ => {}
        }
        let own: &[Action] = match self {
            Self::LookingUp | Self::PresentCard(_) => &[Action::Cancel],
            Self::Review(_) => &[Action::Confirm, Action::Cancel],
            Self::TakeGoods(take) if take.can_open_again => &[Action::OpenAgain],
            Self::StaffPlace(place) if place.can_open_again => &[Action::OpenAgain],
            Self::Done(_) | Self::Refused(_) | Self::StaffStored(_) => &[Action::Finish],
            Self::StillThere(_) => &[Action::MoreTime, Action::Cancel],
            Self::Help(_) => &[Action::Back],
            Self::StaffHome(home) if home.attention.is_empty() => &[ENTER, Action::Finish],
            Self::StaffHome(_) => &[Action::StaffOpen, ENTER, Action::Finish],
            Self::StaffAttention(attention) => match attention.step {
                AttentionStep::Open => &[Action::StaffOpen, Action::Cancel],
                AttentionStep::Decide => &[Action::StaffGoodsTaken, Action::StaffGoodsInside],
                AttentionStep::Opening | AttentionStep::Close => &[],
            },
            Self::Idle
            | Self::Granting
            | Self::Printing
            | Self::PrinterTrouble(_)
            | Self::OpeningDoor(_)
            | Self::TakeGoods(_)
            | Self::OutOfService(_)
            | Self::StaffPin(_)
            | Self::Service(_)
            | Self::Pairing(_)
            | Self::StaffPlace(_) => &[],
        };
        with_frame(own.to_vec(), matches!(self, Self::Help(_)))
    }

    /// The step of the shopper's way: 1 scan, 2 ID card, 3 check, 4 collect, 5 all done, 0 where no way is shown.
    pub(crate) fn step(&self) -> u8 {
        match self {
            Self::LookingUp => 1,
            Self::PresentCard(_) => 2,
            Self::Review(_) | Self::Granting | Self::Printing | Self::PrinterTrouble(_) => 3,
            Self::OpeningDoor(_) | Self::TakeGoods(_) => 4,
            Self::Done(_) => 5,
            _ => 0,
        }
    }
}

/// With what the frame around every page offers.
fn with_frame(mut actions: Vec<Action>, without_help: bool) -> Vec<Action> {
    actions.extend([Action::SwitchLanguage, Action::SwitchDisplay]);
    if !without_help {
        actions.push(Action::Help);
    }
    actions
}
