//! The remark column of the permitted list turned into columns. What is not understood is handed back, so that a
//! person reads it before the list goes into force.

/// What a remark says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// 仅限网购保税.
    pub bonded_only: bool,
    /// Most pieces in one order.
    pub per_order_max: Option<i64>,
    /// Most pieces for one person in a calendar year.
    pub per_year_max: Option<i64>,
    /// The goods must be registered.
    pub needs_registration: bool,
    /// Catalogues whose goods are excepted.
    pub excepted: Vec<String>,
    /// Clauses that were not understood, as they stand.
    pub not_understood: Vec<String>,
}

/// Reads a remark. Of two maxima for the same the smaller counts.
#[must_use]
pub fn parse(remark: &str) -> Remarks {
    let mut found = Remarks::default();
    for clause in remark.split(['；', ';', '。', '\n', '\r']) {
        let clause = unnumbered(&plain(clause)).to_owned();
        if clause.is_empty() || found.take(&clause) {
            continue;
        }
        for part in clause.split(['，', ',']).filter(|part| !part.is_empty()) {
            if !found.take(part) {
                found.not_understood.push(part.to_owned());
            }
        }
    }
    found
}

impl Remarks {
    /// Takes one clause; `false` when it is not understood.
    fn take(&mut self, clause: &str) -> bool {
        if matches!(clause, "仅限网购保税" | "仅限网购保税商品" | "仅限网购保税进口" | "仅限网购保税进口商品")
        {
            self.bonded_only = true;
        } else if let Some(catalogues) = excepted(clause) {
            self.excepted.extend(catalogues);
        } else if let Some(most) = maximum(clause, &["每人每年", "每人每自然年", "个人年度", "年度", "每年"])
        {
            self.per_year_max = Some(self.per_year_max.map_or(most, |known| known.min(most)));
        } else if let Some(most) = maximum(
            clause,
            &["每单", "每笔订单", "每个订单", "单次", "每次", "单次交易", "每人每次", "每人每单"],
        ) {
            self.per_order_max = Some(self.per_order_max.map_or(most, |known| known.min(most)));
        } else if registration(clause) {
            self.needs_registration = true;
        } else {
            return false;
        }
        true
    }
}

/// Without blanks, and with digits and colons of one form.
fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '０'..='９' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
        _ => c,
    };
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{3000}').map(narrow).collect()
}

/// Without `1.`, `2、` or `（3）` in front.
fn unnumbered(clause: &str) -> &str {
    let bare = clause.trim_start_matches(['（', '(']);
    let after = bare.trim_start_matches(|c: char| c.is_ascii_digit());
    let ends = |c: char| matches!(c, '.' | '、' | '）' | ')' | '．');
    if after.len() < bare.len() { after.strip_prefix(ends).unwrap_or(clause) } else { clause }
}

/// 列入《甲》、《乙》的商品除外: the names between the brackets.
fn excepted(clause: &str) -> Option<Vec<String>> {
    let mut rest = clause.strip_prefix("列入").unwrap_or(clause);
    let mut names = Vec::new();
    loop {
        let (name, after) = rest.strip_prefix('《')?.split_once('》')?;
        names.push(name.to_owned());
        rest = after;
        match ["、", "和", "及", "或"].iter().find_map(|and| rest.strip_prefix(and)) {
            Some(next) => rest = next,
            None => break,
        }
    }
    matches!(
        rest,
        "除外" | "的除外" | "商品除外" | "的商品除外" | "的物品除外" | "所列商品除外" | "内商品除外"
    )
    .then_some(names)
}

/// 每单限购2件: a number of pieces after one of `who`.
fn maximum(clause: &str, who: &[&str]) -> Option<i64> {
    // 单次 stands in front of 单次交易: every beginning is tried.
    who.iter().find_map(|who| {
        let rest = clause.strip_prefix(who)?;
        let limits =
            ["限购数量为", "限购", "限量", "不超过", "不得超过", "最多购买", "最多", "限", "累计不超过"];
        limits.iter().find_map(|limit| pieces(rest.strip_prefix(limit)?))
    })
}

