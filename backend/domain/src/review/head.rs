//! The order as a whole: its texts, its buyer, its totals, and whether it looks like resale.

use super::Facts;
use crate::id_number::IdNumberError;
use crate::order::{Order, OrderLine};
use crate::reason::{Reason, ReasonCode};
use crate::rules::{Flag, FlagCode};
use crate::tax::OrderTax;
use crate::{IdNumber, Money};

const MESSAGE: &str = "海关跨境统一版报文规范 CEB311";
const CONSUMER_NOTICE: &str = "商财发〔2018〕486号";

pub(super) fn form(order: &Order, facts: &Facts<'_>, reasons: &mut Vec<Reason>) {
    let texts = [
        ("order_no", &order.order_no, 60),
        ("buyer.reg_no", &order.buyer.reg_no, 60),
        ("buyer.name", &order.buyer.name, 60),
        ("buyer.telephone", &order.buyer.telephone, 30),
    ];
    for (field, text, most) in texts {
        let length = text.chars().count();
        if text.trim().is_empty() || length > most || text.chars().any(char::is_control) {
            let reason = Reason::new(ReasonCode::FieldForm).field(field);
            reasons.push(reason.values(format!("1..{most}"), length).rule(MESSAGE));
        }
    }
    // The number also stands in an address of the API.
    if !order.order_no.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        let reason = Reason::new(ReasonCode::FieldForm).field("order_no");
        reasons.push(reason.values("A-Z a-z 0-9 - _", &order.order_no).rule(MESSAGE));
    }
    if order.currency != "CNY" {
        let reason = Reason::new(ReasonCode::Currency).field("currency").values("CNY", &order.currency);
        reasons.push(reason.rule(MESSAGE));
    }
    notices(order, facts, reasons);
}

fn notices(order: &Order, facts: &Facts<'_>, reasons: &mut Vec<Reason>) {
    let versions = &facts.rules.notice_versions;
    let version = order.notice_version.as_deref().unwrap_or_default();
    if !order.notices_agreed {
        let reason = Reason::new(ReasonCode::NoticesNotAgreed).field("notices_agreed");
        reasons.push(reason.rule(CONSUMER_NOTICE));
    } else if !versions.is_empty() && versions.on(0, version, facts.today).is_none() {
        let reason = Reason::new(ReasonCode::NoticeVersionUnknown).field("notice_version");
        let in_force = versions.iter().filter(|v| versions.on(0, &v.version, facts.today) == Some(*v));
        let expected: Vec<&str> = in_force.map(|v| v.version.as_str()).collect();
        reasons.push(reason.values(expected.join(", "), version).rule(CONSUMER_NOTICE));
    }
}

pub(super) fn buyer(order: &Order, facts: &Facts<'_>, reasons: &mut Vec<Reason>) {
    let youngest = facts.rules.minimum_age;
    match order.buyer.id_number.0.parse::<IdNumber>() {
        Err(error) => {
            reasons.push(Reason::new(error.into()).field("buyer.id_number").rule("GB 11643-1999"));
        }
        Ok(id) if id.age_on(facts.today) < youngest => {
            let reason = Reason::new(ReasonCode::BuyerMinor).field("buyer.id_number");
            reasons.push(reason.values(youngest, id.age_on(facts.today)).rule(CONSUMER_NOTICE));
        }
        Ok(_) => {}
    }
}

pub(super) fn totals(order: &Order, tax: Option<&OrderTax>, reasons: &mut Vec<Reason>) {
    let amounts = [
        ("goods_fen", order.goods_fen),
        ("freight_fen", order.freight_fen),
        ("discount_fen", order.discount_fen),
        ("tax_fen", order.tax_fen),
        ("total_fen", order.total_fen),
    ];
    for (field, amount) in amounts {
        if !(0..=100_000_000_000).contains(&amount.fen()) {
            let reason = Reason::new(ReasonCode::AmountRange).field(field).values("≥ 0", amount);
            reasons.push(reason.rule(MESSAGE));
        }
    }
    let mut wrong = |code, field: &str, expected: Option<Money>, found: Money| {
        if let Some(expected) = expected.filter(|e| *e != found) {
            let reason = Reason::new(code).field(field).values(expected, found);
            reasons.push(reason.rule(MESSAGE));
        }
    };
    // Bonded and duty-paid lines both: the buyer pays for either.
    let goods =
        order.lines.iter().map(OrderLine::total).try_fold(Money::ZERO, |sum, line| sum.checked_add(line?));
    wrong(ReasonCode::TotalGoods, "goods_fen", goods, order.goods_fen);
    wrong(ReasonCode::TotalTax, "tax_fen", tax.map(|t| t.total), order.tax_fen);
    let paid = Money::checked_sum([order.goods_fen, order.freight_fen, order.tax_fen])
        .and_then(|sum| sum.checked_sub(order.discount_fen));
    wrong(ReasonCode::TotalPaid, "total_fen", paid, order.total_fen);
}

pub(super) fn resale(facts: &Facts<'_>, flags: &mut Vec<Flag>) {
    let thresholds = facts.rules.resale;
    let counts = [
        (FlagCode::ResalePhone, "buyer.telephone", facts.others_with_phone, thresholds.phone),
        (FlagCode::ResaleAddress, "buyer.address", facts.others_with_address, thresholds.address),
    ];
    for (code, field, found, threshold) in counts {
        if threshold > 0 && found >= threshold {
            let document = "财关税〔2018〕49号；商财发〔2021〕39号".to_owned();
            flags.push(Flag { code, field: field.to_owned(), found, threshold, document });
        }
    }
}

impl From<IdNumberError> for ReasonCode {
    fn from(error: IdNumberError) -> Self {
        match error {
            IdNumberError::Form => Self::BuyerIdForm,
            IdNumberError::BirthDate => Self::BuyerIdBirthDate,
            IdNumberError::CheckDigit => Self::BuyerIdCheckDigit,
        }
    }
}
