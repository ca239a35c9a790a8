//! What a touch does, and the pages that lie beside the shopper's way: help with the code, the limit of the year, goods that are
//! not as they should be.

use pickup_protocol::Language;

use crate::command::Command;
use crate::event::{Action, GoodsFault};
use crate::session::{Overlay, Session};
use crate::state::State;

impl Session {
    pub(crate) fn touched(&mut self, action: Action) {
        self.touched = self.now.mono;
        match action {
            Action::SwitchLanguage => {
                self.language = match self.language {
                    Language::Zh => Language::En,
                    Language::En => Language::Zh,
                };
            }
            Action::SwitchDisplay => self.display = self.display.next(),
            Action::Help => {
                self.overlay = Some(Overlay::Help);
                self.push(Command::CallStaff("HELP_ASKED"));
            }
            Action::Back | Action::MoreTime => self.overlay = None,
            Action::Explain | Action::ScanHelp | Action::WrongGoods | Action::Goods(_) => self.aside(action),
            action => {
                self.overlay = None;
                if self.service_touched(action)
                    || self.staff_touched(action)
                    || self.typed_touched(action)
                    || self.pickup_touched(action)
                {
                    return;
                }
                if matches!(action, Action::Cancel | Action::Finish) && self.may_leave() {
                    self.home();
                }
            }
        }
    }

    /// A page beside the way is opened only from where it belongs.
    fn aside(&mut self, action: Action) {
        let next = match (action, &self.state) {
            (Action::Explain, State::Review { .. }) => Overlay::Limit,
            (Action::ScanHelp, State::Idle) if self.out_of_service().is_none() => Overlay::ScanHelp,
            (Action::WrongGoods, State::TakeGoods { .. } | State::Done { .. }) => Overlay::Goods,
            (Action::Goods(fault), State::TakeGoods { .. } | State::Done { .. })
                if self.overlay == Some(Overlay::Goods) =>
            {
                let about = self.reference();
                self.push(Command::CallAbout { code: fault.code(), about });
                Overlay::GoodsTold(fault)
            }
            _ => return,
        };
        self.overlay = Some(next);
    }

    /// Whether a person may walk away from here without anything being left half done.
    fn may_leave(&self) -> bool {
        matches!(
            self.state,
            State::LookingUp { .. }
                | State::Typing { .. }
                | State::PresentCard { .. }
                | State::Review { .. }
                | State::Refused { .. }
                | State::Done { .. }
                | State::StaffAsking { .. }
                | State::StaffPin { .. }
                | State::StaffHome { .. }
                | State::StaffStored { .. }
        )
    }
}

impl GoodsFault {
    /// The code of the call for staff.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "GOODS_MISSING",
            Self::Damaged => "GOODS_DAMAGED",
            Self::NotMine => "GOODS_NOT_MINE",
            Self::Empty => "GOODS_DOOR_EMPTY",
        }
    }
}
