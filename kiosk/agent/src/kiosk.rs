//! The kiosk: the session in the middle, and everything it asks for done around it.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use jiff::Timestamp;
use pickup_devices::printer::PrintJob;
use pickup_protocol::DoorNumber;
use pickup_protocol::Reason;
use pickup_protocol::kiosk::{GrantReply, Verdict};
use pickup_session::journal::{Record, Report};
use pickup_session::{
    Command, Config as SessionConfig, Event, OpenFailure, Recovery, Screen, Session, SlipJob, Trouble,
    Unreachable,
};
use pickup_ui::UiCommand;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::backend::{Backend, BackendError};
use crate::calls::Calls;
use crate::clock::Clock;
use crate::contact::Nudges;
use crate::devices::{self, Devices};
use crate::journal::{Journal, keep_from};
use crate::known::Known;
use crate::pulse::Pulse;
use crate::sample;
use crate::screen::Surroundings;
use crate::service::Desk;
use crate::slip::{self, SlipContent, SlipError};

/// The clock on the screen shows minutes.
const CLOCK_EVERY: Duration = Duration::from_secs(5);
/// What was reported long ago is taken out of the journal this often.
const PRUNE_EVERY: Duration = Duration::from_secs(24 * 3600);

/// The kiosk.
pub struct Kiosk {
    /// Decides everything.
    pub session: Session,
    /// The time.
    pub clock: Clock,
    /// The backend.
    pub backend: Backend,
    /// What the session is set up with.
    pub settings: SessionConfig,
    /// The journal.
    pub journal: Journal,
    /// Days that lines of the journal stay after they were reported.
    pub keep_days: u16,
    /// When the journal is made shorter next, on the monotonic clock.
    pub prune_at: Duration,
    /// What devices and backend said last.
    pub known: Known,
    /// Whether the journal was read, or found to be no good, before.
    pub began: bool,
    /// How it goes on, for whoever watches.
    pub pulse: Arc<Pulse>,
    /// Calls for a person.
    pub calls: Calls,
    /// The drivers.
    pub devices: Devices,
    /// The screen.
    pub ui: Sender<UiCommand>,
    /// Reports to be sent.
    pub reports: UnboundedSender<Report>,
    /// Asks for contact to be looked after.
    pub nudges: Nudges,
    /// Figures for the service pages.
    pub desk: Desk,
    /// What the screen shows around the page.
    pub around: Surroundings,
    /// What slips are printed on.
    pub paper: slip::Paper,
    /// What happens.
    pub events: UnboundedSender<Event>,
    /// What was shown last.
    pub shown: Option<(pickup_session::View, pickup_ui::view::View)>,
}

impl Kiosk {
    /// Runs until `stop` says so.
    pub async fn run(mut self, mut happened: UnboundedReceiver<Event>, mut stop: watch::Receiver<bool>) {
        self.obey();
        loop {
            let due = self.session.poll_timeout().map(|mono| Instant::from_std(self.clock.instant(mono)));
            let clock = Instant::now() + CLOCK_EVERY;
            tokio::select! {
                event = happened.recv() => match event {
                    Some(event) => self.handle(event),
                    None => return,
                },
                () = sleep_until(due.unwrap_or(clock)), if due.is_some() => {
                    self.session.handle_timeout(self.clock.now());
                }
                () = sleep_until(clock) => self.tick(),
                () = self.desk.changed() => {
                    self.around.figures = self.desk.figures.borrow_and_update().clone();
                    self.show_again();
                }
                _ = stop.wait_for(|stop| *stop) => return,
            }
            self.obey();
        }
    }

    fn handle(&mut self, event: Event) {
        if let Event::Hello(hello) = &event {
            self.around.hello = Some((**hello).clone());
        }
        self.known.note(&event);
        match &event {
            Event::Door { door, open } => self.pulse.door(*door, *open),
            Event::Lock(false) => self.pulse.locks_lost(),
            _ => {}
        }
        let look = matches!(event, Event::OpenFailed { .. });
        match event {
            Event::Recovered(found) => self.recovered(found),
            event => self.session.handle(event, self.clock.now()),
        }
        if look {
            // Whatever the door did, it is looked at again.
            let _ = self.devices.lock.query_all();
        }
        self.show_again();
    }

