//! Amounts as a shopper reads them.

/// An amount in fen as yuan with two decimals and thousands apart, e.g. `26,000.00`.
pub fn yuan(fen: i64) -> String {
    let magnitude = fen.unsigned_abs();
    let digits = (magnitude / 100).to_string();
    let mut out = String::with_capacity(digits.len() + 8);
    if fen < 0 {
        out.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(&format!(".{:02}", magnitude % 100));
    out
}

/// `part` of `whole` in thousandths, kept between 0 and 1000.
pub(crate) fn share(part: i64, whole: i64) -> i32 {
    if whole <= 0 {
        return 0;
    }
    let thousandths = i128::from(part) * 1000 / i128::from(whole);
    i32::try_from(thousandths.clamp(0, 1000)).unwrap_or(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_kept_apart_and_fen_have_two_places() {
        assert_eq!(yuan(0), "0.00");
        assert_eq!(yuan(5), "0.05");
        assert_eq!(yuan(99_999), "999.99");
        assert_eq!(yuan(100_000), "1,000.00");
        assert_eq!(yuan(2_600_000), "26,000.00");
        assert_eq!(yuan(-123_456_789), "-1,234,567.89");
        assert_eq!(yuan(i64::MIN), "-92,233,720,368,547,758.08");
    }

    #[test]
    fn a_share_never_leaves_the_bar() {
        assert_eq!(share(1_300_000, 2_600_000), 500);
        assert_eq!(share(i64::MAX, 1), 1000);
        assert_eq!(share(-5, 100), 0);
        assert_eq!(share(5, 0), 0);
    }
}
