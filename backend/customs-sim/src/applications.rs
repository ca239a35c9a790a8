//! Cancellations (CEB623) and returns (CEB625): 2, 120, and then concluded or rejected.

use jiff::{SignedDuration, Timestamp};

use crate::alone;
use crate::amount::Amount;
use crate::answers::{self, CHECKED, CONCLUDED, Numbers, Said};
use crate::arrival::Origin;
use crate::course::Task;
use crate::keeping::{Application, ListCase, ListState};
use crate::port::{DocumentLog, Port};
use crate::reading::{Doc, Fields};
use crate::refusal::{Refusal, ensure};
use crate::table::Kind;

/// A step of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApplyStep {
    Receive,
    End,
}

impl Port {
    pub(crate) fn application(
        &mut self,
        origin: &Origin<'_>,
        doc: Doc,
        first: Result<(), Refusal>,
    ) -> DocumentLog {
        let serial = self.next_serial();
        let key = doc.key().to_owned();
        let earlier = self.kept.applications.get(&(doc.kind, key.clone()));
        let letter = if doc.kind == Kind::Refund { 'T' } else { 'B' };
        let numbers = Numbers {
            guid: answers::guid(serial),
            pre_no: earlier.map_or_else(
                || answers::pre_no(letter, origin.at, serial),
                |earlier| earlier.numbers.pre_no.clone(),
            ),
            invt_no: Some(doc.text("invtNo"))
                .filter(|number| number.chars().count() == 18)
                .map(str::to_owned),
        };
        let verdict = first.and_then(|()| self.admit_application(&doc, origin.at));
        let (status, info) = match &verdict {
            Ok(_) => (2, format!("申报成功[{}]", doc.text("guid"))),
            Err(refusal) => (refusal.status, refusal.info.clone()),
        };
        let said = Said { at: origin.at, status, info: &info };
        self.schedule(origin.at, origin.dxp_id, answers::answer(&doc, &numbers, &said));
        if let Ok(cop_no) = verdict {
            self.reserve(&cop_no, &doc);
            let kind = doc.kind;
            let dxp_id = origin.dxp_id.to_owned();
            let application = Application { doc, cop_no, numbers, dxp_id, rejected: false };
            self.kept.applications.insert((kind, key.clone()), application);
            let due = self.later(origin.at, self.behaviour.apply_ms, &key, "apply");
            self.at(due, Task::Apply { kind, key: key.clone(), step: ApplyStep::Receive });
        }
        DocumentLog { key, status, info }
    }

    /// Whether an application may be taken; gives the list's `copNo`.
    fn admit_application(&self, doc: &Doc, at: Timestamp) -> Result<String, Refusal> {
        let cop_no = self.kept.by_invt_no.get(doc.text("invtNo"));
        let case = cop_no.and_then(|cop_no| self.kept.lists.get(cop_no));
        let Some((cop_no, case)) = cop_no.zip(case) else {
            let number = doc.text("invtNo");
            return Err(match doc.kind {
                Kind::Cancel => {
                    Refusal::exception(-623_003, format!("系统中不存在清单编号为[{number}]的清单！"))
                }
                _ => Refusal::exception(-625_032, "查无此数据"),
            });
        };
        self.once(doc, case.cancelling)?;
        let names =
            ["orderNo", "ebpCode", "ebcCode", "logisticsNo", "logisticsCode", "buyerIdNumber", "agentCode"];
        for name in names {
            ensure(doc.text(name) == case.doc.text(name), || alone::wrong(doc, name))?;
        }
        match doc.kind {
            Kind::Cancel => {
                let info = || format!("清单的状态不符合撤单申报要求(清单编号[{}])！", doc.text("invtNo"));
                ensure(self.may_cancel(case), || Refusal::exception(-623_005, info()))?;
            }
            _ => may_return(doc, case, self.behaviour.refund_days, at)?,
        }
        Ok(cop_no.clone())
    }

