//! Golden values and the exactness of apportioning.

use super::*;

fn tariff(duty: i32, consumption: ConsumptionTax, vat: i32) -> TariffLine {
    TariffLine {
        hs: "3304990029".parse().unwrap(),
        from: Date::constant(2026, 1, 1),
        until: None,
        duty: Rate::percent(duty),
        consumption,
        vat: Rate::percent(vat),
    }
}

fn taxes(price_fen: i64, tariff: &TariffLine, litres: &str, regime: Regime) -> (i64, i64, i64) {
    let line =
        TaxableLine { goods: Money::from_fen(price_fen), specific_qty: litres.parse().unwrap(), tariff };
    let tax = order_tax(&[line], Money::ZERO, Money::ZERO, regime).unwrap();
    (tax.lines[0].duty.fen(), tax.lines[0].consumption.fen(), tax.lines[0].vat.fen())
}

fn within(price_fen: i64, consumption: i32, vat: i32) -> (i64, i64) {
    let tariff = tariff(10, ConsumptionTax::AdValorem(Rate::percent(consumption)), vat);
    let (duty, consumption, vat) = taxes(price_fen, &tariff, "0", Regime::WithinLimits);
    assert_eq!(duty, 0, "no duty within the limits");
    (consumption, vat)
}

#[test]
fn golden_values_within_the_limits() {
    assert_eq!(within(10_000, 0, 13), (0, 910));
    assert_eq!(within(10_000, 0, 9), (0, 630));
    assert_eq!(within(10_000, 15, 13), (1_235, 1_071));
    assert_eq!(within(10_000, 10, 13), (778, 1_011));
    assert_eq!(within(19_990, 15, 13), (2_469, 2_140));
}

#[test]
fn adding_seventy_percent_of_both_rates_is_not_the_tax() {
    let wrong = 10_000 * (15 + 13) * 7 / 1_000;
    let (consumption, vat) = within(10_000, 15, 13);
    assert_eq!(consumption + vat, 2_306);
    assert_ne!(consumption + vat, wrong);
}

#[test]
fn a_specific_tax_follows_the_quantity() {
    // 2 kg of beer at 0.22 CNY/kg: 0.44 × 0.7 = 0.308; (100 + 0.44) × 0.13 × 0.7 = 9.14004.
    let beer = tariff(0, ConsumptionTax::Specific("0.22".parse().unwrap()), 13);
    assert_eq!(taxes(10_000, &beer, "2", Regime::WithinLimits), (0, 31, 914));
}

#[test]
fn a_compound_tax_taxes_the_amount_per_litre_too() {
    // Spirits 20 % + 1 CNY/l on 0.7 l at 300.00: CT = 300.7/0.8×0.2 + 0.7 = 75.875; VAT = 375.875 × 0.13 = 48.86375.
    let spirits = tariff(10, ConsumptionTax::Compound(Rate::percent(20), "1".parse().unwrap()), 13);
    assert_eq!(taxes(30_000, &spirits, "0.7", Regime::WithinLimits), (0, 5_311, 3_420));
}

#[test]
fn one_item_above_the_single_limit_pays_duty_and_full_tax() {
    // 6,000.00 at duty 8 %: 480.00; VAT 6,480 × 13 % = 842.40.
    let appliance = tariff(8, ConsumptionTax::None, 13);
    assert_eq!(taxes(600_000, &appliance, "0", Regime::FullTax), (48_000, 0, 84_240));
}

#[test]
fn the_rates_of_the_day_apply() {
    let old = TariffLine { until: Some(Date::constant(2026, 12, 31)), ..tariff(0, ConsumptionTax::None, 13) };
    let new = TariffLine { from: Date::constant(2027, 1, 1), ..tariff(0, ConsumptionTax::None, 9) };
    let hs = old.hs.clone();
    let all = Tariff::new(vec![new, old]);
    assert_eq!(all.on(&hs, Date::constant(2026, 12, 31)).unwrap().vat, Rate::percent(13));
    assert_eq!(all.on(&hs, Date::constant(2027, 1, 1)).unwrap().vat, Rate::percent(9));
    assert_eq!(all.on(&hs, Date::constant(2025, 12, 31)), None);
}

#[test]
fn freight_is_part_of_the_dutiable_value_and_split_by_goods() {
    let plain = tariff(0, ConsumptionTax::None, 13);
    let line =
        |fen| TaxableLine { goods: Money::from_fen(fen), specific_qty: Quantity::ZERO, tariff: &plain };
    let tax =
        order_tax(&[line(10_000), line(20_000)], Money::from_fen(1_000), Money::ZERO, Regime::WithinLimits)
            .unwrap();
    let freights: Vec<i64> = tax.lines.iter().map(|l| l.working.freight.fen()).collect();
    assert_eq!(freights, [333, 667]);
    assert_eq!(tax.dutiable, Money::from_fen(31_000));
}

#[test]
fn shares_always_add_up_to_the_whole() {
    let mut seed = 7_u64;
    let mut next = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((seed >> 33) % below).unwrap()
    };
    for round in 0..2_000 {
        let weights: Vec<i64> = (0..=next(9)).map(|_| next(100_000)).collect();
        let total = Money::from_fen(next(50_000));
        let shares = apportion(total, &weights).unwrap();
        assert_eq!(Money::checked_sum(shares.iter().copied()), Some(total), "round {round}: {weights:?}");
        assert_eq!(Some(shares), apportion(total, &weights), "the same every time");
    }
    assert_eq!(apportion(Money::from_fen(5), &[0, 0]), Some(vec![Money::from_fen(3), Money::from_fen(2)]));
    assert_eq!(apportion(Money::from_fen(5), &[]), None);
}

