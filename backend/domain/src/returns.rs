//! Goods that come back: what may be returned, until when, and what goes back to the buyer for it.
//!
//! 海关总署公告2020年第45号: applied for within 30 days of release, the goods back in the area within 45 days of release, in
//! whole or in part; the tax of what is returned is not levied and the annual limit is restored.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Money;

/// A return is applied for within so many days of release.
pub const APPLY_WITHIN_DAYS: i64 = 30;
/// The goods are back in the area within so many days of release.
pub const BACK_WITHIN_DAYS: i64 = 45;

/// A line as it was sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sold {
    /// Its number in the list.
    pub gnum: u32,
    /// Pieces.
    pub qty: i64,
    /// Price of one.
    pub price_fen: Money,
    /// Tax of all pieces.
    pub tax_fen: Money,
    /// Pieces that came back before, or are about to.
    pub back: i64,
}

/// What is to come back of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Back {
    /// The line's number in the list.
    pub gnum: u32,
    /// Pieces.
    pub qty: i64,
}

/// What was paid beside goods and tax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// Freight that entered the dutiable value; it comes back with the last piece.
    pub freight: Money,
    /// Points and vouchers; each piece carries its share by value.
    pub discount: Money,
}

/// What goes back for the pieces returned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Credit {
    /// Price of the goods.
    pub goods: Money,
    /// Tax that is not levied.
    pub tax: Money,
    /// What the annual limit gets back.
    pub limit: Money,
    /// What the buyer gets back.
    pub money: Money,
    /// Whether nothing of the order is left with the buyer.
    pub whole: bool,
}

/// Why a return cannot be applied for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReturnError {
    /// Nothing was named.
    #[error("no line is named: say which goods come back")]
    Nothing,
    /// There is no such line.
    #[error("the list has no line {0}")]
    NoLine(u32),
    /// A line is named twice.
    #[error("line {0} is named twice")]
    Twice(u32),
    /// More than is left, or not above zero.
    #[error("line {gnum}: {asked} pieces cannot come back, {left} are left with the buyer")]
    Pieces {
        /// The line.
        gnum: u32,
        /// What was asked.
        asked: i64,
        /// What is left.
        left: i64,
    },
    /// The window closed.
    #[error("released at {released}: a return is applied for within 30 days, until {until}")]
    TooLate {
        /// When customs released.
        released: Timestamp,
        /// Until when it could be applied for.
        until: Timestamp,
    },
    /// The sums do not fit.
    #[error("the amounts are too large to be worked out")]
    Amounts,
}

/// Until when a return is applied for.
#[must_use]
pub fn apply_until(released: Timestamp) -> Timestamp {
    days_after(released, APPLY_WITHIN_DAYS)
}

/// Until when the goods are back in the area.
#[must_use]
pub fn back_until(released: Timestamp) -> Timestamp {
    days_after(released, BACK_WITHIN_DAYS)
}

fn days_after(from: Timestamp, days: i64) -> Timestamp {
    from.checked_add(SignedDuration::from_hours(days.saturating_mul(24))).unwrap_or(Timestamp::MAX)
}

/// What goes back for `back`. Shares are rounded so that all parts together come to the whole.
///
/// # Errors
/// [`ReturnError`].
pub fn credit(
    sold: &[Sold],
    extras: Extras,
    back: &[Back],
    released: Timestamp,
    now: Timestamp,
) -> Result<Credit, ReturnError> {
    let until = apply_until(released);
    if now > until {
        return Err(ReturnError::TooLate { released, until });
    }
    if back.is_empty() {
        return Err(ReturnError::Nothing);
    }
    for (at, asked) in back.iter().enumerate() {
        if back.iter().skip(at.saturating_add(1)).any(|other| other.gnum == asked.gnum) {
            return Err(ReturnError::Twice(asked.gnum));
        }
        let line = sold.iter().find(|line| line.gnum == asked.gnum).ok_or(ReturnError::NoLine(asked.gnum))?;
        let left = line.qty.saturating_sub(line.back);
        if asked.qty <= 0 || asked.qty > left {
            return Err(ReturnError::Pieces { gnum: asked.gnum, asked: asked.qty, left });
        }
    }
    work_out(sold, extras, back).ok_or(ReturnError::Amounts)
}