fn pieces(text: &str) -> Option<i64> {
    let text = text.strip_suffix("以内").or_else(|| text.strip_suffix("（含）")).unwrap_or(text);
    let unit = text.chars().last().filter(|c| "件个瓶盒罐支只台套双条袋包块张部".contains(*c))?;
    number(text.strip_suffix(unit)?).filter(|n| *n > 0)
}

/// `12`, 二, 十二 or 二十.
fn number(text: &str) -> Option<i64> {
    if !text.is_empty() && text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    let digit = |text: &str| -> Option<i64> {
        let mut chars = text.chars();
        let value = match chars.next()? {
            '一' => 1,
            '二' | '两' => 2,
            '三' => 3,
            '四' => 4,
            '五' => 5,
            '六' => 6,
            '七' => 7,
            '八' => 8,
            '九' => 9,
            _ => return None,
        };
        chars.next().is_none().then_some(value)
    };
    match text.split_once('十') {
        None => digit(text),
        Some((tens, ones)) => {
            let tens = if tens.is_empty() { 1 } else { digit(tens)? };
            Some(tens * 10 + if ones.is_empty() { 0 } else { digit(ones)? })
        }
    }
}

/// 须注册, 需办理备案, 须经注册或备案: nothing but the demand itself.
fn registration(clause: &str) -> bool {
    let Some(rest) =
        ["需要", "须经", "需经", "应当", "须", "需", "应"].iter().find_map(|must| clause.strip_prefix(must))
    else {
        return false;
    };
    let rest = ["依法办理", "依法取得", "办理", "取得", "完成", "依法", "提供"]
        .iter()
        .find_map(|verb| rest.strip_prefix(verb))
        .unwrap_or(rest);
    let rest = rest.strip_suffix("手续").unwrap_or(rest);
    matches!(
        rest,
        "注册" | "备案" | "注册或备案" | "注册或者备案" | "注册备案" | "注册证书" | "注册证" | "备案凭证"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_remarks_become_columns() {
        let found = parse(
            "1.仅限网购保税商品；2. 列入《进出口野生动植物种商品目录》的商品除外；３、每单限购2件，每人每年不超过十二件。须注册或备案",
        );
        assert_eq!(
            found,
            Remarks {
                bonded_only: true,
                per_order_max: Some(2),
                per_year_max: Some(12),
                needs_registration: true,
                excepted: vec!["进出口野生动植物种商品目录".into()],
                not_understood: Vec::new(),
            }
        );
    }

    #[test]
    fn what_is_not_understood_is_handed_back_and_changes_nothing() {
        for odd in [
            "无需注册",
            "每人每年不超过20千克",
            "须注册的除外",
            "仅限网购保税除外",
            "每单限购0件",
            "酒精含量不超过5个",
        ] {
            let found = parse(odd);
            assert_eq!(found, Remarks { not_understood: vec![odd.into()], ..Remarks::default() }, "{odd}");
        }
        assert_eq!(parse(" \n；。"), Remarks::default());
    }

    #[test]
    fn of_two_maxima_the_smaller_counts() {
        assert_eq!(parse("每单限购5件；单次交易不超过3件；每次限4瓶").per_order_max, Some(3));
    }

    #[test]
    fn several_catalogues_may_be_excepted_at_once() {
        assert_eq!(parse("列入《甲目录》和《乙目录》的除外").excepted, ["甲目录", "乙目录"]);
        assert_eq!(parse("列入《甲目录》商品除外").excepted, ["甲目录"]);
    }

    #[test]
    fn numbers_are_read_in_both_scripts() {
        for (text, value) in [("12", 12), ("两", 2), ("十", 10), ("十五", 15), ("二十", 20), ("九十九", 99)]
        {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for bad in ["", "百", "二三", "1234567", "十十"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }
}
