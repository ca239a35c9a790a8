//! The tables of the reports that more than one page has, or that belong to a page with much else in it.

use pickup_domain::{Money, Quantity};

use super::{Cell, Column, Table};
use crate::clearing::tax_bills::Due;
use crate::console::words;
use crate::reconcile::Sheet;
use crate::stock::take::Line;
use crate::web::Visit;

fn column(p: &Visit, key: &'static str, zh: &'static str, en: &'static str) -> Column {
    Column { key, title: p.t(zh, en) }
}

/// The tax calendar.
#[must_use]
pub fn taxes(p: &Visit, taxes: &[Due]) -> Table {
    let row = |due: &Due| {
        vec![
            Cell::Day(due.released),
            Cell::Day(due.from),
            Cell::Day(due.until),
            Cell::Whole(due.declarations),
            Cell::Money(Money::from_fen(due.computed_fen)),
            Cell::Whole(due.billed),
            Cell::Money(Money::from_fen(due.billed_fen)),
            Cell::Whole(due.paid),
        ]
    };
    Table {
        name: p.t("税款日历", "Tax calendar"),
        columns: vec![
            column(p, "released", "放行日", "Released"),
            column(p, "pay_from", "缴款起", "Pay from"),
            column(p, "pay_until", "缴款止", "Pay until"),
            column(p, "declarations", "清单", "Lists"),
            column(p, "computed_cny", "我方税额（元）", "Our tax, CNY"),
            column(p, "billed", "税单", "Bills"),
            column(p, "billed_cny", "海关税额（元）", "Customs' tax, CNY"),
            column(p, "paid", "已缴税单", "Bills paid"),
        ],
        rows: taxes.iter().map(row).collect(),
    }
}

/// Balances of book lines: key with what entered, is held and has gone out, in parts; article number and name.
#[must_use]
pub fn balances(p: &Visit, lines: impl Iterator<Item = ((String, i64, i64, i64), String, String)>) -> Table {
    let row = |((key, entered, held, out), sku, name): ((String, i64, i64, i64), String, String)| {
        let on_hand = entered.saturating_sub(held).saturating_sub(out);
        let quantities =
            [entered, on_hand, held, out].map(|parts| Cell::Quantity(Quantity::from_parts(parts)));
        [Cell::Text(key), Cell::Text(sku), Cell::Text(name)].into_iter().chain(quantities).collect()
    };
    Table {
        name: p.t("账册行", "Book lines"),
        columns: vec![
            column(p, "line", "账册/备案序号", "Book/record"),
            column(p, "sku", "货号", "Article"),
            column(p, "name", "名称", "Name"),
            column(p, "entered", "入区", "Entered"),
            column(p, "on_hand", "现存", "On hand"),
            column(p, "held", "占用", "Held"),
            column(p, "out", "出区", "Gone out"),
        ],
        rows: lines.map(row).collect(),
    }
}

/// What a stocktake found, with article number and name of each line.
#[must_use]
pub fn variances(p: &Visit, lines: impl Iterator<Item = (Line, String, String)>) -> Table {
    let or_empty = |quantity: Option<Quantity>| quantity.map_or(Cell::Empty, Cell::Quantity);
    let row = |(line, sku, name): (Line, String, String)| {
        vec![
            Cell::Text(line.key.clone()),
            Cell::Text(sku),
            Cell::Text(name),
            or_empty(line.counted),
            or_empty(line.last_book),
            or_empty(line.variance()),
            line.counted_by.map_or(Cell::Empty, Cell::Text),
            line.counted_us.map_or(Cell::Empty, Cell::Moment),
            Cell::Whole(line.round),
        ]
    };
    Table {
        name: p.t("盘点差异", "Variances"),
        columns: vec![
            column(p, "line", "账册/备案序号", "Book/record"),
            column(p, "sku", "货号", "Article"),
            column(p, "name", "名称", "Name"),
            column(p, "counted", "盘点", "Counted"),
            column(p, "book", "当时账面", "In the book then"),
            column(p, "variance", "差异", "Variance"),
            column(p, "counted_by", "盘点人", "By"),
            column(p, "counted_at", "盘点时间", "When"),
            column(p, "round", "轮次", "Round"),
        ],
        rows: lines.map(row).collect(),
    }
}

/// Book lines over a reconciled day.
#[must_use]
pub fn moved(p: &Visit, sheet: &Sheet) -> Table {
    let row = |line: &crate::reconcile::sheet::Line| {
        let quantities = [
            line.opening.inside(),
            line.entries,
            line.out,
            line.back,
            line.closing.inside(),
            line.closing.held,
        ];
        let first = [Cell::Day(sheet.day), Cell::Text(line.key.clone())];
        first.into_iter().chain(quantities.map(Cell::Quantity)).collect()
    };
    Table {
        name: p.t("账册逐行", "Book lines"),
        columns: vec![
            column(p, "day", "日期", "Day"),
            column(p, "line", "账册/备案序号", "Book/record"),
            column(p, "opening", "期初在区", "Opening"),
            column(p, "entries", "入区与更正", "Entries"),
            column(p, "out", "出区", "Out"),
            column(p, "back", "退回", "Back"),
            column(p, "closing", "期末在区", "Closing"),
            column(p, "held", "其中占用", "Of it held"),
        ],
        rows: sheet.lines.iter().map(row).collect(),
    }
}

/// What happened on a reconciled day, by the trail and by the tables.
#[must_use]
pub fn counted(p: &Visit, sheet: &Sheet) -> Table {
    let row = |count: &crate::reconcile::sheet::Count| {
        vec![
            Cell::Text(words::counted(p.lang, count.what).to_owned()),
            Cell::Whole(count.trail.count),
            Cell::Whole(count.tables.count),
            Cell::Money(Money::from_fen(count.trail.fen)),
            Cell::Money(Money::from_fen(count.tables.fen)),
        ]
    };
    Table {
        name: p.t("当日业务", "What happened"),
        columns: vec![
            column(p, "what", "项目", "What"),
            column(p, "trail", "流水", "Trail"),
            column(p, "tables", "数据", "Tables"),
            column(p, "trail_cny", "流水（元）", "Trail, CNY"),
            column(p, "tables_cny", "数据（元）", "Tables, CNY"),
        ],
        rows: sheet.counts.iter().map(row).collect(),
    }
}
