//! `pickup-kiosk run`: starts everything, keeps the screen on the main thread, and ends it all in order.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use anyhow::{Context as _, Result};
use pickup_session::{Config as SessionConfig, Event, Session};
use pickup_ui::{Hooks, UiCommand};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
use uuid::Uuid;

use crate::backend::Backend;
use crate::bench::{self, Frames};
use crate::clock::Clock;
use crate::config::{Config, ScreenMode, ScreenSettings};
use crate::contact::{Contact, Nudges};
use crate::enrol::{self, Enrolment};
use crate::journal::Journal;
use crate::kiosk::Kiosk;
use crate::screen::{self, Surroundings};
use crate::{devices, outbox, tls};

/// Devices get so long to show up before the kiosk says it is ready without them.
const DEVICES_WITHIN: Duration = Duration::from_secs(3);

/// Runs the kiosk until it is told to end.
///
/// # Errors
/// When it was never enrolled or the screen cannot be shown.
pub fn run(runtime: &Runtime, config: &Config, window: bool) -> Result<()> {
    let (enrolment, key) = enrol::read(&config.data_dir)?;
    let (ui, commands) = mpsc::channel();
    let (events, happened) = unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let screen = Screen::new(&events);
    let hooks = screen.hooks;
    let _inside = runtime.enter();
    if let Some(bench) = &config.bench {
        let (address, frames) = (bench.screen.clone(), Arc::clone(&screen.frames));
        tokio::spawn(bench::link(address, frames, ui.clone(), Arc::clone(&hooks.wants_pixels)));
    }
    let tried = unbounded_channel();
    let devices = devices::start(config, &events, &tried.0);
    tokio::spawn(say_ready(tried.1, screen.first_frame));
    let kiosk = assemble(config, &enrolment, &key, devices, ui.clone(), events)?;
    let serving = tokio::spawn(async move {
        kiosk.run(happened, stopped).await;
        let _ = ui.send(UiCommand::Quit);
    });
    tokio::spawn(end_on_signal(stop.clone()));
    let mode = if window { ScreenMode::Window } else { config.screen.mode };
    let shown = show(config.screen, mode, commands, hooks);
    // The window was closed, or the screen failed: the rest ends too.
    stop.send_replace(true);
    runtime.block_on(serving).context("the kiosk ended badly")?;
    shown
}

fn assemble(
    config: &Config,
    enrolment: &Enrolment,
    key: &str,
    devices: devices::Devices,
    ui: Sender<UiCommand>,
    events: UnboundedSender<Event>,
) -> Result<Kiosk> {
    let identity = &enrolment.identity;
    let tls = tls::mutual(&identity.ca_pem, &identity.certificate_pem, key)?;
    let backend = Backend::new(tls::client(&enrolment.backend, tls)?);
    let (clock, nudges) = (Clock::start(), Nudges::default());
    let (reports, outgoing) = unbounded_channel();
    let journal = match Journal::open(&config.data_dir) {
        Ok((journal, found)) => {
            found.reports.iter().for_each(|report| drop(reports.send(report.clone())));
            let _ = events.send(Event::Recovered(Some(Box::new(found))));
            let changed = Arc::clone(&nudges.changed);
            tokio::spawn(outbox::send(backend.clone(), journal.clone(), outgoing, changed));
            Some(journal)
        }
        Err(error) => {
            tracing::error!("{error:#}; the kiosk stays closed");
            let _ = events.send(Event::Recovered(None));
            None
        }
    };
    let contact =
        Contact::new(backend.clone(), clock.clone(), events.clone(), identity.kiosk_id, &config.data_dir);
    tokio::spawn(contact.keep(nudges.clone()));
    let doors = config.lock.offers();
    let around = Surroundings::new(&doors);
    let session = Session::new(SessionConfig::new(doors), Box::new(Uuid::new_v4), clock.now());
    let dots = config.printer.dots;
    Ok(Kiosk {
        session,
        clock,
        backend,
        journal,
        devices,
        ui,
        reports,
        nudges,
        around,
        dots,
        events,
        shown: None,
    })
}

/// The screen's side of what runs elsewhere.
struct Screen {
    hooks: Hooks,
    frames: Arc<Frames>,
    first_frame: oneshot::Receiver<()>,
}

impl Screen {
    fn new(events: &UnboundedSender<Event>) -> Self {
        let frames = Arc::new(Frames::default());
        let (sender, first_frame) = oneshot::channel();
        let (mut first, to, queue) = (Some(sender), events.clone(), Arc::clone(&frames));
        let hooks = Hooks {
            on_action: Box::new(move |action| drop(to.send(Event::Touched(screen::action(action))))),
            on_frame: Box::new(move |frame| {
                for text in &frame.cut {
                    tracing::warn!(screen = frame.name, text, "a text does not fit the screen");
                }
                queue.put(frame);
                if let Some(first) = first.take() {
                    let _ = first.send(());
                }
            }),
            wants_pixels: Arc::new(AtomicBool::new(false)),
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

async fn say_ready(mut tried: tokio::sync::mpsc::UnboundedReceiver<()>, first_frame: oneshot::Receiver<()>) {
    let devices = async {
        for _ in 0..devices::COUNT {
            tried.recv().await;
        }
    };
    if timeout(DEVICES_WITHIN, devices).await.is_err() {
        tracing::warn!("not every device answers");
    }
    if first_frame.await.is_ok() {
        println!("READY {{}}");
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
