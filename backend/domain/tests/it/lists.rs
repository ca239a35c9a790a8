//! Dated lists against a walk through all entries, and remarks of any kind.

use jiff::civil::{Date, date};
use pickup_domain::lists::{Permitted, PermittedList, Prohibited, ProhibitedList, remarks};
use proptest::prelude::*;

/// A line of one of a few codes, in force for some days of one month.
fn line() -> impl Strategy<Value = Permitted> {
    (0..4_u8, 1..=28_i8, prop::option::of(1..=28_i8)).prop_map(|(code, from, until)| {
        let (line, _) = Permitted::with_remark(&format!("2208300{code}"), "", "", date(2026, 5, from), "D");
        Permitted { until: until.map(|until| date(2026, 5, until)), ..line }
    })
}

fn covers(line: &Permitted, day: Date) -> bool {
    line.from <= day && line.until.is_none_or(|until| day <= until)
}

fn days() -> impl Iterator<Item = Date> {
    (1..=31).map(|day| date(2026, 5, day))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn a_list_loads_when_no_day_has_two_lines_and_then_finds_what_a_walk_finds(
        lines in prop::collection::vec(line(), 0..6),
    ) {
        let codes: Vec<String> = (0..4).map(|code| format!("2208300{code}")).collect();
        let walk = |code: &str, day| {
            lines.iter().filter(|line| line.hs8 == code && covers(line, day)).collect::<Vec<_>>()
        };
        let backwards = lines.iter().any(|line| line.until.is_some_and(|until| until < line.from));
        let twice = codes.iter().any(|code| days().any(|day| walk(code, day).len() > 1));
        match PermittedList::load(lines.clone()) {
            Err(errors) => {
                prop_assert!(backwards || twice, "refused without a cause: {errors:?}");
                prop_assert!(errors.iter().all(|e| (1..=lines.len()).contains(&e.position)));
            }
            Ok(list) => {
                prop_assert!(!backwards && !twice, "taken although it is wrong");
                for code in &codes {
                    for day in days() {
                        prop_assert_eq!(list.line(code, day), walk(code, day).first().copied());
                    }
                }
            }
        }
    }

    #[test]
    fn the_longest_beginning_is_what_a_walk_finds(
        prefixes in prop::collection::btree_set("(22|2208|220830|22083000|2208300010|33|3304)", 0..6),
    ) {
        let entry = |prefix: &String| Prohibited {
            hs_prefix: prefix.clone(),
            name: String::new(),
            from: date(2026, 5, 1),
            until: None,
            document: "D".into(),
        };
        let list = ProhibitedList::load(prefixes.iter().map(entry).collect()).unwrap();
        for code in ["2208300010", "2208300090", "3304990029", "9900000000"] {
            let walk = prefixes.iter().filter(|p| code.starts_with(p.as_str())).max_by_key(|p| p.len());
            let found = list.by_prefix(0, code, date(2026, 5, 9)).map(|e| &e.hs_prefix);
            prop_assert_eq!(found, walk);
        }
    }

    #[test]
    fn any_text_is_a_remark_and_no_clause_of_it_is_lost(text in "\\PC*") {
        let found = remarks::parse(&text);
        let understood = found.bonded_only
            || found.needs_registration
            || found.per_order_max.is_some()
            || found.per_year_max.is_some()
            || !found.excepted.is_empty();
        let says_something = text.chars().any(char::is_alphabetic);
        prop_assert!(!says_something || understood || !found.not_understood.is_empty());
    }

    #[test]
    fn clauses_in_any_sequence_say_the_same(
        clauses in Just(vec!["仅限网购保税商品", "每单限购3件", "每人每年不超过10件", "须注册", "列入《甲》的商品除外"])
            .prop_shuffle(),
        between in prop::sample::select(vec!["；", ";", "。", "\n", "，"]),
    ) {
        let found = remarks::parse(&clauses.join(between));
        prop_assert_eq!((found.per_order_max, found.per_year_max), (Some(3), Some(10)));
        prop_assert!(found.bonded_only && found.needs_registration && found.excepted == ["甲"]);
        prop_assert!(found.not_understood.is_empty());
    }
}
