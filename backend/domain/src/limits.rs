//! The limits of retail import: 5,000 CNY an order, 26,000 CNY a person and calendar year.
//!
//! Source: 财关税〔2018〕49号 (from 2019-01-01), with 财关税〔2016〕18号 for what is levied within the limits.

use serde::{Deserialize, Serialize};

use crate::reason::{Reason, ReasonCode};
use crate::{Money, Rate};

/// Dutiable value of one order within which the reduced tax applies: 5,000.00 CNY.
pub const SINGLE: Money = Money::from_fen(500_000);
/// Dutiable value of one person's orders in a calendar year: 26,000.00 CNY.
pub const ANNUAL: Money = Money::from_fen(2_600_000);
/// Age from which a buyer may order here. The announcements ask platforms to protect minors; the product takes adults.
pub const ADULT_AGE: i16 = 18;

/// How an order is taxed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// No duty, 70 % of VAT and consumption tax.
    WithinLimits,
    /// Duty, VAT and consumption tax in full: one indivisible item above the single limit.
    FullTax,
}

impl Regime {
    /// The share of VAT and consumption tax that is levied.
    #[must_use]
    pub const fn levied(self) -> Rate {
        match self {
            Self::WithinLimits => Rate::percent(70),
            Self::FullTax => Rate::ONE,
        }
    }
}

/// What decides the limits of one order.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Goods, freight and insurance.
    pub dutiable: Money,
    /// Pieces in the order, over all lines.
    pub pieces: i64,
    /// Posted and held by this buyer in the calendar year so far, as far as known here.
    pub year_so_far: Money,
}

/// The regime, and every limit the order breaks.
#[must_use]
pub fn judge(asked: Asked) -> (Regime, Vec<Reason>) {
    let mut reasons = Vec::new();
    let over_single = asked.dutiable > SINGLE;
    let one_item = asked.pieces == 1 && asked.dutiable < ANNUAL;
    if over_single && !one_item {
        reasons.push(
            Reason::new(ReasonCode::LimitSingle)
                .field("dutiable")
                .values(format!("≤ {SINGLE}"), asked.dutiable)
                .rule("财关税〔2018〕49号"),
        );
    }
    let year = asked.year_so_far.checked_add(asked.dutiable);
    if year.is_none_or(|sum| sum > ANNUAL) {
        let found = year.map_or_else(|| "overflow".to_owned(), |sum| sum.to_string());
        reasons.push(
            Reason::new(ReasonCode::LimitAnnual)
                .field("year_so_far")
                .values(format!("≤ {ANNUAL}"), found)
                .rule("财关税〔2018〕49号"),
        );
    }
    (if over_single { Regime::FullTax } else { Regime::WithinLimits }, reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(dutiable: i64, pieces: i64, year: i64) -> (Regime, Vec<ReasonCode>) {
        let (regime, reasons) =
            judge(Asked { dutiable: Money::from_fen(dutiable), pieces, year_so_far: Money::from_fen(year) });
        (regime, reasons.into_iter().map(|r| r.code).collect())
    }

    #[test]
    fn exactly_five_thousand_is_within_and_one_fen_more_is_not() {
        assert_eq!(verdict(500_000, 3, 0), (Regime::WithinLimits, vec![]));
        assert_eq!(verdict(500_001, 3, 0).1, [ReasonCode::LimitSingle]);
    }

    #[test]
    fn one_indivisible_item_above_the_single_limit_pays_in_full() {
        assert_eq!(verdict(500_001, 1, 0), (Regime::FullTax, vec![]));
        assert_eq!(
            verdict(2_600_000, 1, 0).1,
            [ReasonCode::LimitSingle],
            "the exception ends below the annual limit"
        );
    }

    #[test]
    fn the_year_holds_twenty_six_thousand_and_no_fen_more() {
        assert_eq!(verdict(100_000, 1, 2_500_000).1, []);
        assert_eq!(verdict(100_001, 1, 2_500_000).1, [ReasonCode::LimitAnnual]);
    }

    #[test]
    fn both_limits_are_named_when_both_are_broken() {
        assert_eq!(verdict(600_000, 2, 2_500_000).1, [ReasonCode::LimitSingle, ReasonCode::LimitAnnual]);
    }
}
