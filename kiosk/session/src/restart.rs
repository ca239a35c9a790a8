//! After a restart: the journal is read and the doors are looked at before anything else, and nothing is replayed.
//! Also here: what happens when the journal answers, and how doors reach the flow they belong to.

use jiff::Timestamp;
use pickup_protocol::DoorNumber;
use pickup_protocol::kiosk::{DepositOutcome, DoorEvent, DoorEventKind, HandoverOutcome};
use pickup_protocol::work::Work;

use crate::command::{Command, Look};
use crate::event::OpenFailure;
use crate::journal::{OpenDeposit, OpenPickup, Record, Recovery};
use crate::report::{self, planned};
use crate::session::Session;
use crate::state::{Staff, State};

impl Session {
    pub(crate) fn recovered(&mut self, found: Option<Box<Recovery>>) {
        self.journal_good = Some(found.is_some() && self.journal_good != Some(false));
        if let Some(found) = found {
            self.slips.clone_from(&found.slips);
            self.collected.clone_from(&found.collected);
            self.unclear.clone_from(&found.unclear);
            self.stored.clone_from(&found.stored);
            self.standing.clone_from(&found.service);
            self.recovery = Some(*found);
        }
        self.start();
    }

    /// The lock came up or went away.
    pub(crate) fn lock_changed(&mut self) {
        self.start();
    }

    pub(crate) fn door(&mut self, door: DoorNumber, open: bool) {
        let before = self.doors.insert(door, open);
        if !open {
            self.seen_shut(door);
        }
        if matches!(self.state, State::Starting) {
            self.start();
        } else if before != Some(open) {
            self.pickup_door(door, open);
            self.staff_door(door, open);
            self.opening_door(door, open);
        }
    }

    /// The pulse is answered by how the door stands, so how it stood before is put aside.
    fn ask_to_open(&mut self, door: DoorNumber) {
        self.called_to.remove(&door);
        self.pulsed = Some((door, self.now.mono));
        self.stood = self.doors.remove(&door).map(|open| (door, open));
        self.push(Command::OpenDoor(door));
    }

    pub(crate) fn open_failed(&mut self, door: DoorNumber, kind: OpenFailure) {
        let stood = self.stood.take_if(|(of, _)| *of == door);
        if let (Some((_, open)), OpenFailure::NotSent | OpenFailure::NotDetected) = (stood, kind) {
            // Nothing was moved, so it stands as it stood, also when the look that follows gets no answer.
            self.doors.entry(door).or_insert(open);
        }
        self.pickup_open_failed(door, kind);
        self.staff_open_failed(door, kind);
        self.opening_failed(door, kind);
    }

    pub(crate) fn door_ajar(&mut self) {
        if let State::TakeGoods { ajar, .. }
        | State::StaffPlace { ajar, .. }
        | State::StaffInside { ajar, .. } = &mut self.state
        {
            *ajar = true;
        }
        self.push(Command::CallStaff("DOOR_AJAR"));
    }

    /// Leaves the start when journal, time and every door are known.
    fn start(&mut self) {
        if !matches!(self.state, State::Starting) {
            return;
        }
        match self.journal_good {
            None => return,
            Some(false) => return self.home(),
            Some(true) => {}
        }
        let Some(found) = &self.recovery else { return };
        // Something was going on: how its door stands decides how it goes on.
        let of_pickup = found.pickup.as_ref().and_then(|p| last_door(&p.door_events)).map(|(door, _)| door);
        let of_deposit = found.deposit.as_ref().and_then(|d| planned(&d.plan)).map(|(_, _, door)| door);
        let of_opening = found.opening.as_ref().map(|open| open.door);
        let known = |door| self.lock_up && self.doors.contains_key(&door);
        if !of_pickup.into_iter().chain(of_deposit).chain(of_opening).all(known) {
            return;
        }
        // The rest of what was found is not kept: it speaks of people.
        let Some(Recovery { pickup, deposit, opening, .. }) = self.recovery.take() else { return };
        self.home();
        self.resumed = true;
        if let Some(deposit) = deposit {
            self.resume_deposit(deposit);
        }
        if let Some(open) = opening {
            self.resume_opening(open);
        }
        if let Some(pickup) = pickup {
            self.resume_pickup(pickup);
        }
    }

    fn resume_pickup(&mut self, mut pickup: OpenPickup) {
        let Some((door, last)) = last_door(&pickup.door_events) else {
            // No door was to be opened yet: the shopper scans again, and a slip that may have come out makes the next a copy.
            return;
        };
        let open = self.doors.get(&door).copied().unwrap_or(false);
        let index = pickup.offer.doors.iter().position(|d| *d == door).unwrap_or(0);
        let copy = self.slips.get(&pickup.offer.pickup).is_some_and(|s| s.possible > 1);
        let others_shut =
            pickup.offer.doors.iter().filter(|d| **d != door).all(|d| has_closed(&pickup.door_events, *d));
        match (last, open) {
            (DoorEventKind::Opened, true) => {
                self.enter(State::TakeGoods { pickup, copy, index, ajar: false });
            }
            (_, true) => {
                self.note(&mut pickup, door, DoorEventKind::Opened);
                self.enter(State::TakeGoods { pickup, copy, index, ajar: false });
            }
            // Seen open with the shopper before it, and shut now: the goods were taken while nobody was counting.
            (DoorEventKind::Opened, false) if others_shut => {
                self.note(&mut pickup, door, DoorEventKind::Closed);
                self.end(pickup, copy, HandoverOutcome::Taken);
            }
            (DoorEventKind::Closed, false) if others_shut => self.end(pickup, copy, HandoverOutcome::Taken),
            _ => {
                self.note(&mut pickup, door, DoorEventKind::Unknown);
                self.push(Command::CallStaff("DOOR_UNKNOWN"));
                self.end(pickup, copy, HandoverOutcome::Unknown);
            }
        }
    }

