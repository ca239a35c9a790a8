//! The backend as far as a kiosk can tell: what it grants, what its manifests list, and how late reports are merged.
//!
//! A small model beside the session, so that what must hold across both can be checked. It never lies; the network in
//! front of it may lose what it says.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use pickup_protocol::kiosk::{
    Attention, Deposit, DepositOutcome, DepositPlanReply, DepositPlanRequest, Found, GrantReply,
    GrantRequest, Handover, HandoverOutcome, Resolution, StaffReply, Verdict, VerdictRequest,
};
use pickup_protocol::manifest::Collected;
use pickup_protocol::work::{
    Behind, Opening, OpeningOutcome, OpeningReply, OpeningRequest, Pin, PinProblem, Purpose, Removal,
    RemovalReason, Work,
};
use pickup_protocol::{DoorNumber, Manifest, ManifestEntry, PickupNumber, Reason, staff};
use pickup_session::journal::Report;
use uuid::Uuid;

use super::papers::PAPERS;
use crate::sample;

/// How long a manifest may be acted on without the network.
const MANIFEST_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Where a parcel is, as far as the backend knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Ready,
    InLocker,
    Attention,
    Overdue,
    /// In the hands of staff.
    Out,
    Collected(Timestamp),
}

#[derive(Clone, Copy, Debug)]
pub struct Parcel {
    pub place: Place,
    /// When its release was withdrawn.
    pub withdrawn: Option<Timestamp>,
}

impl Parcel {
    /// Whether it was handed over after its release was withdrawn.
    pub fn withdrawn_before_collected(&self) -> bool {
        match (self.withdrawn, self.place) {
            (Some(withdrawn), Place::Collected(at)) => withdrawn < at,
            _ => false,
        }
    }
}

/// What is kept of a manifest.
struct Issued {
    at: Timestamp,
    pickups: BTreeSet<PickupNumber>,
}

#[derive(Default)]
pub struct Backend {
    pub parcels: BTreeMap<PickupNumber, Parcel>,
    grants: BTreeMap<Uuid, (PickupNumber, GrantReply)>,
    pub reports: BTreeMap<Uuid, Report>,
    issued: Vec<Issued>,
    /// Parcels of which a report contradicted what was known here: a person was told.
    pub conflicts: BTreeSet<PickupNumber>,
    handed_over: BTreeMap<PickupNumber, u32>,
    openings: BTreeMap<Uuid, OpeningRequest>,
    /// Parcels that want a look because of a shopper, and not of staff.
    left_open: BTreeSet<PickupNumber>,
    /// How often a second person vouched.
    pub forced: u64,
}

impl Backend {
    pub fn verdict(&self, request: &VerdictRequest, now: Timestamp) -> Verdict {
        let refused = Verdict::refused;
        let Some(pickup) = PAPERS.pickup_of(&request.ticket) else {
            return refused(Reason::TicketUnknown, None);
        };
        match self.judge(pickup, now) {
            Err(reason) => refused(reason, self.collected_at(pickup)),
            Ok(()) => Verdict::Ready { offer: PAPERS.offer(pickup).clone(), slip: sample::slip(pickup.0) },
        }
    }

    fn collected_at(&self, pickup: PickupNumber) -> Option<Timestamp> {
        match self.parcels.get(&pickup)?.place {
            Place::Collected(at) => Some(at),
            _ => None,
        }
    }

    fn judge(&self, pickup: PickupNumber, now: Timestamp) -> Result<(), Reason> {
        let parcel = self.parcels.get(&pickup).ok_or(Reason::TicketUnknown)?;
        match parcel.place {
            Place::Collected(_) => Err(Reason::AlreadyCollected),
            _ if parcel.withdrawn.is_some() => Err(Reason::Cancelled),
            Place::Ready => Err(Reason::NotInLocker),
            Place::Attention => Err(Reason::NeedsAttendant),
            Place::Overdue => Err(Reason::TicketExpired),
            Place::Out => Err(Reason::Cancelled),
            Place::InLocker if now > PAPERS.offer(pickup).not_after => Err(Reason::TicketExpired),
            Place::InLocker => Ok(()),
        }
    }

