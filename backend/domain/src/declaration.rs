//! The states of a declaration, decided by the set of its receipts and not by the order in which they arrive.
//!
//! Receipts come twice, late and out of order. Each has a place: a tier (what it is about), its own time and its code.
//! The declaration stands where its highest receipt stands; taking the highest is the same whatever the sequence.
//! Codes: 《海关跨境电子商务统一版系统企业对接报文规范》(202205), returnStatus of CEB622, 624 and 626.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where a declaration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclarationState {
    /// Written and held for, not sent.
    Drafted,
    /// Sent; the gateway or E-Port has it, customs has not.
    Sent,
    /// In the customs system (120), or concluded without release yet (399).
    Accepted,
    /// Waits for a person at customs (300).
    Review,
    /// Inspected or detained (500 to 599).
    Inspected,
    /// Released (800): the goods may go.
    Released,
    /// Refused (100), or returned (700).
    Rejected,
    /// Never reached customs (negative codes).
    Exception,
    /// Cancelled (CEB624).
    Cancelled,
    /// Returned by the buyer (CEB626).
    Refunded,
    /// Closed (899), after release.
    Closed,
}

/// Which message a receipt answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answers {
    /// The list itself (622).
    List,
    /// Its cancellation (624).
    Cancel,
    /// A return (626).
    Refund,
}

/// What matters of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Receipt {
    /// Which message it answers.
    pub answers: Answers,
    /// returnStatus.
    pub status: i32,
    /// returnTime, the receipt's own time.
    pub at: Timestamp,
}

/// Where a declaration stands and the receipt that put it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The state.
    pub state: DeclarationState,
    /// The receipt that set it; `None` before the first.
    pub by: Option<Receipt>,
    /// When it was filed anew, the time of the receipt that made it so: receipts up to then are of the filing before.
    pub since: Option<Timestamp>,
}

/// What a change of state asks of the holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing.
    None,
    /// Released: post the holds, the parcel is ready.
    Post,
    /// Refused before release: void the holds, cancel, refund.
    Void,
    /// Cancelled or returned after release: no door opens any more.
    Withdraw,
}

impl Standing {
    /// A declaration without receipts.
    #[must_use]
    pub const fn new(sent: bool) -> Self {
        let state = if sent { DeclarationState::Sent } else { DeclarationState::Drafted };
        Self { state, by: None, since: None }
    }

    /// The same declaration, to be filed anew: what was said of it so far counts no more.
    #[must_use]
    pub fn anew(self) -> Self {
        let since = self.by.map(|by| by.at).max(self.since);
        Self { since, ..Self::new(false) }
    }

    /// Takes one receipt and says what to do about it. A repeated, older or lesser receipt changes nothing.
    #[must_use]
    pub fn take(self, receipt: Receipt) -> (Self, Effect) {
        let Some(state) = state_of(receipt) else { return (self, Effect::None) };
        if self.since.is_some_and(|since| receipt.at <= since)
            || self.by.is_some_and(|held| compare(&held, &receipt) != Ordering::Less)
        {
            return (self, Effect::None);
        }
        let after = Self { state, by: Some(receipt), ..self };
        (after, effect(self.state, state))
    }
}

/// The state a receipt speaks of; `None` for codes that say nothing of the declaration's fate.
fn state_of(receipt: Receipt) -> Option<DeclarationState> {
    use DeclarationState as S;
    match (receipt.answers, receipt.status) {
        (Answers::List, status) if is_repeat_notice(status) => None,
        (Answers::List, ..=-1) => Some(S::Exception),
        (Answers::List, 1..=4) => Some(S::Sent),
        (Answers::List, 100 | 700) => Some(S::Rejected),
        (Answers::List, 120 | 399) => Some(S::Accepted),
        (Answers::List, 300) => Some(S::Review),
        (Answers::List, 500..=599) => Some(S::Inspected),
        (Answers::List, 800) => Some(S::Released),
        (Answers::List, 899) => Some(S::Closed),
        (Answers::Cancel, 399) => Some(S::Cancelled),
        (Answers::Refund, 399 | 800) => Some(S::Refunded),
        _ => None,
    }
}

/// Answers to a second sending of what customs has already: order number exists, already declared, older message
/// ignored, duplicate key, waybill exists. They say nothing about the first sending.
const fn is_repeat_notice(status: i32) -> bool {
    matches!(
        status,
        -301_010 | -301_011 | -301_014 | -304_001 | -504_012 | -504_015 | -504_016 | -505_016 | -621_004
    )
}

/// What a receipt is about, lowest first: E-Port, an exception, customs at work, release, what follows, withdrawal.
const fn tier(receipt: &Receipt) -> u8 {
    match (receipt.answers, receipt.status) {
        (Answers::List, 1..=4) => 0,
        (Answers::List, ..=-1) => 1,
        (Answers::List, 800) => 3,
        (Answers::List, 700 | 899) => 4,
        (Answers::List, _) => 2,
        (Answers::Cancel | Answers::Refund, _) => 5,
    }
}

fn compare(a: &Receipt, b: &Receipt) -> Ordering {
    let key = |r: &Receipt| (tier(r), r.at, r.answers, r.status);
    key(a).cmp(&key(b))
}

/// What going from one state to another asks of the holds.
#[must_use]
pub const fn effect(before: DeclarationState, after: DeclarationState) -> Effect {
    use DeclarationState as S;
    match (before.was_released(), after) {
        (false, S::Released | S::Closed) => Effect::Post,
        (false, S::Rejected | S::Exception | S::Cancelled | S::Refunded) if !before.was_refused() => {
            Effect::Void
        }
        (true, S::Rejected | S::Cancelled | S::Refunded) => Effect::Withdraw,
        _ => Effect::None,
    }
}

