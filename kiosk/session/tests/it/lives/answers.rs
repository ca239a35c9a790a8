//! What answers the session: disk, backend behind its network, lock and printer.

use pickup_protocol::work::{OpeningReply, SlipReply};
use pickup_protocol::{DoorNumber, Reason};
use pickup_session::journal::Record;
use pickup_session::{Event, OpenFailure, Screen, SlipJob, Unreachable};

use super::nature::{Door, Net, Paper};
use super::world::{Ask, Step, World};
use pickup_protocol::kiosk::{DepositPlanReply, GrantReply, StaffReply, Verdict};

impl World {
    /// Whatever is waited for and can come comes; what fails does so now and then.
    pub fn answer(&mut self) -> Result<bool, String> {
        if let Some((write, records)) = self.queue.pop_front() {
            self.keep(records)?;
            self.old.push(Event::Journalled(write));
            self.send(Event::Journalled(write))?;
        } else if let Some(ask) = self.asks.pop_front() {
            self.ask(ask)?;
        } else if let Some(door) = self.pulses.pop_front() {
            self.lock(door)?;
        } else if let Some(job) = self.jobs.pop_front() {
            self.printer(&job)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn ask(&mut self, ask: Ask) -> Step {
        let net = if self.net_up { self.nature.net(&mut self.rng, self.now.mono) } else { Net::Away };
        match net {
            Net::Answers => {
                let answer = self.backend(&ask);
                self.old.push(answer.clone());
                self.send(answer)
            }
            // The backend has written it down, and nobody hears of it; or much later.
            Net::AnswerLost => {
                let late = self.backend(&ask);
                self.old.push(late);
                self.send(unreachable(&ask))
            }
            Net::Refuses => {
                let reason = Reason::ALL[self.rng.usize(..Reason::ALL.len())];
                self.send(refused(&ask, reason))
            }
            Net::Silent => Ok(()),
            Net::Away => self.send(unreachable(&ask)),
        }
    }

    fn backend(&mut self, ask: &Ask) -> Event {
        let now = self.clock();
        match ask {
            Ask::Verdict(request) => {
                Event::Verdict(request.request_id, Ok(Box::new(self.backend.verdict(request, now))))
            }
            Ask::Grant(request) => Event::Grant(request.grant_id, Ok(self.backend.grant(request, now))),
            Ask::Staff(ask, pin) => Event::Staff(*ask, Ok(self.backend.welcome(pin.as_ref()))),
            Ask::Opening(request) => Event::Opening(request.opening_id, Ok(self.backend.opening(request))),
            Ask::Slip(ask) => Event::Slip(*ask, Err(Unreachable)),
            Ask::Plan(request) => Event::Plan(request.request_id, Ok(self.backend.plan(request))),
        }
    }

    /// What goes on beside the pickups while the network is there: manifests come, reports go.
    pub fn contact(&mut self) -> Step {
        if !self.net_up {
            return Ok(());
        }
        if !self.outbox.is_empty() && self.rng.bool() {
            return self.report();
        }
        self.fetch()
    }

    pub fn fetch(&mut self) -> Step {
        let manifest = self.backend.manifest(self.clock());
        self.kept = Some(manifest.clone());
        self.send(Event::Manifest(Box::new(manifest)))
    }

    /// The oldest report is sent; its acknowledgement may be lost, and then it is sent again.
    pub fn report(&mut self) -> Step {
        let Some(report) = self.outbox.front().cloned() else { return Ok(()) };
        self.note(|| format!("{report:?} is reported"));
        self.backend.take(&report)?;
        if self.rng.u8(..10) > 0 {
            self.outbox.pop_front();
            self.disk.push(Record::Reported { id: report.id() });
        }
        Ok(())
    }

    /// One pulse is answered once.
    fn lock(&mut self, door: DoorNumber) -> Step {
        let mood = self.nature.door(&mut self.rng, self.now.mono);
        let (moves, failure) = match mood {
            _ if !self.lock_up => (false, Some(OpenFailure::Unknown)),
            Door::Opens => (true, None),
            Door::Fails { moves, kind } => (moves, Some(kind)),
        };
        if moves {
            self.open.insert(door);
        }
        match failure {
            None => self.send(Event::Door { door, open: true }),
            Some(kind) => {
                self.send(Event::OpenFailed { door, kind })?;
                self.look_at(door)
            }
        }
    }

    /// The contact is read after a pulse that failed; the answer may be lost too, until the board answers again.
    fn look_at(&mut self, door: DoorNumber) -> Step {
        let open = self.open.contains(&door);
        match self.nature.contact(&mut self.rng, self.now.mono, open) {
            Some(told) if self.lock_up => {
                let invited = matches!(&self.view.screen, Screen::TakeGoods { door: of, .. } if *of == door);
                if open && !told && invited {
                    // Who stands before an open door and was asked to take the goods takes them, whatever its contact says.
                    self.goods.shut(door, self.rules.meant_for(door));
                }
                self.send(Event::Door { door, open: told })
            }
            _ => {
                self.unanswered_look = true;
                Ok(())
            }
        }
    }

    fn printer(&mut self, job: &SlipJob) -> Step {
        let number = job.job;
        match self.nature.paper(&mut self.rng, self.now.mono) {
            Paper::Prints => {
                self.old.push(Event::Printed(number));
                self.send(Event::Printed(number))
            }
            Paper::Fails { sent, trouble, told } => {
                if told {
                    self.send(Event::Printer(Some(trouble)))?;
                }
                if sent {
                    self.late.push(number);
                }
                self.send(Event::PrintFailed { job: number, sent, trouble })
            }
        }
    }

    pub fn printer_mends(&mut self) -> Step {
        self.send(Event::Printer(None))?;
        self.wait_until_due()
    }

    /// Something that was asked for is lost on the way.
    pub fn lose(&mut self) -> Step {
        self.note(|| "what was asked for is lost".into());
        (self.asks, self.pulses, self.jobs) = Default::default();
        Ok(())
    }
}

fn unreachable(ask: &Ask) -> Event {
    match ask {
        Ask::Verdict(request) => Event::Verdict(request.request_id, Err(Unreachable)),
        Ask::Grant(request) => Event::Grant(request.grant_id, Err(Unreachable)),
        Ask::Staff(ask, _) => Event::Staff(*ask, Err(Unreachable)),
        Ask::Opening(request) => Event::Opening(request.opening_id, Err(Unreachable)),
        Ask::Slip(ask) => Event::Slip(*ask, Err(Unreachable)),
        Ask::Plan(request) => Event::Plan(request.request_id, Err(Unreachable)),
    }
}

fn refused(ask: &Ask, reason: Reason) -> Event {
    match ask {
        Ask::Verdict(request) => {
            Event::Verdict(request.request_id, Ok(Box::new(Verdict::refused(reason, None))))
        }
        Ask::Grant(request) => Event::Grant(request.grant_id, Ok(GrantReply::Refused { reason })),
        Ask::Staff(ask, _) => Event::Staff(*ask, Ok(StaffReply::Refused { reason })),
        Ask::Opening(request) => Event::Opening(request.opening_id, Ok(OpeningReply::Refused { reason })),
        Ask::Slip(ask) => Event::Slip(*ask, Ok(Box::new(SlipReply::Refused { reason }))),
        Ask::Plan(request) => Event::Plan(request.request_id, Ok(DepositPlanReply::Refused { reason })),
    }
}
