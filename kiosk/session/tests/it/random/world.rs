//! The world around a session: people, devices, disk and backend, each as helpful or as contrary as a seed says.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use fastrand::Rng;
use jiff::SignedDuration;
use pickup_protocol::kiosk::{
    DepositPlanRequest, GrantReply, GrantRequest, StaffReply, Verdict, VerdictRequest,
};
use pickup_protocol::{DoorNumber, PickupNumber, Reason};
use pickup_session::{
    Command, Config, Event, Now, OpenFailure, Record, Screen, Session, SlipJob, Trouble, Unreachable, View,
    recover,
};
use uuid::Uuid;

use super::papers::PAPERS;
use super::rules::Rules;
use crate::{kiosk, sample};

pub type Step = Result<(), String>;

/// A question to the backend.
pub enum Ask {
    Verdict(VerdictRequest),
    Grant(GrantRequest),
    Staff(Uuid),
    Plan(DepositPlanRequest),
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
    pub view: View,
    pub visitor: PickupNumber,
    /// Answers given, to be given again.
    pub old: Vec<Event>,
    /// Of a hundred steps, how many are contrary.
    contrary: u8,
    pub rules: Rules,
    pub log: Option<Vec<String>>,
}

fn session(seed: u64, now: Now) -> Session {
    Session::new(Config::new(sample::doors()), kiosk::ids(seed), now)
}

