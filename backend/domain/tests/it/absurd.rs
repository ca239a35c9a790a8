//! Numbers that no shop should send: reasons with their rules, never a panic, never an order that passes untaxed.

use pickup_domain::order::RawId;
use pickup_domain::rules::Rulebook;
use pickup_domain::tax::Rounding;
use pickup_domain::{Lang, Money};
use proptest::prelude::*;

use crate::orders::{goods, judge_rounded, order};

fn absurd() -> impl Strategy<Value = i64> {
    prop_oneof![
        Just(i64::MIN),
        Just(i64::MAX),
        Just(i64::MAX / 2),
        -3_i64..3,
        any::<i64>(),
        -1_000_000_000_000_i64..1_000_000_000_000
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn an_order_of_absurd_numbers_is_refused_by_named_rules_or_taxed(
        goods in goods(),
        numbers in prop::collection::vec(absurd(), 10),
        spoil in prop::collection::vec(any::<bool>(), 8),
        id in "[0-9X]{0,19}|\\PC{0,20}",
        per_order in any::<bool>(),
    ) {
        let mut order = order(&goods, 700);
        for (i, line) in order.lines.iter_mut().enumerate().filter(|_| spoil[0]) {
            (line.qty, line.price_fen) = (numbers[i % 10], Money::from_fen(numbers[(i + 3) % 10]));
        }
        let amounts = [
            &mut order.goods_fen, &mut order.freight_fen, &mut order.discount_fen, &mut order.tax_fen,
            &mut order.total_fen,
        ];
        for (i, amount) in amounts.into_iter().enumerate().filter(|(i, _)| spoil[i + 1]) {
            *amount = Money::from_fen(numbers[i]);
        }
        if spoil[6] {
            order.buyer.id_number = RawId(id);
        }
        if spoil[7] {
            order.currency = "USD".into();
            order.buyer.name = String::new();
            order.notices_agreed = false;
        }
        let rounding = if per_order { Rounding::PerOrder } else { Rounding::PerLine };
        let verdict = judge_rounded(&order, &goods, &Rulebook { rounding, ..Rulebook::default() });
        prop_assert!(!verdict.reasons.is_empty() || verdict.tax.is_some());
        for reason in &verdict.reasons {
            prop_assert!(!reason.rule.is_empty(), "{reason:?}");
            prop_assert!(!reason.text(Lang::Zh).is_empty() && !reason.text(Lang::En).is_empty());
        }
    }
}
