//! Which documents the port keeps, and whether a new one may join, replace or delete them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::amount::Amount;
use crate::answers::Numbers;
use crate::ledger::YearKey;
use crate::reading::Doc;
use crate::refusal::{Refusal, ensure};
use crate::table::Kind;
use crate::tax::Bill;

/// Where a list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ListState {
    /// Its order, waybill or payment has not come yet.
    Waiting,
    /// Taken; the decision is under way.
    Accepted,
    /// Rejected by customs.
    Rejected,
    /// Under review or inspection.
    Held,
    /// Kept or sent back by customs after an inspection.
    Detained,
    /// Released.
    Released,
    /// Deleted by its declarant before release.
    Deleted,
    /// Cancelled.
    Cancelled,
    /// All of its goods were returned.
    Returned,
    /// Closed.
    Closed,
}

impl ListState {
    /// Whether it may still be changed or deleted.
    pub(crate) const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Accepted | Self::Held | Self::Rejected)
    }
}

pub(crate) struct ListCase {
    pub doc: Doc,
    pub state: ListState,
    pub numbers: Numbers,
    pub dxp_id: String,
    pub received_at: Timestamp,
    /// Steps planned under an earlier number do not happen any more.
    pub plan: u64,
    /// How often customs decided it.
    pub decided: u32,
    /// What it counts in the buyer's year.
    pub quota: Option<(YearKey, Amount)>,
    /// Whether its goods are held in, or went out of, a book that is checked.
    pub stocked: bool,
    pub released_at: Option<Timestamp>,
    /// Quantities returned or asked to be, by line.
    pub returned: BTreeMap<String, Amount>,
    pub bill: Option<Bill>,
    /// Whether a cancellation is under way.
    pub cancelling: bool,
    /// How many returns are under way.
    pub refunding: u32,
}

/// An application to cancel a list or to return goods.
pub(crate) struct Application {
    pub doc: Doc,
    pub cop_no: String,
    pub numbers: Numbers,
    pub dxp_id: String,
    pub rejected: bool,
}

/// Company code and number: what makes an order, a payment or a waybill unique.
pub(crate) type Key = (String, String);

/// The documents at the port.
#[derive(Default)]
pub(crate) struct Kept {
    papers: BTreeMap<(Kind, Key), Doc>,
    /// By `copNo`.
    pub lists: BTreeMap<String, ListCase>,
    /// `copNo` by `invtNo`.
    pub by_invt_no: BTreeMap<String, String>,
    /// By kind and `copNo` of the application.
    pub applications: BTreeMap<(Kind, String), Application>,
    /// `copNo` of waiting lists by order number and by waybill number.
    waiting: BTreeMap<String, BTreeSet<String>>,
    /// Papers of lists that were taken and neither rejected nor cancelled.
    declared: BTreeSet<(Kind, Key)>,
    /// Lists that met an exception of the port once.
    pub excepted: BTreeSet<String>,
}

fn key(doc: &Doc, company: &str, number: &str) -> Key {
    (doc.text(company).to_owned(), doc.text(number).to_owned())
}

/// Under what an order, payment, waybill or state of a waybill is kept.
pub(crate) fn paper_key(doc: &Doc) -> (Kind, Key) {
    let company = match doc.kind {
        Kind::Order => "ebpCode",
        Kind::Payment => "payCode",
        _ => "logisticsCode",
    };
    (doc.kind, (doc.text(company).to_owned(), doc.key().to_owned()))
}

/// The papers a list belongs to: order and waybill.
fn papers_of(list: &Doc) -> [(Kind, Key); 2] {
    [
        (Kind::Order, key(list, "ebpCode", "orderNo")),
        (Kind::Waybill, key(list, "logisticsCode", "logisticsNo")),
    ]
}

