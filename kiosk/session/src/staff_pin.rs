//! Who is in staff mode: a badge and its PIN, and the second person where a door takes two.

use pickup_protocol::kiosk::StaffReply;
use pickup_protocol::staff::Scanned;
use pickup_protocol::work::{Credential, PIN_LEAST, PIN_MOST, Pin, PinProblem};
use uuid::Uuid;

use crate::command::Command;
use crate::event::Action;
use crate::session::Session;
use crate::state::{Staff, State, Wanted};

impl Session {
    /// A badge was scanned: whose is it?
    pub(crate) fn badge(&mut self, badge: String) {
        self.ask_staff(badge, None);
    }

    fn ask_staff(&mut self, badge: String, pin: Option<Pin>) {
        let ask = self.id();
        self.push(Command::AskStaff { ask, badge: badge.clone(), pin });
        self.enter(State::StaffAsking { ask, badge });
    }

    pub(crate) fn staff_answer(&mut self, answer_to: Uuid, answer: Option<StaffReply>) {
        let State::StaffAsking { ask, badge } = &self.state else { return };
        if *ask != answer_to {
            return;
        }
        let badge = badge.clone();
        match answer {
            Some(StaffReply::Welcome { name, attention, work }) => {
                self.enter(State::StaffHome { staff: Staff { badge, name, attention, work }, problem: None });
            }
            Some(StaffReply::Pin { problem }) => self.want_pin(badge, problem, None),
            Some(StaffReply::Refused { reason }) => self.refuse(reason),
            None => self.badge_unanswered(),
        }
    }

    pub(crate) fn want_pin(
        &mut self,
        badge: String,
        problem: Option<PinProblem>,
        second: Option<Box<(Staff, Wanted)>>,
    ) {
        self.enter(State::StaffPin { badge, digits: String::new(), problem, second });
    }

    /// Another badge while a PIN or a second person is waited for.
    pub(crate) fn other_badge(&mut self, scanned: Scanned) {
        let Scanned::Badge(badge) = scanned else { return };
        match &self.state {
            State::StaffPin { second: None, .. } => self.badge(badge),
            State::StaffPin { second: Some(second), .. } => {
                let (staff, wanted) = (**second).clone();
                self.ask_with_second(staff, wanted, badge, None);
            }
            State::StaffSecond { staff, wanted, .. } => {
                let (staff, wanted) = (staff.clone(), wanted.clone());
                self.ask_with_second(staff, wanted, badge, None);
            }
            _ => {}
        }
    }

    fn ask_with_second(&mut self, staff: Staff, wanted: Wanted, badge: String, pin: Option<Pin>) {
        let second = Credential { badge, pin };
        self.ask_opening(staff, wanted, Some(second));
    }

    /// Whether the action belonged to the pad, or to the page that waits for a second person.
    pub(crate) fn pin_touched(&mut self, action: Action) -> bool {
        match (action, &mut self.state) {
            (Action::Digit(digit @ 0..=9), State::StaffPin { digits, .. }) => {
                if digits.len() < PIN_MOST {
                    digits.push(char::from(b'0' + digit));
                }
            }
            (Action::DeleteDigit, State::StaffPin { digits, .. }) => drop(digits.pop()),
            (Action::ClearDigits, State::StaffPin { digits, .. }) => digits.clear(),
            (Action::Confirm, State::StaffPin { digits, .. }) if digits.len() >= PIN_LEAST => {
                self.pin_typed();
            }
            (Action::Cancel, State::StaffSecond { .. } | State::StaffPin { second: Some(_), .. }) => {
                self.staff_home(None);
            }
            _ => return false,
        }
        true
    }

    fn pin_typed(&mut self) {
        let State::StaffPin { badge, digits, second, .. } = &mut self.state else { return };
        let (badge, pin, second) = (std::mem::take(badge), Pin::parse(digits), second.take());
        match second {
            None => self.ask_staff(badge, pin),
            Some(second) => {
                let (staff, wanted) = *second;
                self.ask_with_second(staff, wanted, badge, pin);
            }
        }
    }
}
