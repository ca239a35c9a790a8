//! Lists (CEB621): taken in, changed, deleted, and decided once all their papers are here.

use jiff::Timestamp;

use crate::agreement::{self, Parcel};
use crate::amount::Amount;
use crate::answers::{self, Numbers, Said};
use crate::arrival::{Origin, act};
use crate::behaviour::Behaviour;
use crate::course::Step;
use crate::keeping::{ListCase, ListState};
use crate::ledger::YearKey;
use crate::port::{DocumentLog, Port};
use crate::reading::Doc;
use crate::refusal::{Refusal, ensure};
use crate::tax;

impl Port {
    pub(crate) fn list(&mut self, origin: &Origin<'_>, doc: Doc, first: Result<(), Refusal>) -> DocumentLog {
        let serial = self.next_serial();
        let cop_no = doc.key().to_owned();
        let earlier = self.kept.lists.get(&cop_no).map(|case| case.numbers.clone());
        let numbers = Numbers {
            guid: answers::guid(serial),
            pre_no: earlier
                .as_ref()
                .map_or_else(|| answers::pre_no('B', origin.at, serial), |numbers| numbers.pre_no.clone()),
            invt_no: earlier.and_then(|numbers| numbers.invt_no),
        };
        let verdict =
            first.and_then(|()| self.kept.admit_list(&doc)).and_then(|()| self.port_exception(&cop_no));
        let (status, info) = match &verdict {
            Ok(()) => (2, taken(&doc)),
            Err(refusal) => (refusal.status, refusal.info.clone()),
        };
        let said = Said { at: origin.at, status, info: &info };
        // The schema wants a number of 1 to 20 characters back; a list without one cannot be answered otherwise.
        self.schedule(origin.at, origin.dxp_id, answers::answer(&doc, &numbers, &said));
        if verdict.is_ok() {
            self.take(origin, doc, numbers);
        }
        DocumentLog { key: cop_no, status, info }
    }

    fn take(&mut self, origin: &Origin<'_>, doc: Doc, numbers: Numbers) {
        let cop_no = doc.key().to_owned();
        self.give_back(&cop_no);
        self.kept.let_go(&cop_no);
        if doc.text("appType") == "3" {
            self.advance(&cop_no, ListState::Deleted);
            let at = self.later(origin.at, self.behaviour.check_ms, &cop_no, "check");
            self.say(at, &cop_no, 399, "清单删除成功");
            return;
        }
        let earlier = self.kept.lists.remove(&cop_no);
        let case = ListCase {
            doc,
            state: ListState::Waiting,
            numbers,
            dxp_id: origin.dxp_id.to_owned(),
            received_at: origin.at,
            plan: earlier.as_ref().map_or(0, |case| case.plan.saturating_add(1)),
            decided: earlier.map_or(0, |case| case.decided),
            quota: None,
            stocked: false,
            released_at: None,
            returned: std::collections::BTreeMap::new(),
            bill: None,
            cancelling: false,
            refunding: 0,
        };
        self.kept.insert_list(case);
        self.decide(origin.at, &cop_no);
    }

    /// Decides a waiting list, if its papers are here.
    pub(crate) fn decide(&mut self, at: Timestamp, cop_no: &str) {
        let Some(case) = self.kept.lists.get(cop_no) else { return };
        let (Some(order), Some(waybill), payment) = self.kept.papers(&case.doc) else { return };
        let needs_payment = self.behaviour.payment_required;
        if needs_payment && payment.is_none() && order.head.has("payTransactionId") {
            return;
        }
        let payment = payment.filter(|_| needs_payment);
        let paid =
            ensure(!needs_payment || payment.is_some(), || Refusal::rejected("S305", "订单没有支付信息"));
        let parcel = Parcel { list: &case.doc, order, waybill, payment };
        let verdict = paid
            .and_then(|()| agreement::check(&parcel))
            .and_then(|()| tax_fits(&self.behaviour, &parcel))
            .and_then(|()| forced(&self.behaviour, case));
        let doc = case.doc.clone();
        let verdict = verdict.and_then(|()| self.take_holds(&doc, at));
        let when =
            self.later(case_time(&self.kept.lists, cop_no, at), self.behaviour.check_ms, cop_no, "check");
        self.kept.no_longer_waits(cop_no);
        self.settle(cop_no, when.max(at), verdict);
    }

