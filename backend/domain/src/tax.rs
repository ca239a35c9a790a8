//! Duty, consumption tax and VAT of a retail import order, line by line, with the working kept.
//!
//! Sources: 财关税〔2016〕18号 (dutiable value, 70 %, no threshold), 财关税〔2018〕49号 (full tax for one item above the
//! single limit). Consumption tax is part of its own base, so the composite rate is (c+v)/(1−c), not c+v.
//! Each tax of each line is rounded half-up to the fen; whether customs rounds per line or per order is not published,
//! which is why the figure of the tax bill is the one that counts in the end.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::limits::Regime;
use crate::rate::UnitRate;
use crate::{HsCode, Money, Quantity, Rate};

/// How consumption tax is levied on a commodity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsumptionTax {
    /// None is.
    None,
    /// A share of the price that includes it.
    AdValorem(Rate),
    /// An amount per legal unit.
    Specific(UnitRate),
    /// Both: a share, and an amount per legal unit.
    Compound(Rate, UnitRate),
}

/// One commodity's rates for a span of days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TariffLine {
    /// The commodity.
    pub hs: HsCode,
    /// First day in force.
    pub from: Date,
    /// Last day in force; open when absent.
    pub until: Option<Date>,
    /// Most-favoured-nation duty, levied only outside the limits.
    pub duty: Rate,
    /// Consumption tax.
    pub consumption: ConsumptionTax,
    /// VAT.
    pub vat: Rate,
}

/// Dated tariff lines.
#[derive(Clone, Debug, Default)]
pub struct Tariff(Vec<TariffLine>);

impl Tariff {
    /// A tariff of these lines.
    #[must_use]
    pub const fn new(lines: Vec<TariffLine>) -> Self {
        Self(lines)
    }

    /// The line in force for `hs` on `day`; of several the one that began last.
    #[must_use]
    pub fn on(&self, hs: &HsCode, day: Date) -> Option<&TariffLine> {
        let in_force = |l: &&TariffLine| l.hs == *hs && l.from <= day && l.until.is_none_or(|u| day <= u);
        self.0.iter().filter(in_force).max_by_key(|l| l.from)
    }
}

/// What is taxed on one line.
#[derive(Clone, Copy, Debug)]
pub struct TaxableLine<'a> {
    /// Price times quantity, before points and vouchers (they do not reduce the dutiable value).
    pub goods: Money,
    /// Quantity in the unit of a specific tax (litre, kilogram).
    pub specific_qty: Quantity,
    /// The rates.
    pub tariff: &'a TariffLine,
}

/// The tax of one line and how it came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTax {
    /// Goods, and the line's share of freight and insurance.
    pub dutiable: Money,
    /// Import duty to pay.
    pub duty: Money,
    /// Consumption tax to pay.
    pub consumption: Money,
    /// VAT to pay.
    pub vat: Money,
    /// The working.
    pub working: Working,
}

/// What a line's tax was computed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Working {
    /// Goods of the line.
    pub goods: Money,
    /// The line's share of the freight.
    pub freight: Money,
    /// The line's share of the insurance.
    pub insurance: Money,
    /// How the order is taxed.
    pub regime: Regime,
    /// Duty rate applied (zero within the limits).
    pub duty_rate: Rate,
    /// Consumption tax applied.
    pub consumption: ConsumptionTax,
    /// VAT rate applied.
    pub vat_rate: Rate,
    /// Share of consumption tax and VAT that is levied.
    pub levied: Rate,
    /// Quantity a specific tax was computed on.
    pub specific_qty: Quantity,
    /// First day of the tariff line used.
    pub tariff_from: Date,
}

/// The tax of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTax {
    /// Line by line, in the order's sequence.
    pub lines: Vec<LineTax>,
    /// Sum of the dutiable values.
    pub dutiable: Money,
    /// Sum of all taxes.
    pub total: Money,
}

/// The amounts are outside what can be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the amounts are negative, too large, or a consumption tax rate is 100 %: no tax can be computed")]
pub struct TaxError;

