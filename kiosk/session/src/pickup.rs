//! The shopper's way: ticket, card, confirmation, slip, door, handover.

use jiff::Timestamp;
use pickup_domain::china_time;
use pickup_protocol::kiosk::{
    DoorEvent, DoorEventKind, Evidence, EvidenceMethod, GrantReply, GrantRequest, HandoverOutcome, Offer,
    Slip, Verdict, VerdictRequest,
};
use pickup_protocol::ticket::{Ticket, TicketError};
use pickup_protocol::{DoorNumber, PickupNumber, Reason, TypedNumber};
use uuid::Uuid;

use crate::command::{Command, Problem, Whereabouts};
use crate::event::{Action, Card, OpenFailure};
use crate::journal::{OpenPickup, Record};
use crate::session::Session;
use crate::state::{Offered, Refusal, Sought, State};

impl Session {
    /// A ticket was scanned: everything that can be known without asking is checked first.
    pub(crate) fn ticket(&mut self, text: &str) {
        match self.read_ticket(text) {
            Ok(ticket) => {
                let ask = self.id();
                self.push(Command::AskVerdict(VerdictRequest { request_id: ask, ticket: text.to_owned() }));
                self.enter(State::LookingUp { ask, sought: Sought::Ticket(ticket) });
            }
            Err(refusal) => self.refuse_with(refusal),
        }
    }

    fn read_ticket(&self, text: &str) -> Result<Ticket, Refusal> {
        let hello = self.hello.as_ref().ok_or(Reason::Offline)?;
        let key_of = |id| hello.keys.iter().find(|k| k.id == id)?.verifying_key();
        let ticket = Ticket::verify(text, key_of).map_err(|error| match error {
            TicketError::Malformed => Reason::TicketMalformed,
            TicketError::UnknownKey(_) | TicketError::Forged => Reason::TicketForged,
        })?;
        if ticket.centre != hello.centre.number {
            let centre = hello.elsewhere.iter().find(|centre| centre.number == ticket.centre);
            let whereabouts = Whereabouts { centre: centre.cloned().map(Box::new), ..Whereabouts::default() };
            return Err(Refusal { whereabouts, ..Reason::OtherCentre.into() });
        }
        if let Some(at) = self.collected_at(ticket.pickup) {
            let kiosk = Some(hello.kiosk.clone());
            let whereabouts = Whereabouts { kiosk, ..Whereabouts::default() };
            let collected_at = Some(at);
            return Err(Refusal { collected_at, whereabouts, ..Reason::AlreadyCollected.into() });
        }
        match self.now.wall {
            Some(now) if ticket.expired_at(now) => Err(Reason::TicketExpired.into()),
            _ => Ok(ticket),
        }
    }

    fn collected_at(&self, pickup: PickupNumber) -> Option<Timestamp> {
        self.collected.get(&pickup).copied()
    }

    pub(crate) fn verdict(&mut self, answer_to: Uuid, answer: Option<Verdict>) {
        let State::LookingUp { ask, sought } = &self.state else { return };
        if *ask != answer_to {
            return;
        }
        match (answer, *sought) {
            (None, _) => self.lookup_failed(),
            (Some(Verdict::Refused { reason: Reason::NumberUnknown, .. }), Sought::Number(number)) => {
                self.wrong_number(number, Reason::NumberUnknown);
            }
            (Some(Verdict::Refused { reason, collected_at, progress, kiosk }), _) => {
                let whereabouts = Whereabouts { progress, kiosk, centre: None };
                let reference = reference(answer_to);
                self.refuse_with(Refusal { reason, collected_at, reference, whereabouts });
            }
            (Some(Verdict::Ready { offer, slip }), _) => self.ready(offer, slip),
        }
    }

    fn ready(&mut self, offer: Offer, slip: Slip) {
        if let Some(at) = self.collected_at(offer.pickup) {
            self.refuse_at(Reason::AlreadyCollected, Some(at), slip.number);
        } else if self.unclear.contains(&offer.pickup) {
            // The report of how it ended may not have reached the backend yet.
            self.refuse_at(Reason::NeedsAttendant, None, slip.number);
        } else {
            self.offer(Offered { offer, slip, manifest: None });
        }
    }

