//! The pickup number on the pad of digits, for whoever cannot scan the code.

use std::time::Duration;

use pickup_protocol::kiosk::NumberRequest;
use pickup_protocol::number::DIGITS_AT_MOST;
use pickup_protocol::{Reason, TypedNumber};

use crate::command::Command;
use crate::event::Action;
use crate::session::Session;
use crate::state::{Sought, State};

/// Wrong numbers that may be typed at this kiosk within [`WITHIN`], whoever types: what is guessed is a million to one a try.
const WRONG_AT_MOST: usize = 5;
const WITHIN: Duration = Duration::from_secs(600);

impl Session {
    /// Whether the action belonged to the pad of the pickup number.
    pub(crate) fn typed_touched(&mut self, action: Action) -> bool {
        let open = self.out_of_service().is_none();
        match (action, &mut self.state) {
            (Action::TypeNumber, State::Idle) if open => self.type_number(),
            (Action::Digit(digit), State::Typing { digits, problem }) if digit < 10 => {
                *problem = None;
                if digits.len() < DIGITS_AT_MOST {
                    digits.push(char::from(b'0' + digit));
                }
            }
            (Action::DeleteDigit, State::Typing { digits, problem }) => {
                *problem = None;
                digits.pop();
            }
            (Action::ClearDigits, State::Typing { digits, problem }) => {
                *problem = None;
                digits.clear();
            }
            (Action::Confirm, State::Typing { digits, .. }) => {
                let number = TypedNumber::read(digits);
                number.into_iter().for_each(|number| self.number_typed(number));
            }
            _ => return false,
        }
        true
    }

    fn type_number(&mut self) {
        if self.too_many_wrong() {
            return self.refuse(Reason::TooManyTries);
        }
        self.enter(State::Typing { digits: String::new(), problem: None });
    }

    fn number_typed(&mut self, number: TypedNumber) {
        let ask = self.id();
        self.push(Command::AskNumber(NumberRequest { request_id: ask, number }));
        self.enter(State::LookingUp { ask, sought: Sought::Number(number) });
    }

    /// The number belongs to nothing that is known here: back to the pad, with what was typed, while there are tries left.
    pub(crate) fn wrong_number(&mut self, number: TypedNumber, reason: Reason) {
        self.wrong_numbers.push(self.now.mono);
        if self.too_many_wrong() {
            return self.refuse(Reason::TooManyTries);
        }
        self.enter(State::Typing { digits: number.to_string(), problem: Some(reason) });
    }

    fn too_many_wrong(&mut self) -> bool {
        let now = self.now.mono;
        self.wrong_numbers.retain(|at| now.saturating_sub(*at) < WITHIN);
        self.wrong_numbers.len() >= WRONG_AT_MOST
    }
}
