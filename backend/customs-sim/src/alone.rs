//! What the E-Port checks of one document by itself: totals, filling rules of 1210, identity number, single limit.

use pickup_customs::{AppStatus, CHINA, CNY, Inventory, Logistics, Order};
use pickup_domain::{Money, Quantity};

use crate::refusal::{Refusal, ensure};

/// Limit of one purchase: 5,000.00 CNY (财关税〔2018〕49号).
const SINGLE_LIMIT: Money = Money::from_fen(500_000);

/// Checks an order.
pub(crate) fn order(order: &Order) -> Result<(), Refusal> {
    let head = &order.head;
    let wrong = |field: &str| Refusal::exception(-301_008, format!("参数校验不通过，[{field}]"));
    ensure(head.app_status == AppStatus::Declare, || wrong("appStatus"))?;
    ensure(head.order_type == "I", || wrong("orderType"))?;
    ensure(head.currency == CNY, || wrong("currency"))?;
    ensure(head.buyer_id_type == "1", || wrong("buyerIdType"))?;
    ensure(head.buyer_id_number.check().is_ok(), || wrong("buyerIdNumber"))?;
    let numbers = order.lines.iter().map(|line| line.gnum);
    ensure(counts_from_one(numbers), || Refusal::exception(-301_002, "订单商品信息内有重复商品序号"))?;
    for line in &order.lines {
        ensure(line.currency == CNY, || wrong("OrderList/currency"))?;
        let fits = line_total_fits(line.qty, line.price, line.total_price);
        ensure(fits, || wrong("OrderList/totalPrice"))?;
    }
    let sum = Money::checked_sum(order.lines.iter().map(|line| line.total_price));
    ensure(sum == Some(head.goods_value), || wrong("goodsValue"))?;
    let paid = head
        .goods_value
        .checked_add(head.freight)
        .and_then(|sum| sum.checked_add(head.tax_total))
        .and_then(|sum| sum.checked_sub(head.discount));
    ensure(paid == Some(head.actual_paid), || wrong("acturalPaid"))
}

/// Checks a waybill.
pub(crate) fn waybill(waybill: &Logistics) -> Result<(), Refusal> {
    let head = &waybill.head;
    let wrong = |field: &str| Refusal::exception(-504_011, format!("参数校验不通过，[{field}]"));
    ensure(head.app_status == AppStatus::Declare, || wrong("appStatus"))?;
    ensure(head.currency == CNY, || wrong("currency"))?;
    ensure(head.pack_no == 1, || wrong("packNo"))?;
    ensure(head.bill_no.is_none(), || wrong("billNo"))?;
    ensure(head.weight > Quantity::ZERO, || wrong("weight"))
}

/// Checks a list: filling rules of 1210, then the single limit.
pub(crate) fn list(list: &Inventory) -> Result<(), Refusal> {
    filling_rules(list)?;
    let numbers = list.lines.iter().map(|line| line.gnum);
    ensure(counts_from_one(numbers), || Refusal::exception(-621_027, "请确认表体gnum 无重复！"))?;
    for line in &list.lines {
        let wrong = |field: &str| wrong_in_list(list, &format!("InventoryList/{field}"));
        ensure(line.item_record_no.is_some(), || wrong("itemRecordNo"))?;
        ensure(line.currency == CNY, || wrong("currency"))?;
        ensure(line.qty > Quantity::ZERO && line.qty_1 > Quantity::ZERO, || wrong("qty"))?;
        ensure(line.qty_2.is_some() == line.unit_2.is_some(), || wrong("qty2"))?;
        ensure(line_total_fits(line.qty, line.price, line.total_price), || wrong("totalPrice"))?;
    }
    single_limit(list)
}

fn wrong_in_list(list: &Inventory, field: &str) -> Refusal {
    Refusal::exception(-621_001, format!("清单报文校验失败，[{}][{field}]", list.head.cop_no))
}

fn filling_rules(list: &Inventory) -> Result<(), Refusal> {
    let head = &list.head;
    let rules = [
        ("appStatus", head.app_status == AppStatus::Declare),
        ("ieFlag", head.ie_flag == "I"),
        ("tradeMode", head.trade_mode == "1210"),
        ("emsNo", head.ems_no.is_some()),
        ("areaCode", head.area_code.is_some()),
        ("areaName", head.area_name.is_some()),
        ("trafNo", head.traf_no.is_none()),
        ("voyageNo", head.voyage_no.is_none()),
        ("billNo", head.bill_no.is_none()),
        ("packNo", head.pack_no == 1),
        ("country", head.country == CHINA),
        ("currency", head.currency == CNY),
        ("buyerIdType", head.buyer_id_type == "1"),
        ("buyerIdNumber", head.buyer_id_number.check().is_ok()),
        ("netWeight", head.net_weight > Quantity::ZERO && head.net_weight <= head.gross_weight),
    ];
    rules.into_iter().try_for_each(|(field, holds)| ensure(holds, || wrong_in_list(list, field)))
}

/// What counts against the limits: price of the goods, freight and insurance.
pub(crate) fn limit_value(list: &Inventory) -> Option<Money> {
    let goods = Money::checked_sum(list.lines.iter().map(|line| line.total_price))?;
    goods.checked_add(list.head.freight)?.checked_add(list.head.insured_fee)
}

/// Over the single limit only an order of one single item may go on (财关税〔2018〕49号).
fn single_limit(list: &Inventory) -> Result<(), Refusal> {
    let value = limit_value(list).ok_or_else(|| wrong_in_list(list, "totalPrice"))?;
    let one_item = match list.lines.as_slice() {
        [line] => Some(line.qty) == Quantity::whole(1),
        _ => false,
    };
    ensure(value <= SINGLE_LIMIT || one_item, || {
        let info = format!("清单[{}]的购买金额超过单笔限额[{SINGLE_LIMIT}]", list.head.cop_no);
        Refusal::exception(-621_005, info)
    })
}

fn counts_from_one(numbers: impl Iterator<Item = u32>) -> bool {
    numbers.zip(1..).all(|(found, expected)| found == expected)
}

/// Whether quantity times unit price is the line's total, within what rounding the unit price to a fen can make:
/// half a fen for each unit, and at least one fen.
fn line_total_fits(quantity: Quantity, price: Money, total: Money) -> bool {
    let scale = i128::from(Quantity::SCALE);
    let parts = i128::from(quantity.parts());
    let exact = parts * i128::from(price.fen());
    let difference = (exact - i128::from(total.fen()) * scale).abs();
    difference <= (parts / 2).max(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_total_may_differ_by_the_rounding_of_the_unit_price() {
        let fits = |quantity: i64, price, total| {
            let quantity = Quantity::whole(quantity).unwrap();
            line_total_fits(quantity, Money::from_fen(price), Money::from_fen(total))
        };
        assert!(fits(3, 3333, 10_000));
        assert!(fits(2, 19_990, 39_980));
        assert!(!fits(2, 19_990, 39_982));
        assert!(!fits(1, 0, 100));
    }

    #[test]
    fn line_numbers_count_from_one_without_gap() {
        assert!(counts_from_one([1, 2, 3].into_iter()));
        assert!(!counts_from_one([1, 1].into_iter()));
        assert!(!counts_from_one([2].into_iter()));
    }
}
