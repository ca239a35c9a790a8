//! The course of a list after it was taken: steps at their times, each with a receipt.

use jiff::{SignedDuration, Timestamp};

use crate::answers::{self, Answer, CHECKED, CONCLUDED, INSPECTION, RELEASED, REVIEW, Said};
use crate::applications::ApplyStep;
use crate::behaviour::Decide;
use crate::keeping::{ListCase, ListState};
use crate::port::Port;
use crate::refusal::Refusal;
use crate::table::Kind;
use crate::tax::{self, Bill};

/// Something that happens later.
#[derive(Clone)]
pub(crate) enum Task {
    /// A receipt goes out.
    Send { dxp_id: String, answer: Answer },
    /// A step of a list, unless another plan was made since.
    List { cop_no: String, plan: u64, step: Step },
    /// A step of a cancellation or return.
    Apply { kind: Kind, key: String, step: ApplyStep },
}

/// A step of a list.
#[derive(Clone)]
pub(crate) enum Step {
    Receive,
    Reject(Refusal),
    /// 300; `auto` when the port itself goes on.
    Review {
        auto: bool,
    },
    /// 500; `auto` when the port itself goes on.
    Inspect {
        auto: bool,
    },
    /// The end of an inspection that is no release.
    Detain(i32),
    Release,
    Conclude,
    Close,
    Bill,
    Summarise,
}

