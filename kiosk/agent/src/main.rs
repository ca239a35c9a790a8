//! `pickup-kiosk`: the program of one kiosk. `enrol` once, then `run`.

mod backend;
mod bench;
mod calls;
mod check;
mod clock;
mod config;
mod contact;
mod devices;
mod doors;
mod drivers;
mod enrol;
mod files;
#[cfg(feature = "generate")]
mod generate;
mod health;
mod journal;
#[cfg(test)]
mod journeys;
mod kiosk;
mod known;
mod outbox;
mod pulse;
mod run;
mod sample;
mod screen;
mod screen_staff;
mod service;
mod shopper;
mod slip;
mod tls;
mod watchdog;
mod way;
mod wishes;
mod words;

use std::io::{IsTerminal as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use config::Config;
use journal::JournalCommand;

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
    /// Try every device, the way to the backend, the clock, the disk and the journal, and say what was found. Ends with 1
    /// when anything is bad. The kiosk must not run.
    Check {
        /// The settings file.
        #[arg(long, default_value = "kiosk.toml")]
        config: PathBuf,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Walk the doors one by one with a person, find out which lock opens which door and how its contact reports, and
    /// write it down. Answers come from standard input. The kiosk must not run.
    Doors {
        /// The settings file.
        #[arg(long, default_value = "kiosk.toml")]
        config: PathBuf,
    },
    /// Print a sample slip, to see that the printer prints what shoppers will get. The kiosk must not run.
    Print {
        /// The settings file.
        #[arg(long, default_value = "kiosk.toml")]
        config: PathBuf,
    },
    /// Look at the journal, copy it out, or put a damaged one away.
    Journal {
        /// The settings file.
        #[arg(long, default_value = "kiosk.toml", global = true)]
        config: PathBuf,
        /// What to do.
        #[command(subcommand)]
        command: JournalCommand,
    },
    /// Write manual pages and shell completions into a directory.
    #[cfg(feature = "generate")]
    #[command(hide = true)]
    Generate {
        /// The directory.
        dir: PathBuf,
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

/// Standard error that is never full: a log that cannot be written must not end the task that writes it.
struct Log(std::io::Stderr);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What of the log is written: `RUST_LOG`, such as `info,pickup_devices=debug`.
fn wanted() -> Targets {
    let asked = std::env::var("RUST_LOG").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO))
}

fn main() -> Result<ExitCode> {
    // A pulse on a pin is given by a process of its own.
    if let Some(code) = pickup_devices::gpio::helper::run_if_asked(std::env::args_os().skip(1)) {
        return Ok(code);
    }
    serve()
}

fn serve() -> Result<ExitCode> {
    let options = Options::parse();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(|| Log(std::io::stderr()))
        .with_ansi(std::io::stderr().is_terminal());
    tracing_subscriber::registry().with(lines).with(wanted()).init();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime can be made")?;
    match options.command {
        Command::Enrol { config, backend, code } => {
            let config = Config::read(&config)?;
            let enrolment = runtime.block_on(enrol::enrol(&config.data_dir, &backend, &code))?;
            println!("enrolled as {}", enrolment.identity.name);
        }
        Command::Check { config, json } => {
            return runtime.block_on(check::run(&Config::read(&config)?, json));
        }
        Command::Doors { config } => {
            let (input, out) = (&mut std::io::stdin().lock(), &mut std::io::stdout().lock());
            return runtime.block_on(doors::run(&Config::read(&config)?, input, out));
        }
        Command::Print { config } => return runtime.block_on(sample::print(&Config::read(&config)?)),
        Command::Journal { config, command } => {
            return journal::run_command(&Config::read(&config)?.data_dir, &command);
        }
        #[cfg(feature = "generate")]
        Command::Generate { dir } => generate::generate(<Options as clap::CommandFactory>::command(), &dir)?,
        Command::Run { config, window } => run::run(&runtime, &Config::read(&config)?, window)?,
    }
    Ok(ExitCode::SUCCESS)
}
