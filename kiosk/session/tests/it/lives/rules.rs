//! What must hold whatever happens, judged from the events a session was told and the commands it gave.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use pickup_protocol::kiosk::{
    Deposit, DepositOutcome, DepositPlanReply, DoorEventKind, Found, GrantReply, Handover, HandoverOutcome,
    Verdict,
};
use pickup_protocol::work::{Opening, OpeningOutcome, OpeningReply};
use pickup_protocol::{DoorNumber, Language, Manifest, PickupNumber};
use pickup_session::journal::OpenPickup;
use pickup_session::{Action, Command, Event, Now, Record, Session, SlipJob, View, recover};
use uuid::Uuid;

use super::alarm::Alarm;
use super::papers::{PAPERS, Papers};
use super::tally::Tally;
use crate::sample;

/// Why a door may be opened once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Pickup(PickupNumber),
    Staff,
}

/// What is known since the power came on.
#[derive(Default)]
pub struct Powered {
    intents: BTreeMap<DoorNumber, Vec<Purpose>>,
    slip_intents: BTreeMap<PickupNumber, u32>,
    granted: BTreeMap<PickupNumber, OpenPickup>,
    answers: BTreeMap<Uuid, Vec<DoorNumber>>,
    pub manifest: Option<Manifest>,
    pub visit: Option<PickupNumber>,
    /// The backend refused last, and not the network.
    pub turned_away: bool,
    /// The pickup that was last let go on.
    pub running: Option<PickupNumber>,
    pub withdrawn: BTreeSet<PickupNumber>,
    /// Doors that the backend let staff open.
    allowed: BTreeSet<DoorNumber>,
    asked: BTreeMap<Uuid, DoorNumber>,
    pub pulsed: BTreeSet<PickupNumber>,
    card_matched: bool,
    polling: bool,
    scanned: bool,
    journal_failed: bool,
    jobs: BTreeMap<u64, PickupNumber>,
}

#[derive(Default)]
pub struct Rules {
    pub powered: Powered,
    all_granted: BTreeMap<Uuid, OpenPickup>,
    pub taken: BTreeSet<PickupNumber>,
    pub unclear: BTreeSet<PickupNumber>,
    pub cancelled: BTreeSet<PickupNumber>,
    pub purposes: BTreeMap<DoorNumber, Purpose>,
    /// Slips that came out or may have.
    slips: BTreeMap<PickupNumber, u32>,
    pub reports: BTreeSet<Uuid>,
    was_idle: bool,
    /// Staff took the kiosk out of service, and that is on the disk.
    out_of_service: bool,
    pub tally: Tally,
    alarm: Alarm,
}

pub fn must(holds: bool, rule: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(rule()) }
}

impl Rules {
    /// The session is about to be told this.
    pub fn told(&mut self, event: &Event, now: Now) {
        self.alarm.told(event, now);
        let powered = &mut self.powered;
        match event {
            Event::Manifest(manifest) => self.manifest_told(manifest),
            Event::Grant(id, Ok(GrantReply::Granted { doors })) => {
                powered.answers.insert(*id, doors.clone());
            }
            Event::Grant(_, Ok(GrantReply::Refused { .. })) => powered.turned_away = true,
            Event::Verdict(_, Ok(verdict)) => {
                powered.turned_away = matches!(**verdict, Verdict::Refused { .. });
            }
            Event::Opening(id, Ok(OpeningReply::Granted { .. })) => {
                powered.allowed.extend(powered.asked.get(id));
            }
            Event::Card(card) if powered.polling => {
                let good = card.valid_until.as_deref().is_none_or(|until| until > "20261130");
                let matches = powered.visit.is_some_and(|pickup| Papers::buyer(pickup) == card.number);
                powered.card_matched |= good && matches && now.wall.is_some();
            }
            Event::Scanned(_) | Event::Touched(Action::TypeNumber) => powered.scanned = true,
            Event::JournalFailed | Event::Recovered(None) => {
                powered.journal_failed = true;
                self.tally.journal_failures += 1;
            }
            Event::PrintFailed { job, sent: false, .. } => {
                if let Some(pickup) = powered.jobs.remove(job) {
                    *self.slips.entry(pickup).or_default() -= 1;
                }
            }
            Event::Printed(job) | Event::PrintFailed { job, .. } => {
                powered.jobs.remove(job);
            }
            _ => {}
        }
    }

