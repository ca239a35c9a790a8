//! The exact tax of a line as fractions of a fen, and the rounding of their sums.

use std::cmp::Ordering;

use super::Working;
use crate::{Money, Rate};

/// An exact amount of fen that is not negative: `num / den`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    num: i128,
    den: i128,
}

/// 10^-8 fen: the product of a quantity's and a unit rate's smallest parts, so that a specific tax is exact.
const FINE: i128 = 100_000_000;
const WHOLE: i128 = Rate::WHOLE as i128;

impl Fraction {
    /// `num / den`; `None` when negative or over nothing.
    #[must_use]
    pub const fn new(num: i128, den: i128) -> Option<Self> {
        if num < 0 || den <= 0 { None } else { Some(Self { num, den }) }
    }

    /// Rounded half-up to the fen; `None` when too large.
    #[must_use]
    pub fn half_up(self) -> Option<Money> {
        let (whole, rest) = (self.num / self.den, self.num % self.den);
        // "At least half", said without doubling, which could overflow.
        let up = i128::from(rest >= self.den - rest);
        i64::try_from(whole.checked_add(up)?).ok().map(Money::from_fen)
    }

    /// Whole fen and, rounded down, the hundred-thousandths after them; for people.
    #[must_use]
    pub fn decimals(self) -> Option<(i64, i64)> {
        let rest = (self.num % self.den).checked_mul(100_000)? / self.den;
        Some((i64::try_from(self.num / self.den).ok()?, i64::try_from(rest).ok()?))
    }

    const fn floor(self) -> i128 {
        self.num / self.den
    }

    /// What is left above the whole fen, in lowest terms.
    fn remainder(self) -> Self {
        Self { num: self.num % self.den, den: self.den }.reduced()
    }

    fn reduced(self) -> Self {
        let (mut a, mut b) = (self.num, self.den);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        if a <= 1 { self } else { Self { num: self.num / a, den: self.den / a } }
    }

    fn checked_add(self, other: Self) -> Option<Self> {
        if self.den == other.den {
            return Some(Self { num: self.num.checked_add(other.num)?, den: self.den });
        }
        let common = Self { num: self.den, den: other.den }.reduced();
        // self.den · common.den is the lowest common denominator.
        let num = self.num.checked_mul(common.den)?.checked_add(other.num.checked_mul(common.num)?)?;
        Some(Self { num, den: self.den.checked_mul(common.den)? })
    }

    /// Compares two fractions exactly by their continued fractions, which no product can overflow.
    fn compare(self, other: Self) -> Ordering {
        let (mut a, mut b) = (self, other);
        let mut sign = Ordering::Equal;
        loop {
            let whole = a.floor().cmp(&b.floor());
            let (rest_a, rest_b) = (a.num % a.den, b.num % b.den);
            let decided = if whole != Ordering::Equal {
                Some(whole)
            } else if rest_a == 0 || rest_b == 0 {
                Some(rest_a.cmp(&rest_b))
            } else {
                None
            };
            if let Some(decided) = decided {
                return if sign == Ordering::Less { decided.reverse() } else { decided };
            }
            // The larger remainder has the smaller reciprocal.
            (a, b) = (Self { num: a.den, den: rest_a }, Self { num: b.den, den: rest_b });
            sign = if sign == Ordering::Less { Ordering::Equal } else { Ordering::Less };
        }
    }
}

/// Duty, consumption tax and VAT to pay on a line, before rounding; `None` for amounts out of range.
pub fn exact_taxes(dutiable: Money, working: &Working) -> Option<[Fraction; 3]> {
    let (share, unit) = working.consumption.parts();
    let levied = i128::from(working.levied.ppm());
    let price = i128::from(dutiable.fen()).checked_mul(FINE)?;
    // Exact, since FINE is a multiple of WHOLE.
    let duty = price.checked_mul(i128::from(working.duty_rate.ppm()))? / WHOLE;
    let specific = i128::from(working.specific_qty.parts()).checked_mul(i128::from(unit.milli_fen()))?;
    let share_ppm = i128::from(share.ppm());
    // Consumption tax as a fraction over `rest`: (P + duty + specific)·c/(1−c) + specific.
    let rest = WHOLE.checked_sub(share_ppm).filter(|rest| *rest > 0)?;
    let base = price.checked_add(duty)?;
    let consumption =
        base.checked_add(specific)?.checked_mul(share_ppm)?.checked_add(specific.checked_mul(rest)?)?;
    let vat_base = base.checked_mul(rest)?.checked_add(consumption)?;
    let vat = vat_base.checked_mul(i128::from(working.vat_rate.ppm()))?.checked_mul(levied)?;
    let per_rate = rest.checked_mul(WHOLE)?.checked_mul(FINE)?;
    Some([
        Fraction::new(duty, FINE)?,
        Fraction::new(consumption.checked_mul(levied)?, per_rate)?,
        Fraction::new(vat, per_rate.checked_mul(WHOLE)?)?,
    ])
}

