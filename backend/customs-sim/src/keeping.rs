//! Which documents the port keeps, and whether a new one may join or replace them.

use std::collections::{BTreeMap, BTreeSet};

use pickup_customs::{AppType, Inventory, Logistics, Order, Seconds};

use crate::port::{ListCase, ListState};
use crate::refusal::{Refusal, ensure};

/// Company code and number: what makes an order or a waybill unique.
pub(crate) type Key = (String, String);

/// The documents at the port.
#[derive(Default)]
pub(crate) struct Kept {
    pub orders: BTreeMap<Key, Order>,
    pub waybills: BTreeMap<Key, Logistics>,
    /// By `copNo`.
    pub lists: BTreeMap<String, ListCase>,
    /// `copNo` of lists whose order or waybill has not come yet.
    pub waiting: BTreeSet<String>,
    /// Orders of lists that were taken and not rejected.
    declared_orders: BTreeSet<Key>,
    /// Waybills of lists that were taken and not rejected.
    declared_waybills: BTreeSet<Key>,
}

pub(crate) fn order_key(order: &Order) -> Key {
    (order.head.ebp_code.clone(), order.head.order_no.clone())
}

pub(crate) fn waybill_key(waybill: &Logistics) -> Key {
    (waybill.head.logistics_code.clone(), waybill.head.logistics_no.clone())
}

/// Keys of the order and of the waybill that a list belongs to.
pub(crate) fn keys_of_list(list: &Inventory) -> (Key, Key) {
    let head = &list.head;
    ((head.ebp_code.clone(), head.order_no.clone()), (head.logistics_code.clone(), head.logistics_no.clone()))
}

/// Codes of one kind of document for the ways it cannot be taken.
struct Codes {
    exists: (i32, &'static str),
    not_found: (i32, &'static str),
    declared: (i32, &'static str),
    older: (i32, &'static str),
    no_operation: (i32, &'static str),
}

const ORDER_CODES: Codes = Codes {
    exists: (-301_010, "已存在相同编号的订单"),
    not_found: (-301_009, "订单标识(appType)不正确,未找到操作的订单"),
    declared: (-301_011, "该订单已向海关申报清单，状态不符"),
    older: (-301_014, "订单报文处理失败，接收报文为旧报文数据，不做处理"),
    no_operation: (-301_012, "订单报文处理失败，未找到对应操作"),
};

const WAYBILL_CODES: Codes = Codes {
    exists: (-504_015, "已存在相同编号的运单"),
    not_found: (-504_014, "运单标识(appType)不正确,未找到操作的运单"),
    declared: (-504_016, "该运单已向海关申报运单，状态不符"),
    older: (-505_016, "物流报文处理失败，接收报文为旧报文数据，不做处理"),
    no_operation: (-505_014, "运单报文处理失败，未找到对应操作"),
};

impl Kept {
    /// Whether an order may be taken.
    pub(crate) fn admit_order(&self, order: &Order) -> Result<(), Refusal> {
        let key = order_key(order);
        let earlier = self.orders.get(&key).map(|kept| kept.head.app_time);
        let declared = self.declared_orders.contains(&key);
        admit(&ORDER_CODES, order.head.app_type, order.head.app_time, earlier, declared)
    }

    /// Whether a waybill may be taken.
    pub(crate) fn admit_waybill(&self, waybill: &Logistics) -> Result<(), Refusal> {
        let key = waybill_key(waybill);
        let earlier = self.waybills.get(&key).map(|kept| kept.head.app_time);
        let declared = self.declared_waybills.contains(&key);
        admit(&WAYBILL_CODES, waybill.head.app_type, waybill.head.app_time, earlier, declared)
    }

    /// Whether a list may be taken: a `copNo` and an order are declared once; a rejected list may be corrected.
    pub(crate) fn admit_list(&self, list: &Inventory) -> Result<(), Refusal> {
        let cop_no = list.head.cop_no.as_str();
        let earlier = self.lists.get(cop_no);
        let order = keys_of_list(list).0;
        match list.head.app_type {
            AppType::New => {
                let live = self.declared_orders.contains(&order);
                let info = || format!("清单[{cop_no}]已经申报过，请勿重复申报");
                ensure(earlier.is_none() && !live, || Refusal::exception(-621_004, info()))
            }
            AppType::Change => {
                let info = || format!("不存在已申报的清单[{cop_no}]，无法进行改单操作");
                let earlier = earlier.ok_or_else(|| Refusal::exception(-621_011, info()))?;
                let info = || format!("清单[{cop_no}]的申报状态不符合改单申报的条件");
                let rejected = earlier.state == ListState::Rejected;
                ensure(rejected, || Refusal::exception(-621_012, info()))
            }
            AppType::Delete => {
                Err(Refusal::exception(-621_001, format!("清单报文校验失败，[{cop_no}][appType]")))
            }
        }
    }

    /// Takes a list in; it waits.
    pub(crate) fn insert_list(&mut self, case: ListCase) {
        let (order, waybill) = keys_of_list(&case.list);
        let cop_no = case.list.head.cop_no.to_string();
        self.declared_orders.insert(order);
        self.declared_waybills.insert(waybill);
        self.waiting.insert(cop_no.clone());
        self.lists.insert(cop_no, case);
    }

    /// Lets order and waybill of a rejected list go, so that they can be changed and declared again.
    pub(crate) fn let_go(&mut self, order: &Key, waybill: &Key) {
        self.declared_orders.remove(order);
        self.declared_waybills.remove(waybill);
    }
}

fn admit(
    codes: &Codes,
    app_type: AppType,
    app_time: Seconds,
    earlier: Option<Seconds>,
    declared: bool,
) -> Result<(), Refusal> {
    let refuse = |(code, info): (i32, &str)| Err(Refusal::exception(code, info));
    match (app_type, earlier) {
        (AppType::New, None) => Ok(()),
        (AppType::New, Some(_)) => refuse(codes.exists),
        (AppType::Change, None) => refuse(codes.not_found),
        (AppType::Change, Some(_)) if declared => refuse(codes.declared),
        (AppType::Change, Some(earlier)) if app_time < earlier => refuse(codes.older),
        (AppType::Change, Some(_)) => Ok(()),
        (AppType::Delete, _) => refuse(codes.no_operation),
    }
}