    /// The session asks for this.
    pub fn asked(&mut self, command: &Command, now: Now) -> Result<(), String> {
        self.alarm.asked(command, now)?;
        match command {
            Command::AskVerdict(request) => {
                must(!self.out_of_service, || "a ticket is taken while out of service".into())?;
                self.powered.visit = PAPERS.pickup_of(&request.ticket);
                self.powered.card_matched = false;
                self.powered.turned_away = false;
            }
            Command::AskStaff { pin, .. } => {
                self.powered.visit = None;
                self.tally.pins += u64::from(pin.is_some());
            }
            Command::AskOpening(request) => {
                self.powered.asked.insert(request.opening_id, request.door);
                self.tally.forced += u64::from(request.second.as_ref().is_some_and(|s| s.pin.is_some()));
            }
            Command::PollCards(on) => self.powered.polling = *on,
            Command::Journal { records, .. } => {
                for record in records {
                    if let Record::Granted(open) = record {
                        self.may_go_on(open, now.wall)?;
                        self.powered.running = Some(open.offer.pickup);
                        self.powered.withdrawn.clear();
                        self.powered.pulsed.clear();
                    }
                    if matches!(record, Record::HandedOver(_) | Record::Abandoned { .. }) {
                        self.powered.running = None;
                    }
                }
            }
            Command::Print(job) => self.may_print(job)?,
            Command::OpenDoor(door) => self.may_open(*door)?,
            Command::AskNumber(request) => {
                self.powered.visit = PAPERS.pickup_of(&PAPERS.ticket_of(request.number));
                self.powered.card_matched = false;
                self.powered.turned_away = false;
            }
            Command::Show(_)
            | Command::AskGrant(_)
            | Command::AskPlan(_)
            | Command::AskSlip { .. }
            | Command::PrintSample(_)
            | Command::CallStaff(_)
            | Command::CallAbout { .. } => {}
        }
        Ok(())
    }

    /// A pickup goes on only after the right card, and by a grant or a manifest that may be acted on.
    fn may_go_on(&mut self, open: &OpenPickup, wall: Option<Timestamp>) -> Result<(), String> {
        let (pickup, powered) = (open.offer.pickup, &self.powered);
        must(powered.visit == Some(pickup), || format!("{pickup} goes on without its ticket"))?;
        must(powered.card_matched, || format!("{pickup} goes on without its buyer's card"))?;
        must(open.evidence.identity == PAPERS.offer(pickup).identity, || "other evidence".into())?;
        if let Some(grant) = open.grant_id {
            let answer = powered.answers.get(&grant);
            return must(answer == Some(&open.offer.doors), || format!("{pickup} goes on without its grant"));
        }
        self.tally.offline += 1;
        let listed = powered.manifest.as_ref().zip(wall).is_some_and(|(manifest, wall)| {
            wall <= manifest.valid_until
                && manifest
                    .entries
                    .iter()
                    .any(|entry| entry.offer == open.offer && wall <= entry.offer.not_after)
        });
        must(listed, || format!("{pickup} goes on without grant or manifest"))
    }

    fn may_print(&mut self, job: &SlipJob) -> Result<(), String> {
        let pickup = job.offer.pickup;
        must(!self.powered.journal_failed, || "a slip after the journal failed".into())?;
        let intents = self.powered.slip_intents.entry(pickup).or_default();
        must(*intents == 1, || format!("a slip for {pickup} on {intents} intents"))?;
        *intents -= 1;
        let out = self.slips.entry(pickup).or_default();
        must(job.copy || *out == 0, || format!("a second slip for {pickup} that does not say COPY"))?;
        // A power cut may lose that nothing came out; then COPY is said to be safe.
        must(!job.copy || *out > 0 || self.tally.cuts > 0, || {
            format!("the first slip for {pickup} says COPY")
        })?;
        *out += 1;
        self.tally.copies += u64::from(job.copy);
        self.powered.jobs.insert(job.job, pickup);
        Ok(())
    }

