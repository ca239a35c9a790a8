//! One good order, and every way to spoil it.

use super::*;
use crate::Rate;
use crate::centre::tests::centre;
use crate::goods::tests::product;
use crate::order::{Buyer, RawId};
use crate::tax::ConsumptionTax;

mod rules;

pub(crate) const ADULT: &str = "99010119900101006X";
pub(crate) const OTHER_ADULT: &str = "990101198512120020";
const TODAY: Date = Date::constant(2026, 11, 21);

/// Two bottles at 100.00: goods 200.00, VAT 13 % × 70 % = 18.20.
pub(crate) fn order() -> Order {
    Order {
        order_no: "TEST-1".into(),
        centre: 1,
        buyer: Buyer {
            reg_no: "u1".into(),
            name: "测试甲".into(),
            id_number: RawId(ADULT.into()),
            telephone: "19900000001".into(),
            authenticated: false,
        },
        lines: vec![OrderLine { sku: "A1".into(), qty: 2, price_fen: Money::from_fen(10_000) }],
        goods_fen: Money::from_fen(20_000),
        freight_fen: Money::ZERO,
        discount_fen: Money::ZERO,
        tax_fen: Money::from_fen(1_820),
        total_fen: Money::from_fen(21_820),
        currency: "CNY".into(),
        notices_agreed: true,
        notice_version: None,
    }
}

struct World {
    centre: Option<Centre>,
    product: Product,
    stock: i64,
    guarantee: Guarantee,
    year_fen: i64,
    year_pieces: i64,
    rules: Rulebook,
    operator: OperatorCodes,
    others: (u32, u32),
    more: Vec<Product>,
}

fn world() -> World {
    let account = Account::new(1_000_000, 0, 0).unwrap();
    World {
        centre: Some(centre()),
        product: product("A1", 10_000),
        stock: 10,
        guarantee: Guarantee { account, from: TODAY, until: TODAY },
        year_fen: 0,
        year_pieces: 0,
        rules: Rulebook::default(),
        operator: OperatorCodes::default(),
        others: (0, 0),
        more: Vec::new(),
    }
}

fn judge(order: &Order, world: &World) -> Verdict {
    let tariff = Tariff::new(vec![TariffLine {
        hs: "2208300000".parse().unwrap(),
        from: Date::constant(2026, 1, 1),
        until: None,
        duty: Rate::percent(10),
        consumption: ConsumptionTax::None,
        vat: Rate::percent(13),
    }]);
    let find = |sku: &str| std::iter::once(&world.product).chain(&world.more).find(|p| p.sku == sku);
    review(
        order,
        &Facts {
            today: TODAY,
            centre: world.centre.as_ref(),
            product: &find,
            stock: &|_| Quantity::whole(world.stock).unwrap(),
            tariff: &tariff,
            year_so_far: Money::from_fen(world.year_fen),
            guarantee: world.guarantee,
            year_pieces: &|_| world.year_pieces,
            rules: &world.rules,
            operator: &world.operator,
            others_with_phone: world.others.0,
            others_with_address: world.others.1,
        },
    )
}

fn codes_of(order: &Order, world: &World) -> Vec<ReasonCode> {
    judge(order, world).reasons.into_iter().map(|r| r.code).collect()
}

fn spoil_order(change: impl FnOnce(&mut Order)) -> Vec<ReasonCode> {
    let mut order = order();
    change(&mut order);
    codes_of(&order, &world())
}

fn spoil_world(change: impl FnOnce(&mut World)) -> Vec<ReasonCode> {
    let mut world = world();
    change(&mut world);
    codes_of(&order(), &world)
}

#[test]
fn a_good_order_has_no_reason_and_its_tax() {
    let verdict = judge(&order(), &world());
    assert_eq!(verdict.reasons, []);
    assert_eq!((verdict.tax_total(), verdict.dutiable()), (Money::from_fen(1_820), Money::from_fen(20_000)));
}

#[test]
fn each_wrong_total_is_named_with_both_values() {
    assert_eq!(
        spoil_order(|o| o.goods_fen = Money::from_fen(19_999)),
        [ReasonCode::TotalGoods, ReasonCode::TotalPaid]
    );
    assert_eq!(spoil_order(|o| o.total_fen = Money::from_fen(21_819)), [ReasonCode::TotalPaid]);
    let mut wrong = order();
    wrong.tax_fen = Money::from_fen(1_821);
    wrong.total_fen = Money::from_fen(21_821);
    let reasons = judge(&wrong, &world()).reasons;
    assert_eq!(reasons.len(), 1);
    assert_eq!((reasons[0].expected.as_str(), reasons[0].found.as_str()), ("18.20", "18.21"));
}

