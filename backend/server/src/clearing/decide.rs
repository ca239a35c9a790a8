//! The decision on a paid order, as a pure function of what was read: refuse with every reason, or what to write.

use jiff::Timestamp;
use pickup_domain::centre::Centre;
use pickup_domain::goods::{Product, unit_name};
use pickup_domain::matching::{Waybill, match_documents};
use pickup_domain::order::{Order, OrderLine, Payment};
use pickup_domain::parcel::Size;
use pickup_domain::review::Verdict;
use pickup_domain::rules::Rulebook;
use pickup_domain::tax::{LineTax, OrderTax, apportion};
use pickup_domain::{Money, Quantity, Reason, ReasonCode, china_time};

use crate::clearing::accounts::{self, Key};
use crate::clearing::ask::Ask;
use crate::clearing::facts::{FactLine, Facts};
use crate::demo::Operator;
use crate::shop::Shop;

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Write this.
    Clear(Box<Writes>),
    /// Write nothing and say why.
    Refuse(Vec<Reason>),
}

/// What to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Writes {
    /// Waybill number.
    pub waybill: String,
    /// Holds to take: all of them or none.
    pub holds: Vec<(Key, i64)>,
    /// Yearly maxima of the goods held for.
    pub year_max: Vec<(Key, i64)>,
    /// What is declared.
    pub facts: Facts,
    /// Smallest door.
    pub size: Size,
    /// The buyer's name with the given name masked.
    pub buyer_masked: String,
}

/// What a decision is made from.
struct Reads<'a> {
    order: &'a Order,
    payment: &'a Payment,
    verdict: &'a Verdict,
    centre: &'a Centre,
    operator: &'a Operator,
    product: &'a dyn Fn(&str) -> Option<&'a Product>,
    rules: &'a Rulebook,
    buyer_key: &'a str,
    now: Timestamp,
}

/// Decides on a paid order with the verdict on it as things stand; `id` becomes its number.
#[must_use]
pub fn decide(
    shop: &Shop,
    centre: &Centre,
    ask: &Ask,
    verdict: &Verdict,
    id: i64,
    now: Timestamp,
) -> Decision {
    let operator = &shop.data.operator;
    let reads = Reads {
        order: &ask.order,
        payment: &ask.payment,
        verdict,
        centre,
        operator,
        product: &|sku| shop.product(sku),
        rules: &shop.rules,
        buyer_key: &ask.buyer_key,
        now,
    };
    let waybill = Waybill {
        number: waybill_number(now, id),
        order_no: ask.order.order_no.clone(),
        consignee: ask.order.buyer.name.clone(),
        telephone: ask.order.buyer.telephone.clone(),
        freight: ask.order.freight_fen,
    };
    let mut reasons = verdict.reasons.clone();
    reasons.extend(form(&ask.payment));
    reasons.extend(match_documents(&ask.order, &ask.payment, &operator.payment.code, &waybill));
    if !reasons.is_empty() {
        return Decision::Refuse(reasons);
    }
    let range =
        || Decision::Refuse(vec![Reason::new(ReasonCode::AmountRange).field("lines").values("", "overflow")]);
    let Some(tax) = verdict.tax.as_ref() else { return range() };
    if tax.lines.is_empty() {
        // Goods whose taxes are paid need no declaration; they are not this product's to sell alone.
        return Decision::Refuse(vec![Reason::new(ReasonCode::OrderWithoutLines).field("lines")]);
    }
    writes(&reads, tax, waybill.number).map_or_else(range, |writes| Decision::Clear(Box::new(writes)))
}

fn form(payment: &Payment) -> Option<Reason> {
    let length = payment.transaction_id.chars().count();
    let fits = (1..=60).contains(&length) && !payment.transaction_id.chars().any(char::is_control);
    (!fits)
        .then(|| Reason::new(ReasonCode::FieldForm).field("payment.transaction_id").values("1..60", length))
}

fn writes(reads: &Reads<'_>, tax: &OrderTax, waybill: String) -> Option<Writes> {
    let articles: Vec<(&OrderLine, &Product, &LineTax)> = reads
        .order
        .bonded_lines(reads.product)
        .zip(&tax.lines)
        .map(|(line, tax)| Some((line, (reads.product)(&line.sku)?, tax)))
        .collect::<Option<_>>()?;
    let year_max = year_max(reads, &articles);
    let facts = facts(reads, tax, &articles)?;
    Some(Writes {
        waybill,
        holds: holds(reads, tax, &articles, &year_max)?,
        year_max: year_max.into_iter().map(|(key, _, most)| (key, most)).collect(),
        size: Size::for_pieces(
            reads.order.lines.iter().filter_map(|line| Some(((reads.product)(&line.sku)?.size, line.qty))),
        ),
        buyer_masked: masked_name(&reads.order.buyer.name),
        facts,
    })
}

fn holds(
    reads: &Reads<'_>,
    tax: &OrderTax,
    articles: &[(&OrderLine, &Product, &LineTax)],
    year_max: &[(Key, i64, i64)],
) -> Option<Vec<(Key, i64)>> {
    let mut holds = Vec::with_capacity(articles.len() + 2);
    for (line, product, _) in articles {
        let pieces = Quantity::whole(line.qty)?;
        holds.push((accounts::stock_key(reads.centre, product), pieces.parts()));
    }
    let year = china_time::year(reads.now);
    holds.push((accounts::buyer_key(reads.buyer_key, year), tax.dutiable.fen()));
    holds.push((accounts::guarantee_key(&reads.operator.guarantee.number), tax.total.fen()));
    holds.extend(year_max.iter().map(|(key, pieces, _)| (key.clone(), *pieces)));
    // An order without tax needs no guarantee.
    holds.retain(|(_, amount)| *amount > 0);
    Some(holds)
}