#[test]
fn absurd_amounts_are_an_error_and_not_a_panic() {
    let plain = tariff(0, ConsumptionTax::AdValorem(Rate::percent(15)), 13);
    let line = TaxableLine { goods: Money::from_fen(i64::MAX), specific_qty: Quantity::ZERO, tariff: &plain };
    assert_eq!(order_tax(&[line], Money::from_fen(1), Money::ZERO, Regime::WithinLimits), Err(TaxError));
    let negative = TaxableLine { goods: Money::from_fen(-1), ..line };
    assert_eq!(order_tax(&[negative], Money::ZERO, Money::ZERO, Regime::WithinLimits), Err(TaxError));
}

#[test]
fn a_tariff_with_two_lines_for_one_day_is_not_loaded() {
    let first =
        TariffLine { until: Some(Date::constant(2026, 6, 30)), ..tariff(0, ConsumptionTax::None, 13) };
    let second = TariffLine { from: Date::constant(2026, 6, 30), until: None, ..first.clone() };
    let errors = Tariff::load(vec![first.clone(), second.clone()]).unwrap_err();
    assert_eq!((errors.len(), errors[0].position), (1, 2));
    assert_eq!(errors[0].fault, EntryFault::Overlap { with: 1 });
    let next = TariffLine { from: Date::constant(2026, 7, 1), ..second };
    assert!(Tariff::load(vec![first, next]).is_ok());
}

#[test]
fn a_tariff_with_impossible_rates_is_not_loaded() {
    let all = [
        tariff(0, ConsumptionTax::AdValorem(Rate::ONE), 13),
        tariff(0, ConsumptionTax::None, 101),
        tariff(-1, ConsumptionTax::None, 13),
        tariff(0, ConsumptionTax::Specific(UnitRate::from_milli_fen(-1)), 13),
    ];
    for line in all {
        assert!(Tariff::load(vec![line.clone()]).is_err(), "{line:?}");
    }
    assert!(Tariff::load(vec![tariff(180, ConsumptionTax::None, 13)]).is_ok(), "duties above 100 % exist");
}

#[test]
fn twelve_thousand_lines_are_searched_and_not_walked() {
    let line = |i: u32| TariffLine {
        hs: format!("{:010}", u64::from(i) * 700_001).parse().unwrap(),
        ..tariff(0, ConsumptionTax::None, 13)
    };
    let all = Tariff::load((0..12_000).rev().map(line).collect()).unwrap();
    for i in (0..12_000).step_by(37) {
        assert_eq!(all.on(&line(i).hs, Date::constant(2026, 5, 1)), Some(&line(i)));
    }
    assert_eq!(all.on(&"9999999999".parse().unwrap(), Date::constant(2026, 5, 1)), None);
}

#[test]
fn a_rounded_order_spreads_its_fen_over_the_lines() {
    // Three times 0.50: 4.55 fen each; by line 15, by order 13.65 → 14.
    let plain = tariff(0, ConsumptionTax::None, 13);
    let line = TaxableLine { goods: Money::from_fen(50), specific_qty: Quantity::ZERO, tariff: &plain };
    let by = |rounding| {
        let tax =
            order_tax_rounded(&[line; 3], Money::ZERO, Money::ZERO, Regime::WithinLimits, rounding).unwrap();
        (tax.total.fen(), tax.lines.iter().map(|l| l.vat.fen()).collect::<Vec<_>>())
    };
    assert_eq!(by(Rounding::PerLine), (15, vec![5, 5, 5]));
    assert_eq!(by(Rounding::PerOrder), (14, vec![5, 5, 4]));
}

#[test]
fn the_working_is_written_step_by_step() {
    let spirits = tariff(10, ConsumptionTax::Compound(Rate::percent(20), "1".parse().unwrap()), 13);
    let line = TaxableLine {
        goods: Money::from_fen(30_000),
        specific_qty: "0.7".parse().unwrap(),
        tariff: &spirits,
    };
    let steps = |regime| {
        let tax = order_tax(&[line], Money::ZERO, Money::ZERO, regime).unwrap();
        let steps = tax.lines[0].steps().into_iter();
        steps
            .map(|s| format!("{}: {} = {}", s.what.text(crate::Lang::En), s.how, s.value))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        steps(Regime::WithinLimits),
        [
            "dutiable value: 300.00 + 0.00 + 0.00 = 300.00",
            "consumption tax levied: ((300.00 + 0.7 × 1) ÷ (1 − 20%) × 20% + 0.7 × 1) × 70% = 53.1125 ≈ 53.11",
            "VAT levied: (300.00 + 53.1125 ÷ 70%) × 13% × 70% = 34.204625 ≈ 34.20",
            "tax in all: 0.00 + 53.11 + 34.20 = 87.31",
        ]
    );
    assert_eq!(steps(Regime::FullTax)[1], "duty: 300.00 × 10% = 30.00 ≈ 30.00");
}
