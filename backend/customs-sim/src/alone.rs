//! What the E-Port checks of one document by itself: totals, filling rules of 1210, identity number, single limit.

use pickup_domain::IdNumber;

use crate::amount::Amount;
use crate::reading::{Doc, Fields};
use crate::refusal::{Refusal, ensure};
use crate::table::Kind;

/// Limit of one purchase: 5,000.00 CNY (财关税〔2018〕49号).
pub(crate) const SINGLE_LIMIT: Amount = Amount::from_fen(500_000);
const CHINA: &str = "142";
const CNY: &str = "142";

/// Checks a document.
pub(crate) fn check(doc: &Doc) -> Result<(), Refusal> {
    match doc.kind {
        Kind::Order => order(doc),
        Kind::Payment => payment(doc),
        Kind::Waybill => waybill(doc),
        Kind::WaybillStatus => waybill_status(doc),
        Kind::List => list(doc),
        Kind::Cancel => application(doc),
        Kind::Refund => application(doc).and_then(|()| refund_lines(doc)),
    }
}

/// "The content is wrong", in the words of the document's kind.
pub(crate) fn wrong(doc: &Doc, field: &str) -> Refusal {
    let checked = |code| Refusal::exception(code, format!("参数校验不通过，[{field}]"));
    match doc.kind {
        Kind::Order => checked(-301_008),
        Kind::Payment => checked(-401_009),
        Kind::Waybill => checked(-504_011),
        Kind::WaybillStatus => checked(-505_011),
        Kind::List => Refusal::exception(-621_001, format!("清单报文校验失败，[{}][{field}]", doc.key())),
        Kind::Cancel => Refusal::exception(-623_001, format!("报文校验失败，[{field}]")),
        Kind::Refund => Refusal::exception(-625_001, format!("退货申请单报文校验失败，[{field}]")),
    }
}

type Rule<'a> = (&'a str, bool);