/// The tax of an order, with freight and insurance apportioned to the lines by goods value.
///
/// # Errors
/// [`TaxError`] for negative or absurdly large amounts.
pub fn order_tax(
    lines: &[TaxableLine<'_>],
    freight: Money,
    insurance: Money,
    regime: Regime,
) -> Result<OrderTax, TaxError> {
    let weights: Vec<i64> = lines.iter().map(|l| l.goods.fen()).collect();
    let freights = apportion(freight, &weights).ok_or(TaxError)?;
    let insurances = apportion(insurance, &weights).ok_or(TaxError)?;
    let mut taxed = Vec::with_capacity(lines.len());
    for ((line, freight), insurance) in lines.iter().zip(freights).zip(insurances) {
        taxed.push(line_tax(line, freight, insurance, regime).ok_or(TaxError)?);
    }
    let dutiable = Money::checked_sum(taxed.iter().map(|t| t.dutiable)).ok_or(TaxError)?;
    let total =
        Money::checked_sum(taxed.iter().flat_map(|t| [t.duty, t.consumption, t.vat])).ok_or(TaxError)?;
    Ok(OrderTax { lines: taxed, dutiable, total })
}

/// Splits `total` by `weights` to the fen, exactly: what rounding down leaves over goes to the largest remainders,
/// the earlier line first. Equal shares when every weight is zero. `None` for negative values or no lines but a total.
#[must_use]
pub fn apportion(total: Money, weights: &[i64]) -> Option<Vec<Money>> {
    if total.fen() < 0 || weights.iter().any(|w| *w < 0) {
        return None;
    }
    if weights.is_empty() {
        return (total == Money::ZERO).then(Vec::new);
    }
    let whole: i128 = weights.iter().map(|w| i128::from(*w)).sum();
    let even = whole == 0;
    let whole = if even { i128::try_from(weights.len()).ok()? } else { whole };
    let mut shares = Vec::with_capacity(weights.len());
    for weight in weights {
        let part = i128::from(total.fen()).checked_mul(if even { 1 } else { i128::from(*weight) })?;
        shares.push((i64::try_from(part / whole).ok()?, part % whole));
    }
    let left = total.fen() - shares.iter().map(|(share, _)| share).sum::<i64>();
    let mut by_remainder: Vec<usize> = (0..shares.len()).collect();
    by_remainder.sort_by_key(|&i| (std::cmp::Reverse(shares.get(i).map(|s| s.1)), i));
    for i in by_remainder.into_iter().take(usize::try_from(left).ok()?) {
        shares.get_mut(i)?.0 += 1;
    }
    Some(shares.into_iter().map(|(share, _)| Money::from_fen(share)).collect())
}

/// 10^-8 fen: the product of a quantity's and a unit rate's smallest parts, so that a specific tax is exact.
const FINE: i128 = 100_000_000;
const WHOLE: i128 = Rate::WHOLE as i128;

fn line_tax(line: &TaxableLine<'_>, freight: Money, insurance: Money, regime: Regime) -> Option<LineTax> {
    let dutiable = Money::checked_sum([line.goods, freight, insurance])?;
    let duty_rate = if regime == Regime::FullTax { line.tariff.duty } else { Rate::ZERO };
    let (share, unit) = match line.tariff.consumption {
        ConsumptionTax::None => (Rate::ZERO, UnitRate::default()),
        ConsumptionTax::AdValorem(rate) => (rate, UnitRate::default()),
        ConsumptionTax::Specific(unit) => (Rate::ZERO, unit),
        ConsumptionTax::Compound(rate, unit) => (rate, unit),
    };
    let levied = i128::from(regime.levied().ppm());
    let price = i128::from(dutiable.fen()).checked_mul(FINE)?;
    let duty = price.checked_mul(i128::from(duty_rate.ppm()))? / WHOLE;
    let specific = i128::from(line.specific_qty.parts()).checked_mul(i128::from(unit.milli_fen()))?;
    let share_ppm = i128::from(share.ppm());
    // Consumption tax as a fraction over `rest`: (P + duty + specific)·c/(1−c) + specific.
    let rest = WHOLE.checked_sub(share_ppm).filter(|rest| *rest > 0)?;
    let base = price.checked_add(duty)?;
    let consumption =
        base.checked_add(specific)?.checked_mul(share_ppm)?.checked_add(specific.checked_mul(rest)?)?;
    let vat_base = base.checked_mul(rest)?.checked_add(consumption)?;
    let vat = vat_base.checked_mul(i128::from(line.tariff.vat.ppm()))?.checked_mul(levied)?;
    let per_rate = rest.checked_mul(WHOLE)?.checked_mul(FINE)?;
    Some(LineTax {
        dutiable,
        duty: half_up(duty, FINE)?,
        consumption: half_up(consumption.checked_mul(levied)?, per_rate)?,
        vat: half_up(vat, per_rate.checked_mul(WHOLE)?)?,
        working: Working {
            goods: line.goods,
            freight,
            insurance,
            regime,
            duty_rate,
            consumption: line.tariff.consumption,
            vat_rate: line.tariff.vat,
            levied: regime.levied(),
            specific_qty: line.specific_qty,
            tariff_from: line.tariff.from,
        },
    })
}

/// `part / whole` rounded half-up; `None` when negative or too large.
fn half_up(part: i128, whole: i128) -> Option<Money> {
    if part < 0 {
        return None;
    }
    let rounded = part.checked_mul(2)?.checked_add(whole)? / whole.checked_mul(2)?;
    i64::try_from(rounded).ok().map(Money::from_fen)
}

#[cfg(test)]
mod tests;
