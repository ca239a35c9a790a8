//! What happens by itself: when something is due in each state, and what it is.

use std::time::Duration;

use pickup_protocol::Reason;

use pickup_protocol::Language;
use pickup_protocol::kiosk::HandoverOutcome;

use crate::command::{Display, Look, Whereabouts};
use crate::event::{OpenFailure, Trouble};
use crate::report::planned;
use crate::session::{Overlay, Session};
use crate::state::State;

impl Session {
    /// When something is due by itself in this state.
    pub(crate) fn due(&self) -> Option<Duration> {
        let after = |wait: Duration| Some(self.since + wait);
        match &self.state {
            State::Typing { .. }
            | State::PresentCard { .. }
            | State::Review { .. }
            | State::StaffHome { .. }
            | State::StaffPin { .. }
            | State::StaffSecond { .. }
            | State::StaffList { .. }
            | State::StaffWhy { .. } => {
                let quiet = self.touched + self.config.idle_after;
                match self.overlay {
                    Some(Overlay::StillThere) => Some(quiet + self.config.warn_for),
                    Some(Overlay::Help) => Some(quiet + self.config.idle_after),
                    _ => Some(quiet),
                }
            }
            State::LookingUp { .. }
            | State::Granting { .. }
            | State::StaffAsking { .. }
            | State::StaffPlanning { .. }
            | State::Recording { .. }
            | State::Intending { .. }
            | State::Opening { unsure: false, .. }
            | State::Ending { .. }
            | State::StaffIntending { .. }
            | State::StaffOpening { .. }
            | State::StaffRequesting { .. }
            | State::StaffUnlocking { .. }
            | State::StaffUnlocked { .. }
            | State::StaffSlip { .. }
            | State::StaffEnding { .. }
            | State::StaffLook { step: Look::Opening, .. } => after(self.config.answer_for),
            State::Opening { unsure: true, .. } => after(self.config.contact_for),
            State::Printing { .. } | State::StaffPrinting { .. } => after(self.config.printer_for),
            State::PrinterTrouble { retry_at, .. } => retry_at.or(after(self.printer_patience())),
            State::TakeGoods { ajar: false, .. }
            | State::StaffPlace { ajar: false, .. }
            | State::StaffInside { ajar: false, shut: false, .. } => after(self.config.ajar_after),
            State::Done { .. } if self.overlay.is_some() => Some(self.touched + self.config.idle_after),
            // How to get there takes longer to read than that it is done.
            State::Refused(refusal)
                if refusal.collected_at.is_none() && refusal.whereabouts != Whereabouts::default() =>
            {
                Some(self.touched + self.config.idle_after)
            }
            State::Done { .. } | State::Refused(_) | State::StaffStored { .. } => {
                Some(self.touched + self.config.farewell_for)
            }
            State::StaffLook { step: Look::Open, .. } | State::StaffInside { shut: true, .. } => {
                after(self.config.idle_after)
            }
            State::Service(service) => Some(self.service_due(service)),
            // Whoever asked for help, the other language or larger letters and went away.
            State::Idle
                if self.overlay.is_some()
                    || self.language != Language::default()
                    || self.display != Display::default() =>
            {
                Some(self.touched + self.config.idle_after)
            }
            _ => None,
        }
    }

    /// Whether the seconds until then are shown.
    pub(crate) fn counts_down(&self) -> bool {
        matches!(self.overlay, Some(Overlay::StillThere))
            || self.closing_in().is_some_and(|left| left <= self.config.staff_warn_for)
            || (self.overlay.is_none()
                && matches!(self.state, State::Done { .. } | State::Refused(_) | State::StaffStored { .. }))
    }

    /// In how long staff mode closes by itself, when nothing but a person's touch keeps it open.
    fn closing_in(&self) -> Option<Duration> {
        let closes = match &self.state {
            State::StaffHome { .. }
            | State::StaffPin { .. }
            | State::StaffSecond { .. }
            | State::StaffList { .. }
            | State::StaffWhy { .. } => true,
            State::Service(service) => service.change.is_none(),
            _ => false,
        };
        self.due().filter(|_| closes).map(|due| due.saturating_sub(self.now.mono))
    }

