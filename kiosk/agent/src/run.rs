//! `pickup-kiosk run`: starts everything, keeps the screen on the main thread, and ends it all in order.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use anyhow::{Context as _, Result};
use pickup_session::journal::Report;
use pickup_session::{Config as SessionConfig, Event, Recovery, Session};
use pickup_ui::service::ServiceAction;
use pickup_ui::view::Action as Touched;
use pickup_ui::{Hooks, UiCommand};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
use uuid::Uuid;

use crate::backend::Backend;
use crate::bench::{self, Frames};
use crate::calls::Calls;
use crate::clock::Clock;
use crate::config::{Config, ScreenMode, ScreenSettings};
use crate::contact::{Contact, Nudges};
use crate::drivers::Watch;
use crate::enrol::{self, Enrolment};
use crate::files::DataLock;
use crate::health::Reporter;
use crate::journal::Journal;
use crate::kiosk::Kiosk;
use crate::known::Known;
use crate::outbox::Outbox;
use crate::pulse::{Part, Pulse};
use crate::screen::{self, Surroundings};
use crate::service::pairing::{self, Pairing};
use crate::service::{Desk, Link, Sources};
use crate::watchdog::Supervisor;
use crate::{devices, outbox, tls, wishes};

/// Devices get so long to show up before the kiosk says it is ready without them.
const DEVICES_WITHIN: Duration = Duration::from_secs(3);
/// Who presses twice presses again within that; nobody has read the next page and pressed by then.
const STILL_FOR: Duration = Duration::from_millis(350);

/// Runs the kiosk until it is told to end. One that was never enrolled and knows its backend's address asks for its
/// one-time code first.
///
/// # Errors
/// When it was never enrolled and knows no address, or the screen cannot be shown.
pub fn run(runtime: &Runtime, config: &Config, window: bool) -> Result<()> {
    let _alone = DataLock::take(&config.data_dir)?;
    let pair_with = config.backend.clone().filter(|_| !enrol::is_enrolled(&config.data_dir));
    if pair_with.is_none() {
        enrol::read(&config.data_dir)?;
    }
    let (ui, commands) = mpsc::channel();
    let (events, happened) = unbounded_channel();
    let (typed, keys) = unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let pulse = Arc::new(Pulse::default());
    let supervisor = Supervisor::of_environment().map(Arc::new);
    let screen = Screen::new(&events, typed, &pulse);
    let hooks = screen.hooks;
    let _inside = runtime.enter();
    if let Some(bench) = &config.bench {
        let (address, frames) = (bench.screen.clone(), Arc::clone(&screen.frames));
        tokio::spawn(bench::link(address, frames, ui.clone(), Arc::clone(&hooks.wants_pixels)));
    }
    let tried = unbounded_channel();
    let watch = Watch::default();
    let devices = devices::start(config, &events, &tried.0, &watch);
    tokio::spawn(say_ready(tried.1, screen.first_frame, supervisor.clone()));
    let around = Around { devices, watch, ui: ui.clone(), events, pulse: Arc::clone(&pulse) };
    let before = pairing::Surroundings { happened, keys, ui: ui.clone(), pulse };
    let (config_, supervisor_) = (config.clone(), supervisor.clone());
    let serving = tokio::spawn(async move {
        let done = serve(&config_, pair_with, around, before, stopped, supervisor_).await;
        let _ = ui.send(UiCommand::Quit);
        done
    });
    tokio::spawn(end_on_signal(stop.clone()));
    let mode = if window { ScreenMode::Window } else { config.screen.mode };
    let shown = show(config.screen, mode, commands, hooks);
    if let Some(supervisor) = &supervisor {
        supervisor.say("STOPPING=1");
    }
    // The window was closed, or the screen failed: the rest ends too.
    stop.send_replace(true);
    runtime.block_on(serving).context("the kiosk ended badly")??;
    shown
}

