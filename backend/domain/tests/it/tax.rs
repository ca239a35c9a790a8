//! Tax in exact rationals, straight from the announcements, against the integer arithmetic of the crate.

use num_bigint::BigInt;
use num_rational::BigRational;
use pickup_domain::limits::Regime;
use pickup_domain::rate::UnitRate;
use pickup_domain::tax::{ConsumptionTax, Rounding, TariffLine, TaxableLine, order_tax_rounded};
use pickup_domain::{Money, Quantity, Rate};
use proptest::prelude::*;

pub type Q = BigRational;

pub fn ratio(num: i64, den: i64) -> Q {
    Q::new(BigInt::from(num), BigInt::from(den))
}

/// Half-up to a whole fen.
pub fn round(fen: &Q) -> i64 {
    (fen + ratio(1, 2)).floor().to_integer().try_into().unwrap()
}

fn sum<'a>(all: impl Iterator<Item = &'a Q>) -> Q {
    all.fold(ratio(0, 1), |sum, part| sum + part)
}

/// Duty, consumption tax and VAT in exact fen. The price with consumption tax in it is what solves
/// `X = price + duty + c·X + specific`.
pub fn slow_line(fen: i64, line: &TaxableLine<'_>, regime: Regime) -> [Q; 3] {
    let (share, unit) = match line.tariff.consumption {
        ConsumptionTax::None => (0, 0),
        ConsumptionTax::AdValorem(rate) => (rate.ppm(), 0),
        ConsumptionTax::Specific(unit) => (0, unit.milli_fen()),
        ConsumptionTax::Compound(rate, unit) => (rate.ppm(), unit.milli_fen()),
    };
    let full = regime == Regime::FullTax;
    let price = ratio(fen, 1);
    let duty = if full { &price * ratio(line.tariff.duty.ppm(), 1_000_000) } else { ratio(0, 1) };
    let specific = ratio(line.specific_qty.parts(), 100_000) * ratio(unit, 1_000);
    let with_tax = (&price + &duty + specific) / (ratio(1, 1) - ratio(share, 1_000_000));
    let consumption = &with_tax - &price - &duty;
    let vat = &with_tax * ratio(line.tariff.vat.ppm(), 1_000_000);
    let levied = if full { ratio(1, 1) } else { ratio(7, 10) };
    [duty, consumption * &levied, vat * levied]
}

/// Hands out the freight fen by fen, each to the line that is still owed the most, the earlier first.
pub fn slow_shares(total: i64, weights: &[i64]) -> Vec<i64> {
    let whole: i64 = weights.iter().sum();
    let share = |weight: i64| match whole {
        0 => ratio(total, i64::try_from(weights.len()).unwrap()),
        _ => ratio(total, 1) * ratio(weight, whole),
    };
    let owed: Vec<Q> = weights.iter().map(|w| share(*w)).collect();
    let mut given: Vec<i64> = owed.iter().map(|owed| owed.floor().to_integer().try_into().unwrap()).collect();
    while given.iter().sum::<i64>() < total {
        let mut most = 0;
        for i in 1..owed.len() {
            if &owed[i] - ratio(given[i], 1) > &owed[most] - ratio(given[most], 1) {
                most = i;
            }
        }
        given[most] += 1;
    }
    given
}

fn consumption() -> impl Strategy<Value = ConsumptionTax> {
    let rate = || prop_oneof![(0..100_i64).prop_map(|p| p * 10_000), 0..999_999_i64].prop_map(Rate::from_ppm);
    let unit = || (0..5_000_000_i64).prop_map(UnitRate::from_milli_fen);
    prop_oneof![
        Just(ConsumptionTax::None),
        rate().prop_map(ConsumptionTax::AdValorem),
        unit().prop_map(ConsumptionTax::Specific),
        (rate(), unit()).prop_map(|(rate, unit)| ConsumptionTax::Compound(rate, unit)),
    ]
}

pub fn tariff() -> impl Strategy<Value = TariffLine> {
    let vat = prop_oneof![Just(130_000_i64), Just(90_000), 0..=1_000_000_i64];
    (0..2_000_000_i64, consumption(), vat).prop_map(|(duty, consumption, vat)| TariffLine {
        hs: "2208300000".parse().unwrap(),
        from: jiff::civil::date(2026, 1, 1),
        until: None,
        duty: Rate::from_ppm(duty),
        consumption,
        vat: Rate::from_ppm(vat),
    })
}

type Bought = (i64, i64, TariffLine);

fn basket() -> impl Strategy<Value = Vec<Bought>> {
    prop::collection::vec((0..3_000_000_i64, 0..500_000_i64, tariff()), 1..8)
}

