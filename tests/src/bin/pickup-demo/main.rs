//! The demo: the whole product on simulated customs and devices, for a person at the bench or played by itself.

mod interactive;
mod path;
mod report;
mod unhappy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use pickup_tests::product::{Product, Setup};
use tokio::signal::unix::{SignalKind, signal};

/// Runs Bonded Pickup on this machine with simulated customs and devices.
#[derive(Parser)]
struct Options {
    /// Play the path unattended, check each step, and end.
    #[arg(long)]
    script: bool,
    /// Show the kiosk's own window too.
    #[arg(long)]
    window: bool,
    /// Where everything made is put. What an earlier demo left there is deleted.
    #[arg(long, default_value = "target/demo")]
    out: PathBuf,
    /// Port of the bench page.
    #[arg(long, default_value_t = 8100)]
    port: u16,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("{fault:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<bool> {
    clear(&options.out)?;
    let out = options.out.canonicalize().context("the output folder is not there")?;
    let free = std::net::TcpListener::bind(("127.0.0.1", options.port)).is_ok();
    let setup = Setup {
        // Receipts some seconds apart, as a person would see them; nobody waits in the script.
        customs_step_ms: if options.script { 300 } else { 1_500 },
        paced: !options.script,
        recorded: options.script,
        window: options.window,
        bench_port: (free && !options.script).then_some(options.port),
        // The script looks at money that is due before anybody pays it back.
        with_payment: !options.script,
        ..Setup::quick(&out.join("run"))
    };
    let work =
        async { if options.script { script(setup, &out).await } else { interactive::run(setup).await } };
    // Told to end from outside, it ends its programs too: dropping the work kills them.
    let (mut terminate, mut hang_up) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    tokio::select! {
        result = work => result,
        _ = terminate.recv() => Ok(false),
        _ = hang_up.recv() => Ok(false),
    }
}

async fn script(setup: Setup, out: &Path) -> Result<bool> {
    let mut report = report::Report::new();
    let dir = setup.dir.clone();
    let started = report.step("the whole product starts from nothing", Product::start(setup)).await;
    if let Ok(mut product) = started {
        path::play(&mut product, &mut report, out).await;
        unhappy::play(&mut product, &mut report, out).await;
        path::keep(&product, &mut report, out).await;
        let ended = async { product.check() };
        let _ = report.step("every program still runs", ended).await;
    }
    if !report.good() {
        println!("{}", pickup_tests::program::logs(&dir));
    }
    report.close(out)
}

/// An empty folder, without deleting anything but what a demo made.
fn clear(out: &Path) -> Result<()> {
    let marker = out.join(".pickup-demo");
    if marker.exists() {
        std::fs::remove_dir_all(out).with_context(|| format!("{} cannot be cleared", out.display()))?;
    }
    std::fs::create_dir_all(out).with_context(|| format!("{} cannot be made", out.display()))?;
    let empty = std::fs::read_dir(out)?.next().is_none();
    anyhow::ensure!(empty, "{} is no folder of a demo and not empty: give another with --out", out.display());
    std::fs::write(marker, "A demo made this folder; the next one deletes it.\n")?;
    Ok(())
}