/// Pairs the kiosk if it must be, then serves.
async fn serve(
    config: &Config,
    pair_with: Option<String>,
    around: Around,
    mut before: pairing::Surroundings,
    mut stopped: watch::Receiver<bool>,
    supervisor: Option<Arc<Supervisor>>,
) -> Result<()> {
    let (pulse, ui) = (Arc::clone(&around.pulse), around.ui.clone());
    let keep = |journal: Option<Journal>| {
        let supervisor = supervisor.clone()?;
        Some(tokio::spawn(supervisor.keep(Arc::clone(&pulse), journal, ui.clone())))
    };
    let mut known = Known::default();
    if let Some(backend) = pair_with {
        let kept = keep(None);
        let paired = Pairing::new(config.data_dir.clone(), backend).pair(&mut before, &mut stopped).await;
        kept.iter().for_each(tokio::task::JoinHandle::abort);
        match paired {
            Some(heard) => known = heard,
            None => return Ok(()),
        }
    }
    let (enrolment, key) = enrol::read(&config.data_dir)?;
    let mut kiosk = assemble(config, &enrolment, &key, around)?;
    keep(Some(kiosk.journal.clone()));
    kiosk.hear(known);
    kiosk.run(before.happened, stopped).await;
    Ok(())
}

/// What stands before the kiosk itself does.
struct Around {
    devices: devices::Devices,
    watch: Watch,
    ui: Sender<UiCommand>,
    events: UnboundedSender<Event>,
    pulse: Arc<Pulse>,
}

fn assemble(config: &Config, enrolment: &Enrolment, key: &str, with: Around) -> Result<Kiosk> {
    let Around { devices, watch, ui, events, pulse } = with;
    let identity = &enrolment.identity;
    let clock = Clock::start(config.clock.trust_system);
    let (from, until) = tls::validity(&identity.certificate_pem)?;
    clock.not_before(from);
    let tls = tls::mutual(&identity.ca_pem, &identity.certificate_pem, key, clock.clone())?;
    let backend = Backend::new(tls::client(&enrolment.backend, tls)?);
    let nudges = Nudges::default();
    let to = events.clone();
    let tell = move |found: Option<Recovery>| drop(to.send(Event::Recovered(found.map(Box::new))));
    let journal = Journal::start(&config.data_dir, Box::new(tell))?;
    let reports = send_reports(&backend, &journal, &clock, &nudges, &pulse);
    let calls = Calls::default();
    let link = Link::default();
    let desk = Desk::start(Sources {
        watch: watch.clone(),
        clock: clock.clone(),
        journal: journal.clone(),
        pulse: Arc::clone(&pulse),
        link: link.clone(),
        backend: enrolment.backend.clone(),
        certificate_until: until,
        data_dir: config.data_dir.clone(),
    });
    let reporter = Reporter {
        backend: backend.clone(),
        clock: clock.clone(),
        journal: journal.clone(),
        pulse: Arc::clone(&pulse),
        watch,
        calls: calls.clone(),
        data_dir: config.data_dir.clone(),
        doors: config.lock.offers().iter().map(|offer| offer.door).collect(),
        settings: format!("{config:#?}"),
    };
    tokio::spawn(reporter.report());
    tokio::spawn(wishes::ask(backend.clone(), Arc::clone(&pulse), events.clone()));
    let (kiosk, dir) = (identity.kiosk_id, &config.data_dir);
    let contact = Contact::new(backend.clone(), clock.clone(), events.clone(), kiosk, link, dir);
    tokio::spawn(contact.keep(nudges.clone()));
    let around = Surroundings::new(&config.lock.offers());
    let settings = settings(config);
    let session = Session::new(settings.clone(), Box::new(Uuid::new_v4), clock.now());
    let paper = (&config.printer).into();
    Ok(Kiosk {
        session,
        settings,
        keep_days: config.journal.keep_days,
        prune_at: Duration::ZERO,
        known: Known::default(),
        began: false,
        pulse,
        calls,
        clock,
        backend,
        journal,
        devices,
        ui,
        reports,
        nudges,
        desk,
        around,
        paper,
        events,
        shown: None,
    })
}

