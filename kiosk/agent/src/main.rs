//! `pickup-kiosk`: the program of one kiosk. `enrol` once, then `run`.

mod backend;
mod bench;
mod clock;
mod config;
mod contact;
mod devices;
mod enrol;
mod files;
mod journal;
mod kiosk;
mod outbox;
mod run;
mod screen;
mod slip;
mod tls;
mod words;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use config::Config;

/// The kiosk of a bonded pickup centre.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Turn a one-time code of the backend into this kiosk's certificate.
    Enrol {
        /// The settings file.
        #[arg(long, default_value = "kiosk.toml")]
        config: PathBuf,
        /// Address of the backend, such as `https://10.0.0.5:8443`.
        #[arg(long)]
        backend: String,
        /// The one-time code that `pickup-backend kiosk enrol` printed.
        #[arg(long)]
        code: String,
    },
    /// Serve shoppers and staff until ended by SIGTERM.
    Run {
        /// The settings file.
        #[arg(long, default_value = "kiosk.toml")]
        config: PathBuf,
        /// Show a native window, whatever the settings say.
        #[arg(long)]
        window: bool,
    },
}

fn main() -> Result<ExitCode> {
    // A pulse on a pin is given by a process of its own.
    if let Some(code) = pickup_devices::gpio::helper::run_if_asked(std::env::args_os().skip(1)) {
        return Ok(code);
    }
    serve().map(|()| ExitCode::SUCCESS)
}

fn serve() -> Result<()> {
    let options = Options::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .init();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime can be made")?;
    match options.command {
        Command::Enrol { config, backend, code } => {
            let config = Config::read(&config)?;
            let enrolment = runtime.block_on(enrol::enrol(&config.data_dir, &backend, &code))?;
            println!("enrolled as {}", enrolment.identity.name);
            Ok(())
        }
        Command::Run { config, window } => run::run(&runtime, &Config::read(&config)?, window),
    }
}
