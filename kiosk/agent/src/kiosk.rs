//! The kiosk: the session in the middle, and everything it asks for done around it.

use std::sync::mpsc::Sender;
use std::time::Duration;

use pickup_protocol::DoorNumber;
use pickup_protocol::Reason;
use pickup_protocol::kiosk::{GrantReply, Verdict};
use pickup_session::journal::{Record, Report};
use pickup_session::{Command, Event, OpenFailure, Session, SlipJob, Trouble, Unreachable};
use pickup_ui::UiCommand;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::backend::{Backend, BackendError};
use crate::clock::Clock;
use crate::contact::Nudges;
use crate::devices::{self, Devices};
use crate::journal::Journal;
use crate::screen::Surroundings;
use crate::slip::{self, SlipContent};

/// The clock on the screen shows minutes.
const CLOCK_EVERY: Duration = Duration::from_secs(5);

/// The kiosk.
pub struct Kiosk {
    /// Decides everything.
    pub session: Session,
    /// The time.
    pub clock: Clock,
    /// The backend.
    pub backend: Backend,
    /// The journal; `None` when it cannot be used.
    pub journal: Option<Journal>,
    /// The drivers.
    pub devices: Devices,
    /// The screen.
    pub ui: Sender<UiCommand>,
    /// Reports to be sent.
    pub reports: UnboundedSender<Report>,
    /// Asks for contact to be looked after.
    pub nudges: Nudges,
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
                () = sleep_until(clock) => self.show_again(),
                _ = stop.wait_for(|stop| *stop) => return,
            }
            self.obey();
        }
    }

    fn handle(&mut self, event: Event) {
        if let Event::Hello(hello) = &event {
            self.around.hello = Some((**hello).clone());
        }
        let look = matches!(event, Event::OpenFailed { .. });
        self.session.handle(event, self.clock.now());
        if look {
            // Whatever the door did, it is looked at again.
            let _ = self.devices.lock.query_all();
        }
        self.show_again();
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
                Command::OpenDoor(door) => self.open(door),
                Command::CallStaff(why) => tracing::warn!(why, "a member of staff is needed at the kiosk"),
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
        let Some(journal) = &self.journal else {
            let _ = self.events.send(Event::JournalFailed);
            return;
        };
        let reports: Vec<Report> = records.iter().filter_map(report_of).collect();
        let (to, outbox) = (self.events.clone(), self.reports.clone());
        let done = move |good: bool| {
            let _ = to.send(if good { Event::Journalled(write) } else { Event::JournalFailed });
            if good {
                reports.into_iter().for_each(|report| drop(outbox.send(report)));
            }
        };
        journal.write(records, Box::new(done));
    }

    fn print(&self, job: SlipJob) {
        let (printer, to, paper) = (self.devices.printer.clone(), self.events.clone(), self.paper);
        let kiosk = self.around.hello.as_ref().map(|hello| hello.kiosk.clone()).unwrap_or_default();
        let printed_at = self.clock.now().wall.unwrap_or(job.offer.released_at);
        tokio::task::spawn_blocking(move || {
            let number = job.job;
            let content =
                SlipContent { offer: &job.offer, slip: &job.slip, kiosk: &kiosk, printed_at, copy: job.copy };
            let trouble = match slip::print_job(number, &content, paper) {
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
        }
    }

    fn show(&mut self, view: pickup_session::View) {
        let shown = self.around.view(&view, self.clock.now().wall);
        if self.shown.as_ref().is_none_or(|(_, last)| *last != shown) {
            // The screen's end ends the program elsewhere.
            let _ = self.ui.send(UiCommand::Show(Box::new(shown.clone())));
        }
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
        Record::Resolved(resolution) => Some(Report::Resolution(resolution.clone())),
        _ => None,
    }
}

async fn answer(backend: &Backend, command: Command) -> Option<Event> {
    Some(match command {
        Command::AskVerdict(request) => {
            let refused = || Verdict::Refused { reason: Reason::Offline, collected_at: None };
            let answer = heard(backend.verdict(&request).await, refused);
            Event::Verdict(request.request_id, answer.map(Box::new))
        }
        Command::AskGrant(request) => {
            let refused = || GrantReply::Refused { reason: Reason::Offline };
            Event::Grant(request.grant_id, heard(backend.grant(&request).await, refused))
        }
        Command::AskStaff { ask, badge } => {
            Event::Staff(ask, backend.staff(badge).await.map_err(unreachable))
        }
        Command::AskPlan(request) => {
            Event::Plan(request.request_id, backend.plan(&request).await.map_err(unreachable))
        }
        _ => return None,
    })
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
