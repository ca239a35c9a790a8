//! The working of a line's tax, written out step by step for a person who wants to follow it.

use super::{Fraction, LineTax, exact_taxes};
use crate::limits::Regime;
use crate::reason::Lang;

/// One step of the working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is computed.
    pub what: Computed,
    /// How: the numbers that go in.
    pub how: String,
    /// What comes out, in CNY; taxes with seven decimals before and two after rounding.
    pub value: String,
}

/// What a step computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Computed {
    /// Goods, freight and insurance.
    Dutiable,
    /// Import duty.
    Duty,
    /// Consumption tax to pay.
    Consumption,
    /// VAT to pay.
    Vat,
    /// All of them, rounded.
    Total,
}

impl Computed {
    /// Its name.
    #[must_use]
    pub const fn text(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Dutiable, Lang::Zh) => "完税价格",
            (Self::Dutiable, Lang::En) => "dutiable value",
            (Self::Duty, Lang::Zh) => "关税",
            (Self::Duty, Lang::En) => "duty",
            (Self::Consumption, Lang::Zh) => "应征消费税",
            (Self::Consumption, Lang::En) => "consumption tax levied",
            (Self::Vat, Lang::Zh) => "应征增值税",
            (Self::Vat, Lang::En) => "VAT levied",
            (Self::Total, Lang::Zh) => "税款合计",
            (Self::Total, Lang::En) => "tax in all",
        }
    }
}

impl LineTax {
    /// The working, step by step; only what applies is listed.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let w = &self.working;
        let step = |what, how, value| Step { what, how, value };
        let parts = format!("{} + {} + {}", w.goods, w.freight, w.insurance);
        let mut steps = vec![step(Computed::Dutiable, parts, self.dutiable.to_string())];
        let Some([duty, consumption, vat]) = exact_taxes(self.dutiable, w) else { return steps };
        let price = self.dutiable;
        if w.regime == Regime::FullTax {
            steps.push(step(Computed::Duty, format!("{price} × {}", w.duty_rate), both(duty, self.duty)));
        }
        let (share, unit) = w.consumption.parts();
        let base = if w.regime == Regime::FullTax {
            format!("({price} + {})", cny(duty))
        } else {
            price.to_string()
        };
        let specific = format!("{} × {unit}", w.specific_qty);
        let how = match (share.ppm() > 0, unit.milli_fen() > 0) {
            (false, false) => None,
            (true, false) => Some(format!("{base} ÷ (1 − {share}) × {share}")),
            (false, true) => Some(specific),
            (true, true) => Some(format!("({base} + {specific}) ÷ (1 − {share}) × {share} + {specific}")),
        };
        let consumes = how.is_some();
        if let Some(how) = how {
            let how = format!("({how}) × {}", w.levied);
            steps.push(step(Computed::Consumption, how, both(consumption, self.consumption)));
        }
        let whole = if consumes { format!("({base} + {} ÷ {})", cny(consumption), w.levied) } else { base };
        let how = format!("{whole} × {} × {}", w.vat_rate, w.levied);
        steps.push(step(Computed::Vat, how, both(vat, self.vat)));
        let how = format!("{} + {} + {}", self.duty, self.consumption, self.vat);
        let total = crate::Money::checked_sum([self.duty, self.consumption, self.vat]).unwrap_or_default();
        steps.push(step(Computed::Total, how, total.to_string()));
        steps
    }
}

fn both(exact: Fraction, rounded: crate::Money) -> String {
    format!("{} ≈ {rounded}", cny(exact))
}

/// In CNY with seven decimals, zeros at the end left out but for two.
fn cny(exact: Fraction) -> String {
    let Some((fen, rest)) = exact.decimals() else { return "–".to_owned() };
    let text = format!("{}.{:02}{rest:05}", fen / 100, fen % 100);
    let keep = text.find('.').map_or(text.len(), |dot| dot + 3);
    let trimmed = text.trim_end_matches('0');
    text.get(..trimmed.len().max(keep)).unwrap_or(&text).to_owned()
}