impl DeclarationState {
    /// Every state.
    pub const ALL: [Self; 11] = [
        Self::Drafted,
        Self::Sent,
        Self::Accepted,
        Self::Review,
        Self::Inspected,
        Self::Released,
        Self::Rejected,
        Self::Exception,
        Self::Cancelled,
        Self::Refunded,
        Self::Closed,
    ];

    /// Whether the goods may leave in this state: released and not withdrawn after.
    #[must_use]
    pub const fn was_released(self) -> bool {
        matches!(self, Self::Released | Self::Closed)
    }

    /// Whether the declaration came to nothing.
    #[must_use]
    pub const fn was_refused(self) -> bool {
        matches!(self, Self::Rejected | Self::Exception | Self::Cancelled | Self::Refunded)
    }

    /// Whether customs has the declaration and works on it.
    #[must_use]
    pub const fn is_with_customs(self) -> bool {
        matches!(self, Self::Accepted | Self::Review | Self::Inspected)
    }

    /// The word stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Review => "review",
            Self::Inspected => "inspected",
            Self::Released => "released",
            Self::Rejected => "rejected",
            Self::Exception => "exception",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
            Self::Closed => "closed",
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

    fn receipt(answers: Answers, status: i32, second: i64) -> Receipt {
        Receipt { answers, status, at: Timestamp::from_second(second).unwrap() }
    }

    fn list(status: i32, second: i64) -> Receipt {
        receipt(Answers::List, status, second)
    }

    fn all(receipts: &[Receipt]) -> Standing {
        receipts.iter().fold(Standing::new(true), |standing, r| standing.take(*r).0)
    }

    #[test]
    fn the_ordinary_run_posts_once() {
        let mut standing = Standing::new(true);
        let mut effects = Vec::new();
        for r in [list(2, 1), list(120, 2), list(800, 3), list(800, 3), list(120, 2), list(899, 9)] {
            let (after, effect) = standing.take(r);
            standing = after;
            effects.push(effect);
        }
        assert_eq!(standing.state, DeclarationState::Closed);
        assert_eq!(effects.iter().filter(|e| **e != Effect::None).collect::<Vec<_>>(), [&Effect::Post]);
    }

    #[test]
    fn release_stands_when_accepted_comes_in_the_same_millisecond_or_later() {
        assert_eq!(all(&[list(800, 3), list(120, 3)]).state, DeclarationState::Released);
        assert_eq!(all(&[list(800, 3), list(120, 4)]).state, DeclarationState::Released);
    }

    #[test]
    fn the_answer_to_a_second_sending_does_not_undo_the_first() {
        assert_eq!(all(&[list(-621_004, 9)]).state, DeclarationState::Sent);
        assert_eq!(all(&[list(120, 2), list(-301_010, 9)]).state, DeclarationState::Accepted);
    }

    #[test]
    fn filed_anew_only_what_is_said_of_the_new_filing_counts() {
        let anew = all(&[list(2, 1), list(100, 5)]).anew();
        assert_eq!((anew.state, anew.by), (DeclarationState::Drafted, None));
        assert_eq!(anew.take(list(100, 5)).0, anew, "the old rejection, once more");
        let (failed, effect) = anew.take(list(-621_014, 7));
        assert_eq!((failed.state, effect), (DeclarationState::Exception, Effect::Void));
        let third = failed.anew();
        assert_eq!(third.take(list(100, 6)).0, third);
        assert_eq!(third.take(list(800, 9)).0.state, DeclarationState::Released);
    }

    #[test]
    fn a_refusal_voids_once() {
        let (rejected, first) = Standing::new(true).take(list(100, 2));
        assert_eq!((rejected.state, first), (DeclarationState::Rejected, Effect::Void));
        assert_eq!(rejected.take(list(100, 3)).1, Effect::None);
        assert_eq!(Standing::new(true).take(list(-621_018, 2)).1, Effect::Void);
    }

    #[test]
    fn a_cancelled_declaration_is_not_released_any_more() {
        let standing = all(&[list(800, 3)]);
        let (after, effect) = standing.take(receipt(Answers::Cancel, 399, 5));
        assert_eq!((after.state, effect), (DeclarationState::Cancelled, Effect::Withdraw));
        assert!(!after.state.was_released());
        assert_eq!(after.take(list(899, 7)).0.state, DeclarationState::Cancelled);
    }

    #[test]
    fn any_sequence_of_the_same_receipts_ends_in_the_same_state() {
        let codes = [1, 2, 3, 4, 100, 120, 300, 399, 500, 599, 700, 800, 899, -621_018, -621_004, 600, 0];
        let mut random = 1_u64;
        let mut next = move |below: usize| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(random >> 33).unwrap() % below
        };
        for round in 0..5_000 {
            let mut receipts: Vec<Receipt> = (0..1 + next(6))
                .map(|_| {
                    let answers = [Answers::List, Answers::List, Answers::Cancel, Answers::Refund][next(4)];
                    receipt(answers, codes[next(codes.len())], i64::try_from(next(4)).unwrap())
                })
                .collect();
            let expected = all(&receipts);
            for _ in 0..6 {
                let again = receipts[next(receipts.len())];
                receipts.push(again);
                let (a, b) = (next(receipts.len()), next(receipts.len()));
                receipts.swap(a, b);
                assert_eq!(all(&receipts), expected, "round {round}: {receipts:?}");
            }
        }
    }

    #[test]
    fn words_read_back() {
        for state in DeclarationState::ALL {
            assert_eq!(DeclarationState::from_word(state.as_str()), Some(state));
        }
    }
}
