//! What is bought: each line against the catalogue, the bonded book, the tariff and the lists.

use super::Facts;
use crate::Quantity;
use crate::goods::Product;
use crate::lists::{Permitted, PersonalUse};
use crate::order::{MAX_LINES, MAX_PIECES, Order, OrderLine};
use crate::reason::{Reason, ReasonCode};
use crate::registrations::Standing;
use crate::rules::{Flag, FlagCode};

/// What the messages of an order must be like.
const MESSAGE: &str = "海关跨境统一版报文规范 CEB311";
/// What the shop itself set: articles, prices, most pieces.
const CATALOGUE: &str = "商品目录";
/// Where the permitted list comes from when a product speaks for itself.
const PERMITTED: &str = "跨境电子商务零售进口商品清单（2019年版，2022年第7号公告调整）";
/// Goods under this channel are supervised as articles for personal use.
const PERSONAL: &str = "海关总署公告2018年第194号";

type Bought<'a> = (&'a OrderLine, &'a Product);

pub(super) fn judge(order: &Order, facts: &Facts<'_>, reasons: &mut Vec<Reason>, flags: &mut Vec<Flag>) {
    if order.lines.is_empty() {
        reasons.push(Reason::new(ReasonCode::OrderWithoutLines).field("lines").rule(MESSAGE));
    }
    if order.lines.len() > MAX_LINES {
        let reason = Reason::new(ReasonCode::OrderTooManyLines).field("lines").rule(MESSAGE);
        reasons.push(reason.values(MAX_LINES, order.lines.len()));
        return;
    }
    let mut bonded: Vec<Bought<'_>> = Vec::with_capacity(order.lines.len());
    let mut duty_paid = 0_usize;
    for (i, line) in order.lines.iter().enumerate() {
        let product = (facts.product)(&line.sku);
        form(order, i, line, product, reasons);
        match product {
            None => {}
            Some(product) if product.duty_paid => duty_paid += 1,
            Some(product) => {
                article(line, product, facts, reasons);
                listed(line, product, facts, reasons);
                watched(product, facts, flags);
                bonded.push((line, product));
            }
        }
    }
    if duty_paid > 0 && duty_paid == order.lines.len() {
        reasons.push(Reason::new(ReasonCode::OrderWithoutBonded).field("lines").rule(MESSAGE));
    }
    code_maxima(&bonded, facts, reasons);
    personal_use(&bonded, facts, reasons);
}

/// What any line must be like, bonded or not.
fn form(order: &Order, i: usize, line: &OrderLine, product: Option<&Product>, reasons: &mut Vec<Reason>) {
    let at = |code, field: &str| Reason::new(code).field(format!("lines[{i}].{field}"));
    if order.lines.iter().take(i).any(|earlier| earlier.sku == line.sku) {
        reasons.push(at(ReasonCode::SkuTwice, "sku").values("", &line.sku).rule(MESSAGE));
    }
    if !(1..=MAX_PIECES).contains(&line.qty) {
        let reason = at(ReasonCode::LineQuantity, "qty").values(format!("1..{MAX_PIECES}"), line.qty);
        reasons.push(reason.rule(MESSAGE));
    }
    let Some(product) = product else {
        reasons.push(at(ReasonCode::SkuUnknown, "sku").values("", &line.sku).rule(CATALOGUE));
        return;
    };
    if line.price_fen != product.price_fen {
        let reason = at(ReasonCode::PriceNotCatalogue, "price_fen");
        reasons.push(reason.values(product.price_fen, line.price_fen).rule(CATALOGUE));
    }
    if let Some(most) = product.permission.order_max.filter(|most| line.qty > *most) {
        let reason = Reason::new(ReasonCode::QuantityOverLimit).field(&product.sku);
        reasons.push(reason.values(most, line.qty).rule(CATALOGUE));
    }
}

fn article(line: &OrderLine, product: &Product, facts: &Facts<'_>, reasons: &mut Vec<Reason>) {
    let about = |code| Reason::new(code).field(&product.sku);
    if facts.rates(&product.hs).is_none() {
        reasons.push(about(ReasonCode::TariffMissing).values("", &product.hs).rule("进出口税则"));
    }
    let left = (facts.stock)(product);
    if Quantity::whole(line.qty).is_none_or(|asked| asked > left) {
        reasons.push(about(ReasonCode::StockInsufficient).values(left, line.qty).rule("保税账册"));
    }
    if let Some(entry) = facts.rules.prohibited.by_prefix(0, product.hs.as_str(), facts.today) {
        let reason = about(ReasonCode::ProhibitedGoods).values(&entry.name, &product.hs);
        reasons.push(reason.rule(&entry.document).source(&entry.document));
    }
}