    /// The backend did not say; the manifest may.
    pub(crate) fn lookup_failed(&mut self) {
        let State::LookingUp { sought, .. } = &self.state else { return };
        let pickup = match *sought {
            Sought::Ticket(ticket) => ticket.pickup,
            Sought::Number(number) if self.manifest_knows(number) => number.pickup,
            // It may be good for a parcel that only the backend knows, or be a guess.
            Sought::Number(number) => return self.wrong_number(number, Reason::Offline),
        };
        if let Some(at) = self.collected_at(pickup) {
            return self.refuse_at(Reason::AlreadyCollected, Some(at), String::new());
        }
        let collected = self.manifest.as_ref().and_then(|m| m.collected.iter().find(|c| c.pickup == pickup));
        if let Some(at) = collected.map(|c| c.at) {
            self.refuse_at(Reason::AlreadyCollected, Some(at), String::new());
            return;
        }
        match self.manifest_entry(pickup) {
            Some(offered) => self.offer(offered),
            None if self.unclear.contains(&pickup) => self.refuse(Reason::NeedsAttendant),
            None => self.refuse(Reason::Offline),
        }
    }

    fn manifest_knows(&self, number: TypedNumber) -> bool {
        self.manifest.as_ref().is_some_and(|m| m.entries.iter().any(|entry| entry.number == Some(number)))
    }

    /// What the manifest allows, while it may be acted on.
    fn manifest_entry(&self, pickup: PickupNumber) -> Option<Offered> {
        let (manifest, now) = (self.manifest.as_ref()?, self.now.wall?);
        if !manifest.is_good_at(now) || self.unclear.contains(&pickup) {
            return None;
        }
        let entry = manifest.entries.iter().find(|e| e.offer.pickup == pickup && now <= e.offer.not_after)?;
        Some(Offered {
            offer: entry.offer.clone(),
            slip: entry.slip.clone(),
            manifest: Some(manifest.used()),
        })
    }

    fn offer(&mut self, offered: Offered) {
        let tries_left = self.config.tries;
        self.enter(State::PresentCard { offered, tries_left, problem: None });
    }

    pub(crate) fn card(&mut self, card: &Card) {
        // Read just before the reader was told to stop: nobody is asked for a card now.
        if !self.polling {
            return;
        }
        let (now, today) = (self.now.wall, self.now.wall.map(china_time::yyyymmdd));
        self.card_seen();
        let State::PresentCard { offered, tries_left, problem } = &mut self.state else { return };
        if !offered.offer.identity.matches(&card.number) {
            *tries_left = tries_left.saturating_sub(1);
            *problem = Some(Problem::WrongPerson { tries_left: *tries_left });
            if *tries_left == 0 {
                self.refuse(Reason::IdMismatch);
            }
            return;
        }
        let expired = match (&card.valid_until, &today) {
            (Some(until), Some(today)) => until < today,
            (None, _) => false,
            // Whether the card is still valid cannot be told without the date.
            (Some(_), None) => true,
        };
        let Some(read_at) = now.filter(|_| !expired) else {
            *problem = Some(Problem::Expired);
            return;
        };
        let evidence = Evidence {
            method: EvidenceMethod::IdCard,
            identity: offered.offer.identity.clone(),
            read_at,
            card_valid_until: card.valid_until.clone(),
        };
        let offered = offered.clone();
        self.enter(State::Review { offered, evidence });
    }

    pub(crate) fn card_failed(&mut self, why: Problem) {
        self.card_seen();
        if let State::PresentCard { problem, .. } = &mut self.state {
            *problem = Some(why);
        }
    }

    /// Whoever stands before a reader that went silent cannot help it.
    pub(crate) fn reader(&mut self, up: bool) {
        if self.reader_up && !up && matches!(self.state, State::PresentCard { .. }) {
            self.push(Command::CallStaff("READER_DOWN"));
        }
        self.reader_up = up;
    }