/// Account, pieces and maximum of the goods that a person may buy only so many of in a year.
fn year_max(reads: &Reads<'_>, articles: &[(&OrderLine, &Product, &LineTax)]) -> Vec<(Key, i64, i64)> {
    let (today, year) = (china_time::date(reads.now), china_time::year(reads.now));
    let mut found: Vec<(Key, i64, i64)> = Vec::new();
    for (line, product, _) in articles {
        let listed = reads.rules.permitted.line(product.hs.hs8(), today);
        let Some(most) = listed.and_then(|listed| listed.per_year_max) else { continue };
        let key = accounts::goods_key(reads.buyer_key, year, product.hs.hs8());
        match found.iter_mut().find(|(known, _, _)| *known == key) {
            Some((_, pieces, _)) => *pieces = pieces.saturating_add(line.qty),
            None => found.push((key, line.qty, most)),
        }
    }
    found
}

fn facts(reads: &Reads<'_>, tax: &OrderTax, articles: &[(&OrderLine, &Product, &LineTax)]) -> Option<Facts> {
    let (order, centre) = (reads.order, reads.centre);
    let sums = order.sums(reads.product)?;
    // Of points and vouchers the bonded goods carry their share by what is paid for them, so that it never exceeds that.
    let bonded = Money::checked_sum([sums.bonded, sums.bonded_freight, tax.total])?;
    let others = sums.duty_paid.checked_add(sums.duty_paid_freight)?;
    let shares = apportion(order.discount_fen, &[bonded.fen(), others.fen()])?;
    let discount = shares.first().copied().unwrap_or_default();
    let total = bonded.checked_sub(discount)?;
    let duty_paid: Option<Vec<FactLine>> = (1_u32..)
        .zip(order.lines.iter().filter_map(|line| Some((line, (reads.product)(&line.sku)?))))
        .filter(|(_, (_, product))| product.duty_paid)
        .map(|(gnum, (line, product))| fact_line(gnum, line, product))
        .collect();
    let weight = |of: fn(&Product) -> Quantity| {
        articles.iter().try_fold(Quantity::ZERO, |sum, (line, product, _)| {
            sum.checked_add(of(product).checked_mul(line.qty)?)
        })
    };
    let lines: Option<Vec<FactLine>> =
        (1_u32..).zip(articles).map(|(gnum, (line, product, _))| fact_line(gnum, line, product)).collect();
    Some(Facts {
        order_no: order.order_no.clone(),
        centre: centre.number,
        centre_name: centre.name.clone(),
        address: centre.address.zh.clone(),
        customs_code: centre.customs_code.clone(),
        district: centre.district.clone(),
        traf_mode: centre.traf_mode.clone(),
        ems_no: centre.ems_no.clone(),
        declarant: reads.operator.declarant.name.clone(),
        limit_year: china_time::year(reads.now),
        transaction_id: reads.payment.transaction_id.clone(),
        gross_kg: weight(|p| p.gross_kg)?,
        net_kg: weight(|p| p.net_kg)?,
        goods_fen: sums.bonded,
        freight_fen: sums.bonded_freight,
        discount_fen: discount,
        tax_fen: tax.total,
        total_fen: total,
        dutiable_fen: tax.dutiable,
        regime: reads.verdict.regime,
        lines: lines?,
        duty_paid: duty_paid?,
        drafted_at: reads.now,
    })
}

fn fact_line(gnum: u32, line: &OrderLine, product: &Product) -> Option<FactLine> {
    Some(FactLine {
        gnum,
        sku: product.sku.clone(),
        record_no: product.record_no.clone(),
        hs: product.hs.clone(),
        name: product.name.clone(),
        spec: product.spec.clone(),
        barcode: product.barcode.clone(),
        origin: product.origin.clone(),
        qty: line.qty,
        unit: product.unit.clone(),
        unit_name: unit_name(&product.unit),
        qty1: product.legal1_of(line.qty)?,
        unit1: product.legal1.code.clone(),
        qty2: product.legal2_of(line.qty).map(|qty| product.legal2.as_ref().map(|_| qty))?,
        unit2: product.legal2.as_ref().map(|unit| unit.code.clone()),
        price_fen: line.price_fen,
        total_fen: line.total()?,
    })
}

/// `BW`, date in China, number of the declaration: upper-case letters and digits, as it is also the parcel's label.
fn waybill_number(now: Timestamp, serial: i64) -> String {
    format!("BW{}{serial:08}", china_time::yyyymmdd(now))
}

/// `测试甲` becomes `测**`.
#[must_use]
pub fn masked_name(name: &str) -> String {
    let mut chars = name.trim().chars();
    let first: String = chars.next().into_iter().collect();
    first + &"*".repeat(chars.count().clamp(1, 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_show_the_first_character_only() {
        assert_eq!(masked_name("测试甲"), "测**");
        assert_eq!(masked_name("测"), "测*");
        assert_eq!(masked_name("测试甲乙丙丁"), "测***");
    }

    #[test]
    fn a_waybill_number_is_capital_letters_and_digits() {
        let number = waybill_number(Timestamp::UNIX_EPOCH, 7);
        assert_eq!(number, "BW1970010100000007");
    }
}
