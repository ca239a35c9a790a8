//! Staff mode: parcel label and door; and a look behind doors whose pickup did not end clearly.

use jiff::Timestamp;
use pickup_protocol::kiosk::{
    Deposit, DepositOutcome, DepositPlanReply, DepositPlanRequest, DoorEvent, DoorEventKind, Found,
    Resolution,
};
use pickup_protocol::staff::Scanned;
use pickup_protocol::{DoorNumber, Reason};
use uuid::Uuid;

use crate::command::{Command, Look};
use crate::event::{Action, OpenFailure};
use crate::journal::{OpenDeposit, Record};
use crate::report::{self, planned};
use crate::session::Session;
use crate::state::{Staff, State};

impl Session {
    /// A label was scanned in staff mode; another badge changes who is in it.
    pub(crate) fn label(&mut self, scanned: Scanned) {
        let (State::StaffHome { staff, .. }
        | State::StaffStored { staff, .. }
        | State::StaffList { staff, .. }
        | State::StaffWhy { staff, .. }) = &self.state
        else {
            return;
        };
        let staff = staff.clone();
        let label = match scanned {
            Scanned::Badge(badge) => return self.badge(badge),
            Scanned::Label(waybill) => pickup_protocol::staff::label(&waybill),
            Scanned::Ticket(_) | Scanned::Other => {
                self.enter(State::StaffHome { staff, problem: Some(Reason::LabelUnknown) });
                return;
            }
        };
        let ask = self.id();
        let doors = self.shut_doors();
        self.push(Command::AskPlan(DepositPlanRequest {
            request_id: ask,
            badge: staff.badge.clone(),
            label,
            doors,
        }));
        self.enter(State::StaffPlanning { staff, ask });
    }

    pub(crate) fn planned(&mut self, answer_to: Uuid, answer: Option<DepositPlanReply>) {
        let State::StaffPlanning { staff, ask } = &self.state else { return };
        if *ask != answer_to {
            return;
        }
        let staff = staff.clone();
        let problem = match answer {
            None => Reason::Offline,
            Some(DepositPlanReply::Refused { reason }) => reason,
            // The report that it lies here has not reached the backend yet.
            Some(DepositPlanReply::Door { pickup, .. }) if self.stored.contains(&pickup) => {
                Reason::AlreadyStored
            }
            Some(plan @ DepositPlanReply::Door { .. }) => return self.begin_deposit(staff, answer_to, plan),
        };
        self.enter(State::StaffHome { staff, problem: Some(problem) });
    }

    fn begin_deposit(&mut self, staff: Staff, request_id: Uuid, plan: DepositPlanReply) {
        let (Some((_, _, door)), Some(at)) = (planned(&plan), self.now.wall) else {
            self.enter(State::StaffHome { staff, problem: Some(Reason::Offline) });
            return;
        };
        let deposit = OpenDeposit {
            deposit_id: self.id(),
            request_id,
            badge: staff.badge.clone(),
            name: staff.name.clone(),
            plan,
            cancelled: false,
            door_events: vec![DoorEvent { door, kind: DoorEventKind::Intent, at }],
        };
        let write = self.write(vec![Record::DepositBegun(Box::new(deposit.clone()))]);
        self.enter(State::StaffIntending { staff, deposit, write });
    }

    /// Whether the action belonged to staff mode.
    pub(crate) fn staff_touched(&mut self, action: Action) -> bool {
        match (action, &mut self.state) {
            (Action::StaffOpen, State::StaffLook { step: Look::Open, .. }) => self.look(),
            (Action::GoodsTaken, State::StaffLook { step: step @ Look::Decide, found, .. }) => {
                (*step, *found) = (Look::Close, Some(Found::GoodsTaken));
            }
            (Action::GoodsInside, State::StaffLook { step: step @ Look::Decide, found, .. }) => {
                (*step, *found) = (Look::Close, Some(Found::GoodsInside));
            }
            (Action::Cancel, State::StaffLook { step: Look::Open, .. }) => self.staff_home(None),
            (Action::Cancel, State::StaffPlace { deposit, .. }) if !deposit.cancelled => {
                deposit.cancelled = true;
                if let Some((pickup, _, _)) = planned(&deposit.plan) {
                    let record = Record::DepositCancelled { deposit: deposit.deposit_id, pickup };
                    self.write(vec![record]);
                }
            }
            (Action::OpenAgain, State::StaffPlace { staff, deposit, .. })
                if !self.resumed && !deposit.cancelled =>
            {
                let (staff, mut deposit) = (staff.clone(), deposit.clone());
                if let (Some((_, _, door)), Some(at)) = (planned(&deposit.plan), self.now.wall) {
                    let event = DoorEvent { door, kind: DoorEventKind::Intent, at };
                    deposit.door_events.push(event.clone());
                    let write = self.write(vec![Record::DepositDoor { deposit: deposit.deposit_id, event }]);
                    self.enter(State::StaffIntending { staff, deposit, write });
                }
            }
            (Action::Finish, State::StaffStored { .. }) => self.staff_home(None),
            _ => {
                return self.menu_touched(action) || self.opening_touched(action) || self.pin_touched(action);
            }
        }
        true
    }

    fn look(&mut self) {
        let Some(at) = self.now.wall else { return };
        let State::StaffLook { case, .. } = &self.state else { return };
        let record = Record::LookIntent { pickup: case.pickup, door: case.door, at };
        let number = self.write(vec![record]);
        if let State::StaffLook { step, write, .. } = &mut self.state {
            (*step, *write) = (Look::Opening, Some(number));
            self.since = self.now.mono;
        }
    }

