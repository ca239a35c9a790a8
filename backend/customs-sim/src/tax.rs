//! Tax bills: what customs computes of a released list, with the rounding of the port.
//!
//! Within the single limit: no duty, value-added and consumption tax at 70 % (财关税〔2016〕18号); above it all in full.

use jiff::Timestamp;
use pickup_domain::china_time;

use crate::alone::{SINGLE_LIMIT, limit_value};
use crate::amount::Amount;
use crate::answers::{Answer, AnswerKind, Values};
use crate::behaviour::{Behaviour, Rounding, TaxRates};
use crate::keeping::ListCase;
use crate::reading::{Doc, Fields};

/// One hundred percent in hundredths of a percent.
const WHOLE: i128 = 10_000;

/// Duty, value-added tax and consumption tax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taxes {
    pub duty: Amount,
    pub vat: Amount,
    pub ct: Amount,
}

impl Taxes {
    fn each(self, change: impl Fn(Amount) -> Amount) -> Self {
        Self { duty: change(self.duty), vat: change(self.vat), ct: change(self.ct) }
    }

    fn add(self, other: Self) -> Self {
        Self { duty: self.duty.add(other.duty), vat: self.vat.add(other.vat), ct: self.ct.add(other.ct) }
    }

    /// All of it.
    pub(crate) fn total(self) -> Amount {
        self.duty.add(self.vat).add(self.ct)
    }
}

/// A bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bill {
    pub tax_no: String,
    pub taxes: Taxes,
    /// Dutiable value and taxes of each line.
    pub lines: Vec<(Amount, Taxes)>,
    /// Number of the payment book, once summed up.
    pub ent_duty_no: Option<String>,
    /// 1 generated, 2 summed up, 3 void.
    pub status: i32,
}

/// The taxes of a list: dutiable value and taxes by line, and the sums of the bill.
pub(crate) fn compute(list: &Doc, behaviour: &Behaviour) -> (Vec<(Amount, Taxes)>, Taxes) {
    let full = limit_value(list).is_none_or(|value| value > SINGLE_LIMIT);
    let mut lines: Vec<(Amount, Taxes)> = dutiable(list)
        .into_iter()
        .zip(&list.lines)
        .map(|(value, line)| (value, of_line(value, rates(behaviour, line), full)))
        .collect();
    for (_, taxes) in &mut lines {
        *taxes = match behaviour.tax_rounding {
            Rounding::Line => taxes.each(Amount::to_fen_half_up),
            Rounding::Truncate => taxes.each(Amount::to_fen_cut),
            Rounding::Order => *taxes,
        };
    }
    if let Some((_, first)) = lines.first_mut() {
        first.vat = first.vat.add(Amount::from_fen(i64::from(behaviour.tax_plus_fen)));
    }
    let sum = lines.iter().fold(Taxes::default(), |sum, (_, taxes)| sum.add(*taxes));
    (lines, sum.each(Amount::to_fen_half_up))
}

/// Price of each line with its part of freight and insurance; the last line takes what rounding leaves.
fn dutiable(list: &Doc) -> Vec<Amount> {
    let prices: Vec<Amount> = list.lines.iter().map(|line| line.amount("totalPrice")).collect();
    let goods = prices.iter().fold(Amount::ZERO, |sum, price| sum.add(*price));
    let extra = list.amount("freight").add(list.amount("insuredFee"));
    let mut left = extra;
    let last = prices.len().saturating_sub(1);
    let mut values = Vec::with_capacity(prices.len());
    for (index, price) in prices.into_iter().enumerate() {
        let part = if index == last { left } else { extra.share(price.parts(), goods.parts()) };
        left = left.sub(part);
        values.push(price.add(part));
    }
    values
}

fn rates(behaviour: &Behaviour, line: &Fields) -> TaxRates {
    let code = line.text("gcode");
    let fits = behaviour.rates.iter().filter(|(prefix, _)| code.starts_with(prefix.as_str()));
    fits.max_by_key(|(prefix, _)| prefix.len()).map(|(_, rates)| *rates).unwrap_or_default()
}

