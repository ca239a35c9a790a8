//! What the commands of `pickup-backend` do.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use pickup_protocol::staff;
use pickup_server::app::system_clock;
use pickup_server::config::Config;
use pickup_server::credentials;
use pickup_server::filed;
use pickup_server::secrets::write_private;
use pickup_server::store::{self, StoreError};
use pickup_server::{App, backup, books, parcels, serve, trail};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::KioskCommand;

/// Prints a line; when nobody reads any more, as after `| head`, there is nothing more to do.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        if writeln!(std::io::stdout(), $($text)*).is_err() {
            std::process::exit(0);
        }
    }};
}

pub mod account;
pub mod customs;
#[cfg(feature = "generate")]
pub mod generate;
mod import;
mod init;
mod kiosk;
pub mod labels;
pub mod parcel;
pub mod people;
pub mod reconciliation;
pub mod shops;

pub use import::import;
pub use init::init;

/// Sends the log to standard error; `RUST_LOG` chooses what is in it.
pub fn start_log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(terminal).init();
}

/// Opens the data directory that the settings name.
pub fn open(config: Option<&Path>) -> Result<Arc<App>> {
    let config = Config::load(config)?;
    let dir = config.data_dir.clone();
    App::open(config, system_clock()).with_context(|| format!("data directory {}", dir.display()))
}

/// Runs the service until told to end.
pub async fn serve(app: Arc<App>) -> Result<()> {
    let _lock = only_one(&app.config.data_dir)?;
    let (tell, stop) = watch::channel(false);
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut running = serve::start(app, stop).await?;
    let ready = serde_json::json!({
        "shop": format!("http://{}", running.shop),
        "kiosk": format!("https://{}", running.kiosk),
        "console": format!("http://{}", running.console),
    });
    let mut out = std::io::stdout();
    writeln!(out, "READY {ready}")?;
    out.flush()?;
    tracing::info!(shop = %running.shop, kiosk = %running.kiosk, "ready");
    let mut lost = false;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = running.lost.wait_for(|lost| *lost) => lost = true,
    }
    tracing::info!("ending");
    tell.send_replace(true);
    running.finish().await;
    if lost {
        bail!("another pickup-backend has taken over this cell");
    }
    Ok(())
}

/// One service per data directory: two would send each message to customs.
fn only_one(data_dir: &Path) -> Result<std::fs::File> {
    let path = data_dir.join("serve.lock");
    let lock = std::fs::File::create(&path).with_context(|| path.display().to_string())?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(_) => bail!("another pickup-backend serves {} already: end it first", data_dir.display()),
    }
}

/// `kiosk enrol | list | revoke`.
pub async fn kiosk(app: Arc<App>, command: KioskCommand) -> Result<()> {
    match command {
        KioskCommand::Enrol { name, centre, qr } => enrol(app, name, centre, qr).await,
        KioskCommand::List => list(app).await,
        KioskCommand::Show { kiosk, json } => kiosk::show(app, kiosk, json).await,
        KioskCommand::Revoke { name } => {
            let (now, told) = (app.now(), name.clone());
            app.store.write(move |tx| credentials::revoke_kiosk(tx, now, &name)).await?;
            say!("Kiosk {told} is shut out from its next request on.");
            Ok(())
        }
    }
}

async fn enrol(app: Arc<App>, name: String, centre: Option<u16>, qr: bool) -> Result<()> {
    let (now, shared, told) = (app.now(), Arc::clone(&app), name.clone());
    let code = app.store.write(move |tx| {
        credentials::issue_code(tx, &shared.secrets, &shared.ca.digest(), now, &name, centre)
    });
    let code = code.await?;
    say!("One-time code for kiosk {told}, good once and for {} minutes:", credentials::CODE_FOR_S / 60);
    say!("{code}");
    if qr {
        say!("{}", drawn(&code.to_string())?);
    }
    Ok(())
}

async fn list(app: Arc<App>) -> Result<()> {
    let kiosks = app.store.read(|conn| {
        let mut statement = conn
            .prepare("SELECT name, centre, certificate IS NOT NULL, revoked, id FROM kiosk ORDER BY name")?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
        Ok::<Vec<(String, u16, bool, bool, String)>, StoreError>(rows.collect::<Result<_, _>>()?)
    });
    say!("{:<12} {:>6}  {:<10} id", "name", "centre", "state");
    for (name, centre, enrolled, revoked, id) in kiosks.await? {
        let state = match (enrolled, revoked) {
            (_, true) => "revoked",
            (true, false) => "enrolled",
            (false, false) => "new",
        };
        say!("{name:<12} {centre:>6}  {state:<10} {id}");
    }
    Ok(())
}

