//! `pickup-customs-sim`: the customs side as a process of its own.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use pickup_customs::Certificate;
use pickup_customs_sim::Input;
use pickup_customs_sim::http::{Shell, serve};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// A stand-in for E-Port and customs: takes signed messages, checks them, answers with receipts.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Directory of the journal; created when missing.
    #[arg(long)]
    dir: PathBuf,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// Milliseconds between two receipts of one declaration; 1500, or what the journal says.
    #[arg(long)]
    step_ms: Option<u32>,
    /// Certificate (PEM) of a declarant that may sign; may be given several times.
    #[arg(long)]
    trust: Vec<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
    let args = Args::parse();
    // Taken before READY, so that a stop right after it ends cleanly too.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;

    let shell = Arc::new(Shell::open(&args.dir)?);
    configure(&shell, &args)?;
    let listener =
        TcpListener::bind(&args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    let address = listener.local_addr()?;
    println!("READY {{\"http\":\"http://{address}\"}}");
    std::io::stdout().flush()?;
    tokio::select! {
        () = serve(listener, shell) => {}
        _ = terminate.recv() => tracing::info!("told to end"),
        _ = interrupt.recv() => tracing::info!("told to end"),
    }
    Ok(())
}

/// Brings the arguments into the journal, where they differ from what it holds.
fn configure(shell: &Shell, args: &Args) -> anyhow::Result<()> {
    if let Some(ms) = args.step_ms {
        shell.input(Input::Step { ms }, |port| port.step_ms() == u128::from(ms))?;
    }
    for path in &args.trust {
        let pem = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let certificate = Certificate::from_pem(&pem).with_context(|| format!("{}", path.display()))?;
        let input = Input::Trust { pem: certificate.to_pem() };
        shell.input(input, |port| port.trusts(&certificate))?;
    }
    Ok(())
}