#[test]
fn the_buyer_is_checked() {
    let id = |text: &str| spoil_order(|o| o.buyer.id_number = RawId(text.into()));
    assert_eq!(id("990101199001010010"), [ReasonCode::BuyerIdCheckDigit]);
    assert_eq!(id("990101199013010011"), [ReasonCode::BuyerIdBirthDate]);
    assert_eq!(id("99"), [ReasonCode::BuyerIdForm]);
    assert_eq!(id(&minor()), [ReasonCode::BuyerMinor]);
    assert_eq!(spoil_order(|o| o.notices_agreed = false), [ReasonCode::NoticesNotAgreed]);
}

fn minor() -> String {
    let first = "99010120090101001";
    format!("{first}{}", crate::id_number::check_character(first).unwrap())
}

#[test]
fn the_goods_are_checked() {
    assert_eq!(spoil_order(|o| o.lines[0].sku = "NONE".into()), [ReasonCode::SkuUnknown]);
    assert_eq!(spoil_world(|w| w.stock = 1), [ReasonCode::StockInsufficient]);
    assert_eq!(spoil_world(|w| w.product.permission.listed = false), [ReasonCode::NotPermitted]);
    assert_eq!(spoil_world(|w| w.product.permission.order_max = Some(1)), [ReasonCode::QuantityOverLimit]);
    assert_eq!(
        spoil_world(|w| w.product.price_fen = Money::from_fen(9_999)),
        [ReasonCode::PriceNotCatalogue]
    );
    assert_eq!(spoil_world(|w| w.product.hs = "0101210010".parse().unwrap()), [ReasonCode::TariffMissing]);
    assert!(spoil_order(|o| o.lines.clear()).contains(&ReasonCode::OrderWithoutLines));
    assert!(spoil_order(|o| o.lines.push(o.lines[0].clone())).contains(&ReasonCode::SkuTwice));
    assert!(spoil_order(|o| o.lines[0].qty = -2).contains(&ReasonCode::LineQuantity));
    assert!(
        spoil_order(|o| o.lines = vec![o.lines[0].clone(); 100]).contains(&ReasonCode::OrderTooManyLines)
    );
}

#[test]
fn the_place_is_checked() {
    assert_eq!(spoil_world(|w| w.centre = None), [ReasonCode::CentreUnknown]);
    let outside = |w: &mut World| w.centre = Some(Centre { inside_special_area: false, ..centre() });
    assert_eq!(spoil_world(outside), [ReasonCode::CentreNotAllowed]);
}

#[test]
fn limits_and_guarantee_are_checked() {
    assert_eq!(spoil_world(|w| w.year_fen = 2_590_000), [ReasonCode::LimitAnnual]);
    let used_up = Account::new(1_000, 0, 0).unwrap();
    assert_eq!(spoil_world(|w| w.guarantee.account = used_up), [ReasonCode::GuaranteeExhausted]);
    let expired = Date::constant(2026, 11, 20);
    assert_eq!(
        spoil_world(|w| {
            w.guarantee.from = expired;
            w.guarantee.until = expired;
        }),
        [ReasonCode::GuaranteeNotValid]
    );
}

#[test]
fn texts_are_checked() {
    assert_eq!(spoil_order(|o| o.order_no = String::new()), [ReasonCode::FieldForm]);
    assert_eq!(spoil_order(|o| o.order_no = "a/b".into()), [ReasonCode::FieldForm]);
    assert_eq!(spoil_order(|o| o.buyer.name = "长".repeat(61)), [ReasonCode::FieldForm]);
    assert_eq!(spoil_order(|o| o.currency = "USD".into()), [ReasonCode::Currency]);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let codes = spoil_order(|o| {
        o.buyer.id_number = RawId("990101199001010010".into());
        o.goods_fen = Money::from_fen(1);
        o.notices_agreed = false;
        o.lines[0].price_fen = Money::from_fen(1);
    });
    for code in [
        ReasonCode::BuyerIdCheckDigit,
        ReasonCode::TotalGoods,
        ReasonCode::NoticesNotAgreed,
        ReasonCode::PriceNotCatalogue,
    ] {
        assert!(codes.contains(&code), "{codes:?}");
    }
}

#[test]
fn absurd_numbers_are_reasons_and_not_panics() {
    let codes = spoil_order(|o| {
        o.lines[0].qty = i64::MAX;
        o.lines[0].price_fen = Money::from_fen(i64::MAX);
        o.goods_fen = Money::from_fen(i64::MAX);
        o.tax_fen = Money::from_fen(i64::MAX);
        o.total_fen = Money::from_fen(i64::MIN);
    });
    assert!(
        codes.contains(&ReasonCode::AmountRange) && codes.contains(&ReasonCode::LineQuantity),
        "{codes:?}"
    );
}