    /// A door moved while staff are at work.
    pub(crate) fn staff_door(&mut self, door: DoorNumber, open: bool) {
        let at = self.now.wall.unwrap_or(Timestamp::UNIX_EPOCH);
        match &mut self.state {
            State::StaffOpening { staff, deposit } if open && is_door(deposit, door) => {
                let (staff, deposit) = (staff.clone(), deposit.clone());
                let deposit =
                    self.deposit_event(deposit, DoorEvent { door, kind: DoorEventKind::Opened, at });
                self.enter(State::StaffPlace { staff, deposit, ajar: false });
            }
            State::StaffPlace { staff, deposit, .. } if !open && is_door(deposit, door) => {
                let (staff, deposit) = (staff.clone(), deposit.clone());
                let cancelled = deposit.cancelled;
                let deposit =
                    self.deposit_event(deposit, DoorEvent { door, kind: DoorEventKind::Closed, at });
                let outcome = if cancelled { DepositOutcome::NotStored } else { DepositOutcome::Stored };
                let problem = cancelled.then_some(Reason::DepositCancelled);
                self.end_deposit(staff, &deposit, outcome, problem);
            }
            State::StaffLook { case, step, .. } if case.door == door => match (*step, open) {
                // Also by hand, with the key, when the lock is stuck.
                (Look::Opening | Look::Open, true) => *step = Look::Decide,
                (Look::Close, false) => self.resolve(at),
                (Look::Decide, false) => {
                    *step = Look::Open;
                    self.since = self.now.mono;
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn resolve(&mut self, at: Timestamp) {
        let id = self.id();
        let State::StaffLook { staff, case, found: Some(found), .. } = &mut self.state else { return };
        let resolution = Resolution {
            resolution_id: id,
            badge: staff.badge.clone(),
            pickup: case.pickup,
            found: *found,
            at,
        };
        let (pickup, found) = (case.pickup, *found);
        staff.attention.retain(|a| a.pickup != pickup);
        let staff = staff.clone();
        self.unclear.remove(&pickup);
        if found == Found::GoodsTaken {
            self.collected.insert(pickup, at);
        }
        let write = self.write(vec![Record::Resolved(Box::new(resolution))]);
        self.enter(State::StaffEnding { staff, stored: None, problem: None, write });
    }

    fn deposit_event(&mut self, mut deposit: OpenDeposit, event: DoorEvent) -> OpenDeposit {
        deposit.door_events.push(event.clone());
        self.write(vec![Record::DepositDoor { deposit: deposit.deposit_id, event }]);
        deposit
    }

    pub(crate) fn mark_stored(&mut self, report: &Deposit) {
        if report.outcome == DepositOutcome::Stored {
            self.stored.insert(report.pickup);
            self.unclear.remove(&report.pickup);
            self.collected.remove(&report.pickup);
        }
    }

    fn end_deposit(
        &mut self,
        mut staff: Staff,
        open: &OpenDeposit,
        outcome: DepositOutcome,
        problem: Option<Reason>,
    ) {
        let stored = planned(&open.plan)
            .filter(|_| outcome == DepositOutcome::Stored)
            .map(|(_, waybill, door)| (waybill.to_owned(), door));
        let Some(report) = report::deposit(open, outcome, self.now.wall) else { return };
        self.mark_stored(&report);
        staff.work.taken.extend(stored.as_ref().map(|(_, door)| *door));
        let write = self.write(vec![Record::Deposited(Box::new(report))]);
        self.enter(State::StaffEnding { staff, stored, problem, write });
    }

    pub(crate) fn staff_open_failed(&mut self, door: DoorNumber, kind: OpenFailure) {
        let at = self.now.wall.unwrap_or(Timestamp::UNIX_EPOCH);
        match &mut self.state {
            State::StaffOpening { staff, deposit } if is_door(deposit, door) => {
                let (staff, deposit) = (staff.clone(), deposit.clone());
                let kind = if kind == OpenFailure::Unknown {
                    DoorEventKind::Unknown
                } else {
                    DoorEventKind::NotDetected
                };
                let opened = deposit.door_events.iter().any(|e| e.kind == DoorEventKind::Opened);
                let deposit = self.deposit_event(deposit, DoorEvent { door, kind, at });
                if opened {
                    // It has stood open, so the parcel may lie inside: only shutting it ends this.
                    self.enter(State::StaffPlace { staff, deposit, ajar: true });
                    if self.doors.get(&door) == Some(&false) {
                        self.staff_door(door, false);
                    }
                } else {
                    self.end_deposit(
                        staff,
                        &deposit,
                        DepositOutcome::NotStored,
                        Some(Reason::DoorDidNotOpen),
                    );
                }
            }
            State::StaffLook { case, step: step @ Look::Opening, .. } if case.door == door => {
                *step = Look::Open;
                self.since = self.now.mono;
            }
            _ => {}
        }
    }

    /// Back to the start of staff mode.
    pub(crate) fn staff_home(&mut self, problem: Option<Reason>) {
        let staff = match &self.state {
            State::StaffHome { staff, .. }
            | State::StaffEnding { staff, .. }
            | State::StaffStored { staff, .. }
            | State::StaffList { staff, .. }
            | State::StaffWhy { staff, .. }
            | State::StaffSecond { staff, .. }
            | State::StaffRequesting { staff, .. }
            | State::StaffSlip { staff, .. }
            | State::StaffPrinting { staff, .. }
            | State::StaffLook { staff, .. } => staff.clone(),
            State::StaffPin { second: Some(second), .. } => second.0.clone(),
            _ => return self.home(),
        };
        self.enter(State::StaffHome { staff, problem });
    }
}

pub(crate) fn is_door(deposit: &OpenDeposit, door: DoorNumber) -> bool {
    planned(&deposit.plan).is_some_and(|(_, _, planned)| planned == door)
}
