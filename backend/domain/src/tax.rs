//! Duty, consumption tax and VAT of a retail import order, line by line, with the working kept.
//!
//! Sources: 财关税〔2016〕18号 (dutiable value, 70 %, no threshold), 财关税〔2018〕49号 (full tax for one item above the
//! single limit). Consumption tax is part of its own base, so the composite rate is (c+v)/(1−c), not c+v.
//! Tax is rounded half-up to the fen; whether customs rounds per line or per order is not published, so both are here
//! and the figure of the tax bill is the one that counts in the end.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::dated::{DatedList, Entry, EntryFault, ListError};
use crate::limits::Regime;
use crate::rate::UnitRate;
use crate::{HsCode, Money, Quantity, Rate};

mod exact;
pub mod steps;

pub use exact::Fraction;
use exact::exact_taxes;

/// How consumption tax is levied on a commodity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tariff(DatedList<TariffLine>);

impl Tariff {
    /// A tariff of lines that may overlap; of several in force the one that began last counts.
    #[must_use]
    pub fn new(lines: Vec<TariffLine>) -> Self {
        Self(DatedList::lenient(lines))
    }

    /// A tariff of lines of which at most one is in force for a commodity on a day.
    ///
    /// # Errors
    /// Every line that overlaps another, ends before it begins or has a rate out of range.
    pub fn load(lines: Vec<TariffLine>) -> Result<Self, Vec<ListError>> {
        DatedList::load(lines).map(Self)
    }

    /// The line in force for `hs` on `day`.
    #[must_use]
    pub fn on(&self, hs: &HsCode, day: Date) -> Option<&TariffLine> {
        self.0.on(0, hs.as_str(), day)
    }

    /// Whether there is no line in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of lines.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }
}

impl Entry for TariffLine {
    fn key(&self) -> (u8, &str) {
        (0, self.hs.as_str())
    }
    fn from(&self) -> Date {
        self.from
    }
    fn until(&self) -> Option<Date> {
        self.until
    }
    fn fault(&self) -> Option<EntryFault> {
        let (share, unit) = self.consumption.parts();
        // Duties above 100 % exist; a consumption tax of the whole price does not.
        let out = [
            (self.duty.ppm(), 10 * Rate::WHOLE),
            (share.ppm(), Rate::WHOLE - 1),
            (self.vat.ppm(), Rate::WHOLE),
        ]
        .into_iter()
        .find(|(ppm, most)| !(0..=*most).contains(ppm));
        let negative = Some(unit.milli_fen()).filter(|unit| *unit < 0);
        out.map(|(ppm, _)| ppm).or(negative).map(EntryFault::Value)
    }
}

impl ConsumptionTax {
    /// Its share of the price, and its amount per legal unit.
    #[must_use]
    pub const fn parts(self) -> (Rate, UnitRate) {
        const NO_UNIT: UnitRate = UnitRate::from_milli_fen(0);
        match self {
            Self::None => (Rate::ZERO, NO_UNIT),
            Self::AdValorem(rate) => (rate, NO_UNIT),
            Self::Specific(unit) => (Rate::ZERO, unit),
            Self::Compound(rate, unit) => (rate, unit),
        }
    }
}

/// Where tax is rounded half-up to the fen. Which of the two customs does is not published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Each tax of each line.
    #[default]
    PerLine,
    /// The sum of each tax over the order; the lines get what adds up to it.
    PerOrder,
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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

impl LineTax {
    /// All taxes of the line; `None` when they do not fit.
    #[must_use]
    pub fn sum(&self) -> Option<Money> {
        self.duty.checked_add(self.consumption)?.checked_add(self.vat)
    }
}

/// What a line's tax was computed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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

/// The tax of an order, each tax of each line rounded; see [`order_tax_rounded`].
///
/// # Errors
/// [`TaxError`] for negative or absurdly large amounts.
pub fn order_tax(
    lines: &[TaxableLine<'_>],
    freight: Money,
    insurance: Money,
    regime: Regime,
) -> Result<OrderTax, TaxError> {
    order_tax_rounded(lines, freight, insurance, regime, Rounding::PerLine)
}

/// The tax of an order, with freight and insurance apportioned to the lines by goods value.
///
/// # Errors
/// [`TaxError`] for negative or absurdly large amounts.
pub fn order_tax_rounded(
    lines: &[TaxableLine<'_>],
    freight: Money,
    insurance: Money,
    regime: Regime,
    rounding: Rounding,
) -> Result<OrderTax, TaxError> {
    let weights: Vec<i64> = lines.iter().map(|l| l.goods.fen()).collect();
    let freights = apportion(freight, &weights).ok_or(TaxError)?;
    let insurances = apportion(insurance, &weights).ok_or(TaxError)?;
    let mut taxed = Vec::with_capacity(lines.len());
    let mut exact = Vec::with_capacity(lines.len());
    for ((line, freight), insurance) in lines.iter().zip(freights).zip(insurances) {
        let working = working(line, freight, insurance, regime);
        let dutiable = Money::checked_sum([line.goods, freight, insurance]).ok_or(TaxError)?;
        let taxes = exact_taxes(dutiable, &working).ok_or(TaxError)?;
        let [duty, consumption, vat] = taxes.map(Fraction::half_up);
        let tax = || Some(LineTax { dutiable, duty: duty?, consumption: consumption?, vat: vat?, working });
        taxed.push(tax().ok_or(TaxError)?);
        exact.push(taxes);
    }
    if rounding == Rounding::PerOrder {
        round_per_order(&mut taxed, &exact).ok_or(TaxError)?;
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

fn working(line: &TaxableLine<'_>, freight: Money, insurance: Money, regime: Regime) -> Working {
    Working {
        goods: line.goods,
        freight,
        insurance,
        regime,
        duty_rate: if regime == Regime::FullTax { line.tariff.duty } else { Rate::ZERO },
        consumption: line.tariff.consumption,
        vat_rate: line.tariff.vat,
        levied: regime.levied(),
        specific_qty: line.specific_qty,
        tariff_from: line.tariff.from,
    }
}

/// Rounds the sum of each tax, and gives each line its share of the rounded sum.
fn round_per_order(lines: &mut [LineTax], exact: &[[Fraction; 3]]) -> Option<()> {
    let column = |i: usize| exact.iter().map(|taxes| taxes.get(i).copied()).collect::<Option<Vec<_>>>();
    let duties = exact::round_sum(&column(0)?)?;
    let consumptions = exact::round_sum(&column(1)?)?;
    let vats = exact::round_sum(&column(2)?)?;
    for (((line, duty), consumption), vat) in lines.iter_mut().zip(duties).zip(consumptions).zip(vats) {
        (line.duty, line.consumption, line.vat) = (duty, consumption, vat);
    }
    Some(())
}

#[cfg(test)]
mod tests;
