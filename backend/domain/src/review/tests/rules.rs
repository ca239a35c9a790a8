//! The rulebook's part in a verdict: each list alone makes its own reason and no other.

use super::*;
use crate::dated::DatedList;
use crate::lists::{
    Permitted, PermittedList, PersonalUse, PersonalUseList, Prohibited, ProhibitedList, Watch, WatchList,
    Watched,
};
use crate::registrations::{Enterprise, Enterprises, GoodsRegistration, GoodsRegistrations, RegisteredGoods};
use crate::rules::{FlagCode, NoticeVersion};
use crate::tax::Rounding;

const DOCUMENT: &str = "公告2022年第7号";

fn permitted() -> Permitted {
    Permitted {
        hs8: "22083000".into(),
        name: "威士忌酒".into(),
        bonded_only: true,
        per_order_max: None,
        per_year_max: None,
        needs_registration: false,
        excepted: Vec::new(),
        from: Date::constant(2022, 3, 1),
        until: None,
        document: DOCUMENT.into(),
    }
}

fn with_line(line: Permitted) -> impl FnOnce(&mut World) {
    move |w| w.rules.permitted = PermittedList::load(vec![line]).unwrap()
}

fn reasons_of(change: impl FnOnce(&mut World)) -> Vec<Reason> {
    let mut world = world();
    change(&mut world);
    judge(&order(), &world).reasons
}

#[test]
fn a_permitted_list_decides_in_place_of_the_product() {
    assert_eq!(spoil_world(with_line(permitted())), []);
    let unlisted = |w: &mut World| {
        w.product.permission.listed = false;
        with_line(permitted())(w);
    };
    assert_eq!(spoil_world(unlisted), [], "the list knows better");
    let other = Permitted { hs8: "22089000".into(), ..permitted() };
    assert_eq!(spoil_world(with_line(other)), [ReasonCode::NotPermitted]);
    let ended = Permitted { until: Some(Date::constant(2026, 11, 20)), ..permitted() };
    assert_eq!(spoil_world(with_line(ended)), [ReasonCode::NotPermitted]);
}

#[test]
fn a_line_with_exceptions_needs_somebody_to_say_the_article_is_none() {
    let line = Permitted { excepted: vec!["甲目录".into()], ..permitted() };
    assert_eq!(spoil_world(with_line(line.clone())), []);
    let not_found = |w: &mut World| {
        w.product.permission.listed = false;
        with_line(line)(w);
    };
    assert_eq!(spoil_world(not_found), [ReasonCode::NotPermitted]);
}

#[test]
fn maxima_of_the_list_name_both_values_and_the_document() {
    let reasons = reasons_of(with_line(Permitted { per_order_max: Some(1), ..permitted() }));
    assert_eq!(reasons.len(), 1);
    let r = &reasons[0];
    assert_eq!((r.code, r.expected.as_str(), r.found.as_str()), (ReasonCode::QuantityOverLimit, "1", "2"));
    assert_eq!((r.field.as_str(), r.source.as_str()), ("22083000", DOCUMENT));

    let year = |so_far| {
        reasons_of(|w| {
            w.year_pieces = so_far;
            with_line(Permitted { per_year_max: Some(5), ..permitted() })(w);
        })
    };
    assert_eq!(year(3), []);
    assert_eq!(year(4)[0].code, ReasonCode::YearQuantityOverLimit);
    assert_eq!(year(i64::MAX)[0].code, ReasonCode::YearQuantityOverLimit);
}

#[test]
fn maxima_count_all_articles_of_a_code_together() {
    let mut world = world();
    world.more.push(Product { sku: "A2".into(), ..world.product.clone() });
    with_line(Permitted { per_order_max: Some(2), ..permitted() })(&mut world);
    let mut order = order();
    order.lines =
        ["A1", "A2"].map(|sku| OrderLine { sku: sku.into(), qty: 1, ..order.lines[0].clone() }).into();
    let codes = codes_of(&order, &world);
    assert!(!codes.contains(&ReasonCode::QuantityOverLimit), "{codes:?}");
    order.lines[1].qty = 2;
    let codes = codes_of(&order, &world);
    assert_eq!(codes.iter().filter(|c| **c == ReasonCode::QuantityOverLimit).count(), 1, "{codes:?}");
}

#[test]
fn goods_that_need_it_are_registered_and_in_date() {
    let registered = |goods: &str, until: Option<Date>| {
        let goods = RegisteredGoods::Sku(goods.into());
        let from = Date::constant(2026, 1, 1);
        let entry = GoodsRegistration { number: "G1".into(), goods, from, until };
        spoil_world(|w| {
            w.rules.goods_registrations = GoodsRegistrations::load(vec![entry]).unwrap();
            with_line(Permitted { needs_registration: true, ..permitted() })(w);
        })
    };
    assert_eq!(registered("A1", None), []);
    assert_eq!(registered("A2", None), [ReasonCode::GoodsNotRegistered]);
    let yesterday = Date::constant(2026, 11, 20);
    assert_eq!(registered("A1", Some(yesterday)), [ReasonCode::GoodsRegistrationNotValid]);
    let unchecked = with_line(Permitted { needs_registration: true, ..permitted() });
    assert_eq!(
        spoil_world(unchecked),
        [ReasonCode::GoodsNotRegistered],
        "without a register nothing is registered"
    );
}