    /// Written down before it is answered; a repeat gets the same answer.
    pub fn grant(&mut self, request: &GrantRequest, now: Timestamp) -> GrantReply {
        if let Some((_, known)) = self.grants.get(&request.grant_id) {
            return known.clone();
        }
        let same = request.evidence.identity == PAPERS.offer(request.pickup).identity;
        let reply = match self.judge(request.pickup, now) {
            Ok(()) if same => GrantReply::Granted { doors: PAPERS.offer(request.pickup).doors.clone() },
            Ok(()) => GrantReply::Refused { reason: Reason::IdMismatch },
            Err(reason) => GrantReply::Refused { reason },
        };
        self.grants.insert(request.grant_id, (request.pickup, reply.clone()));
        reply
    }

    pub fn welcome(&self, pin: Option<&Pin>) -> StaffReply {
        if let Some(reply) = Self::pin_missing(pin) {
            return StaffReply::Pin { problem: reply };
        }
        let waits = |parcel: &Parcel| parcel.place == Place::Attention;
        let attention = self.parcels.iter().filter(|(_, parcel)| waits(parcel)).map(|(&pickup, _)| {
            let offer = PAPERS.offer(pickup);
            Attention { pickup, waybill: offer.waybill.clone(), door: offer.doors[0] }
        });
        let attention = attention.collect();
        StaffReply::Welcome { name: sample::STAFF_NAME.into(), attention, work: self.work() }
    }

    /// What is said of a PIN that is not the right one.
    fn pin_missing(pin: Option<&Pin>) -> Option<Option<PinProblem>> {
        match pin.map(Pin::digits) {
            Some("2468") => None,
            Some(_) => Some(Some(PinProblem { tries_left: 2 })),
            None => Some(None),
        }
    }

    fn work(&self) -> Work {
        let placed = |wanted: &[Place]| -> Vec<PickupNumber> {
            self.parcels
                .iter()
                .filter(|(_, p)| wanted.contains(&p.place))
                .map(|(pickup, _)| *pickup)
                .collect()
        };
        let removal = |pickup: PickupNumber| {
            let (waybill, door) = (PAPERS.offer(pickup).waybill.clone(), PAPERS.offer(pickup).doors[0]);
            Removal { pickup, waybill, door, why: RemovalReason::Overdue, since: None }
        };
        let behind = placed(&[Place::InLocker, Place::Attention, Place::Overdue]);
        Work {
            removals: placed(&[Place::Overdue]).into_iter().map(removal).collect(),
            taken: behind.into_iter().flat_map(|pickup| PAPERS.offer(pickup).doors.clone()).collect(),
            owed: Vec::new(),
        }
    }

    fn behind(&self, door: DoorNumber) -> Option<(PickupNumber, Place)> {
        let offer = PAPERS.offers.iter().find(|offer| offer.doors.contains(&door))?;
        let place = self.parcels.get(&offer.pickup)?.place;
        matches!(place, Place::InLocker | Place::Attention | Place::Overdue).then_some((offer.pickup, place))
    }

    pub fn opening(&mut self, request: &OpeningRequest) -> OpeningReply {
        let behind = self.behind(request.door);
        let overdue = matches!(behind, Some((_, Place::Overdue)));
        if request.purpose == Purpose::Removal && !overdue {
            return OpeningReply::Refused { reason: Reason::NothingToRemove };
        }
        if behind.is_some() && !overdue {
            let Some(second) = &request.second else { return OpeningReply::SecondNeeded };
            if let Some(problem) = Self::pin_missing(second.pin.as_ref()) {
                return OpeningReply::SecondPin { problem };
            }
            self.forced += 1;
        }
        self.openings.insert(request.opening_id, request.clone());
        let parcel = |(pickup, _)| Behind { pickup, waybill: PAPERS.offer(pickup).waybill.clone() };
        OpeningReply::Granted { parcel: behind.map(parcel) }
    }

    /// Nobody came for what lies in the lockers; or somebody is given more time for what was taken out.
    pub fn time_runs_out(&mut self, pickup: PickupNumber) {
        if let Some(parcel) = self.parcels.get_mut(&pickup) {
            parcel.place = match parcel.place {
                Place::InLocker => Place::Overdue,
                Place::Overdue => Place::InLocker,
                Place::Out => Place::Ready,
                other => other,
            };
        }
    }