impl World {
    pub fn new(seed: u64, log: bool) -> Self {
        let mut rng = Rng::with_seed(seed);
        let contrary = [2, 10, 25, 50][rng.usize(..4)];
        let wall = (rng.u8(..10) > 0).then(sample::start);
        let now = Now { mono: Duration::from_secs(1), wall };
        let view = View {
            language: pickup_protocol::Language::Zh,
            display: pickup_session::Display::Normal,
            screen: Screen::Starting,
            countdown_s: None,
            online: false,
        };
        let session = session(1, now);
        let (disk, queue, asks, pulses, jobs, late, open, old, rules) = Default::default();
        let (visitor, log) = (PickupNumber(1), log.then(Vec::new));
        Self {
            rng,
            session,
            now,
            disk,
            queue,
            asks,
            pulses,
            jobs,
            late,
            open,
            lock_up: false,
            view,
            visitor,
            old,
            contrary,
            rules,
            log,
        }
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
                Command::Show(view) => self.view = *view,
                Command::Journal { write, records } => self.queue.push_back((write, records)),
                Command::AskVerdict(request) => self.asks.push_back(Ask::Verdict(request)),
                Command::AskGrant(request) => self.asks.push_back(Ask::Grant(request)),
                Command::AskStaff { ask, .. } => self.asks.push_back(Ask::Staff(ask)),
                Command::AskPlan(request) => self.asks.push_back(Ask::Plan(request)),
                Command::Print(job) => self.jobs.push_back(*job),
                Command::OpenDoor(door) => self.pulses.push_back(door),
                Command::PollCards(_) | Command::CallStaff(_) => {}
            }
        }
        self.rules.stands(&self.session, &self.view, commands)
    }

    /// Time passes and what is due is done.
    pub fn wait(&mut self, time: Duration) -> Step {
        self.note(|| format!("{time:?} pass"));
        self.now.mono += time;
        self.now.wall = self.now.wall.map(|wall| wall + SignedDuration::try_from(time).unwrap());
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
            self.open.clear();
        }
        let life = self.rng.u64(2..);
        self.session = session(life, self.now);
        self.obey()?;
        let found = recover(self.disk.iter().cloned());
        self.send(Event::Recovered(Some(Box::new(found))))
    }

    fn keep(&mut self, records: Vec<Record>) -> Step {
        for record in records {
            self.rules.written(&record)?;
            self.disk.push(record);
        }
        Ok(())
    }

    pub fn step(&mut self) -> Step {
        if matches!(self.view.screen, Screen::Starting) && self.disk.is_empty() {
            self.send(Event::Recovered(Some(Box::default())))?;
            self.devices()?;
        }
        if self.rng.u8(..100) < self.contrary {
            self.contrary_step()
        } else if self.answer()? {
            Ok(())
        } else {
            self.person()
        }
    }

    /// Whatever is waited for and can come comes; what fails does so now and then.
    pub fn answer(&mut self) -> Result<bool, String> {
        if let Some((write, records)) = self.queue.pop_front() {
            self.keep(records)?;
            self.old.push(Event::Journalled(write));
            self.send(Event::Journalled(write))?;
        } else if let Some(ask) = self.asks.pop_front() {
            let answer = self.backend(ask);
            self.old.push(answer.clone());
            self.send(answer)?;
        } else if let Some(door) = self.pulses.pop_front() {
            self.lock(door)?;
        } else if let Some(job) = self.jobs.pop_front() {
            self.printer(&job)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn backend(&mut self, ask: Ask) -> Event {
        let mood = self.rng.u8(..100);
        let reason = Reason::ALL[self.rng.usize(..Reason::ALL.len())];
        match ask {
            Ask::Verdict(request) => {
                let offer = PAPERS.pickup_of(&request.ticket).map(|pickup| PAPERS.offer(pickup).clone());
                let answer = match offer {
                    Some(offer) if mood < 75 => {
                        let slip = sample::slip(offer.pickup.0);
                        Ok(Box::new(Verdict::Ready { offer, slip }))
                    }
                    _ if mood < 88 => Err(Unreachable),
                    _ => Ok(Box::new(Verdict::Refused { reason, collected_at: None })),
                };
                Event::Verdict(request.request_id, answer)
            }
            Ask::Grant(request) => Event::Grant(
                request.grant_id,
                match mood {
                    0..80 => Ok(GrantReply::Granted { doors: PAPERS.offer(request.pickup).doors.clone() }),
                    80..92 => Err(Unreachable),
                    _ => Ok(GrantReply::Refused { reason }),
                },
            ),
            Ask::Staff(ask) => Event::Staff(
                ask,
                match mood {
                    0..85 => Ok(sample::welcome(&self.attention())),
                    85..92 => Err(Unreachable),
                    _ => Ok(StaffReply::Refused { reason }),
                },
            ),
            Ask::Plan(request) => {
                let offer = &PAPERS.offers[self.rng.usize(..5)];
                let answer = if mood < 85 {
                    Ok(sample::plan(offer.pickup.0, offer.doors[0].0))
                } else {
                    Err(Unreachable)
                };
                Event::Plan(request.request_id, answer)
            }
        }
    }

    /// Doors that want a look: those whose pickup ended unclear, and now and then one that does not.
    fn attention(&mut self) -> Vec<(u64, u16)> {
        let unclear = recover(self.disk.iter().cloned()).unclear;
        let any = self.rng.u8(..10) == 0;
        let wants = |pickup: &PickupNumber| any || unclear.contains(pickup);
        let offers = PAPERS.offers.iter().filter(|offer| wants(&offer.pickup));
        offers.map(|offer| (offer.pickup.0, offer.doors[0].0)).collect()
    }

    /// One pulse is answered once.
    fn lock(&mut self, door: DoorNumber) -> Step {
        let mood = self.rng.u8(..100);
        let kind = match mood {
            _ if !self.lock_up => OpenFailure::Unknown,
            0..80 => {
                self.open.insert(door);
                return self.send(Event::Door { door, open: true });
            }
            80..87 => OpenFailure::NotSent,
            87..94 => OpenFailure::NotDetected,
            _ => OpenFailure::Unknown,
        };
        if kind == OpenFailure::Unknown && self.rng.bool() {
            self.open.insert(door);
        }
        self.send(Event::OpenFailed { door, kind })
    }

    fn printer(&mut self, job: &SlipJob) -> Step {
        let (number, mood) = (job.job, self.rng.u8(..100));
        if mood < 75 {
            self.old.push(Event::Printed(number));
            return self.send(Event::Printed(number));
        }
        let (sent, trouble) = (mood < 88, Trouble::PaperOut);
        if self.rng.bool() {
            self.send(Event::Printer(Some(trouble)))?;
        }
        if sent {
            self.late.push(number);
        }
        self.send(Event::PrintFailed { job: number, sent, trouble })
    }

    /// Everything that answers at start answers, in one order or another.
    pub fn devices(&mut self) -> Step {
        self.lock_up = true;
        if self.now.wall.is_none() && self.rng.bool() {
            self.now.wall = Some(sample::start());
        }
        if self.rng.bool() {
            self.send(Event::Manifest(Box::new(PAPERS.manifest.clone())))?;
        }
        let mut events = vec![
            Event::Hello(Box::new(sample::hello())),
            Event::Online(true),
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

    fn tell_doors(&mut self) -> Step {
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
        let silent = self.rng.bool();
        if silent {
            self.lose()?;
        }
        self.devices()?;
        self.send(Event::Printer(None))?;
        for _ in 0..600 {
            let open = self.open.first().copied();
            if self.answer()? {
            } else if let Some(door) = open {
                self.shut(door)?;
            } else if self.session.is_idle() {
                return Ok(());
            } else if self.session.poll_timeout().is_none() {
                return Err(format!("stuck: {:?}", self.session));
            } else {
                self.wait_until_due()?;
            }
        }
        Err(format!("no way home: {:?}", self.session))
    }
}
