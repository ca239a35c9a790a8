//! `pickup-kiosk`: the program of a pickup kiosk.

mod backend;
mod clock;
mod config;
mod devices;
mod enrol;
mod files;
mod journal;
mod link;
mod rounds;
mod run;
mod show;
mod slip;
mod tls;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use config::Config as Settings;
use tracing_subscriber::EnvFilter;

/// A pickup kiosk: scans the ticket, reads the identity card, prints the release slip and opens the locker.
#[derive(Debug, Parser)]
#[command(name = "pickup-kiosk", version)]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Get a certificate from the backend with a one-time code (`pickup-backend kiosk enrol` prints one).
    Enrol {
        /// Settings file.
        #[arg(long)]
        config: PathBuf,
        /// Where the backend listens for kiosks, such as https://backend:8443.
        #[arg(long)]
        backend: String,
        /// The one-time code.
        #[arg(long)]
        code: String,
    },
    /// Serve shoppers and staff until SIGTERM. Prints `READY {}` when it has started.
    Run {
        /// Settings file.
        #[arg(long)]
        config: PathBuf,
        /// Show the screen in a window of this desktop too (builds with the feature `window`).
        #[arg(long)]
        window: bool,
    },
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
    match args.what {
        What::Enrol { config, backend, code } => {
            let settings = Settings::read(&config)?;
            let done = runtime()?.block_on(enrol::enrol(&settings.data_dir, &backend, &code))?;
            println!("{} is enrolled at {}", done.identity.name, done.backend);
            Ok(())
        }
        What::Run { config, window } => serve(Settings::read(&config)?, window),
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Runtime::new().context("the program's tasks cannot be started")
}

/// The screen's loop and the kiosk each need a thread; a native window insists on the main one.
fn serve(settings: Settings, window: bool) -> anyhow::Result<()> {
    let (ends, commands, hooks) = run::screen();
    let (width, height) = (settings.screen.width, settings.screen.height);
    if window {
        let kiosk = std::thread::Builder::new()
            .name("kiosk".into())
            .spawn(move || runtime()?.block_on(run::run(settings, ends)))?;
        show_window(width, height, commands, hooks)?;
        return kiosk.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the kiosk's thread broke down")));
    }
    let screen = std::thread::Builder::new()
        .name("screen".into())
        .spawn(move || pickup_ui::headless(width, height, &commands, hooks))?;
    let kiosk = runtime()?.block_on(run::run(settings, ends));
    let screen = screen.join().unwrap_or_else(|_| Ok(()));
    kiosk.and(screen.context("the screen"))
}

#[cfg(feature = "window")]
fn show_window(
    width: u32,
    height: u32,
    commands: std::sync::mpsc::Receiver<pickup_ui::UiCommand>,
    hooks: pickup_ui::Hooks,
) -> anyhow::Result<()> {
    pickup_ui::window(width, height, commands, hooks).context("the window")
}

#[cfg(not(feature = "window"))]
fn show_window(
    _width: u32,
    _height: u32,
    _commands: std::sync::mpsc::Receiver<pickup_ui::UiCommand>,
    _hooks: pickup_ui::Hooks,
) -> anyhow::Result<()> {
    anyhow::bail!("this program was built without a window: build it with `--features window`")
}
