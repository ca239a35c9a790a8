//! Staff open one door with a reason: authorised by the backend, journalled before the pulse and reported after.
//!
//! While the backend is away only a door behind which nothing can lie is opened, and that is reported later, once.

use jiff::Timestamp;
use pickup_protocol::kiosk::{Attention, DoorEvent, DoorEventKind};
use pickup_protocol::work::{
    Behind, Credential, Opening, OpeningOutcome, OpeningReply, OpeningRequest, Purpose, Wish,
};
use pickup_protocol::{DoorNumber, Reason};
use uuid::Uuid;

use crate::command::Command;
use crate::event::{Action, OpenFailure};
use crate::journal::{OpenOpening, Record, not_there};
use crate::session::Session;
use crate::state::{Staff, State, Wanted};

impl Session {
    /// Staff want this door open.
    pub(crate) fn want_opening(&mut self, staff: Staff, door: DoorNumber, purpose: Purpose) {
        let wanted = Wanted { opening_id: self.id(), door, purpose };
        if self.lock_up {
            self.ask_opening(staff, wanted, None);
        } else {
            self.back_home(staff, Some(Reason::DoorDidNotOpen));
        }
    }

    pub(crate) fn ask_opening(&mut self, staff: Staff, wanted: Wanted, second: Option<Credential>) {
        let with = second.as_ref().map(|second| second.badge.clone());
        self.push(Command::AskOpening(OpeningRequest {
            opening_id: wanted.opening_id,
            badge: staff.badge.clone(),
            door: wanted.door,
            purpose: wanted.purpose,
            second,
        }));
        self.enter(State::StaffRequesting { staff, wanted, second: with });
    }

    pub(crate) fn opening_answer(&mut self, answer_to: Uuid, answer: Option<OpeningReply>) {
        let State::StaffRequesting { staff, wanted, second } = &self.state else { return };
        if wanted.opening_id != answer_to {
            return;
        }
        let (staff, wanted, second) = (staff.clone(), wanted.clone(), second.clone());
        match (answer, second) {
            (Some(OpeningReply::Granted { parcel }), _) => {
                let id = Some(wanted.opening_id);
                self.unlock(staff, &wanted, id, parcel);
            }
            (Some(OpeningReply::SecondNeeded), _) => {
                self.enter(State::StaffSecond { staff, wanted, problem: None });
            }
            (Some(OpeningReply::SecondPin { problem }), Some(badge)) => {
                self.want_pin(badge, problem, Some(Box::new((staff, wanted))));
            }
            // Of the second person; the first one may bring another.
            (Some(OpeningReply::Refused { reason }), Some(_)) => {
                self.enter(State::StaffSecond { staff, wanted, problem: Some(reason) });
            }
            (Some(OpeningReply::Refused { reason }), None) => self.back_home(staff, Some(reason)),
            (Some(OpeningReply::SecondPin { .. }), None) => {
                self.back_home(staff, Some(Reason::RequestConflict));
            }
            (None, None) if self.surely_empty(&staff, &wanted) => self.unlock(staff, &wanted, None, None),
            (None, _) => self.back_home(staff, Some(Reason::StaffOffline)),
        }
    }

    /// Whether nothing can lie behind the door, as far as a kiosk can know while the backend is away.
    fn surely_empty(&self, staff: &Staff, wanted: &Wanted) -> bool {
        wanted.purpose != Purpose::Removal
            && self.manifest.is_some()
            && self.stored.is_empty()
            && !self.may_hold(staff, wanted.door)
    }