    /// The journal was read, or is no good.
    fn recovered(&mut self, found: Option<Box<Recovery>>) {
        self.pulse.set_journal(found.is_some());
        if let Some(found) = &found {
            found.reports.iter().for_each(|report| drop(self.reports.send(report.clone())));
        }
        let event = match (std::mem::replace(&mut self.began, true), found) {
            (false, found) => Event::Recovered(found),
            (true, None) => Event::JournalFailed,
            (true, Some(found)) => {
                self.begin_anew();
                Event::Recovered(Some(found))
            }
        };
        self.session.handle(event, self.clock.now());
    }

    /// Devices and backend said this before the kiosk was there to hear it.
    pub fn hear(&mut self, known: Known) {
        let now = self.clock.now();
        known.events().for_each(|event| self.session.handle(event, now));
        self.known = known;
        let _ = self.devices.lock.query_all();
    }

    /// The journal could not be written for a while, so what is known of before is what it says: as after a restart.
    fn begin_anew(&mut self) {
        let now = self.clock.now();
        self.session = Session::new(self.settings.clone(), Box::new(Uuid::new_v4), now);
        self.known.events().for_each(|event| self.session.handle(event, now));
        let _ = self.devices.polling.send(false);
        let _ = self.devices.lock.query_all();
    }

    fn tick(&mut self) {
        self.pulse.beat();
        self.show_again();
        let now = self.clock.now();
        if let Some(wall) = now.wall.filter(|_| now.mono >= self.prune_at && self.session.is_idle()) {
            self.prune_at = now.mono + PRUNE_EVERY;
            self.journal.prune(keep_from(wall, self.keep_days));
        }
    }

    fn obey(&mut self) {
        while let Some(command) = self.session.next_command() {
            match command {
                Command::Show(view) => self.show(*view),
                Command::Journal { write, records } => self.journal(write, records),
                Command::PollCards(on) => {
                    let _ = self.devices.polling.send(on);
                }
                Command::Print(job) => self.print(*job),
                Command::PrintSample(number) => self.print_sample(number),
                Command::OpenDoor(door) => self.open(door),
                Command::CallStaff(why) => {
                    tracing::warn!(why, "a member of staff is needed at the kiosk");
                    self.calls.call(why, std::time::Instant::now());
                }
                Command::CallAbout { code, about } => {
                    tracing::warn!(code, about, "a member of staff is needed at the kiosk");
                    let about = Some(about).filter(|about| !about.is_empty());
                    self.calls.call_about(code, about, std::time::Instant::now());
                }
                asked => self.ask(asked),
            }
        }
    }

    fn ask(&self, command: Command) {
        let (backend, to, away) = (self.backend.clone(), self.events.clone(), self.nudges.away.clone());
        tokio::spawn(async move {
            let answer = answer(&backend, command).await;
            if matches!(
                answer,
                Some(
                    Event::Verdict(_, Err(_))
                        | Event::Grant(_, Err(_))
                        | Event::Staff(_, Err(_))
                        | Event::Plan(_, Err(_))
                        | Event::Opening(_, Err(_))
                        | Event::Slip(_, Err(_))
                )
            ) {
                away.notify_one();
            }
            if let Some(answer) = answer {
                let _ = to.send(answer);
            }
        });
    }

    fn journal(&self, write: u64, records: Vec<Record>) {
        let reports: Vec<Report> = records.iter().filter_map(report_of).collect();
        let (to, outbox) = (self.events.clone(), self.reports.clone());
        let done = move |good: bool| {
            let _ = to.send(if good { Event::Journalled(write) } else { Event::JournalFailed });
            if good {
                reports.into_iter().for_each(|report| drop(outbox.send(report)));
            }
        };
        self.journal.write(self.clock.now().wall, records, Box::new(done));
    }

    fn print_sample(&self, number: u64) {
        let printed_at = self.clock.now().wall.unwrap_or(Timestamp::UNIX_EPOCH);
        let paper = self.paper;
        self.print_drawn(number, move || sample::job(number, printed_at, paper));
    }

    fn print(&self, job: SlipJob) {
        let paper = self.paper;
        let kiosk = self.around.hello.as_ref().map(|hello| hello.kiosk.clone()).unwrap_or_default();
        let printed_at = self.clock.now().wall.unwrap_or(job.offer.released_at);
        self.print_drawn(job.job, move || {
            let content =
                SlipContent { offer: &job.offer, slip: &job.slip, kiosk: &kiosk, printed_at, copy: job.copy };
            slip::print_job(job.job, &content, paper)
        });
    }