fn hold(doc: &Doc, rules: &[Rule<'_>]) -> Result<(), Refusal> {
    rules.iter().try_for_each(|(field, holds)| ensure(*holds, || wrong(doc, field)))
}

fn is_person(number: &str) -> bool {
    number.parse::<IdNumber>().is_ok()
}

fn common(doc: &Doc) -> [Rule<'static>; 2] {
    [("appType", matches!(doc.text("appType"), "1" | "2" | "3")), ("appStatus", doc.text("appStatus") == "2")]
}

fn order(doc: &Doc) -> Result<(), Refusal> {
    hold(doc, &common(doc))?;
    hold(
        doc,
        &[
            ("orderType", doc.text("orderType") == "I"),
            ("currency", doc.text("currency") == CNY),
            ("buyerIdType", doc.text("buyerIdType") == "1"),
            ("buyerIdNumber", is_person(doc.text("buyerIdNumber"))),
        ],
    )?;
    let repeated = || Refusal::exception(-301_002, "订单商品信息内有重复商品序号");
    ensure(counts_from_one(&doc.lines), repeated)?;
    for line in &doc.lines {
        hold(
            doc,
            &[
                ("OrderList/currency", line.text("currency") == CNY),
                ("OrderList/qty", line.amount("qty") > Amount::ZERO),
                ("OrderList/totalPrice", line_total_fits(line)),
            ],
        )?;
    }
    let lines = Amount::sum(doc.lines.iter().map(|line| line.amount("totalPrice")));
    ensure(lines == Some(doc.amount("goodsValue")), || wrong(doc, "goodsValue"))?;
    let due = ["goodsValue", "freight", "taxTotal"].map(|name| doc.amount(name));
    let paid = Amount::sum(due.into_iter()).map(|sum| sum.sub(doc.amount("discount")));
    ensure(paid == Some(doc.amount("acturalPaid")), || wrong(doc, "acturalPaid"))
}

fn payment(doc: &Doc) -> Result<(), Refusal> {
    hold(doc, &common(doc))?;
    hold(
        doc,
        &[
            ("payerIdType", doc.text("payerIdType") == "1"),
            ("payerIdNumber", is_person(doc.text("payerIdNumber"))),
            ("currency", doc.text("currency") == CNY),
            ("amountPaid", doc.amount("amountPaid") > Amount::ZERO),
        ],
    )
}

fn waybill(doc: &Doc) -> Result<(), Refusal> {
    hold(doc, &common(doc))?;
    hold(
        doc,
        &[
            ("currency", doc.text("currency") == CNY),
            ("packNo", doc.text("packNo") == "1"),
            ("billNo", !doc.head.has("billNo")),
            ("weight", doc.amount("weight") > Amount::ZERO),
        ],
    )
}

fn waybill_status(doc: &Doc) -> Result<(), Refusal> {
    hold(doc, &common(doc))?;
    hold(doc, &[("logisticsStatus", doc.text("logisticsStatus") == "S")])
}

/// Filling rules of 1210, then the single limit.
fn list(doc: &Doc) -> Result<(), Refusal> {
    hold(doc, &common(doc))?;
    filling_rules(doc)?;
    ensure(counts_from_one(&doc.lines), || Refusal::exception(-621_027, "请确认表体gnum 无重复！"))?;
    for line in &doc.lines {
        hold(
            doc,
            &[
                ("InventoryList/itemRecordNo", line.has("itemRecordNo")),
                ("InventoryList/currency", line.text("currency") == CNY),
                (
                    "InventoryList/qty",
                    line.amount("qty") > Amount::ZERO && line.amount("qty1") > Amount::ZERO,
                ),
                ("InventoryList/qty2", line.has("qty2") == line.has("unit2")),
                ("InventoryList/totalPrice", line_total_fits(line)),
            ],
        )?;
    }
    single_limit(doc)
}

fn filling_rules(doc: &Doc) -> Result<(), Refusal> {
    let (net, gross) = (doc.amount("netWeight"), doc.amount("grossWeight"));
    hold(
        doc,
        &[
            ("copNo", doc.head.has("copNo")),
            ("ieFlag", doc.text("ieFlag") == "I"),
            ("tradeMode", doc.text("tradeMode") == "1210"),
            ("emsNo", doc.head.has("emsNo")),
            ("areaCode", doc.head.has("areaCode")),
            ("areaName", doc.head.has("areaName")),
            ("trafNo", !doc.head.has("trafNo")),
            ("voyageNo", !doc.head.has("voyageNo")),
            ("billNo", !doc.head.has("billNo")),
            ("packNo", doc.text("packNo") == "1"),
            ("country", doc.text("country") == CHINA),
            ("currency", doc.text("currency") == CNY),
            ("buyerIdType", doc.text("buyerIdType") == "1"),
            ("buyerIdNumber", is_person(doc.text("buyerIdNumber"))),
            ("netWeight", net > Amount::ZERO && net <= gross),
        ],
    )
}

/// What counts against the limits: price of the goods, freight and insurance.
pub(crate) fn limit_value(doc: &Doc) -> Option<Amount> {
    let goods = Amount::sum(doc.lines.iter().map(|line| line.amount("totalPrice")))?;
    goods.plus(doc.amount("freight"))?.plus(doc.amount("insuredFee"))
}

/// Over the single limit only an order of one single item may go on (财关税〔2018〕49号).
fn single_limit(doc: &Doc) -> Result<(), Refusal> {
    let value = limit_value(doc).ok_or_else(|| wrong(doc, "totalPrice"))?;
    let one = Amount::from_parts(Amount::SCALE);
    let one_item = matches!(doc.lines.as_slice(), [line] if line.amount("qty") == one);
    ensure(value <= SINGLE_LIMIT || one_item, || {
        let info = format!("清单[{}]的购买金额超过单笔限额[5000.00]", doc.key());
        Refusal::exception(-621_005, info)
    })
}

/// A cancellation or a return.
fn application(doc: &Doc) -> Result<(), Refusal> {
    let app_type_fits = match doc.kind {
        Kind::Cancel => doc.text("appType") == "1",
        _ => matches!(doc.text("appType"), "1" | "2"),
    };
    hold(
        doc,
        &[
            ("appType", app_type_fits),
            ("appStatus", doc.text("appStatus") == "2"),
            ("copNo", doc.head.has("copNo")),
            ("buyerIdType", doc.text("buyerIdType") == "1"),
            ("buyerIdNumber", is_person(doc.text("buyerIdNumber"))),
        ],
    )
}

fn refund_lines(doc: &Doc) -> Result<(), Refusal> {
    let mut seen = std::collections::BTreeSet::new();
    for line in &doc.lines {
        hold(
            doc,
            &[
                ("InvtRefundList/gnum", seen.insert(line.text("gnum"))),
                ("InvtRefundList/qty", line.amount("qty") > Amount::ZERO),
            ],
        )?;
    }
    Ok(())
}

fn counts_from_one(lines: &[Fields]) -> bool {
    lines.iter().zip(1_usize..).all(|(line, expected)| line.text("gnum").parse() == Ok(expected))
}

/// Whether quantity times unit price is the line's total, within what rounding the unit price to a fen can make:
/// half a fen for each unit, and at least one fen.
fn line_total_fits(line: &Fields) -> bool {
    let (quantity, price) = (line.amount("qty").parts(), line.amount("price").parts());
    let half_fen = Amount::FEN.parts() / 2;
    let exact = quantity.checked_mul(price);
    let total = line.amount("totalPrice").parts().checked_mul(Amount::SCALE);
    let (Some(exact), Some(total)) = (exact, total) else { return false };
    let allowed = quantity.saturating_mul(half_fen).max(Amount::FEN.parts() * Amount::SCALE);
    exact.abs_diff(total) <= allowed.unsigned_abs()
}