    /// One live application of a number, and none beside a cancellation.
    fn once(&self, doc: &Doc, cancelling: bool) -> Result<(), Refusal> {
        let earlier = self.kept.applications.get(&(doc.kind, doc.key().to_owned()));
        let number_used = earlier.is_some_and(|earlier| !earlier.rejected || doc.text("appType") == "1");
        let key = doc.key();
        ensure(!number_used && !cancelling, || match doc.kind {
            Kind::Cancel => Refusal::exception(-623_009, format!("撤单清单[{key}]已经申报过")),
            _ => Refusal::exception(-625_033, format!("退货申请单[{key}]已经申报过，请勿重复申报")),
        })
    }

    fn may_cancel(&self, case: &ListCase) -> bool {
        match case.state {
            ListState::Accepted | ListState::Held => true,
            ListState::Released => self.behaviour.cancel_after_release && case.returned.is_empty(),
            _ => false,
        }
    }

    /// Counts the quantities of a return, so that the next one cannot have them too.
    fn reserve(&mut self, cop_no: &str, doc: &Doc) {
        let Some(case) = self.kept.lists.get_mut(cop_no) else { return };
        match doc.kind {
            Kind::Cancel => case.cancelling = true,
            _ => case.refunding = case.refunding.saturating_add(1),
        }
        for line in &doc.lines {
            let sum = case.returned.entry(line.text("gnum").to_owned()).or_default();
            *sum = sum.add(line.amount("qty"));
        }
    }

    fn unreserve(&mut self, cop_no: &str, doc: &Doc) {
        let Some(case) = self.kept.lists.get_mut(cop_no) else { return };
        for line in &doc.lines {
            if let Some(sum) = case.returned.get_mut(line.text("gnum")) {
                *sum = sum.sub(line.amount("qty"));
            }
        }
        case.returned.retain(|_, sum| *sum > Amount::ZERO);
    }

    pub(crate) fn apply_step(&mut self, at: Timestamp, kind: Kind, key: &str, step: ApplyStep) {
        if step == ApplyStep::Receive {
            self.answer_application(at, kind, key, 120, CHECKED);
            let due = self.later(at, self.behaviour.apply_ms, key, "conclude");
            self.at(due, Task::Apply { kind, key: key.to_owned(), step: ApplyStep::End });
            return;
        }
        let Some(application) = self.kept.applications.get(&(kind, key.to_owned())) else { return };
        let (doc, cop_no) = (application.doc.clone(), application.cop_no.clone());
        let verdict = self.judge(&doc, &cop_no);
        if let Some(application) = self.kept.applications.get_mut(&(kind, key.to_owned())) {
            application.rejected = verdict.is_err();
        }
        if let Some(case) = self.kept.lists.get_mut(&cop_no) {
            match kind {
                Kind::Cancel => case.cancelling = false,
                _ => case.refunding = case.refunding.saturating_sub(1),
            }
        }
        match verdict {
            Ok(()) => {
                self.answer_application(at, kind, key, 399, CONCLUDED);
                if kind == Kind::Cancel {
                    self.cancel(at, &cop_no)
                } else {
                    self.take_back(at, &cop_no, &doc)
                }
            }
            Err(refusal) => {
                self.unreserve(&cop_no, &doc);
                self.answer_application(at, kind, key, refusal.status, &refusal.info);
            }
        }
    }

    /// What customs decides of an application: the list may have moved on since it was taken.
    fn judge(&self, doc: &Doc, cop_no: &str) -> Result<(), Refusal> {
        let b = &self.behaviour;
        let (share, what) = match doc.kind {
            Kind::Cancel => (b.cancel_reject_permille, "cancel reject"),
            _ => (b.refund_reject_permille, "refund reject"),
        };
        ensure(!b.hits(share, doc.key(), what), || Refusal::rejected("S302", "申请审核不通过"))?;
        let case = self.kept.lists.get(cop_no);
        let stands = match doc.kind {
            Kind::Cancel => case.is_some_and(|case| self.may_cancel(case)),
            _ => case.is_some_and(|case| is_released(case.state)),
        };
        ensure(stands, || Refusal::rejected("22007", "对应清单已放行"))
    }

    fn cancel(&mut self, at: Timestamp, cop_no: &str) {
        self.give_back(cop_no);
        self.kept.let_go(cop_no);
        self.void_bill(at, cop_no);
        self.advance(cop_no, ListState::Cancelled);
    }

