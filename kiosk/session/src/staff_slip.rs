//! Staff print the slip of a handover that ended without one.

use pickup_protocol::work::{SlipPrinted, SlipReply, SlipRequest};
use pickup_protocol::{PickupNumber, Reason};
use uuid::Uuid;

use crate::command::{Command, SlipJob};
use crate::journal::Record;
use crate::session::Session;
use crate::state::{LateSlip, Staff, State};

impl Session {
    pub(crate) fn want_slip(&mut self, staff: Staff, pickup: PickupNumber) {
        let ask = self.id();
        let request = SlipRequest { badge: staff.badge.clone(), pickup };
        self.push(Command::AskSlip { ask, request });
        self.enter(State::StaffSlip { staff, pickup, ask });
    }

    pub(crate) fn slip_answer(&mut self, answer_to: Uuid, answer: Option<SlipReply>) {
        let State::StaffSlip { staff, pickup, ask } = &self.state else { return };
        if *ask != answer_to {
            return;
        }
        let (staff, pickup) = (staff.clone(), *pickup);
        match answer {
            None => self.back_home(staff, Some(Reason::StaffOffline)),
            Some(SlipReply::Refused { reason }) => self.back_home(staff, Some(reason)),
            Some(SlipReply::Owed { offer, slip }) if offer.pickup == pickup => {
                let slips = self.slips.entry(pickup).or_default();
                let copy = slips.possible > 0;
                slips.possible = slips.possible.saturating_add(1);
                let write = self.write(vec![Record::SlipIntent { pickup }]);
                let slip = Box::new(LateSlip { offer, slip, copy, write, job: None });
                self.enter(State::StaffPrinting { staff, slip });
            }
            Some(SlipReply::Owed { .. }) => self.back_home(staff, Some(Reason::RequestConflict)),
        }
    }

    /// The intent is on the disk.
    pub(crate) fn print_late(&mut self) {
        let job = self.number();
        let State::StaffPrinting { slip, .. } = &mut self.state else { return };
        slip.job = Some(job);
        let (offer, number, copy) = (slip.offer.clone(), slip.slip.clone(), slip.copy);
        self.unanswered.insert(job, offer.pickup);
        self.push(Command::Print(Box::new(SlipJob { job, offer, slip: number, copy })));
    }

    /// It came out, whole.
    pub(crate) fn late_printed(&mut self) {
        let report_id = self.id();
        let State::StaffPrinting { staff, slip } = &self.state else { return };
        let (mut staff, slip) = (staff.clone(), slip.clone());
        let pickup = slip.offer.pickup;
        let slips = self.slips.entry(pickup).or_default();
        slips.printed = slips.printed.saturating_add(1);
        staff.work.owed.retain(|owed| owed.pickup != pickup);
        let report = SlipPrinted {
            report_id,
            badge: staff.badge.clone(),
            pickup,
            copy: slip.copy,
            at: self.wall_or(None),
        };
        let write =
            self.write(vec![Record::SlipPrinted { pickup }, Record::OwedSlipPrinted(Box::new(report))]);
        self.enter(State::StaffEnding { staff, stored: None, problem: None, write });
    }
}