    fn may_open(&mut self, door: DoorNumber) -> Result<(), String> {
        let powered = &mut self.powered;
        must(!powered.journal_failed, || format!("door {door} opens after the journal failed"))?;
        must(powered.scanned, || format!("door {door} opens before anybody scanned anything"))?;
        let intents = powered.intents.entry(door).or_default();
        must(!intents.is_empty(), || format!("door {door} opens on no intent"))?;
        // The pulse uses the newest intent; older ones whose writing came too late are void from here on.
        let newest = intents.pop();
        intents.clear();
        self.purposes.insert(door, newest.unwrap_or(Purpose::Staff));
        let Some(Purpose::Pickup(pickup)) = newest else { return Ok(()) };
        powered.pulsed.insert(pickup);
        must(!powered.withdrawn.contains(&pickup), || format!("door {door} opens for {pickup}, withdrawn"))?;
        let granted = powered.granted.get(&pickup);
        must(granted.is_some_and(|open| open.offer.doors.contains(&door)), || {
            format!("door {door} opens for {pickup}, which was not granted since the power came on")
        })?;
        must(!self.taken.contains(&pickup), || format!("door {door} opens for {pickup}, which was taken"))?;
        must(!self.unclear.contains(&pickup), || format!("door {door} opens for {pickup}, which is unclear"))
    }

