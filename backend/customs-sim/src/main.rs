//! `pickup-customs-sim`: the customs side as a process of its own.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use pickup_customs::Certificate;
use pickup_customs_sim::Input;
use pickup_customs_sim::http::serve;
use pickup_customs_sim::setup;
use pickup_customs_sim::shell::Shell;
use pickup_customs_sim::spool::Spool;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// A stand-in for E-Port and customs: takes signed messages, checks them, answers with receipts.
#[derive(Parser)]
#[command(version, after_long_help = HELP)]
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
    /// Behaviour of the port (TOML): checks, delays, shares of reviews and faults, rates, stock of books.
    #[arg(long)]
    behaviour: Option<PathBuf>,
    /// Directory whose `send` and `receive` folders are an exchange of files beside HTTP; created when missing.
    #[arg(long)]
    spool: Option<PathBuf>,
}

const HELP: &str = "\
HTTP:
  GET  /                   a page for people
  POST /cebcmsg            a message in its JSON envelope; answers \"OK\"
  GET  /receipts           ?dxpid=&after=&limit= receipts by cursor
  GET  /messages           all that came, with the verdicts, and all lists
  GET  /messages/N         the bytes of message N
  GET  /documents/KEY      the course of an order, payment, waybill, list or application
  GET  /books              final states, buyers' years, stock of books
  POST /replay/N           sends the receipts about message N once more
  GET, PUT /behaviour      how the port behaves; PUT changes what it names
  PUT  /purchases          {\"id_number\", \"year\", \"amount_fen\"}: bought elsewhere
  PUT  /stock              {\"ems_no\", \"record_no\", \"entered\"}: an item of a bonded book
  POST /certificates       a certificate (PEM) that may sign

The behaviour file has the keys of /behaviour at its top, and step_ms, [[stock]], [[purchases]]:
  seed = 7
  review_permille = 50          # 5 % are reviewed (300) ...
  review_ms = [2000, 60000]     # ... for 2 to 60 s
  duplicate_permille = 100
  tax = true
  tax_rounding = \"order\"
  rates.\"33\" = { vat_bp = 1300, ct_bp = 1500 }
  [[stock]]
  ems_no = \"T9901W000001\"
  record_no = \"R0001\"
  entered = \"500\"";

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
    let spool =
        args.spool.as_deref().map(Spool::open).transpose().context("the spool folders cannot be made")?;
    let exchange = run_spool(spool, Arc::clone(&shell));
    tokio::select! {
        () = exchange => {}
        () = serve(listener, shell) => {}
        _ = terminate.recv() => tracing::info!("told to end"),
        _ = interrupt.recv() => tracing::info!("told to end"),
    }
    Ok(())
}

async fn run_spool(spool: Option<Spool>, shell: Arc<Shell>) {
    match spool {
        Some(spool) => spool.run(shell).await,
        None => std::future::pending().await,
    }
}

/// Brings the arguments into the journal, where they differ from what it holds.
fn configure(shell: &Shell, args: &Args) -> anyhow::Result<()> {
    if let Some(path) = &args.behaviour {
        setup::apply(shell, path)?;
    }
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