    fn opened(&mut self, opening: &Opening) -> Result<(), String> {
        let Some(id) = opening.opening_id else {
            let empty = self.behind(opening.door).is_none() && opening.pickup.is_none();
            return if empty { Ok(()) } else { Err(format!("{} was opened as empty", opening.door)) };
        };
        let known = self.openings.get(&id);
        if known.is_none_or(|request| request.door != opening.door || request.purpose != opening.purpose) {
            return Err(format!("{} was opened by staff on nobody's word", opening.door));
        }
        let Some(pickup) = opening.pickup else { return Ok(()) };
        let parcel = self.parcels.get_mut(&pickup).ok_or_else(|| format!("{pickup} is nobody's"))?;
        let there = matches!(parcel.place, Place::InLocker | Place::Overdue | Place::Attention);
        match opening.outcome {
            OpeningOutcome::TakenOut | OpeningOutcome::Empty if there => {
                parcel.place = Place::Out;
                if opening.outcome == OpeningOutcome::Empty {
                    self.conflicts.insert(pickup);
                }
            }
            OpeningOutcome::Unclear if there => parcel.place = Place::Attention,
            OpeningOutcome::TakenOut | OpeningOutcome::Empty => drop(self.conflicts.insert(pickup)),
            _ => {}
        }
        Ok(())
    }

    pub fn plan(&self, request: &DepositPlanRequest) -> DepositPlanReply {
        let refused = |reason| DepositPlanReply::Refused { reason };
        let staff::Scanned::Label(waybill) = staff::classify(request.label.as_bytes()) else {
            return refused(Reason::LabelUnknown);
        };
        let Some(offer) = PAPERS.offers.iter().find(|offer| offer.waybill == waybill) else {
            return refused(Reason::LabelUnknown);
        };
        let door = offer.doors[0];
        match self.parcels.get(&offer.pickup) {
            Some(parcel) if parcel.withdrawn.is_some() => refused(Reason::Cancelled),
            Some(Parcel { place: Place::Ready, .. }) if request.doors.iter().any(|d| d.door == door) => {
                sample::plan(offer.pickup.0, door.0)
            }
            Some(Parcel { place: Place::Ready, .. }) => refused(Reason::NoDoorFree),
            Some(Parcel { place: Place::Collected(_), .. }) => refused(Reason::AlreadyCollected),
            _ => refused(Reason::AlreadyStored),
        }
    }

    pub fn manifest(&mut self, now: Timestamp) -> Manifest {
        let may = |offer: &&pickup_protocol::kiosk::Offer| self.judge(offer.pickup, now).is_ok();
        let entries: Vec<ManifestEntry> = PAPERS
            .offers
            .iter()
            .filter(may)
            .map(|offer| ManifestEntry {
                offer: offer.clone(),
                slip: sample::slip(offer.pickup.0),
                number: Some(sample::number(offer.pickup.0)),
            })
            .collect();
        let collected = |&pickup: &PickupNumber| Some(Collected { pickup, at: self.collected_at(pickup)? });
        let collected = self.parcels.keys().filter_map(collected).collect();
        self.issued.push(Issued { at: now, pickups: entries.iter().map(|e| e.offer.pickup).collect() });
        Manifest {
            version: 1,
            kiosk_id: sample::KIOSK,
            sequence: self.issued.len() as u64,
            issued_at: now,
            valid_until: now + MANIFEST_FOR,
            entries,
            collected,
        }
    }

    /// Customs or the shop withdraws the release of a parcel.
    pub fn withdraw(&mut self, pickup: PickupNumber, now: Timestamp) {
        if let Some(parcel) = self.parcels.get_mut(&pickup)
            && !matches!(parcel.place, Place::Collected(_))
        {
            parcel.withdrawn.get_or_insert(now);
        }
    }

    /// Takes a report, once per id.
    ///
    /// # Errors
    /// What no honest kiosk may report.
    pub fn take(&mut self, report: &Report) -> Result<(), String> {
        if let Some(known) = self.reports.get(&report.id()) {
            return if known == report { Ok(()) } else { Err(format!("two reports under {}", report.id())) };
        }
        self.reports.insert(report.id(), report.clone());
        match report {
            Report::Handover(handover) => self.handover(handover),
            Report::Deposit(deposit) => self.deposit(deposit),
            Report::Resolution(resolution) => self.resolution(resolution),
            Report::Opening(opening) => self.opened(opening),
            Report::Slip(_) | Report::Service(_) => Ok(()),
        }
    }