/// Codes of one kind of paper for the ways it cannot be taken.
struct Codes {
    exists: (i32, &'static str),
    not_found: (i32, &'static str),
    declared: (i32, &'static str),
    older: (i32, &'static str),
}

const ORDER_CODES: Codes = Codes {
    exists: (-301_010, "已存在相同编号的订单"),
    not_found: (-301_009, "订单标识(appType)不正确,未找到操作的订单"),
    declared: (-301_011, "该订单已向海关申报清单，状态不符"),
    older: (-301_014, "订单报文处理失败，接收报文为旧报文数据，不做处理"),
};

const PAYMENT_CODES: Codes = Codes {
    exists: (-401_007, "已存在相同编号的支付单"),
    not_found: (-401_006, "支付单标识(appType)不正确,未找到对应操作的支付单"),
    declared: (-401_008, "该支付单已向海关申报支付单，状态不符"),
    older: (-401_012, "支付单报文处理失败，接收报文为旧报文数据，不做处理"),
};

const WAYBILL_CODES: Codes = Codes {
    exists: (-504_015, "已存在相同编号的运单"),
    not_found: (-504_014, "运单标识(appType)不正确,未找到操作的运单"),
    declared: (-504_016, "该运单已向海关申报运单，状态不符"),
    older: (-505_016, "物流报文处理失败，接收报文为旧报文数据，不做处理"),
};

const STATUS_CODES: Codes = Codes {
    exists: (-505_012, "物流运单状态已存在"),
    not_found: (-505_014, "物流运单状态报文处理失败，未找到对应操作"),
    declared: (-505_014, "物流运单状态报文处理失败，未找到对应操作"),
    older: (-505_016, "物流报文处理失败，接收报文为旧报文数据，不做处理"),
};

impl Kept {
    /// Order, waybill and payment of a list, as far as they are here.
    pub(crate) fn papers(&self, list: &Doc) -> (Option<&Doc>, Option<&Doc>, Option<&Doc>) {
        let [order, waybill] = papers_of(list);
        let order = self.papers.get(&order);
        let payment = order
            .and_then(|order| self.papers.get(&(Kind::Payment, key(order, "payCode", "payTransactionId"))));
        (order, self.papers.get(&waybill), payment)
    }

    /// Takes an order, payment, waybill or state of a waybill, or says why not.
    pub(crate) fn admit_paper(&self, doc: &Doc) -> Result<(), Refusal> {
        let codes = match doc.kind {
            Kind::Order => &ORDER_CODES,
            Kind::Payment => &PAYMENT_CODES,
            Kind::WaybillStatus => &STATUS_CODES,
            _ => &WAYBILL_CODES,
        };
        let refuse = |(code, info): (i32, &str)| Err(Refusal::exception(code, info));
        let key = paper_key(doc);
        if doc.kind == Kind::WaybillStatus && !self.papers.contains_key(&(Kind::Waybill, key.1.clone())) {
            return refuse(STATUS_CODES.not_found);
        }
        let earlier = self.papers.get(&key);
        match (doc.text("appType"), earlier) {
            ("1", None) => Ok(()),
            ("1", Some(_)) => refuse(codes.exists),
            (_, None) => refuse(codes.not_found),
            (_, Some(_)) if self.declared.contains(&key) => refuse(codes.declared),
            (_, Some(earlier)) if doc.text("appTime") < earlier.text("appTime") => refuse(codes.older),
            (_, Some(_)) => Ok(()),
        }
    }

    /// Keeps an admitted paper, or deletes the one it names.
    pub(crate) fn keep_paper(&mut self, doc: Doc) {
        let key = paper_key(&doc);
        if doc.text("appType") == "3" {
            self.papers.remove(&key);
        } else {
            self.papers.insert(key, doc);
        }
    }

    /// Whether a list may be taken: a `copNo` and an order are declared once; before release it may be changed or
    /// deleted.
    pub(crate) fn admit_list(&self, list: &Doc) -> Result<(), Refusal> {
        let cop_no = list.key();
        let earlier = self.lists.get(cop_no);
        if list.text("appType") == "1" {
            let [order, waybill] = papers_of(list);
            let live = self.declared.contains(&order) || self.declared.contains(&waybill);
            let info = || format!("清单[{cop_no}]已经申报过，请勿重复申报");
            return ensure(earlier.is_none() && !live, || Refusal::exception(-621_004, info()));
        }
        let info = || format!("不存在已申报的清单[{cop_no}]，无法进行改单操作");
        let earlier = earlier.ok_or_else(|| Refusal::exception(-621_011, info()))?;
        let info = || format!("清单[{cop_no}]的申报状态不符合改单申报的条件");
        ensure(earlier.state.is_open(), || Refusal::exception(-621_012, info()))?;
        let newer = list.text("appTime") >= earlier.doc.text("appTime");
        let info = || format!("清单[{cop_no}]接收报文为旧报文数据，不做处理");
        ensure(newer, || Refusal::exception(-621_012, info()))
    }

    /// Takes a list in; it waits.
    pub(crate) fn insert_list(&mut self, case: ListCase) {
        let cop_no = case.doc.key().to_owned();
        self.declared.extend(papers_of(&case.doc));
        for name in ["orderNo", "logisticsNo"] {
            self.waiting.entry(case.doc.text(name).to_owned()).or_default().insert(cop_no.clone());
        }
        self.lists.insert(cop_no, case);
    }

    /// Lists that wait for a paper of these numbers.
    pub(crate) fn waiting_for(&self, doc: &Doc) -> BTreeSet<String> {
        let names = ["orderNo", "logisticsNo"].into_iter().filter(|name| doc.head.has(name));
        names.filter_map(|name| self.waiting.get(doc.text(name))).flatten().cloned().collect()
    }

    /// The list waits no more.
    pub(crate) fn no_longer_waits(&mut self, cop_no: &str) {
        let Some(case) = self.lists.get(cop_no) else { return };
        for name in ["orderNo", "logisticsNo"] {
            let number = case.doc.text(name);
            if let Some(waiting) = self.waiting.get_mut(number) {
                waiting.remove(cop_no);
                if waiting.is_empty() {
                    self.waiting.remove(number);
                }
            }
        }
    }

    /// Lets the papers of a list go, so that they can be changed and declared again.
    pub(crate) fn let_go(&mut self, cop_no: &str) {
        self.no_longer_waits(cop_no);
        if let Some(case) = self.lists.get(cop_no) {
            for paper in papers_of(&case.doc) {
                self.declared.remove(&paper);
            }
        }
    }
}
