//! What customs checks across documents: order, payment, waybill and list must say the same, line by line.

use crate::reading::{Doc, Fields};
use crate::refusal::{Refusal, ensure};

/// The documents of one parcel.
pub(crate) struct Parcel<'a> {
    pub list: &'a Doc,
    pub order: &'a Doc,
    pub waybill: &'a Doc,
    /// When the port asks for it.
    pub payment: Option<&'a Doc>,
}

/// Checks that the documents of one parcel agree.
pub(crate) fn check(parcel: &Parcel<'_>) -> Result<(), Refusal> {
    let Parcel { list, order, waybill, payment } = parcel;
    let order_names = ["ebpCode", "ebcCode", "buyerIdNumber", "buyerName", "consigneeAddress"];
    same("S301", "清单与订单不一致", list, order, &order_names)?;
    let freight = list.amount("freight") == order.amount("freight");
    ensure(freight, || Refusal::rejected("S301", "清单与订单不一致：freight"))?;
    let waybill_names = ["orderNo", "logisticsCode", "consigneeAddress"];
    same("S302", "清单与运单不一致", list, waybill, &waybill_names)?;
    same("S303", "订单与运单不一致", order, waybill, &["consignee", "consigneeTelephone"])?;
    lines(list, order)?;
    payment.map_or(Ok(()), |payment| paid(order, payment))
}

fn same(code: &str, what: &str, a: &Doc, b: &Doc, names: &[&str]) -> Result<(), Refusal> {
    names.iter().try_for_each(|name| {
        ensure(a.text(name) == b.text(name), || Refusal::rejected(code, &format!("{what}：{name}")))
    })
}

fn lines(list: &Doc, order: &Doc) -> Result<(), Refusal> {
    let disagree = |why: &str| Refusal::rejected("1322", &format!("订单清单表体商品项不一致：{why}"));
    ensure(list.lines.len() == order.lines.len(), || disagree("商品项数"))?;
    for (line, ordered) in list.lines.iter().zip(&order.lines) {
        if let Some(field) = differing_field(line, ordered) {
            return Err(disagree(&format!("第{}项 {field}", line.text("gnum"))));
        }
    }
    Ok(())
}

/// The first field in which a line of the list is not the line of the order.
fn differing_field(line: &Fields, ordered: &Fields) -> Option<&'static str> {
    let texts = [("gnum", "gnum"), ("gname", "itemName"), ("unit", "unit"), ("country", "country")];
    let text = texts.into_iter().find(|(a, b)| line.text(a) != ordered.text(b)).map(|(name, _)| name);
    let amounts = ["qty", "price", "totalPrice"];
    text.or_else(|| amounts.into_iter().find(|name| line.amount(name) != ordered.amount(name)))
}

/// The buyer paid, the whole amount, through the company that the order names.
fn paid(order: &Doc, payment: &Doc) -> Result<(), Refusal> {
    let company = order.text("payCode") == payment.text("payCode");
    ensure(company, || Refusal::rejected("13035", "支付企业不一致"))?;
    let rules = [
        ("orderNo", order.text("orderNo") == payment.text("orderNo")),
        ("ebpCode", order.text("ebpCode") == payment.text("ebpCode")),
        ("payerIdNumber", order.text("buyerIdNumber") == payment.text("payerIdNumber")),
        ("payerName", order.text("buyerName") == payment.text("payerName")),
        ("amountPaid", order.amount("acturalPaid") == payment.amount("amountPaid")),
    ];
    rules.into_iter().try_for_each(|(name, holds)| {
        ensure(holds, || Refusal::rejected("S304", &format!("订单与支付单不一致：{name}")))
    })
}
