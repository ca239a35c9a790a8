//! The world around a session: time, disk, power, and what passes between the session and everything else.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use pickup_protocol::kiosk::{DepositPlanRequest, GrantRequest, NumberRequest, VerdictRequest};
use pickup_protocol::work::{OpeningRequest, Pin};
use pickup_protocol::{DoorNumber, Language, Manifest, PickupNumber};
use pickup_session::journal::Report;
use pickup_session::{Command, Config, Event, Now, Record, Screen, Session, SlipJob, View, recover};
use uuid::Uuid;

use super::backend::{Backend, Parcel, Place};
use super::goods::Goods;
use super::nature::Nature;
use super::papers::PAPERS;
use super::rules::Rules;
use crate::sample;

pub type Step = Result<(), String>;

/// A question to the backend.
pub enum Ask {
    Verdict(VerdictRequest),
    Grant(GrantRequest),
    Staff(Uuid, Option<Pin>),
    Plan(DepositPlanRequest),
    Opening(OpeningRequest),
    Slip(Uuid),
}

pub struct World {
    pub rng: Rng,
    pub session: Session,
    pub now: Now,
    pub disk: Vec<Record>,
    pub queue: VecDeque<(u64, Vec<Record>)>,
    pub asks: VecDeque<Ask>,
    pub pulses: VecDeque<DoorNumber>,
    pub jobs: VecDeque<SlipJob>,
    /// Slips that failed and may yet come out.
    pub late: Vec<u64>,
    pub open: BTreeSet<DoorNumber>,
    pub lock_up: bool,
    /// A look at a door got no answer; all doors are told when the board answers again.
    pub unanswered_look: bool,
    pub net_up: bool,
    pub backend: Backend,
    /// Reports on the disk that were not acknowledged.
    pub outbox: VecDeque<Report>,
    /// The manifest kept on the flash.
    pub kept: Option<Manifest>,
    pub goods: Goods,
    pub view: View,
    pub visitor: PickupNumber,
    /// Answers given, to be given again.
    pub old: Vec<Event>,
    pub nature: Nature,
    /// The operator's policy.
    pub slip_may_follow_after: Option<Duration>,
    pub rules: Rules,
    pub log: Option<Vec<String>>,
}

fn session(life: u64, slip_may_follow_after: Option<Duration>, now: Now) -> Session {
    let config = Config { slip_may_follow_after, ..Config::new(sample::doors()) };
    Session::new(config, ids(life), now)
}

/// Ids that differ between sessions and are the same in every run.
fn ids(life: u64) -> Box<dyn FnMut() -> Uuid + Send> {
    let mut next = 0;
    Box::new(move || {
        next += 1;
        Uuid::from_u64_pair(life, next)
    })
}

impl World {
    pub fn new(seed: u64, nature: fn(&mut Rng) -> (Nature, Option<Duration>), log: bool) -> Self {
        let mut rng = Rng::with_seed(seed);
        let (nature, slip_may_follow_after) = nature(&mut rng);
        let now = Now { mono: Duration::from_secs(1), wall: None };
        let view = View {
            language: Language::Zh,
            display: pickup_session::Display::Normal,
            screen: Screen::Starting,
            countdown_s: None,
            online: false,
            away: None,
            nth: None,
        };
        let mut backend = Backend::default();
        let everything_stored = matches!(nature, Nature::Real(_));
        for offer in &PAPERS.offers {
            // The parcel of two doors is stored at first: a plan names one door.
            let stored = everything_stored || offer.doors.len() > 1 || rng.u8(..10) < 7;
            let place = if stored { Place::InLocker } else { Place::Ready };
            backend.parcels.insert(offer.pickup, Parcel { place, withdrawn: None });
        }
        let stored = |pickup| backend.parcels.get(&pickup).is_some_and(|p| p.place == Place::InLocker);
        let offers = PAPERS.offers.iter().filter(|offer| stored(offer.pickup));
        let goods = Goods::behind(offers.flat_map(|offer| offer.doors.clone()));
        let (disk, queue, asks, pulses, jobs, late, open, old, rules) = Default::default();
        let mut world = Self {
            rng,
            session: session(1, slip_may_follow_after, now),
            now,
            disk,
            queue,
            asks,
            pulses,
            jobs,
            late,
            open,
            lock_up: false,
            unanswered_look: false,
            net_up: true,
            backend,
            outbox: VecDeque::new(),
            kept: None,
            goods,
            view,
            visitor: PickupNumber(1),
            old,
            nature,
            slip_may_follow_after,
            rules,
            log: log.then(Vec::new),
        };
        if world.everything_works() || world.rng.u8(..10) > 0 {
            world.now.wall = Some(world.clock());
        }
        world
    }