/// The sum rounded half-up once, and each part's share of it: rounded down, and what that leaves over goes to the
/// largest remainders, the earlier first.
pub fn round_sum(parts: &[Fraction]) -> Option<Vec<Money>> {
    let mut shares: Vec<i128> = parts.iter().map(|part| part.floor()).collect();
    let rests: Vec<Fraction> = parts.iter().map(|part| part.remainder()).collect();
    let zero = Fraction { num: 0, den: 1 };
    let exact = rests.iter().try_fold(zero, |sum, part| sum.checked_add(*part));
    let rest = match exact {
        Some(rest) => rest,
        None => fine_sum(&rests)?,
    };
    let left = usize::try_from(rest.half_up()?.fen()).ok()?;
    let mut largest: Vec<(usize, &Fraction)> = rests.iter().enumerate().collect();
    largest.sort_by(|(i, a), (j, b)| b.compare(**a).then(i.cmp(j)));
    for (i, _) in largest.into_iter().take(left) {
        *shares.get_mut(i)? += 1;
    }
    shares.into_iter().map(|share| i64::try_from(share).ok().map(Money::from_fen)).collect()
}

/// The sum to a billionth of a fen, for parts whose common denominator is too large: many lines, each with a consumption
/// tax rate of its own that is no round number. No tariff has such rates; the sum must not fail all the same.
fn fine_sum(parts: &[Fraction]) -> Option<Fraction> {
    const FINER: i128 = 1_000_000_000;
    let fine = |part: &Fraction| Some(part.num.checked_mul(FINER)?.checked_add(part.den / 2)? / part.den);
    let num = parts.iter().try_fold(0_i128, |sum, part| sum.checked_add(fine(part)?))?;
    Fraction::new(num, FINER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fraction(num: i128, den: i128) -> Fraction {
        Fraction::new(num, den).unwrap()
    }

    #[test]
    fn half_a_fen_rounds_up() {
        assert_eq!(fraction(5, 10).half_up(), Some(Money::from_fen(1)));
        assert_eq!(fraction(4, 10).half_up(), Some(Money::ZERO));
        assert_eq!(fraction(1, 3).half_up(), Some(Money::ZERO));
        assert_eq!(fraction(2, 3).half_up(), Some(Money::from_fen(1)));
    }

    #[test]
    fn fractions_compare_exactly() {
        for (a, b) in
            [((1, 3), (2, 6)), ((1, 3), (333_333_333, 1_000_000_000)), ((7, 2), (3, 1)), ((0, 5), (1, 9))]
        {
            let expected = (a.0 * b.1).cmp(&(b.0 * a.1));
            assert_eq!(fraction(a.0, a.1).compare(fraction(b.0, b.1)), expected, "{a:?} {b:?}");
            assert_eq!(fraction(b.0, b.1).compare(fraction(a.0, a.1)), expected.reverse());
        }
    }

    #[test]
    fn many_odd_denominators_are_summed_all_the_same() {
        let odd = |den: i128| fraction(den / 3, den);
        let parts: Vec<Fraction> = [999_983, 999_979, 999_961, 999_959, 999_953, 999_931, 999_917, 999_907]
            .map(|prime: i128| odd(prime * 100_000_000_000_000))
            .to_vec();
        let fens: i64 = round_sum(&parts).unwrap().iter().map(|money| money.fen()).sum();
        assert_eq!(fens, 3, "eight thirds");
    }

    #[test]
    fn a_sum_is_rounded_once_and_the_largest_remainder_gets_the_fen() {
        let fens =
            |parts: &[Fraction]| round_sum(parts).map(|all| all.iter().map(|m| m.fen()).collect::<Vec<_>>());
        assert_eq!(fens(&[fraction(4, 10), fraction(4, 10)]), Some(vec![1, 0]));
        assert_eq!(fens(&[fraction(14, 10), fraction(26, 10), fraction(1, 3)]), Some(vec![1, 3, 0]));
        assert_eq!(fens(&[fraction(1, 3), fraction(2, 13)]), Some(vec![0, 0]));
    }
}