impl Port {
    /// Does what is due, in the order of its times, and sends what comes of it.
    pub(crate) fn run_due(&mut self, now: Timestamp) {
        let mut ready = Vec::new();
        while let Some(entry) = self.tasks.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((due, _), task) = entry.remove_entry();
            match task {
                Task::Send { dxp_id, answer } => ready.push((dxp_id, answer)),
                Task::List { cop_no, plan, step } => {
                    if self.kept.lists.get(&cop_no).is_some_and(|case| case.plan == plan) {
                        self.step(due, &cop_no, step);
                    }
                }
                Task::Apply { kind, key, step } => self.apply_step(due, kind, &key, step),
            }
        }
        self.send(ready);
    }

    /// Plans something for `due`.
    pub(crate) fn at(&mut self, due: Timestamp, task: Task) {
        let serial = self.next_serial();
        self.tasks.insert((due, serial), task);
    }

    /// Plans a step of a list under its present plan.
    pub(crate) fn plan(&mut self, due: Timestamp, cop_no: &str, step: Step) {
        let Some(plan) = self.kept.lists.get(cop_no).map(|case| case.plan) else { return };
        self.at(due, Task::List { cop_no: cop_no.to_owned(), plan, step });
    }

    /// Puts a list into a state and drops what was planned for it.
    pub(crate) fn advance(&mut self, cop_no: &str, state: ListState) {
        if let Some(case) = self.kept.lists.get_mut(cop_no) {
            case.state = state;
            case.plan = case.plan.saturating_add(1);
        }
    }

    /// Says something about a list.
    pub(crate) fn say(&mut self, at: Timestamp, cop_no: &str, status: i32, info: &str) {
        self.say_later(at, at, cop_no, status, info);
    }

    /// Says something that is of `at` and goes out at `due`.
    fn say_later(&mut self, at: Timestamp, due: Timestamp, cop_no: &str, status: i32, info: &str) {
        let Some(case) = self.kept.lists.get(cop_no) else { return };
        let answer = answers::answer(&case.doc, &case.numbers, &Said { at, status, info });
        let dxp_id = case.dxp_id.clone();
        self.schedule(due, &dxp_id, answer);
    }

    fn step(&mut self, at: Timestamp, cop_no: &str, step: Step) {
        match step {
            Step::Receive => self.receive(at, cop_no),
            Step::Reject(refusal) => {
                self.give_back(cop_no);
                self.kept.let_go(cop_no);
                self.advance(cop_no, ListState::Rejected);
                self.say(at, cop_no, refusal.status, &refusal.info);
            }
            Step::Review { auto } => self.review(at, cop_no, auto),
            Step::Inspect { auto } => self.inspect(at, cop_no, auto),
            Step::Detain(status) => {
                if status == 700 {
                    self.give_back(cop_no);
                    self.kept.let_go(cop_no);
                }
                self.advance(cop_no, ListState::Detained);
                self.say(at, cop_no, status, "查验处置");
            }
            Step::Release => self.release(at, cop_no),
            Step::Conclude => self.say(at, cop_no, 399, CONCLUDED),
            Step::Close => {
                if let Some(case) = self.kept.lists.get_mut(cop_no) {
                    case.state = ListState::Closed;
                }
                self.say(at, cop_no, 899, "结关");
            }
            Step::Bill => self.bill(at, cop_no),
            Step::Summarise => self.summarise(at, cop_no),
        }
    }

    /// 120, and what follows it.
    fn receive(&mut self, at: Timestamp, cop_no: &str) {
        let serial = self.next_serial();
        let Some(case) = self.kept.lists.get_mut(cop_no) else { return };
        if case.numbers.invt_no.is_none() {
            let number = answers::invt_no(case.doc.text("customsCode"), at, serial);
            self.kept.by_invt_no.insert(number.clone(), cop_no.to_owned());
            case.numbers.invt_no = Some(number);
        }
        let b = &self.behaviour;
        let next_at = self.later(at, b.decide_ms, cop_no, "decide");
        let next = match b.decide {
            Decide::Inspect => Step::Inspect { auto: false },
            Decide::Review => Step::Review { auto: false },
            Decide::Release if b.hits(b.review_permille, cop_no, "review") => Step::Review { auto: true },
            Decide::Release if b.hits(b.inspect_permille, cop_no, "inspect") => Step::Inspect { auto: true },
            Decide::Release => Step::Release,
        };
        let unknown = b.hits(b.unknown_permille, cop_no, "unknown");
        // Out of order on demand: what is in the receipt stays, only its sending comes after what follows.
        let behind = b.reorder_receipts || b.hits(b.reorder_permille, cop_no, "reorder");
        let behind = next_at.checked_add(SignedDuration::from_millis(1)).ok().filter(|_| behind);
        self.say_later(at, behind.unwrap_or(at), cop_no, 120, CHECKED);
        if unknown {
            self.say(at, cop_no, 1399, "[Code:S999;Desc:口岸自定义状态]");
        }
        self.plan(next_at, cop_no, next);
    }

    fn review(&mut self, at: Timestamp, cop_no: &str, auto: bool) {
        self.hold(cop_no);
        self.say(at, cop_no, 300, REVIEW);
        let b = &self.behaviour;
        let end_at = self.later(at, b.review_ms, cop_no, "review end");
        let rejected = b.hits(b.review_reject_permille, cop_no, "review reject");
        let end = if rejected {
            Step::Reject(Refusal::rejected("S300", "人工审核不通过"))
        } else {
            Step::Release
        };
        if auto {
            self.plan(end_at, cop_no, end);
        }
    }

    fn inspect(&mut self, at: Timestamp, cop_no: &str, auto: bool) {
        self.hold(cop_no);
        self.say(at, cop_no, 500, INSPECTION);
        let b = &self.behaviour;
        let end_at = self.later(at, b.inspect_ms, cop_no, "inspect end");
        let end = b.pick(&b.inspect_ends, cop_no, "inspect ends").copied().unwrap_or(800);
        if auto {
            self.plan(end_at, cop_no, if end == 800 { Step::Release } else { Step::Detain(end) });
        }
    }

    fn hold(&mut self, cop_no: &str) {
        if let Some(case) = self.kept.lists.get_mut(cop_no) {
            case.state = ListState::Held;
        }
    }

    fn release(&mut self, at: Timestamp, cop_no: &str) {
        self.advance(cop_no, ListState::Released);
        let Some(case) = self.kept.lists.get_mut(cop_no) else { return };
        case.released_at = Some(at);
        if case.stocked {
            self.ledger.post_stock(&case.doc);
        }
        self.say(at, cop_no, 800, RELEASED);
        let b = &self.behaviour;
        let concluded = b.hits(b.concluded_permille, cop_no, "concluded");
        let conclude_at = self.later(at, None, cop_no, "conclude");
        let bill_at = b.tax.then(|| self.later(at, b.tax_ms, cop_no, "tax"));
        let close_at = b.close_ms.map(|range| self.later(at, Some(range), cop_no, "close"));
        if concluded {
            self.plan(conclude_at, cop_no, Step::Conclude);
        }
        if let Some(bill_at) = bill_at {
            self.plan(bill_at, cop_no, Step::Bill);
        }
        if let Some(close_at) = close_at {
            self.plan(close_at, cop_no, Step::Close);
        }
    }

    /// Releases what was under review or inspection.
    pub(crate) fn release_held(&mut self, at: Timestamp) {
        let when = self.later(at, None, "", "");
        let held = self.kept.lists.iter().filter(|(_, case)| case.state == ListState::Held);
        let held: Vec<String> = held.map(|(cop_no, _)| cop_no.clone()).collect();
        for cop_no in held {
            self.advance(&cop_no, ListState::Held);
            self.plan(when, &cop_no, Step::Release);
        }
    }

    fn bill(&mut self, at: Timestamp, cop_no: &str) {
        let serial = self.next_serial();
        let Some(case) = self.kept.lists.get_mut(cop_no) else { return };
        let (lines, taxes) = tax::compute(&case.doc, &self.behaviour);
        let tax_no = format!("TX{}_0", case.numbers.invt_no.as_deref().unwrap_or_default());
        let bill = Bill { tax_no, taxes, lines, ent_duty_no: None, status: 1 };
        case.bill = Some(bill.clone());
        let answer = tax::bill_answer(&bill, case, answers::guid(serial), at);
        let dxp_id = case.dxp_id.clone();
        self.schedule(at, &dxp_id, answer);
        if let Some(range) = self.behaviour.summarise_ms {
            let due = self.later(at, Some(range), cop_no, "summarise");
            self.plan(due, cop_no, Step::Summarise);
        }
    }

    fn summarise(&mut self, at: Timestamp, cop_no: &str) {
        let serial = self.next_serial();
        self.bill_status(at, cop_no, |case, bill| {
            bill.status = 2;
            let office = case.doc.text("customsCode");
            bill.ent_duty_no = Some(format!("{office}{:014}", serial % 100_000_000_000_000));
        });
    }

    /// The bill of a list whose goods all came back.
    pub(crate) fn void_bill(&mut self, at: Timestamp, cop_no: &str) {
        self.bill_status(at, cop_no, |_, bill| bill.status = 3);
    }

    fn bill_status(&mut self, at: Timestamp, cop_no: &str, change: impl FnOnce(&ListCase, &mut Bill)) {
        let guid = answers::guid(self.next_serial());
        let Some(case) = self.kept.lists.get_mut(cop_no) else { return };
        let Some(mut bill) = case.bill.take() else { return };
        change(case, &mut bill);
        let answer = tax::status_answer(&bill, case, guid, at);
        case.bill = Some(bill);
        let dxp_id = case.dxp_id.clone();
        self.schedule(at, &dxp_id, answer);
    }
}
