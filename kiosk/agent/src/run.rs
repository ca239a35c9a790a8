//! The kiosk at work: events in, commands out, everything else in tasks of its own.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;

use pickup_devices::printer::{PrintJob, Raster};
use pickup_protocol::kiosk::Hello;
use pickup_session::journal::{Record, Report};
use pickup_session::{Command, Config, Event, Session, SlipJob, Unreachable};
use pickup_ui::{Frame, Hooks, UiCommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;
use uuid::Uuid;

use crate::backend::{Backend, BackendError};
use crate::clock::Clock;
use crate::config::Config as Settings;
use crate::devices::{Devices, trouble};
use crate::journal::Journal;
use crate::rounds::{Rounds, remembered};
use crate::show::{self, Surroundings};
use crate::slip::{self, SlipContent};
use crate::{enrol, link, tls};

/// The two ends of the screen that the kiosk holds.
#[derive(Debug)]
pub struct ScreenEnds {
    /// What to draw.
    pub commands: mpsc::Sender<UiCommand>,
    /// What was touched.
    pub touches: Receiver<pickup_ui::view::Action>,
    /// What was drawn.
    pub frames: Receiver<Frame>,
    /// Whether somebody looks at the frames.
    pub wanted: Arc<AtomicBool>,
}

/// The ends of a screen: ours, and what its drawing loop gets.
#[must_use]
pub fn screen() -> (ScreenEnds, mpsc::Receiver<UiCommand>, Hooks) {
    let (commands, inbox) = mpsc::channel();
    let (touched, touches) = channel(32);
    let (drawn, frames) = channel(64);
    let wanted = Arc::new(AtomicBool::new(false));
    let hooks = Hooks {
        // A queue that is full means that nobody takes touches or frames; dropping them is right.
        on_action: Box::new(move |action| {
            let _ = touched.try_send(action);
        }),
        on_frame: Box::new(move |frame: Frame| {
            for text in &frame.cut {
                tracing::warn!(page = frame.name, "a text does not fit its place: {text}");
            }
            let _ = drawn.try_send(frame);
        }),
        wants_pixels: Arc::clone(&wanted),
    };
    (ScreenEnds { commands, touches, frames, wanted }, inbox, hooks)
}

/// Runs the kiosk until it is told to end.
///
/// # Errors
/// When it is not enrolled or cannot start.
pub async fn run(settings: Settings, screen: ScreenEnds) -> anyhow::Result<()> {
    let (enrolment, key) = enrol::read(&settings.data_dir)?;
    let identity = enrolment.identity;
    let certified = tls::mutual(&identity.ca_pem, &identity.certificate_pem, &key)?;
    let backend = Backend::new(tls::client(&enrolment.backend, certified)?);
    let clock = Clock::start();
    let (events, inbox) = channel(256);
    let config = Config::new(settings.lock.offers());
    let session = Session::new(config, Box::new(Uuid::new_v4), clock.now());
    let (stale, stale_seen) = watch::channel(0);
    let (hello, hello_seen) = watch::channel(None);
    let (reports, waiting) = channel(1024);
    let journal = open_journal(&settings, &events, &reports).await?;
    let (old_hello, old_manifest) = remembered(&settings.data_dir, identity.kiosk_id);
    if let Some(old) = old_hello {
        hello.send_replace(Some(old.clone()));
        events.send(Event::Hello(Box::new(old))).await?;
    }
    if let Some(manifest) = old_manifest {
        events.send(Event::Manifest(Box::new(manifest))).await?;
    }
    let rounds = Rounds {
        backend: backend.clone(),
        kiosk: identity.kiosk_id,
        folder: settings.data_dir.clone(),
        clock: clock.clone(),
        events: events.clone(),
    };
    tokio::spawn(rounds.clone().greet(hello));
    tokio::spawn(rounds.clone().manifests(hello_seen.clone(), stale_seen));
    if let Some(journal) = journal.clone() {
        tokio::spawn(rounds.report(journal, waiting, stale));
    }
    let devices = Devices::open(&settings, &events);
    if let Some(bench) = &settings.bench {
        let (address, commands) = (bench.screen.clone(), screen.commands.clone());
        tokio::spawn(link::serve(address, screen.frames, commands, screen.wanted));
    }
    tokio::spawn(touches(screen.touches, events.clone()));
    let kiosk = Kiosk {
        around: Surroundings { hello: None, doors: settings.lock.offers(), now: None },
        settings,
        session,
        clock,
        events,
        devices,
        backend,
        journal,
        reports,
        screen: screen.commands,
        hello: hello_seen,
        shown: None,
        kiosk: identity.name,
    };
    kiosk.serve(inbox).await
}

async fn open_journal(
    settings: &Settings,
    events: &Sender<Event>,
    reports: &Sender<Report>,
) -> anyhow::Result<Option<Journal>> {
    match Journal::open(&settings.data_dir) {
        Ok((journal, recovery)) => {
            for report in recovery.reports.clone() {
                reports.send(report).await?;
            }
            events.send(Event::Recovered(Some(Box::new(recovery)))).await?;
            Ok(Some(journal))
        }
        Err(error) => {
            tracing::error!("{error:#}; the kiosk opens no door until a person has looked at it");
            events.send(Event::Recovered(None)).await?;
            Ok(None)
        }
    }
}

async fn touches(mut touches: Receiver<pickup_ui::view::Action>, events: Sender<Event>) {
    while let Some(action) = touches.recv().await {
        if events.send(Event::Touched(show::action(action))).await.is_err() {
            return;
        }
    }
}

struct Kiosk {
    settings: Settings,
    session: Session,
    clock: Clock,
    events: Sender<Event>,
    devices: Devices,
    backend: Backend,
    journal: Option<Journal>,
    reports: Sender<Report>,
    screen: mpsc::Sender<UiCommand>,
    hello: watch::Receiver<Option<Hello>>,
    around: Surroundings,
    shown: Option<pickup_session::View>,
    kiosk: String,
}

impl Kiosk {
    async fn serve(mut self, mut inbox: Receiver<Event>) -> anyhow::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut minute = tokio::time::interval(std::time::Duration::from_secs(5));
        self.carry_out();
        println!("READY {{}}");
        std::io::stdout().flush()?;
        loop {
            let due = self.session.poll_timeout().map(|at| self.clock.instant(at).into());
            let far = tokio::time::Instant::now() + std::time::Duration::from_secs(3600);
            let timeout = tokio::time::sleep_until(due.unwrap_or(far));
            tokio::select! {
                biased;
                _ = terminate.recv() => break,
                _ = tokio::signal::ctrl_c() => break,
                event = inbox.recv() => match event {
                    Some(event) => self.session.handle(event, self.clock.now()),
                    None => break,
                },
                () = timeout => self.session.handle_timeout(self.clock.now()),
                _ = minute.tick() => self.redraw(),
            }
            self.carry_out();
        }
        // The screen may have ended before.
        let _ = self.screen.send(UiCommand::Quit);
        Ok(())
    }

    fn carry_out(&mut self) {
        while let Some(command) = self.session.next_command() {
            match command {
                Command::Show(view) => {
                    self.shown = Some(*view);
                    self.redraw();
                }
                Command::Journal { write, records } => self.journal(write, records),
                Command::AskVerdict(request) => {
                    let ask = request.request_id;
                    self.ask(move |b| async move {
                        Event::Verdict(ask, answered(b.verdict(&request).await).map(Box::new))
                    });
                }
                Command::AskGrant(request) => {
                    let ask = request.grant_id;
                    self.ask(move |b| async move { Event::Grant(ask, answered(b.grant(&request).await)) });
                }
                Command::AskStaff { ask, badge } => {
                    self.ask(move |b| async move { Event::Staff(ask, answered(b.staff(badge).await)) });
                }
                Command::AskPlan(request) => {
                    let ask = request.request_id;
                    self.ask(move |b| async move { Event::Plan(ask, answered(b.plan(&request).await)) });
                }
                Command::PollCards(on) => self.devices.poll_cards(on),
                Command::Print(job) => self.print(*job),
                Command::OpenDoor(door) => {
                    if let Err(fault) = self.devices.open_door(door) {
                        tracing::warn!(%door, fault = fault.code(), "door not opened");
                        self.tell(Event::OpenFailed { door, kind: pickup_session::OpenFailure::NotSent });
                    }
                }
                Command::CallStaff(why) => {
                    tracing::warn!(why, "a member of staff is needed at {}", self.kiosk)
                }
            }
        }
    }

    fn redraw(&mut self) {
        let Some(view) = &self.shown else { return };
        self.around.hello.clone_from(&self.hello.borrow());
        self.around.now = self.clock.now().wall;
        // A screen that has ended draws nothing; the kiosk ends with it.
        let _ = self.screen.send(UiCommand::Show(Box::new(show::view(view, &self.around))));
    }

    fn journal(&self, write: u64, records: Vec<Record>) {
        let events = self.events.clone();
        let Some(journal) = &self.journal else {
            self.tell(Event::JournalFailed);
            return;
        };
        let reports = self.reports.clone();
        let new = pickup_session::recover(records.clone()).reports;
        let done = move |written: bool| {
            if !written {
                let _ = events.blocking_send(Event::JournalFailed);
                return;
            }
            // The session goes on first; the report is not waited for.
            let _ = events.blocking_send(Event::Journalled(write));
            for report in new {
                let _ = reports.blocking_send(report);
            }
        };
        journal.write(records, Box::new(done));
    }

    fn print(&self, job: SlipJob) {
        let (events, printer) = (self.events.clone(), self.devices.printer());
        let (width, kiosk) = (self.settings.printer.dots, self.kiosk.clone());
        let printed_at = self.clock.now().wall.unwrap_or(job.offer.released_at);
        tokio::task::spawn_blocking(move || {
            let content =
                SlipContent { offer: &job.offer, slip: &job.slip, kiosk: &kiosk, printed_at, copy: job.copy };
            let begun = slip::draw(&content, width)
                .map_err(|error| error.to_string())
                .and_then(|d| Raster::new(d.width, d.rows).map_err(|error| error.to_string()));
            let trouble = match begun.map(|raster| printer.print(PrintJob { job: job.job, raster })) {
                Ok(Ok(())) => return,
                Ok(Err(fault)) => trouble(fault),
                Err(error) => {
                    tracing::error!("the slip could not be drawn: {error}");
                    pickup_session::Trouble::Other
                }
            };
            let _ = events.blocking_send(Event::PrintFailed { job: job.job, sent: false, trouble });
        });
    }

    /// Asks the backend on the side; its answer is an event.
    fn ask<F: Future<Output = Event> + Send + 'static>(&self, what: impl FnOnce(Backend) -> F) {
        let answer = what(self.backend.clone());
        let events = self.events.clone();
        tokio::spawn(async move {
            let event = answer.await;
            // The kiosk has ended; nobody waits for the answer.
            let _ = events.send(event).await;
        });
    }

    fn tell(&self, event: Event) {
        let events = self.events.clone();
        tokio::spawn(async move {
            let _ = events.send(event).await;
        });
    }
}

fn answered<A>(answer: Result<A, BackendError>) -> Result<A, Unreachable> {
    answer.map_err(|error| {
        tracing::warn!("{error}");
        Unreachable
    })
}