    /// Two people at the console want a door open: from here on as any opening by staff, but staff mode does not follow. A
    /// kiosk that cannot do it now says that the door did not open; it is not done later.
    pub(crate) fn wish(&mut self, wish: Wish) {
        let Wish { opening_id, door, purpose, parcel, by } = wish;
        let staff = Staff { badge: String::new(), name: by, attention: Vec::new(), work: Default::default() };
        let wanted = Wanted { opening_id, door, purpose };
        let can = matches!(self.state, State::Idle)
            && self.journal_good == Some(true)
            && self.now.wall.is_some()
            && self.lock_up
            && self.config.doors.iter().any(|offer| offer.door == door);
        if can {
            self.resumed = false;
            return self.unlock(staff, &wanted, Some(opening_id), parcel);
        }
        let open = OpenOpening {
            report_id: self.id(),
            opening_id: Some(opening_id),
            badge: staff.badge,
            name: staff.name,
            door,
            purpose,
            parcel,
            answer: None,
            door_events: Vec::new(),
        };
        let report = self.opening_report(&open, OpeningOutcome::NotOpened);
        self.write(vec![Record::OpeningEnded(Box::new(report))]);
    }

    fn unlock(&mut self, staff: Staff, wanted: &Wanted, id: Option<Uuid>, parcel: Option<Behind>) {
        let Some(at) = self.now.wall else { return self.back_home(staff, Some(Reason::StaffOffline)) };
        let (door, purpose) = (wanted.door, wanted.purpose);
        let open = OpenOpening {
            report_id: self.id(),
            opening_id: id,
            badge: staff.badge.clone(),
            name: staff.name.clone(),
            door,
            purpose,
            parcel,
            answer: None,
            door_events: vec![DoorEvent { door, kind: DoorEventKind::Intent, at }],
        };
        let write = self.write(vec![Record::OpeningBegun(Box::new(open.clone()))]);
        self.enter(State::StaffUnlocking { staff, open, write });
    }

    /// Whether the action was an answer to what became of the parcel.
    pub(crate) fn opening_touched(&mut self, action: Action) -> bool {
        let outcome = match action {
            Action::TakenOut => OpeningOutcome::TakenOut,
            Action::StillInside => OpeningOutcome::Inside,
            Action::NothingInside => OpeningOutcome::Empty,
            _ => return false,
        };
        let resumed = self.resumed;
        let State::StaffInside { staff, open, shut, .. } = &mut self.state else { return false };
        if open.parcel.is_some() && open.answer.is_none() && !resumed {
            open.answer = Some(outcome);
            let (staff, open, shut) = (staff.clone(), open.clone(), *shut);
            self.write(vec![Record::OpeningAnswered { report: open.report_id, outcome }]);
            if shut {
                self.end_opening(staff, &open, outcome, None);
            }
        }
        true
    }