fn work_out(sold: &[Sold], extras: Extras, back: &[Back]) -> Option<Credit> {
    let (mut all, mut before, mut goods, mut tax) = (0_i64, 0_i64, 0_i64, 0_i64);
    let mut whole = true;
    for line in sold {
        let asked = back.iter().find(|one| one.gnum == line.gnum).map_or(0, |one| one.qty);
        let price = line.price_fen.fen();
        all = all.checked_add(price.checked_mul(line.qty)?)?;
        before = before.checked_add(price.checked_mul(line.back)?)?;
        goods = goods.checked_add(price.checked_mul(asked)?)?;
        tax = tax.checked_add(part(line.tax_fen.fen(), line.qty, line.back, asked)?)?;
        whole &= line.back.checked_add(asked)? == line.qty;
    }
    let discount = part(extras.discount.fen(), all, before, goods)?;
    let freight = if whole { extras.freight.fen() } else { 0 };
    let money = goods.checked_add(tax)?.checked_sub(discount)?.checked_add(freight)?;
    Some(Credit {
        goods: Money::from_fen(goods),
        tax: Money::from_fen(tax),
        limit: Money::from_fen(goods.checked_add(freight)?),
        money: Money::from_fen(money.max(0)),
        whole,
    })
}

/// The share of `amount` for `now` of `of`, when `before` of them had theirs already: rounded half up as a running sum.
fn part(amount: i64, of: i64, before: i64, now: i64) -> Option<i64> {
    let up_to = |n: i64| {
        if of == 0 {
            return Some(0);
        }
        let twice = i128::from(amount).checked_mul(i128::from(n))?.checked_mul(2)?;
        let of = i128::from(of);
        i64::try_from(twice.checked_add(of)?.checked_div(of.checked_mul(2)?)?).ok()
    };
    up_to(before.checked_add(now)?)?.checked_sub(up_to(before)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_S: i64 = 86_400;

    fn at(days: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + days * DAY_S).unwrap()
    }

    fn sold() -> Vec<Sold> {
        let line = |gnum, qty, price, tax| Sold {
            gnum,
            qty,
            price_fen: Money::from_fen(price),
            tax_fen: Money::from_fen(tax),
            back: 0,
        };
        vec![line(1, 3, 10_000, 2_731), line(2, 1, 5_000, 455)]
    }

    const EXTRAS: Extras = Extras { freight: Money::from_fen(1_000), discount: Money::from_fen(701) };

    #[test]
    fn a_whole_return_gives_back_what_was_paid() {
        let back = [Back { gnum: 1, qty: 3 }, Back { gnum: 2, qty: 1 }];
        let credit = credit(&sold(), EXTRAS, &back, at(0), at(30)).unwrap();
        assert_eq!(credit.money.fen(), 35_000 + 2_731 + 455 + 1_000 - 701);
        assert_eq!((credit.limit.fen(), credit.tax.fen(), credit.whole), (36_000, 3_186, true));
    }

    #[test]
    fn parts_come_to_the_whole_in_any_sequence() {
        let mut dice = fastrand::Rng::with_seed(3);
        for _ in 0..300 {
            let mut lines = sold();
            let (mut money, mut tax, mut limit) = (0, 0, 0);
            let mut pieces = vec![1_u32, 1, 1, 2];
            dice.shuffle(&mut pieces);
            for gnum in pieces {
                let one = credit(&lines, EXTRAS, &[Back { gnum, qty: 1 }], at(0), at(1)).unwrap();
                money += one.money.fen();
                tax += one.tax.fen();
                limit += one.limit.fen();
                lines.iter_mut().find(|line| line.gnum == gnum).unwrap().back += 1;
            }
            assert_eq!((money, tax, limit), (38_485, 3_186, 36_000));
        }
    }

    #[test]
    fn more_than_is_left_twice_and_too_late_are_refused() {
        let ask = |back: &[Back], day| credit(&sold(), EXTRAS, back, at(0), at(day)).unwrap_err();
        let four = [Back { gnum: 1, qty: 4 }];
        assert_eq!(ask(&four, 1), ReturnError::Pieces { gnum: 1, asked: 4, left: 3 });
        assert_eq!(ask(&[Back { gnum: 9, qty: 1 }], 1), ReturnError::NoLine(9));
        assert_eq!(ask(&[Back { gnum: 2, qty: 1 }; 2], 1), ReturnError::Twice(2));
        assert_eq!(ask(&[], 1), ReturnError::Nothing);
        assert!(matches!(ask(&[Back { gnum: 2, qty: 1 }], 31), ReturnError::TooLate { .. }));
        let mut partly = sold();
        partly[0].back = 2;
        let two = [Back { gnum: 1, qty: 2 }];
        let error = credit(&partly, EXTRAS, &two, at(0), at(1)).unwrap_err();
        assert_eq!(error, ReturnError::Pieces { gnum: 1, asked: 2, left: 1 });
    }
}