#[test]
fn prohibited_goods_are_refused_by_any_beginning_of_their_code() {
    for prefix in ["22", "2208300000"] {
        let entry = Prohibited {
            hs_prefix: prefix.into(),
            name: "示例".into(),
            from: TODAY,
            until: None,
            document: DOCUMENT.into(),
        };
        let reasons = reasons_of(|w| w.rules.prohibited = ProhibitedList::load(vec![entry]).unwrap());
        assert_eq!(reasons.len(), 1, "{prefix}");
        assert_eq!((reasons[0].code, reasons[0].source.as_str()), (ReasonCode::ProhibitedGoods, DOCUMENT));
    }
}

#[test]
fn personal_use_is_measured_in_the_unit_of_its_list() {
    let most = |most: &str, unit: &str| {
        let entry = PersonalUse {
            hs_prefix: "2208".into(),
            most: most.parse().unwrap(),
            unit: unit.into(),
            from: TODAY,
            until: None,
            document: DOCUMENT.into(),
        };
        spoil_world(|w| w.rules.personal_use = PersonalUseList::load(vec![entry]).unwrap())
    };
    // Two bottles of 0.7 l.
    assert_eq!(most("1.4", "095"), []);
    assert_eq!(most("1.39999", "095"), [ReasonCode::PersonalUseQuantity]);
    assert_eq!(most("1", ""), [ReasonCode::PersonalUseQuantity]);
    assert_eq!(most("2", "142"), []);
    assert_eq!(most("9", "001"), [ReasonCode::PersonalUseUnit]);
}

#[test]
fn watched_goods_and_resale_are_flagged_and_not_refused() {
    let mut world = world();
    let watch = Watch {
        kind: Watched::Origin,
        key: "305".into(),
        per_mille: 50,
        from: TODAY,
        until: None,
        document: "布控1".into(),
    };
    world.rules.watch = WatchList::load(vec![watch]).unwrap();
    world.others = (3, 4);
    let verdict = judge(&order(), &world);
    assert_eq!(verdict.reasons, []);
    let codes: Vec<_> = verdict.flags.iter().map(|f| f.code).collect();
    assert_eq!(
        codes,
        [FlagCode::Watch, FlagCode::ResalePhone],
        "four at one address are below the threshold"
    );
    assert_eq!(verdict.flags[0].found, 50);
    world.rules.resale.phone = 0;
    world.others = (1_000, 5);
    let codes: Vec<_> = judge(&order(), &world).flags.iter().map(|f| f.code).collect();
    assert_eq!(codes, [FlagCode::Watch, FlagCode::ResaleAddress]);
}

#[test]
fn every_role_must_be_registered_when_any_is() {
    let codes = EnterpriseRole::ALL.map(|role| format!("E-{}", role.as_str()));
    let [platform, seller, payment, carrier, declarant, warehouse] = codes.clone();
    let operator = OperatorCodes { platform, seller, payment, carrier, declarant, warehouse };
    let firms: Vec<Enterprise> = EnterpriseRole::ALL
        .into_iter()
        .zip(codes)
        .map(|(role, code)| Enterprise { role, code, name: String::new(), from: TODAY, until: None })
        .collect();
    let with = |firms: Vec<Enterprise>| {
        reasons_of(|w| {
            w.rules.enterprises = Enterprises::load(firms).unwrap();
            w.operator = operator.clone();
        })
    };
    assert_eq!(with(firms.clone()), []);
    for i in 0..firms.len() {
        let mut missing = firms.clone();
        let role = missing.remove(i).role.as_str();
        let reasons = with(missing);
        assert_eq!(reasons.len(), 1);
        assert_eq!(
            (reasons[0].code, reasons[0].expected.as_str()),
            (ReasonCode::EnterpriseNotRegistered, role)
        );
        let mut late = firms.clone();
        late[i].from = Date::constant(2026, 11, 22);
        assert_eq!(with(late)[0].code, ReasonCode::EnterpriseNotValid);
    }
}

#[test]
fn only_a_version_of_the_notice_in_force_may_be_agreed_to() {
    let version = |version: &str, from, until| NoticeVersion { version: version.into(), from, until };
    let yesterday = Date::constant(2026, 11, 20);
    let agreed = |to: Option<&str>| {
        let mut world = world();
        world.rules.notice_versions =
            DatedList::load(vec![version("1", yesterday, Some(yesterday)), version("2", TODAY, None)])
                .unwrap();
        let order = Order { notice_version: to.map(str::to_owned), ..order() };
        judge(&order, &world).reasons
    };
    assert_eq!(agreed(Some("2")), []);
    for wrong in [None, Some("1"), Some("3")] {
        let reasons = agreed(wrong);
        assert_eq!(reasons.len(), 1, "{wrong:?}");
        assert_eq!((reasons[0].code, reasons[0].expected.as_str()), (ReasonCode::NoticeVersionUnknown, "2"));
    }
}

