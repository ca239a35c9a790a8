//! `pickup-hw-mock`: a kiosk's scanner, card reader, printer and lock board without the hardware.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use pickup_hw_mock::bench::Bench;
use pickup_hw_mock::printer::Printer;
use pickup_hw_mock::rack::Rack;
use pickup_hw_mock::scanner::ScannerKind;
use pickup_hw_mock::world::{Device, World};
use pickup_hw_mock::{faults, http, lines, lock, screen};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// A kiosk's devices on pseudo-terminals, and a bench page in the browser on which you are the shopper.
#[derive(Debug, Parser)]
#[command(name = "pickup-hw-mock", version)]
struct Args {
    /// Folder for the links scanner, idcard, printer and lock (lock2 and so on for more buses).
    #[arg(long)]
    dir: PathBuf,
    /// Address of the bench page and its API; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Address to which the kiosk sends its screen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    screen: SocketAddr,
    /// TOML file of boards and doors; without it one board with twelve doors.
    #[arg(long)]
    rack: Option<PathBuf>,
    /// TOML file of what is wrong, followed while it changes.
    #[arg(long)]
    faults: Option<PathBuf>,
    /// What kind of scanner is in.
    #[arg(long, value_enum, default_value = "gm65")]
    scanner: ScannerKind,
    /// Address at which the printer is on the network too; port 0 takes a free one.
    #[arg(long)]
    printer_tcp: Option<SocketAddr>,
    /// Make every line as slow as the real one.
    #[arg(long)]
    pace: bool,
}

/// 150 mm of paper a second, eight rows a millimetre.
const ROW_TIME: Duration = Duration::from_nanos(1_000_000_000 / (150 * 8));

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let rack = match &args.rack {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            Rack::read(&text).with_context(|| format!("{} is no rack", path.display()))?
        }
        None => Rack::default_rack()?,
    };
    std::fs::create_dir_all(&args.dir).with_context(|| format!("{} cannot be made", args.dir.display()))?;
    let printer = if args.pace { Printer::paced(ROW_TIME) } else { Printer::default() };
    let mut world = World::new(rack, printer);
    if args.scanner != ScannerKind::Gm65 {
        world.set_scanner(args.scanner);
    }
    let bench = Bench::open(world, &args.dir, args.pace)?;
    let page = bind(args.listen).await?;
    let screen_listener = bind(args.screen).await?;
    let network = match args.printer_tcp {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let printer_address = network.as_ref().map(TcpListener::local_addr).transpose()?;
    let ready = serde_json::json!({
        "http": format!("http://{}", page.local_addr()?),
        "screen": screen_listener.local_addr()?.to_string(),
        "dir": args.dir,
        "printer": printer_address,
    });
    if let Some(listener) = network {
        tokio::spawn(lines::listen(Device::Printer, listener, bench.clone()));
    }
    if let Some(path) = args.faults {
        tokio::spawn(faults::watch(bench.clone(), path));
    }
    for device in Device::ALL {
        tokio::spawn(lines::serve(device, bench.clone()));
    }
    tokio::spawn(lock::line::serve(bench.clone()));
    tokio::spawn(screen::serve(screen_listener, bench.clone()));
    println!("READY {ready}");
    std::io::stdout().flush()?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        served = axum::serve(page, http::router(bench)) => served.context("the bench page stopped"),
        _ = terminate.recv() => Ok(()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("{address} cannot be listened on: is it in use?"))
}
