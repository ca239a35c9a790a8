//! What each page lets a person do, and where it stands on the shopper's way.

use crate::view::{Action, AttentionStep, GoodsFault, Screen, View};

/// What can be wrong with goods, and the way back.
const GOODS: [Action; 5] = [
    Action::Goods(GoodsFault::Missing),
    Action::Goods(GoodsFault::Damaged),
    Action::Goods(GoodsFault::NotMine),
    Action::Goods(GoodsFault::Empty),
    Action::Back,
];

impl View {
    /// The actions that are offered: those of the page, and to stay where the page is about to close.
    pub fn actions(&self) -> Vec<Action> {
        let mut actions = self.screen.actions();
        if self.is_closing() {
            actions.retain(|action| *action != Action::Cancel);
            actions.push(Action::MoreTime);
        }
        actions
    }

    /// Whether staff mode is about to close by itself: the key that keeps it open then stands where Cancel is.
    pub(crate) fn is_closing(&self) -> bool {
        self.countdown_s.is_some() && self.screen.closes()
    }
}

impl Screen {
    /// Whether it is a page of staff that closes when nobody touches it.
    fn closes(&self) -> bool {
        matches!(
            self,
            Self::StaffPin(_)
                | Self::StaffSecond(_)
                | Self::StaffList(_)
                | Self::StaffHome(_)
                | Self::Service(_)
        )
    }

    /// The actions the page offers, the switches of language and display and Help included. Nothing can be cancelled once the release has
    /// been recorded.
    pub fn actions(&self) -> Vec<Action> {
        match self {
            Self::StaffPin(pin) => return with_frame(pin.pad.actions(), false),
            Self::StaffList(list) => return with_frame(list.actions(), false),
            Self::StaffHome(home) => return with_frame(home.actions(), false),
            // Whoever is here is the one who would be called.
            Self::Service(service) => return with_frame(service.actions(), true),
            Self::Pairing(pairing) => return with_frame(pairing.actions(), true),
            _ => {}
        }
        let own: &[Action] = match self {
            Self::TypeNumber(number) => return with_frame(number.pad.actions(), false),
            Self::Idle => &[Action::TypeNumber, Action::ScanHelp],
            Self::ScanHelp => &[Action::TypeNumber, Action::Back],
            Self::LookingUp | Self::PresentCard(_) => &[Action::Cancel],
            Self::Review(_) => &[Action::Confirm, Action::Cancel, Action::Explain],
            Self::TakeGoods(take) if take.can_open_again => &[Action::OpenAgain, Action::WrongGoods],
            Self::TakeGoods(_) => &[Action::WrongGoods],
            Self::StaffPlace(place) if place.can_open_again => &[Action::OpenAgain],
            Self::Done(_) => &[Action::WrongGoods, Action::Finish],
            Self::Refused(_) | Self::StaffStored(_) => &[Action::Finish],
            Self::StillThere(_) => &[Action::MoreTime, Action::Cancel],
            Self::GoodsFault(report) if report.told.is_none() => &GOODS,
            Self::GoodsFault(_) | Self::Limit(_) | Self::Help(_) => &[Action::Back],
            Self::StaffSecond(_) => &[Action::Cancel],
            Self::StaffInside(inside) if inside.undecided => {
                &[Action::TakenOut, Action::StillInside, Action::NothingInside]
            }
            Self::StaffAttention(attention) => match attention.step {
                AttentionStep::Open => &[Action::StaffOpen, Action::Cancel],
                AttentionStep::Decide => &[Action::StaffGoodsTaken, Action::StaffGoodsInside],
                AttentionStep::Opening | AttentionStep::Close => &[],
            },
            Self::Granting
            | Self::Printing
            | Self::PrinterTrouble(_)
            | Self::OpeningDoor(_)
            | Self::OutOfService(_)
            | Self::StaffPin(_)
            | Self::StaffList(_)
            | Self::StaffHome(_)
            | Self::StaffInside(_)
            | Self::Service(_)
            | Self::Pairing(_)
            | Self::StaffPlace(_) => &[],
        };
        with_frame(own.to_vec(), matches!(self, Self::Help(_)))
    }

    /// The step of the shopper's way: 1 scan, 2 ID card, 3 check, 4 collect, 5 all done, 0 where no way is shown.
    pub(crate) fn step(&self) -> u8 {
        match self {
            Self::TypeNumber(_) | Self::LookingUp => 1,
            Self::PresentCard(_) => 2,
            Self::Review(_) | Self::Limit(_) | Self::Granting | Self::Printing | Self::PrinterTrouble(_) => 3,
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