#[test]
fn the_youngest_age_is_a_setting() {
    assert_eq!(spoil_world(|w| w.rules.minimum_age = 99), [ReasonCode::BuyerMinor]);
}

#[test]
fn the_verdict_names_what_allows_pickup() {
    assert_eq!(judge(&order(), &world()).basis, Some(Basis::default()));
    let mut world = world();
    let pilot = crate::centre::Pilot { document: "试点〔2026〕1号".into(), from: TODAY, until: TODAY };
    world.centre = Some(Centre { inside_special_area: false, pilot: Some(pilot), ..centre() });
    let basis = judge(&order(), &world).basis.unwrap();
    assert_eq!((basis.document.as_str(), basis.until), ("试点〔2026〕1号", Some(TODAY)));
    world.centre.as_mut().unwrap().pilot.as_mut().unwrap().until = Date::constant(2026, 11, 20);
    let verdict = judge(&order(), &world);
    assert_eq!((verdict.basis, verdict.reasons.len()), (None, 1));
    assert_eq!(verdict.reasons[0].source, "试点〔2026〕1号");
}

#[test]
fn duty_paid_goods_are_paid_for_but_not_taxed_stocked_or_listed() {
    let mut world = world();
    let hs = "0101210010".parse().unwrap();
    let paid = Product { sku: "D1".into(), duty_paid: true, hs, ..world.product.clone() };
    world.more.push(Product { permission: crate::goods::Permission::default(), ..paid });
    world.stock = 2;
    let mut order = order();
    order.lines.push(OrderLine { sku: "D1".into(), qty: 50, price_fen: Money::from_fen(10_000) });
    order.goods_fen = Money::from_fen(520_000);
    order.total_fen = Money::from_fen(521_820);
    let verdict = judge(&order, &world);
    assert_eq!(verdict.reasons, []);
    assert_eq!((verdict.tax_total(), verdict.dutiable()), (Money::from_fen(1_820), Money::from_fen(20_000)));
    assert_eq!(verdict.tax.map(|tax| tax.lines.len()), Some(1));
    order.lines.remove(0);
    assert!(codes_of(&order, &world).contains(&ReasonCode::OrderWithoutBonded));
}

#[test]
fn the_rulebook_decides_how_tax_is_rounded() {
    // Twice 0.50 at 13 % × 70 %: 4.55 fen each are 5 + 5 by line and 9.1 → 9 by order.
    let tax = |rounding| {
        let mut world = world();
        world.rules.rounding = rounding;
        world.product.price_fen = Money::from_fen(50);
        world.more.push(Product { sku: "A2".into(), ..world.product.clone() });
        let line = |sku: &str| OrderLine { sku: sku.into(), qty: 1, price_fen: Money::from_fen(50) };
        let order = Order { lines: vec![line("A1"), line("A2")], ..order() };
        judge(&order, &world).tax_total().fen()
    };
    assert_eq!((tax(Rounding::PerLine), tax(Rounding::PerOrder)), (10, 9));
}

#[test]
fn a_rulebook_and_a_verdict_read_back_what_was_written() {
    let mut world = world();
    with_line(permitted())(&mut world);
    world.others.0 = 9;
    let text = serde_json::to_string(&world.rules).unwrap();
    assert_eq!(serde_json::from_str::<Rulebook>(&text).unwrap(), world.rules);
    assert_eq!(serde_json::from_str::<Rulebook>("{}").unwrap(), Rulebook::default());
    let verdict = judge(&order(), &world);
    let text = serde_json::to_string(&verdict).unwrap();
    assert_eq!(serde_json::from_str::<Verdict>(&text).unwrap(), verdict);
    let older = r#"{"reasons":[],"regime":"within_limits","tax":null}"#;
    assert_eq!(serde_json::from_str::<Verdict>(older).unwrap().basis, None);
}

#[test]
fn the_rulebooks_tariff_goes_before_the_facts() {
    let line = TariffLine {
        hs: "2208300000".parse().unwrap(),
        from: Date::constant(2026, 1, 1),
        until: None,
        duty: Rate::ZERO,
        consumption: ConsumptionTax::None,
        vat: Rate::percent(9),
    };
    let mut world = world();
    world.rules.tariff = Tariff::load(vec![line]).unwrap();
    assert_eq!(judge(&order(), &world).tax_total(), Money::from_fen(1_260));
}

#[test]
fn a_flag_speaks_both_languages() {
    let flag =
        Flag { code: FlagCode::Watch, field: "A1".into(), found: 50, threshold: 0, document: String::new() };
    assert!(flag.text(crate::Lang::Zh).contains("50‰") && flag.text(crate::Lang::En).contains("A1"));
}
