//! The verdict on an order: the tax of every line, and every reason against it at once.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::centre::Centre;
use crate::goods::Product;
use crate::hold::Account;
use crate::limits::{self, Asked, Regime};
use crate::order::{Order, OrderLine, Sums};
use crate::reason::{Reason, ReasonCode};
use crate::registrations::{EnterpriseRole, OperatorCodes, Standing};
use crate::rules::{Basis, Flag, Rulebook};
use crate::tax::{self, OrderTax, Tariff, TariffLine, TaxableLine};
use crate::{HsCode, Money, Quantity};

mod articles;
mod head;

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
    /// Rates; those of the rulebook go before them when it has any.
    pub tariff: &'a Tariff,
    /// Posted and held by the buyer in this calendar year, as far as known here.
    pub year_so_far: Money,
    /// Pieces of an eight-digit code posted and held by the buyer in this calendar year, as far as known here.
    pub year_pieces: &'a dyn Fn(&str) -> i64,
    /// The guarantee the tax is secured by.
    pub guarantee: Guarantee,
    /// Lists, registrations and settings.
    pub rules: &'a Rulebook,
    /// Who acts in the order.
    pub operator: &'a OperatorCodes,
    /// Other buyers whose orders carry the same telephone.
    pub others_with_phone: u32,
    /// Other buyers whose orders carry the same address.
    pub others_with_address: u32,
}

/// The verdict on an order. It may go on when `reasons` is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Verdict {
    /// Everything that is wrong.
    pub reasons: Vec<Reason>,
    /// How it is taxed.
    pub regime: Regime,
    /// The tax of the bonded lines, in their sequence ([`Order::bonded_lines`]), when it could be computed.
    pub tax: Option<OrderTax>,
    /// What a person should look at; refuses nothing.
    #[serde(default)]
    pub flags: Vec<Flag>,
    /// What allows the goods to be picked up at the centre, when something does.
    #[serde(default)]
    pub basis: Option<Basis>,
}

impl Facts<'_> {
    fn rates(&self, hs: &HsCode) -> Option<&TariffLine> {
        let tariff = if self.rules.tariff.is_empty() { self.tariff } else { &self.rules.tariff };
        tariff.on(hs, self.today)
    }
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
    head::form(order, facts, &mut verdict.reasons);
    head::buyer(order, facts, &mut verdict.reasons);
    head::totals(order, verdict.tax.as_ref(), &mut verdict.reasons);
    enterprises(facts, &mut verdict.reasons);
    head::resale(facts, &mut verdict.flags);
    verdict
}

/// Judges what is bought and computes its tax, without looking at the buyer's data or at the totals.
#[must_use]
pub fn quote(order: &Order, facts: &Facts<'_>) -> Verdict {
    let (mut reasons, mut flags) = (Vec::new(), Vec::new());
    let basis = place(order, facts, &mut reasons);
    articles::judge(order, facts, &mut reasons, &mut flags);
    let sums = order.sums(facts.product);
    let dutiable = sums.and_then(|sums| sums.bonded.checked_add(sums.bonded_freight));
    let asked = Asked {
        dutiable: dutiable.unwrap_or(Money::from_fen(i64::MAX)),
        pieces: sums.map_or(i64::MAX, |sums| sums.bonded_pieces),
        year_so_far: facts.year_so_far,
    };
    let (regime, over) = limits::judge(asked);
    reasons.extend(over);
    let tax = sums.and_then(|sums| taxes(order, facts, regime, sums));
    match &tax {
        Some(tax) => guarantee(tax.total, facts, &mut reasons),
        None if reasons.is_empty() => {
            reasons.push(Reason::new(ReasonCode::TaxNotComputed).field("tax_fen").rule("财关税〔2016〕18号"));
        }
        None => {}
    }
    Verdict { reasons, regime, tax, flags, basis }
}

/// Whether goods may be picked up at the centre, and what allows it.
fn place(order: &Order, facts: &Facts<'_>, reasons: &mut Vec<Reason>) -> Option<Basis> {
    let Some(centre) = facts.centre else {
        let reason = Reason::new(ReasonCode::CentreUnknown).field("centre").values("", order.centre);
        reasons.push(reason.rule("提货中心目录"));
        return None;
    };
    let inside = &facts.rules.inside_basis;
    let basis = centre.basis(inside).filter(|basis| basis.in_force(facts.today));
    if basis.is_none() {
        let source = centre.pilot.as_ref().map_or(inside.document.as_str(), |pilot| &pilot.document);
        reasons.push(
            Reason::new(ReasonCode::CentreNotAllowed)
                .field("centre")
                .values("", &centre.name.zh)
                .rule("财关税〔2018〕49号；商财发〔2021〕39号")
                .source(source),
        );
    }
    basis
}

fn taxes(order: &Order, facts: &Facts<'_>, regime: Regime, sums: Sums) -> Option<OrderTax> {
    let mut taxable = Vec::with_capacity(order.lines.len());
    for line in order.bonded_lines(facts.product) {
        let product = (facts.product)(&line.sku)?;
        taxable.push(taxable_line(line, product, facts)?);
    }
    // Freight that carries nothing bonded is not here; see `Order::sums`.
    let freight = sums.bonded_freight;
    tax::order_tax_rounded(&taxable, freight, Money::ZERO, regime, facts.rules.rounding).ok()
}

fn taxable_line<'a>(line: &OrderLine, product: &Product, facts: &'a Facts<'_>) -> Option<TaxableLine<'a>> {
    Some(TaxableLine {
        goods: line.total()?,
        specific_qty: product.taxed_quantity(line.qty)?,
        tariff: facts.rates(&product.hs)?,
    })
}

fn guarantee(tax: Money, facts: &Facts<'_>, reasons: &mut Vec<Reason>) {
    let guarantee = &facts.guarantee;
    if facts.today < guarantee.from || guarantee.until < facts.today {
        let span = format!("{} – {}", guarantee.from, guarantee.until);
        let reason = Reason::new(ReasonCode::GuaranteeNotValid).field("guarantee");
        reasons.push(reason.values(span, facts.today).rule("海关总署公告2018年第194号"));
    }
    let left = Money::from_fen(guarantee.account.available());
    if tax > left {
        let reason = Reason::new(ReasonCode::GuaranteeExhausted).field("guarantee");
        reasons.push(reason.values(left, tax).rule("海关总署公告2018年第194号"));
    }
}

fn enterprises(facts: &Facts<'_>, reasons: &mut Vec<Reason>) {
    let registered = &facts.rules.enterprises;
    if registered.is_empty() {
        return;
    }
    for role in EnterpriseRole::ALL {
        let code = facts.operator.code(role);
        let wrong = match registered.standing(role, code, facts.today) {
            Standing::InForce => continue,
            Standing::OutOfDate => ReasonCode::EnterpriseNotValid,
            Standing::Unknown => ReasonCode::EnterpriseNotRegistered,
        };
        let reason = Reason::new(wrong).field(format!("operator.{}", role.as_str()));
        reasons.push(reason.values(role.as_str(), code).rule("海关总署公告2018年第194号"));
    }
}

#[cfg(test)]
pub(crate) mod tests;
