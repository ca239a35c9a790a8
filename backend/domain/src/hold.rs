//! Two-phase transfers: hold, then post, void or expire, on one account shape for stock, limit and guarantee.
//!
//! The same shape serves a line of a bonded book (quantity in deal units), a buyer's calendar year (fen) and a tax
//! guarantee (fen). `lim` is what there is, `held` what is spoken for, `used` what is gone.

use serde::{Deserialize, Serialize};

/// An account: `held + used ≤ lim`, and none is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    lim: i64,
    held: i64,
    used: i64,
}

/// Where a hold stands. Only `Held` can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// Spoken for, not yet gone.
    Held,
    /// Gone: customs released.
    Posted,
    /// Given back: rejected or cancelled.
    Voided,
    /// Given back because nothing happened in time.
    Expired,
}

/// An amount held on one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Quantity or fen, as the account has it.
    pub amount: i64,
    /// Where it stands.
    pub state: HoldState,
}

/// Why an account or a hold did not move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoldError {
    /// More is asked than is left.
    #[error("{asked} asked, {available} left")]
    Exhausted {
        /// What was asked.
        asked: i64,
        /// What is left.
        available: i64,
    },
    /// Amounts held are above zero.
    #[error("{0} cannot be held: an amount above zero is needed")]
    Amount(i64),
    /// The hold already ended.
    #[error("the hold has ended ({0:?}) and cannot change again")]
    Ended(HoldState),
    /// The account does not balance: `held + used > lim`, or something is negative.
    #[error("the account does not balance: limit {lim}, held {held}, used {used}")]
    Unbalanced {
        /// Limit.
        lim: i64,
        /// Held.
        held: i64,
        /// Used.
        used: i64,
    },
}

impl Account {
    /// An account with nothing in it.
    pub const EMPTY: Self = Self { lim: 0, held: 0, used: 0 };

    /// An account as stored.
    ///
    /// # Errors
    /// [`HoldError::Unbalanced`] when it breaks its own rule.
    pub fn new(lim: i64, held: i64, used: i64) -> Result<Self, HoldError> {
        let fits = held.checked_add(used).is_some_and(|sum| sum <= lim);
        if lim < 0 || held < 0 || used < 0 || !fits {
            return Err(HoldError::Unbalanced { lim, held, used });
        }
        Ok(Self { lim, held, used })
    }

    /// What there is in all.
    #[must_use]
    pub const fn lim(self) -> i64 {
        self.lim
    }

    /// What is spoken for.
    #[must_use]
    pub const fn held(self) -> i64 {
        self.held
    }

    /// What is gone.
    #[must_use]
    pub const fn used(self) -> i64 {
        self.used
    }

    /// What is left to hold.
    #[must_use]
    pub const fn available(self) -> i64 {
        self.lim - self.held - self.used
    }

    /// Speaks for `amount`.
    ///
    /// # Errors
    /// [`HoldError::Exhausted`] when less is left, [`HoldError::Amount`] when it is not above zero.
    pub fn hold(self, amount: i64) -> Result<(Self, Hold), HoldError> {
        if amount <= 0 {
            return Err(HoldError::Amount(amount));
        }
        if amount > self.available() {
            return Err(HoldError::Exhausted { asked: amount, available: self.available() });
        }
        Ok((Self { held: self.held + amount, ..self }, Hold { amount, state: HoldState::Held }))
    }

    /// Changes what there is in all by `amount`, which is below zero when something is taken off.
    ///
    /// # Errors
    /// [`HoldError::Exhausted`] when more is taken off than is left, [`HoldError::Amount`] for zero or beyond all bounds.
    pub fn enter(self, amount: i64) -> Result<Self, HoldError> {
        if amount == 0 {
            return Err(HoldError::Amount(amount));
        }
        let lim = self.lim.checked_add(amount).ok_or(HoldError::Amount(amount))?;
        let exhausted = HoldError::Exhausted { asked: amount.saturating_neg(), available: self.available() };
        Self::new(lim, self.held, self.used).map_err(|_| exhausted)
    }

    /// Ends a hold: `Posted` moves it to used, `Voided` and `Expired` give it back.
    ///
    /// # Errors
    /// [`HoldError::Ended`] when it ended before, [`HoldError::Unbalanced`] when it was never held here.
    pub fn end(self, hold: Hold, into: HoldState) -> Result<(Self, Hold), HoldError> {
        if hold.state != HoldState::Held || into == HoldState::Held {
            return Err(HoldError::Ended(hold.state));
        }
        let used = if into == HoldState::Posted { self.used + hold.amount } else { self.used };
        let account = Self::new(self.lim, self.held - hold.amount, used)?;
        Ok((account, Hold { state: into, ..hold }))
    }
}

impl HoldState {
    /// The word stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Posted => "posted",
            Self::Voided => "voided",
            Self::Expired => "expired",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account::new(10, 0, 4).unwrap()
    }

    #[test]
    fn a_hold_takes_from_what_is_left_and_no_more() {
        let (after, hold) = account().hold(6).unwrap();
        assert_eq!((after.held(), after.available(), hold.state), (6, 0, HoldState::Held));
        assert_eq!(after.hold(1), Err(HoldError::Exhausted { asked: 1, available: 0 }));
        assert_eq!(account().hold(0), Err(HoldError::Amount(0)));
    }

    #[test]
    fn posting_uses_and_voiding_gives_back() {
        let (held, hold) = account().hold(3).unwrap();
        assert_eq!(held.end(hold, HoldState::Posted).unwrap().0, Account::new(10, 0, 7).unwrap());
        assert_eq!(held.end(hold, HoldState::Voided).unwrap().0, account());
        assert_eq!(held.end(hold, HoldState::Expired).unwrap().0, account());
    }

    #[test]
    fn what_is_taken_off_is_never_more_than_is_left() {
        let (held, _) = account().hold(3).unwrap();
        assert_eq!(held.enter(5).unwrap().available(), 8);
        assert_eq!(held.enter(-3).unwrap().available(), 0);
        assert_eq!(held.enter(-4), Err(HoldError::Exhausted { asked: 4, available: 3 }));
        assert!(held.enter(0).is_err() && held.enter(i64::MAX).is_err() && held.enter(i64::MIN).is_err());
    }

    #[test]
    fn a_hold_ends_once() {
        let (held, hold) = account().hold(3).unwrap();
        let (posted, ended) = held.end(hold, HoldState::Posted).unwrap();
        assert_eq!(posted.end(ended, HoldState::Voided), Err(HoldError::Ended(HoldState::Posted)));
    }

    #[test]
    fn an_account_that_does_not_balance_is_refused() {
        assert!(Account::new(10, 6, 5).is_err());
        assert!(Account::new(10, -1, 5).is_err());
        assert!(Account::new(i64::MAX, i64::MAX, 1).is_err());
    }
}