    /// A door moved while staff have one open.
    pub(crate) fn opening_door(&mut self, door: DoorNumber, now_open: bool) {
        match &self.state {
            State::StaffUnlocked { staff, open } if now_open && open.door == door => {
                let (staff, mut open) = (staff.clone(), open.clone());
                self.opening_event(&mut open, DoorEventKind::Opened);
                self.enter(State::StaffInside { staff, open, ajar: false, shut: false });
            }
            State::StaffInside { staff, open, shut: false, .. } if !now_open && open.door == door => {
                let (staff, mut open) = (staff.clone(), open.clone());
                self.opening_event(&mut open, DoorEventKind::Closed);
                match (&open.parcel, open.answer) {
                    (None, _) => self.end_opening(staff, &open, OpeningOutcome::Shut, None),
                    (Some(_), Some(answer)) => self.end_opening(staff, &open, answer, None),
                    (Some(_), None) => {
                        self.enter(State::StaffInside { staff, open, ajar: false, shut: true });
                        if self.resumed {
                            self.opening_unsaid();
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Nobody said what became of the parcel, and the door is shut: somebody looks again.
    pub(crate) fn opening_unsaid(&mut self) {
        let State::StaffInside { staff, open, .. } = &self.state else { return };
        let (staff, open) = (staff.clone(), open.clone());
        self.push(Command::CallStaff("DOOR_UNKNOWN"));
        self.end_opening(staff, &open, OpeningOutcome::Unclear, None);
    }

    pub(crate) fn opening_failed(&mut self, door: DoorNumber, kind: OpenFailure) {
        let State::StaffUnlocked { staff, open } = &self.state else { return };
        if open.door != door {
            return;
        }
        let (staff, mut open) = (staff.clone(), open.clone());
        let (event, outcome) = match kind {
            OpenFailure::Unknown if open.parcel.is_some() => {
                (DoorEventKind::Unknown, OpeningOutcome::Unclear)
            }
            OpenFailure::Unknown => (DoorEventKind::Unknown, OpeningOutcome::NotOpened),
            OpenFailure::NotSent | OpenFailure::NotDetected => {
                (DoorEventKind::NotDetected, OpeningOutcome::NotOpened)
            }
        };
        self.opening_event(&mut open, event);
        self.end_opening(staff, &open, outcome, Some(Reason::DoorDidNotOpen));
    }

    fn opening_event(&mut self, open: &mut OpenOpening, kind: DoorEventKind) {
        let at = self.wall_or(open.door_events.last().map(|event| event.at));
        let event = DoorEvent { door: open.door, kind, at };
        open.door_events.push(event.clone());
        self.write(vec![Record::OpeningDoor { report: open.report_id, event }]);
    }

    fn end_opening(
        &mut self,
        mut staff: Staff,
        open: &OpenOpening,
        outcome: OpeningOutcome,
        problem: Option<Reason>,
    ) {
        let report = self.opening_report(open, outcome);
        if let Some(pickup) = report.pickup.filter(|_| outcome != OpeningOutcome::NotOpened) {
            let gone = matches!(outcome, OpeningOutcome::TakenOut | OpeningOutcome::Empty);
            let listed = !gone && outcome != OpeningOutcome::Unclear;
            staff.work.removals.retain(|removal| removal.pickup != pickup || listed);
            staff.work.taken.retain(|door| *door != open.door || !gone);
        }
        if let (OpeningOutcome::Unclear, Some(parcel)) = (outcome, &open.parcel) {
            // Whoever is here may look at once.
            let (pickup, waybill, door) = (parcel.pickup, parcel.waybill.clone(), open.door);
            staff.attention.push(Attention { pickup, waybill, door });
        }
        let write = self.write(vec![Record::OpeningEnded(Box::new(report))]);
        self.enter(State::StaffEnding { staff, stored: None, problem, write });
    }

    /// The report; from here on its parcel is not handed out when it is not there, or when nobody knows.
    fn opening_report(&mut self, open: &OpenOpening, outcome: OpeningOutcome) -> Opening {
        let completed_at: Timestamp = self.wall_or(open.door_events.last().map(|event| event.at));
        let report = Opening {
            report_id: open.report_id,
            opening_id: open.opening_id,
            badge: open.badge.clone(),
            door: open.door,
            purpose: open.purpose,
            pickup: open.parcel.as_ref().map(|parcel| parcel.pickup),
            door_events: open.door_events.clone(),
            outcome,
            completed_at,
        };
        self.unclear.extend(not_there(&report));
        report
    }

    /// After a restart: a door that stands open goes on, one that is shut says as much as staff had said.
    pub(crate) fn resume_opening(&mut self, mut open: OpenOpening) {
        let seen = open.door_events.iter().any(|event| event.kind == DoorEventKind::Opened);
        if self.doors.get(&open.door) == Some(&true) {
            if !seen {
                self.opening_event(&mut open, DoorEventKind::Opened);
            }
            let (badge, name) = (open.badge.clone(), open.name.clone());
            let staff = Staff { badge, name, attention: Vec::new(), work: Default::default() };
            self.enter(State::StaffInside { staff, open, ajar: false, shut: false });
            return;
        }
        let kind = if seen { DoorEventKind::Closed } else { DoorEventKind::Unknown };
        self.opening_event(&mut open, kind);
        let outcome = match (&open.parcel, open.answer) {
            (None, _) if seen => OpeningOutcome::Shut,
            (_, Some(answer)) => answer,
            _ => OpeningOutcome::Unclear,
        };
        let report = self.opening_report(&open, outcome);
        self.write(vec![Record::OpeningEnded(Box::new(report))]);
    }
}