    /// When the seconds until staff mode closes begin to be counted, if they do not yet.
    pub(crate) fn warns_at(&self) -> Option<Duration> {
        let quiet = self.closing_in()?.checked_sub(self.config.staff_warn_for)?;
        (!quiet.is_zero()).then(|| self.now.mono + quiet)
    }

    pub(crate) fn seconds_left(&self) -> Option<u16> {
        let left = self.due().filter(|_| self.counts_down())?.saturating_sub(self.now.mono);
        u16::try_from(left.as_millis().div_ceil(1000)).ok()
    }

    pub(crate) fn timeout(&mut self) {
        match (&self.state, self.overlay) {
            (
                State::Typing { .. } | State::PresentCard { .. } | State::Review { .. },
                None | Some(Overlay::Limit),
            ) => {
                self.overlay = Some(Overlay::StillThere);
            }
            (State::LookingUp { .. }, _) => self.lookup_failed(),
            (State::Granting { grant, .. }, _) => {
                let grant = *grant;
                self.granted(grant, None);
            }
            (State::StaffPlanning { ask, .. }, _) => {
                let ask = *ask;
                self.planned(ask, None);
            }
            (State::StaffAsking { .. }, _) => self.badge_unanswered(),
            (State::Service(_), _) => self.service_timeout(),
            (State::PrinterTrouble { .. }, _) => self.printer_timeout(),
            (State::StaffRequesting { wanted, .. }, _) => {
                let ask = wanted.opening_id;
                self.opening_answer(ask, None);
            }
            (State::StaffSlip { ask, .. }, _) => {
                let ask = *ask;
                self.slip_answer(ask, None);
            }
            (State::StaffPrinting { .. }, _) => self.staff_home(Some(Reason::SlipNotPrinted)),
            (State::StaffInside { shut: true, .. }, _) => self.opening_unsaid(),
            (State::TakeGoods { .. } | State::StaffPlace { .. } | State::StaffInside { .. }, _) => {
                self.door_ajar();
            }
            (State::StaffStored { .. } | State::StaffLook { step: Look::Open, .. }, _) => {
                self.staff_home(None);
            }
            _ => self.give_up_waiting(),
        }
    }

    /// Something that always answers did not: the least is assumed of it.
    fn give_up_waiting(&mut self) {
        match &self.state {
            State::Printing { job, .. } => {
                let job = *job;
                self.print_failed(job, true, Trouble::Offline);
            }
            State::Opening { pickup, index, .. } => {
                if let Some(&door) = pickup.offer.doors.get(*index) {
                    self.open_failed(door, OpenFailure::Unknown);
                }
            }
            State::StaffOpening { deposit, .. } => {
                if let Some((_, _, door)) = planned(&deposit.plan) {
                    self.open_failed(door, OpenFailure::Unknown);
                }
            }
            State::StaffUnlocked { open, .. } => {
                let door = open.door;
                self.open_failed(door, OpenFailure::Unknown);
            }
            State::StaffLook { case, .. } => {
                let door = case.door;
                self.open_failed(door, OpenFailure::Unknown);
            }
            State::Recording { .. }
            | State::Intending { .. }
            | State::Ending { .. }
            | State::StaffIntending { .. }
            | State::StaffUnlocking { .. }
            | State::StaffEnding { .. } => self.journal_failed(),
            _ => self.home(),
        }
    }

    /// Whether a pickup that ended like this must be looked at before the goods are handed out again.
    pub(crate) fn mark(&mut self, pickup: pickup_protocol::PickupNumber, outcome: HandoverOutcome) {
        match outcome {
            HandoverOutcome::Unknown => self.unclear.insert(pickup),
            HandoverOutcome::Taken => self.unclear.remove(&pickup),
        };
    }
}
