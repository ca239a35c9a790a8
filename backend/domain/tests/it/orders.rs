//! Whole orders, bonded and duty-paid goods mixed, judged a second time from scratch.

use jiff::civil::{Date, date};
use pickup_domain::centre::{Centre, Names};
use pickup_domain::goods::{LegalUnit, Permission, Product};
use pickup_domain::hold::Account;
use pickup_domain::limits::Regime;
use pickup_domain::order::{Buyer, Order, OrderLine, RawId};
use pickup_domain::parcel::Size;
use pickup_domain::registrations::OperatorCodes;
use pickup_domain::review::{Facts, Guarantee, Verdict, review};
use pickup_domain::rules::Rulebook;
use pickup_domain::tax::{Tariff, TariffLine, TaxableLine};
use pickup_domain::{Money, Quantity, ReasonCode};
use proptest::prelude::*;

use crate::tax::{round, slow_line, slow_shares, tariff};

const TODAY: Date = date(2026, 11, 21);

/// The most an amount may be: a thousand million yuan.
const MOST_FEN: i64 = 100_000_000_000;

fn names(text: &str) -> Names {
    Names { zh: text.into(), en: text.into() }
}

fn centre() -> Centre {
    Centre {
        number: 1,
        name: names("C"),
        address: names("A"),
        help_phone: "19900000000".into(),
        customs_code: "9901".into(),
        district: "990101".into(),
        traf_mode: "Y".into(),
        inside_special_area: true,
        pilot: None,
        ems_no: "T9901W000001".into(),
        keep_days: 3,
        offline_for_s: None,
        put_off_days: None,
        at: None,
    }
}

fn product(i: usize, price: i64, litres: i64, duty_paid: bool) -> Product {
    Product {
        sku: format!("S{i}"),
        hs: format!("22083000{i:02}").parse().unwrap(),
        name: names("P"),
        spec: "S".into(),
        barcode: String::new(),
        origin: "305".into(),
        unit: "142".into(),
        legal1: LegalUnit { code: "095".into(), each: Quantity::from_parts(litres) },
        legal2: None,
        net_kg: Quantity::from_parts(1),
        gross_kg: Quantity::from_parts(1),
        price_fen: Money::from_fen(price),
        record_no: "R".into(),
        permission: Permission { listed: true, order_max: None },
        taxed_unit: "095".into(),
        size: Size::S,
        category: "wine".into(),
        duty_paid,
    }
}

pub fn order(goods: &[(Product, i64, TariffLine)], freight: i64) -> Order {
    let lines =
        goods.iter().map(|(p, qty, _)| OrderLine { sku: p.sku.clone(), qty: *qty, price_fen: p.price_fen });
    Order {
        order_no: "O-1".into(),
        centre: 1,
        buyer: Buyer {
            reg_no: "u".into(),
            name: "测试甲".into(),
            id_number: RawId("99010119900101006X".into()),
            telephone: "19900000001".into(),
            authenticated: false,
        },
        lines: lines.collect(),
        goods_fen: Money::from_fen(goods.iter().map(|(p, qty, _)| p.price_fen.fen() * qty).sum()),
        freight_fen: Money::from_fen(freight),
        discount_fen: Money::ZERO,
        tax_fen: Money::ZERO,
        total_fen: Money::ZERO,
        currency: "CNY".into(),
        notices_agreed: true,
        notice_version: None,
    }
}

pub fn judge(order: &Order, goods: &[(Product, i64, TariffLine)]) -> Verdict {
    judge_rounded(order, goods, &Rulebook::default())
}

pub fn judge_rounded(order: &Order, goods: &[(Product, i64, TariffLine)], rules: &Rulebook) -> Verdict {
    let tariff = Tariff::load(goods.iter().map(|(_, _, line)| line.clone()).collect()).unwrap();
    let account = Account::new(i64::MAX, 0, 0).unwrap();
    let centre = centre();
    review(
        order,
        &Facts {
            today: TODAY,
            centre: Some(&centre),
            product: &|sku| goods.iter().map(|(p, ..)| p).find(|p| p.sku == sku),
            stock: &|product| if product.duty_paid { Quantity::ZERO } else { Quantity::from_parts(i64::MAX) },
            tariff: &tariff,
            year_so_far: Money::ZERO,
            year_pieces: &|_| 0,
            guarantee: Guarantee { account, from: TODAY, until: TODAY },
            rules,
            operator: &OperatorCodes::default(),
            others_with_phone: 0,
            others_with_address: 0,
        },
    )
}

pub fn goods() -> impl Strategy<Value = Vec<(Product, i64, TariffLine)>> {
    let one = (1..400_000_i64, 0..200_000_i64, 1..4_i64, any::<bool>(), tariff());
    prop::collection::vec(one, 1..6).prop_map(|all| {
        let numbered = all.into_iter().enumerate();
        numbered
            .map(|(i, (price, litres, qty, duty_paid, line))| {
                let product = product(i, price, litres, duty_paid && i > 0);
                let line = TariffLine { hs: product.hs.clone(), ..line };
                (product, qty, line)
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn only_bonded_lines_are_taxed_and_counted(goods in goods(), freight in 0..3_000_i64) {
        let mut order = order(&goods, freight);
        let worth = |paid: bool| {
            goods.iter().filter(|(p, ..)| p.duty_paid == paid).map(|(p, qty, _)| p.price_fen.fen() * qty).sum::<i64>()
        };
        let bonded: Vec<_> = goods.iter().filter(|(p, ..)| !p.duty_paid).collect();
        let freight = if bonded.len() == goods.len() { freight } else { slow_shares(freight, &[worth(false), worth(true)])[0] };
        let dutiable = worth(false) + freight;
        let regime = if dutiable > 500_000 { Regime::FullTax } else { Regime::WithinLimits };
        let weights: Vec<i64> = bonded.iter().map(|(p, qty, _)| p.price_fen.fen() * qty).collect();
        let mut tax = 0;
        for ((product, qty, line), share) in bonded.iter().zip(slow_shares(freight, &weights)) {
            let goods = product.price_fen.fen() * qty;
            let specific_qty = Quantity::from_parts(product.legal1.each.parts() * qty);
            let taxable = TaxableLine { goods: Money::from_fen(goods), specific_qty, tariff: line };
            tax += slow_line(goods + share, &taxable, regime).iter().map(round).sum::<i64>();
        }
        order.tax_fen = Money::from_fen(tax);
        order.total_fen = Money::from_fen(worth(false) + worth(true) + order.freight_fen.fen() + tax);
        let verdict = judge(&order, &goods);
        prop_assert_eq!((verdict.tax_total().fen(), verdict.dutiable().fen()), (tax, dutiable));
        let pieces: i64 = bonded.iter().map(|(_, qty, _)| qty).sum();
        // A tax of nearly the whole price of a bottle is possible here, and then amounts that no message can carry.
        let above = [order.tax_fen, order.total_fen].iter().filter(|amount| amount.fen() > MOST_FEN).count();
        let mut expected = vec![ReasonCode::AmountRange; above];
        if dutiable > 500_000 && !(pieces == 1 && dutiable < 2_600_000) {
            expected.push(ReasonCode::LimitSingle);
        }
        if dutiable > 2_600_000 {
            expected.push(ReasonCode::LimitAnnual);
        }
        prop_assert_eq!(verdict.reasons.iter().map(|r| r.code).collect::<Vec<_>>(), expected);
    }
}
