//! The limits in exact CNY against the crate's fen.

use pickup_domain::limits::{Asked, Regime, judge};
use pickup_domain::{Money, ReasonCode};
use proptest::prelude::*;

use crate::tax::ratio;

/// Amounts around the limits more often than elsewhere.
fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![499_990..500_010_i64, 2_599_990..2_600_010_i64, 2_099_990..2_100_010_i64, 0..3_000_000_i64,]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn the_verdict_is_what_the_announcement_says(fen in amount(), year in amount(), pieces in 1..4_i64) {
        let (cny, year_cny) = (ratio(fen, 100), ratio(year, 100));
        let above_single = cny > ratio(5_000, 1);
        let exception = pieces == 1 && cny < ratio(26_000, 1);
        let mut expected = Vec::new();
        if above_single && !exception {
            expected.push(ReasonCode::LimitSingle);
        }
        if cny + year_cny > ratio(26_000, 1) {
            expected.push(ReasonCode::LimitAnnual);
        }
        let asked = Asked { dutiable: Money::from_fen(fen), pieces, year_so_far: Money::from_fen(year) };
        let (regime, reasons) = judge(asked);
        prop_assert_eq!(reasons.iter().map(|r| r.code).collect::<Vec<_>>(), expected);
        prop_assert_eq!(regime == Regime::FullTax, above_single);
        prop_assert!(reasons.iter().all(|r| !r.expected.is_empty() && !r.found.is_empty() && !r.rule.is_empty()));
    }
}
