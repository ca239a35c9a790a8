//! The verdict on an order: the tax of every line, and every reason against it at once.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::centre::Centre;
use crate::goods::Product;
use crate::hold::Account;
use crate::id_number::IdNumberError;
use crate::limits::{self, Asked, Regime};
use crate::order::{MAX_LINES, MAX_PIECES, Order, OrderLine};
use crate::reason::{Reason, ReasonCode};
use crate::tax::{self, OrderTax, Tariff, TaxableLine};
use crate::{IdNumber, Money, Quantity};

/// A tax guarantee (税款担保).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guarantee {
    /// Amount in fen, what is held and used of it.
    pub account: Account,
    /// First day in force.
    pub from: Date,
    /// Last day in force.
    pub until: Date,
}

/// What an order is judged against.
pub struct Facts<'a> {
    /// The date in China.
    pub today: Date,
    /// The centre the order names, when there is one.
    pub centre: Option<&'a Centre>,
    /// The catalogue.
    pub product: &'a dyn Fn(&str) -> Option<&'a Product>,
    /// What is left of an article in the bonded book, in deal units.
    pub stock: &'a dyn Fn(&Product) -> Quantity,
    /// Rates.
    pub tariff: &'a Tariff,
    /// Posted and held by the buyer in this calendar year, as far as known here.
    pub year_so_far: Money,
    /// The guarantee the tax is secured by.
    pub guarantee: Guarantee,
}

/// The verdict on an order. It may go on when `reasons` is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Everything that is wrong.
    pub reasons: Vec<Reason>,
    /// How it is taxed.
    pub regime: Regime,
    /// The tax, when it could be computed.
    pub tax: Option<OrderTax>,
}

impl Verdict {
    /// Goods, freight and insurance; nothing when the tax could not be computed.
    #[must_use]
    pub fn dutiable(&self) -> Money {
        self.tax.as_ref().map(|t| t.dutiable).unwrap_or_default()
    }

    /// The whole tax.
    #[must_use]
    pub fn tax_total(&self) -> Money {
        self.tax.as_ref().map(|t| t.total).unwrap_or_default()
    }
}

/// Judges an order, its amounts included.
#[must_use]
pub fn review(order: &Order, facts: &Facts<'_>) -> Verdict {
    let mut verdict = quote(order, facts);
    verdict.reasons.extend(form(order));
    verdict.reasons.extend(buyer(order, facts.today));
    verdict.reasons.extend(totals(order, verdict.tax.as_ref()));
    verdict
}

/// Judges what is bought and computes its tax, without looking at the buyer's data or at the totals.
#[must_use]
pub fn quote(order: &Order, facts: &Facts<'_>) -> Verdict {
    let mut reasons = centre(order, facts);
    reasons.extend(lines(order, facts));
    let dutiable =
        Money::checked_sum(order.lines.iter().filter_map(OrderLine::total).chain([order.freight_fen]));
    let asked = Asked {
        dutiable: dutiable.unwrap_or(Money::from_fen(i64::MAX)),
        pieces: order.pieces(),
        year_so_far: facts.year_so_far,
    };
    let (regime, over) = limits::judge(asked);
    reasons.extend(over);
    let tax = taxes(order, facts, regime);
    reasons.extend(tax.iter().flat_map(|tax| guarantee(tax.total, facts)));
    Verdict { reasons, regime, tax }
}

fn centre(order: &Order, facts: &Facts<'_>) -> Vec<Reason> {
    match facts.centre {
        None => vec![Reason::new(ReasonCode::CentreUnknown).field("centre").values("", order.centre)],
        Some(centre) if centre.pickup_allowed(facts.today) => Vec::new(),
        Some(centre) => vec![
            Reason::new(ReasonCode::CentreNotAllowed)
                .field("centre")
                .values("", &centre.name.zh)
                .rule("财关税〔2018〕49号；商财发〔2021〕39号"),
        ],
    }
}

fn lines(order: &Order, facts: &Facts<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if order.lines.is_empty() {
        reasons.push(Reason::new(ReasonCode::OrderWithoutLines).field("lines"));
    }
    if order.lines.len() > MAX_LINES {
        let reason = Reason::new(ReasonCode::OrderTooManyLines).field("lines");
        return vec![reason.values(MAX_LINES, order.lines.len())];
    }
    for (i, line) in order.lines.iter().enumerate() {
        let at = |field: &str| format!("lines[{i}].{field}");
        if order.lines.iter().take(i).any(|earlier| earlier.sku == line.sku) {
            reasons.push(Reason::new(ReasonCode::SkuTwice).field(at("sku")).values("", &line.sku));
        }
        if !(1..=MAX_PIECES).contains(&line.qty) {
            let reason = Reason::new(ReasonCode::LineQuantity).field(at("qty"));
            reasons.push(reason.values(format!("1..{MAX_PIECES}"), line.qty));
        }
        match (facts.product)(&line.sku) {
            None => reasons.push(Reason::new(ReasonCode::SkuUnknown).field(at("sku")).values("", &line.sku)),
            Some(product) => reasons.extend(article(line, product, facts, &at("price_fen"))),
        }
    }
    reasons
}

