//! The release slip: printed once, and again only with the word COPY.

use std::time::Duration;

use crate::command::{Command, SlipJob};
use crate::event::Trouble;
use crate::journal::{OpenPickup, Record};
use crate::service::Sample;
use crate::session::Session;
use crate::state::State;
use pickup_protocol::{PickupNumber, Reason};

/// Slips asked for in one pickup; then staff take over.
const SLIPS_AT_MOST: u8 = 5;

impl Session {
    pub(crate) fn print(&mut self, pickup: OpenPickup, copy: bool) {
        let job = self.number();
        self.unanswered.insert(job, pickup.offer.pickup);
        self.push(Command::Print(Box::new(SlipJob {
            job,
            offer: pickup.offer.clone(),
            slip: pickup.slip.clone(),
            copy,
        })));
        self.enter(State::Printing { pickup, copy, job });
    }

    pub(crate) fn printed(&mut self, done: u64) {
        if self.sample_ended(done, Sample::Printed) {
            return;
        }
        self.unanswered.remove(&done);
        if matches!(&self.state, State::StaffPrinting { slip, .. } if slip.job == Some(done)) {
            return self.late_printed();
        }
        let (mut pickup, copy) = match &self.state {
            State::Printing { pickup, copy, job } if *job == done => (pickup.clone(), *copy),
            State::PrinterTrouble { pickup, copy, late: Some(late), .. } if *late == done => {
                (pickup.clone(), *copy)
            }
            _ => return,
        };
        pickup.slips_printed = pickup.slips_printed.saturating_add(1);
        let number = pickup.offer.pickup;
        let slips = self.slips.entry(number).or_default();
        slips.printed = slips.printed.saturating_add(1);
        self.intend_after(vec![Record::SlipPrinted { pickup: number }], pickup, copy, 0, false);
    }

    pub(crate) fn print_answered(&mut self, failed: u64, sent: bool, trouble: Trouble) {
        if self.sample_ended(failed, Sample::Failed { sent, trouble }) {
            return;
        }
        let pickup = self.unanswered.remove(&failed);
        let waited_for = match &self.state {
            State::Printing { job, .. } => *job == failed,
            State::PrinterTrouble { late, .. } => *late == Some(failed),
            State::StaffPrinting { slip, .. } if slip.job == Some(failed) => {
                self.staff_home(Some(Reason::SlipNotPrinted));
                false
            }
            _ => false,
        };
        match pickup {
            // Of a pickup that was given up: the next slip need not say COPY for this one.
            Some(pickup) if !waited_for && !sent => self.not_sent(pickup),
            _ => self.print_failed(failed, sent, trouble),
        }
    }

    pub(crate) fn print_failed(&mut self, failed: u64, sent: bool, trouble: Trouble) {
        if let State::PrinterTrouble { pickup, late, .. } = &mut self.state
            && *late == Some(failed)
            && !sent
        {
            // It was waited for in vain; now the printer says that nothing of it will come.
            *late = None;
            let number = pickup.offer.pickup;
            self.not_sent(number);
            return;
        }
        let State::Printing { pickup, copy, job } = &self.state else { return };
        if *job != failed {
            return;
        }
        let (pickup, copy) = (pickup.clone(), *copy);
        let number = pickup.offer.pickup;
        if !sent {
            self.not_sent(number);
        }
        self.push(Command::CallStaff("PRINTER"));
        // A printer that says it is well is asked again after a while; one that says what is wrong, when that is mended.
        let retry_at = self.printer_trouble.is_none().then(|| self.now.mono + self.config.late_slip_for);
        self.enter(State::PrinterTrouble { pickup, copy, trouble, late: sent.then_some(failed), retry_at });
    }

    fn not_sent(&mut self, pickup: PickupNumber) {
        let slips = self.slips.entry(pickup).or_default();
        slips.possible = slips.possible.saturating_sub(1);
        self.write(vec![Record::SlipNotSent { pickup }]);
    }

    pub(crate) fn printer(&mut self, now_wrong: Option<Trouble>) {
        self.printer_trouble = now_wrong;
        let (mono, wait) = (self.now.mono, self.config.late_slip_for);
        let State::PrinterTrouble { trouble, late, retry_at, .. } = &mut self.state else { return };
        match now_wrong {
            Some(wrong) => {
                *trouble = wrong;
                *retry_at = None;
            }
            None if retry_at.is_none() => *retry_at = Some(if late.is_some() { mono + wait } else { mono }),
            None => {}
        }
    }

    /// How long a printer in trouble is waited for.
    pub(crate) fn printer_patience(&self) -> Duration {
        let usual = self.config.printer_for;
        self.config.slip_may_follow_after.map_or(usual, |wait| wait.min(usual))
    }

    /// The printer works again and the slip did not come by itself, or it did not recover in time.
    pub(crate) fn printer_timeout(&mut self) {
        let State::PrinterTrouble { pickup, copy, retry_at, .. } = &self.state else { return };
        if retry_at.is_none() || self.slips_asked >= SLIPS_AT_MOST {
            if self.config.slip_may_follow_after.is_some() {
                let (pickup, copy) = (pickup.clone(), *copy);
                return self.intend(pickup, copy, 0, false);
            }
            // No door was to be opened yet: the same ticket begins again, unless one stands open all the same.
            let (pickup, copy) = (pickup.clone(), *copy);
            if self.stands_open(&pickup) {
                self.push(Command::CallStaff("DOOR_UNKNOWN"));
            }
            return self.give_up(Vec::new(), pickup, copy);
        }
        let pickup = pickup.clone();
        self.slips_asked = self.slips_asked.saturating_add(1);
        let slips = self.slips.entry(pickup.offer.pickup).or_default();
        let copy = slips.possible > 0;
        slips.possible = slips.possible.saturating_add(1);
        let write = self.write(vec![Record::SlipIntent { pickup: pickup.offer.pickup }]);
        self.enter(State::Recording { pickup, copy, write });
    }
}