    /// A card on the reader is as good as a touch: somebody is there.
    fn card_seen(&mut self) {
        if matches!(self.state, State::PresentCard { .. }) {
            self.touched = self.now.mono;
            self.overlay = None;
        }
    }

    /// Whether the action belonged to the pickup.
    pub(crate) fn pickup_touched(&mut self, action: Action) -> bool {
        match (action, &self.state) {
            (Action::Confirm, State::Review { .. }) => self.confirm(),
            // After a restart nobody knows who stands there: the door may be shut, not opened.
            (Action::OpenAgain, State::TakeGoods { pickup, copy, index, .. })
                if !self.resumed && !self.withdrawn =>
            {
                let (pickup, copy, index) = (pickup.clone(), *copy, *index);
                self.intend(pickup, copy, index, true);
            }
            _ => return false,
        }
        true
    }

    fn confirm(&mut self) {
        let State::Review { offered, evidence } = &self.state else { return };
        let (offered, evidence) = (offered.clone(), evidence.clone());
        if !self.lock_up {
            // No slip for a door that cannot open.
            self.push(Command::CallStaff("LOCK"));
            self.refuse_at(Reason::NeedsAttendant, None, offered.slip.number);
            return;
        }
        if offered.manifest.is_some() && !self.online {
            self.by_manifest(&offered, evidence);
            return;
        }
        let grant = self.id();
        self.push(Command::AskGrant(GrantRequest {
            grant_id: grant,
            pickup: offered.offer.pickup,
            evidence: evidence.clone(),
        }));
        self.enter(State::Granting { offered, evidence, grant });
    }

    pub(crate) fn granted(&mut self, answer_to: Uuid, answer: Option<GrantReply>) {
        let State::Granting { offered, evidence, grant } = &self.state else { return };
        if *grant != answer_to {
            return;
        }
        let (mut offered, evidence) = (offered.clone(), evidence.clone());
        match answer {
            Some(GrantReply::Granted { doors }) => {
                offered.offer.doors = doors;
                self.record(offered, evidence, Some(answer_to));
            }
            Some(GrantReply::Refused { reason }) => self.refuse_at(reason, None, reference(answer_to)),
            // The backend went away between verdict and grant.
            None => self.by_manifest(&offered, evidence),
        }
    }

    /// What the manifest allowed when the ticket was scanned, or a backend that has gone away since, it must allow still.
    fn by_manifest(&mut self, offered: &Offered, evidence: Evidence) {
        match self.manifest_entry(offered.offer.pickup) {
            Some(entry)
                if entry.offer.doors == offered.offer.doors && entry.offer.identity == evidence.identity =>
            {
                self.record(entry, evidence, None);
            }
            _ => self.refuse(Reason::Offline),
        }
    }

    /// Writes down that this pickup goes on and that a slip is about to print.
    fn record(&mut self, offered: Offered, evidence: Evidence, grant_id: Option<Uuid>) {
        if offered.offer.doors.is_empty() {
            self.refuse(Reason::NotInLocker);
            return;
        }
        let number = offered.offer.pickup;
        let before = self.slips.get(&number).copied().unwrap_or_default();
        let pickup = OpenPickup {
            handover_id: self.id(),
            grant_id,
            manifest: offered.manifest.filter(|_| grant_id.is_none()),
            offer: offered.offer,
            slip: offered.slip,
            evidence,
            slips_printed: before.printed,
            door_events: Vec::new(),
        };
        self.slips.entry(number).or_default().possible += 1;
        self.slips_asked = 1;
        self.withdrawn = false;
        let write = self
            .write(vec![Record::Granted(Box::new(pickup.clone())), Record::SlipIntent { pickup: number }]);
        self.enter(State::Recording { pickup, copy: before.possible > 0, write });
    }

    /// Writes down that a door is about to be opened.
    pub(crate) fn intend(&mut self, pickup: OpenPickup, copy: bool, index: usize, again: bool) {
        self.intend_after(Vec::new(), pickup, copy, index, again);
    }