/// Consumption tax is part of its own base, hence the division by `1 - c`.
fn of_line(value: Amount, rates: TaxRates, full: bool) -> Taxes {
    let (duty_bp, vat, ct) = (i128::from(rates.duty_bp), i128::from(rates.vat_bp), i128::from(rates.ct_bp));
    let without_ct = WHOLE.saturating_sub(ct).max(1);
    let (duty, tenths) = if full { (value.share(duty_bp, WHOLE), 10) } else { (Amount::ZERO, 7) };
    let base = value.add(duty);
    Taxes {
        duty,
        vat: base.share(vat * tenths, without_ct * 10),
        ct: base.share(ct * tenths, without_ct * 10),
    }
}

fn head(bill: &Bill, case: &ListCase, guid: String, at: Timestamp) -> Values {
    vec![
        ("guid", guid),
        ("returnTime", china_time::millis17(at)),
        ("invtNo", case.numbers.invt_no.clone().unwrap_or_default()),
        ("taxNo", bill.tax_no.clone()),
    ]
}

/// CEB816.
pub(crate) fn bill_answer(bill: &Bill, case: &ListCase, guid: String, at: Timestamp) -> Answer {
    let doc = &case.doc;
    let mut values = head(bill, case, guid, at);
    values.extend(taxes(bill.taxes));
    values.push(("status", bill.status.to_string()));
    let copied = ["assureCode", "ebcCode", "logisticsCode", "agentCode", "customsCode"];
    values.extend(copied.map(|name| (name, doc.text(name).to_owned())));
    let line = |((value, of_line), line): (&(Amount, Taxes), &Fields)| {
        let mut values = vec![
            ("gnum", line.text("gnum").to_owned()),
            ("gcode", line.text("gcode").to_owned()),
            ("taxPrice", value.to_string()),
        ];
        values.extend(taxes(*of_line));
        values
    };
    let lines = bill.lines.iter().zip(&doc.lines).map(line).collect();
    tax_answer(AnswerKind::TaxBill, bill, case, at, (values, lines))
}

/// CEB818.
pub(crate) fn status_answer(bill: &Bill, case: &ListCase, guid: String, at: Timestamp) -> Answer {
    let mut values = head(bill, case, guid, at);
    values.push(("status", bill.status.to_string()));
    values.extend(bill.ent_duty_no.clone().map(|number| ("entDutyNo", number)));
    values.push(("assureCode", case.doc.text("assureCode").to_owned()));
    tax_answer(AnswerKind::TaxStatus, bill, case, at, (values, Vec::new()))
}

fn tax_answer(
    kind: AnswerKind,
    bill: &Bill,
    case: &ListCase,
    at: Timestamp,
    (head, lines): (Values, Vec<Values>),
) -> Answer {
    let info = format!("{} {}", bill.tax_no, bill.taxes.total());
    Answer { kind, key: case.doc.key().to_owned(), at, status: bill.status, info, head, lines }
}

fn taxes(taxes: Taxes) -> [(&'static str, String); 3] {
    [
        ("customsTax", taxes.duty.to_string()),
        ("valueAddedTax", taxes.vat.to_string()),
        ("consumptionTax", taxes.ct.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taxes_of(fen: i64, vat_bp: u16, ct_bp: u16, full: bool) -> Taxes {
        let rates = TaxRates { duty_bp: 1000, vat_bp, ct_bp };
        of_line(Amount::from_fen(fen), rates, full).each(Amount::to_fen_half_up)
    }

    #[test]
    fn seventy_percent_with_consumption_tax_in_its_own_base() {
        let fen = Amount::from_fen;
        assert_eq!(taxes_of(10_000, 1300, 0, false).total(), fen(910));
        assert_eq!(taxes_of(10_000, 900, 0, false).total(), fen(630));
        let both = taxes_of(10_000, 1300, 1500, false);
        assert_eq!((both.ct, both.vat, both.duty), (fen(1235), fen(1071), Amount::ZERO));
        let both = taxes_of(19_990, 1300, 1500, false);
        assert_eq!((both.ct, both.vat), (fen(2469), fen(2140)));
    }

    #[test]
    fn above_the_single_limit_duty_comes_in_and_all_is_due_in_full() {
        let taxes = taxes_of(1_000_000, 1300, 0, true);
        assert_eq!((taxes.duty, taxes.vat), (Amount::from_fen(100_000), Amount::from_fen(143_000)));
    }
}