    /// Goods are back: the buyer's year gets their value again, freight and insurance with the last of them.
    fn take_back(&mut self, at: Timestamp, cop_no: &str, refund: &Doc) {
        let all = self.kept.lists.get(cop_no).is_some_and(|case| all_returned(case) && case.refunding == 0);
        if all {
            self.give_back_rest(cop_no, refund);
            self.kept.let_go(cop_no);
            self.void_bill(at, cop_no);
            self.advance(cop_no, ListState::Returned);
            return;
        }
        let Some(case) = self.kept.lists.get_mut(cop_no) else { return };
        if let Some((key, amount)) = &mut case.quota {
            let value = value_of(&case.doc, refund);
            *amount = amount.sub(value);
            self.ledger.give_back(key, value);
        }
        if case.stocked {
            self.ledger.return_stock(&case.doc, |line| returned_quantity(line, refund));
        }
    }

    fn give_back_rest(&mut self, cop_no: &str, refund: &Doc) {
        let Some(case) = self.kept.lists.get_mut(cop_no) else { return };
        if let Some((key, amount)) = case.quota.take() {
            self.ledger.give_back(&key, amount);
        }
        if std::mem::take(&mut case.stocked) {
            self.ledger.return_stock(&case.doc, |line| returned_quantity(line, refund));
        }
    }

    fn answer_application(&mut self, at: Timestamp, kind: Kind, key: &str, status: i32, info: &str) {
        let Some(application) = self.kept.applications.get(&(kind, key.to_owned())) else { return };
        let said = Said { at, status, info };
        let answer = answers::answer(&application.doc, &application.numbers, &said);
        let dxp_id = application.dxp_id.clone();
        self.schedule(at, &dxp_id, answer);
    }
}

const fn is_released(state: ListState) -> bool {
    matches!(state, ListState::Released | ListState::Closed)
}

/// Within the days after release, of lines of the list, and not more than is left of each.
fn may_return(doc: &Doc, case: &ListCase, days: u16, at: Timestamp) -> Result<(), Refusal> {
    let key = doc.key();
    let state =
        || Refusal::exception(-625_022, format!("退货申请单[{key}]对应清单的状态不符合退货申报的条件"));
    let released_at = case.released_at.filter(|_| is_released(case.state)).ok_or_else(state)?;
    for line in &doc.lines {
        let (gnum, gcode) = (line.text("gnum"), line.text("gcode"));
        let same = |original: &&Fields| original.text("gnum") == gnum && original.text("gcode") == gcode;
        let Some(original) = case.doc.lines.iter().find(same) else {
            let info =
                format!("退货申请单[{key}],在关联的清单中未找到表体序号为[{gnum}],商品编号为[{gcode}]的数据");
            return Err(Refusal::exception(-625_209, info));
        };
        let left = original.amount("qty").sub(case.returned.get(gnum).copied().unwrap_or_default());
        ensure(line.text("unit") == original.text("unit"), || alone::wrong(doc, "InvtRefundList/unit"))?;
        ensure(line.amount("qty") <= left, || alone::wrong(doc, "InvtRefundList/qty"))?;
    }
    let window = SignedDuration::from_hours(i64::from(days).saturating_mul(24));
    let in_time = released_at.checked_add(window).is_ok_and(|end| at <= end);
    ensure(in_time, || Refusal::rejected("S501", &format!("超过放行之日起{days}日，不能申请退货")))
}

fn all_returned(case: &ListCase) -> bool {
    case.doc.lines.iter().all(|line| case.returned.get(line.text("gnum")) == Some(&line.amount("qty")))
}

fn returned_quantity(line: &Fields, refund: &Doc) -> Amount {
    let back = refund.lines.iter().find(|back| back.text("gnum") == line.text("gnum"));
    back.map_or(Amount::ZERO, |back| back.amount("qty"))
}

/// Value of the returned goods, by their part of each line's price.
fn value_of(list: &Doc, refund: &Doc) -> Amount {
    let of_line = |line: &Fields| {
        let back = returned_quantity(line, refund);
        line.amount("totalPrice").share(back.parts(), line.amount("qty").parts())
    };
    list.lines.iter().fold(Amount::ZERO, |sum, line| sum.add(of_line(line)))
}