    /// The time as it is, which the kiosk may not know.
    pub fn clock(&self) -> Timestamp {
        sample::start() + SignedDuration::try_from(self.now.mono).unwrap()
    }

    pub fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push(text());
        }
    }

    pub fn send(&mut self, event: Event) -> Step {
        self.note(|| format!("{event:?}"));
        self.rules.told(&event, self.now);
        self.session.handle(event, self.now);
        self.obey()
    }

    fn obey(&mut self) -> Step {
        let mut commands = 0;
        while let Some(command) = self.session.next_command() {
            commands += 1;
            self.note(|| format!("    -> {command:?}"));
            self.rules.asked(&command, self.now)?;
            match command {
                Command::Show(view) => self.shown(*view)?,
                Command::Journal { write, records } => self.queue.push_back((write, records)),
                Command::AskVerdict(request) => self.asks.push_back(Ask::Verdict(request)),
                Command::AskGrant(request) => self.asks.push_back(Ask::Grant(request)),
                Command::AskStaff { ask, pin, .. } => self.asks.push_back(Ask::Staff(ask, pin)),
                Command::AskOpening(request) => self.asks.push_back(Ask::Opening(request)),
                Command::AskSlip { ask, .. } => self.asks.push_back(Ask::Slip(ask)),
                Command::AskPlan(request) => self.asks.push_back(Ask::Plan(request)),
                Command::Print(job) => self.jobs.push_back(*job),
                Command::OpenDoor(door) => self.pulses.push_back(door),
                Command::CallStaff(why) => self.nature.called(why),
                Command::AskNumber(NumberRequest { request_id, number }) => {
                    let ticket = PAPERS.ticket_of(number);
                    self.asks.push_back(Ask::Verdict(VerdictRequest { request_id, ticket }));
                }
                Command::PollCards(_) | Command::PrintSample(_) | Command::CallAbout { .. } => {}
            }
        }
        self.rules.stands(&self.session, &self.view, commands)
    }

    fn shown(&mut self, view: View) -> Step {
        self.rules.shown(&self.view.screen, &view.screen, self.now.wall)?;
        self.view = view;
        if let Screen::StaffPlace { door, waybill, .. } = &self.view.screen
            && !self.rules.cancelled(waybill)
        {
            self.goods.put(*door);
        }
        Ok(())
    }

    /// Time passes and what is due is done.
    pub fn wait(&mut self, time: Duration) -> Step {
        self.note(|| format!("{time:?} pass"));
        self.now.mono += time;
        self.now.wall = self.now.wall.map(|_| self.clock());
        self.session.handle_timeout(self.now);
        self.obey()
    }

    pub fn wait_until_due(&mut self) -> Step {
        let due = self.session.poll_timeout().unwrap_or(self.now.mono + Duration::from_secs(5));
        self.wait(due.saturating_sub(self.now.mono))
    }

    /// The power fails: of what was to be written, the first so many reached the disk.
    pub fn cut(&mut self) -> Step {
        let written = self.rng.usize(..=self.queue.len());
        self.note(|| format!("the power is cut; {written} more writes are on the disk"));
        for (_, records) in std::mem::take(&mut self.queue).into_iter().take(written) {
            self.keep(records)?;
        }
        self.rules.cut();
        (self.asks, self.pulses, self.jobs) = Default::default();
        (self.late, self.old, self.lock_up) = Default::default();
        if self.rng.bool() {
            // People shut doors also while nobody counts.
            for door in std::mem::take(&mut self.open) {
                let meant_for = self.rules.meant_for(door);
                self.goods.shut(door, meant_for);
            }
        }
        let life = self.rng.u64(2..);
        self.session = session(life, self.slip_may_follow_after, self.now);
        self.obey()?;
        let found = recover(self.disk.iter().cloned());
        self.rules.found_again(&found)?;
        self.outbox = found.reports.iter().cloned().collect();
        self.send(Event::Recovered(Some(Box::new(found))))
    }

    pub fn keep(&mut self, records: Vec<Record>) -> Step {
        for record in records {
            self.rules.written(&record)?;
            match &record {
                Record::HandedOver(report) => self.outbox.push_back(Report::Handover(report.clone())),
                Record::Deposited(report) => self.outbox.push_back(Report::Deposit(report.clone())),
                Record::Resolved(report) => self.outbox.push_back(Report::Resolution(report.clone())),
                Record::Service(report) => self.outbox.push_back(Report::Service(report.clone())),
                Record::OpeningEnded(report) => self.outbox.push_back(Report::Opening(report.clone())),
                Record::DepositCancelled { pickup, .. } => {
                    PAPERS.offer(*pickup).doors.iter().for_each(|door| self.goods.remove(*door));
                }
                _ => {}
            }
            self.disk.push(record);
        }
        Ok(())
    }

    pub fn step(&mut self) -> Step {
        if matches!(self.view.screen, Screen::Starting) && self.disk.is_empty() {
            self.send(Event::Recovered(Some(Box::default())))?;
            self.devices()?;
        }
        if self.rng.u8(..100) < self.nature.contrary() {
            self.contrary_step()
        } else if self.rng.u8(..6) == 0 {
            self.contact()
        } else if self.answer()? {
            Ok(())
        } else {
            self.person()
        }
    }

    /// Everything that answers at start answers, in one order or another.
    pub fn devices(&mut self) -> Step {
        self.lock_up = true;
        if self.everything_works() || self.rng.bool() {
            self.now.wall = Some(self.clock());
        }
        if let Some(kept) = self.kept.clone() {
            self.send(Event::Manifest(Box::new(kept)))?;
        }
        let mut events = vec![
            Event::Hello(Box::new(sample::hello())),
            Event::Online(self.net_up),
            Event::Scanner(true),
            Event::Reader(true),
            Event::Lock(true),
        ];
        self.rng.shuffle(&mut events);
        for event in events {
            self.send(event)?;
        }
        self.tell_doors()
    }

    pub fn tell_doors(&mut self) -> Step {
        let mut doors: Vec<DoorNumber> = sample::doors().iter().map(|d| d.door).collect();
        self.rng.shuffle(&mut doors);
        if !self.lock_up {
            doors.clear();
        }
        for door in doors {
            self.send(Event::Door { door, open: self.open.contains(&door) })?;
        }
        Ok(())
    }

    /// Nobody comes any more, doors are shut and everything answers: the kiosk must find its way home.
    pub fn settle(&mut self) -> Step {
        if self.rng.bool() {
            self.lose()?;
        }
        self.net_up = true;
        self.devices()?;
        self.send(Event::Printer(None))?;
        for _ in 0..600 {
            let open = self.open.first().copied();
            if self.answer()? {
            } else if let Some(door) = open {
                self.shut(door)?;
            } else if self.session.is_idle() {
                return Ok(());
            } else if std::mem::take(&mut self.unanswered_look) {
                self.tell_doors()?;
            } else if self.session.poll_timeout().is_none() {
                return Err(format!("stuck: {:?}", self.session));
            } else {
                self.wait_until_due()?;
            }
        }
        Err(format!("no way home: {:?}", self.session))
    }

    /// The network is back for good: every report is acknowledged, and both sides agree with what is really so.
    pub fn merge(&mut self) -> Step {
        self.net_up = true;
        while !self.outbox.is_empty() {
            self.report()?;
        }
        self.rules.everything_was_reported(&self.disk, &self.backend)?;
        self.goods.agree_with(&self.backend)
    }
}