/// Reports what the journal holds, until the backend has it.
fn send_reports(
    backend: &Backend,
    journal: &Journal,
    clock: &Clock,
    nudges: &Nudges,
    pulse: &Arc<Pulse>,
) -> UnboundedSender<Report> {
    let (reports, outgoing) = unbounded_channel();
    let outbox = Outbox {
        backend: backend.clone(),
        journal: journal.clone(),
        clock: clock.clone(),
        acknowledged: Arc::clone(&nudges.changed),
        pulse: Arc::clone(pulse),
    };
    tokio::spawn(outbox::send(outbox, outgoing));
    reports
}

fn settings(config: &Config) -> SessionConfig {
    let mut settings = SessionConfig::new(config.lock.offers());
    settings.slip_may_follow_after = config.slip.may_follow_after_s.map(Duration::from_secs);
    settings
}

/// The screen's side of what runs elsewhere.
struct Screen {
    hooks: Hooks,
    frames: Arc<Frames>,
    first_frame: oneshot::Receiver<()>,
}

impl Screen {
    fn new(
        events: &UnboundedSender<Event>,
        typed: UnboundedSender<ServiceAction>,
        pulse: &Arc<Pulse>,
    ) -> Self {
        let frames = Arc::new(Frames::default());
        let (sender, first_frame) = oneshot::channel();
        let (mut first, to, queue) = (Some(sender), events.clone(), Arc::clone(&frames));
        let pulse = Arc::clone(pulse);
        let hooks = Hooks {
            on_action: Box::new(move |action| match action {
                Touched::Service(key) if key.is_of_pairing() => drop(typed.send(key)),
                action => drop(to.send(Event::Touched(screen::action(action)))),
            }),
            on_frame: Box::new(move |frame| {
                pulse.answered(Part::Screen);
                for text in &frame.cut {
                    tracing::warn!(screen = frame.name, text, "a text does not fit the screen");
                }
                queue.put(frame);
                if let Some(first) = first.take() {
                    let _ = first.send(());
                }
            }),
            wants_pixels: Arc::new(AtomicBool::new(false)),
            still_for: STILL_FOR,
        };
        Self { hooks, frames, first_frame }
    }
}

fn show(size: ScreenSettings, mode: ScreenMode, commands: Receiver<UiCommand>, hooks: Hooks) -> Result<()> {
    match mode {
        ScreenMode::Headless => Ok(pickup_ui::headless(size.width, size.height, &commands, hooks)?),
        #[cfg(feature = "window")]
        ScreenMode::Window => Ok(pickup_ui::window(size.width, size.height, commands, hooks)?),
        #[cfg(feature = "linuxkms")]
        ScreenMode::Display => Ok(pickup_ui::display(size.width, size.height, commands, hooks)?),
        #[cfg(not(feature = "window"))]
        ScreenMode::Window => missing("a window", "window"),
        #[cfg(not(feature = "linuxkms"))]
        ScreenMode::Display => missing("the display", "linuxkms"),
    }
}

#[cfg(not(all(feature = "window", feature = "linuxkms")))]
fn missing(what: &str, feature: &str) -> Result<()> {
    anyhow::bail!("this program was built without {what}: build it with `--features pickup-kiosk/{feature}`")
}

async fn say_ready(
    mut tried: tokio::sync::mpsc::UnboundedReceiver<()>,
    first_frame: oneshot::Receiver<()>,
    supervisor: Option<Arc<Supervisor>>,
) {
    let devices = async {
        for _ in 0..devices::COUNT {
            tried.recv().await;
        }
    };
    if timeout(DEVICES_WITHIN, devices).await.is_err() {
        tracing::warn!("not every device answers");
    }
    if first_frame.await.is_ok() {
        // Nobody may be listening.
        let _ = writeln!(std::io::stdout(), "READY {{}}");
        if let Some(supervisor) = supervisor {
            supervisor.say("READY=1");
        }
    }
}

async fn end_on_signal(stop: watch::Sender<bool>) {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return tracing::error!("signals cannot be listened for");
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    stop.send_replace(true);
}