    /// This is on the disk now.
    pub fn written(&mut self, record: &Record) -> Result<(), String> {
        Self::says_no_number(record)?;
        let powered = &mut self.powered;
        match record {
            Record::Granted(open) => {
                powered.granted.insert(open.offer.pickup, (**open).clone());
                let first = self.all_granted.insert(open.handover_id, (**open).clone()).is_none();
                must(first, || "a handover id twice".into())?;
            }
            Record::SlipIntent { pickup } => *powered.slip_intents.entry(*pickup).or_default() += 1,
            Record::Door { pickup, event } if event.kind == DoorEventKind::Intent => {
                powered.intents.entry(event.door).or_default().push(Purpose::Pickup(*pickup));
                self.purposes.insert(event.door, Purpose::Pickup(*pickup));
            }
            Record::DepositCancelled { pickup, .. } => {
                self.cancelled.insert(*pickup);
            }
            Record::DepositBegun(open) => {
                if let DepositPlanReply::Door { pickup, .. } = &open.plan {
                    self.cancelled.remove(pickup);
                }
                powered.intents.entry(open.door_events[0].door).or_default().push(Purpose::Staff);
            }
            Record::DepositDoor { event, .. } if event.kind == DoorEventKind::Intent => {
                powered.intents.entry(event.door).or_default().push(Purpose::Staff);
            }
            Record::OpeningBegun(open) => {
                let known = open.opening_id.is_none() || powered.allowed.contains(&open.door);
                must(known, || format!("door {} is opened by staff on nobody's word", open.door))?;
                powered.intents.entry(open.door).or_default().push(Purpose::Staff);
            }
            Record::OpeningEnded(opening) => self.opened(opening)?,
            Record::LookIntent { door, .. } => powered.intents.entry(*door).or_default().push(Purpose::Staff),
            Record::Abandoned { pickup } => {
                self.purposes.retain(|_, purpose| *purpose != Purpose::Pickup(*pickup));
                powered.granted.remove(pickup);
                self.tally.abandoned += 1;
            }
            Record::HandedOver(handover) => self.ended(handover)?,
            Record::Deposited(deposit) => self.deposited(deposit)?,
            Record::Service(change) => {
                must(self.reports.insert(change.change_id), || "a change is reported twice".into())?;
                self.out_of_service = change.out.is_some();
                self.tally.out_of_service += u64::from(self.out_of_service);
                self.tally.put_back += u64::from(!self.out_of_service);
            }
            Record::Resolved(resolution) => {
                must(self.reports.insert(resolution.resolution_id), || "a look is reported twice".into())?;
                self.purposes.retain(|_, purpose| *purpose != Purpose::Pickup(resolution.pickup));
                self.unclear.remove(&resolution.pickup);
                if resolution.found == Found::GoodsTaken {
                    self.taken.insert(resolution.pickup);
                    self.tally.found_taken += 1;
                } else {
                    self.tally.found_inside += 1;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn deposited(&mut self, deposit: &Deposit) -> Result<(), String> {
        must(self.reports.insert(deposit.deposit_id), || "a deposit is reported twice".into())?;
        match deposit.outcome {
            DepositOutcome::Stored => {
                self.unclear.remove(&deposit.pickup);
                self.taken.remove(&deposit.pickup);
                self.tally.stored += 1;
            }
            DepositOutcome::NotStored => self.tally.not_stored += 1,
        }
        Ok(())
    }

    fn opened(&mut self, opening: &Opening) -> Result<(), String> {
        must(self.reports.insert(opening.report_id), || "an opening is reported twice".into())?;
        self.unclear.extend(pickup_session::journal::not_there(opening));
        self.tally.opened += 1;
        self.tally.taken_out += u64::from(opening.outcome == OpeningOutcome::TakenOut);
        self.tally.opened_offline += u64::from(opening.opening_id.is_none());
        self.tally.unsaid += u64::from(opening.outcome == OpeningOutcome::Unclear);
        Ok(())
    }

    fn ended(&mut self, handover: &Handover) -> Result<(), String> {
        let pickup = handover.pickup;
        must(self.reports.insert(handover.handover_id), || format!("{pickup} is reported twice"))?;
        let open = self.all_granted.get(&handover.handover_id);
        let open = open.ok_or_else(|| format!("{pickup} ended without having begun"))?;
        must(handover.grant_id == open.grant_id && handover.evidence == open.evidence, || {
            format!("{pickup} ended with another grant or card than it began with")
        })?;
        self.powered.granted.remove(&pickup);
        if handover.outcome == HandoverOutcome::Unknown {
            self.tally.unknown += 1;
            self.unclear.insert(pickup);
            return Ok(());
        }
        self.tally.taken += 1;
        self.unclear.remove(&pickup);
        must(self.taken.insert(pickup), || format!("{pickup} is handed over twice"))?;
        let shut = |door: &DoorNumber| {
            let last = handover.door_events.iter().rfind(|event| event.door == *door);
            last.is_some_and(|event| event.kind == DoorEventKind::Closed)
        };
        must(open.offer.doors.iter().all(shut), || format!("{pickup} is handed over by a door not seen shut"))
    }

    /// The power was cut and is back.
    pub fn cut(&mut self) {
        self.powered = Powered::default();
        self.alarm = Alarm::default();
        self.was_idle = false;
        self.tally.cuts += 1;
    }

    /// After each event.
    pub fn stands(&mut self, session: &Session, view: &View, commands: usize) -> Result<(), String> {
        must(commands <= 12, || format!("{commands} commands for one event"))?;
        let arrived = session.is_idle() && !self.was_idle;
        self.tally.sessions += u64::from(self.was_idle && !session.is_idle());
        self.was_idle = session.is_idle();
        if self.was_idle {
            self.alarm.idle()?;
        }
        if !arrived {
            return Ok(());
        }
        must(view.language == Language::Zh, || "the next person is not greeted in Chinese".into())?;
        let left = format!("{session:?} {view:?}");
        let personal = [sample::NAME, sample::STAFF_NAME, "WB2026", "salt", "9901011", "990*", "BPS1", "BP1"];
        let found = personal.iter().find(|part| left.contains(**part));
        must(found.is_none(), || format!("{found:?} is left: {left}"))
    }

    /// At the end of a life, with all doors shut and every report written.
    pub fn nothing_is_left_open(&self, disk: &[Record]) -> Result<(), String> {
        let found = recover(disk.iter().cloned());
        let open = found.pickup.filter(|pickup| !pickup.door_events.is_empty());
        must(open.is_none(), || format!("a pickup never ended: {open:?}"))?;
        must(found.opening.is_none(), || format!("an opening never ended: {:?}", found.opening))?;
        must(found.deposit.is_none(), || format!("a deposit never ended: {:?}", found.deposit))
    }
}

#[test]
fn the_rules_notice_what_must_not_happen() {
    let now = Now { mono: std::time::Duration::ZERO, wall: Some(sample::start()) };
    let (door, pickup) = (DoorNumber(1), PickupNumber(1));
    let mut rules = Rules::default();
    assert!(rules.asked(&Command::OpenDoor(door), now).unwrap_err().contains("before anybody scanned"));
    rules.told(&Event::Scanned(Vec::new()), now);
    assert!(rules.asked(&Command::OpenDoor(door), now).unwrap_err().contains("opens on no intent"));
    let event = pickup_protocol::kiosk::DoorEvent { door, kind: DoorEventKind::Intent, at: sample::start() };
    rules.written(&Record::Door { pickup, event }).unwrap();
    assert!(rules.asked(&Command::OpenDoor(door), now).unwrap_err().contains("not granted"));
    let job = |copy| SlipJob { job: 1, offer: PAPERS.offers[0].clone(), slip: sample::slip(1), copy };
    rules.written(&Record::SlipIntent { pickup }).unwrap();
    rules.asked(&Command::Print(Box::new(job(false))), now).unwrap();
    rules.written(&Record::SlipIntent { pickup }).unwrap();
    assert!(rules.asked(&Command::Print(Box::new(job(false))), now).unwrap_err().contains("COPY"));
}
