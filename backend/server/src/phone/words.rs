//! Times and amounts as shoppers read them.

use jiff::Timestamp;
use pickup_domain::Money;

use crate::web::Lang;

/// A day and time in China, without the year: `11月28日18:30` or `28 Nov, 18:30`.
#[must_use]
pub fn day_and_time(at: Timestamp, lang: Lang) -> String {
    let at = pickup_domain::china_time::civil(at);
    match lang {
        Lang::Zh => format!("{}月{}日{:02}:{:02}", at.month(), at.day(), at.hour(), at.minute()),
        Lang::En => {
            format!("{} {}, {:02}:{:02}", at.day(), month(at.month()), at.hour(), at.minute())
        }
    }
}

/// `¥1234.50`.
#[must_use]
pub fn yuan(amount: Money) -> String {
    format!("¥{amount}")
}

const fn month(number: i8) -> &'static str {
    match number {
        1 => "Jan",
        2 => "Feb",
        3 => "Mar",
        4 => "Apr",
        5 => "May",
        6 => "Jun",
        7 => "Jul",
        8 => "Aug",
        9 => "Sep",
        10 => "Oct",
        11 => "Nov",
        _ => "Dec",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_that_of_china() {
        let at: Timestamp = "2026-11-28T10:05:00Z".parse().unwrap();
        assert_eq!(day_and_time(at, Lang::Zh), "11月28日18:05");
        assert_eq!(day_and_time(at, Lang::En), "28 Nov, 18:05");
        assert_eq!(yuan(Money::from_fen(123_450)), "¥1234.50");
    }
}