/// `shop key`.
pub async fn shop_key(app: Arc<App>, merchant: String) -> Result<()> {
    say!("{}", issue_key(&app, merchant).await?);
    Ok(())
}

async fn issue_key(app: &Arc<App>, merchant: String) -> Result<String> {
    let (now, shared) = (app.now(), Arc::clone(app));
    let key = app.store.write(move |tx| credentials::issue_shop_key(tx, &shared.secrets, now, &merchant));
    Ok(key.await?)
}

/// `trail export`.
pub async fn trail_export(app: Arc<App>) -> Result<()> {
    let export = app.store.read(|conn| {
        let mut out = std::io::BufWriter::new(std::io::stdout());
        trail::for_each(conn, |row| {
            let line = serde_json::to_string(&row).map_err(|e| StoreError::unreadable("the trail", e))?;
            writeln!(out, "{line}").map_err(|e| StoreError::unreadable("standard output", e))
        })?;
        out.flush().map_err(|e| StoreError::unreadable("standard output", e))
    });
    Ok(export.await?)
}

/// `trail verify`.
pub async fn trail_verify(app: Arc<App>) -> Result<ExitCode> {
    let report = app.store.read(trail::verify).await?;
    for problem in &report.problems {
        say!("{problem}");
    }
    say!("{} rows, head {}", report.rows, report.head);
    if report.problems.is_empty() {
        say!("The chain is whole and the tables agree with it.");
        return Ok(ExitCode::SUCCESS);
    }
    say!("{} problems: stop the service and find out who wrote to the database.", report.problems.len());
    Ok(ExitCode::FAILURE)
}

/// `verify`.
pub async fn verify(app: Arc<App>) -> Result<ExitCode> {
    let trail = trail_verify(Arc::clone(&app)).await?;
    let differences = app.store.read(books::check).await?;
    for difference in &differences {
        say!("{difference}");
    }
    if differences.is_empty() {
        say!("Every hold and every balance follows from the trail.");
        return Ok(trail);
    }
    say!("{} differences between the trail and the books.", differences.len());
    Ok(ExitCode::FAILURE)
}

/// `migrate`.
pub fn migrate(config: Option<&Path>) -> Result<ExitCode> {
    let config = Config::load(config)?;
    if config.database.0.is_empty() {
        std::fs::create_dir_all(&config.data_dir).with_context(|| config.data_dir.display().to_string())?;
    }
    let applied = store::migrate(&config.source()?)?;
    match applied.last() {
        Some(last) => {
            say!("{} migrations were applied; the database is at number {last}.", applied.len())
        }
        None => say!("The database is at its newest form already."),
    }
    Ok(ExitCode::SUCCESS)
}

/// `backup`.
pub async fn backup(app: Arc<App>, dir: &Path) -> Result<()> {
    let rows = backup::make(&app.store, &app.config.data_dir, dir).await?;
    say!("{rows} rows and the keys are in {}. Keep it where only the operator can read it.", dir.display());
    Ok(())
}

/// `restore`.
pub fn restore(config: Option<&Path>, dir: &Path) -> Result<ExitCode> {
    let config = Config::load(config)?;
    let rows = backup::restore(dir, &config.data_dir, &config.source()?)?;
    say!("{rows} rows and the keys are restored. `pickup-backend verify` checks them.");
    Ok(ExitCode::SUCCESS)
}

/// `filed export`.
pub async fn filed_export(app: Arc<App>, dir: PathBuf) -> Result<()> {
    let shared = Arc::clone(&app);
    let all = app.store.read(move |conn| filed::all(conn, &shared.secrets)).await?;
    std::fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
    for message in &all {
        let path = dir.join(&message.name);
        // They hold identity numbers: nobody else's to read.
        let text = std::str::from_utf8(&message.xml).with_context(|| path.display().to_string())?;
        write_private(&path, text)?;
    }
    say!("{} files in {}", all.len(), dir.display());
    Ok(())
}

/// `parcel label`.
pub async fn label(app: Arc<App>, waybill: String, qr: bool) -> Result<()> {
    let asked = waybill.clone();
    let found = app.store.read(move |conn| parcels::by_waybill(conn, &asked)).await?;
    if found.is_none() {
        bail!("there is no parcel with waybill {waybill}: its order is not cleared, or the number is wrong");
    }
    let text = staff::label(&waybill);
    say!("{text}");
    if qr {
        say!("{}", drawn(&text)?);
    }
    Ok(())
}

/// A QR code in the letters of a terminal.
fn drawn(text: &str) -> Result<String> {
    let code = qrcode::QrCode::new(text.as_bytes()).context("this does not fit a QR code")?;
    Ok(code.render::<qrcode::render::unicode::Dense1x2>().build())
}
