//! What is asked of customs after a list was filed: to cancel it (CEB623) or to take goods back (CEB625), and where that
//! stands by its receipts (CEB624, CEB626).
//!
//! As with a declaration, the application stands where its highest receipt stands, whatever the sequence they came in.
//! Codes: 《海关跨境电子商务统一版系统企业对接报文规范》(202205), returnStatus of CEB624 and CEB626; a return is concluded by
//! 399, and at some ports by 800.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ApplicationKind {
    /// To cancel the list (CEB623): the goods have not left.
    Cancel,
    /// To take goods back (CEB625).
    Refund,
}

/// Where an application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ApplicationState {
    /// Written, not sent.
    Drafted,
    /// Sent; the gateway or E-Port has it, customs has not.
    Sent,
    /// In the customs system (120).
    Accepted,
    /// Waits for a person at customs (300), or the goods are looked at (500 to 599).
    Review,
    /// Granted (399; for a return also 800).
    Concluded,
    /// Refused (100), or it never reached customs (negative codes).
    Refused,
}

/// What matters of a receipt for an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// returnStatus.
    pub status: i32,
    /// returnTime, the receipt's own time.
    pub at: Timestamp,
}

/// Where an application stands and the receipt that put it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What was asked.
    pub kind: ApplicationKind,
    /// The state.
    pub state: ApplicationState,
    /// The receipt that set it; `None` before the first.
    pub by: Option<Answer>,
}

impl Progress {
    /// An application without receipts.
    #[must_use]
    pub const fn new(kind: ApplicationKind) -> Self {
        Self { kind, state: ApplicationState::Drafted, by: None }
    }

    /// Takes one receipt. A repeated, older or lesser receipt changes nothing.
    #[must_use]
    pub fn take(self, answer: Answer) -> Self {
        let Some(state) = state_of(self.kind, answer.status) else { return self };
        let place = |answer: Answer| (tier(self.kind, answer.status), answer.at, answer.status);
        if self.by.is_some_and(|held| place(held) >= place(answer)) {
            return self;
        }
        Self { state, by: Some(answer), ..self }
    }
}

/// The state a status speaks of; `None` for one that says nothing of the application's fate.
const fn state_of(kind: ApplicationKind, status: i32) -> Option<ApplicationState> {
    use ApplicationState as S;
    Some(match (kind, status) {
        // Answers to a second sending of what customs has already.
        (_, -301_014 | -304_001) => return None,
        (_, ..=-1) => S::Refused,
        (_, 1..=4) => S::Sent,
        (_, 100) => S::Refused,
        (_, 120) => S::Accepted,
        (_, 300 | 500..=599) => S::Review,
        (_, 399) | (ApplicationKind::Refund, 800) => S::Concluded,
        _ => return None,
    })
}

/// What a receipt is about, lowest first: E-Port, an exception, customs at work, the end.
const fn tier(kind: ApplicationKind, status: i32) -> u8 {
    match (kind, status) {
        (_, 1..=4) => 0,
        (_, ..=-1) => 1,
        (_, 399) | (ApplicationKind::Refund, 800) => 3,
        _ => 2,
    }
}

impl ApplicationKind {
    /// The word stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Refund => "refund",
        }
    }

    /// The kind stored as `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Cancel, Self::Refund].into_iter().find(|kind| kind.as_str() == word)
    }
}

impl ApplicationState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Drafted, Self::Sent, Self::Accepted, Self::Review, Self::Concluded, Self::Refused];

    /// Whether customs may still grant or refuse it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Drafted | Self::Sent | Self::Accepted | Self::Review)
    }

    /// The word stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Review => "review",
            Self::Concluded => "concluded",
            Self::Refused => "refused",
        }
    }

    /// The state stored as `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: i32, second: i64) -> Answer {
        Answer { status, at: Timestamp::from_second(second).unwrap() }
    }

    fn all(kind: ApplicationKind, answers: &[Answer]) -> Progress {
        answers.iter().fold(Progress::new(kind), |progress, answer| progress.take(*answer))
    }

    #[test]
    fn a_cancellation_is_concluded_by_399_and_a_return_by_800_too() {
        use ApplicationKind::{Cancel, Refund};
        let ordinary = [answer(2, 1), answer(120, 2), answer(399, 3), answer(120, 2)];
        assert_eq!(all(Cancel, &ordinary).state, ApplicationState::Concluded);
        assert_eq!(all(Refund, &[answer(120, 2), answer(800, 3)]).state, ApplicationState::Concluded);
        assert_eq!(all(Cancel, &[answer(120, 2), answer(800, 3)]).state, ApplicationState::Accepted);
    }

    #[test]
    fn what_is_granted_stays_granted_and_what_was_sent_twice_is_not_refused() {
        use ApplicationKind::Cancel;
        assert_eq!(all(Cancel, &[answer(399, 3), answer(100, 9)]).state, ApplicationState::Concluded);
        assert_eq!(all(Cancel, &[answer(120, 3), answer(-301_014, 9)]).state, ApplicationState::Accepted);
        assert_eq!(all(Cancel, &[answer(-623_005, 9)]).state, ApplicationState::Refused);
    }

    #[test]
    fn any_sequence_of_the_same_receipts_ends_in_the_same_state() {
        let codes = [1, 2, 3, 4, 100, 120, 300, 399, 500, 800, -623_005, -301_014, 600, 0];
        let mut dice = fastrand::Rng::with_seed(7);
        for _ in 0..5_000 {
            let kind = if dice.bool() { ApplicationKind::Cancel } else { ApplicationKind::Refund };
            let mut answers: Vec<Answer> = (0..dice.usize(1..7))
                .map(|_| answer(codes[dice.usize(0..codes.len())], dice.i64(0..4)))
                .collect();
            let expected = all(kind, &answers);
            for _ in 0..6 {
                answers.push(answers[dice.usize(0..answers.len())]);
                dice.shuffle(&mut answers);
                assert_eq!(all(kind, &answers), expected, "{answers:?}");
            }
        }
    }

    #[test]
    fn words_read_back() {
        for state in ApplicationState::ALL {
            assert_eq!(ApplicationState::from_word(state.as_str()), Some(state));
        }
        assert_eq!(ApplicationKind::from_word("refund"), Some(ApplicationKind::Refund));
    }
}