    fn end(&mut self, pickup: OpenPickup, copy: bool, outcome: HandoverOutcome) {
        self.finish(pickup, copy, outcome);
        // Nobody stands there who would read it.
        if outcome == HandoverOutcome::Unknown {
            self.home();
        }
    }

    fn resume_deposit(&mut self, mut deposit: OpenDeposit) {
        let Some((_, _, door)) = planned(&deposit.plan) else { return };
        let open = self.doors.get(&door).copied().unwrap_or(false);
        let opened = deposit.door_events.iter().any(|e| e.kind == DoorEventKind::Opened);
        let at = self.wall_or(last_time(&deposit.door_events));
        if open {
            if !opened {
                self.deposit_seen(&mut deposit, DoorEvent { door, kind: DoorEventKind::Opened, at });
            }
            let (badge, name) = (deposit.badge.clone(), deposit.name.clone());
            let staff = Staff { badge, name, attention: Vec::new(), work: Work::default() };
            self.enter(State::StaffPlace { staff, deposit, ajar: false });
            return;
        }
        let outcome =
            if opened && !deposit.cancelled { DepositOutcome::Stored } else { DepositOutcome::NotStored };
        let kind = if opened { DoorEventKind::Closed } else { DoorEventKind::Unknown };
        self.deposit_seen(&mut deposit, DoorEvent { door, kind, at });
        if let Some(report) = report::deposit(&deposit, outcome, self.now.wall) {
            self.mark_stored(&report);
            self.write(vec![Record::Deposited(Box::new(report))]);
        }
    }

    fn deposit_seen(&mut self, deposit: &mut OpenDeposit, event: DoorEvent) {
        deposit.door_events.push(event.clone());
        self.write(vec![Record::DepositDoor { deposit: deposit.deposit_id, event }]);
    }

    pub(crate) fn wall_or(&self, at: Option<Timestamp>) -> Timestamp {
        self.now.wall.or(at).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// What was asked to be written is on the disk: what waited for it goes on.
    pub(crate) fn journalled(&mut self, done: u64) {
        self.service_journalled(done);
        match &mut self.state {
            State::Recording { pickup, copy, write } if *write == done => {
                let (pickup, copy) = (pickup.clone(), *copy);
                self.print(pickup, copy);
            }
            State::Intending { pickup, copy, index, write, again } if *write == done => {
                let (pickup, copy, index, again) = (pickup.clone(), *copy, *index, *again);
                if self.withdrawn {
                    self.give_up(Vec::new(), pickup, copy);
                } else if let Some(&door) = pickup.offer.doors.get(index) {
                    self.ask_to_open(door);
                    self.enter(State::Opening { pickup, copy, index, again, unsure: false });
                }
            }
            State::Ending { slip, copy, write } if *write == done => {
                let (slip, copy) = (slip.clone(), *copy);
                self.enter(State::Done { slip, copy });
            }
            State::StaffIntending { staff, deposit, write } if *write == done => {
                let (staff, deposit) = (staff.clone(), deposit.clone());
                if let Some((_, _, door)) = planned(&deposit.plan) {
                    self.ask_to_open(door);
                    self.enter(State::StaffOpening { staff, deposit });
                }
            }
            State::StaffUnlocking { staff, open, write } if *write == done => {
                let (staff, open) = (staff.clone(), open.clone());
                self.ask_to_open(open.door);
                self.enter(State::StaffUnlocked { staff, open });
            }
            State::StaffPrinting { slip, .. } if slip.write == done && slip.job.is_none() => {
                self.print_late();
            }
            State::StaffEnding { staff, stored, problem, write } if *write == done => {
                let (staff, stored, problem) = (staff.clone(), stored.clone(), *problem);
                match stored {
                    // The badge was scanned before the restart, by somebody who may have left; or there was none.
                    _ if self.resumed || staff.is_far() => self.home(),
                    Some((waybill, door)) => self.enter(State::StaffStored { staff, waybill, door }),
                    None => self.staff_home(problem),
                }
            }
            State::StaffLook { case, step: Look::Opening, write, .. } if *write == Some(done) => {
                // Told twice, it opens once.
                *write = None;
                let door = case.door;
                self.since = self.now.mono;
                self.ask_to_open(door);
            }
            _ => {}
        }
    }

    /// Nothing can be written any more: no door opens from here on.
    pub(crate) fn journal_failed(&mut self) {
        self.journal_good = Some(false);
        self.push(Command::CallStaff("JOURNAL_FAILED"));
        self.home();
    }
}

fn has_closed(events: &[DoorEvent], door: DoorNumber) -> bool {
    events.iter().rfind(|e| e.door == door).is_some_and(|e| e.kind == DoorEventKind::Closed)
}

fn last_time(events: &[DoorEvent]) -> Option<Timestamp> {
    events.last().map(|e| e.at)
}

/// What the last door of a list did, if anything.
fn last_door(events: &[DoorEvent]) -> Option<(DoorNumber, DoorEventKind)> {
    events.last().map(|e| (e.door, e.kind))
}
