//! Builds the receipts of the port.

use jiff::Timestamp;
use pickup_customs::{
    Guid, Inventory, InventoryReturn, Logistics, LogisticsReturn, MessageReturn, Order, OrderReturn, Receipt,
    Status,
};
use pickup_domain::china_time;

/// Text when a document passed the checks of customs.
pub(crate) const CHECKED: &str = "[Code:1800;Desc:逻辑校验通过]";
/// Text when a list is released.
pub(crate) const RELEASED: &str = "[Code:2600;Desc:放行]";
/// Text when a person decides.
pub(crate) const REVIEW: &str = "[Code:1200;Desc:待人工审核]";
/// Text when the goods are inspected.
pub(crate) const INSPECTION: &str = "查验";

/// A guid for the `serial`th thing the port names.
pub(crate) fn guid(serial: u64) -> String {
    let mut bytes = [0x5E; 16];
    for (place, byte) in bytes.iter_mut().rev().zip(serial.to_le_bytes()) {
        *place = byte;
    }
    Guid::from_bytes(bytes).to_string()
}

/// `preNo`: `B`, date, nine digits.
pub(crate) fn pre_no(at: Timestamp, serial: u64) -> String {
    format!("B{}{:09}", china_time::yyyymmdd(at), serial % 1_000_000_000)
}

/// `invtNo`: customs office, year, `I`, nine digits.
pub(crate) fn invt_no(customs_code: &str, at: Timestamp, serial: u64) -> String {
    format!("{customs_code}{:04}I{:09}", china_time::year(at), serial % 1_000_000_000)
}

pub(crate) fn for_order(order: &Order, guid: String, at: Timestamp, status: Status, info: &str) -> Receipt {
    Receipt::Order(OrderReturn {
        guid,
        ebp_code: order.head.ebp_code.clone(),
        ebc_code: order.head.ebc_code.clone(),
        order_no: order.head.order_no.clone(),
        return_status: status,
        return_time: at.into(),
        return_info: info.to_owned(),
    })
}

pub(crate) fn for_waybill(
    waybill: &Logistics,
    guid: String,
    at: Timestamp,
    status: Status,
    info: &str,
) -> Receipt {
    Receipt::Logistics(LogisticsReturn {
        guid,
        logistics_code: waybill.head.logistics_code.clone(),
        logistics_no: waybill.head.logistics_no.clone(),
        return_status: status,
        return_time: at.into(),
        return_info: info.to_owned(),
    })
}

/// Numbers a list carries at the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListNumbers {
    pub guid: String,
    pub pre_no: String,
    pub invt_no: Option<String>,
}

pub(crate) fn for_list(
    list: &Inventory,
    numbers: &ListNumbers,
    at: Timestamp,
    status: Status,
    info: &str,
) -> Receipt {
    let head = &list.head;
    Receipt::Inventory(InventoryReturn {
        guid: numbers.guid.clone(),
        customs_code: Some(head.customs_code.clone()),
        ebp_code: Some(head.ebp_code.clone()),
        ebc_code: Some(head.ebc_code.clone()),
        agent_code: Some(head.agent_code.clone()),
        cop_no: head.cop_no.to_string(),
        pre_no: Some(numbers.pre_no.clone()),
        invt_no: numbers.invt_no.clone(),
        return_status: status,
        return_time: at.into(),
        return_info: info.to_owned(),
    })
}

/// CEB900: the message itself could not be taken. `code` is one of the exchange network, `0001` or `0002`.
pub(crate) fn for_message(
    message_id: &str,
    message_type: &str,
    guid: String,
    at: Timestamp,
    code: &str,
    desc: &str,
) -> Receipt {
    Receipt::Message(MessageReturn {
        guid,
        return_status: Status::Exception(-1),
        return_info: format!("[Code:{code};Desc:{desc}]"),
        return_time: at.into(),
        ori_cop_msg_id: message_id.chars().take(255).collect(),
        ori_message_type: message_type.chars().take(15).collect(),
        // The original is with the sender; quoting it here would copy identity numbers about.
        ori_biz_message: String::new(),
    })
}