fn taxable(basket: &[Bought]) -> Vec<TaxableLine<'_>> {
    basket
        .iter()
        .map(|(fen, parts, tariff)| TaxableLine {
            goods: Money::from_fen(*fen),
            specific_qty: Quantity::from_parts(*parts),
            tariff,
        })
        .collect()
}

const REGIMES: [Regime; 2] = [Regime::WithinLimits, Regime::FullTax];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn each_tax_of_each_line_is_the_exact_one_rounded(basket in basket(), freight in 0..3_000_i64) {
        let lines = taxable(&basket);
        let shares = slow_shares(freight, &basket.iter().map(|(fen, ..)| *fen).collect::<Vec<_>>());
        for regime in REGIMES {
            let tax = order_tax_rounded(&lines, Money::from_fen(freight), Money::ZERO, regime, Rounding::PerLine);
            let tax = tax.unwrap();
            let mut total = 0;
            for ((line, taxed), share) in lines.iter().zip(&tax.lines).zip(&shares) {
                let dutiable = line.goods.fen() + share;
                let expected = slow_line(dutiable, line, regime).map(|tax| round(&tax));
                let found = [taxed.duty.fen(), taxed.consumption.fen(), taxed.vat.fen()];
                prop_assert_eq!((taxed.dutiable.fen(), found), (dutiable, expected));
                total += expected.iter().sum::<i64>();
            }
            prop_assert_eq!(tax.total.fen(), total);
        }
    }

    #[test]
    fn each_tax_of_the_order_is_the_exact_sum_rounded_and_its_lines_add_up(basket in basket()) {
        let lines = taxable(&basket);
        for regime in REGIMES {
            let tax = order_tax_rounded(&lines, Money::ZERO, Money::ZERO, regime, Rounding::PerOrder).unwrap();
            let exact: Vec<[Q; 3]> = lines.iter().map(|l| slow_line(l.goods.fen(), l, regime)).collect();
            let mut total = 0;
            for kind in 0..3 {
                let whole = round(&sum(exact.iter().map(|taxes| &taxes[kind])));
                let of = |i: usize| {
                    let line = &tax.lines[i];
                    [line.duty, line.consumption, line.vat][kind].fen()
                };
                prop_assert_eq!((0..lines.len()).map(of).sum::<i64>(), whole);
                for (i, taxes) in exact.iter().enumerate() {
                    let off = ratio(of(i), 1) - &taxes[kind];
                    prop_assert!(off < ratio(1, 1) && off > ratio(-1, 1), "line {} is a fen or more off", i);
                }
                total += whole;
            }
            prop_assert_eq!(tax.total.fen(), total);
        }
    }

    #[test]
    fn one_line_is_taxed_the_same_by_either_rounding(bought in (0..3_000_000_i64, 0..500_000_i64, tariff())) {
        let basket = [bought];
        let lines = taxable(&basket);
        for regime in REGIMES {
            let by = |rounding| order_tax_rounded(&lines, Money::ZERO, Money::ZERO, regime, rounding);
            prop_assert_eq!(by(Rounding::PerLine), by(Rounding::PerOrder));
        }
    }

    #[test]
    fn freight_is_split_as_if_fen_by_fen(
        total in 0..2_000_i64,
        weights in prop::collection::vec(prop_oneof![Just(0_i64), 0..1_000_000_i64], 1..12),
    ) {
        let shares = pickup_domain::tax::apportion(Money::from_fen(total), &weights).unwrap();
        let shares: Vec<i64> = shares.into_iter().map(Money::fen).collect();
        prop_assert_eq!(shares, slow_shares(total, &weights));
    }

    #[test]
    fn no_amount_at_all_makes_it_panic(
        goods in any::<i64>(),
        parts in any::<i64>(),
        freight in any::<i64>(),
        rates in any::<(i64, i64, i64, i64)>(),
    ) {
        let tariff = TariffLine {
            hs: "2208300000".parse().unwrap(),
            from: jiff::civil::date(2026, 1, 1),
            until: None,
            duty: Rate::from_ppm(rates.0),
            consumption: ConsumptionTax::Compound(Rate::from_ppm(rates.1), UnitRate::from_milli_fen(rates.2)),
            vat: Rate::from_ppm(rates.3),
        };
        let line =
            TaxableLine { goods: Money::from_fen(goods), specific_qty: Quantity::from_parts(parts), tariff: &tariff };
        for regime in REGIMES {
            for rounding in [Rounding::PerLine, Rounding::PerOrder] {
                let tax = order_tax_rounded(&[line, line], Money::from_fen(freight), Money::ZERO, regime, rounding);
                prop_assert!(tax.is_err() || tax.is_ok_and(|tax| tax.total >= Money::ZERO));
            }
        }
    }
}