    fn handover(&mut self, handover: &Handover) -> Result<(), String> {
        let pickup = handover.pickup;
        self.was_allowed(handover)?;
        let parcel = self.parcels.get_mut(&pickup).ok_or_else(|| format!("{pickup} is nobody's"))?;
        let taken = handover.outcome == HandoverOutcome::Taken;
        let before = parcel.place;
        match (before, taken) {
            (Place::InLocker | Place::Attention | Place::Overdue, true) => {
                parcel.place = Place::Collected(handover.completed_at);
                *self.handed_over.entry(pickup).or_default() += 1;
            }
            (Place::InLocker | Place::Overdue, false) => {
                parcel.place = Place::Attention;
                self.left_open.insert(pickup);
            }
            _ => {}
        }
        let as_expected = matches!((before, taken), (Place::InLocker, _) | (Place::Attention, false));
        if parcel.withdrawn.is_some() || !as_expected {
            self.conflicts.insert(pickup);
        }
        if taken && matches!(before, Place::Collected(_)) {
            return Err(format!("{pickup} was handed over twice"));
        }
        Ok(())
    }

    /// A handover names a grant that was given, or was allowed by a manifest that listed it and had not run out.
    fn was_allowed(&self, handover: &Handover) -> Result<(), String> {
        let pickup = handover.pickup;
        if let Some(grant) = handover.grant_id {
            let known = self.grants.get(&grant);
            let good = matches!(known, Some((of, GrantReply::Granted { .. })) if *of == pickup);
            return if good { Ok(()) } else { Err(format!("{pickup} names a grant that was never given")) };
        }
        let used = handover.manifest.as_ref().ok_or_else(|| format!("{pickup} names no manifest"))?;
        let index = usize::try_from(used.sequence).unwrap_or_default().checked_sub(1);
        let issued = index.and_then(|index| self.issued.get(index));
        let issued = issued.ok_or_else(|| format!("{pickup} names a manifest that was never made"))?;
        let listed = issued.at == used.issued_at && issued.pickups.contains(&pickup);
        if !listed || handover.evidence.read_at > issued.at + MANIFEST_FOR {
            return Err(format!("{pickup} was not on manifest {}, or that had run out", used.sequence));
        }
        Ok(())
    }

    fn deposit(&mut self, deposit: &Deposit) -> Result<(), String> {
        let pickup = deposit.pickup;
        let parcel = self.parcels.get_mut(&pickup).ok_or_else(|| format!("{pickup} is nobody's"))?;
        if deposit.outcome == DepositOutcome::Stored {
            if parcel.withdrawn.is_some() || parcel.place != Place::Ready {
                self.conflicts.insert(pickup);
            }
            if parcel.place == Place::Ready {
                parcel.place = Place::InLocker;
            }
        }
        Ok(())
    }

    fn resolution(&mut self, resolution: &Resolution) -> Result<(), String> {
        let pickup = resolution.pickup;
        let parcel = self.parcels.get_mut(&pickup).ok_or_else(|| format!("{pickup} is nobody's"))?;
        if parcel.place != Place::Attention {
            self.conflicts.insert(pickup);
            return Ok(());
        }
        match resolution.found {
            Found::GoodsInside => parcel.place = Place::InLocker,
            Found::GoodsTaken if !self.left_open.contains(&pickup) => {
                parcel.place = Place::Out;
                self.conflicts.insert(pickup);
            }
            Found::GoodsTaken => {
                parcel.place = Place::Collected(resolution.at);
                *self.handed_over.entry(pickup).or_default() += 1;
                if parcel.withdrawn.is_some() {
                    self.conflicts.insert(pickup);
                }
            }
        }
        Ok(())
    }

    /// Handovers applied to one parcel, at most one in any life.
    pub fn handed_over(&self, pickup: PickupNumber) -> u32 {
        self.handed_over.get(&pickup).copied().unwrap_or_default()
    }
}