/// The permitted list and the registration it may ask for. Without a list the product speaks for itself.
fn listed(line: &OrderLine, product: &Product, facts: &Facts<'_>, reasons: &mut Vec<Reason>) {
    let about = |code| Reason::new(code).field(&product.sku);
    let refuse =
        |source: &str| about(ReasonCode::NotPermitted).values("", &product.hs).rule(PERMITTED).source(source);
    if facts.rules.permitted.is_empty() {
        if !product.permission.listed {
            reasons.push(refuse(""));
        }
        return;
    }
    let Some(entry) = permitted(product, facts) else {
        reasons.push(refuse(""));
        return;
    };
    // A line with exceptions holds only for articles of which somebody found that they are not excepted.
    if !entry.excepted.is_empty() && !product.permission.listed {
        reasons.push(refuse(&entry.document));
    }
    let registrations = &facts.rules.goods_registrations;
    // Without a register on file nothing is registered: goods that need it are refused, not let through.
    if !entry.needs_registration {
        return;
    }
    let reason = match registrations.standing(&line.sku, product.hs.hs8(), facts.today) {
        Standing::InForce => return,
        Standing::OutOfDate => {
            about(ReasonCode::GoodsRegistrationNotValid).values(facts.today, product.hs.hs8())
        }
        Standing::Unknown => about(ReasonCode::GoodsNotRegistered).values("", product.hs.hs8()),
    };
    reasons.push(reason.rule(PERMITTED).source(&entry.document));
}

fn permitted<'a>(product: &Product, facts: &'a Facts<'_>) -> Option<&'a Permitted> {
    facts.rules.permitted.line(product.hs.hs8(), facts.today)
}

/// Maxima of the permitted list count all articles of a code together, so each code is looked at once.
fn code_maxima(bonded: &[Bought<'_>], facts: &Facts<'_>, reasons: &mut Vec<Reason>) {
    if facts.rules.permitted.is_empty() {
        return;
    }
    for (i, (_, product)) in bonded.iter().enumerate() {
        let hs8 = product.hs.hs8();
        let same = |other: &&Bought<'_>| other.1.hs.hs8() == hs8;
        let Some(entry) = permitted(product, facts) else { continue };
        if (entry.per_order_max.is_none() && entry.per_year_max.is_none())
            || bonded.iter().take(i).any(|b| same(&b))
        {
            continue;
        }
        let pieces = bonded.iter().filter(same).fold(0_i64, |sum, (line, _)| sum.saturating_add(line.qty));
        let year = pieces.saturating_add((facts.year_pieces)(hs8));
        let maxima = [
            (ReasonCode::QuantityOverLimit, entry.per_order_max, pieces),
            (ReasonCode::YearQuantityOverLimit, entry.per_year_max, year),
        ];
        for (code, most, found) in maxima {
            if let Some(most) = most.filter(|most| found > *most) {
                let reason = Reason::new(code).field(hs8).values(most, found);
                reasons.push(reason.rule(PERMITTED).source(&entry.document));
            }
        }
    }
}

/// Personal-use quantities count everything together that falls under one entry of the list.
fn personal_use(bonded: &[Bought<'_>], facts: &Facts<'_>, reasons: &mut Vec<Reason>) {
    let list = &facts.rules.personal_use;
    if list.is_empty() {
        return;
    }
    let entries: Vec<Option<&PersonalUse>> =
        bonded.iter().map(|(_, product)| list.by_prefix(0, product.hs.as_str(), facts.today)).collect();
    for (i, entry) in entries.iter().enumerate() {
        let Some(entry) = *entry else { continue };
        let is_same = |other: &Option<&PersonalUse>| other.is_some_and(|other| std::ptr::eq(other, entry));
        if entries.iter().take(i).any(is_same) {
            continue;
        }
        let mut sum = Some(Quantity::ZERO);
        let same = bonded.iter().zip(&entries).filter(|(_, other)| is_same(other));
        for ((line, product), _) in same {
            let Some(quantity) = product.quantity_in(&entry.unit, line.qty) else {
                let reason = Reason::new(ReasonCode::PersonalUseUnit).field(&product.sku);
                reasons.push(reason.values(&entry.unit, line.qty).rule(PERSONAL).source(&entry.document));
                continue;
            };
            sum = sum.and_then(|sum| sum.checked_add(quantity));
        }
        if sum.is_none_or(|sum| sum > entry.most) {
            let found = sum.map_or_else(|| "overflow".to_owned(), |sum| sum.to_string());
            let reason = Reason::new(ReasonCode::PersonalUseQuantity).field(&entry.hs_prefix);
            reasons.push(reason.values(entry.most, found).rule(PERSONAL).source(&entry.document));
        }
    }
}

fn watched(product: &Product, facts: &Facts<'_>, flags: &mut Vec<Flag>) {
    let hs = product.hs.as_str();
    if let Some(watch) = facts.rules.watch.strictest(&product.sku, hs, &product.origin, facts.today) {
        flags.push(Flag {
            code: FlagCode::Watch,
            field: product.sku.clone(),
            found: watch.per_mille.into(),
            threshold: 0,
            document: watch.document.clone(),
        });
    }
}
