//! What customs checks across documents: order, waybill and list must say the same, line by line.

use pickup_customs::{Inventory, InventoryLine, Logistics, Order, OrderLine};

use crate::refusal::{Refusal, ensure};

/// Checks that the three documents of one parcel agree.
pub(crate) fn check(list: &Inventory, order: &Order, waybill: &Logistics) -> Result<(), Refusal> {
    heads(list, order, waybill)?;
    let disagree = |why: String| Refusal::rejected("1322", &format!("订单清单表体商品项不一致：{why}"));
    ensure(list.lines.len() == order.lines.len(), || disagree("商品项数".to_owned()))?;
    for (line, ordered) in list.lines.iter().zip(&order.lines) {
        if let Some(field) = differing_field(line, ordered) {
            return Err(disagree(format!("第{}项 {field}", line.gnum)));
        }
    }
    Ok(())
}

fn heads(list: &Inventory, order: &Order, waybill: &Logistics) -> Result<(), Refusal> {
    let (l, o, w) = (&list.head, &order.head, &waybill.head);
    let pairs = [
        ("S301", "清单与订单不一致：ebpCode", l.ebp_code == o.ebp_code),
        ("S301", "清单与订单不一致：ebcCode", l.ebc_code == o.ebc_code),
        ("S301", "清单与订单不一致：buyerIdNumber", l.buyer_id_number == o.buyer_id_number),
        ("S301", "清单与订单不一致：buyerName", l.buyer_name == o.buyer_name),
        ("S301", "清单与订单不一致：consigneeAddress", l.consignee_address == o.consignee_address),
        ("S301", "清单与订单不一致：freight", l.freight == o.freight),
        ("S302", "清单与运单不一致：orderNo", l.order_no == w.order_no),
        ("S302", "清单与运单不一致：logisticsCode", l.logistics_code == w.logistics_code),
        ("S302", "清单与运单不一致：consigneeAddress", l.consignee_address == w.consignee_address),
        ("S303", "订单与运单不一致：consignee", o.consignee == w.consignee),
        ("S303", "订单与运单不一致：consigneeTelephone", o.consignee_telephone == w.consignee_telephone),
    ];
    pairs.into_iter().try_for_each(|(code, desc, holds)| ensure(holds, || Refusal::rejected(code, desc)))
}

/// The first field in which a line of the list is not the line of the order.
fn differing_field(line: &InventoryLine, ordered: &OrderLine) -> Option<&'static str> {
    let pairs = [
        ("gnum", line.gnum == ordered.gnum),
        ("gname", line.gname == ordered.item_name),
        ("qty", line.qty == ordered.qty),
        ("unit", line.unit == ordered.unit),
        ("price", line.price == ordered.price),
        ("totalPrice", line.total_price == ordered.total_price),
        ("country", line.country == ordered.country),
    ];
    pairs.into_iter().find(|(_, same)| !same).map(|(field, _)| field)
}