    fn print_drawn(&self, number: u64, draw: impl FnOnce() -> Result<PrintJob, SlipError> + Send + 'static) {
        let (printer, to) = (self.devices.printer.clone(), self.events.clone());
        tokio::task::spawn_blocking(move || {
            let trouble = match draw() {
                Ok(job) => match printer.print(job) {
                    Ok(()) => return,
                    Err(fault) => devices::trouble(fault),
                },
                Err(error) => {
                    tracing::error!("a slip cannot be made: {error}");
                    Trouble::Other
                }
            };
            let _ = to.send(Event::PrintFailed { job: number, sent: false, trouble });
        });
    }

    fn open(&self, door: DoorNumber) {
        if let Err(fault) = self.devices.lock.open(door.0) {
            tracing::warn!(door = door.0, fault = fault.code(), "a door could not be asked to open");
            let _ = self.events.send(Event::OpenFailed { door, kind: OpenFailure::NotSent });
            return;
        }
        let (at, to) = (self.clock.now().wall, self.events.clone());
        let done = move |good: bool| {
            if !good {
                let _ = to.send(Event::JournalFailed);
            }
        };
        self.journal.write(at, vec![Record::Sent { door, at }], Box::new(done));
    }

    fn show(&mut self, view: pickup_session::View) {
        let shown = self.around.view(&view, self.clock.now().wall);
        if self.shown.as_ref().is_none_or(|(_, last)| *last != shown) {
            // The screen's end ends the program elsewhere.
            let _ = self.ui.send(UiCommand::Show(Box::new(shown.clone())));
        }
        self.pulse.show(&view.screen);
        self.desk.want(matches!(view.screen, Screen::Service(_)));
        self.shown = Some((view, shown));
    }

    /// What surrounds the page may have changed.
    fn show_again(&mut self) {
        if let Some((view, _)) = self.shown.clone() {
            self.show(view);
        }
    }
}

fn report_of(record: &Record) -> Option<Report> {
    match record {
        Record::HandedOver(handover) => Some(Report::Handover(handover.clone())),
        Record::Deposited(deposit) => Some(Report::Deposit(deposit.clone())),
        Record::Service(change) => Some(Report::Service(change.clone())),
        Record::Resolved(resolution) => Some(Report::Resolution(resolution.clone())),
        Record::OpeningEnded(opening) => Some(Report::Opening(opening.clone())),
        Record::OwedSlipPrinted(slip) => Some(Report::Slip(slip.clone())),
        _ => None,
    }
}

async fn answer(backend: &Backend, command: Command) -> Option<Event> {
    Some(match command {
        Command::AskVerdict(request) => {
            let answer = heard(backend.verdict(&request).await, away);
            Event::Verdict(request.request_id, answer.map(Box::new))
        }
        Command::AskNumber(request) => {
            let answer = heard(backend.number(&request).await, away);
            Event::Verdict(request.request_id, answer.map(Box::new))
        }
        Command::AskGrant(request) => {
            let refused = || GrantReply::Refused { reason: Reason::Offline };
            Event::Grant(request.grant_id, heard(backend.grant(&request).await, refused))
        }
        Command::AskStaff { ask, badge, pin } => {
            Event::Staff(ask, backend.staff(badge, pin).await.map_err(unreachable))
        }
        Command::AskOpening(request) => {
            Event::Opening(request.opening_id, backend.opening(&request).await.map_err(unreachable))
        }
        Command::AskSlip { ask, request } => {
            Event::Slip(ask, backend.slip(&request).await.map(Box::new).map_err(unreachable))
        }
        Command::AskPlan(request) => {
            Event::Plan(request.request_id, backend.plan(&request).await.map_err(unreachable))
        }
        _ => return None,
    })
}

const fn away() -> Verdict {
    Verdict::refused(Reason::Offline, None)
}

/// Only a backend that is silent or broken lets the manifest speak; one that turns us away does not.
fn heard<T>(answer: Result<T, BackendError>, refused: impl FnOnce() -> T) -> Result<T, Unreachable> {
    match answer {
        Err(error) if error.turns_us_away() => {
            tracing::error!(%error, "turned away");
            Ok(refused())
        }
        answer => answer.map_err(unreachable),
    }
}

fn unreachable(error: BackendError) -> Unreachable {
    tracing::warn!(%error, "no answer");
    Unreachable
}