fn article(line: &OrderLine, product: &Product, facts: &Facts<'_>, price_field: &str) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let about = |code| Reason::new(code).field(&product.sku);
    if line.price_fen != product.price_fen {
        let reason = Reason::new(ReasonCode::PriceNotCatalogue).field(price_field);
        reasons.push(reason.values(product.price_fen, line.price_fen));
    }
    if !product.permission.listed {
        let reason = about(ReasonCode::NotPermitted).values("", &product.hs);
        reasons.push(reason.rule("跨境电子商务零售进口商品清单（2019年版，2022年第7号公告调整）"));
    }
    if let Some(most) = product.permission.order_max.filter(|most| line.qty > *most) {
        reasons.push(about(ReasonCode::QuantityOverLimit).values(most, line.qty));
    }
    if facts.tariff.on(&product.hs, facts.today).is_none() {
        reasons.push(about(ReasonCode::TariffMissing).values("", &product.hs));
    }
    let left = (facts.stock)(product);
    if Quantity::whole(line.qty).is_none_or(|asked| asked > left) {
        reasons.push(about(ReasonCode::StockInsufficient).values(left, line.qty));
    }
    reasons
}

fn taxes(order: &Order, facts: &Facts<'_>, regime: Regime) -> Option<OrderTax> {
    let taxable: Option<Vec<TaxableLine<'_>>> = order
        .lines
        .iter()
        .map(|line| {
            let product = (facts.product)(&line.sku)?;
            let specific_qty = product.taxed_quantity(line.qty)?;
            Some(TaxableLine {
                goods: line.total()?,
                specific_qty,
                tariff: facts.tariff.on(&product.hs, facts.today)?,
            })
        })
        .collect();
    tax::order_tax(&taxable?, order.freight_fen, Money::ZERO, regime).ok()
}

fn guarantee(tax: Money, facts: &Facts<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let guarantee = &facts.guarantee;
    if facts.today < guarantee.from || guarantee.until < facts.today {
        let span = format!("{} – {}", guarantee.from, guarantee.until);
        reasons.push(Reason::new(ReasonCode::GuaranteeNotValid).values(span, facts.today));
    }
    let left = Money::from_fen(guarantee.account.available());
    if tax > left {
        reasons.push(Reason::new(ReasonCode::GuaranteeExhausted).values(left, tax));
    }
    reasons
}

fn form(order: &Order) -> Vec<Reason> {
    let mut reasons = Vec::new();
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
            reasons.push(reason.values(format!("1..{most}"), length));
        }
    }
    // The number also stands in an address of the API.
    if !order.order_no.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        let reason = Reason::new(ReasonCode::FieldForm).field("order_no");
        reasons.push(reason.values("A-Z a-z 0-9 - _", &order.order_no));
    }
    if order.currency != "CNY" {
        reasons.push(Reason::new(ReasonCode::Currency).field("currency").values("CNY", &order.currency));
    }
    if !order.notices_agreed {
        reasons.push(
            Reason::new(ReasonCode::NoticesNotAgreed).field("notices_agreed").rule("商财发〔2018〕486号"),
        );
    }
    reasons
}

fn buyer(order: &Order, today: Date) -> Vec<Reason> {
    match order.buyer.id_number.0.parse::<IdNumber>() {
        Err(error) => vec![Reason::new(error.into()).field("buyer.id_number").rule("GB 11643-1999")],
        Ok(id) if id.age_on(today) < limits::ADULT_AGE => {
            let reason = Reason::new(ReasonCode::BuyerMinor).field("buyer.id_number");
            vec![reason.values(limits::ADULT_AGE, id.age_on(today)).rule("商财发〔2018〕486号")]
        }
        Ok(_) => Vec::new(),
    }
}

fn totals(order: &Order, tax: Option<&OrderTax>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let amounts = [
        ("goods_fen", order.goods_fen),
        ("freight_fen", order.freight_fen),
        ("discount_fen", order.discount_fen),
        ("tax_fen", order.tax_fen),
        ("total_fen", order.total_fen),
    ];
    for (field, amount) in amounts {
        if !(0..=100_000_000_000).contains(&amount.fen()) {
            reasons.push(Reason::new(ReasonCode::AmountRange).field(field).values("≥ 0", amount));
        }
    }
    let mut wrong = |code, field: &str, expected: Option<Money>, found: Money| {
        if let Some(expected) = expected.filter(|e| *e != found) {
            let reason = Reason::new(code).field(field).values(expected, found);
            reasons.push(reason.rule("海关跨境统一版报文规范 CEB311"));
        }
    };
    let goods =
        order.lines.iter().map(OrderLine::total).collect::<Option<Vec<_>>>().and_then(Money::checked_sum);
    wrong(ReasonCode::TotalGoods, "goods_fen", goods, order.goods_fen);
    wrong(ReasonCode::TotalTax, "tax_fen", tax.map(|t| t.total), order.tax_fen);
    let paid = Money::checked_sum([order.goods_fen, order.freight_fen, order.tax_fen])
        .and_then(|sum| sum.checked_sub(order.discount_fen));
    wrong(ReasonCode::TotalPaid, "total_fen", paid, order.total_fen);
    reasons
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

#[cfg(test)]
pub(crate) mod tests;