    fn settle(&mut self, cop_no: &str, when: Timestamp, verdict: Result<Holds, Refusal>) {
        let Some(case) = self.kept.lists.get_mut(cop_no) else { return };
        case.decided = case.decided.saturating_add(1);
        match verdict {
            Ok((quota, stocked)) => {
                case.quota = Some(quota);
                case.stocked = stocked;
                self.advance(cop_no, ListState::Accepted);
                self.plan(when, cop_no, Step::Receive);
            }
            Err(refusal) => {
                self.kept.let_go(cop_no);
                self.advance(cop_no, ListState::Rejected);
                self.plan(when, cop_no, Step::Reject(refusal));
            }
        }
    }

    fn take_holds(&mut self, doc: &Doc, at: Timestamp) -> Result<Holds, Refusal> {
        let stocked = self.ledger.hold_stock(doc)?;
        match self.ledger.take_quota(doc, at) {
            Ok(quota) => Ok((quota, stocked)),
            Err(refusal) => {
                if stocked {
                    self.ledger.void_stock(doc);
                }
                Err(refusal)
            }
        }
    }

    /// Gives back what a list that is not released holds.
    pub(crate) fn give_back(&mut self, cop_no: &str) {
        let Some(case) = self.kept.lists.get_mut(cop_no) else { return };
        if let Some((key, amount)) = case.quota.take() {
            self.ledger.give_back(&key, amount);
        }
        if std::mem::take(&mut case.stocked) {
            if case.released_at.is_some() {
                self.ledger.return_stock(&case.doc, |line| line.amount("qty"));
            } else {
                self.ledger.void_stock(&case.doc);
            }
        }
    }

    /// The exception that a share of lists meets when they come for the first time.
    fn port_exception(&mut self, cop_no: &str) -> Result<(), Refusal> {
        let hit = self.behaviour.hits(self.behaviour.exception_permille, cop_no, "exception");
        if !hit || !self.kept.excepted.insert(cop_no.to_owned()) {
            return Ok(());
        }
        let codes = &self.behaviour.exception_codes;
        let code = self.behaviour.pick(codes, cop_no, "exception code").copied().unwrap_or(-621_017);
        Err(Refusal::exception(code, "系统发生异常"))
    }
}

/// What a list takes: an amount of the buyer's year, and whether its goods are held in a book.
type Holds = ((YearKey, Amount), bool);

fn case_time(lists: &std::collections::BTreeMap<String, ListCase>, cop_no: &str, at: Timestamp) -> Timestamp {
    lists.get(cop_no).map_or(at, |case| case.received_at)
}

fn tax_fits(behaviour: &Behaviour, parcel: &Parcel<'_>) -> Result<(), Refusal> {
    let declared = parcel.order.amount("taxTotal");
    let Some(tolerance) = behaviour.tax_tolerance_fen.filter(|_| declared > Amount::ZERO) else {
        // Nothing withheld means that the seller bears the tax.
        return Ok(());
    };
    let computed = tax::compute(parcel.list, behaviour).1.total();
    let off = declared.sub(computed).parts().unsigned_abs();
    let allowed = Amount::from_fen(i64::from(tolerance)).parts().unsigned_abs();
    ensure(off <= allowed, || {
        Refusal::rejected("S601", &format!("代扣税款{declared}与应征税款{computed}不符"))
    })
}

/// The rejection that a share of lists meets when they are decided for the first time.
fn forced(behaviour: &Behaviour, case: &ListCase) -> Result<(), Refusal> {
    let cop_no = case.doc.key();
    let hit = case.decided == 0 && behaviour.hits(behaviour.reject_permille, cop_no, "reject");
    let code = behaviour.pick(&behaviour.reject_codes, cop_no, "reject code").map_or("S100", String::as_str);
    ensure(!hit, || Refusal::rejected(code, "退单"))
}

fn taken(doc: &Doc) -> String {
    let text = |name| doc.text(name);
    format!(
        "清单{}申报成功[{}][电商企业编码：{}订单编号：{}]",
        act(doc),
        text("guid"),
        text("ebcCode"),
        text("orderNo")
    )
}