    /// As [`Self::intend`], with what has just happened written before it in one go.
    pub(crate) fn intend_after(
        &mut self,
        mut records: Vec<Record>,
        mut pickup: OpenPickup,
        copy: bool,
        index: usize,
        again: bool,
    ) {
        let Some(&door) = pickup.offer.doors.get(index) else {
            self.finish_after(records, pickup, copy, HandoverOutcome::Taken);
            return;
        };
        if self.withdrawn {
            return self.give_up(records, pickup, copy);
        }
        records.push(self.event(&mut pickup, door, DoorEventKind::Intent));
        let write = self.write(records);
        self.enter(State::Intending { pickup, copy, index, write, again });
    }

    /// The time, or at least one that is not before what has happened already.
    pub(crate) fn time_of(&self, pickup: &OpenPickup) -> Timestamp {
        let last = pickup.door_events.last().map_or(pickup.evidence.read_at, |event| event.at);
        self.now.wall.map_or(last, |now| now.max(last))
    }

    /// A door that belongs to the running pickup moved.
    pub(crate) fn pickup_door(&mut self, door: DoorNumber, open: bool) {
        match &self.state {
            State::Opening { pickup, copy, index, .. }
                if open && pickup.offer.doors.get(*index) == Some(&door) =>
            {
                let (mut pickup, copy, index) = (pickup.clone(), *copy, *index);
                self.note(&mut pickup, door, DoorEventKind::Opened);
                self.enter(State::TakeGoods { pickup, copy, index, ajar: false });
            }
            // The contact answers for the lock that did not: it is shut.
            State::Opening { pickup, index, unsure: true, .. }
                if !open && pickup.offer.doors.get(*index) == Some(&door) =>
            {
                self.pickup_open_failed(door, OpenFailure::NotDetected);
            }
            State::TakeGoods { pickup, copy, index, .. }
                if !open && pickup.offer.doors.get(*index) == Some(&door) =>
            {
                let (mut pickup, copy, next) = (pickup.clone(), *copy, *index + 1);
                // In one write with what follows: no next door and no end without this one seen shut.
                let closed = vec![self.event(&mut pickup, door, DoorEventKind::Closed)];
                if self.resumed && next < pickup.offer.doors.len() {
                    // The rest lies behind a door that nobody has proved to be theirs since the restart.
                    self.push(Command::CallStaff("DOOR_UNKNOWN"));
                    self.finish_after(closed, pickup, copy, HandoverOutcome::Unknown);
                } else {
                    self.intend_after(closed, pickup, copy, next, false);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn note(&mut self, pickup: &mut OpenPickup, door: DoorNumber, kind: DoorEventKind) {
        let record = self.event(pickup, door, kind);
        self.write(vec![record]);
    }

    fn event(&self, pickup: &mut OpenPickup, door: DoorNumber, kind: DoorEventKind) -> Record {
        let event = DoorEvent { door, kind, at: self.time_of(pickup) };
        pickup.door_events.push(event.clone());
        Record::Door { pickup: pickup.offer.pickup, event }
    }

    /// The pickup has ended: written down, then shown and reported.
    pub(crate) fn finish(&mut self, pickup: OpenPickup, copy: bool, outcome: HandoverOutcome) {
        self.finish_after(Vec::new(), pickup, copy, outcome);
    }

    pub(crate) fn finish_after(
        &mut self,
        mut records: Vec<Record>,
        pickup: OpenPickup,
        copy: bool,
        outcome: HandoverOutcome,
    ) {
        let handover = crate::report::handover(&pickup, outcome, self.time_of(&pickup));
        self.mark(handover.pickup, outcome);
        if outcome == HandoverOutcome::Taken {
            self.collected.insert(handover.pickup, handover.completed_at);
        }
        let slip = handover.slip.clone();
        records.push(Record::HandedOver(Box::new(handover)));
        let write = self.write(records);
        if outcome == HandoverOutcome::Taken {
            self.enter(State::Ending { slip, copy, write });
        } else {
            self.refuse_at(Reason::NeedsAttendant, None, slip);
        }
    }
}

/// The first characters of an id, for a person to read out.
fn reference(id: Uuid) -> String {
    id.simple().to_string().chars().take(8).collect::<String>().to_uppercase()
}
